"""Serving the dashboard: Streamlit's ASGI app under uvicorn, and the address at which its health is told."""

from __future__ import annotations

import contextlib
import socket

import streamlit as st
import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from dashboard import settings
from dashboard.domain.errors import BackordersError, SettingsError
from dashboard.headers import Guard
from data_access.book import current_revision
from data_access.engine import reach_store

ENTRY_SCRIPT = settings.PROJECT_ROOT / "dashboard" / "streamlit_app.py"


def configure() -> None:
    """Let .streamlit/config.toml of the project count, whichever folder this is called from."""
    with contextlib.chdir(settings.PROJECT_ROOT):
        st.get_option("server.maxUploadSize")  # the first question reads the file, from the present folder


def make_app(*, is_local_only: bool = False) -> st.App:
    """The ASGI application: every page, and /healthz. It is set up by .streamlit/config.toml of the project.

    is_local_only: answer to the names of this machine alone.
    """
    configure()
    guard = Middleware(Guard, is_local_only=is_local_only)
    return st.App(ENTRY_SCRIPT, routes=[Route("/healthz", _healthz)], middleware=[guard])


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


def serve(host: str, port: int, *, is_local_only: bool = False) -> None:
    """Serve until stopped."""
    app = make_app(is_local_only=is_local_only)
    uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False, server_header=False)


async def _healthz(_request: Request) -> JSONResponse:
    """200 and the data revision when the store answers, 503 and the reason when it does not."""
    try:
        revision = await run_in_threadpool(_revision)
    except BackordersError as error:
        return JSONResponse({"status": "unavailable", "reason": str(error)}, status_code=503)
    return JSONResponse({"status": "ok", "data_revision": revision})


def _revision() -> int:
    return current_revision(reach_store(settings.database_url()))
