"""The program as its users meet it: the real entry script over a real store, on a fixed day.

What runs where: the modules and tests that are marked on_both run on SQLite and on PostgreSQL, the others on SQLite.
Marked are all that write (forms, saves, undo, imports, promises, roles) and of each page a test that draws it.
BACKORDERS_TEST_PAGES_ON=both runs every page test on both; =sqlite or =postgresql runs all of them on that one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
import streamlit as st
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from tests import stores
from tests.conftest import TODAY
from tests.front_door import enter, scan_packages_once

PATIENCE_SECONDS = 60  # a busy machine is no fault of the page


CHOSEN = os.environ.get("BACKORDERS_TEST_PAGES_ON", "")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on the databases that are chosen for this run, else on those of its mark."""
    if "database_url" in metafunc.fixturenames:
        is_on_both = CHOSEN == "both" or (not CHOSEN and metafunc.definition.get_closest_marker("on_both"))
        metafunc.parametrize("database_url", stores.BOTH if is_on_both else [CHOSEN or stores.SQLITE], indirect=True)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, database_url: str) -> pytest.MonkeyPatch:
    """The settings of the program under test: its own store, the fixed day."""
    monkeypatch.setenv("BACKORDERS_DATABASE_URL", database_url)
    monkeypatch.setenv("BACKORDERS_TODAY", TODAY.isoformat())
    monkeypatch.setenv("BACKORDERS_COMPANY", "Harbour Supply")
    st.cache_resource.clear()
    return monkeypatch


@pytest.fixture
def store(settings: pytest.MonkeyPatch, engine: Engine) -> Engine:
    return engine


@pytest.fixture(scope="session", autouse=True)
def one_scan() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        scan_packages_once(patch)
        yield


@pytest.fixture
def open_page(settings: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Enter by the front door, then go to a page, with what its address says."""

    def visit(page: str = "overview", **query: str | list[str]) -> AppTest:
        return enter(page, PATIENCE_SECONDS, query)

    return visit
