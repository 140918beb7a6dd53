"""Purchase-order lines with their receipts, and how each line turned out. Knows no window of time and no rate.

How a line turned out depends on its own rows up to today, not on a window. It is worked out once for each revision and
day, so that the statistics of suppliers are differences of running sums and few counts over whole columns
(docs/decisions/0006-supplier-rates.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

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
    """How each purchase-order line that can count turned out by today.

    A line can count if it has a first due date and its source did not cancel all of it. Receipts after today have not
    happened: their units are taken off the line's own received quantity too.

    supplier_ids: all suppliers in natural order; a supplier's place among them is its number
    names: supplier_id, supplier_name [the id where it has none], in that order
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
    unreceived: the judged lines that are not whole
    cancelled: supplier, first_due of each line with a first due date all of which was cancelled, by first due date
    late, lead, moved: complete - first due, complete - ordered, and due - first due where these differ [days]
    running: sums over lines by supplier (whole, unknown [not judged], received [judged lines with anything received],
        on_time, on_time_now, wanted, by_first_due, by_due, delivered, rejected); all but whole, unknown, delivered and
        rejected are of judged lines alone
    """

    supplier_ids: list[str]
    names: pd.DataFrame
    lines: pd.DataFrame
    unreceived: pd.DataFrame
    cancelled: pd.DataFrame
    late: CodedDays
    lead: CodedDays
    moved: CodedDays
    running: RunningSums


def line_outcomes(purchasing: Purchasing, today: date) -> Outcomes:
    """Work out how each line turned out by today, in one pass over the receipts in order of line and day."""
    supplier_ids, supplier = _suppliers(purchasing)
    every = _turned_out(purchasing, today).assign(supplier=supplier)
    every["is_judged"] = ~every["is_unknown"] & ~_is_blind(every, len(supplier_ids))[supplier]
    has_due = every["first_due"] != NO_DAY
    is_cancelled = has_due & (every["wanted"] == 0) & (every["ordered_qty"] > 0)
    lines = _in_order(every.drop(columns=["ordered_qty", "has_receipt"]), has_due & (every["wanted"] > 0))
    is_complete = lines["complete"] != NO_DAY
    has_lead = is_complete & (lines["ordered"] != NO_DAY)
    return Outcomes(
        supplier_ids=supplier_ids,
        names=_names(purchasing, supplier_ids),
        lines=lines,
        unreceived=lines[lines["is_judged"] & ~lines["is_whole"]],
        cancelled=_in_order(every[["supplier", "first_due"]], is_cancelled),
        late=_coded_days(lines, is_complete, "complete", "first_due"),
        lead=_coded_days(lines, has_lead, "complete", "ordered"),
        moved=_coded_days(lines, lines["due"] != lines["first_due"], "due", "first_due"),
        running=_running_sums(lines, len(supplier_ids)),
    )


def _is_blind(every: pd.DataFrame, suppliers: int) -> npt.NDArray[np.bool_]:
    """Suppliers of which something was received, but never with a receipt: their failures alone would be left."""
    is_received = every["received"] > 0
    received = np.bincount(every["supplier"][is_received], minlength=suppliers)
    dated = np.bincount(every["supplier"][is_received & every["has_receipt"]], minlength=suppliers)
    return np.asarray((received > 0) & (dated == 0))


def _in_order(every: pd.DataFrame, is_taken: pd.Series) -> pd.DataFrame:
    """The rows taken by first due date; by supplier within it, so that counting them keeps to one place."""
    rows = np.flatnonzero(is_taken)
    order = np.lexsort((every["supplier"].to_numpy()[rows], every["first_due"].to_numpy()[rows]))
    return every.iloc[rows[order]].reset_index(drop=True)


def _turned_out(purchasing: Purchasing, today: date) -> pd.DataFrame:
    """The columns of Outcomes.lines that a line has by itself, for every line; ordered_qty, has_receipt."""
    po_lines = purchasing.po_lines
    ordered, first_due, due = (day_numbers(po_lines[name]) for name in ("ordered_date", "first_due_date", "due_date"))
    due = np.where(due == NO_DAY, first_due, due)
    ordered_qty, cancelled, received = (
        to_thousandths(po_lines[name]) for name in ("ordered_qty", "cancelled_qty", "received_qty")
    )
    wanted = np.maximum(ordered_qty - cancelled, 0)
    receipts, later = _receipts(purchasing, day_number(today))
    received = np.maximum(received - later, 0)
    is_whole = received >= wanted
    most = np.minimum(received, wanted)
    by_first_due, by_due = (np.clip(receipts.received_by(days), 0, most) for days in (first_due, due))
    is_on_time = by_first_due == wanted
    complete = np.where(is_on_time, receipts.complete(wanted, first_due), receipts.complete(wanted))
    complete = np.where(is_whole, complete, NO_DAY)
    return pd.DataFrame(
        {
            "row": np.arange(len(po_lines)),
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
    )


def _running_sums(lines: pd.DataFrame, suppliers: int) -> RunningSums:
    first_due = lines["first_due"].to_numpy()
    base = int(first_due[0]) if len(lines) else 0
    span = int(first_due[-1]) - base + 1 if len(lines) else 1
    keys = lines["supplier"].to_numpy() * span + (first_due - base)
    order = np.argsort(keys, kind="stable")
    is_judged = lines["is_judged"]
    summed = {
        "whole": lines["is_whole"],
        "unknown": ~is_judged,
        "received": (lines["received"] > 0) & is_judged,
        "on_time": lines["is_on_time"] & is_judged,
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

    def complete(self, wanted: Integers, until: Integers | None = None) -> Integers:
        """The day since which each line has been whole: of the last receipt that made it so; NO_DAY if it is not.

        Until a day of each line, or by all of its receipts.
        """
        is_taken = True if until is None else self.day <= until[self.line]
        good = np.where(is_taken, self.good, 0)
        running = _running(good)
        is_missing_some = (running[:-1] - running[self.starts[self.line]] < wanted[self.line]) & is_taken
        days = np.full(len(wanted), NO_DAY)
        days[self.line[is_missing_some]] = self.day[is_missing_some]
        return np.where(self.sums(good) >= wanted, days, NO_DAY)


def _receipts(purchasing: Purchasing, today: int) -> tuple[_Receipts, Integers]:
    """The receipts up to and on today, and the good units of each line that come later."""
    count = len(purchasing.po_lines)
    receipts = purchasing.receipts
    is_later = day_numbers(receipts["received_date"]) > today
    later = np.zeros(count, dtype=np.int64)
    if is_later.any():
        held = receipts[is_later & (receipts["position"] >= 0)]
        np.add.at(later, held["position"].to_numpy(), to_thousandths(held["received_qty"]))
        receipts = receipts[~is_later]
    return _by_line(receipts, count), later


def _by_line(receipts: pd.DataFrame, lines: int) -> _Receipts:
    line, day = receipts["position"].to_numpy(dtype=np.int64), day_numbers(receipts["received_date"])
    order = np.lexsort((day, line))
    order = order[np.searchsorted(line[order], 0) :]
    starts = np.searchsorted(line[order], np.arange(lines + 1))
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


def _coded_days(lines: pd.DataFrame, is_taken: pd.Series, later: str, earlier: str) -> CodedDays:
    """Days from the earlier to the later of the lines taken, coded with their supplier."""
    rows = np.flatnonzero(is_taken)
    days = lines[later].to_numpy()[rows] - lines[earlier].to_numpy()[rows]
    values, places = np.unique(days, return_inverse=True)
    codes = lines["supplier"].to_numpy()[rows] * len(values) + places
    return CodedDays(values, lines["first_due"].to_numpy()[rows], codes)
