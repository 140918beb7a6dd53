"""Reading what was bought and when it came: every purchase-order line, receipt and move, in one consistent transaction.

Receipts come with the place of their purchase-order line, which the server finds, so that no key is compared again.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, case, func, select, tuple_

from dashboard.domain.book import PURCHASE_ORDER
from dashboard.domain.purchasing import Purchasing
from data_access.columnar import (
    Taker,
    categories,
    days,
    flags,
    instants,
    integers,
    money,
    read_frame,
    texts,
    units,
)
from data_access.engine import data_revision, reading
from data_access.schema import moves, po_lines, receipts, suppliers


def read_purchasing(engine: Engine) -> Purchasing:
    """All purchase-order lines with their receipts and moves, at the store's present revision.

    Raises StoreUnreachableError where the store does not answer.
    """
    with reading(engine) as connection:
        return purchasing_within(connection)


def purchasing_within(connection: Connection) -> Purchasing:
    """The same within the caller's transaction."""
    return Purchasing(
        data_revision=data_revision(connection),
        po_lines=read_frame(connection, _po_lines(), _PO_LINE_COLUMNS),
        receipts=read_frame(connection, _receipts(), _RECEIPT_COLUMNS),
        moves=read_frame(connection, _moves(), _MOVE_COLUMNS),
        suppliers=read_frame(connection, _suppliers(), _SUPPLIER_COLUMNS),
    )


def renewed_purchasing(connection: Connection, purchasing: Purchasing, after_move: int) -> Purchasing:
    """The same with what was moved after a move of the ledger, whatever else is as it was: receipts are not read."""
    line, move = po_lines.c, moves.c
    later = select(move.document_id, move.line_no).where(move.move_id > after_move, move.supply_kind == PURCHASE_ORDER)
    wanted = select(
        line.po_id, line.line_no, func.coalesce(line.manual_restock_date, line.due_date), _is_moved()
    ).where(tuple_(line.po_id, line.line_no).in_(later))  # fmt: skip
    columns = {name: _PO_LINE_COLUMNS[name] for name in ("po_id", "line_no", "restock_date", "is_moved")}
    return purchasing.moved(
        data_revision(connection),
        read_frame(connection, wanted, columns),
        read_frame(connection, _moves().where(move.move_id > after_move), _MOVE_COLUMNS),
    )


_PO_LINE_COLUMNS: dict[str, Taker] = {
    "po_id": categories,
    "line_no": categories,
    "supplier_id": categories,
    "sku": categories,
    "location_id": categories,
    "ordered_date": days,
    "first_due_date": days,
    "due_date": days,
    "ordered_qty": units,
    "received_qty": units,
    "cancelled_qty": units,
    "open_qty": units,
    "unit_cost": money,
    "restock_date": days,
    "is_moved": flags,
}
_RECEIPT_COLUMNS: dict[str, Taker] = {
    "position": integers,
    "received_date": days,
    "received_qty": units,
    "rejected_qty": units,
}
_MOVE_COLUMNS: dict[str, Taker] = {"supply_id": texts, "from_date": days, "to_date": days, "moved_at": instants}
_SUPPLIER_COLUMNS: dict[str, Taker] = {"supplier_id": texts, "name": texts, "email": texts}


def _po_lines() -> Select[Any]:
    """Every purchase-order line, in the order that the receipts' positions count in.

    Cancelled is what the source says: what closing a line took off (closed_qty) never came and is still wanted.
    """
    line = po_lines.c
    return select(
        line.po_id, line.line_no, line.supplier_id, line.sku, line.location_id, line.ordered_date, line.first_due_date,
        line.due_date, line.ordered_qty, line.received_qty, line.cancelled_qty, line.open_qty, line.unit_cost,
        func.coalesce(line.manual_restock_date, line.due_date),
        _is_moved(),
    ).order_by(line.po_id, line.line_no)  # fmt: skip


def _is_moved() -> ColumnElement[int]:
    return case((po_lines.c.manual_restock_date.is_not(None), 1), else_=0)


def _receipts() -> Select[Any]:
    """Every receipt with the place of its line in _po_lines, -1 where the store does not hold that line."""
    line, receipt = po_lines.c, receipts.c
    place = func.row_number().over(order_by=(line.po_id, line.line_no)) - 1
    placed = select(line.po_id, line.line_no, place.label("position")).subquery("placed")
    same = and_(placed.c.po_id == receipt.po_id, placed.c.line_no == receipt.line_no)
    return select(
        func.coalesce(placed.c.position, -1), receipt.received_date, receipt.received_qty, receipt.rejected_qty
    ).select_from(receipts.outerjoin(placed, same))


def _moves() -> Select[Any]:
    return select(moves.c.supply_id, moves.c.from_date, moves.c.to_date, moves.c.moved_at).order_by(moves.c.move_id)


def _suppliers() -> Select[Any]:
    return select(suppliers.c.supplier_id, suppliers.c.name, suppliers.c.email).order_by(suppliers.c.supplier_id)
