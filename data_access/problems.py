"""Data problems: rows of the store that make figures doubtful, each kind with its reason. Mends nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    Table,
    and_,
    exists,
    func,
    select,
    true,
)

from dashboard.domain.exact import to_money, to_units
from data_access.engine import reading
from data_access.schema import (
    customers,
    is_open,
    item_suppliers,
    items,
    order_lines,
    po_lines,
    receipts,
    shipments,
    stock,
    suppliers,
)

SHOWN_ROWS = 1_000

STOCK, PROMISES, MONEY, SUPPLY, RATES, NAMES = "stock", "promises", "money", "supply", "rates", "names"
"""What a problem may make doubtful, in the words that pages ask with."""

OF_IMPORTS, OF_MOVES, OF_PROMISES = "imports", "moves", "promises"
"""What a check depends on: on what was imported alone, or also on restock dates, or on promises."""

Statement = Select[Any]


@dataclass(frozen=True)
class Problem:
    """One kind of data problem that the store has.

    why: what it makes doubtful. count: all rows concerned; rows: the first 1,000 of them, keys first, quantities
    [units], prices [money]. affects: what a page shows that depends on it.
    """

    kind: str
    title: str
    why: str
    table: str
    count: int
    rows: pd.DataFrame
    affects: tuple[str, ...]


@dataclass(frozen=True)
class _Check:
    kind: str
    title: str
    why: str
    table: str
    affects: tuple[str, ...]
    statement: Callable[[date], Statement]
    depends_on: str = OF_IMPORTS


def data_problems(engine: Engine, today: date, depends_on: str | None = None) -> list[Problem]:
    """The data problems that the store has on the given day, those that touch most first; none if there are none.

    depends_on: only those of OF_IMPORTS, OF_MOVES or OF_PROMISES.
    Raises StoreUnreachableError where the store does not answer.
    """
    with reading(engine) as connection:
        return problems_within(connection, today, depends_on)


def problems_within(connection: Connection, today: date, depends_on: str | None = None) -> list[Problem]:
    """The same within the caller's transaction."""
    checks = [check for check in _CHECKS if depends_on in (None, check.depends_on)]
    counts = [(check, _count(connection, check, today)) for check in checks]
    return [_problem(connection, check, count, today) for check, count in counts if count]


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems that were looked for in parts, in the order of data_problems."""
    place = {check.kind: number for number, check in enumerate(_CHECKS)}
    return sorted(problems, key=lambda problem: place[problem.kind])


def _count(connection: Connection, check: _Check, today: date) -> int:
    rows = check.statement(today).order_by(None).subquery()
    return int(connection.execute(select(func.count()).select_from(rows)).scalar_one())


def _problem(connection: Connection, check: _Check, count: int, today: date) -> Problem:
    result = connection.execute(check.statement(today).limit(SHOWN_ROWS))
    # pandas asks each row of SQLAlchemy whether it has field names, by a look that fails and is slow to do so.
    rows = pd.DataFrame([tuple(row) for row in result], columns=list(result.keys()))
    return Problem(check.kind, check.title, check.why, check.table, count, _in_units(rows), check.affects)


def _in_units(rows: pd.DataFrame) -> pd.DataFrame:
    """The store's whole thousandths and ten-thousandths as units and money, its days as dates."""
    shown: dict[str, Any] = {}
    for name in rows.columns:
        if name.endswith("_qty"):
            shown[name] = pd.Series(to_units(rows[name].to_list()))
        elif name.endswith(("_price", "_cost")):
            shown[name] = pd.Series(to_money(rows[name].to_list()))
        elif name.endswith("_date"):
            shown[name] = pd.to_datetime(rows[name]).astype("datetime64[s]")
        else:
            shown[name] = rows[name]
    return pd.DataFrame(shown, columns=rows.columns)


def _negative_stock(_today: date) -> Statement:
    return (
        select(stock.c.sku, stock.c.location_id, stock.c.stock_qty)
        .where(stock.c.stock_qty < 0)
        .order_by(stock.c.stock_qty, stock.c.sku, stock.c.location_id)
    )


def _order_lines(*columns: Any) -> Statement:
    """Order lines by key, with the given telling columns."""
    line = order_lines.c
    return select(line.order_id, line.line_no, line.customer_id, line.sku, *columns).order_by(
        line.order_id, line.line_no
    )


def _po_lines(*columns: Any) -> Statement:
    line = po_lines.c
    return select(line.po_id, line.line_no, line.supplier_id, line.sku, *columns).order_by(line.po_id, line.line_no)


def _given_up(lines: Table) -> ColumnElement[int]:
    """Units that nobody waits for any more: cancelled, or closed by a full extract."""
    return (lines.c.cancelled_qty + lines.c.closed_qty).label("cancelled_qty")


def _shipped_too_much(_today: date) -> Statement:
    line = order_lines.c
    return _order_lines(line.ordered_qty, line.shipped_qty, _given_up(order_lines)).where(line.open_qty < 0)


def _received_too_much(_today: date) -> Statement:
    line = po_lines.c
    return _po_lines(line.ordered_qty, line.received_qty, _given_up(po_lines)).where(line.open_qty < 0)


def _promise_before_order(_today: date) -> Statement:
    line = order_lines.c
    return _order_lines(line.ordered_date, line.promise_date).where(
        is_open(order_lines), line.promise_date < line.ordered_date
    )


def _no_promise(_today: date) -> Statement:
    line = order_lines.c
    return _order_lines(line.ordered_date, line.open_qty).where(is_open(order_lines), line.promise_date.is_(None))


def _several_customers(_today: date) -> Statement:
    line, other = order_lines.c, order_lines.alias("other").c
    is_mixed = exists().where(other.order_id == line.order_id, other.customer_id != line.customer_id)
    return _order_lines(line.open_qty).where(is_open(order_lines), is_mixed)


def _no_price(_today: date) -> Statement:
    line = order_lines.c
    return _order_lines(line.open_qty, line.unit_price).where(is_open(order_lines), line.unit_price == 0)


def _restock_date() -> ColumnElement[date]:
    return func.coalesce(po_lines.c.manual_restock_date, po_lines.c.due_date)


def _overdue_po_lines(today: date) -> Statement:
    line = po_lines.c
    late = _po_lines(line.due_date, _restock_date().label("restock_date"), line.open_qty)
    return late.where(is_open(po_lines), _restock_date() < today)


def _undated_po_lines(_today: date) -> Statement:
    line = po_lines.c
    return _po_lines(line.ordered_date, line.open_qty).where(is_open(po_lines), _restock_date().is_(None))


def _no_supplier(_today: date) -> Statement:
    line = order_lines.c
    return (
        select(line.sku, func.count().label("open_lines"), func.sum(line.open_qty).label("open_qty"))
        .where(is_open(order_lines), ~exists().where(item_suppliers.c.sku == line.sku))
        .group_by(line.sku)
        .order_by(line.sku)
    )


def _placeholders(table: Table) -> Callable[[date], Statement]:
    key = next(iter(table.primary_key.columns))
    return lambda _today: select(key).where(table.c.is_placeholder.is_(true())).order_by(key)


def _disagreement(events: Table, lines: Table, quantity: str) -> Callable[[date], Statement]:
    """Lines whose own quantity is not the sum of what is known by day; lines without any such day are left out."""
    document = lines.primary_key.columns.keys()[0]
    keys = (document, "line_no")
    by_day = (
        select(*(events.c[key] for key in keys), func.sum(events.c[quantity]).label("total"))
        .group_by(*(events.c[key] for key in keys))
        .subquery("by_day")
    )
    return lambda _today: (
        select(*(lines.c[key] for key in keys), lines.c.sku, lines.c[quantity], by_day.c.total.label("by_day_qty"))
        .join(by_day, and_(*(lines.c[key] == by_day.c[key] for key in keys)))
        .where(lines.c[quantity] != by_day.c.total)
        .order_by(*(lines.c[key] for key in keys))
    )


def _of_unknown_lines(events: Table, lines: Table) -> Callable[[date], Statement]:
    keys = events.primary_key.columns.keys()
    has_line = exists().where(*(lines.c[key] == events.c[key] for key in keys[:2]))
    return lambda _today: select(*events.c).where(~has_line).order_by(*(events.c[key] for key in keys))


_CHECKS = (
    _Check(
        "negative_stock",
        "Stock below zero",
        "It counts as zero, so these SKUs may have more to give than shown, or owe what was taken twice.",
        "stock",
        (STOCK,),
        _negative_stock,
    ),
    _Check(
        "shipped_too_much",
        "Order lines shipped and cancelled beyond what was ordered",
        "They count as complete; if the quantity ordered is wrong, units still owed are missing from the backlog.",
        "order_lines",
        (STOCK, MONEY),
        _shipped_too_much,
    ),
    _Check(
        "received_too_much",
        "Purchase-order lines received and cancelled beyond what was ordered",
        "Nothing more is expected of them; the supplier's rate of lines received whole may be too good.",
        "po_lines",
        (SUPPLY, RATES),
        _received_too_much,
    ),
    _Check(
        "promise_before_order",
        "Open order lines promised before they were ordered",
        "One of the two dates is wrong, and with it the age of the line or the days it is late.",
        "order_lines",
        (PROMISES,),
        _promise_before_order,
        OF_PROMISES,
    ),
    _Check(
        "no_promise",
        "Open order lines without a promise",
        "They can never be late, and the queue serves them after all lines that have a promise.",
        "order_lines",
        (PROMISES,),
        _no_promise,
        OF_PROMISES,
    ),
    _Check(
        "several_customers",
        "Open order lines of orders that name more than one customer",
        "Each line counts for its own customer; a whole order stands under the customer of its first line.",
        "order_lines",
        (NAMES,),
        _several_customers,
    ),
    _Check(
        "overdue_po_lines",
        "Purchase-order lines past their restock date and not received",
        "Nobody knows when they come, so the lines that wait for them are undated until somebody sets a date.",
        "po_lines",
        (SUPPLY, PROMISES),
        _overdue_po_lines,
        OF_MOVES,
    ),
    _Check(
        "undated_po_lines",
        "Purchase-order lines without a restock date",
        "The lines that wait for them cannot be told a day.",
        "po_lines",
        (SUPPLY, PROMISES),
        _undated_po_lines,
        OF_MOVES,
    ),
    _Check(
        "unknown_customers",
        "Customers known only by reference",
        "Their name and tier have not come: they are shown by their id and rank as tier 3.",
        "customers",
        (NAMES,),
        _placeholders(customers),
    ),
    _Check(
        "unknown_suppliers",
        "Suppliers known only by reference",
        "Their name has not come: they are shown by their id.",
        "suppliers",
        (NAMES,),
        _placeholders(suppliers),
    ),
    _Check(
        "unknown_items",
        "SKUs known only by reference",
        "Their name, category, cost and price have not come: they are missing from every view by category.",
        "items",
        (NAMES, MONEY),
        _placeholders(items),
    ),
    _Check(
        "no_supplier",
        "SKUs on open order lines without a supplier",
        "Where they are uncovered, nobody can be named to buy them from.",
        "items",
        (SUPPLY,),
        _no_supplier,
    ),
    _Check(
        "no_price",
        "Open order lines with a price of zero",
        "They add nothing to any amount of money, however many units are owed.",
        "order_lines",
        (MONEY,),
        _no_price,
    ),
    _Check(
        "shipments_disagree",
        "Order lines whose shipments do not add up to the quantity shipped",
        "The line's own quantity counts; when it was shipped is doubtful.",
        "order_lines",
        (RATES,),
        _disagreement(shipments, order_lines, "shipped_qty"),
    ),
    _Check(
        "receipts_disagree",
        "Purchase-order lines whose receipts do not add up to the quantity received",
        "The line's own quantity counts; whether it came whole and in time is doubtful.",
        "po_lines",
        (RATES,),
        _disagreement(receipts, po_lines, "received_qty"),
    ),
    _Check(
        "unknown_shipped_lines",
        "Shipments of order lines that the store does not hold",
        "They are left out everywhere until their order lines come.",
        "shipments",
        (RATES,),
        _of_unknown_lines(shipments, order_lines),
    ),
    _Check(
        "unknown_received_lines",
        "Receipts of purchase-order lines that the store does not hold",
        "They are left out of every rate until their purchase-order lines come.",
        "receipts",
        (RATES,),
        _of_unknown_lines(receipts, po_lines),
    ),
)
