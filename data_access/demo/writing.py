"""The demo company into an empty store."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, Table, insert, select

from dashboard.domain.errors import StoreNotEmptyError
from dashboard.domain.rules import Rules
from data_access import schema
from data_access.complaints import address
from data_access.demo.company import draw_company, tables_of
from data_access.demo.past import write_past
from data_access.engine import Check, raise_revision, writing
from data_access.imports.log import log_import
from data_access.postgres import copy_rows

SOURCE = "demo company"


def write_demo(
    engine: Engine,
    today: date,
    by: str = "demo",
    at: datetime | None = None,
    rules: Rules | None = None,
    check: Check | None = None,
) -> dict[str, int]:
    """Write the demo company as of a day into an empty store, all of it or nothing; the rows written, by table.

    The log of imports notes by whom, and at which instant [UTC]; the present one unless another is given. With rules
    that figures are made by, the weeks before have their snapshots, as they would have been taken then.
    check: asked within the transaction.

    Raises StoreNotEmptyError where the store holds data already: a demo company never mixes with a real one.
    """
    with writing(engine, check) as connection:
        _refuse_if_filled(connection, engine)
        company = draw_company(today)
        tables = tables_of(company)
        for name, frame in tables.items():
            _write(connection, schema.metadata.tables[name], frame)
        if rules is not None:
            write_past(connection, company, today, rules)
        counts = {name: len(frame) for name, frame in tables.items()}
        _log(connection, counts, by, at or datetime.now(UTC))
        raise_revision(connection)
    return counts


def _refuse_if_filled(connection: Connection, engine: Engine) -> None:
    """Past imports do not count, nor who may do what: a log of refused files is no data."""
    logs = (schema.store, schema.imports, schema.import_rejects, schema.users, schema.role_changes)
    for table in schema.metadata.sorted_tables:
        if table not in logs and connection.execute(select(table).limit(1)).first() is not None:
            raise StoreNotEmptyError(
                f"The store at {address(engine)} already holds data (table {table.name}), and a demo company is only "
                "written into an empty one. Set BACKORDERS_DATABASE_URL to a new store, or delete this one first.",
                address(engine),
            )


def _write(connection: Connection, table: Table, frame: pd.DataFrame) -> None:
    if table is schema.moves:
        _write_moves(connection, frame)
    elif connection.dialect.name == "postgresql":
        copy_rows(connection, table, {name: frame[name].tolist() for name in frame.columns})
    else:
        connection.execute(insert(table), _rows(frame))


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    names = frame.columns.tolist()
    return [dict(zip(names, row, strict=True)) for row in zip(*(frame[name].tolist() for name in names), strict=True)]


def _write_moves(connection: Connection, frame: pd.DataFrame) -> None:
    """One after the other: the store numbers moves, and a later one may move back an earlier one."""
    numbers: list[int] = []
    for row in _rows(frame):
        undoes = None if row["undoes"] is None else numbers[row["undoes"] - 1]
        written = connection.execute(insert(schema.moves).values(row | {"undoes": undoes}))
        numbers.append(written.inserted_primary_key[0])  # type: ignore[index]


def _log(connection: Connection, counts: dict[str, int], by: str, at: datetime) -> None:
    """One line per table in the log of imports."""
    for table, new_rows in counts.items():
        log_import(connection, table, SOURCE, by, at, (new_rows, 0, 0, 0, 0))
