"""What the tests around the pages may ask for: settings that point to a store of their own, and a small company."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from inspect import getfullargspec
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert

from dashboard import __main__
from dashboard import settings as real_settings
from data_access import schema
from data_access.engine import connect, raise_revision, writing
from tests.conftest import TODAY
from tests.dashboard.companies import ROWS

TAKEN = "a port that is taken"
"""Stands for one, so that a server that should have been refused never runs in a test."""

TOUCHED_BY = {"engine", "company", "say", "store"}
"""Who asks for one of these touches the store; the others have its address in their settings, and do not go there."""

Say = Callable[..., tuple[int, str, str]]


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if not goes_to_its_store(metafunc.function, metafunc.fixturenames):
        metafunc.definition.add_marker(pytest.mark.sqlite_alone("it does not go to its store"))


def goes_to_its_store(function: Callable[..., object], fixtures: Sequence[str]) -> bool:
    """Whether a test does, by what it asks for."""
    return not TOUCHED_BY.isdisjoint(fixtures) or "database_url" in getfullargspec(function).args


@pytest.fixture(autouse=True)
def settings(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path
) -> Iterator[pytest.MonkeyPatch]:
    """Only these settings: a store and a folder of one's own, the fixed day."""
    for name in real_settings.NAMES:
        monkeypatch.delenv(real_settings.PREFIX + name.upper(), raising=False)
    monkeypatch.setenv("BACKORDERS_DATABASE_URL", database_url)
    monkeypatch.setenv("BACKORDERS_TODAY", TODAY.isoformat())
    monkeypatch.chdir(tmp_path)
    yield monkeypatch
    connect(database_url).dispose()
    if not goes_to_its_store(request.function, request.fixturenames):
        assert not (tmp_path / "store.db").exists(), "it does go to its store: ask for database_url, for both databases"


@pytest.fixture
def company(engine: Engine) -> Engine:
    """A store that holds the small company of tests/dashboard/companies.py."""
    with writing(engine) as connection:
        for table, rows in ROWS.items():
            for row in rows:
                connection.execute(insert(schema.metadata.tables[table]), row)
        raise_revision(connection)
    return engine


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port on which something else is served already."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], taken_port: int) -> Say:
    """Run the command line in this process: its exit status, what it says, and what it complains of."""

    def run(*arguments: object) -> tuple[int, str, str]:
        words = [str(taken_port if word == TAKEN else word) for word in arguments]
        monkeypatch.setattr("sys.argv", ["backorders", *words])
        with pytest.raises(SystemExit) as stopped:
            __main__.main()
        told = capsysbinary.readouterr()
        return int(stopped.value.code or 0), told.out.decode(), told.err.decode()

    return run
