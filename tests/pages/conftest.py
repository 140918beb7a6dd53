"""The program as its users meet it: the real entry script over a real store, on a fixed day."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from data_access.engine import open_store
from tests.conftest import TODAY

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, database_url: str) -> pytest.MonkeyPatch:
    """The settings of the program under test: its own store, the fixed day."""
    monkeypatch.setenv("BACKORDERS_DATABASE_URL", database_url)
    monkeypatch.setenv("BACKORDERS_TODAY", TODAY.isoformat())
    monkeypatch.setenv("BACKORDERS_COMPANY", "Harbour Supply")
    st.cache_resource.clear()
    return monkeypatch


@pytest.fixture
def store(settings: pytest.MonkeyPatch, database_url: str) -> Engine:
    return open_store(database_url)


@pytest.fixture
def open_page(settings: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Enter by the front door, then go to a page, with what its address says."""

    def enter(page: str = "overview", **query: str | list[str]) -> AppTest:
        app = AppTest.from_file(str(ROOT / "dashboard" / "streamlit_app.py"), default_timeout=20)
        app.switch_page(str(ROOT / "pages" / f"{page}.py"))
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    return enter
