"""Snapshots: the state of a day, kept whole for some weeks and in totals for ever."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import pandas as pd
from sqlalchemy import Engine

from dashboard.domain.book import Book
from dashboard.domain.ledger import Ledger
from dashboard.domain.order_history import OrderHistory
from dashboard.domain.purchasing import Purchasing
from dashboard.domain.rules import Rules
from data_access.problems import Problem

if TYPE_CHECKING:
    from dashboard.domain.bridge import State

WHOLE_WEEKS = 26
"""For so many weeks a snapshot is kept whole, unless the settings say otherwise."""


@dataclass(frozen=True)
class Snapshot:
    """A day that was kept: when, by whom, of which data and by which rules its figures were made.

    is_whole: whether its frames are still there; else its totals alone are.
    """

    snapshot_id: int
    snapshot_date: date
    taken_by: str
    taken_at: datetime
    data_revision: int
    rules: Rules
    is_whole: bool


def take_snapshot(
    engine: Engine, today: date, rules: Rules, *, by: str, at: datetime, whole_weeks: int = WHOLE_WEEKS
) -> Snapshot:
    """Keep the state of the day; a snapshot of the same day is replaced."""
    raise NotImplementedError


def snapshots(engine: Engine) -> list[Snapshot]:
    """Every day that was kept, oldest first."""
    raise NotImplementedError


def snapshot_of(engine: Engine, day: date) -> Snapshot | None:
    """The snapshot of a day; None where none was taken."""
    raise NotImplementedError


def snapshot_before(engine: Engine, day: date, *, at_least_days: int = 1) -> Snapshot | None:
    """The latest whole snapshot at least so many days before a day; None where there is none."""
    raise NotImplementedError


def totals_over_time(engine: Engine) -> pd.DataFrame:
    """The totals of every day that was kept: one row per snapshot and concept of the Overview, oldest first.

    snapshot_date [datetime64]; concept; lines, orders, customers; open_qty, backordered_qty [units]; open_value,
    backordered_value [money]; oldest_days [the highest age of an open line, NaN where none is open]; due_lines,
    otif_lines [of all suppliers over the standard window, NaN where none was due].
    """
    raise NotImplementedError


def read_state(engine: Engine, snapshot: Snapshot) -> State:
    """The backlog of a snapshot as it was shown that day. Raises NoSnapshotError where it is not kept whole."""
    raise NotImplementedError


def left_between(engine: Engine, opening: Snapshot, closing: Snapshot | None) -> pd.DataFrame:
    """The lines that were open at the opening and are not at the closing (None: now): one row per order line.

    order_id, line_no [str]; ordered_qty, shipped_qty, cancelled_qty, open_qty [units, when it was last seen by then];
    unit_price [money]. A line that the store no longer holds is left out.
    """
    raise NotImplementedError


def read_book_of(engine: Engine, snapshot: Snapshot) -> Book:
    """The book as it was read for a snapshot. Raises NoSnapshotError where it is not kept whole."""
    raise NotImplementedError


def read_order_history_of(engine: Engine, snapshot: Snapshot) -> OrderHistory:
    """The order history as it was read for a snapshot. Raises NoSnapshotError where it is not kept whole."""
    raise NotImplementedError


def read_purchasing_of(engine: Engine, snapshot: Snapshot) -> Purchasing:
    """What was bought as it was read for a snapshot. Raises NoSnapshotError where it is not kept whole."""
    raise NotImplementedError


def read_ledger_of(engine: Engine, snapshot: Snapshot) -> Ledger:
    """The ledger as it was read for a snapshot. Raises NoSnapshotError where it is not kept whole."""
    raise NotImplementedError


def read_row_counts_of(engine: Engine, snapshot: Snapshot) -> dict[str, int]:
    """How many rows the store held of each table. Raises NoSnapshotError where it is not kept whole."""
    raise NotImplementedError


def read_problems_of(engine: Engine, snapshot: Snapshot) -> list[Problem]:
    """The data problems of that day. Raises NoSnapshotError where it is not kept whole."""
    raise NotImplementedError
