"""What a full extract no longer lists is closed: order lines, purchase-order lines, stock, sources of a SKU.

What a line still had open is set aside in closed_qty, and comes back with the first file that lists the line again
(merging.LISTED): an extract that was wrong loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Table,
    Update,
    and_,
    delete,
    exists,
    func,
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


@dataclass(frozen=True)
class _Closing:
    """What closing does to an unlisted row of one table: where there is something to close, and the cell to show."""

    statement: Update | Delete
    is_touched: ColumnElement[bool]
    column: str
    old: ColumnElement[Any]
    new: ColumnElement[Any]
    kind: Kind = Kind.QUANTITY


def _of_lines(lines: Table) -> _Closing:
    closed = lines.c.closed_qty + lines.c.open_qty
    statement = update(lines).values(closed_qty=closed)
    return _Closing(statement, schema.is_open(lines), "closed_qty", lines.c.closed_qty, closed)


def _of_stock() -> _Closing:
    shelf = schema.stock.c.stock_qty
    return _Closing(update(schema.stock).values(stock_qty=0), shelf != 0, "stock_qty", shelf, literal_column("0"))


def _of_sources() -> _Closing:
    rank = schema.item_suppliers.c.rank
    return _Closing(delete(schema.item_suppliers), true(), "rank", rank, null(), Kind.INTEGER)


_CLOSINGS = {
    "order_lines": _of_lines(schema.order_lines),
    "po_lines": _of_lines(schema.po_lines),
    "stock": _of_stock(),
    "item_suppliers": _of_sources(),
}
CLOSABLE = tuple(_CLOSINGS)
"""The tables for which a full extract means something."""


def count_unlisted(connection: Connection, merge: Merge) -> int:
    """How many rows of the store the staged full extract would close."""
    unlisted = select(func.count()).select_from(merge.target).where(*_is_to_close(merge))
    return int(connection.execute(unlisted).scalar_one())


def closing_differences(connection: Connection, merge: Merge) -> list[Difference]:
    """The first cells that closing would change, old and new; a source that goes is shown by its rank."""
    keys = [merge.target.c[key] for key in merge.staged.record.keys]
    change = _CLOSINGS[merge.target.name]
    unlisted = (
        select(*keys, change.old, change.new).where(*_is_to_close(merge)).order_by(*keys).limit(SHOWN_DIFFERENCES)
    )
    return [
        Difference(key_text(key), change.column, shown(old, change.kind), shown(new, change.kind))
        for *key, old, new in connection.execute(unlisted)
    ]


def close_unlisted(connection: Connection, merge: Merge, by: str, at: datetime) -> None:
    """Close the rows of the store that the staged full extract does not list."""
    statement = _CLOSINGS[merge.target.name].statement.where(*_is_to_close(merge))
    if isinstance(statement, Update) and "version" in merge.target.c:
        statement = statement.values(schema.changed_again(merge.target, by, at))
    connection.execute(statement)


def _is_to_close(merge: Merge) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    rows, target = merge.staged.table, merge.target
    same = and_(*(rows.c[key] == target.c[key] for key in merge.staged.record.keys))
    is_listed = exists(select(rows.c.row_no).where(same).correlate(target))
    return _CLOSINGS[target.name].is_touched, ~is_listed
