"""What the tests of imports share: a file as it was brought, taken in; what the store holds; what a result says."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, select

from data_access import schema
from data_access.engine import data_revision, reading
from data_access.imports import ImportResult, import_readings
from data_access.reading import TableReading, read_file
from data_access.records import RECORDS

AT = datetime(2026, 3, 16, 7, 30, tzinfo=UTC)

ORDERS = """
order_id,line_no,customer_id,sku,ordered_date,promise_date,ordered_qty,shipped_qty,unit_price
SO-1,1,C-1,VALVE,2026-03-02,2026-03-12,40,10.5,19.9
SO-1,2,C-1,HOSE,2026-03-02,,5,0,3
SO-2,1,C-2,VALVE,2026-03-03,2026-03-20,1,0,0
"""
PURCHASES = """
po_id,line_no,supplier_id,sku,ordered_date,due_date,ordered_qty,received_qty
PO-1,1,S-1,VALVE,2026-02-20,2026-03-20,200,50
PO-1,2,S-1,HOSE,2026-02-20,2026-03-20,10,0
"""


def given(table: str, content: str) -> TableReading:
    return read_file(RECORDS[table], io.BytesIO(content.strip().encode()), f"{table}.csv")


def take(engine: Engine, table: str, content: str, **how: Any) -> ImportResult:
    return import_readings(engine, [given(table, content)], by="ada", at=AT, **how)[0]


def rows_of(engine: Engine, table: str, *columns: str) -> list[tuple[Any, ...]]:
    stored = schema.metadata.tables[table]
    chosen = [stored.c[name] for name in columns] or list(stored.c)
    keys = list(stored.primary_key.columns)
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(select(*chosen).order_by(*keys))]


def revision(engine: Engine) -> int:
    with reading(engine) as connection:
        return data_revision(connection)


def everything(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """All that the store holds except the log of imports."""
    kept_apart = {"imports", "import_rejects"}
    return {name: rows_of(engine, name) for name in schema.metadata.tables if name not in kept_apart}


def counts(result: ImportResult) -> tuple[int, int, int, int, int]:
    return (result.new_rows, result.changed_rows, result.unchanged_rows, result.closed_rows, result.refused_rows)


def cells(result: ImportResult) -> list[tuple[str, ...]]:
    return list(result.differences.itertuples(index=False, name=None))


def refused(result: ImportResult) -> list[tuple[Any, ...]]:
    return list(result.refusals.itertuples(index=False, name=None))
