"""What a served dashboard tells of its visitors, on their pages and in its log. What browsers send is sent by hand."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection

from data_access.users import remove_user, set_user
from tests import stores
from tests.dashboard.serving import PATIENCE_SECONDS, SECRETS, Server, cookies_of, joined, served, until

AT = datetime(2026, 3, 16, 9, 30, tzinfo=UTC)
VIC = "vic@example.com"
ON_THE_WAY_SECONDS = 0.5


@pytest.fixture
def team(company: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Served to people who sign in, with its log as JSON."""
    set_user(company, "ada@example.com", "admin", by="ops", at=AT)
    set_user(company, VIC, "viewer", by="ops", at=AT)
    (tmp_path / "secrets.toml").write_text(SECRETS, encoding="utf-8")
    (tmp_path / "secrets.toml").chmod(0o600)
    monkeypatch.setenv("BACKORDERS_SECRETS_FILE", str(tmp_path / "secrets.toml"))
    monkeypatch.setenv("BACKORDERS_LOG", "json")
    with served(tmp_path) as server:
        yield server


@dataclass
class Drawn:
    """What a run of a page, or of a part of it, sends: its session, its elements, the part that each is of."""

    session_id: str = ""
    elements: list[Element] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)


def drawn(visit: ClientConnection, **asked: Any) -> Drawn:
    visit.send(BackMsg(rerun_script=asked).SerializeToString())
    return received(visit, "script_finished")[0]


def received(visit: ClientConnection, *kinds: str) -> tuple[Drawn, str]:
    """What is sent until a message of each kind came, and the refusal of a file where one was asked for."""
    found, refusal, awaited = Drawn(), "", set(kinds)
    while awaited:
        message = ForwardMsg.FromString(visit.recv(timeout=PATIENCE_SECONDS))
        kind = message.WhichOneof("type")
        awaited.discard(kind or "")
        if kind == "new_session":
            found.session_id = message.new_session.initialize.session_id
        refusal = message.backend_operation_response.error_msg or refusal
        found.elements.append(Element.FromString(message.delta.new_element.SerializeToString()))
        found.parts.append(message.delta.fragment_id)
    return found, refusal


def clicked(visit: ClientConnection, page: str, lose: Callable[[], object]) -> tuple[str, str]:
    """Click a download when something was lost since the page was drawn: the file's refusal, and what the page says.

    As a browser does it: the click first, and a moment later it asks for the file of the button that it shows.
    """
    before = drawn(visit, page_name=page)
    place = next(n for n, each in enumerate(before.elements) if each.WhichOneof("type") == "download_button")
    button, part = before.elements[place].download_button, before.parts[place]
    assert part
    assert not button.ignore_rerun
    lose()
    click = {"widgets": [{"id": button.id, "trigger_value": True}]}
    asked = {"request_id": "1", "session_id": before.session_id, "deferred_file": {"file_id": button.deferred_file_id}}
    visit.send(
        BackMsg(rerun_script={"page_name": page, "widget_states": click, "fragment_id": part}).SerializeToString()
    )
    time.sleep(ON_THE_WAY_SECONDS)
    visit.send(BackMsg(backend_operation_request=asked).SerializeToString())
    after, refusal = received(visit, "backend_operation_response", "script_finished")
    return refusal, " ".join(each.alert.body.replace("\\", "") for each in after.elements).strip()


def test_a_sign_in_is_told_once_however_many_pages_are_opened_by_it(team: Server) -> None:
    for email, marks in ((VIC, {"iat": 1}), (VIC, {"iat": 1}), (VIC, {"iat": 2}), ("ada@example.com", {"iat": 1})):
        with joined(team, cookies_of(team, email, **marks)) as visit:
            drawn(visit, page_name="aging")
            drawn(visit, page_name="data")
    told = [line["user"] for line in log_of(team) if line["event"] == "sign-in"]
    assert told == [VIC, VIC, "ada@example.com"]


def log_of(server: Server) -> list[dict[str, Any]]:
    """Every line that was written until now; none is anything but an event."""
    _, rest = server.stop(signal.SIGTERM)
    return [json.loads(line) for line in rest.splitlines()]


def test_a_file_is_made_though_the_browser_asks_for_it_a_moment_after_the_click(team: Server) -> None:
    with joined(team, cookies_of(team, VIC)) as visit:
        assert clicked(visit, "aging", lambda: None) == ("", "")


def test_a_download_that_is_refused_is_told_on_the_page_and_in_one_line_of_the_log(
    team: Server, company: Engine
) -> None:
    with joined(team, cookies_of(team, VIC)) as visit:
        answer, page = clicked(visit, "aging", lambda: remove_user(company, VIC, by="ops", at=AT))
    assert answer == "Failed to generate file for download"
    assert "who has no role here" in page
    told = [line for line in log_of(team) if line.get("file") or line["event"] == "log"]
    assert [(line["event"], line["user"], line["file"], line["outcome"]) for line in told] == [
        ("error", VIC, "aging", "not allowed")
    ]
    assert "traceback" not in told[0]


def test_a_download_while_the_store_is_away_is_told_in_the_same_way(
    team: Server, company: Engine, database_url: str
) -> None:
    company.dispose()

    with joined(team, cookies_of(team, VIC)) as visit:
        _, page = clicked(visit, "aging", lambda: stores.take_away(database_url))
    assert "The store does not answer at the moment." in page
    told = [line for line in log_of(team) if line.get("file") or line["event"] == "log"]
    assert [(line["file"], line["outcome"], "traceback" in line) for line in told] == [("aging", "store", False)]


@pytest.mark.parametrize("page", ["suppliers", "users"])
def test_a_link_that_is_opened_while_the_store_is_away_is_kept_and_the_log_names_who_opened_it(
    team: Server, company: Engine, database_url: str, page: str
) -> None:
    company.dispose()

    with joined(team, cookies_of(team, "ada@example.com")) as visit:
        with stores.away(database_url):
            visit.send(BackMsg(rerun_script={"page_name": page}).SerializeToString())
            shown = until(visit, "navigation").navigation
            until(visit, "script_finished")
        drawn(visit, page_script_hash=shown.page_script_hash)
    assert page in [each.url_pathname for each in shown.app_pages if each.page_script_hash == shown.page_script_hash]
    told = [line for line in log_of(team) if line["event"] in ("error", "page")]
    assert [(line["event"], line["user"], line["page"], line["outcome"]) for line in told] == [
        ("error", "ada@example.com", page, "store"),
        ("page", "ada@example.com", page, "store"),
        ("page", "ada@example.com", page, "ok"),
    ]
