"""Who may send a file: it is kept in memory as it comes, so it is let in from an editor's page alone.

An ASGI middleware around Streamlit, which takes files from every open page, also where nobody signed in yet.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import runtime

from dashboard import people
from dashboard.domain.errors import BackordersError

UPLOADS = "/_stcore/upload_file/"
_REFUSED = "Only an editor's page may send files. Reload the page; whoever runs the dashboard can give you the role."


class EditorsAlone:
    """Refuses a file before its first byte is read, unless it comes for the page of somebody who may import it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or one websocket."""
        is_upload = scope["type"] == "http" and scope["method"] == "PUT" and UPLOADS in scope["path"]
        if is_upload and not await run_in_threadpool(_is_for_an_editor, scope["path"]):
            await PlainTextResponse(_REFUSED, status_code=403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _is_for_an_editor(path: str) -> bool:
    """Whether the session that a file is sent to is one of a person who is an editor at this very moment."""
    session_id = path.partition(UPLOADS)[2].partition("/")[0]
    session = runtime.get_instance().get_app_session(session_id) if runtime.exists() else None
    if session is None:
        return False
    try:
        # Streamlit tells a session's claims to its own scripts alone, and no script runs for an upload.
        return people.of(session._user_info).may("editor")
    except BackordersError:
        return False
