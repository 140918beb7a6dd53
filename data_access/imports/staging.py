"""Rows that were read, in a temporary table beside the store. Knows nothing of what the store holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Column as SqlColumn
from sqlalchemy import (
    Connection,
    Index,
    Integer,
    MetaData,
    Table,
    and_,
    delete,
    func,
    insert,
    select,
    tuple_,
)

from data_access import schema
from data_access.imports.display import key_text
from data_access.reading import Chunk, Refusal, TableReading
from data_access.records import Field, Kind, Record

Told = Callable[[float, str], None]


@dataclass(frozen=True)
class Staged:
    """The good rows of one reading in a temporary table, one row per row of the file, each key once.

    columns: the columns that the file has, keys first. refusals: one per refused row and reason.
    """

    reading: TableReading
    table: Table
    columns: tuple[str, ...]
    rows: int
    refusals: tuple[Refusal, ...]

    @property
    def record(self) -> Record:
        """The table that the rows are for."""
        return self.reading.record

    @property
    def refused_rows(self) -> int:
        """Rows that were refused, whatever the number of reasons."""
        return len({refusal.row_no for refusal in self.refusals})


def stage(connection: Connection, reading: TableReading, number: int, told: Told) -> Staged:
    """Write the rows of a reading to a temporary table, and refuse all rows of a key that comes twice.

    number tells the temporary tables of one connection apart. Memory holds one chunk at a time.
    """
    table: Table | None = None
    refusals: list[Refusal] = []
    rows = 0
    for chunk in reading.chunks():
        refusals += chunk.refusals
        if table is None and len(chunk.rows.columns):
            table = _create(connection, reading.record, list(chunk.rows.columns), number)
        if table is not None and len(chunk.rows):
            _write(connection, table, reading.record, chunk)
        rows += len(chunk.rows)
        told(chunk.share_done, f"{reading.record.table}: {rows:,} rows read")
    if table is None:
        table = _create(connection, reading.record, [], number)
    Index(f"ix_{table.name}", *(table.c[key] for key in reading.record.keys)).create(connection)
    duplicates = _take_out_duplicates(connection, table, reading.record)
    columns = tuple(column.name for column in table.columns if column.name != "row_no")
    in_file_order = sorted([*refusals, *duplicates], key=lambda refusal: refusal.row_no)
    return Staged(reading, table, columns, rows - len(duplicates), tuple(in_file_order))


def _create(connection: Connection, record: Record, names: list[str], number: int) -> Table:
    target = schema.metadata.tables[record.table]
    columns = [field.name for field in record.fields if field.name in names or field.is_key]
    table = Table(
        f"staged_{number}_{record.table}",
        MetaData(),
        SqlColumn("row_no", Integer, primary_key=True, autoincrement=False),
        *(SqlColumn(name, target.c[name].type) for name in columns),
        prefixes=["TEMPORARY"],
    )
    table.create(connection)
    return table


def _write(connection: Connection, table: Table, record: Record, chunk: Chunk) -> None:
    """Rows go to the driver as they are: typing each cell on the way would cost five times the statement."""
    statement = insert(table).compile(dialect=connection.dialect)
    names = [column.name for column in table.columns]
    cells = [_cells(chunk.rows, record, name) for name in names]
    rows = zip(*cells, strict=True)
    if statement.positional:
        connection.exec_driver_sql(str(statement), list(rows))
    else:
        connection.exec_driver_sql(str(statement), [dict(zip(names, row, strict=True)) for row in rows])


def _cells(rows: pd.DataFrame, record: Record, name: str) -> list[Any]:
    """One column as plain values of Python: days as ISO text, none as None."""
    if name == "row_no":
        return list(rows["row_no"].tolist())
    field = record.field(name)
    if name not in rows.columns:
        return [field.default] * len(rows)
    if field.kind is Kind.DATE:
        return _iso_days(rows[name])
    return _plain(rows[name], field)


def _iso_days(days: pd.Series) -> list[Any]:
    """Few days fill many rows: each is written out once."""
    codes, different = pd.factorize(days)
    texts = [*np.datetime_as_string(np.asarray(different, dtype="datetime64[D]")).tolist(), None]
    return [texts[code] for code in codes.tolist()]


def _plain(values: pd.Series, field: Field) -> list[Any]:
    if not values.hasnans:
        return list(values.tolist())
    default = int(field.default) if field.default and field.kind is Kind.INTEGER else field.default
    return list(values.astype(object).where(values.notna(), default).tolist())


def _take_out_duplicates(connection: Connection, table: Table, record: Record) -> list[Refusal]:
    """Refuse every row whose key stands in another row too: nobody can tell which of them is meant."""
    twin = table.alias("twin")
    twin_keys = [twin.c[key] for key in record.keys]
    doubled = select(*twin_keys).group_by(*twin_keys).having(func.count() > 1)
    if connection.execute(doubled.limit(1)).first() is None:
        return []
    refusals = _duplicates(connection, table, record)
    keys = tuple_(*(table.c[key] for key in record.keys))
    connection.execute(delete(table).where(keys.in_(doubled)))
    return refusals


def _duplicates(connection: Connection, table: Table, record: Record) -> list[Refusal]:
    keys = [table.c[key] for key in record.keys]
    doubled = select(*keys).group_by(*keys).having(func.count() > 1).subquery("doubled")
    neighbours = {"partition_by": keys, "order_by": table.c.row_no}
    other = func.coalesce(
        func.lag(table.c.row_no).over(**neighbours),  # type: ignore[arg-type]
        func.lead(table.c.row_no).over(**neighbours),  # type: ignore[arg-type]
    )
    statement = select(table.c.row_no, other, *keys).join(
        doubled, and_(*(table.c[key] == doubled.c[key] for key in record.keys))
    )
    names = ", ".join(record.keys)
    return [
        Refusal(row_no, names, key_text(key), f"the same {names} stands in row {other_row} too")
        for row_no, other_row, *key in connection.execute(statement)
    ]
