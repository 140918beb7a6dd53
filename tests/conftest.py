"""What every test may ask for: a fixed day and a fresh, real store."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from data_access.engine import reach_store
from tests import postgres, stores

TODAY = date(2026, 3, 16)
"""A Monday. Every test that needs a day uses this one."""
MEMORY, ROOM = Path("/dev/shm"), 2 * 1024**3  # noqa: S108 (a folder of one's own is made in it)
"""Where Linux keeps files without a disk, and the bytes that all tests together need there at most."""

SHARED = ("demo", "team", "server", "built_once")
"""Servers and companies, each made once for many tests: these run one after the other, in one process."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.pluginmanager.hasplugin("xdist"):
        for item in items:
            for name in set(SHARED).intersection(getattr(item, "fixturenames", ())):
                item.add_marker(pytest.mark.xdist_group(f"{name} of {item.path.parent.name}"))


def pytest_configure() -> None:
    """Put what the tests write where no disk is waited for, unless TMPDIR says where, or there is no room."""
    if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # to be looked up again


@pytest.fixture
def today() -> date:
    return TODAY


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A store's address, in SQLite unless the test is told another database: see tests/stores.py."""
    with stores.address(getattr(request, "param", stores.SQLITE), request, tmp_path) as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = reach_store(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def made_in_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stores.make_in_sqlite(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="session")
def made_in_postgres(postgres_server: str) -> Iterator[str]:
    with stores.made_in_postgres(postgres_server) as name:
        yield name


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """One server for all processes that run tests side by side."""
    with postgres.server(os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid()}")[:12]) as url:
        yield url
