"""The keys of a page: one press is one act, and none while a dialog is open. It knows no key of any page.

The script is a file of the dashboard's own address, as the server's policy asks (dashboard/headers.py).
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route

ADDRESS = "/keys.js"
_FILE = Path(__file__).with_name("keys.js")


def hold_back() -> None:
    """Let no shortcut of the page answer to a key that is held, or behind a dialog: on a page that has shortcuts.

    A module, so that the browser runs it once, however often the page is drawn.
    """
    st.html(f'<script type="module" src="{ADDRESS}"></script>', width="content", unsafe_allow_javascript=True)


async def _script(_request: Request) -> FileResponse:
    """The script; asked for anew each time, so that it is that of this version."""
    return FileResponse(_FILE, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


ROUTES = [Route(ADDRESS, _script)]
