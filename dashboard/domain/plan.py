"""The plan: the book of one revision with its allocation and the backlog, made once and looked at by every page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from dashboard.domain.allocation import Allocation, allocate
from dashboard.domain.backlog import build_backlog, whole_orders
from dashboard.domain.book import Book


@dataclass(frozen=True, eq=False)
class Plan:
    """What can be promised to whom, as of one day and one revision of the store.

    backlog: one row per open order line (dashboard.domain.backlog).
    """

    book: Book
    allocation: Allocation
    backlog: pd.DataFrame

    @property
    def allocations(self) -> pd.DataFrame:
        """One row per order line and supply that it takes from."""
        return self.allocation.allocations

    @cached_property
    def orders(self) -> pd.DataFrame:
        """One row per order with open lines."""
        return whole_orders(self.backlog)


def make_plan(book: Book, rule: Sequence[str]) -> Plan:
    """Allocate the book's supplies by the rule and build the backlog."""
    allocation = allocate(book, tuple(rule))
    return Plan(book, allocation, build_backlog(book, allocation))
