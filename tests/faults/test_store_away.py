"""The store goes away and comes back: a sentence on screen, nothing half written, and on it goes without a restart."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text
from streamlit.testing.v1 import AppTest

from dashboard import people
from dashboard.domain.errors import StoreUnreachableError
from dashboard.messages import STORE_AWAY
from data_access import schema
from data_access.columnar import read_frame, texts
from data_access.engine import connect, open_store, reading
from data_access.imports import recent_imports
from data_access.users import set_user
from tests import postgres
from tests.dashboard.serving import Server, served
from tests.data_access.imports.taking import everything, rows_of, take
from tests.faults.own_server import OwnServer, own_server
from tests.front_door import ROOT
from tests.pages.companies import write_small_company

OpenPage = Callable[..., AppTest]
PUMP, LATER = "PO-1/1 · PUMP", date(2026, 4, 20)
PAGES = ("overview", "restock_dates", "data")
SMALL = 8 * 1024
"""So large a file may become: not enough for the log of one save [bytes]."""
IN_TIME_SECONDS = 15
"""After which a page has said at the latest that the store does not answer."""
SUPPLIERS = "supplier_id,name\n" + "".join(f"S-{number},Supplier {number}\n" for number in range(2_000))


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    with own_server() as server:
        yield server


@pytest.fixture
def on_server(server: OwnServer) -> Iterator[str]:
    """The address of the small company's store on that server."""
    with postgres.database(server.url) as url:
        write_small_company(open_store(url))
        yield url


@pytest.fixture
def in_file(tmp_path: Path) -> str:
    """The address of the small company's store in a file."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    write_small_company(open_store(url))
    return url


def said(app: AppTest) -> str:
    """All warnings of a page that was drawn without any error of the program."""
    assert not app.exception
    told = " ".join(warning.value for warning in app.warning).replace("\\", "")
    assert "server's log" not in told
    return told


def choose_later(open_page: OpenPage, url: str) -> AppTest:
    """The page Restock dates with a later day for the pumps, not saved yet."""
    app = open_page(url, "restock_dates")
    app.multiselect(key="restocks-by-hand").set_value([PUMP]).run()
    app.date_input(key="move-date-0").set_value(LATER)
    app.selectbox(key="move-reason-0").set_value("supplier late")
    return app.run()


def save(app: AppTest) -> str:
    app.button(key="move-save").click()
    return said(app.run())


def is_moved(url: str) -> bool:
    """Whether the pumps have the later date, and the ledger its one row of it; else neither."""
    engine = connect(url)
    dates = rows_of(engine, "po_lines", "manual_restock_date")
    moved = [to for (to,) in rows_of(engine, "moves", "to_date")]
    assert moved == [day for (day,) in dates if day]
    return moved == [LATER]


def test_every_page_says_that_the_server_is_away_and_is_drawn_again_when_it_is_back(
    server: OwnServer, on_server: str, open_page: OpenPage
) -> None:
    pages = [open_page(on_server, page) for page in PAGES]
    titles = [app.title[0].value for app in pages]
    server.stop()
    try:
        for app in pages:
            assert "does not answer" in said(app.run())
            assert not app.title
    finally:
        server.start()
    for app in pages:
        assert said(app.run()) == ""
    assert [app.title[0].value for app in pages] == titles


def test_a_save_for_which_the_server_was_away_is_done_by_the_next_click(
    server: OwnServer, on_server: str, open_page: OpenPage
) -> None:
    app = choose_later(open_page, on_server)
    server.stop()
    try:
        assert "does not answer" in save(app)
    finally:
        server.start()
    assert not is_moved(on_server)
    app.button(key="try-again").click().run()
    assert app.date_input(key="move-date-0").value == LATER
    assert save(app) == ""
    assert is_moved(on_server)


def test_an_import_during_which_the_server_stops_leaves_the_store_as_it_was(server: OwnServer, on_server: str) -> None:
    engine = connect(on_server)
    before = everything(engine)

    def stop_while_writing(_share: float, words: str) -> None:
        if "writing" in words:
            server.stop()

    try:
        with pytest.raises(StoreUnreachableError, match="does not answer"):
            take(engine, "suppliers", SUPPLIERS, progress=stop_while_writing)
    finally:
        server.start()
    assert everything(engine) == before
    assert recent_imports(engine).empty
    assert take(engine, "suppliers", SUPPLIERS).new_rows == 1_999


def test_a_page_says_in_time_that_the_server_is_frozen_and_is_drawn_again_when_it_goes_on(
    server: OwnServer, on_server: str, open_page: OpenPage
) -> None:
    app = open_page(on_server, "restock_dates")
    title = app.title[0].value
    with server.frozen():
        start = time.monotonic()
        assert "does not answer" in said(app.run())
        assert time.monotonic() - start < IN_TIME_SECONDS
    app.button(key="try-again").click().run()
    assert said(app) == ""
    assert app.title[0].value == title


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server is given up sooner than it would be."""
    monkeypatch.setattr("data_access.patience.SILENT_SECONDS", 0.2)
    monkeypatch.setattr("data_access.patience.ANSWER_SECONDS", 1.0)


@pytest.mark.usefixtures("impatient")
def test_a_save_to_a_frozen_server_writes_nothing_and_is_done_by_the_next_click(
    server: OwnServer, on_server: str, open_page: OpenPage
) -> None:
    app = choose_later(open_page, on_server)
    with server.frozen():
        assert "does not answer" in save(app)
    assert not is_moved(on_server)
    app.button(key="try-again").click().run()
    assert app.date_input(key="move-date-0").value == LATER
    assert save(app) == ""
    assert is_moved(on_server)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("in_bulk", [False, True])
def test_a_read_during_which_the_server_freezes_is_given_up_with_both_its_connections(
    in_bulk: bool, server: OwnServer, on_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data_access.columnar.BULK_ROWS", 0 if in_bulk else 10**9)
    names, columns = select(schema.suppliers.c.name), {"name": texts}
    engine = connect(on_server)
    threads = threading.active_count()

    def read_while_it_is_frozen() -> None:
        with reading(engine) as connection:
            read_frame(connection, names, columns)
            with server.frozen():
                read_frame(connection, names, columns)

    with pytest.raises(StoreUnreachableError, match="has not said a word"):
        read_while_it_is_frozen()
    with reading(engine) as connection:
        assert len(read_frame(connection, names, columns)) == 1
    wait_until(lambda: threading.active_count() <= threads)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("in_bulk", [False, True])
def test_a_server_that_works_on_one_statement_for_long_is_waited_for(
    in_bulk: bool, on_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data_access.columnar.BULK_ROWS", 0 if in_bulk else 10**9)
    with reading(connect(on_server)) as connection:
        slow = text("select 'late' from pg_sleep(1)")
        assert read_frame(connection, slow, {"word": texts})["word"].tolist() == ["late"]


@pytest.mark.usefixtures("impatient")
def test_who_interrupts_a_read_in_bulk_is_obeyed_and_its_connection_is_closed_once_it_ends(
    on_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("data_access.columnar.BULK_ROWS", 0)
    engine, slow, columns = connect(on_server), text("select 'late' from pg_sleep(1)"), {"word": texts}
    threads = threading.active_count()
    monkeypatch.setattr("data_access.patience.Connection.is_answered", interrupt)
    with pytest.raises(KeyboardInterrupt), reading(engine) as connection:
        read_frame(connection, slow, columns)
    wait_until(lambda: threading.active_count() <= threads)
    others = text(
        "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    )
    with engine.connect() as connection:
        wait_until(lambda: connection.execute(others).scalar_one() == 0)


def test_health_tells_soon_that_the_server_is_frozen_however_often_it_is_asked(
    server: OwnServer, on_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BACKORDERS_DATABASE_URL", on_server)
    with served(tmp_path) as dashboard:
        assert dashboard.health()[0] == 200
        before = threads_of(dashboard)
        with server.frozen():
            start = time.monotonic()
            with ThreadPoolExecutor(20) as many:
                answers = list(many.map(lambda _: dashboard.health(), range(20)))
            assert time.monotonic() - start < IN_TIME_SECONDS / 2
            assert {status for status, _ in answers} == {503}
            assert "has not answered for 3 s" in str(answers[0][1]["reason"])
            assert threads_of(dashboard) <= before + 1
        wait_until(lambda: dashboard.health()[0] == 200)


def threads_of(dashboard: Server) -> int:
    return len(list(Path(f"/proc/{dashboard.process.pid}/task").iterdir()))


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + IN_TIME_SECONDS
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.1)


@contextmanager
def locked(url: str, *, also_for_readers: bool = False) -> Iterator[None]:
    """Another program writes to the file, or keeps it for itself."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        if also_for_readers:
            other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE store SET data_revision = data_revision")
        yield
        other.execute("ROLLBACK")


def test_a_save_while_the_file_is_locked_is_done_by_the_next_click(
    in_file: str, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data_access.engine.BUSY_TIMEOUT_SECONDS", 0.1)
    app = choose_later(open_page, in_file)
    with locked(in_file):
        assert "Somebody else is writing to the store" in save(app)
        assert not is_moved(in_file)
    app.run()
    assert app.date_input(key="move-date-0").value == LATER
    assert save(app) == ""
    assert is_moved(in_file)


def sign_eve_in(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """People sign in, and an editor is at work."""
    set_user(connect(url), "eve@example.com", "editor", by="ops", at=datetime.now(UTC))
    monkeypatch.setattr(people, "has_sign_in", lambda: True)
    claims = {"is_logged_in": True, "email": "eve@example.com", "email_verified": True}
    monkeypatch.setattr("streamlit.user", claims)


@pytest.mark.parametrize("has_sign_in", [False, True])
def test_no_page_tells_where_the_store_is_for_which_somebody_waits_in_vain(
    has_sign_in: bool, in_file: str, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setattr("data_access.engine.BUSY_TIMEOUT_SECONDS", 0.1)
    if has_sign_in:
        sign_eve_in(in_file, monkeypatch)
    app = choose_later(open_page, in_file)
    told_in_full = "Somebody else is writing to the store. Try again in a moment."
    with caplog.at_level("WARNING"):
        with locked(in_file):
            assert save(app) == told_in_full
        with locked(in_file, also_for_readers=True):
            assert said(app.run()) == told_in_full
    reasons = [getattr(record, "facts", {}).get("reason") or "" for record in caplog.records]
    assert [in_file in reason for reason in reasons if reason] == [True, True]


def test_an_editor_whose_store_is_full_is_not_told_where_it_is(
    in_file: str, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_eve_in(in_file, monkeypatch)
    app = choose_later(open_page, in_file)
    with in_use(in_file), full_disk():
        assert save(app) == STORE_AWAY


def test_a_page_while_another_program_keeps_the_file_for_itself_is_drawn_afterwards(
    in_file: str, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data_access.engine.BUSY_TIMEOUT_SECONDS", 0.1)
    app = open_page(in_file, "customers")
    with locked(in_file, also_for_readers=True):
        assert "Somebody else is writing to the store" in said(app.run())
    assert said(app.run()) == ""
    assert app.title


@contextmanager
def in_use(url: str) -> Iterator[None]:
    """Somebody reads, so that the files beside the store, of which readers need one, are there already."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as other:
        other.execute("SELECT * FROM store").fetchall()
        yield


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process may grow beyond two pages."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_save_to_a_full_disk_writes_nothing_and_is_done_once_there_is_room(in_file: str, open_page: OpenPage) -> None:
    app = choose_later(open_page, in_file)
    with in_use(in_file), full_disk():
        told = save(app)
    assert "does not answer" in told
    assert "that the disk has room" in told
    assert not is_moved(in_file)
    app.run()
    assert save(app) == ""
    assert is_moved(in_file)


def test_an_import_to_a_full_disk_leaves_the_store_as_it_was(in_file: str, tmp_path: Path) -> None:
    engine = connect(in_file)
    before = everything(engine)
    (tmp_path / "suppliers.csv").write_text(SUPPLIERS, encoding="utf-8")

    with in_use(in_file):
        refused = imported(
            in_file, tmp_path, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, SMALL))
        )

    assert (refused.returncode, refused.stdout) == (1, "")
    assert "that the disk has room" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert everything(engine) == before
    assert imported(in_file, tmp_path).returncode == 0
    assert len(rows_of(engine, "suppliers")) == 2_000


def imported(url: str, folder: Path, **how: object) -> subprocess.CompletedProcess[str]:
    """The command line takes in the suppliers."""
    env = os.environ | {"BACKORDERS_DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "dashboard", "import", "suppliers", str(folder / "suppliers.csv")]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, **how)  # type: ignore[call-overload]
