"""The way into the store: one engine per address, its tables, its transactions. Knows no table's meaning."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    IntegrityError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    TimeoutError,
)
from sqlalchemy.pool import NullPool

from dashboard.domain.errors import StoreError, StoreUnreachableError, StoreVersionError
from data_access import schema
from data_access.postgres import sharing_snapshot

BUSY_TIMEOUT_SECONDS = 30
"""How long a writer waits for another."""
READ_TIMEOUT_SECONDS = 120
"""How long PostgreSQL works on one statement that only reads: nobody waits for a page that long."""
IDLE_TIMEOUT_SECONDS = 300
"""After how long PostgreSQL gives up a transaction that no more is heard of, and with it the lock of its writer."""
LIFE_SIGN_SECONDS = 2
"""How often PostgreSQL looks, while it works for a writer, whether the writer is still there."""

POSTGRES_POOL: dict[str, Any] = {
    "pool_pre_ping": True,
    "pool_size": 10,
    "max_overflow": 10,
    "pool_timeout": 10,
    "pool_recycle": 1_800,
    "pool_use_lifo": True,
}
"""Ten people whose pages read for a moment share these connections; the few used last are used first [seconds]."""
POSTGRES_CONNECTION: dict[str, Any] = {
    "application_name": "backorders",
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""A server that is gone without a word is noticed within a minute [seconds; the last in milliseconds]."""


@functools.cache
def connect(database_url: str) -> Engine:
    """The engine for a store's address, made once per address. It never makes a store: open_store does.

    Raises StoreError where the address cannot be read.
    """
    url = _parsed(database_url)
    if url.get_backend_name() != "sqlite":
        return _connect_postgres(url)
    # A connection that is kept would go on answering from a file that was removed or replaced.
    engine = create_engine(url, poolclass=NullPool, creator=lambda: _connect_sqlite(url, "rw"))
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def open_store(database_url: str) -> Engine:
    """The engine for a store that is ready to use; one that is not there yet is made.

    Raises StoreUnreachableError, StoreVersionError or StoreError.
    """
    engine = connect(database_url)
    with reachable(engine):
        _make_file(engine.url)
        with reading(engine) as connection:
            is_new = not inspect(connection).has_table(schema.store.name)
        if is_new:
            _create_tables(engine)
    return reach_store(database_url)


def reach_store(database_url: str) -> Engine:
    """The engine for a store that is there: its tables exist and are of this version. Nothing is made.

    Raises StoreUnreachableError, StoreVersionError or StoreError.
    """
    engine = connect(database_url)
    with reading(engine) as connection:
        _refuse_other_version(connection, engine)
    return engine


@contextmanager
def reachable(engine: Engine) -> Iterator[None]:
    """Turn what a driver says of a store that does not answer into a sentence for the person in front of it."""
    try:
        yield
    except (DatabaseError, InterfaceError, TimeoutError, engine.dialect.loaded_dbapi.Error) as error:
        raise _told(error, engine) from error


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent transaction for reads: everything read in it belongs to one data revision."""
    with reachable(engine), engine.connect() as connection, read_transaction(connection):
        yield connection


@contextmanager
def read_transaction(connection: Connection) -> Iterator[None]:
    """The same on a connection that one has, with its temporary tables."""
    with connection.execution_options(is_writing=False).begin():
        if connection.dialect.name == "postgresql":
            with _one_snapshot(connection):
                yield
        else:
            yield


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction for writes, all or nothing, one writer at a time.

    Call raise_revision in it where it changes what a book holds.
    """
    with reachable(engine), engine.connect() as connection, write_transaction(connection):
        yield connection


@contextmanager
def write_transaction(connection: Connection) -> Iterator[None]:
    """The same on a connection that one has, with its temporary tables."""
    with connection.execution_options(is_writing=True).begin():
        if connection.dialect.name == "postgresql":
            _queue_writers(connection)
        yield


def raise_revision(connection: Connection, *, is_told: bool = False) -> int:
    """Raise the data revision within the caller's transaction, and return the new one.

    is_told: whether the ledgers tell all that was written, so that readers need not read everything anew
        (data_access.changes): moves, promises and decisions.
    """
    raised = schema.store.c.data_revision + 1
    values = {"data_revision": raised} if is_told else {"data_revision": raised, "facts_revision": raised}
    connection.execute(update(schema.store).values(values))
    return data_revision(connection)


def data_revision(connection: Connection) -> int:
    """The number that every writing transaction raises."""
    return int(connection.execute(select(schema.store.c.data_revision)).scalar_one())


def data_version(connection: Connection) -> str:
    """What tells one state of one store from every other: the store's own mark and its data revision."""
    return "/".join(
        str(part) for part in connection.execute(select(schema.store.c.store_id, schema.store.c.data_revision)).one()
    )


def address(engine: Engine) -> str:
    """The store's address as it may be shown: without its password, which may stand in the query too."""
    return engine.url.set(query={}).render_as_string(hide_password=True)


def _create_tables(engine: Engine) -> None:
    with writing(engine) as connection:
        schema.metadata.create_all(connection)
        if connection.execute(select(schema.store.c.one)).first() is None:
            mark = {"schema_version": schema.SCHEMA_VERSION, "store_id": uuid4().hex, "data_revision": 0}
            connection.execute(insert(schema.store).values(one=1, **mark))


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


def _connect_postgres(url: URL) -> Engine:
    """What the address itself says of the connection stands."""
    ours = {name: value for name, value in POSTGRES_CONNECTION.items() if name not in url.query}
    return create_engine(url, connect_args=ours, **POSTGRES_POOL)


@contextmanager
def _one_snapshot(connection: Connection) -> Iterator[None]:
    """Every statement sees the store as the first one saw it, also where it is read in bulk."""
    connection.exec_driver_sql(
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; "
        f"SET LOCAL statement_timeout = {int(READ_TIMEOUT_SECONDS * 1000)}; "
        f"SET LOCAL idle_in_transaction_session_timeout = {int(IDLE_TIMEOUT_SECONDS * 1000)}"
    )
    with sharing_snapshot(connection, READ_TIMEOUT_SECONDS):
        yield


def _make_file(url: URL) -> None:
    """The folder and the empty file of a SQLite store that is not there yet."""
    if url.get_backend_name() != "sqlite" or not url.database or Path(url.database).exists():
        return
    folder = Path(url.database).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnreachableError(
            f"The folder {folder} for the store cannot be made ({error.strerror}). "
            "Set BACKORDERS_DATABASE_URL to a file in a folder where this program may write."
        ) from error
    _connect_sqlite(url, "rwc").close()


def _connect_sqlite(url: URL, mode: str) -> sqlite3.Connection:
    """Many readers beside one writer, foreign keys kept, and transactions begun by us (see _begin_sqlite)."""
    if not url.database or url.database == ":memory:":
        raise StoreError("A store in memory forgets everything. Set BACKORDERS_DATABASE_URL to a file.")
    where = f"file:{quote(str(Path(url.database).absolute()))}?mode={mode}"
    connection = sqlite3.connect(
        where, uri=True, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False
    )
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _begin_sqlite(connection: Connection) -> None:
    """Begin explicitly: pysqlite would begin at the first write only, which leaves reads without a transaction.

    A writer takes its lock at once: one that upgrades later fails when another has written meanwhile.
    """
    is_writing = connection.get_execution_options().get("is_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")


def _queue_writers(connection: Connection) -> None:
    """Wait for the writer before, as SQLite does by itself: what a write finds must stay so until it is done."""
    connection.exec_driver_sql(
        f"SET LOCAL lock_timeout = {int(BUSY_TIMEOUT_SECONDS * 1000)}; "
        f"SET LOCAL idle_in_transaction_session_timeout = {int(IDLE_TIMEOUT_SECONDS * 1000)}; "
        f"SELECT set_config('client_connection_check_interval', '{LIFE_SIGN_SECONDS * 1000}', true) "
        "WHERE position('linux' in version()) > 0"  # servers on other systems may refuse it
    )
    if inspect(connection).has_table(schema.store.name):
        connection.execute(select(schema.store.c.one).with_for_update())


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
            "Make a backup, then run: python -m dashboard upgrade"
        )


def _told(error: Exception, engine: Engine) -> StoreError:
    """The sentence for what a driver says; its own words stand in brackets."""
    words, driver = _reason(error, engine.url), engine.dialect.loaded_dbapi
    where = f"The store at {address(engine)}"
    if isinstance(error, (IntegrityError, driver.IntegrityError)):
        return StoreError(f"{where} refused what was to be written ({words}). Nothing was written.")
    if "locked" in words or "lock timeout" in words:
        return StoreUnreachableError(
            f"Somebody else is writing to the store at {address(engine)}. Try again in a moment."
        )
    if isinstance(error, (OperationalError, InterfaceError, TimeoutError, driver.OperationalError)):
        return StoreUnreachableError(
            f"{where} does not answer ({words}). Check that it is there, that its server runs, "
            "that the disk has room and that this program may read and write there."
        )
    return StoreError(
        f"{where} cannot be used ({words}). Check that BACKORDERS_DATABASE_URL names the dashboard's own store."
    )


def _reason(error: Exception, url: URL) -> str:
    """The driver's own words, in one line, without the statement, its context and any secret of the address."""
    words = " ".join(str(getattr(error, "orig", None) or error).split()).partition(" CONTEXT: ")[0][:200]
    for secret in (url.password, *url.query.values()):
        words = words.replace(secret, "***") if isinstance(secret, str) and secret else words
    return words
