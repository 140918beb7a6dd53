"""What those who run the dashboard are told: a line per event, and counts. Never customers' data, never a secret."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from dashboard import events, people, saving, settings
from dashboard.domain.errors import ConflictError, NotAllowedError, RefusedDataError, StoreUnreachableError
from tests import stores
from tests.dashboard.conftest import Say
from tests.dashboard.serving import Server, served, visited

NAME, SECRET = "Brightwater", "hunter2"
Lines = list[dict[str, Any]]


def lines(told: str) -> Lines:
    """Each line is one event."""
    return [json.loads(line) for line in told.splitlines()]


def counts(server: Server, **headers: str) -> dict[str, float]:
    """What /metrics tells, by name and labels."""
    told = httpx.get(f"{server.address}/metrics", headers=headers)
    assert told.status_code == 200
    assert told.headers["Content-Type"].startswith("text/plain; version=")
    numbered = (line.rpartition(" ") for line in told.text.splitlines() if not line.startswith("#"))
    return {name: float(number) for name, _, number in numbered}


def test_a_served_page_is_one_line_and_one_count(
    company: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKORDERS_LOG", "json")
    monkeypatch.setenv("BACKORDERS_SLOW_MS", "0")
    monkeypatch.setenv("LOGNAME", "ada")
    company.dispose()
    with served(tmp_path) as server:
        with visited(server, "customers", is_drawn=True):
            counted = counts(server)
        [page] = [line for line in lines(server.stop()[1]) if line["event"] == "page"]

    assert counted['backorders_page_seconds_count{page="customers"}'] == 1
    assert (counted["backorders_data_revision"], counted["backorders_store_up"], counted["backorders_sessions"]) == (
        1, 1, 1,
    )  # fmt: skip
    assert page["time"].endswith("+00:00")
    assert (page["user"], page["page"], page["revision"], page["outcome"]) == ("ada", "customers", 1, "ok")
    assert {"plan", "order_history", "customer_risk"} <= set(page["reads_ms"])
    assert sum(page["reads_ms"].values()) <= page["duration_ms"]


def test_what_is_not_asked_for_is_not_told(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKORDERS_SLOW_MS", "60000")
    engine.dispose()
    with served(tmp_path) as server:
        with visited(server, is_drawn=True):
            pass
        assert server.stop()[1] == ""


def test_an_import_by_the_command_line_is_a_line_without_a_word_of_its_file(
    say: Say, company: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKORDERS_LOG", "json")
    monkeypatch.setenv("LOGNAME", "ada")
    (tmp_path / f"{NAME}.csv").write_text("customer_id,name\nC-8,Sand & Co\n,Nobody\n", encoding="utf-8")

    _, _, refused = say("import", "customers", tmp_path / f"{NAME}.csv")
    _, _, taken = say("import", "customers", tmp_path / f"{NAME}.csv", "--partial")
    _, _, tried = say("import", "customers", tmp_path / f"{NAME}.csv", "--partial", "--dry-run")

    [first], [second] = lines(refused.splitlines()[0]), lines(taken)
    same = {"event": "import", "user": "ada", "tables": ["customers"], "refused_rows": 1}
    assert {**first, **same, "outcome": "refused", "new_rows": 0, "revision": 1} == first
    assert {**second, **same, "outcome": "ok", "new_rows": 1, "revision": 2} == second
    assert tried == ""
    assert not any(word in refused.splitlines()[0] + taken for word in (NAME, "Sand", "C-8"))


def test_an_error_is_one_line_with_its_way_through_the_code_and_not_its_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKORDERS_LOG", "json")
    events.set_up()
    with events.page_run():
        events.on_page("customers")
        events.by("ada")
        try:
            look_up(NAME)
        except KeyError as error:
            events.stopped(error)

    error, page = lines(capsys.readouterr().err)
    assert (error["event"], error["user"], error["page"], error["kind"]) == ("error", "ada", "customers", "KeyError")
    assert (page["event"], page["outcome"]) == ("page", "failed")
    assert "in look_up" in error["traceback"]
    assert "ValueError" in error["traceback"]
    assert NAME not in json.dumps([error, page])


def test_an_error_of_the_program_is_told_though_it_came_up_while_another_was_met(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKORDERS_LOG", "json")
    events.set_up()
    away = StoreUnreachableError("the store does not answer")
    for cause in (None, away):
        try:
            try:
                raise away
            except StoreUnreachableError as error:
                events.stopped(error)
                raise KeyError(NAME) from cause
        except KeyError as error:
            events.stopped(error)
    told = lines(capsys.readouterr().err)
    assert [line["kind"] for line in told] == ["StoreUnreachableError", "KeyError"] * 2
    assert all("test_events.py" in line["traceback"] for line in told[1::2])


def test_of_a_told_error_a_library_tells_nothing_more_but_of_what_came_up_beside_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKORDERS_LOG", "json")
    events.set_up()
    away, library = StoreUnreachableError("the store does not answer"), logging.getLogger("a.library")
    events.stopped(away)
    raised_from, beside = RuntimeError("wrapped"), RuntimeError("another")
    raised_from.__cause__, beside.__context__ = away, away
    for error in (away, raised_from, beside):
        library.error("it failed", exc_info=error)
    assert [line["event"] for line in lines(capsys.readouterr().err)] == ["error", "log"]


def test_what_fails_beside_the_page_is_told_in_lines_without_its_words_too(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKORDERS_LOG", "json")
    (tmp_path / "broken.py").write_text("def look():\n    int(chr(66) + 'rightwater')\n", encoding="utf-8")
    breaking = "import broken; from dashboard import __main__, live; live.look = broken.look; __main__.main()"
    engine.dispose()
    with served(tmp_path, program=("-c", breaking)) as server:
        with visited(server, is_drawn=True):
            pass
        told = lines(server.stop()[1])
    assert "ValueError" in {line.get("kind") for line in told}
    assert NAME not in json.dumps(told)


def look_up(name: str) -> None:
    try:
        raise ValueError(name)
    except ValueError as error:
        raise KeyError(f"no customer {name}") from error


def test_what_a_library_says_is_one_line_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKORDERS_LOG", "json")
    events.set_up()
    logging.getLogger("a.library").warning("first\nsecond %s", "x" * 1_000)
    [line] = lines(capsys.readouterr().err)
    assert (line["event"], line["level"], line["logger"], line["message"]) == ("log", "warning", "a.library", "first")


def test_without_the_setting_a_slow_page_is_told_to_a_reader(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKORDERS_SLOW_MS", "200")
    events.set_up()
    for seconds in (0.0, 0.21):
        with events.page_run():
            events.on_page("aging")
            events.timed(time.sleep)(seconds)
    [told] = capsys.readouterr().err.splitlines()
    assert " page: user= page=aging outcome=ok duration_ms=" in told
    took = re.search(r"reads_ms=\{'sleep': (\d+)\}$", told)
    assert took is not None
    assert int(took[1]) >= 210  # longer where the machine is busy


def test_a_page_whose_figures_were_all_at_hand_names_no_reads(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKORDERS_LOG", "json")
    events.set_up()
    for slow_ms in ("0", "60000"):
        monkeypatch.setenv("BACKORDERS_SLOW_MS", slow_ms)
        with events.page_run():
            events.on_page("aging")
    assert [page["reads_ms"] for page in lines(capsys.readouterr().err)] == [{}, {}]


def test_what_one_read_makes_of_another_is_counted_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKORDERS_LOG", "json")
    monkeypatch.setenv("BACKORDERS_SLOW_MS", "0")
    events.set_up()

    @events.timed
    def plan() -> None:
        time.sleep(0.05)

    @events.timed
    def ages() -> None:
        plan()

    with events.page_run():
        ages()
    [page] = lines(capsys.readouterr().err)
    assert page["reads_ms"]["plan"] >= 50
    assert sum(page["reads_ms"].values()) <= page["duration_ms"] + 2  # each is rounded


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (RefusedDataError(NAME), "refused"),
        (ConflictError.__new__(ConflictError), "conflict"),
        (NotAllowedError(NAME), "not allowed"),
        (StoreUnreachableError("The store does not answer."), "store"),
        (ZeroDivisionError(NAME), "failed"),
    ],
)
def test_a_save_that_is_refused_is_told_and_counted_as_what_it_was(
    error: Exception, outcome: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKORDERS_LOG", "json")
    events.set_up()
    before = events.metrics.WRITES["save"].labels(outcome)._value.get()
    with pytest.raises(type(error)), events.doing("save", "ada"):
        raise error
    [line] = lines(capsys.readouterr().err)
    assert (line["event"], line["user"], line["outcome"]) == ("save", "ada", outcome)
    assert NAME not in json.dumps(line)
    assert events.metrics.WRITES["save"].labels(outcome)._value.get() == before + 1


def test_a_write_by_one_who_may_not_is_told_with_who_tried(
    engine: Engine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKORDERS_LOG", "json")
    monkeypatch.setenv("BACKORDERS_ROLE", "editor")
    events.set_up()
    with events.page_run():
        events.by("ada")
        with pytest.raises(NotAllowedError):
            saving.take_role("ben@example.com")
    told = lines(capsys.readouterr().err)[0]
    assert (told["event"], told["user"], told["outcome"]) == ("role", "ada", "not allowed")


@pytest.mark.parametrize(
    ("claims", "named"),
    [
        ({"email": "Mallory@evil.example", "email_verified": True}, "mallory@evil.example"),
        ({"email": "ada@example.com", "email_verified": False}, "ada@example.com (not vouched for)"),
        ({}, " (not vouched for)"),
    ],
)
def test_who_is_refused_a_page_is_named(
    engine: Engine, claims: dict[str, Any], named: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("BACKORDERS_LOG", "json")
    monkeypatch.setattr(people, "has_sign_in", lambda: True)
    events.set_up()
    app = AppTest.from_file(str(settings.PROJECT_ROOT / "dashboard" / "streamlit_app.py"), default_timeout=20)
    app.user = {"is_logged_in": True} | claims
    app.run()
    refused, page = (line for line in lines(capsys.readouterr().err) if line["event"] != "log")
    assert (refused["event"], refused["outcome"], refused["user"]) == ("error", "not allowed", named)
    assert (page["event"], page["user"]) == ("page", named)


def test_a_change_of_roles_on_the_page_tells_who_gave_whom_which_role(
    engine: Engine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKORDERS_LOG", "json")
    events.set_up()
    with events.page_run():
        events.on_page("users")
        events.by("ada@example.com")
        saving.give_role("Ben@Example.com", "viewer")
    given = lines(capsys.readouterr().err)[0]
    told = {"user": "ada@example.com", "page": "users", "whom": "ben@example.com", "role": "viewer", "outcome": "ok"}
    assert given | told == given


def test_a_change_of_roles_by_command_tells_who_gave_whom_which_role(
    say: Say, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKORDERS_LOG", "json")
    monkeypatch.setenv("LOGNAME", "ops")
    _, _, added = say("users", "add", "Ada@Example.com", "--role", "admin")
    _, _, refused = say("users", "remove", "ada@example.com")
    told = [lines(added)[0], json.loads(refused.splitlines()[0])]
    assert [tuple(line[name] for name in ("user", "whom", "role", "outcome")) for line in told] == [
        ("ops", "ada@example.com", "admin", "ok"),
        ("ops", "ada@example.com", "none", "refused"),
    ]


def test_a_terminal_obeys_nothing_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    events.set_up()
    logging.getLogger("a.library").warning("\x1b[2Jcleared\u202e and more")
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith("message=?[2Jcleared? and more")


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("warnings.warn('careful', UserWarning)", {"event": "log", "level": "warning", "logger": "py.warnings"}),
        ("int('Brightwater')", {"event": "error", "outcome": "failed", "kind": "ValueError"}),
        (
            "t = threading.Thread(target=int, args=('Brightwater',)); t.start(); t.join()",
            {"event": "error", "outcome": "failed", "kind": "ValueError"},
        ),
    ],
)
def test_warnings_and_errors_that_nothing_met_are_one_line_without_their_words(
    statement: str, told: dict[str, str], tmp_path: Path
) -> None:
    set_up = "import threading, warnings; from dashboard import events; events.meet_the_rest(); events.set_up()"
    surroundings = os.environ | {"BACKORDERS_LOG": "json", "PYTHONPATH": str(settings.PROJECT_ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", f"{set_up}; {statement}"],
        cwd=tmp_path,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )
    [line] = lines(done.stderr)
    assert line | told == line
    assert NAME not in done.stderr


@pytest.mark.parametrize("path", ["/metrics", "/_stcore/metrics"])
def test_counts_are_told_to_this_machine_alone(server: Server, path: str) -> None:
    elsewhere = [{"Host": "backorders.example"}, {"X-Forwarded-For": "10.0.0.7"}, {"X-Real-IP": "10.0.0.7"}]
    assert httpx.get(server.address + path).status_code == 200
    for headers in elsewhere:
        assert httpx.get(server.address + path, headers=headers).status_code == 403


@pytest.fixture
def server(engine: Engine, tmp_path: Path) -> Any:
    engine.dispose()
    with served(tmp_path) as server:
        yield server


def test_the_setting_opens_the_counts(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKORDERS_METRICS", "everywhere")
    engine.dispose()
    with served(tmp_path, "--without-sign-in") as server:
        assert counts(server, **{"X-Forwarded-For": "10.0.0.7"})["backorders_store_up"] == 1


def test_counts_are_told_while_the_store_is_away(server: Server, database_url: str) -> None:
    stores.take_away(database_url)
    assert counts(server)["backorders_store_up"] == 0
