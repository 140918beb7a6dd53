"""Sums by group that run through lines in order of the first due date, so that those of any window are a difference.

A group is a supplier, or a cell: a supplier and a number of days that some line of it has. Most suppliers have few of
all the numbers of days there are, so that only the cells that are there are kept and worked on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from dashboard.domain.exact import Integers

LEAST_STEP = 1 << 14
"""Fewer lines are summed faster than looked up."""


@dataclass(frozen=True, eq=False)
class RunningSums:
    """Sums by group that run through lines in order of the first due date.

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
        kept: Integers = self.kept[steps]
        between = slice(steps * self.step, place)
        return kept if between.start == place else kept + sums(self.group, self.summed, between, len(kept))


@dataclass(frozen=True, eq=False)
class Cells:
    """The numbers of days that the lines of each supplier have: one cell per supplier and number of days.

    supplier, days: of each cell, by supplier, then by days. starts: where each supplier's cells begin, and the last
    one's end.
    """

    supplier: Integers
    days: Integers
    starts: Integers

    def sums(self, counts: Integers) -> Integers:
        """The counts of each supplier's cells added up."""
        running = np.concatenate([[0], np.cumsum(counts)])
        return np.diff(running[self.starts])

    def last_within(self, supplier: Integers, days: Integers) -> Integers:
        """The last cell of each supplier with at most so many days; -1 where it has none."""
        if not len(self.days):
            return np.full(len(supplier), -1)
        least, most = self.days.min(), self.days.max()
        keys, width = self.supplier * (most - least + 1) + self.days - least, most - least + 1
        found = np.searchsorted(keys, supplier * width + np.minimum(days, most) - least, side="right") - 1
        return np.where((days >= least) & (self.supplier[found] == supplier), found, -1)


@dataclass(frozen=True, eq=False)
class CountedDays:
    """Lines with a number of days each, counted by cell."""

    cells: Cells
    counted: RunningSums

    def counts(self, start: int, end: int) -> Integers:
        """Of lines first due from start to the day before end, how many are in each cell."""
        (counts,) = self.counted.windows([start, end])
        return counts


def running_sums(first_due: Integers, group: Integers, summed: npt.NDArray[Any] | None, groups: int) -> RunningSums:
    """Sum lines, which stand by first due date, by one of so many groups."""
    step = max(groups, LEAST_STEP)
    starts = range(0, len(group) - step + 1, step)
    of_steps = [sums(group, summed, slice(start, start + step), groups) for start in starts]
    kept = np.cumsum([np.zeros(groups, dtype=np.int64), *of_steps], axis=0)
    return RunningSums(first_due, group, summed, step, kept)


def sums(group: Integers, summed: npt.NDArray[Any] | None, rows: slice, groups: int) -> Integers:
    """Sums by group over some rows, or their count: whole numbers, exact while a step's sum stays below 2^53."""
    weights = None if summed is None else summed[rows]
    return np.bincount(group[rows], weights=weights, minlength=groups).astype(np.int64, copy=False)


def counted_days(first_due: Integers, supplier: Integers, days: Integers, suppliers: int) -> CountedDays:
    """Count lines, which stand by first due date, by supplier and number of days."""
    least = days.min(initial=0)
    width = int(days.max(initial=0) - least) + 1
    keys, cell = _distinct(supplier * width + days - least)
    of_supplier, beyond = np.divmod(keys, width)
    starts = np.searchsorted(of_supplier, np.arange(suppliers + 1))
    cells = Cells(of_supplier, beyond + least, starts)
    return CountedDays(cells, running_sums(first_due, cell, None, len(keys)))


def _distinct(numbers: Integers) -> tuple[Integers, Integers]:
    """The distinct whole numbers from 0 on, ascending, and the place of each among them.

    They are not sorted where a mark for each number up to the highest takes no more room than the numbers themselves.
    """
    if int(numbers.max(initial=0)) > max(len(numbers), LEAST_STEP):
        values, places = np.unique(numbers, return_inverse=True)
        return values, places
    is_there = np.bincount(numbers) > 0
    return np.flatnonzero(is_there), (np.cumsum(is_there) - 1)[numbers]
