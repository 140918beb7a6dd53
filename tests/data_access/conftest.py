"""Stores for the tests of what speaks SQL: each test that asks for one runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import stores


@pytest.fixture(params=stores.BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A store's address in either database: see tests/stores.py."""
    with stores.address(request.param, request, tmp_path) as url:
        yield url
