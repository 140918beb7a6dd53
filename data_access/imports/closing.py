"""What a full extract no longer lists is closed: order lines, purchase-order lines, stock, sources of a SKU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Update,
    and_,
    delete,
    exists,
    literal_column,
    null,
    select,
    true,
    update,
)

from data_access import schema
from data_access.imports.display import key_text, shown
from data_access.imports.merging import SHOWN_DIFFERENCES, Difference, Merge
from data_access.records import Kind

_IS_OPEN = literal_column("open_qty") > literal_column("0")
"""With the 0 in the SQL text, so that the engines use the index on open lines."""


def _cancel_order_lines() -> Update:
    lines = schema.order_lines
    return update(lines).values(cancelled_qty=lines.c.ordered_qty - lines.c.shipped_qty).where(_IS_OPEN)


def _cancel_po_lines() -> Update:
    lines = schema.po_lines
    still_to_come = lines.c.ordered_qty - lines.c.received_qty
    return update(lines).values(cancelled_qty=still_to_come, version=lines.c.version + 1).where(_IS_OPEN)


def _empty_stock() -> Update:
    return update(schema.stock).values(stock_qty=0).where(schema.stock.c.stock_qty != 0)


def _drop_sources() -> Delete:
    return delete(schema.item_suppliers)


_CLOSINGS: dict[str, Callable[[], Update | Delete]] = {
    "order_lines": _cancel_order_lines,
    "po_lines": _cancel_po_lines,
    "stock": _empty_stock,
    "item_suppliers": _drop_sources,
}
CLOSABLE = tuple(_CLOSINGS)
"""The tables for which a full extract means something."""


def close_unlisted(connection: Connection, merge: Merge) -> int:
    """Close the rows of the store that the staged full extract does not list; how many."""
    statement = _CLOSINGS[merge.target.name]().where(_is_unlisted(merge))
    return connection.execute(statement).rowcount


def closing_differences(connection: Connection, merge: Merge) -> list[Difference]:
    """The first cells that closing would change, old and new; a source that goes is shown by its rank."""
    keys = [merge.target.c[key] for key in merge.staged.record.keys]
    column, old, new, is_touched = _shown_change(merge.target.name)
    unlisted = select(*keys, old, new).where(is_touched, _is_unlisted(merge)).order_by(*keys).limit(SHOWN_DIFFERENCES)
    kind = Kind.INTEGER if column == "rank" else Kind.QUANTITY
    return [
        Difference(key_text(row[: len(keys)]), column, shown(row[-2], kind), shown(row[-1], kind))
        for row in connection.execute(unlisted)
    ]


def _shown_change(table_name: str) -> tuple[str, ColumnElement[Any], ColumnElement[Any], ColumnElement[bool]]:
    orders, pos, stock = schema.order_lines.c, schema.po_lines.c, schema.stock.c
    changes: dict[str, tuple[str, ColumnElement[Any], ColumnElement[Any], ColumnElement[bool]]] = {
        "order_lines": ("cancelled_qty", orders.cancelled_qty, orders.ordered_qty - orders.shipped_qty, _IS_OPEN),
        "po_lines": ("cancelled_qty", pos.cancelled_qty, pos.ordered_qty - pos.received_qty, _IS_OPEN),
        "stock": ("stock_qty", stock.stock_qty, literal_column("0"), stock.stock_qty != 0),
        "item_suppliers": ("rank", schema.item_suppliers.c.rank, null(), true()),
    }
    return changes[table_name]


def _is_unlisted(merge: Merge) -> ColumnElement[bool]:
    rows, target = merge.staged.table, merge.target
    same = and_(*(rows.c[key] == target.c[key] for key in merge.staged.record.keys))
    return ~exists(select(rows.c.row_no).where(same).correlate(target))
