"""The program as its users meet it: the real entry script over a real store, on a fixed day."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import streamlit as st
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from tests.conftest import TODAY
from tests.front_door import enter, spare_repeated_work

PATIENCE_SECONDS = 60  # a busy machine is no fault of the page


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
def no_repeated_work() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        spare_repeated_work(patch)
        yield


@pytest.fixture
def open_page(settings: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Enter by the front door, then go to a page, with what its address says."""

    def visit(page: str = "overview", **query: str | list[str]) -> AppTest:
        return enter(page, PATIENCE_SECONDS, query)

    return visit
