"""All that the program consists of, and what it loads when it serves: what tests/processes.py starts from."""

from __future__ import annotations

import gc
import importlib
import pkgutil

import dashboard

for module in pkgutil.iter_modules(dashboard.__path__):
    if module.name != "streamlit_app":  # a script, which draws a page
        importlib.import_module(f"dashboard.{module.name}")

for name in (
    "streamlit.web.bootstrap",
    "starlette.applications",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
):
    importlib.import_module(name)

gc.collect()
gc.freeze()  # nothing of this is ever garbage: what is forked need not look through it, nor copy it to do so
