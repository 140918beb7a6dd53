"""The way into the store: one engine per address, its tables, its transactions. Knows no table's meaning."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, IntegrityError, NoSuchModuleError, OperationalError

from dashboard.domain.errors import StoreError, StoreUnreachableError, StoreVersionError
from data_access import schema

BUSY_TIMEOUT_SECONDS = 10


@functools.cache
def connect(database_url: str) -> Engine:
    """The engine for a store's address, made once per address; creates the folder of a SQLite file, not the file.

    Raises StoreError where the address cannot be read.
    """
    url = _parsed(database_url)
    engine = create_engine(url, pool_pre_ping=True, connect_args=_connect_args(url))
    if url.get_backend_name() == "sqlite":
        if url.database and url.database != ":memory:":
            _make_folder(Path(url.database).parent)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def open_store(database_url: str) -> Engine:
    """The engine for a store that is ready to use: its tables exist and are of this version.

    Raises StoreUnreachableError, StoreVersionError or StoreError.
    """
    engine = connect(database_url)
    with reading(engine) as connection:
        is_new = not inspect(connection).has_table(schema.store.name)
    if is_new:
        _create_tables(engine)
    with reading(engine) as connection:
        _refuse_other_version(connection, engine)
    return engine


@contextmanager
def reachable(engine: Engine) -> Iterator[None]:
    """Turn what a driver says of a store that does not answer into a sentence for the person in front of it."""
    try:
        yield
    except IntegrityError:
        raise
    except (OperationalError, sqlite3.OperationalError) as error:
        raise StoreUnreachableError(
            f"The store at {address(engine)} does not answer ({_reason(error)}). "
            "Check that its server runs, that the disk has room and that this program may read and write there."
        ) from error
    except DatabaseError as error:
        raise StoreError(
            f"The store at {address(engine)} cannot be used ({_reason(error)}). "
            "Check that BACKORDERS_DATABASE_URL names the dashboard's own store."
        ) from error


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent transaction for reads: everything read in it belongs to one data revision."""
    with reachable(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction for writes, all or nothing. Call raise_revision in it where it changes what a book holds."""
    with reachable(engine), engine.connect() as connection, connection.execution_options(is_writing=True).begin():
        yield connection


def raise_revision(connection: Connection) -> int:
    """Raise the data revision within the caller's transaction, and return the new one."""
    connection.execute(update(schema.store).values(data_revision=schema.store.c.data_revision + 1))
    return data_revision(connection)


def data_revision(connection: Connection) -> int:
    """The number that every writing transaction raises."""
    return int(connection.execute(select(schema.store.c.data_revision)).scalar_one())


def address(engine: Engine) -> str:
    """The store's address as it may be shown: without its password."""
    return engine.url.render_as_string(hide_password=True)


def _create_tables(engine: Engine) -> None:
    with writing(engine) as connection:
        schema.metadata.create_all(connection)
        if connection.execute(select(schema.store.c.one)).first() is None:
            connection.execute(
                insert(schema.store).values(one=1, schema_version=schema.SCHEMA_VERSION, data_revision=0)
            )


def _parsed(database_url: str) -> URL:
    try:
        url = make_url(database_url)
        url.get_dialect().import_dbapi()
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
        raise StoreError(
            "BACKORDERS_DATABASE_URL is not an address of a database. "
            "Write sqlite:///data/backorders.db, or postgresql+psycopg://user@host/database."
        ) from error
    return url


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnreachableError(
            f"The folder {folder} for the store cannot be made ({error.strerror}). "
            "Set BACKORDERS_DATABASE_URL to a file in a folder where this program may write."
        ) from error


def _connect_args(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"timeout": BUSY_TIMEOUT_SECONDS}
    return {"connect_timeout": BUSY_TIMEOUT_SECONDS}


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Many readers beside one writer, foreign keys kept, and transactions begun by us (see _begin_sqlite)."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_SECONDS * 1000}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Begin explicitly: pysqlite would begin at the first write only, which leaves reads without a transaction.

    A writer takes its lock at once: one that upgrades later fails when another has written meanwhile.
    """
    is_writing = connection.get_execution_options().get("is_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")


def _refuse_other_version(connection: Connection, engine: Engine) -> None:
    version = int(connection.execute(select(schema.store.c.schema_version)).scalar_one())
    if version > schema.SCHEMA_VERSION:
        raise StoreVersionError(
            f"The store at {address(engine)} was written by a newer version of the dashboard "
            f"(its tables are version {version}, this program knows up to {schema.SCHEMA_VERSION}). "
            "Install the newer version, or set BACKORDERS_DATABASE_URL to another store."
        )
    if version < schema.SCHEMA_VERSION:
        raise StoreVersionError(
            f"The store at {address(engine)} was written by an older version of the dashboard "
            f"(its tables are version {version}, this program needs {schema.SCHEMA_VERSION}). "
            "Import your data into a new store, or run the version of the program that wrote it."
        )


def _reason(error: Exception) -> str:
    """The driver's own words, in one line and without the statement."""
    words = str(getattr(error, "orig", None) or error)
    return " ".join(words.split())[:200]
