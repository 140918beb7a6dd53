"""How the backlog goes from week to week, with what was moved and decided in between. Knows no store and no screen."""

from __future__ import annotations

import pandas as pd


def trend(
    totals: pd.DataFrame, moves: pd.DataFrame, decisions: pd.DataFrame, week_start: int | None = None
) -> pd.DataFrame:
    """The backlog over time: one row per snapshot, oldest first; with week_start one per week, its last snapshot.

    totals: one row per snapshot and concept of the Overview (data_access.snapshots.totals_over_time)
    moves: Ledger.moves, of which moved_day counts; decisions: one row per decision, of which decided_date counts
    week_start: the first day of the week, 0 for Monday, 6 for Sunday

    week [its first day; the snapshot's day without week_start]; snapshot_date; open_lines, backordered_lines,
    late_lines; open_qty, backordered_qty [units]; open_value, backordered_value [money]; late_value [backordered money
    of late lines]; oldest_days [the age of the oldest open line, NaN where none is open]; otif_rate, otif_low,
    otif_high [0 to 1, ends of the 95 % interval; NaN where nothing was due]; due_lines [their n]; moves, decisions
    [after the snapshot of the row before, up to this one's day; of the first row those of its week or day].
    """
    raise NotImplementedError


def worse_suppliers(now: pd.DataFrame, before: pd.DataFrame | None = None) -> pd.DataFrame:
    """The suppliers that are getting worse, the largest fall of OTIF first: one row per supplier.

    now, before: dashboard.domain.suppliers.supplier_statistics of the closing's day and of the opening's. Worse is what
    they mark as such: the last 90 days significantly below the 365 before.

    supplier_id, supplier_name; recent_otif_rate, before_otif_rate [0 to 1]; recent_lines, before_lines [their n];
    turn_p; fall [before - recent, 0 to 1]; is_new [not marked at the opening; True throughout without `before`].
    """
    raise NotImplementedError
