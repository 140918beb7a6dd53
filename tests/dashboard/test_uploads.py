"""Files are taken from the pages of editors alone: what a browser sends stays in memory."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from data_access.users import remove_user, set_user
from tests.dashboard.serving import PATIENCE_SECONDS, SECRETS, TOKEN, Server, cookies_of, served, visited

AT = datetime(2026, 3, 16, 9, 30, tzinfo=UTC)
ROLES = {"ada@example.com": "admin", "eve@example.com": "editor", "vic@example.com": "viewer"}
MAY = {"": 403, "zoe@example.com": 403, "vic@example.com": 403, "eve@example.com": 204, "ada@example.com": 204}


@pytest.fixture
def team(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Served to people who sign in."""
    for email, role in ROLES.items():
        set_user(engine, email, role, by="ops", at=AT)
    (tmp_path / "secrets.toml").write_text(SECRETS, encoding="utf-8")
    monkeypatch.setenv("BACKORDERS_SECRETS_FILE", str(tmp_path / "secrets.toml"))
    with served(tmp_path) as server:
        yield server


def sent(server: Server, session_id: str, cookies: dict[str, str]) -> int:
    """The status of a file that a browser sends to its session."""
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()), "X-Xsrftoken": cookies[TOKEN]}
    address = f"{server.address}/_stcore/upload_file/{session_id}/a-file"
    return httpx.put(address, files={"f": b"x"}, headers=headers).status_code


def test_a_file_is_taken_for_the_page_of_an_editor_alone(team: Server, engine: Engine) -> None:
    answers = {}
    for email in MAY:
        cookies = cookies_of(team, email)
        with visited(team, "data", cookies=cookies) as new:
            answers[email] = sent(team, new.initialize.session_id, cookies)
    assert answers == MAY

    cookies = cookies_of(team, "eve@example.com")
    with visited(team, "data", cookies=cookies) as new:
        remove_user(engine, "eve@example.com", by="ops", at=AT)
        assert sent(team, new.initialize.session_id, cookies) == 403


def test_a_file_of_nobody_is_refused_before_its_first_byte(team: Server) -> None:
    cookies = cookies_of(team)
    with visited(team, cookies=cookies) as new, socket.create_connection(("127.0.0.1", team.port)) as browser:
        browser.settimeout(PATIENCE_SECONDS)
        head = [
            f"PUT /_stcore/upload_file/{new.initialize.session_id}/a-file HTTP/1.1",
            f"Host: 127.0.0.1:{team.port}",
            f"Cookie: {TOKEN}={cookies[TOKEN]}",
            f"X-Xsrftoken: {cookies[TOKEN]}",
            "Content-Length: 150000000",
        ]
        browser.sendall("\r\n".join([*head, "", ""]).encode())
        assert browser.recv(100).startswith(b"HTTP/1.1 403 ")
