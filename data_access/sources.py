"""Stores that are copied from: only read, wherever they lie; a backup of an older version is upgraded on the way."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine import URL

from dashboard.domain.errors import StoreError, StoreVersionError
from data_access.complaints import address, words_shown
from data_access.engine import connect, let_stand_alone, reachable, reading, store_version
from data_access.upgrading import pending_steps, upgrade


def address_of(file: Path) -> str:
    """The address of the store in a SQLite file."""
    return URL.create("sqlite", database=str(file.absolute())).render_as_string()


def reach_source(database_url: str) -> Engine:
    """The engine for a store that is to be copied. Nothing is written to it.

    Raises StoreUnreachableError, StoreError, or StoreVersionError with what to do for one of another version.
    """
    engine = connect(database_url, is_source=True)
    _refuse_damaged(engine)
    if _is_older(engine):
        raise StoreVersionError(
            f"The store at {address(engine)} was written by an older version of the dashboard. Upgrade it first: "
            "set BACKORDERS_DATABASE_URL to its address and run: python -m dashboard upgrade"
        )
    return engine


@contextmanager
def open_backup(file: Path) -> Iterator[Engine]:
    """A backup as a store of this version. One of an older version is upgraded in a copy: the file stays as it is.

    Raises StoreUnreachableError, StoreError, or StoreVersionError for one of a newer version.
    """
    engine = connect(address_of(file), is_source=True)
    _refuse_damaged(engine)
    if not _is_older(engine):
        yield engine
        return
    with TemporaryDirectory(prefix="backorders-") as folder:
        copied = Path(folder) / "backup.db"
        _duplicate(engine, copied)
        upgraded = connect(address_of(copied))
        upgrade(upgraded)
        yield upgraded


def kept_as_it_is(engine: Engine, file: Path) -> bool:
    """Write a SQLite store of an older version into a file as it is; False for one of this version.

    Raises StoreVersionError for one in PostgreSQL, whose own tools do the same.
    """
    if not _is_older(engine):
        return False
    if engine.dialect.name != "sqlite":
        raise StoreVersionError(
            f"The store at {address(engine)} was written by an older version of the dashboard. "
            "Back it up with that version, or with pg_dump, before you run: python -m dashboard upgrade"
        )
    _duplicate(engine, file)
    let_stand_alone(connect(address_of(file)))
    return True


def _refuse_damaged(engine: Engine) -> None:
    """Raises StoreError for a SQLite file whose pages do not fit together, before anything is copied from it."""
    if engine.dialect.name != "sqlite":
        return
    with reading(engine, is_long=True) as connection:
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if found != "ok":
        raise StoreError(
            f"The store at {address(engine)} is damaged ({words_shown(found, engine.url)}). "
            "Nothing was taken from it: take a backup that is whole.",
            address(engine),
        )


def _is_older(engine: Engine) -> bool:
    with reading(engine) as connection:
        store_version(connection, engine)
    return bool(pending_steps(engine))


def _duplicate(engine: Engine, file: Path) -> None:
    with reachable(engine), closing(engine.raw_connection()) as source, closing(sqlite3.connect(file)) as target:
        driver: Any = source.driver_connection
        driver.backup(target)
