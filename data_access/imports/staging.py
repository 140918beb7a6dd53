"""Rows that were read, good and refused, in temporary tables. Knows nothing of what the store holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    Select,
    Table,
    Text,
    and_,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    tuple_,
)

from data_access import schema
from data_access.postgres import copy_rows
from data_access.reading import Chunk, Refusal, TableReading
from data_access.records import Field, Kind, Record

Told = Callable[[float, str], None]


@dataclass(frozen=True)
class Staged:
    """The rows of one reading in temporary tables: the good ones, each key once, and the refused ones.

    table: one row per good row. columns: the columns that the file has, keys first. refused: one row per refused row
    and reason. refused_rows: refused rows, whatever the number of reasons.
    """

    reading: TableReading
    table: Table
    columns: tuple[str, ...]
    rows: int
    refused: Table
    refused_rows: int

    @property
    def record(self) -> Record:
        """The table that the rows are for."""
        return self.reading.record

    def refusals(self) -> Select[Any]:
        """The refused rows in file order: row_no, column_name, value, reason."""
        refused = self.refused.c
        return select(refused.row_no, refused.column_name, refused.value, refused.reason).order_by(
            refused.row_no, refused.refused_no
        )


def stage(connection: Connection, reading: TableReading, number: int, told: Told) -> Staged:
    """Write the rows of a reading to temporary tables, and refuse all rows of a key that comes twice.

    number tells the temporary tables of one connection apart. Memory holds one chunk at a time.
    """
    refused = _create_refused(connection, number)
    table: Table | None = None
    rows = 0
    for chunk in reading.chunks():
        _write_refused(connection, refused, chunk.refusals)
        if table is None and len(chunk.rows.columns):
            table = _create(connection, reading.record, list(chunk.rows.columns), number)
        if table is not None and len(chunk.rows):
            _write(connection, table, reading.record, chunk)
        rows += len(chunk.rows)
        told(chunk.share_done, f"{reading.record.table}: {rows:,} rows read")
    if table is None:
        table = _create(connection, reading.record, [], number)
    Index(f"ix_{table.name}", *(table.c[key] for key in reading.record.keys)).create(connection)
    rows -= _take_out_duplicates(connection, table, refused, reading.record)
    columns = tuple(column.name for column in table.columns if column.name != "row_no")
    refused_rows = connection.execute(select(func.count(refused.c.row_no.distinct()))).scalar_one()
    return Staged(reading, table, columns, rows, refused, refused_rows)


def _create_refused(connection: Connection, number: int) -> Table:
    table = Table(
        f"refused_{number}",
        MetaData(),
        SqlColumn("refused_no", Integer, primary_key=True),
        SqlColumn("row_no", Integer, nullable=False),
        SqlColumn("column_name", Text, nullable=False),
        SqlColumn("value", Text, nullable=False),
        SqlColumn("reason", Text, nullable=False),
        prefixes=["TEMPORARY"],
    )
    table.create(connection)
    return table


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
    names = [column.name for column in table.columns]
    insert_rows(connection, table, {name: _cells(chunk.rows, record, name) for name in names})


def _write_refused(connection: Connection, refused: Table, refusals: Sequence[Refusal]) -> None:
    if refusals:
        cells = zip(*refusals, strict=True)
        insert_rows(connection, refused, dict(zip(("row_no", "column_name", "value", "reason"), cells, strict=True)))


def insert_rows(connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """Rows as the driver takes them, one sequence per column: typing each cell would cost five times the statement."""
    if connection.dialect.name == "postgresql":
        copy_rows(connection, table, columns)
        return
    statement = insert(table).compile(dialect=connection.dialect, column_keys=list(columns))
    connection.exec_driver_sql(str(statement), list(zip(*columns.values(), strict=True)))


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


def _take_out_duplicates(connection: Connection, table: Table, refused: Table, record: Record) -> int:
    """Refuse every row whose key stands in another row too: nobody can tell which of them is meant. How many."""
    twin = table.alias("twin")
    twin_keys = [twin.c[key] for key in record.keys]
    doubled = select(*twin_keys).group_by(*twin_keys).having(func.count() > 1)
    if connection.execute(doubled.limit(1)).first() is None:
        return 0
    connection.execute(
        insert(refused).from_select(["row_no", "column_name", "value", "reason"], _duplicates(table, record))
    )
    keys = tuple_(*(table.c[key] for key in record.keys))
    return connection.execute(delete(table).where(keys.in_(doubled))).rowcount


def _duplicates(table: Table, record: Record) -> Select[Any]:
    """Every row whose key stands in another row too, as a refused row that names the other."""
    keys = [table.c[key] for key in record.keys]
    doubled = select(*keys).group_by(*keys).having(func.count() > 1).subquery("doubled")
    neighbours = {"partition_by": keys, "order_by": table.c.row_no}
    other = func.coalesce(
        func.lag(table.c.row_no).over(**neighbours),  # type: ignore[arg-type]
        func.lead(table.c.row_no).over(**neighbours),  # type: ignore[arg-type]
    )
    names = ", ".join(record.keys)
    first, *others = (cast(key, Text) for key in keys)
    value = sum((literal("/") + key for key in others), start=first)
    reason = literal(f"the same {names} stands in row ") + cast(other, Text) + literal(" too")
    same = and_(*(table.c[key] == doubled.c[key] for key in record.keys))
    return select(table.c.row_no, literal(names), value, reason).join(doubled, same)
