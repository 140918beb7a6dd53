"""What every answer forbids the browser, and which requests of other web sites are not answered at all.

An ASGI middleware around Streamlit. It knows no page and no person: roles are checked in dashboard/people.py.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

LOCAL_NAMES = ("127.0.0.1", "localhost", "::1")
"""The names under which a browser on this machine reaches a server on it."""
PASSED_ON = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
"""What a reverse proxy notes: such a request came from elsewhere, whatever machine the proxy is on."""
_READING = ("GET", "HEAD", "OPTIONS")
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_FOREIGN_PAGE = "This request comes from a page of another site, so that it is refused."
_FOREIGN_NAME = (
    "This dashboard answers only as localhost, since nobody has to sign in. Whoever runs it can set up the sign-in, "
    "or serve it with --without-sign-in where a sign-in stands in front of it."
)


class Guard:
    """Refuses what another web site makes a browser send, and tells the browser what pages may not do.

    is_local_only: answer to the names of this machine alone. Another site's name may be made to lead here (DNS
    rebinding), and where nobody signs in, its scripts would then be the local user. What came through a proxy came from
    elsewhere under whatever name.
    """

    def __init__(self, app: ASGIApp, *, is_local_only: bool = False) -> None:
        self._app = app
        self._is_local_only = is_local_only
        self._headers = headers(Path(st.__file__).parent / "static" / "index.html")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or one websocket."""
        reason = None if scope["type"] == "lifespan" else self._why_refused(scope)
        app = _refusal(reason, scope["type"]) if reason else self._app
        await app(scope, receive, lambda message: send(self._guarded(message, scope)))

    def _why_refused(self, scope: Scope) -> str | None:
        sent = Headers(scope=scope)
        host = sent.get("host", "")
        is_from_elsewhere = _name(f"//{host}") not in LOCAL_NAMES or any(header in sent for header in PASSED_ON)
        if self._is_local_only and is_from_elsewhere:
            return _FOREIGN_NAME
        is_reading = scope["type"] == "http" and scope["method"] in _READING
        return None if is_reading or _is_own(sent.get("origin"), host) else _FOREIGN_PAGE

    def _guarded(self, message: Message, scope: Scope) -> Message:
        if message["type"] == "http.response.start":
            answer = MutableHeaders(scope=message)
            answer.update(self._headers)
            if scope["scheme"] == "https":
                message["headers"] = [(name, _secure(name, value)) for name, value in message["headers"]]
        return message


def headers(page: Path) -> dict[str, str]:
    """The headers of every answer; page: the HTML page that they are made for."""
    return {
        "Content-Security-Policy": _policy(page),
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


def _policy(page: Path) -> str:
    """Nothing may be loaded from, or sent to, another site; no script runs but Streamlit's and files of this address.

    Streamlit sets styles on its elements, so that those are allowed.
    """
    inline = _INLINE_SCRIPT.findall(page.read_text(encoding="utf-8"))
    rules = {
        "default-src": ["'self'"],
        "script-src": ["'self'", *_hashes(inline)],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'", "data:"],
        "worker-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in rules.items())


def _hashes(scripts: Iterable[str]) -> list[str]:
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


def _is_own(origin: str | None, host: str) -> bool:
    """Whether a request comes from a page of this dashboard, or of a site that is allowed to; none of a browser: yes.

    Streamlit asks too, but takes every page of localhost and looks this machine's address up in the internet.
    """
    if origin is None:
        return True
    return origin.partition("://")[2] == host or origin in st.get_option("server.corsAllowedOrigins")


def _name(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _secure(name: bytes, value: bytes) -> bytes:
    """A cookie that came by TLS is only sent back by TLS."""
    is_open = name.lower() == b"set-cookie" and b"; secure" not in value.lower()
    return value + b"; Secure" if is_open else value


def _refusal(reason: str, kind: str) -> ASGIApp:
    return WebSocketClose(code=1008) if kind == "websocket" else PlainTextResponse(reason, status_code=403)
