"""How far each supplier can be relied on: rates with their n and interval, days late, lead time, and where they turn.

The rules, for every figure of this module:

- A purchase-order line counts in a window of so many days if its first due date is one of the last so many days before
  today: a line due today is not late yet. Wanted is ordered less what its source says was cancelled: a line that is
  closed because a full file no longer lists it, and never came, stays a failure. A line all of which was cancelled is
  left out and counted in lines_cancelled; without a first due date it is left out.
- Quantities are those on the line, receipts say when. Received by a day is what the receipts up to and on it say in
  good units (rejected ones do not count, returns are taken off), at most what the line says was received.
- What is dated after today has not happened: such receipts' units are taken off the line's quantity too.
- On time, in units: received up to and on the first due date, at most what was wanted, over what was wanted.
- In full: lines whose own received quantity is all that was wanted. OTIF: lines in full whose receipts were whole by
  the first due date, so that OTIF is never above in full. A line overdue and not received counts against both.
- A line that is whole while its receipts do not say since when is left out of on time, OTIF and days late. Where not
  one received line of a supplier has a receipt, in its whole history, none of these can be told: its failures alone
  would be left to count. Whatever is left out so is in lines_unknown.
- Against the current due date the same lines are judged; those not yet due by it and not received are left out.
- No line, no rate: NaN, never 100 %.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.domain.days import day_number
from dashboard.domain.exact import Floats, Integers, to_units
from dashboard.domain.purchasing import Outcomes, Purchasing
from dashboard.domain.running_sums import Cells
from dashboard.domain.statistics import (
    nearest_positions,
    quantile_positions,
    survival_of_counts,
    two_proportion_p,
    wilson,
)

DEFAULT_WINDOW_DAYS = 365
RECENT_DAYS = 90
BEFORE_DAYS = 365
SIGNIFICANCE = 0.05
LEAST_LINES = 10
"""A turn is marked only where both periods have so many lines."""

_TURN_SUMS = ("lines", "unknown", "on_time")

BETTER, WORSE, SAME = "better", "worse", ""

Sums = dict[str, Integers]
"""Sums over the lines of each supplier in a window, by name (Outcomes.running)."""


def supplier_statistics(purchasing: Purchasing, today: date, window_days: int = DEFAULT_WINDOW_DAYS) -> pd.DataFrame:
    """How far each supplier can be relied on: one row per supplier, the most reliable first.

    Ranked by the lower end of the OTIF interval, those without one last, ties by id in natural order.

    rank; supplier_id, supplier_name; lines_due; lines_cancelled [wholly, by their source: not among lines_due];
    lines_unknown [left out of what needs a day: whole at an unknown one, or all where the supplier has no receipt];
    lines_judged [n of on time and OTIF]; in_full_rate, in_full_low, in_full_high [n is lines_due]; on_time_rate,
    on_time_low, on_time_high, otif_rate, otif_low, otif_high [ends of the 95 % interval]; the same against the current
    due date with _now, their n lines_judged_now; otif_received_rate [OTIF of lines of which anything was received],
    lines_received [its n]; median_days_late, p80_days_late [days; Kaplan-Meier, unreceived lines censored today, NaN
    where so many have not come]; lead_time_days, lead_low_days, lead_high_days [median and quartiles of lines that came
    whole]; reject_rate, inspected_qty [its n in units]; moved_rate [share of lines due whose due date is not the first
    one], moved_days [their median move]; manager_moves [of restock dates, up to today]; and the columns of `turns`.

    The interval of the on-time rate counts lines, not units, as independent: its n is lines_judged.
    """
    outcomes = purchasing.outcomes(today)
    end = day_number(today)
    (sums,) = outcomes.windows([end - window_days, end], outcomes.running)
    columns = {
        "lines_due": sums["lines"],
        "lines_cancelled": _count(outcomes, _within(outcomes.cancelled, end - window_days, end)),
        "lines_unknown": sums["unknown"],
        **_rates(sums),
        **_rates_now(sums, outcomes, end - window_days, end),
        **_days(sums, outcomes, end - window_days, end),
        "manager_moves": outcomes.manager_moves,
        **turns(outcomes, today),
    }
    order = np.argsort(-np.nan_to_num(columns["otif_low"], nan=-1), kind="stable")
    names = outcomes.names.iloc[order].reset_index(drop=True)
    ranked = {name: column[order] for name, column in columns.items()}
    rank = np.arange(1, len(order) + 1)
    named = {str(name): names[name] for name in names}
    return pd.DataFrame({"rank": rank, **named, **ranked}, copy=False)


def turns(outcomes: Outcomes, today: date) -> dict[str, npt.NDArray[Any]]:
    """Where the last 90 days are significantly better or worse than the 365 before, by OTIF: one entry per supplier.

    mark [BETTER, WORSE or SAME: the two-proportion test at 5 %, where both periods have at least LEAST_LINES lines];
    recent_otif_rate, before_otif_rate; recent_lines, before_lines [their n]; turn_p [the test's p, two-sided].
    """
    end = day_number(today)
    edges = [end - RECENT_DAYS - BEFORE_DAYS, end - RECENT_DAYS, end]
    before, recent = outcomes.windows(edges, _TURN_SUMS)
    recent_n, before_n = _judged(recent), _judged(before)
    p = two_proportion_p(recent["on_time"], recent_n, before["on_time"], before_n)
    recent_rate, before_rate = _share(recent["on_time"], recent_n), _share(before["on_time"], before_n)
    is_clear = (p < SIGNIFICANCE) & (recent_n >= LEAST_LINES) & (before_n >= LEAST_LINES)
    return {
        "mark": np.where(is_clear, np.where(recent_rate < before_rate, WORSE, BETTER), SAME),
        "recent_otif_rate": recent_rate,
        "before_otif_rate": before_rate,
        "recent_lines": recent_n,
        "before_lines": before_n,
        "turn_p": p,
    }


def _rates(sums: Sums) -> dict[str, npt.NDArray[Any]]:
    judged = _judged(sums)
    inspected = sums["delivered"] + sums["rejected"]
    return {
        "lines_judged": judged,
        **_line_rate("in_full", sums["whole"], sums["lines"]),
        **_unit_rate("on_time", sums["by_first_due"], sums["wanted"], judged),
        **_line_rate("otif", sums["on_time"], judged),
        "otif_received_rate": _share(sums["on_time"], sums["received"]),
        "lines_received": sums["received"],
        "reject_rate": _share(sums["rejected"], inspected),
        "inspected_qty": to_units(inspected),
    }


def _rates_now(sums: Sums, outcomes: Outcomes, start: int, end: int) -> dict[str, npt.NDArray[Any]]:
    """The rates against the current due date: lines not yet due by it and not received are taken off again."""
    waiting = _within(outcomes.unreceived, start, end)
    waiting = waiting[waiting["due"] >= end]
    count = len(outcomes.supplier_ids)

    def without(name: str) -> Floats:
        return np.asarray(sums[name] - np.bincount(waiting["supplier"], weights=waiting[name], minlength=count))

    judged = _judged(sums) - _count(outcomes, waiting)
    return {
        "lines_judged_now": judged,
        **_unit_rate("on_time_now", without("by_due"), without("wanted"), judged),
        **_line_rate("otif_now", sums["on_time_now"], judged),
    }


def _days(sums: Sums, outcomes: Outcomes, start: int, end: int) -> dict[str, npt.NDArray[Any]]:
    """Days late, lead time and moves from counts of lines by supplier and number of days."""
    late, lead, moved = outcomes.late, outcomes.lead, outcomes.moved
    late_starts = late.cells.starts
    (still_late,) = outcomes.still_late.windows([start, end])
    survival = survival_of_counts(late.counts(start, end), still_late, late_starts)
    lead_counts, moved_counts = lead.counts(start, end), moved.counts(start, end)
    return {
        "median_days_late": _values_at(late.cells.days, quantile_positions(survival, late_starts, 0.5)),
        "p80_days_late": _values_at(late.cells.days, quantile_positions(survival, late_starts, 0.8)),
        "lead_time_days": _quantile(lead.cells, lead_counts, 0.5),
        "lead_low_days": _quantile(lead.cells, lead_counts, 0.25),
        "lead_high_days": _quantile(lead.cells, lead_counts, 0.75),
        "moved_rate": _share(moved.cells.sums(moved_counts), sums["lines"]),
        "moved_days": _quantile(moved.cells, moved_counts, 0.5),
    }


def _within(lines: pd.DataFrame, start: int, end: int) -> pd.DataFrame:
    """Of lines in order of their first due date, those first due from start to the day before end."""
    low, high = np.searchsorted(lines["first_due"].to_numpy(), [start, end])
    return lines.iloc[low:high]


def _count(outcomes: Outcomes, lines: pd.DataFrame) -> Integers:
    """How many of the lines each supplier has."""
    return np.bincount(lines["supplier"], minlength=len(outcomes.supplier_ids))


def _judged(sums: Sums) -> Integers:
    """Lines of which it can be told whether they were on time."""
    return sums["lines"] - sums["unknown"]


def _line_rate(name: str, successes: Integers | Floats, n: Integers) -> dict[str, Floats]:
    """A share of lines with its interval."""
    successes = np.where(n > 0, successes, 0)
    low, high = wilson(successes, n)
    return {f"{name}_rate": _share(successes, n), f"{name}_low": low, f"{name}_high": high}


def _unit_rate(name: str, received: Integers | Floats, wanted: Integers | Floats, n: Integers) -> dict[str, Floats]:
    """A share of units with an interval that counts lines, not units, as independent."""
    rate = np.where(n > 0, _share(received, wanted), np.nan)
    low, high = wilson(rate * n, n)
    return {f"{name}_rate": rate, f"{name}_low": low, f"{name}_high": high}


def _share(part: Any, whole: Any) -> Floats:
    """Part of whole; NaN where there is no whole."""
    return np.asarray(part / np.where(whole > 0, whole, np.nan))


def _quantile(cells: Cells, counts: Integers, q: float) -> Floats:
    """For each supplier the least number of days within which the share q of its lines lies; NaN where it has none."""
    return _values_at(cells.days, nearest_positions(counts, cells.starts, q))


def _values_at(values: Integers, positions: Integers) -> Floats:
    """The value at each position, NaN where that is below zero."""
    return np.append(values.astype(np.float64), np.nan)[positions]
