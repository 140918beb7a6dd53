"""Purchase-order lines with their receipts, and how each line turned out. Knows no window of time and no rate.

How a line turned out depends on its own rows up to today, not on a window. It is worked out once for each revision and
day, so that the statistics of suppliers are differences of running sums (docs/decisions/0006-supplier-rates.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.domain.days import NO_DAY, day_number, day_numbers
from dashboard.domain.dimensions import text_of
from dashboard.domain.exact import Integers, to_thousandths
from dashboard.domain.frames import appended, put, rows_of_keys
from dashboard.domain.ids import coded, natural_sorted
from dashboard.domain.receipts import order_by, receipts_until
from dashboard.domain.running_sums import Cells, CountedDays, RunningSums, counted_days, running_sums


@dataclass(frozen=True, eq=False)
class Purchasing:
    """What was bought from whom and when it came, whatever its state, at one revision of the store.

    po_lines: one row per purchase-order line.
        po_id, line_no, supplier_id, sku, location_id [category]; ordered_date, first_due_date, due_date [datetime64,
        NaT where none]; ordered_qty, received_qty, open_qty [units], cancelled_qty [units that the source
        says are cancelled: what closing a line took off is still wanted]; unit_cost [money];
        restock_date [datetime64, NaT where none]; is_moved [bool: a manager has set the restock date]
    receipts: one row per purchase-order line and day of receipt.
        position [int64: the row of po_lines, -1 where the store does not hold it]; received_date [datetime64];
        received_qty [good units, below zero for a return], rejected_qty [units]
    moves: one row per change of a restock date by a manager.
        supply_id; from_date, to_date [datetime64, NaT where none]; moved_at [UTC instant]
    suppliers: one row per supplier. supplier_id, name, email
    """

    data_revision: int
    po_lines: pd.DataFrame
    receipts: pd.DataFrame
    moves: pd.DataFrame
    suppliers: pd.DataFrame

    _outcomes: dict[date, Outcomes] = field(default_factory=dict, init=False, repr=False)

    def outcomes(self, today: date) -> Outcomes:
        """How each line that can count has turned out by today; kept for the day asked last."""
        found = self._outcomes.get(today)
        if found is None:
            found = line_outcomes(self, today)
            self._outcomes.clear()
            self._outcomes[today] = found
        return found

    def moved(self, data_revision: int, po_lines: pd.DataFrame, moves: pd.DataFrame) -> Purchasing:
        """The same with some lines moved: what was received, and so how lines turned out, is as it was.

        po_lines: po_id, line_no, restock_date, is_moved of the lines that were moved, as they stand now
        moves: the moves that came after those held here, columns as there
        """
        rows = rows_of_keys(self.po_lines, po_lines, ["po_id", "line_no"])
        is_held = rows >= 0
        now = {
            name: put(self.po_lines[name], rows[is_held], po_lines[name].to_numpy()[is_held])
            for name in ("restock_date", "is_moved")
        }
        later = replace(
            self,
            data_revision=data_revision,
            po_lines=self.po_lines.assign(**now),
            moves=appended(self.moves, moves),
        )
        later._outcomes.update({day: with_manager_moves(found, later, day) for day, found in self._outcomes.items()})
        return later


@dataclass(frozen=True, eq=False)
class Outcomes:
    """How each purchase-order line that can count turned out by today.

    A line can count if it has a first due date and its source did not cancel all of it. Receipts after today have not
    happened: their units are taken off the line's own received quantity too.

    supplier_ids: all suppliers in natural order; a supplier's place among them is its number
    names: supplier_id, supplier_name [the id where it has none], in that order
    manager_moves: how often managers have moved a restock date of each supplier, up to the end of today
    lines: one row per line that can count, in order of the first due date, then of the supplier.
        row [of po_lines]; supplier [number]; first_due, due, ordered, complete [day numbers, NO_DAY where none; due is
        the first due date where there is none; complete is the day since which a whole line's receipts have been
        whole, as they stood on the first due date if they were whole then, else as they stand today]; wanted [ordered
        less cancelled]; received [its own quantity]; by_first_due, by_due [good units received up to and on that date,
        returns taken off, at most received and wanted]; delivered, rejected [good units of its receipts, returns not
        taken off, and rejected ones], all in whole thousandths of a unit; is_whole [received is all that is wanted];
        is_on_time, is_on_time_now [whole, and its receipts were so by the first due date, by the due date]; is_unknown
        [whole while its receipts do not say since when]; is_judged [it can be told whether it was on time: neither
        unknown nor of a supplier whose received lines, in the whole history, have no receipt at all]
    unreceived: supplier, first_due, due, wanted, by_due of the judged lines that are not whole
    cancelled: row, supplier, first_due of each line with a first due date all of which was cancelled, by first due date
    late, lead, moved: complete - first due, complete - ordered, and due - first due where these differ [days]
    still_late: lines of unreceived by the last cell of `late` that they have lasted up to today, where there is one
    running: sums over lines by supplier (lines, whole, unknown [not judged], received [judged lines with anything
        received], on_time, on_time_now, wanted, by_first_due, by_due, delivered, rejected); all but lines, whole,
        unknown, delivered and rejected are of judged lines alone
    """

    supplier_ids: list[str]
    names: pd.DataFrame
    manager_moves: Integers
    lines: pd.DataFrame
    unreceived: pd.DataFrame
    cancelled: pd.DataFrame
    late: CountedDays
    still_late: RunningSums
    lead: CountedDays
    moved: CountedDays
    running: dict[str, RunningSums]

    def windows(self, edges: Sequence[int], names: Iterable[str]) -> list[dict[str, Integers]]:
        """The named running sums by supplier, of each window from one edge to the day before the next."""
        taken = {name: self.running[name].windows(edges) for name in names}
        return [{name: each[window] for name, each in taken.items()} for window in range(len(edges) - 1)]


def line_outcomes(purchasing: Purchasing, today: date) -> Outcomes:
    """Work out how each line turned out by today, in one pass over the receipts in order of line and day."""
    supplier_ids, supplier = _suppliers(purchasing)
    every = _turned_out(purchasing, day_number(today)) | {"supplier": supplier}
    every["is_judged"] = ~every["is_unknown"] & ~_is_blind(every, len(supplier_ids))[supplier]
    has_due, is_wanted = every["first_due"] != NO_DAY, every["wanted"] > 0
    is_cancelled = has_due & ~is_wanted & (every["ordered_qty"] > 0)
    lines = _in_order(every, has_due & is_wanted, _OF_LINES)
    is_complete = (lines["complete"] != NO_DAY).to_numpy()
    is_moved = (lines["due"] != lines["first_due"]).to_numpy()
    has_lead = is_complete & (lines["ordered"] != NO_DAY).to_numpy()
    is_unreceived = (lines["is_judged"] & ~lines["is_whole"]).to_numpy()
    unreceived = lines.loc[is_unreceived, ["supplier", "first_due", "due", "wanted", "by_due"]]
    count = len(supplier_ids)
    late = _counted_days(lines, is_complete, "complete", "first_due", count)
    return Outcomes(
        supplier_ids=supplier_ids,
        names=_names(purchasing, supplier_ids),
        manager_moves=_manager_moves(purchasing, supplier, count, day_number(today)),
        lines=lines,
        unreceived=unreceived,
        cancelled=_in_order(every, is_cancelled, ["supplier", "first_due"]),
        late=late,
        still_late=_still_late(unreceived, late.cells, day_number(today)),
        lead=_counted_days(lines, has_lead, "complete", "ordered", count),
        moved=_counted_days(lines, is_moved, "due", "first_due", count),
        running=_running_of_suppliers(lines, count),
    )


def with_manager_moves(outcomes: Outcomes, purchasing: Purchasing, today: date) -> Outcomes:
    """The same outcomes with the moves of a purchasing that differs by moves alone."""
    _, supplier = _suppliers(purchasing)
    moves = _manager_moves(purchasing, supplier, len(outcomes.supplier_ids), day_number(today))
    return replace(outcomes, manager_moves=moves)


_OF_LINES = [
    "supplier", "first_due", "due", "ordered", "complete", "wanted", "received", "by_first_due", "by_due",
    "delivered", "rejected", "is_whole", "is_on_time", "is_on_time_now", "is_unknown", "is_judged",
]  # fmt: skip

Columns = dict[str, npt.NDArray[Any]]
"""A column by name for every purchase-order line, in the order of po_lines."""


def _is_blind(every: Columns, suppliers: int) -> npt.NDArray[np.bool_]:
    """Suppliers of which something was received, but never with a receipt: their failures alone would be left."""
    is_received = every["received"] > 0
    received = np.bincount(every["supplier"][is_received], minlength=suppliers)
    dated = np.bincount(every["supplier"][is_received & every["has_receipt"]], minlength=suppliers)
    return np.asarray((received > 0) & (dated == 0))


def _in_order(every: Columns, is_taken: npt.NDArray[np.bool_], names: list[str]) -> pd.DataFrame:
    """The rows taken by first due date; by supplier within it, so that counting them keeps to one place."""
    rows = np.flatnonzero(is_taken)
    rows = rows[order_by(every["first_due"][rows], every["supplier"][rows])]
    return pd.DataFrame({"row": rows} | {name: every[name][rows] for name in names}, copy=False)


def _turned_out(purchasing: Purchasing, today: int) -> Columns:
    """The columns of Outcomes.lines that a line has by itself, for every line; ordered_qty, has_receipt."""
    po_lines = purchasing.po_lines
    ordered, first_due, due = (day_numbers(po_lines[name]) for name in ("ordered_date", "first_due_date", "due_date"))
    due = np.where(due == NO_DAY, first_due, due)
    ordered_qty, cancelled, received = (
        to_thousandths(po_lines[name]) for name in ("ordered_qty", "cancelled_qty", "received_qty")
    )
    wanted = np.maximum(ordered_qty - cancelled, 0)
    receipts = receipts_until(purchasing.receipts, len(po_lines), today)
    received = np.maximum(received - receipts.later, 0)
    is_whole = received >= wanted
    most = np.minimum(received, wanted)
    by_first_due, by_due = (np.clip(receipts.received_by(days), 0, most) for days in (first_due, due))
    is_on_time = by_first_due == wanted
    complete = receipts.complete(wanted, until=np.where(is_on_time, first_due, today))
    complete[~is_whole] = NO_DAY
    return {
        "first_due": first_due,
        "due": due,
        "ordered": ordered,
        "complete": complete,
        "ordered_qty": ordered_qty,
        "wanted": wanted,
        "received": received,
        "by_first_due": by_first_due,
        "by_due": by_due,
        "delivered": receipts.sums(np.maximum(receipts.good, 0)),
        "rejected": receipts.sums(receipts.rejected),
        "has_receipt": np.diff(receipts.starts) > 0,
        "is_whole": is_whole,
        "is_on_time": is_on_time,
        "is_on_time_now": by_due == wanted,
        "is_unknown": is_whole & (complete == NO_DAY),
    }


def _running_of_suppliers(lines: pd.DataFrame, suppliers: int) -> dict[str, RunningSums]:
    of = {name: lines[name].to_numpy() for name in lines}
    is_judged = of["is_judged"]
    summed = {
        "lines": None,
        "whole": of["is_whole"],
        "unknown": ~is_judged,
        "received": (of["received"] > 0) & is_judged,
        "on_time": of["is_on_time"] & is_judged,
        "on_time_now": of["is_on_time_now"] & is_judged,
        **{name: np.where(is_judged, of[name], 0) for name in ("wanted", "by_first_due", "by_due")},
        "delivered": of["delivered"],
        "rejected": of["rejected"],
    }
    return {name: running_sums(of["first_due"], of["supplier"], each, suppliers) for name, each in summed.items()}


def _suppliers(purchasing: Purchasing) -> tuple[list[str], Integers]:
    """All suppliers in natural order, and the number of each purchase-order line's among them."""
    codes, texts = coded(purchasing.po_lines["supplier_id"])
    ids = natural_sorted(list({*purchasing.suppliers["supplier_id"].astype("str"), *texts.astype(str)}))
    number = {supplier_id: place for place, supplier_id in enumerate(ids)}
    return ids, np.array([number[text] for text in texts], dtype=np.int64)[codes]


def _names(purchasing: Purchasing, supplier_ids: list[str]) -> pd.DataFrame:
    ids = pd.Series(supplier_ids, dtype="str")
    names = text_of(ids, purchasing.suppliers["supplier_id"], purchasing.suppliers["name"])
    return pd.DataFrame({"supplier_id": ids, "supplier_name": names})


def _manager_moves(purchasing: Purchasing, supplier: Integers, suppliers: int, today: int) -> Integers:
    """How often managers have moved the restock date of each supplier's lines, up to the end of today (UTC)."""
    moved = purchasing.moves["supply_id"][day_numbers(purchasing.moves["moved_at"]) <= today].astype("str")
    rows = _of_orders(purchasing.po_lines, moved)
    lines = purchasing.po_lines[["po_id", "line_no"]].iloc[rows].astype("str")
    supplier_of = pd.Series(supplier[rows], index=lines["po_id"] + "/" + lines["line_no"])
    supplier_of = supplier_of[~supplier_of.index.duplicated()]
    return np.bincount(moved.map(supplier_of).dropna().astype(np.int64), minlength=suppliers)


def _of_orders(po_lines: pd.DataFrame, supply_ids: pd.Series) -> Integers:
    """Rows of the purchase orders that these supplies may belong to, so that only their lines are named."""
    orders = {each[:end] for each in supply_ids for end, letter in enumerate(each) if letter == "/"}
    codes, texts = coded(po_lines["po_id"])
    return np.flatnonzero(texts.isin(list(orders))[codes])


def _counted_days(
    lines: pd.DataFrame, is_taken: npt.NDArray[np.bool_], later: str, earlier: str, suppliers: int
) -> CountedDays:
    """Days from the earlier to the later of the lines taken, counted by supplier and number of days."""
    first_due, supplier, until, since = (
        lines[name].to_numpy()[is_taken] for name in ("first_due", "supplier", later, earlier)
    )
    return counted_days(first_due, supplier, until - since, suppliers)


def _still_late(unreceived: pd.DataFrame, late: Cells, today: int) -> RunningSums:
    """Lines not received, by the last cell of `late` that they have lasted; days before it end no line's waiting."""
    first_due, supplier = unreceived["first_due"].to_numpy(), unreceived["supplier"].to_numpy()
    cell = late.last_within(supplier, today - first_due)
    is_seen = cell >= 0
    return running_sums(first_due[is_seen], cell[is_seen], None, len(late.days))
