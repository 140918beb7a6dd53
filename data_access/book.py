"""Reading the book: open lines, supplies and their dimensions, in one consistent transaction.

Statements are SQLAlchemy Core, so that every engine runs the same text; rows come as data_access.columnar reads them.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, Select, case, func, literal, null, select, tuple_, union_all

from dashboard.domain.book import NO_PRIORITY, PLANNED_RESTOCK, PURCHASE_ORDER, STOCK, Book
from data_access.columnar import Taker, categories, days, flags, integers, money, numbers, read_frame, texts, units
from data_access.engine import data_revision, reading
from data_access.schema import (
    cancelled_in_all,
    customers,
    is_open,
    item_suppliers,
    items,
    moves,
    order_lines,
    planned_restocks,
    po_lines,
    stock,
    suppliers,
)
from data_access.versions import version_within


def read_book(engine: Engine, today: date) -> Book:
    """The book of the store at its present revision, for plans made on the given day.

    Raises StoreUnreachableError where the store does not answer.
    """
    with reading(engine) as connection:
        return book_within(connection, today)


def book_within(connection: Connection, today: date) -> Book:
    """The same within the caller's transaction."""
    return Book(
        today=today,
        data_revision=data_revision(connection),
        lines=read_frame(connection, _lines(), _LINE_COLUMNS),
        supplies=read_frame(connection, _supplies(), _SUPPLY_COLUMNS),
        customers=read_frame(connection, _all(customers, "customer_id", "name", "email", "tier"), _CUSTOMER_COLUMNS),
        suppliers=read_frame(connection, _all(suppliers, "supplier_id", "name", "email"), _SUPPLIER_COLUMNS),
        items=read_frame(connection, _all(items, "sku", "name", "category", "unit_cost", "unit_price"), _ITEM_COLUMNS),
        item_suppliers=read_frame(connection, _item_suppliers(), _ITEM_SUPPLIER_COLUMNS),
        version=version_within(connection),
    )


def current_revision(engine: Engine) -> int:
    """The store's data revision, read alone."""
    with reading(engine) as connection:
        return data_revision(connection)


_LINE_COLUMNS: dict[str, Taker] = {
    "order_id": categories,
    "line_no": categories,
    "customer_id": categories,
    "sku": categories,
    "location_id": categories,
    "ordered_date": days,
    "requested_date": days,
    "first_promise_date": days,
    "promise_date": days,
    "ordered_qty": units,
    "shipped_qty": units,
    "cancelled_qty": units,
    "open_qty": units,
    "unit_price": money,
    "priority": integers,
}
_SUPPLY_COLUMNS: dict[str, Taker] = {
    "supply_kind": categories,
    "supply_id": texts,
    "sku": categories,
    "location_id": categories,
    "supply_qty": units,
    "restock_date": days,
    "supplier_id": categories,
    "ordered_date": days,
    "first_due_date": days,
    "due_date": days,
    "is_moved": flags,
    "document_id": texts,
    "line_no": categories,
    "due_date_when_moved": days,
    "version": integers,
}
_CUSTOMER_COLUMNS: dict[str, Taker] = {"customer_id": texts, "name": texts, "email": texts, "tier": integers}
_SUPPLIER_COLUMNS: dict[str, Taker] = {"supplier_id": texts, "name": texts, "email": texts}
_ITEM_COLUMNS: dict[str, Taker] = {
    "sku": texts,
    "name": texts,
    "category": categories,
    "unit_cost": money,
    "unit_price": money,
}
_ITEM_SUPPLIER_COLUMNS: dict[str, Taker] = {
    "sku": texts,
    "supplier_id": texts,
    "rank": integers,
    "lead_time_days": numbers,
    "unit_cost": money,
    "min_order_qty": units,
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
            cancelled_in_all(order_lines),
            line.open_qty,
            line.unit_price,
            func.coalesce(line.priority, NO_PRIORITY),
        )
        .where(is_open(order_lines))
        .order_by(line.sku, line.location_id, line.priority, line.promise_date, line.ordered_date)
    )


def moved_supplies(connection: Connection, after_move: int) -> pd.DataFrame:
    """Supplies that were moved after a move of the ledger, as they stand now: columns as in Book.supplies."""
    move = moves.c
    later = select(move.document_id, move.line_no).where(move.move_id > after_move)
    orders = later.where(move.supply_kind == PURCHASE_ORDER)
    plans = select(move.document_id).where(move.move_id > after_move, move.supply_kind == PLANNED_RESTOCK)
    on_order = _on_order().where(tuple_(po_lines.c.po_id, po_lines.c.line_no).in_(orders))
    planned = _planned().where(planned_restocks.c.plan_id.in_(plans))
    return read_frame(connection, union_all(on_order, planned), _SUPPLY_COLUMNS)


_NONE, _NOTHING = null(), literal("")


def _supplies() -> Any:
    """Stock above zero, purchase-order lines still to come, planned restocks."""
    return union_all(_on_order(), _on_shelf(), _planned())


def _on_order() -> Select[Any]:
    po = po_lines.c
    return select(
        literal(PURCHASE_ORDER).label("supply_kind"), (po.po_id + "/" + po.line_no).label("supply_id"), po.sku,
        po.location_id, po.open_qty.label("supply_qty"),
        func.coalesce(po.manual_restock_date, po.due_date).label("restock_date"), po.supplier_id, po.ordered_date,
        po.first_due_date, po.due_date, case((po.manual_restock_date.is_not(None), 1), else_=0).label("is_moved"),
        po.po_id.label("document_id"), po.line_no, po.due_date_when_moved, po.version,
    ).where(is_open(po_lines))  # fmt: skip


def _on_shelf() -> Select[Any]:
    return select(
        literal(STOCK), literal(STOCK), stock.c.sku, stock.c.location_id, stock.c.stock_qty, _NONE, _NOTHING, _NONE,
        _NONE, _NONE, literal(0), _NOTHING, _NOTHING, _NONE, literal(0),
    ).where(stock.c.stock_qty > 0)  # fmt: skip


def _planned() -> Select[Any]:
    plan = planned_restocks.c
    return select(
        literal(PLANNED_RESTOCK), plan.plan_id, plan.sku, plan.location_id, plan.planned_qty, plan.restock_date,
        _NOTHING, _NONE, _NONE, _NONE, literal(0), plan.plan_id, _NOTHING, _NONE, plan.version,
    ).where(plan.planned_qty > 0)  # fmt: skip


def _item_suppliers() -> Select[Any]:
    return _all(item_suppliers, "sku", "supplier_id", "rank", "lead_time_days", "unit_cost", "min_order_qty")
