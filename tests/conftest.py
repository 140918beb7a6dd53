"""What every test may ask for: a fixed day and a fresh, real store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from data_access.engine import open_store
from tests import postgres

TODAY = date(2026, 3, 16)
"""A Monday. Every test that needs a day uses this one."""


@pytest.fixture
def today() -> date:
    return TODAY


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_store(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """One server for all processes that run tests side by side."""
    with postgres.server(os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid()}")[:12]) as url:
        yield url
