"""Why one order line is where it is: its supplies, who stands before it, stock elsewhere and the whole order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.domain.allocation import Allocation
from dashboard.domain.book import STOCK, Book
from dashboard.domain.days import day_number, day_numbers, days_between, to_dates
from dashboard.domain.dimensions import text_of
from dashboard.domain.errors import RefusedDataError
from dashboard.domain.exact import to_thousandths, to_units
from dashboard.domain.ids import natural_rank

_OF_SUPPLY = [
    "supply_kind",
    "supply_id",
    "document_id",
    "supplier_id",
    "ordered_date",
    "first_due_date",
    "due_date",
    "restock_date",
    "is_moved",
]
_OF_LINE_BEFORE = ["order_id", "line_no", "customer_id", "customer_name", "tier", "priority", "promise_date"]


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why one order line is ready, late or without a date.

    line: its row of the backlog frame
    allocations: one row per supply that it takes from, earliest first: supply_kind, supply_id, document_id,
        supplier_id, supplier_name, ordered_date, first_due_date, due_date, restock_date, is_moved, available_date [NaT
        where undated], allocated_qty [units], days_overdue [today - restock date where that has passed, else NaN]
    uncovered_qty: units that no supply covers
    before: one row per line that stands before it in the queue and takes of the supplies that it takes from (of any
        supply there, if it has uncovered units), first in the queue first: order_id, line_no, customer_id,
        customer_name, tier, priority,
        promise_date, taken_qty [units]
    elsewhere: one row per other location with stock of the SKU: location_id, stock_qty, free_qty [units that no line
        there takes]
    order_lines: one row per open line of the whole order, by line number, columns as in the backlog frame
    complete_date: the day the last of them is covered; None where one of them has no expected date
    """

    line: pd.Series
    allocations: pd.DataFrame
    uncovered_qty: float
    before: pd.DataFrame
    elsewhere: pd.DataFrame
    order_lines: pd.DataFrame
    complete_date: pd.Timestamp | None


def explain_line(book: Book, allocation: Allocation, backlog: pd.DataFrame, order_id: str, line_no: str) -> Explanation:
    """Why this order line is where it is, for one order line of the backlog.

    Raises RefusedDataError where no such line is open.
    """
    of_order = np.flatnonzero(backlog["order_id"] == order_id)
    order_lines = backlog.iloc[of_order]
    place = np.flatnonzero(order_lines["line_no"] == line_no)
    if not len(place):
        raise RefusedDataError(
            f"Order {order_id} has no open line {line_no}: it was shipped, cancelled or never taken in. "
            "Go back to the open backorders and choose a line there."
        )
    row = int(of_order[place[0]])
    line = backlog.iloc[row]
    order_lines = order_lines.iloc[np.argsort(natural_rank(order_lines["line_no"]))]
    return Explanation(
        line=line,
        allocations=_allocations(book, allocation, row),
        uncovered_qty=float(line["uncovered_qty"]),
        before=_before(allocation, backlog, row),
        elsewhere=_elsewhere(book, allocation, line),
        order_lines=order_lines,
        complete_date=None if order_lines["expected_date"].isna().any() else order_lines["expected_date"].max(),
    )


def _allocations(book: Book, allocation: Allocation, row: int) -> pd.DataFrame:
    entries = allocation.rows_of(row)
    supply = allocation.supply_index[entries]
    frame = book.supplies[_OF_SUPPLY].iloc[supply].reset_index(drop=True)
    overdue = days_between(np.full(len(supply), day_number(book.today)), day_numbers(frame["restock_date"]))
    return frame.assign(
        supplier_name=text_of(
            frame["supplier_id"].astype("str"), book.suppliers["supplier_id"], book.suppliers["name"]
        ),
        available_date=to_dates(allocation.available[supply]),
        allocated_qty=to_units(allocation.allocated[entries]),
        days_overdue=np.where(overdue > 0, overdue, np.nan),
    )


def _before(allocation: Allocation, backlog: pd.DataFrame, row: int) -> pd.DataFrame:
    """Those before it that take of its supplies; a line with uncovered units would have taken of any there."""
    queue = allocation.before(row)
    if allocation.uncovered[row] > 0:
        taken = (allocation.ready + allocation.inbound)[queue]
    else:
        is_its = np.isin(allocation.supply_index, allocation.supply_index[allocation.rows_of(row)])
        taken = np.zeros(len(backlog), dtype=np.int64)
        np.add.at(taken, allocation.line_index[is_its], allocation.allocated[is_its])
        taken = taken[queue]
    takes = taken > 0
    before = backlog[_OF_LINE_BEFORE].iloc[queue[takes]]
    return before.assign(taken_qty=to_units(taken[takes])).reset_index(drop=True)


def _elsewhere(book: Book, allocation: Allocation, line: pd.Series) -> pd.DataFrame:
    supplies = book.supplies
    is_elsewhere = (
        (supplies["sku"] == line["sku"])
        & (supplies["supply_kind"] == STOCK)
        & (supplies["location_id"] != line["location_id"])
        & (supplies["supply_qty"] > 0)
    ).to_numpy()
    stock_qty = to_thousandths(supplies["supply_qty"][is_elsewhere])
    return pd.DataFrame(
        {
            "location_id": supplies["location_id"][is_elsewhere].to_numpy(dtype=object),
            "stock_qty": to_units(stock_qty),
            "free_qty": to_units(stock_qty - allocation.taken[is_elsewhere]),
        }
    ).astype({"location_id": "str"})
