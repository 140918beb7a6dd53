"""One customer's account: its open lines and orders, every promise and its moves, and what was shipped late.

Knows no screen, and not how risk is weighed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from dashboard.domain.allocation import Flags
from dashboard.domain.backlog import whole_orders
from dashboard.domain.customer_evidence import shipped_lines
from dashboard.domain.days import day_numbers, days_between
from dashboard.domain.deciding_supplies import deciding_supplies
from dashboard.domain.exact import Integers
from dashboard.domain.ids import natural_rank
from dashboard.domain.order_history import NO_LINE, OrderHistory
from dashboard.domain.plan import Plan


@dataclass(frozen=True, eq=False)
class CustomerAccount:
    """What is open for one customer, what it was promised, and what was shipped late.

    lines: its open order lines by order and line number, columns as in the backlog frame
    orders: its orders with open lines, by id, made of its own lines alone: columns as in whole_orders, and what the
        order waits for in the end: last_supply, last_supply_date (dashboard.domain.deciding_supplies)
    promises: one row per order line of the history that has or had a promise, the most often moved first, then
        the latest ordered. order_id, line_no, sku; ordered_date, first_promise_date, promise_date;
        times_moved [the first promise is no move]; days_moved [promise date less first promise date, NaN where one is
        missing]; open_qty [units]
    changes: one row per change of one of its promises, the latest first. order_id, line_no; from_date, to_date;
        days_moved [to less from, NaN where withdrawn]; changed_at [UTC], changed_by, how
    shipped: how many lines were shipped in the window of shipped_lines and had a first promise date
    shipped_late: one row per line of those of which units left after it, the latest first. order_id, line_no, sku;
        first_promise_date, last_shipped_date; days_late; late_qty, shipped_qty [units]
    """

    lines: pd.DataFrame
    orders: pd.DataFrame
    promises: pd.DataFrame
    changes: pd.DataFrame
    shipped: int
    shipped_late: pd.DataFrame


def customer_account(plan: Plan, history: OrderHistory, customer_id: str, today: date) -> CustomerAccount:
    """The account of one customer; of one that has nothing open and no history, empty frames."""
    its_lines = np.flatnonzero(_of(plan.backlog, customer_id))
    lines = plan.backlog.iloc[its_lines]
    orders = _orders(plan, lines, its_lines)
    is_its_line = np.append(_of(history.lines, customer_id), False)
    changes = history.promise_changes[is_its_line[history.promise_changes["line"].to_numpy()]]
    shipped = _shipped(history, is_its_line, today)
    return CustomerAccount(
        lines=lines.iloc[np.argsort(natural_rank(lines["order_id"], lines["line_no"]), kind="stable")],
        orders=orders.iloc[np.argsort(natural_rank(orders["order_id"]), kind="stable")],
        promises=_promises(history, is_its_line[:NO_LINE], _moves(changes)["line"].to_numpy()),
        changes=_changes(changes),
        shipped=len(shipped),
        shipped_late=shipped[shipped["late_qty"] > 0].reset_index(drop=True),
    )


def _of(frame: pd.DataFrame, customer_id: str) -> Flags:
    return (frame["customer_id"] == customer_id).to_numpy(dtype=bool)


def _orders(plan: Plan, lines: pd.DataFrame, its_lines: Integers) -> pd.DataFrame:
    """The customer belongs to the line: an order may hold lines of several, of which each sees its own."""
    orders = whole_orders(lines)
    group = pd.factorize(lines["order_id"].cat.codes)[0]  # by first appearance, as whole orders stand
    return orders.join(deciding_supplies(plan.allocation, its_lines, group, len(orders)))


def _promises(history: OrderHistory, is_its_line: Flags, changed: Integers) -> pd.DataFrame:
    lines = history.lines
    has_promise = (lines["first_promise_date"].notna() | lines["promise_date"].notna()).to_numpy()
    times_moved = np.bincount(changed, minlength=len(lines))
    rows = np.flatnonzero(is_its_line & (has_promise | (times_moved > 0)))
    of_lines = lines[["order_id", "line_no", "sku", "ordered_date", "first_promise_date", "promise_date", "open_qty"]]
    promises = of_lines.iloc[rows].assign(times_moved=times_moved[rows])
    promises["days_moved"] = days_between(
        day_numbers(promises["promise_date"]), day_numbers(promises["first_promise_date"])
    )
    ids = natural_rank(promises["order_id"], promises["line_no"])
    order = np.lexsort((ids, -day_numbers(promises["ordered_date"]), -promises["times_moved"].to_numpy()))
    return promises.iloc[order].reset_index(drop=True)


def _moves(changes: pd.DataFrame) -> pd.DataFrame:
    """The changes that moved a promise, withdrew it or gave it again: all but a line's first one, set on a page."""
    is_first = changes["from_date"].isna() & ~changes["line"].duplicated()
    return changes[~is_first]


def _changes(changes: pd.DataFrame) -> pd.DataFrame:
    days_moved = days_between(day_numbers(changes["to_date"]), day_numbers(changes["from_date"]))
    told = changes.assign(days_moved=days_moved).iloc[::-1]
    instants = told["changed_at"].to_numpy().astype("datetime64[us]").astype(np.int64)
    latest_first: pd.DataFrame = told.iloc[np.lexsort((natural_rank(told["order_id"], told["line_no"]), -instants))]
    return latest_first.reset_index(drop=True)


def _shipped(history: OrderHistory, is_its_line: Flags, today: date) -> pd.DataFrame:
    its_shipments = history.shipments[is_its_line[history.shipments["line"].to_numpy()]]
    shipped = shipped_lines(replace(history, shipments=its_shipments), today)
    of_lines = history.lines[["order_id", "line_no", "sku", "first_promise_date"]].iloc[shipped["line"].to_numpy()]
    told = pd.concat([of_lines.reset_index(drop=True), shipped.reset_index(drop=True)], axis=1)
    ids = natural_rank(told["order_id"], told["line_no"])
    latest_first: pd.DataFrame = told.iloc[np.lexsort((ids, -day_numbers(told["last_shipped_date"])))]
    return latest_first.reset_index(drop=True)
