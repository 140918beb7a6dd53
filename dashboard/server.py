"""Serving the dashboard: Streamlit's ASGI app under uvicorn, with what stands before its pages."""

from __future__ import annotations

import contextlib
import errno
import socket
import sys

import streamlit as st
import uvicorn
from starlette.middleware import Middleware

from dashboard import callbacks, events, health, keys, settings
from dashboard.domain.errors import AddressTakenError, SettingsError
from dashboard.headers import Guard
from dashboard.health import CountsAtHome
from dashboard.uploads import EditorsAlone

ENTRY_SCRIPT = settings.PROJECT_ROOT / "dashboard" / "streamlit_app.py"
SWITCH_SECONDS = 0.000_5
"""How long a page that computes keeps others waiting. Each message of a page gives the interpreter up, and to have it
back took Python's usual 5 ms where another page was computing (docs/decisions/0015-renewal.md)."""


def configure() -> None:
    """Let .streamlit/config.toml of the project count, whichever folder this is called from."""
    with contextlib.chdir(settings.PROJECT_ROOT):
        st.get_option("server.maxUploadSize")  # the first question reads the file, from the present folder


def make_app(*, is_local_only: bool = False) -> st.App:
    """The ASGI application: every page, /keys.js, /healthz and /metrics. It is set up by .streamlit/config.toml.

    is_local_only: answer to the names of this machine alone.
    """
    configure()
    callbacks.let_end()
    before = [Middleware(Guard, is_local_only=is_local_only), Middleware(CountsAtHome), Middleware(EditorsAlone)]
    return st.App(ENTRY_SCRIPT, routes=[*health.ROUTES, *keys.ROUTES], middleware=before, on_script_error=_on_error)


def refuse_taken(host: str, port: int) -> None:
    """Raise AddressTakenError where another program serves, and SettingsError where nobody could."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        refusal = AddressTakenError if error.errno == errno.EADDRINUSE else SettingsError
        raise refusal(
            f"The dashboard cannot be served on {host} port {port} ({error.strerror or error}). "
            "Stop what is served there, or choose another with --port."
        ) from error


def serve(host: str, port: int, *, is_local_only: bool = False) -> None:
    """Serve until stopped."""
    app = make_app(is_local_only=is_local_only)
    events.set_up()
    sys.setswitchinterval(SWITCH_SECONDS)
    # uvicorn compresses by itself, which takes as long as drawing the page; Streamlit leaves it to its own option.
    is_compressed = bool(st.get_option("server.enableWebsocketCompression"))
    uvicorn.run(
        app, host=host, port=port, ws_per_message_deflate=is_compressed,
        log_config=None, log_level="warning", access_log=False, server_header=False,
    )  # fmt: skip


def _on_error(error: Exception) -> bool:
    """What fails outside the frame of a page, such as the look for newer data, has its reason in the log alone."""
    events.stopped(error)
    st.caption("A part of this page could not be made; the reason is in the server's log. Reload the page.")
    return True
