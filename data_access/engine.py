"""The way into the store: one engine per address, its tables, its transactions. Knows no table's meaning."""

from __future__ import annotations

import functools
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, InterfaceError, NoSuchModuleError, TimeoutError
from sqlalchemy.pool import NullPool

from dashboard.domain.errors import StoreError, StoreUnreachableError, StoreVersionError
from data_access import patience, schema
from data_access.complaints import address, holds_stray_at, told
from data_access.postgres import sharing_snapshot

Check = Callable[[Connection], None]
"""Raises where a write may not be done; asked within its transaction, once nobody else can write."""

BUSY_TIMEOUT_SECONDS = 30
"""How long a writer waits for another."""
READ_TIMEOUT_SECONDS = 120
"""How long PostgreSQL works on one statement that only reads: nobody waits for a page that long."""
IDLE_TIMEOUT_SECONDS = 300
"""After how long PostgreSQL gives up a transaction that no more is heard of, and with it the lock of its writer."""
LIFE_SIGN_SECONDS = 2
"""How often PostgreSQL looks, while it works for a writer, whether the writer is still there."""
OLDEST_POSTGRES = 14
"""The first version that looks whether a writer is still there."""
_MAKING_TABLES = 4_711_001
"""Under which number those who would make the tables of one database wait for each other."""

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
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""Whoever waits does not wait for ever for a server that is gone without a word, nor a connection that nobody uses
(see data_access.patience) [seconds; the last in milliseconds]."""


@functools.cache
def connect(database_url: str, *, is_source: bool = False) -> Engine:
    """The engine for a store's address, made once per address. It never makes a store: open_store does.

    is_source: the store is only read, and a SQLite file may lie where nothing may be written.

    Raises StoreError where the address cannot be read.
    """
    url = _parsed(database_url)
    if url.get_backend_name() != "sqlite":
        return _connect_postgres(url)
    opened = _connect_source if is_source else _connect_sqlite
    # A connection that is kept would go on answering from a file that was removed or replaced.
    engine = create_engine(url, poolclass=NullPool, creator=lambda: opened(url))
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


def has_store(database_url: str) -> bool:
    """Whether a store was ever made there, of whatever version.

    Raises StoreUnreachableError, or StoreError for a file that is none.
    """
    engine = connect(database_url)
    if engine.dialect.name == "sqlite" and not Path(engine.url.database or "").exists():
        return False
    with reading(engine) as connection:
        return inspect(connection).has_table(schema.store.name)


def reach_store(database_url: str) -> Engine:
    """The engine for a store that is there: its tables exist and are of this version. Nothing is made.

    Raises StoreUnreachableError, StoreVersionError or StoreError.
    """
    engine = connect(database_url)
    with reading(engine) as connection:
        refuse_other_version(connection, engine)
    return engine


@contextmanager
def reachable(engine: Engine) -> Iterator[None]:
    """Turn what a driver says of a store that does not answer into a sentence for the person in front of it.

    Of a damaged file, the driver may not even be able to read what SQLite says: a UnicodeDecodeError.
    """
    try:
        yield
    except (
        DatabaseError, InterfaceError, TimeoutError, UnicodeDecodeError, engine.dialect.loaded_dbapi.Error
    ) as error:  # fmt: skip
        raise told(error, engine) from error


@contextmanager
def reading(engine: Engine, *, is_long: bool = False) -> Iterator[Connection]:
    """One consistent transaction for reads: everything read in it belongs to one data revision.

    is_long: nobody waits for a page meanwhile, so that it may take whatever time it needs.
    """
    with reachable(engine), engine.connect() as connection, read_transaction(connection, is_long=is_long):
        yield connection


@contextmanager
def read_transaction(connection: Connection, *, is_long: bool = False) -> Iterator[None]:
    """The same on a connection that one has, with its temporary tables."""
    with connection.execution_options(is_writing=False).begin():
        if connection.dialect.name == "postgresql":
            with _one_snapshot(connection, is_long=is_long):
                yield
        else:
            yield


@contextmanager
def writing(engine: Engine, check: Check | None = None) -> Iterator[Connection]:
    """One transaction for writes, all or nothing, one writer at a time.

    Call raise_revision in it where it changes what a book holds. What the check raises is raised, and nothing written.
    """
    with reachable(engine), engine.connect() as connection, write_transaction(connection, check):
        yield connection


@contextmanager
def write_transaction(connection: Connection, check: Check | None = None) -> Iterator[None]:
    """The same on a connection that one has, with its temporary tables."""
    with connection.execution_options(is_writing=True).begin():
        if connection.dialect.name == "postgresql":
            _queue_writers(connection)
        if check is not None:
            check(connection)
        yield


def raise_revision(connection: Connection, *, is_told: bool = False) -> int:
    """Raise the data revision within the caller's transaction, and return the new one.

    is_told: whether the ledgers tell all that was written, so that readers need not read everything anew
        (data_access.changes): moves, promises and decisions. Nothing that is kept depends on reviews.
    """
    raised = schema.store.c.data_revision + 1
    values = {"data_revision": raised} if is_told else {"data_revision": raised, "facts_revision": raised}
    connection.execute(update(schema.store).values(values))
    return data_revision(connection)


def data_revision(connection: Connection) -> int:
    """The number that every writing transaction raises."""
    return int(connection.execute(select(schema.store.c.data_revision)).scalar_one())


def _create_tables(engine: Engine) -> None:
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MAKING_TABLES})")
        schema.metadata.create_all(connection)
        if connection.execute(select(schema.store.c.one)).first() is None:
            mark = {"schema_version": schema.SCHEMA_VERSION, "store_id": uuid4().hex, "data_revision": 0}
            connection.execute(insert(schema.store).values(one=1, **mark))


def _parsed(database_url: str) -> URL:
    if holds_stray_at(database_url):
        raise StoreError(
            "What is given as the store's address holds more than one @, so that nobody can tell where its password "
            "ends. Write each @ within a name or a password as %40, in the setting BACKORDERS_DATABASE_URL or on the "
            "command line."
        )
    try:
        url = make_url(database_url)
        url.get_dialect().import_dbapi()
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
        raise StoreError(
            "What is given as the store's address is not an address of a database. Write "
            "sqlite:///data/backorders.db, or postgresql+psycopg://user@host/database, "
            "in the setting BACKORDERS_DATABASE_URL or on the command line."
        ) from error
    return url


def _connect_postgres(url: URL) -> Engine:
    """What the address itself says of the connection stands."""
    ours = {name: value for name, value in POSTGRES_CONNECTION.items() if name not in url.query}
    engine = create_engine(url, connect_args=ours, **POSTGRES_POOL)
    event.listen(
        engine, "do_connect", lambda _dialect, _record, told, named: patience.Connection.connect(*told, **named)
    )
    event.listen(engine, "connect", lambda driver, _: _refuse_old_server(driver.info.server_version, engine))
    return engine


def _refuse_old_server(version: int, engine: Engine) -> None:
    if version // 10_000 < OLDEST_POSTGRES:
        raise StoreError(
            f"The server of the store at {address(engine)} is PostgreSQL {version // 10_000}. "
            f"Version {OLDEST_POSTGRES} or newer is needed: upgrade the server, or name another one.",
            address(engine),
        )


@contextmanager
def _one_snapshot(connection: Connection, *, is_long: bool) -> Iterator[None]:
    """Every statement sees the store as the first one saw it, also where it is read in bulk."""
    most, idle = (0, 0) if is_long else (READ_TIMEOUT_SECONDS, IDLE_TIMEOUT_SECONDS)
    connection.exec_driver_sql(
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; "
        f"SET LOCAL statement_timeout = {int(most * 1000)}; "
        f"SET LOCAL idle_in_transaction_session_timeout = {int(idle * 1000)}"
    )
    with sharing_snapshot(connection, most):
        yield


def _make_file(url: URL) -> None:
    """The folder and the empty file of a SQLite store that is not there yet: customers' data, for its owner alone."""
    if url.get_backend_name() != "sqlite" or _file(url).exists():
        return
    folder = _file(url).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnreachableError(
            f"The folder {folder} for the store cannot be made ({error.strerror}). "
            "Name a file in a folder where this program may write as the store's address."
        ) from error
    with suppress(OSError):  # which SQLite tells, in the words of every file that cannot be opened
        _file(url).touch(mode=0o600)  # SQLite gives what it keeps beside it, its -wal and -shm, the same mode
    _connect_sqlite(url, "rwc").close()


def let_stand_alone(engine: Engine) -> None:
    """Have a SQLite file hold all of its store, with nothing beside it, until it is opened for writing again."""
    with reachable(engine), closing(_connect_sqlite(engine.url)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def _connect_sqlite(url: URL, mode: str = "rw") -> sqlite3.Connection:
    """Many readers beside one writer, foreign keys kept, and transactions begun by us (see _begin_sqlite)."""
    connection = _open_file(url, f"mode={mode}")
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _connect_source(url: URL) -> sqlite3.Connection:
    """Reads beside whoever writes, and leaves the file as it is; where nothing may be written, nobody writes."""
    file = _file(url)
    is_still = not os.access(file.absolute().parent, os.W_OK) and not file.with_name(f"{file.name}-wal").exists()
    return _open_file(url, "mode=ro&immutable=1" if is_still else "mode=ro")


def _file(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise StoreError("A store in memory forgets everything. Name a file as the store's address.")
    return Path(url.database)


def _open_file(url: URL, how: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(str(_file(url).absolute()))}?{how}",
        uri=True, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False,
    )  # fmt: skip


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


def store_version(connection: Connection, engine: Engine) -> int:
    """Of which version the store's tables are. Raises StoreError where they do not say so."""
    version = connection.execute(select(schema.store.c.schema_version)).scalar()
    if version is None:
        raise StoreError(
            f"The store at {address(engine)} is not whole: its table {schema.store.name} is empty. Restore a backup.",
            address(engine),
        )
    return int(version)


def refuse_other_version(connection: Connection, engine: Engine) -> None:
    """Raises StoreVersionError where the tables are not of this program's version, and StoreError as store_version."""
    version = store_version(connection, engine)
    if version > schema.SCHEMA_VERSION:
        raise StoreVersionError(
            f"The store at {address(engine)} was written by a newer version of the dashboard "
            f"(its tables are version {version}, this program knows up to {schema.SCHEMA_VERSION}). "
            "Install the newer version, or name another store.",
            address(engine),
        )
    if version < schema.SCHEMA_VERSION:
        raise StoreVersionError(
            f"The store at {address(engine)} was written by an older version of the dashboard "
            f"(its tables are version {version}, this program needs {schema.SCHEMA_VERSION}). "
            "Make a backup, then run: python -m dashboard upgrade",
            address(engine),
        )
