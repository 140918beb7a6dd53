"""Reading the order history: order lines whatever their state, shipments and promise changes, in one transaction.

Statements are SQLAlchemy Core, so that every engine runs the same text; rows come as data_access.columnar reads them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine, Select, or_, select, tuple_

from dashboard.domain.exact import Integers
from dashboard.domain.frames import appended, put
from dashboard.domain.order_history import NO_LINE, OrderHistory
from data_access.columnar import Taker, categories, days, instants, money, read_frame, units
from data_access.engine import data_revision, reading
from data_access.schema import cancelled_in_all, is_open, order_lines, promise_changes, shipments

_LINE_COLUMNS: dict[str, Taker] = {
    "order_id": categories,
    "line_no": categories,
    "customer_id": categories,
    "sku": categories,
    "location_id": categories,
    "ordered_date": days,
    "first_promise_date": days,
    "promise_date": days,
    "ordered_qty": units,
    "shipped_qty": units,
    "cancelled_qty": units,
    "open_qty": units,
    "unit_price": money,
}
_PROMISE_COLUMNS = {name: _LINE_COLUMNS[name] for name in ("order_id", "line_no", "first_promise_date", "promise_date")}
_SHIPMENT_COLUMNS: dict[str, Taker] = {
    "order_id": categories,
    "line_no": categories,
    "shipped_date": days,
    "shipped_qty": units,
}
_CHANGE_COLUMNS: dict[str, Taker] = {
    "order_id": categories,
    "line_no": categories,
    "from_date": days,
    "to_date": days,
    "changed_at": instants,
    "changed_by": categories,
    "how": categories,
}


def read_order_history(engine: Engine, today: date, since: date | None) -> OrderHistory:
    """The order history since a day, or all of it where that is None, at the store's present revision.

    Raises StoreUnreachableError where the store does not answer.
    """
    with reading(engine) as connection:
        return order_history_within(connection, today, since)


def order_history_within(connection: Connection, today: date, since: date | None) -> OrderHistory:
    """The same within the caller's transaction."""
    start = since or date.min
    lines = read_frame(connection, _lines(start), _LINE_COLUMNS)
    shipped = read_frame(connection, _shipments(start), _SHIPMENT_COLUMNS)
    changes = read_frame(connection, _changes(start), _CHANGE_COLUMNS)
    return OrderHistory(
        today=today,
        data_revision=data_revision(connection),
        since=since,
        lines=lines,
        shipments=pd.DataFrame(
            {"line": _positions(lines, shipped), **{name: shipped[name] for name in ("shipped_date", "shipped_qty")}}
        ),
        promise_changes=changes.assign(line=_positions(lines, changes)),
    )


def renewed_history(connection: Connection, history: OrderHistory, after_change: int) -> OrderHistory:
    """The history with the promises that were changed after a change of the ledger, whatever else is as it was.

    What read_order_history would bring now, its new changes of promises last.
    """
    columns = promise_changes.c
    is_later = columns.change_id > after_change
    changes = read_frame(
        connection,
        select(*(columns[name] for name in _CHANGE_COLUMNS)).where(is_later).order_by(columns.change_id),
        _CHANGE_COLUMNS,
    )
    promised = changed_promises(connection, after_change)
    place = _positions(history.lines, promised)
    held = promised[place != NO_LINE]
    rows = place[place != NO_LINE]
    dates = {
        name: put(history.lines[name], rows, held[name].to_numpy()) for name in ("first_promise_date", "promise_date")
    }
    return replace(
        history,
        data_revision=data_revision(connection),
        lines=history.lines.assign(**dates),
        promise_changes=appended(history.promise_changes, changes.assign(line=_positions(history.lines, changes))),
    )


def changed_promises(connection: Connection, after_change: int) -> pd.DataFrame:
    """Promises as they stand now of the order lines that a later change of the ledger names: one row per order line.

    order_id, line_no; first_promise_date, promise_date [datetime64, NaT where none].
    """
    line, change = order_lines.c, promise_changes.c
    later = select(change.order_id, change.line_no).where(change.change_id > after_change)
    wanted = select(*(line[name] for name in _PROMISE_COLUMNS)).where(tuple_(line.order_id, line.line_no).in_(later))
    return read_frame(connection, wanted, _PROMISE_COLUMNS)


def _lines(start: date) -> Select[Any]:
    line = order_lines.c
    shipped_since = select(shipments.c.order_id, shipments.c.line_no).where(shipments.c.shipped_date >= start)
    is_shipped_since = tuple_(line.order_id, line.line_no).in_(shipped_since)
    taken = {**dict(line.items()), "cancelled_qty": cancelled_in_all(order_lines)}
    return select(*(taken[name] for name in _LINE_COLUMNS)).where(
        or_(line.ordered_date >= start, is_open(order_lines), is_shipped_since)
    )


def _shipments(start: date) -> Select[Any]:
    columns = shipments.c
    is_of_open_line = tuple_(columns.order_id, columns.line_no).in_(_open_lines())
    return select(*(columns[name] for name in _SHIPMENT_COLUMNS)).where(
        or_(columns.shipped_date >= start, is_of_open_line)
    )


def _changes(start: date) -> Select[Any]:
    columns = promise_changes.c
    is_of_open_line = tuple_(columns.order_id, columns.line_no).in_(_open_lines())
    return (
        select(*(columns[name] for name in _CHANGE_COLUMNS))
        .where(or_(columns.changed_at >= datetime.combine(start, time()), is_of_open_line))
        .order_by(columns.change_id)
    )


def _open_lines() -> Select[Any]:
    return select(order_lines.c.order_id, order_lines.c.line_no).where(is_open(order_lines))


def _positions(lines: pd.DataFrame, rows: pd.DataFrame) -> Integers:
    """The row of each row's order line among the lines, NO_LINE where it is not there."""
    width = max(1, len(lines["line_no"].cat.categories))
    keys = lines["order_id"].cat.codes.to_numpy(dtype=np.int64) * width + lines["line_no"].cat.codes.to_numpy()
    order_codes, line_codes = (_recoded(rows[name], lines[name]) for name in ("order_id", "line_no"))
    is_known = (order_codes >= 0) & (line_codes >= 0)
    wanted = np.where(is_known, order_codes * width + line_codes, -1)
    order = np.argsort(keys, kind="stable")
    place = np.searchsorted(keys[order], wanted)
    is_found = np.append(keys[order], -2)[place] == wanted
    return np.where(is_found, np.append(order, NO_LINE)[place], NO_LINE).astype(np.int64)


def _recoded(column: pd.Series, like: pd.Series) -> Integers:
    """The codes of a column among another one's categories, -1 where it has none."""
    codes = like.cat.categories.get_indexer(column.cat.categories).astype(np.int64)
    return np.append(codes, -1)[column.cat.codes.to_numpy()]
