"""How sure we are, and how long things last: intervals, tests and survival. Knows neither suppliers nor order lines.

Sources: E. B. Wilson, "Probable inference", JASA 22 (1927); E. L. Kaplan and P. Meier, "Nonparametric estimation from
incomplete observations", JASA 53 (1958); the pooled two-proportion z-test as in any textbook.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from dashboard.domain.exact import Floats, Integers

CONFIDENCE = 0.95

_ROUNDING = 1e-12
"""Survival is a product of fractions: 9/10 x 8/9 x ... may miss one half by less than this."""

_erfc = np.frompyfunc(math.erfc, 1, 1)


def wilson(successes: Any, n: Any, confidence: float = CONFIDENCE) -> tuple[Floats, Floats]:
    """The interval that a share lies in, by Wilson's score: lower and upper ends, each from 0 to 1, NaN where n is 0.

    Two of two is no proof of 100 %:

    >>> low, high = wilson([2, 196], [2, 200])
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.342, 0.95], [1.0, 0.992])
    """
    successes, n = np.asarray(successes, dtype=np.float64), np.asarray(n, dtype=np.float64)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    n = np.where(n > 0, n, np.nan)
    share = successes / n
    middle = share + z * z / (2 * n)
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return np.clip((middle - half) / scale, 0, 1), np.clip((middle + half) / scale, 0, 1)


def two_proportion_z(x1: Any, n1: Any, x2: Any, n2: Any) -> Floats:
    """By how many standard errors the share x1/n1 is above x2/n2, pooled.

    NaN where an n is 0; 0 where both shares are 0 or both are 1.
    """
    x1, n1, x2, n2 = (np.asarray(each, dtype=np.float64) for each in (x1, n1, x2, n2))
    n1, n2 = np.where(n1 > 0, n1, np.nan), np.where(n2 > 0, n2, np.nan)
    pooled = (x1 + x2) / (n1 + n2)
    difference = x1 / n1 - x2 / n2
    error = np.sqrt(np.clip(pooled * (1 - pooled), 0, None) * (1 / n1 + 1 / n2))
    return np.where(error == 0, 0.0, difference / np.where(error == 0, 1.0, error))


def two_proportion_p(x1: Any, n1: Any, x2: Any, n2: Any) -> Floats:
    """How often chance alone makes two shares differ as much (two-sided p of the z-test); NaN where an n is 0."""
    z = two_proportion_z(x1, n1, x2, n2)
    return np.asarray(_erfc(np.abs(z) / math.sqrt(2)), dtype=np.float64)


def kaplan_meier(durations: Any, is_event: Any) -> pd.DataFrame:
    """The share still waiting after each duration, where some had not ended when last seen (censored).

    One row per distinct duration at which one ended, ascending: time; at_risk [seen to last at least as long]; events
    [that ended then]; survival [the share that lasts longer than time, 0 to 1]. Rows without a duration (NaN) are left
    out; durations may be below zero. Whoever is censored at a time was still at risk then.
    """
    durations, is_event = np.asarray(durations, dtype=np.float64), np.asarray(is_event, dtype=bool)
    is_known = ~np.isnan(durations)
    times, place = np.unique(durations[is_known], return_inverse=True)
    ended = is_event[is_known]
    events = np.bincount(place[ended], minlength=len(times))
    censored = np.bincount(place[~ended], minlength=len(times))
    one_group = np.array([0, len(times)])
    at_risk = at_risk_of_counts(events, censored, one_group)
    survival = survival_of_counts(events, censored, one_group)
    curve = pd.DataFrame({"time": times, "at_risk": at_risk, "events": events, "survival": survival})
    return curve[curve["events"] > 0].reset_index(drop=True)


def at_risk_of_counts(events: Integers, censored: Integers, starts: Integers) -> Integers:
    """How many of a group last at least as long as each time, from counts per time, ascending within each group.

    starts: where each group's times begin, and where the last one's end.
    """
    running = _running(events + censored)
    return np.repeat(running[starts[1:]], np.diff(starts)) - running[:-1]


def survival_of_counts(events: Integers, censored: Integers, starts: Integers) -> Floats:
    """The Kaplan-Meier share of a group that lasts longer than each time; the same counts as at_risk_of_counts."""
    lasting = 1 - events / np.maximum(at_risk_of_counts(events, censored, starts), 1)
    group = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    return np.asarray(pd.Series(lasting).groupby(group, sort=False).cumprod(), dtype=np.float64)


def survival_quantile(curve: pd.DataFrame, q: float) -> float:
    """The shortest time by which the share q has ended, read off a curve of kaplan_meier; NaN if it never gets there.

    >>> survival_quantile(kaplan_meier([1, 2, 3, 4], [True, True, True, False]), 0.5)
    2.0
    """
    is_reached = curve["survival"].to_numpy() <= 1 - q + _ROUNDING
    return float(curve["time"].to_numpy()[is_reached.argmax()]) if is_reached.any() else math.nan


def quantile_positions(survival: Floats, starts: Integers, q: float) -> Integers:
    """For each group the first position at which its share q has ended; -1 where it never has.

    survival, starts: as in survival_of_counts.
    """
    reached = np.append(np.flatnonzero(survival <= 1 - q + _ROUNDING), len(survival))
    first = reached[np.searchsorted(reached, starts[:-1])]
    return np.where(first < starts[1:], first, -1)


def nearest_positions(counts: Integers, starts: Integers, q: float) -> Integers:
    """For each group the first position within which the share q of what it counts lies; -1 where it counts nothing."""
    running = _running(counts)
    before, total = running[starts[:-1]], running[starts[1:]] - running[starts[:-1]]
    wanted = before + np.ceil(total * q).astype(np.int64)
    return np.where(total > 0, np.searchsorted(running[1:], wanted), -1)


def _running(counts: Integers) -> Integers:
    """Running sums that start with 0: one more than there are counts."""
    return np.concatenate([[0], np.cumsum(counts)])
