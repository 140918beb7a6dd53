"""Reading the book: open lines, supplies and their dimensions, in one consistent transaction.

Statements are SQLAlchemy Core, so that every engine runs the same text; rows are taken from the driver's own cursor
and typed by Arrow as whole columns, since typing each cell on the way costs more than the query
(docs/decisions/0003-reading-fast.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection, Engine, Select, case, func, literal, null, select, union_all

from dashboard.domain.book import NO_PRIORITY, PLANNED_RESTOCK, PURCHASE_ORDER, STOCK, Book
from dashboard.domain.exact import Floats, Integers, to_money, to_units
from data_access.engine import data_revision, data_version, reading
from data_access.schema import (
    customers,
    is_open,
    item_suppliers,
    items,
    order_lines,
    planned_restocks,
    po_lines,
    stock,
    suppliers,
)

ROWS_AT_A_TIME = 20_000
"""Rows held as Python objects at once: a million of them would cost a gigabyte, and the garbage collector its time."""

Taker = Callable[[pa.ChunkedArray], Any]


def read_book(engine: Engine, today: date) -> Book:
    """The book of the store at its present revision, for plans made on the given day.

    Raises StoreUnreachableError where the store does not answer.
    """
    with reading(engine) as connection:
        return Book(
            today=today,
            data_revision=data_revision(connection),
            lines=_read(connection, _lines(), _LINE_COLUMNS),
            supplies=_read(connection, _supplies(), _SUPPLY_COLUMNS),
            customers=_read(connection, _all(customers, "customer_id", "name", "email", "tier"), _CUSTOMER_COLUMNS),
            suppliers=_read(connection, _all(suppliers, "supplier_id", "name", "email"), _SUPPLIER_COLUMNS),
            items=_read(connection, _all(items, "sku", "name", "category", "unit_cost", "unit_price"), _ITEM_COLUMNS),
            item_suppliers=_read(connection, _item_suppliers(), _ITEM_SUPPLIER_COLUMNS),
        )


def current_revision(engine: Engine) -> int:
    """The store's data revision, read alone."""
    with reading(engine) as connection:
        return data_revision(connection)


def current_version(engine: Engine) -> str:
    """The store's mark and data revision: what tells whether a book is still the present one."""
    with reading(engine) as connection:
        return data_version(connection)


def _read(connection: Connection, statement: Any, columns: dict[str, Taker]) -> pd.DataFrame:
    """One row per row of the statement, its columns taken in order."""
    chunks = list(_chunks(connection, statement, len(columns)))
    arrays = [_joined(parts) for parts in zip(*chunks, strict=True)]
    taken = {name: take(array) for (name, take), array in zip(columns.items(), arrays, strict=True)}
    return pd.DataFrame(taken, copy=False)


def _chunks(connection: Connection, statement: Any, width: int) -> Iterator[list[pa.Array]]:
    """The statement's rows, some at a time, as one Arrow array per column; at least one chunk, which may be empty."""
    compiled = statement.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
    cursor = connection.connection.cursor()
    try:
        cursor.execute(str(compiled))
        rows = cursor.fetchmany(ROWS_AT_A_TIME)
        columns: Any = zip(*rows, strict=True) if rows else [()] * width
        yield [pa.array(column) for column in columns]
        while rows := cursor.fetchmany(ROWS_AT_A_TIME):
            yield [pa.array(column) for column in zip(*rows, strict=True)]
    finally:
        cursor.close()


def _joined(parts: Sequence[pa.Array]) -> pa.ChunkedArray:
    """The chunks of one column; one without any value has no type of its own and takes that of the others."""
    kind = next((part.type for part in parts if not pa.types.is_null(part.type)), pa.null())
    return pa.chunked_array([part.cast(kind) for part in parts])


def _categories(array: pa.ChunkedArray) -> pd.Categorical:
    coded = array.cast(pa.string()).dictionary_encode().combine_chunks()
    return pd.Categorical.from_codes(coded.indices.to_numpy(), pd.Index(coded.dictionary.to_pylist(), dtype="str"))


def _texts(array: pa.ChunkedArray) -> pd.Series:
    return pd.Series(array.cast(pa.string()).to_pandas(), dtype="str")


def _days(array: pa.ChunkedArray) -> pd.DatetimeIndex:
    """Days from ISO text (SQLite) or from dates (PostgreSQL); none becomes NaT."""
    return pd.DatetimeIndex(array.cast(pa.date32()).to_numpy().astype("datetime64[s]"))


def _integers(array: pa.ChunkedArray) -> Integers:
    return np.asarray(array.cast(pa.int64()), dtype=np.int64)


def _units(array: pa.ChunkedArray) -> Floats:
    return to_units(_integers(array))


def _money(array: pa.ChunkedArray) -> Floats:
    return to_money(_integers(array))


def _numbers(array: pa.ChunkedArray) -> Floats:
    return np.asarray(array.cast(pa.float64()), dtype=np.float64)


def _flags(array: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    return _integers(array).astype(bool)


_LINE_COLUMNS: dict[str, Taker] = {
    "order_id": _categories,
    "line_no": _categories,
    "customer_id": _categories,
    "sku": _categories,
    "location_id": _categories,
    "ordered_date": _days,
    "requested_date": _days,
    "first_promise_date": _days,
    "promise_date": _days,
    "ordered_qty": _units,
    "shipped_qty": _units,
    "cancelled_qty": _units,
    "open_qty": _units,
    "unit_price": _money,
    "priority": _integers,
}
_SUPPLY_COLUMNS: dict[str, Taker] = {
    "supply_kind": _categories,
    "supply_id": _texts,
    "sku": _categories,
    "location_id": _categories,
    "supply_qty": _units,
    "restock_date": _days,
    "supplier_id": _categories,
    "ordered_date": _days,
    "first_due_date": _days,
    "due_date": _days,
    "is_moved": _flags,
}
_CUSTOMER_COLUMNS: dict[str, Taker] = {"customer_id": _texts, "name": _texts, "email": _texts, "tier": _integers}
_SUPPLIER_COLUMNS: dict[str, Taker] = {"supplier_id": _texts, "name": _texts, "email": _texts}
_ITEM_COLUMNS: dict[str, Taker] = {
    "sku": _texts,
    "name": _texts,
    "category": _categories,
    "unit_cost": _money,
    "unit_price": _money,
}
_ITEM_SUPPLIER_COLUMNS: dict[str, Taker] = {
    "sku": _texts,
    "supplier_id": _texts,
    "rank": _integers,
    "lead_time_days": _numbers,
    "unit_cost": _money,
    "min_order_qty": _units,
}


def _all(table: Any, *names: str) -> Select[Any]:
    return select(*(table.c[name] for name in names))


def _lines() -> Select[Any]:
    """Open order lines straight from the partial index, in its order."""
    line = order_lines.c
    return (
        select(
            line.order_id,
            line.line_no,
            line.customer_id,
            line.sku,
            line.location_id,
            line.ordered_date,
            line.requested_date,
            line.first_promise_date,
            line.promise_date,
            line.ordered_qty,
            line.shipped_qty,
            line.cancelled_qty + line.closed_qty,
            line.open_qty,
            line.unit_price,
            func.coalesce(line.priority, NO_PRIORITY),
        )
        .where(is_open(order_lines))
        .order_by(line.sku, line.location_id, line.priority, line.promise_date, line.ordered_date)
    )


def _supplies() -> Any:
    """Stock above zero, purchase-order lines still to come, planned restocks."""
    po, plan = po_lines.c, planned_restocks.c
    none = null()
    on_shelf = select(
        literal(STOCK).label("supply_kind"), literal(STOCK).label("supply_id"), stock.c.sku, stock.c.location_id,
        stock.c.stock_qty.label("supply_qty"), none.label("restock_date"), literal("").label("supplier_id"),
        none.label("ordered_date"), none.label("first_due_date"), none.label("due_date"), literal(0).label("is_moved"),
    ).where(stock.c.stock_qty > 0)  # fmt: skip
    on_order = select(
        literal(PURCHASE_ORDER), po.po_id + "/" + po.line_no, po.sku, po.location_id, po.open_qty,
        func.coalesce(po.manual_restock_date, po.due_date), po.supplier_id, po.ordered_date, po.first_due_date,
        po.due_date, case((po.manual_restock_date.is_not(None), 1), else_=0),
    ).where(is_open(po_lines))  # fmt: skip
    planned = select(
        literal(PLANNED_RESTOCK), plan.plan_id, plan.sku, plan.location_id, plan.planned_qty, plan.restock_date,
        literal(""), none, none, none, literal(0),
    ).where(plan.planned_qty > 0)  # fmt: skip
    return union_all(on_order, on_shelf, planned)


def _item_suppliers() -> Select[Any]:
    return _all(item_suppliers, "sku", "supplier_id", "rank", "lead_time_days", "unit_cost", "min_order_qty")
