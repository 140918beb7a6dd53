"""Purchase-order lines with their receipts, and how each line turned out. Knows no window of time and no rate.

How a line turned out depends on its own rows up to today, not on a window. It is worked out once for each revision and
day, so that the statistics of suppliers are differences of running sums (docs/decisions/0006-supplier-rates.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.domain.days import NO_DAY, day_number, day_numbers
from dashboard.domain.dimensions import text_of
from dashboard.domain.exact import Integers, to_thousandths
from dashboard.domain.ids import coded, natural_sorted


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


@dataclass(frozen=True, eq=False)
class RunningSums:
    """Sums by group that run through lines in order of the first due date: those of any window are a difference.

    They are kept before every so many lines, at least as many as there are groups, so that they take no more room than
    the lines do. The few lines between are summed when they are asked for.

    first_due, group: of each line, by first due date. summed: what is summed of each line, None to count lines. kept:
    the sums before each step of so many lines: one row per step, one column per group.
    """

    first_due: Integers
    group: Integers
    summed: npt.NDArray[Any] | None
    step: int
    kept: Integers

    def windows(self, edges: Sequence[int]) -> list[Integers]:
        """The sums by group of each window from one edge to the day before the next; edges: day numbers, ascending."""
        before = [self._before(int(place)) for place in np.searchsorted(self.first_due, edges)]
        return [later - earlier for earlier, later in pairwise(before)]

    def _before(self, place: int) -> Integers:
        steps = place // self.step
        between = _sums(self.group, self.summed, slice(steps * self.step, place), self.kept.shape[1])
        return np.asarray(self.kept[steps] + between)


@dataclass(frozen=True, eq=False)
class CodedDays:
    """A number of days of each line that has one, coded together with its supplier and counted.

    values: the distinct numbers of days, ascending. counted: lines by supplier x len(values) + the place of their
    number of days.
    """

    values: Integers
    counted: RunningSums

    def counts(self, start: int, end: int, suppliers: int) -> Integers:
        """Of lines first due from start to the day before end: one row per supplier, one column per number of days."""
        (counts,) = self.counted.windows([start, end])
        return np.asarray(counts.reshape(suppliers, len(self.values)))


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
    late: CodedDays
    lead: CodedDays
    moved: CodedDays
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
    count = len(supplier_ids)
    return Outcomes(
        supplier_ids=supplier_ids,
        names=_names(purchasing, supplier_ids),
        manager_moves=_manager_moves(purchasing, supplier, count, day_number(today)),
        lines=lines,
        unreceived=lines[["supplier", "first_due", "due", "wanted", "by_due"]][is_unreceived],
        cancelled=_in_order(every, is_cancelled, ["supplier", "first_due"]),
        late=_coded_days(lines, is_complete, "complete", "first_due", count),
        lead=_coded_days(lines, has_lead, "complete", "ordered", count),
        moved=_coded_days(lines, is_moved, "due", "first_due", count),
        running=_running_of_suppliers(lines, count),
    )


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
    rows = rows[_order_by(every["first_due"][rows], every["supplier"][rows])]
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
    receipts, later = _receipts(purchasing, today)
    received = np.maximum(received - later, 0)
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
    return {name: _running_sums(of["first_due"], of["supplier"], each, suppliers) for name, each in summed.items()}


LEAST_STEP = 1 << 14
"""Fewer lines are summed faster than looked up."""


def _running_sums(first_due: Integers, group: Integers, summed: npt.NDArray[Any] | None, groups: int) -> RunningSums:
    step = max(groups, LEAST_STEP)
    starts = range(0, len(group) - step + 1, step)
    of_steps = [_sums(group, summed, slice(start, start + step), groups) for start in starts]
    kept = np.cumsum([np.zeros(groups, dtype=np.int64), *of_steps], axis=0)
    return RunningSums(first_due, group, summed, step, kept)


def _sums(group: Integers, summed: npt.NDArray[Any] | None, rows: slice, groups: int) -> Integers:
    """Sums by group over some rows, or their count: whole numbers, exact while a step's sum stays below 2^53."""
    weights = None if summed is None else summed[rows]
    return np.bincount(group[rows], weights=weights, minlength=groups).astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Receipts:
    """Receipts of lines that the store holds, each line's together, in order of day: line, day, units in thousandths.

    starts: where each line's receipts begin, and where the last one's end.
    """

    line: Integers
    day: Integers
    good: Integers
    rejected: Integers
    starts: Integers

    def sums(self, quantities: Integers) -> Integers:
        """The sum of the receipts' quantities for each line."""
        return _sums(self.line, quantities, slice(None), len(self.starts) - 1)

    def received_by(self, days: Integers) -> Integers:
        """Good units of each line that came up to and on its day, returns taken off."""
        return self.sums(np.where(self.day <= days[self.line], self.good, 0))

    def complete(self, wanted: Integers, until: Integers) -> Integers:
        """The day since which each line has been whole, by its receipts up to and on a day: of the last one that made
        it so; NO_DAY if it is not whole.
        """
        is_taken = self.day <= until[self.line]
        running = _running(np.where(is_taken, self.good, 0))
        before, after = running[self.starts[:-1]], running[self.starts[1:]]
        is_missing_some = is_taken & (running[:-1] < (before + wanted)[self.line])
        days = np.full(len(wanted), NO_DAY)
        days[self.line[is_missing_some]] = self.day[is_missing_some]
        return np.where(after - before >= wanted, days, NO_DAY)


def _receipts(purchasing: Purchasing, today: int) -> tuple[_Receipts, Integers]:
    """The receipts up to and on today, and the good units of each line that come later."""
    count = len(purchasing.po_lines)
    receipts = purchasing.receipts
    line, day = receipts["position"].to_numpy(dtype=np.int64), day_numbers(receipts["received_date"])
    good, rejected = (to_thousandths(receipts[name]) for name in ("received_qty", "rejected_qty"))
    later = np.zeros(count, dtype=np.int64)
    is_taken = (line >= 0) & (day <= today)
    if not is_taken.all():
        is_later = (line >= 0) & (day > today)
        np.add.at(later, line[is_later], good[is_later])
        line, day, good, rejected = (each[is_taken] for each in (line, day, good, rejected))
    if not _is_in_order(line, day):
        order = _order_by(line, day)
        line, day, good, rejected = (each[order] for each in (line, day, good, rejected))
    starts = _running(np.bincount(line, minlength=count))
    return _Receipts(line, day, good, rejected, starts), later


def _is_in_order(line: Integers, day: Integers) -> bool:
    """Whether receipts stand by line and day already, as a file that is kept by purchase order has them."""
    is_next, is_same = line[1:] > line[:-1], line[1:] == line[:-1]
    return bool((is_next | is_same & (day[1:] >= day[:-1])).all())


def _order_by(*keys: Integers) -> Integers:
    """The stable order of rows by the first key, then the next: digits of 16 bits, which numpy sorts by counting."""
    digits = [digit for key in keys for digit in _digits(key)]
    return np.lexsort(digits[::-1])


def _digits(key: Integers) -> list[npt.NDArray[np.uint16]]:
    """As many digits of 16 bits, the highest first, as tell the whole numbers apart."""
    above = key - key.min(initial=0)
    count = -(-int(above.max(initial=1)).bit_length() // 16)
    return [(above >> (16 * place)).astype(np.uint16) for place in reversed(range(count))]


def _running(quantities: Integers) -> Integers:
    """Running sums that start with 0: one more than there are quantities."""
    running = np.zeros(len(quantities) + 1, dtype=np.int64)
    np.cumsum(quantities, out=running[1:])
    return running


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


def _coded_days(
    lines: pd.DataFrame, is_taken: npt.NDArray[np.bool_], later: str, earlier: str, suppliers: int
) -> CodedDays:
    """Days from the earlier to the later of the lines taken, coded with their supplier."""
    rows = np.flatnonzero(is_taken)
    days = lines[later].to_numpy()[rows] - lines[earlier].to_numpy()[rows]
    values, places = _distinct(days)
    group = lines["supplier"].to_numpy()[rows] * len(values) + places
    first_due = lines["first_due"].to_numpy()[rows]
    return CodedDays(values, _running_sums(first_due, group, None, suppliers * len(values)))


def _distinct(days: Integers) -> tuple[Integers, Integers]:
    """The distinct numbers of days, ascending, and the place of each among them; no sort, for days are few numbers."""
    least = days.min() if len(days) else 0
    is_there = np.bincount(days - least) > 0
    return np.flatnonzero(is_there) + least, (np.cumsum(is_there) - 1)[days - least]
