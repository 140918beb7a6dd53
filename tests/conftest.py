"""What every test may ask for: a fixed day and a fresh, real store."""

from __future__ import annotations

import functools
import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from data_access.demo.company import draw_company
from data_access.engine import reach_store
from tests import postgres, stores
from tests.lending import Lending

TODAY = date(2026, 3, 16)
"""A Monday. Every test that needs a day uses this one."""
MEMORY, ROOM = Path("/dev/shm"), 2 * 1024**3  # noqa: S108 (a folder of one's own is made in it)
"""Where Linux keeps files without a disk, and the bytes that all tests together need there at most."""

TOGETHER = (
    "test_as_of", "test_aging_in_the_browser", "test_behind_nginx", "test_bridge_over_a_year",
    "test_customers_in_the_browser", "test_demo", "test_demo_past", "test_fast_clicks_in_the_browser",
    "test_in_the_browser", "test_report", "test_server", "test_sign_in_in_the_browser", "test_store_away",
    "test_suppliers_in_the_browser",
)  # fmt: skip
"""Files whose tests share a server, a company or a year: they run one after the other, in one process."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """By files, as marks of groups do not reach xdist 3.8 under pytest 9.2; those with the most tests come first."""
    if config.getvalue("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return unit_of(nodeid)

    return Together(config, log)


def unit_of(nodeid: str) -> str:
    """What runs as one: a test or, of the files whose tests share something, all that run on one database."""
    name = Path(nodeid.partition("::")[0]).stem
    if name not in TOGETHER:
        return nodeid
    return f"{name} on {stores.POSTGRESQL if stores.POSTGRESQL in nodeid else stores.SQLITE}"


def pytest_configure() -> None:
    """Put what the tests write where no disk is waited for, unless TMPDIR says where, or there is no room."""
    if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # to be looked up again


def pytest_collection_finish() -> None:
    """Let no collection of garbage go through all modules and tests again: that took a tenth of the pages' tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def drawn_once() -> Iterator[None]:
    """The company of a day is the same however often it is drawn, as test_demo.py proves: it is drawn once a day."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("data_access.demo.writing.draw_company", functools.cache(draw_company))
        yield


@pytest.fixture
def today() -> date:
    return TODAY


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what asks for a store on SQLite and on PostgreSQL, but for a test that says itself where it runs."""
    is_said = any("database_url" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    if "database_url" in metafunc.fixturenames and not is_said:
        is_alone = metafunc.definition.get_closest_marker("sqlite_alone")
        metafunc.parametrize("database_url", [stores.SQLITE] if is_alone else stores.BOTH, indirect=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A store's address, in the database that the test is told: see tests/stores.py."""
    with stores.address(request.param, request, tmp_path) as url:
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
def made_in_postgres(postgres_server: str) -> Iterator[Lending]:
    with stores.made_in_postgres(postgres_server) as lending:
        yield lending


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """One server for all processes that run tests side by side."""
    with postgres.server(os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid()}")[:12]) as url:
        yield url
