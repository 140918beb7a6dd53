"""Stores for the tests of what speaks SQL: SQLite, and PostgreSQL where BACKORDERS_TEST_POSTGRES_URL names a server.

That address is one of a user who may create databases, such as postgresql+psycopg://postgres@127.0.0.1/postgres.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

from data_access.engine import connect

SERVER = os.environ.get("BACKORDERS_TEST_POSTGRES_URL", "")
ENGINES = ["sqlite", "postgresql"] if SERVER else ["sqlite"]


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a store that is not there yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    name = f"backorders_test_{uuid4().hex}"
    url = make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    server = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield url
    connect(url).dispose()
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()
