"""How the backlog goes from week to week, with what was moved and decided in between. Knows no store and no screen."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from dashboard.domain.backlog import LATE
from dashboard.domain.days import day_numbers, to_dates
from dashboard.domain.exact import Integers
from dashboard.domain.ids import natural_rank
from dashboard.domain.overview import BACKORDERED, OPEN
from dashboard.domain.statistics import wilson
from dashboard.domain.suppliers import WORSE

DAYS_OF_WEEK = 7
_EPOCH_WEEKDAY = 3
"""1970-01-01, the day from which days are counted, was a Thursday."""

_FIGURES = {
    "open_lines": (OPEN, "lines"),
    "backordered_lines": (BACKORDERED, "lines"),
    "late_lines": (LATE, "lines"),
    "open_qty": (OPEN, "open_qty"),
    "backordered_qty": (BACKORDERED, "backordered_qty"),
    "open_value": (OPEN, "open_value"),
    "backordered_value": (BACKORDERED, "backordered_value"),
    "late_value": (LATE, "backordered_value"),
}
"""Where each figure of the trend stands in the totals: the concept's row and its column."""
_TURN = [
    "supplier_id", "supplier_name", "recent_otif_rate", "before_otif_rate", "recent_lines", "before_lines", "turn_p",
]  # fmt: skip


def trend(
    totals: pd.DataFrame, moves: pd.DataFrame, decisions: pd.DataFrame, week_start: int | None = None
) -> pd.DataFrame:
    """The backlog over time: one row per snapshot, oldest first; with week_start one per week, its last snapshot.

    totals: one row per snapshot and concept of the Overview, with the snapshot's oldest_days, due_lines and otif_lines
        on each (data_access.snapshots.totals_over_time)
    moves: Ledger.moves, of which moved_day counts; decisions: one row per decision, of which decided_date counts
    week_start: the first day of the week, 0 for Monday, 6 for Sunday

    week [its first day; the snapshot's day without week_start]; snapshot_date; open_lines, backordered_lines,
    late_lines; open_qty, backordered_qty [units]; open_value, backordered_value [money]; late_value [backordered money
    of late lines]; oldest_days [the age of the oldest open line, NaN where none is open]; otif_rate, otif_low,
    otif_high [0 to 1, ends of the 95 % interval; NaN where nothing was due]; due_lines [their n]; moves, decisions
    [from the day after the row before to this one's day; of the first row from the first day of its week, or its day].
    Weeks without a snapshot have no row; what was moved and decided then counts in the next.
    """
    days = np.unique(day_numbers(totals["snapshot_date"]))
    weeks = days if week_start is None else _first_day_of_week(days, week_start)
    is_last = np.append(weeks[1:] != weeks[:-1], np.ones(min(len(days), 1), dtype=bool))
    days, weeks = days[is_last], weeks[is_last]
    figures = {name: _figure(totals, days, *place) for name, place in _FIGURES.items()}
    due, on_time = _figure(totals, days, OPEN, "due_lines"), _figure(totals, days, OPEN, "otif_lines")
    low, high = wilson(on_time, due)
    edges = np.concatenate([weeks[:1] - 1, days])
    return pd.DataFrame(
        {
            "week": to_dates(weeks),
            "snapshot_date": to_dates(days),
            **{name: _whole(values) if name.endswith("_lines") else values for name, values in figures.items()},
            "oldest_days": _figure(totals, days, OPEN, "oldest_days", otherwise=np.nan),
            "otif_rate": on_time / np.where(due > 0, due, np.nan),
            "otif_low": low,
            "otif_high": high,
            "due_lines": _whole(due),
            "moves": _counted(moves["moved_day"], edges),
            "decisions": _counted(decisions["decided_date"], edges),
        }
    )


def with_now(
    kept: pd.DataFrame, today: date, totals: pd.DataFrame, backlog: pd.DataFrame, suppliers: pd.DataFrame
) -> pd.DataFrame:
    """The totals of every day that was kept, and of now in place of what was kept today; empty where none was kept.

    kept: as `totals` of trend. totals: dashboard.domain.overview.totals of now; backlog: that of now; suppliers: the
    statistics of now over the standard window.
    """
    if kept.empty:
        return kept
    due, rate = suppliers["lines_judged"], suppliers["otif_rate"]
    in_all: dict[str, Any] = {
        "snapshot_date": pd.Timestamp(today),
        "oldest_days": float(backlog["age_days"].max()) if len(backlog) else np.nan,
        "due_lines": float(due.sum()) if due.sum() else np.nan,
        "otif_lines": float((rate * due).round().sum()) if due.sum() else np.nan,
    }
    now = totals.assign(**in_all)[list(kept.columns)].astype(kept.dtypes.to_dict())
    return pd.concat([kept[kept["snapshot_date"] < pd.Timestamp(today)], now])


def worse_suppliers(now: pd.DataFrame, before: pd.DataFrame | None = None) -> pd.DataFrame:
    """The suppliers that are getting worse, the largest fall of OTIF first: one row per supplier.

    now, before: dashboard.domain.suppliers.supplier_statistics of the closing's day and of the opening's. Worse is what
    they mark as such: the last 90 days significantly below the 365 before.

    supplier_id, supplier_name; recent_otif_rate, before_otif_rate [0 to 1]; recent_lines, before_lines [their n];
    turn_p; fall [before - recent, 0 to 1]; is_new [not marked at the opening; True throughout without `before`].
    """
    worse = now[now["mark"] == WORSE][_TURN]
    marked_before = [] if before is None else before["supplier_id"][before["mark"] == WORSE].astype("str").tolist()
    fall = worse["before_otif_rate"] - worse["recent_otif_rate"]
    worse = worse.assign(fall=fall, is_new=~worse["supplier_id"].astype("str").isin(marked_before))
    order = np.lexsort((natural_rank(worse["supplier_id"]), -worse["fall"]))
    return worse.iloc[order].reset_index(drop=True)


def _first_day_of_week(days: Integers, week_start: int) -> Integers:
    return days - (days + _EPOCH_WEEKDAY - week_start) % DAYS_OF_WEEK


def _figure(totals: pd.DataFrame, days: Integers, concept: str, column: str, otherwise: float = 0.0) -> Any:
    """A column of a concept's rows at each of these days."""
    rows = totals[totals["concept"] == concept]
    of_day = pd.Series(rows[column].to_numpy(dtype=np.float64), index=day_numbers(rows["snapshot_date"]))
    return of_day.reindex(days).fillna(otherwise).to_numpy()


def _whole(values: Any) -> Integers:
    return np.asarray(values).astype(np.int64)


def _counted(dates: pd.Series, edges: Integers) -> Integers:
    """How many of the dates lie after each edge, up to and on the next one."""
    days = np.sort(day_numbers(dates))
    return np.diff(np.searchsorted(days, edges, side="right"))
