"""The program by the front door, over a store that may be taken away."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data_access.engine import connect
from tests.conftest import TODAY
from tests.front_door import enter, spare_repeated_work

PATIENCE_SECONDS = 60  # a busy machine is no fault of the page


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., AppTest]]:
    """Enter by the front door over that store, then go to a page."""
    monkeypatch.setenv("BACKORDERS_TODAY", TODAY.isoformat())
    spare_repeated_work(monkeypatch)
    st.cache_resource.clear()

    def visit(database_url: str, page: str = "overview", **query: str | list[str]) -> AppTest:
        monkeypatch.setenv("BACKORDERS_DATABASE_URL", database_url)
        return enter(page, PATIENCE_SECONDS, query)

    yield visit
    connect(os.environ["BACKORDERS_DATABASE_URL"]).dispose()
