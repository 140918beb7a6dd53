"""Receipts of purchase-order lines in order of line and day: what had come by a day, and since when a line is whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.domain.days import NO_DAY, day_numbers
from dashboard.domain.exact import Integers, to_thousandths
from dashboard.domain.running_sums import sums


@dataclass(frozen=True, eq=False)
class Receipts:
    """Receipts of lines that the store holds, each line's together, in order of day: line, day, units in thousandths.

    starts: where each line's receipts begin, and where the last one's end. later: good units of each line that come
    after the day up to which these receipts are told.
    """

    line: Integers
    day: Integers
    good: Integers
    rejected: Integers
    starts: Integers
    later: Integers

    def sums(self, quantities: Integers) -> Integers:
        """The sum of the receipts' quantities for each line."""
        return sums(self.line, quantities, slice(None), len(self.starts) - 1)

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


def receipts_until(receipts: pd.DataFrame, lines: int, today: int) -> Receipts:
    """The receipts up to and on today of so many lines; receipts: as in Purchasing."""
    line, day = receipts["position"].to_numpy(dtype=np.int64), day_numbers(receipts["received_date"])
    good, rejected = (to_thousandths(receipts[name]) for name in ("received_qty", "rejected_qty"))
    later = np.zeros(lines, dtype=np.int64)
    is_taken = (line >= 0) & (day <= today)
    if not is_taken.all():
        is_later = (line >= 0) & (day > today)
        np.add.at(later, line[is_later], good[is_later])
        line, day, good, rejected = (each[is_taken] for each in (line, day, good, rejected))
    if not _is_in_order(line, day):
        order = order_by(line, day)
        line, day, good, rejected = (each[order] for each in (line, day, good, rejected))
    return Receipts(line, day, good, rejected, _running(np.bincount(line, minlength=lines)), later)


def order_by(*keys: Integers) -> Integers:
    """The stable order of rows by the first key, then the next: digits of 16 bits, which numpy sorts by counting."""
    digits = [digit for key in keys for digit in _digits(key)]
    return np.lexsort(digits[::-1])


def _is_in_order(line: Integers, day: Integers) -> bool:
    """Whether receipts stand by line and day already, as a file that is kept by purchase order has them."""
    is_next, is_same = line[1:] > line[:-1], line[1:] == line[:-1]
    return bool((is_next | is_same & (day[1:] >= day[:-1])).all())


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
