"""Stores for the tests, on SQLite and on PostgreSQL.

Making the tables takes longer than most tests run: a store that is ready is a copy of one that was made once.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, make_url, update

from data_access import schema
from data_access.engine import connect, open_store
from tests import postgres

SQLITE, POSTGRESQL = "sqlite", "postgresql"
BOTH = (SQLITE, POSTGRESQL)


@contextmanager
def address(database: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """The address of a store: ready where the test also asks for its engine, else one that is not there yet."""
    is_ready = "engine" in request.fixturenames
    if database == SQLITE:
        url = f"sqlite:///{folder / 'store.db'}"
        if is_ready:
            shutil.copy(request.getfixturevalue("made_in_sqlite"), folder / "store.db")
            _mark_anew(connect(url))
        yield url
    else:
        like = {"like": request.getfixturevalue("made_in_postgres")} if is_ready else {}
        with postgres.database(request.getfixturevalue("postgres_server"), **like) as url:
            if is_ready:
                _mark_anew(connect(url))
            yield url


def make_in_sqlite(folder: Path) -> Path:
    """The file of a store that is ready, to be copied."""
    open_store(f"sqlite:///{folder / 'made.db'}")
    return folder / "made.db"


@contextmanager
def made_in_postgres(server_url: str) -> Iterator[str]:
    """The name of a database that is a store ready to use, to be copied: nobody may be connected to it."""
    with postgres.database(server_url) as url:
        open_store(url).dispose()
        yield str(make_url(url).database)


def take_away(url: str) -> None:
    """From now on that store is there for nobody."""
    if make_url(url).get_backend_name() == POSTGRESQL:
        postgres.take_away(url)
        return
    for file in Path(str(make_url(url).database)).parent.glob("store.db*"):
        file.unlink()


def _mark_anew(engine: Engine) -> None:
    """A copy is another store than the one it was copied from: pages tell stores by their marks."""
    with engine.begin() as connection:
        connection.execute(update(schema.store).values(store_id=uuid4().hex))
