"""Serving the dashboard: Streamlit's ASGI app under uvicorn, and the address at which its health is told."""

from __future__ import annotations

import contextlib
import socket

import streamlit as st
import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from dashboard import settings
from dashboard.domain.errors import BackordersError, SettingsError
from data_access.book import current_revision
from data_access.engine import reach_store

ENTRY_SCRIPT = settings.PROJECT_ROOT / "dashboard" / "streamlit_app.py"


def make_app() -> st.App:
    """The ASGI application: every page, and /healthz. It is set up by .streamlit/config.toml of the project."""
    with contextlib.chdir(settings.PROJECT_ROOT):
        st.get_option("server.maxUploadSize")  # the first question reads the file, from the present folder
    return st.App(ENTRY_SCRIPT, routes=[Route("/healthz", _healthz)])


def refuse_taken(host: str, port: int) -> None:
    """Raise SettingsError where the address cannot be taken."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise SettingsError(
            f"The dashboard cannot be served on {host} port {port} ({error.strerror or error}). "
            "Stop what is served there, or choose another with --port."
        ) from error


def serve(host: str, port: int) -> None:
    """Serve until stopped."""
    uvicorn.run(make_app(), host=host, port=port, log_level="warning", access_log=False, server_header=False)


async def _healthz(_request: Request) -> JSONResponse:
    """200 and the data revision when the store answers, 503 and the reason when it does not."""
    try:
        revision = await run_in_threadpool(_revision)
    except BackordersError as error:
        return JSONResponse({"status": "unavailable", "reason": str(error)}, status_code=503)
    return JSONResponse({"status": "ok", "data_revision": revision})


def _revision() -> int:
    return current_revision(reach_store(settings.database_url()))
