"""Purchase-order lines with their receipts, and how each line turned out. Knows no window of time and no rate.

How a line turned out depends on its own rows alone, neither on today nor on a window. It is worked out once for each
revision, so that the statistics of suppliers are differences of running sums and few counts over whole columns
(docs/decisions/0006-supplier-rates.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.domain.days import NO_DAY, day_numbers
from dashboard.domain.dimensions import text_of
from dashboard.domain.exact import Integers, to_thousandths
from dashboard.domain.ids import coded, natural_sorted


@dataclass(frozen=True, eq=False)
class Purchasing:
    """What was bought from whom and when it came, whatever its state, at one revision of the store.

    po_lines: one row per purchase-order line.
        po_id, line_no, supplier_id, sku, location_id [category]; ordered_date, first_due_date, due_date [datetime64,
        NaT where none]; ordered_qty, received_qty, cancelled_qty, open_qty [units]; unit_cost [money];
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

    @cached_property
    def outcomes(self) -> Outcomes:
        """How each line that can count turned out."""
        return line_outcomes(self)


@dataclass(frozen=True, eq=False)
class CodedDays:
    """A number of days of each line that has one, coded together with its supplier, ready to be counted.

    values: the distinct numbers of days, ascending. first_due: when each line was first due, ascending. codes: for each
    of these lines its supplier x len(values) + the place of its number of days.
    """

    values: Integers
    first_due: Integers
    codes: Integers

    def counts(self, start: int, end: int, suppliers: int) -> Integers:
        """Of lines first due from start to the day before end: one row per supplier, one column per number of days."""
        low, high = np.searchsorted(self.first_due, [start, end])
        counted = np.bincount(self.codes[low:high], minlength=suppliers * len(self.values))
        return np.asarray(counted.reshape(suppliers, len(self.values)))


@dataclass(frozen=True, eq=False)
class RunningSums:
    """Sums that run through the lines of each supplier in order of the first due date: any window is a difference.

    keys: supplier x span + first due - base of each line, ascending, in as few bytes as hold
    them, to be sought fast. sums: by name, one more than there are lines.
    """

    keys: npt.NDArray[np.int32] | Integers
    base: int
    span: int
    suppliers: int
    sums: dict[str, Integers]

    def windows(self, edges: Sequence[int], names: Iterable[str]) -> list[dict[str, Integers]]:
        """The named sums and the count `lines`, by supplier, of each window from one edge to the day before the next.

        Edges are day numbers, ascending. All of them are sought at once, supplier by supplier, which costs least.
        """
        offsets = np.clip(np.asarray(edges) - self.base, 0, self.span)
        sought = np.arange(self.suppliers)[:, np.newaxis] * self.span + offsets
        places = np.searchsorted(self.keys, sought.astype(self.keys.dtype))
        taken = {"lines": places} | {name: self.sums[name][places] for name in names}
        return [
            {name: each[:, window + 1] - each[:, window] for name, each in taken.items()}
            for window in range(len(edges) - 1)
        ]


@dataclass(frozen=True, eq=False)
class Outcomes:
    """How each purchase-order line that can count turned out.

    A line can count if it has a first due date and not all of it was cancelled.

    supplier_ids: all suppliers in natural order; a supplier's place among them is its number
    names: supplier_id, supplier_name [the id where it has none], in that order
    lines: one row per line that can count, in order of the first due date, then of the supplier.
        row [of po_lines]; supplier [number]; first_due, due, ordered, complete [day numbers, NO_DAY where none;
        complete is the day since which its receipts have been whole; due is the first due date where there is none];
        wanted [ordered less cancelled]; by_first_due, by_due [good units received up to and on that date, returns
        taken off, from 0 to wanted]; delivered, rejected [good units of its receipts, returns not taken off, and
        rejected ones], all in whole thousandths of a unit; is_whole [its own received quantity is all that is wanted];
        is_on_time, is_on_time_now [its receipts were whole by the first due date, by the due date]; is_unknown [whole
        by its own quantity while its receipts do not say since when]
    unreceived: the rows of lines that are neither complete nor unknown
    late, lead, moved: complete - first due, complete - ordered, and due - first due where these differ [days]
    running: sums over lines by supplier (whole, unknown, on_time, on_time_whole, on_time_now, wanted, by_first_due,
        by_due, delivered, rejected); all but whole, unknown, delivered and rejected leave unknown lines out
    """

    supplier_ids: list[str]
    names: pd.DataFrame
    lines: pd.DataFrame
    unreceived: pd.DataFrame
    late: CodedDays
    lead: CodedDays
    moved: CodedDays
    running: RunningSums


def line_outcomes(purchasing: Purchasing) -> Outcomes:
    """Work out how each line turned out, in one pass over the receipts in order of line and day."""
    supplier_ids, supplier = _suppliers(purchasing)
    every = _turned_out(purchasing).assign(supplier=supplier)
    can_count = (every["first_due"] != NO_DAY) & (every["wanted"] > 0)
    lines = every.iloc[_in_order(every, can_count.to_numpy())].reset_index(drop=True)
    is_complete = lines["complete"] != NO_DAY
    has_lead = is_complete & (lines["ordered"] != NO_DAY)
    return Outcomes(
        supplier_ids=supplier_ids,
        names=_names(purchasing, supplier_ids),
        lines=lines,
        unreceived=lines[~is_complete & ~lines["is_unknown"]],
        late=_coded_days(lines[is_complete], "complete", "first_due"),
        lead=_coded_days(lines[has_lead], "complete", "ordered"),
        moved=_coded_days(lines[lines["due"] != lines["first_due"]], "due", "first_due"),
        running=_running_sums(lines, len(supplier_ids)),
    )


def _in_order(every: pd.DataFrame, can_count: npt.NDArray[np.bool_]) -> Integers:
    """The rows that can count by first due date; by supplier within it, so that counting them keeps to one place."""
    rows = np.flatnonzero(can_count)
    return rows[np.lexsort((every["supplier"].to_numpy()[rows], every["first_due"].to_numpy()[rows]))]


def _turned_out(purchasing: Purchasing) -> pd.DataFrame:
    """The columns of Outcomes.lines but the supplier, for every purchase-order line."""
    po_lines = purchasing.po_lines
    ordered, first_due, due = (day_numbers(po_lines[name]) for name in ("ordered_date", "first_due_date", "due_date"))
    due = np.where(due == NO_DAY, first_due, due)
    wanted = np.maximum(to_thousandths(po_lines["ordered_qty"]) - to_thousandths(po_lines["cancelled_qty"]), 0)
    receipts = _receipts(purchasing)
    complete = receipts.complete(wanted)
    by_first_due, by_due = (np.clip(receipts.received_by(days), 0, wanted) for days in (first_due, due))
    is_whole = to_thousandths(po_lines["received_qty"]) >= wanted
    return pd.DataFrame(
        {
            "row": np.arange(len(po_lines)),
            "first_due": first_due,
            "due": due,
            "ordered": ordered,
            "complete": complete,
            "wanted": wanted,
            "by_first_due": by_first_due,
            "by_due": by_due,
            "delivered": receipts.sums(np.maximum(receipts.good, 0)),
            "rejected": receipts.sums(receipts.rejected),
            "is_whole": is_whole,
            "is_on_time": by_first_due == wanted,
            "is_on_time_now": by_due == wanted,
            "is_unknown": is_whole & (complete == NO_DAY),
        }
    )


def _running_sums(lines: pd.DataFrame, suppliers: int) -> RunningSums:
    first_due = lines["first_due"].to_numpy()
    base = int(first_due[0]) if len(lines) else 0
    span = int(first_due[-1]) - base + 1 if len(lines) else 1
    keys = lines["supplier"].to_numpy() * span + (first_due - base)
    order = np.argsort(keys, kind="stable")
    is_judged = ~lines["is_unknown"]
    summed = {
        "whole": lines["is_whole"],
        "unknown": lines["is_unknown"],
        "on_time": lines["is_on_time"] & is_judged,
        "on_time_whole": lines["is_on_time"] & lines["is_whole"] & is_judged,
        "on_time_now": lines["is_on_time_now"] & is_judged,
        "wanted": lines["wanted"] * is_judged,
        "by_first_due": lines["by_first_due"] * is_judged,
        "by_due": lines["by_due"] * is_judged,
        "delivered": lines["delivered"],
        "rejected": lines["rejected"],
    }
    sums = {name: _running(column.to_numpy(dtype=np.int64)[order]) for name, column in summed.items()}
    narrow = np.int32 if suppliers * span < np.iinfo(np.int32).max else np.int64
    return RunningSums(keys[order].astype(narrow), base, span, suppliers, sums)


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
        return np.diff(_running(quantities)[self.starts])

    def received_by(self, days: Integers) -> Integers:
        """Good units of each line that came up to and on its day, returns taken off."""
        return self.sums(np.where(self.day <= days[self.line], self.good, 0))

    def complete(self, wanted: Integers) -> Integers:
        """The day since which each line has been whole: of the last receipt that made it so; NO_DAY if it is not."""
        before = _running(self.good)[:-1] - _running(self.good)[self.starts[self.line]]
        is_missing_some = before < wanted[self.line]
        days = np.full(len(wanted), NO_DAY)
        days[self.line[is_missing_some]] = self.day[is_missing_some]
        return np.where(self.sums(self.good) >= wanted, days, NO_DAY)


def _receipts(purchasing: Purchasing) -> _Receipts:
    receipts = purchasing.receipts
    line, day = receipts["position"].to_numpy(dtype=np.int64), day_numbers(receipts["received_date"])
    order = np.lexsort((day, line))
    order = order[np.searchsorted(line[order], 0) :]
    starts = np.searchsorted(line[order], np.arange(len(purchasing.po_lines) + 1))
    good, rejected = (to_thousandths(receipts[name])[order] for name in ("received_qty", "rejected_qty"))
    return _Receipts(line[order], day[order], good, rejected, starts)


def _running(quantities: Integers) -> Integers:
    """Running sums that start with 0: one more than there are quantities."""
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(quantities)])


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


def _coded_days(lines: pd.DataFrame, later: str, earlier: str) -> CodedDays:
    """Days from the earlier to the later of these lines, coded with their supplier."""
    days = lines[later].to_numpy() - lines[earlier].to_numpy()
    values, places = np.unique(days, return_inverse=True)
    codes = lines["supplier"].to_numpy() * len(values) + places
    return CodedDays(values, lines["first_due"].to_numpy(), codes)
