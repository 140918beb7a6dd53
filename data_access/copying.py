"""A whole store from one place to another, ledgers included: SQLite to PostgreSQL, back, or into a file as a backup.

The source is read in one consistent transaction, so that it may be in use; the target is written in one, so that it is
filled or stays empty. Counts and checksums of every table are compared before anything is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Integer, LargeBinary, Row, Table, func, insert, select, update
from sqlalchemy.exc import DataError

from dashboard.domain.errors import StoreError, StoreNotEmptyError
from data_access import schema
from data_access.complaints import address
from data_access.engine import raise_revision, reading, writing

Progress = Callable[[float, str], None]
ROWS_AT_A_TIME = 5_000
LARGE_ROWS_AT_A_TIME = 100
"""Rows of a table that holds bytes: each may be a hundred times as large as others."""


@dataclass(frozen=True)
class CopiedTable:
    """How many rows of a table were copied, and the checksum over all of them that both stores agree on."""

    table: str
    rows: int
    checksum: str


def copy_store(source: Engine, target: Engine, progress: Progress | None = None) -> list[CopiedTable]:
    """Copy every table of the source into an empty target; one entry per table.

    The target keeps its own mark, and takes over the source's data revision.

    Raises StoreNotEmptyError where the target holds data, StoreError where what arrived is not what was sent.
    """
    tell = progress or _tell_nobody
    tables = [table for table in schema.metadata.sorted_tables if table is not schema.store]
    copied = []
    with reading(source, is_long=True) as read, writing(target) as write:
        _refuse_filled(write, target, tables)
        for number, table in enumerate(tables):
            tell(number / len(tables), f"{table.name}: copying")
            sent = _copy(read, write, table, target)
            arrived = checksum(write, table)
            if sent != arrived:
                raise StoreError(
                    f"The table {table.name} did not arrive as it was sent ({sent.rows:,} rows sent, {arrived.rows:,} "
                    f"arrived). Nothing was kept in {address(target)}. Try again, and report this if it stays."
                )
            copied.append(sent)
        _go_on_counting(write, tables)
        _take_over_revision(read, write)
    tell(1.0, "done")
    return copied


def checksum(connection: Connection, table: Table) -> CopiedTable:
    """The number of rows of a table and a checksum over all of them, the same on every engine."""
    digest, rows = hashlib.sha256(), 0
    for row in _rows(connection, table):
        digest.update(_written(row))
        rows += 1
    return CopiedTable(table.name, rows, digest.hexdigest())


def _tell_nobody(_share: float, _words: str) -> None:
    pass


def _refuse_filled(connection: Connection, target: Engine, tables: list[Table]) -> None:
    for table in tables:
        if connection.execute(select(table).limit(1)).first() is not None:
            raise StoreNotEmptyError(
                f"The store at {address(target)} already holds data (table {table.name}). A store is only copied into "
                "an empty one: name another address, or take that store away first."
            )


def _copy(read: Connection, write: Connection, table: Table, target: Engine) -> CopiedTable:
    digest, rows, batch = hashlib.sha256(), 0, []
    for row in _rows(read, table):
        digest.update(_written(row))
        batch.append(row._asdict())
        rows += 1
        if len(batch) == _at_a_time(table):
            _write(write, table, batch, target)
            batch = []
    if batch:
        _write(write, table, batch, target)
    return CopiedTable(table.name, rows, digest.hexdigest())


def _write(write: Connection, table: Table, batch: list[dict[str, Any]], target: Engine) -> None:
    try:
        write.execute(insert(table), batch)
    except DataError as error:
        raise StoreError(
            f"{_culprit(table, batch)} cannot be kept in the store at {address(target)}. Nothing was kept there. "
            "Mend it in the source, then copy again."
        ) from error


def _culprit(table: Table, batch: list[dict[str, Any]]) -> str:
    """Which value of these rows the other engine does not take."""
    for row in batch:
        for column, value in row.items():
            if isinstance(value, str) and "\x00" in value:
                key = ", ".join(f"{each.name} {row[each.name]!r}" for each in table.primary_key.columns)
                return f"The table {table.name}, row with {key}: {column} holds a NUL byte, which"
    return f"The table {table.name} holds a value that"


def _rows(connection: Connection, table: Table) -> Iterator[Row[Any]]:
    """Every row by its key, without what the engine works out itself; compared as bytes, not by a language's rules.

    Raises StoreError where a damaged file holds what its column cannot hold, such as a text for a day.
    """
    columns = [column for column in table.c if column.computed is None]
    keys = [_by_bytes(connection, column) for column in table.primary_key.columns]
    wanted = select(*columns).order_by(*keys).execution_options(yield_per=_at_a_time(table))
    try:
        yield from connection.execute(wanted)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise StoreError(
            f"The table {table.name} of the store at {address(connection.engine)} holds a value that cannot be read. "
            "Nothing was kept of the copy: the store is damaged, so take a backup that is whole.",
            address(connection.engine),
        ) from error


def _at_a_time(table: Table) -> int:
    """How many rows of a table are held at once."""
    is_large = any(isinstance(column.type, LargeBinary) for column in table.c)
    return LARGE_ROWS_AT_A_TIME if is_large else ROWS_AT_A_TIME


def _by_bytes(connection: Connection, column: Any) -> Any:
    is_text = column.type.python_type is str
    return column.collate("C") if is_text and connection.dialect.name == "postgresql" else column


def _written(row: Row[Any]) -> bytes:
    """One row as bytes that are the same whichever engine it came from."""
    return repr([_plain(value) for value in row]).encode() + b"\n"


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def _go_on_counting(connection: Connection, tables: list[Table]) -> None:
    """PostgreSQL counts its ids apart from the rows: the next one comes after those that were copied."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables:
        key = table.primary_key.columns[0]
        if len(table.primary_key.columns) == 1 and isinstance(key.type, Integer) and key.autoincrement is True:
            last = select(func.max(key)).scalar_subquery()
            sequence = func.pg_get_serial_sequence(table.name, key.name)
            connection.execute(select(func.setval(sequence, func.coalesce(last, 1), last.is_not(None))))


def _take_over_revision(read: Connection, write: Connection) -> None:
    """One above the source's, so that nobody who looked at either takes the copy for what he saw."""
    revision = read.execute(select(schema.store.c.data_revision)).scalar_one()
    write.execute(update(schema.store).values(data_revision=revision))
    raise_revision(write)
