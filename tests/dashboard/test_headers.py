"""What the server forbids browsers, and what it refuses of other sites."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from dashboard.headers import Guard, headers

Message = dict[str, Any]
OWN = "backorders.example"


async def answer(_request: Request) -> PlainTextResponse:
    """An answer that sets a cookie."""
    said = PlainTextResponse("answered")
    said.set_cookie("user", "ada", httponly=True)
    return said


async def talk(websocket: WebSocket) -> None:
    """A websocket that lets everybody in."""
    await websocket.accept()
    await websocket.close()


def sent_to(messages: list[Message], kind: str, **scope: Any) -> None:
    """Put what the guarded server sends for one request into the list."""
    routes = [Route("/", answer, methods=["GET", "POST"]), WebSocketRoute("/", talk)]
    app = Starlette(routes=routes, middleware=[Middleware(Guard, is_local_only=scope.pop("is_local_only", False))])
    whole = {"type": kind, "path": "/", "query_string": b"", "scheme": "http", "root_path": ""} | scope

    async def receive() -> Message:
        return {"type": f"{kind}.connect" if kind == "websocket" else "http.request", "body": b""}

    async def send(message: Message) -> None:
        messages.append(message)

    # A browser test that ran before in this process may have left its own loop running in this thread.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(app(whole, receive, send))).result()


def asked(method: str = "GET", host: str = OWN, origin: str | None = None, **scope: Any) -> tuple[int, Headers, str]:
    """The status, headers and text of the answer to a request."""
    messages: list[Message] = []
    sent_to(messages, "http", method=method, headers=raw(host, origin), **scope)
    start, *rest = messages
    return start["status"], Headers(raw=list(start["headers"])), b"".join(part["body"] for part in rest).decode()


def is_let_in(host: str = OWN, origin: str | None = None, **scope: Any) -> bool:
    """Whether a websocket is opened."""
    messages: list[Message] = []
    sent_to(messages, "websocket", headers=raw(host, origin), **scope)
    return messages[0]["type"] == "websocket.accept"


def raw(host: str, origin: str | None) -> list[tuple[bytes, bytes]]:
    named = [(b"host", host.encode())]
    return named if origin is None else [*named, (b"origin", origin.encode())]


@pytest.mark.parametrize("path", ["/", "/no-such-page"])
def test_every_answer_says_that_no_site_may_frame_it_and_nothing_may_come_from_elsewhere(path: str) -> None:
    _, told, _ = asked(path=path)
    assert told["X-Content-Type-Options"] == "nosniff"
    assert told["X-Frame-Options"] == "DENY"
    assert told["Referrer-Policy"] == "same-origin"
    rules = dict(rule.split(" ", 1) for rule in told["Content-Security-Policy"].split("; "))
    assert (rules["default-src"], rules["frame-ancestors"]) == ("'self'", "'none'")
    assert "unsafe" not in rules["script-src"]


def test_of_inline_scripts_only_those_of_the_page_itself_may_run(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<script>alert(1)</script>", encoding="utf-8")
    policy = headers(tmp_path / "index.html")["Content-Security-Policy"]
    # printf 'alert(1)' | openssl dgst -sha256 -binary | base64
    assert "script-src 'self' 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI=';" in policy


@pytest.mark.parametrize(
    "origin", ["https://evil.example", f"http://{OWN}:81", "http://localhost:3000", "null", "", "http://["]
)
def test_a_page_of_another_site_may_neither_write_nor_open_a_websocket(origin: str) -> None:
    status, _, told = asked("POST", origin=origin)
    assert (status, told) == (403, "This request comes from a page of another site, so that it is refused.")
    assert not is_let_in(origin=origin)
    assert asked(origin=origin)[0] == 200


@pytest.mark.parametrize("origin", [None, f"http://{OWN}", f"https://{OWN}"])
def test_a_page_of_its_own_may_and_so_may_what_is_no_browser(origin: str | None) -> None:
    assert asked("POST", origin=origin)[0] == 200
    assert is_let_in(origin=origin)


@pytest.mark.parametrize("host", ["127.0.0.1:8501", "localhost", "LOCALHOST:8501", "[::1]:8501"])
def test_where_nobody_signs_in_it_answers_to_this_machines_names(host: str) -> None:
    assert asked(host=host, is_local_only=True)[0] == 200
    assert is_let_in(host, is_local_only=True)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "[", ""])
def test_where_nobody_signs_in_another_name_that_leads_here_is_refused(host: str) -> None:
    status, _, told = asked(host=host, is_local_only=True)
    assert status == 403
    assert told.startswith("This dashboard answers only as localhost, since nobody has to sign in.")
    assert not is_let_in(host, origin=f"http://{host}", is_local_only=True)


@pytest.mark.parametrize(
    "header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP"]
)
def test_where_nobody_signs_in_what_came_through_a_proxy_is_refused_whatever_name_it_bears(header: str) -> None:
    passed_on = [*raw("localhost", None), (header.lower().encode(), b"203.0.113.9")]
    for is_local_only, status in ((True, 403), (False, 200)):
        messages: list[Message] = []
        sent_to(messages, "http", method="GET", headers=passed_on, is_local_only=is_local_only)
        assert messages[0]["status"] == status


def test_a_cookie_that_came_by_tls_is_sent_back_by_tls_alone() -> None:
    assert asked(scheme="https")[1]["Set-Cookie"].endswith("; Secure")
    assert "secure" not in asked()[1]["Set-Cookie"].casefold()
