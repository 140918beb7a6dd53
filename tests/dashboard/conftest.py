"""What the tests around the pages may ask for: settings that point to a store of their own, and a small company."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert

from dashboard import settings as real_settings
from data_access import schema
from data_access.engine import connect, raise_revision, writing
from tests.conftest import TODAY
from tests.dashboard.companies import ROWS


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    """Only these settings: a store and a folder of one's own, the fixed day."""
    for name in real_settings.NAMES:
        monkeypatch.delenv(real_settings.PREFIX + name.upper(), raising=False)
    monkeypatch.setenv("BACKORDERS_DATABASE_URL", database_url)
    monkeypatch.setenv("BACKORDERS_TODAY", TODAY.isoformat())
    monkeypatch.chdir(tmp_path)
    yield monkeypatch
    connect(database_url).dispose()


@pytest.fixture
def company(engine: Engine) -> Engine:
    """A store that holds the small company of tests/dashboard/companies.py."""
    with writing(engine) as connection:
        for table, rows in ROWS.items():
            for row in rows:
                connection.execute(insert(schema.metadata.tables[table]), row)
        raise_revision(connection)
    return engine
