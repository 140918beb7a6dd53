"""The program as its users meet it, in the tests' own process: its real entry script, then a page."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import AppTest, local_script_runner

ROOT = Path(__file__).resolve().parents[1]
_scan_once = functools.cache(manifest_scanner.scan_component_manifests)
_scripts = ScriptCache()
_look_every_millisecond = local_script_runner.require_widgets_deltas


def enter(page: str, patience_seconds: float, query: dict[str, str | list[str]]) -> AppTest:
    """Enter by the front door, then go to a page, with what its address says."""
    app = AppTest.from_file(str(ROOT / "dashboard" / "streamlit_app.py"), default_timeout=patience_seconds)
    app.switch_page(str(ROOT / "pages" / f"{page}.py"))
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def spare_repeated_work(patch: pytest.MonkeyPatch) -> None:
    """Spare what Streamlit's AppTest does anew for each run, and a server once: it takes as long as many a page.

    It looks through all installed packages for components, compiles the scripts, and looks whether the run is over a
    thousand times a second.
    """
    patch.setattr(manifest_scanner, "scan_component_manifests", _scan_once)
    patch.setattr(local_script_runner, "ScriptCache", lambda: _scripts)
    patch.setattr(local_script_runner, "require_widgets_deltas", _wait_for_the_end)


def _wait_for_the_end(runner: local_script_runner.LocalScriptRunner, patience_seconds: float) -> None:
    """Wait by the thread; what comes of a run that takes too long is left to Streamlit."""
    if runner._script_thread is not None:
        runner._script_thread.join(patience_seconds)
    _look_every_millisecond(runner, 1.0 if runner.script_stopped() else 0.0)
