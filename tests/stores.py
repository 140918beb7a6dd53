"""Stores for the tests, on SQLite and on PostgreSQL.

Making the tables takes longer than most tests run: a store that is ready is a copy of one that was made once.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, make_url, update

from data_access import schema
from data_access.engine import connect, open_store
from tests import postgres
from tests.lending import Lending

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
    elif is_ready:
        with request.getfixturevalue("made_in_postgres").lent() as url:
            _mark_anew(connect(url))
            yield url
    else:
        with postgres.database(request.getfixturevalue("postgres_server")) as url:
            yield url


@contextmanager
def opened(database: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Engine]:
    """A new store, for those who share one between tests or need two."""
    with address(database, request, folder) as url:
        engine = open_store(url)
        yield engine
        engine.dispose()


def make_in_sqlite(folder: Path) -> Path:
    """The file of a store that is ready, to be copied."""
    open_store(f"sqlite:///{folder / 'made.db'}")
    return folder / "made.db"


@contextmanager
def made_in_postgres(server_url: str) -> Iterator[Lending]:
    """Databases that are stores ready to use. Nobody may be connected to the one that they are copied from."""
    with postgres.database(server_url) as url:
        open_store(url).dispose()
        with closing(Lending(server_url, str(make_url(url).database))) as lending:
            yield lending


def take_away(url: str) -> None:
    """From now on that store is there for nobody."""
    if make_url(url).get_backend_name() == POSTGRESQL:
        postgres.take_away(url)
        return
    for file in Path(str(make_url(url).database)).parent.glob("store.db*"):
        file.unlink()


@contextmanager
def away(url: str) -> Iterator[None]:
    """Meanwhile that store is there for nobody; afterwards it is as it was."""
    if make_url(url).get_backend_name() == POSTGRESQL:
        postgres.take_away(url)
        try:
            yield
        finally:
            postgres.bring_back(url)
        return
    files = list(Path(str(make_url(url).database)).parent.glob("store.db*"))
    for file in files:
        file.rename(file.with_name(f"away-{file.name}"))
    try:
        yield
    finally:
        for file in files:
            file.with_name(f"away-{file.name}").rename(file)


def _mark_anew(engine: Engine) -> None:
    """A copy is another store than the one it was copied from: pages tell stores by their marks."""
    with engine.begin() as connection:
        connection.execute(update(schema.store).values(store_id=uuid4().hex))
