"""Stores for the tests of what speaks SQL: each test that asks for one runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_access.demo.company import draw_company
from tests import stores


@pytest.fixture(params=stores.BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A store's address in either database: see tests/stores.py."""
    with stores.address(request.param, request, tmp_path) as url:
        yield url


@pytest.fixture(scope="session", autouse=True)
def drawn_once() -> Iterator[None]:
    """The company of a day is the same however often it is drawn, as test_demo.py proves: it is drawn once a day."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("data_access.demo.writing.draw_company", functools.cache(draw_company))
        yield
