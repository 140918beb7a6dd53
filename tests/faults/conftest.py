"""The program by the front door, over a store that may be taken away."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data_access.engine import connect
from tests import postgres
from tests.conftest import TODAY

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a store that is not there yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.db'}"
    else:
        with postgres.database(request.getfixturevalue("postgres_server")) as url:
            yield url


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., AppTest]]:
    """Enter by the front door over that store, then go to a page."""
    monkeypatch.setenv("BACKORDERS_TODAY", TODAY.isoformat())
    st.cache_resource.clear()

    def enter(database_url: str, page: str = "overview", **query: str) -> AppTest:
        monkeypatch.setenv("BACKORDERS_DATABASE_URL", database_url)
        app = AppTest.from_file(str(ROOT / "dashboard" / "streamlit_app.py"), default_timeout=30)
        app.switch_page(str(ROOT / "pages" / f"{page}.py"))
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    yield enter
    connect(os.environ["BACKORDERS_DATABASE_URL"]).dispose()
