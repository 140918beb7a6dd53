"""Customers at risk: what speaks for it, how it adds up to a score, and why, in words.

A customer is at risk whose open order lines are late, undated or uncovered. The score is a weighted sum of pieces of
evidence, each brought to 0 to 1 by a function that never falls as the evidence gets worse
(docs/decisions/0007-risk-score.md). Knows no screen.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from dashboard.domain.customer_evidence import customer_evidence
from dashboard.domain.errors import SettingsError
from dashboard.domain.exact import Floats
from dashboard.domain.ids import natural_rank
from dashboard.domain.order_history import OrderHistory

DEFAULT_WEIGHTS: Mapping[str, float] = {
    "late": 20,
    "days_late": 20,
    "without_date": 10,
    "moved": 10,
    "shipped_late": 10,
    "silence": 10,
    "tier": 20,
}
"""What each piece of evidence weighs; only their proportions count."""

HALF_AT: Mapping[str, float] = {
    "late": 0.25,
    "days_late": 14,
    "without_date": 0.25,
    "moved": 2,
    "shipped_late": 0.1,
    "silence": 1,
}
"""Evidence x counts x / (x + half): half at a quarter of the value late, 14 days late, 2 moves, and so on."""

SILENT_FROM = 2
"""From so many of its rhythms on, a customer's silence is told among the reasons."""

TIER_FACTOR = 0.5
"""Tier 1 counts whole, and each tier after it by this part of the one before."""


def customer_risk(
    backlog: pd.DataFrame, history: OrderHistory, today: date, weights: Mapping[str, float] = DEFAULT_WEIGHTS
) -> pd.DataFrame:
    """Whom to call first, and why: one row per customer with late, undated or uncovered lines, highest score first.

    customer_id, customer_name [str]; score [0 to 100, to one decimal]; reasons [plain text]; then the columns of
    customer_evidence. Equal scores rank by value at risk, then by id in natural order. Raises SettingsError for weights
    that cannot be used.
    """
    evidence = customer_evidence(backlog, history, today)
    is_at_risk = evidence[["lines_late", "lines_undated", "lines_uncovered"]].to_numpy().sum(axis=1) > 0
    found = evidence[is_at_risk]
    scored = found.assign(score=risk_score(found, weights), reasons=_reasons(found))
    order = np.lexsort((natural_rank(scored["customer_id"]), -scored["value_at_risk"], -scored["score"]))
    leading = ["customer_id", "customer_name", "score", "reasons"]
    ranked: pd.DataFrame = scored.iloc[order][[*leading, *found.columns.drop(leading[:2])]]
    return ranked.reset_index(drop=True)


def risk_score(evidence: pd.DataFrame, weights: Mapping[str, float] = DEFAULT_WEIGHTS) -> Floats:
    """The score of each row of evidence, 0 to 100, to one decimal. Worse evidence never lowers it.

    Raises SettingsError for weights that cannot be used.
    """
    total = np.zeros(len(evidence))
    for points in risk_points(evidence, weights).values():
        total = total + points
    return np.round(total, 1)


def risk_points(evidence: pd.DataFrame, weights: Mapping[str, float] = DEFAULT_WEIGHTS) -> dict[str, Floats]:
    """What each piece of evidence adds to the score of each row, by the names of DEFAULT_WEIGHTS.

    evidence: late_rate, expected_days_late, without_date_rate, promises_moved, shipped_late_rate, silent_days,
    rhythm_days, tier, as in customer_evidence. What is missing adds nothing. Each operation keeps the order of its
    numbers when it rounds, so that the sum does too. Raises SettingsError for weights that cannot be used.
    """
    shares = most_points(weights)
    beyond_rhythm = evidence["silent_days"].to_numpy(dtype=float) / evidence["rhythm_days"].to_numpy(dtype=float) - 1
    measured: dict[str, Any] = {
        "late": _saturated(evidence["late_rate"], HALF_AT["late"]),
        "days_late": _saturated(evidence["expected_days_late"], HALF_AT["days_late"]),
        "without_date": _saturated(evidence["without_date_rate"], HALF_AT["without_date"]),
        "moved": _saturated(evidence["promises_moved"], HALF_AT["moved"]),
        "shipped_late": _saturated(evidence["shipped_late_rate"], HALF_AT["shipped_late"]),
        "silence": _saturated(beyond_rhythm, HALF_AT["silence"]),
        "tier": TIER_FACTOR ** (np.maximum(evidence["tier"].to_numpy(dtype=float), 1) - 1),
    }
    return {name: shares[name] * values for name, values in measured.items()}


def most_points(weights: Mapping[str, float]) -> dict[str, float]:
    """The most that each piece of evidence can add to the score: the weights, brought to 100 in all.

    What is not named keeps its default weight. Raises SettingsError for a name that is none, a weight below zero or
    one that is no number, and where all are zero.
    """
    for name, weight in weights.items():
        if name not in DEFAULT_WEIGHTS:
            raise SettingsError(
                f"There is no evidence {name!r} to weigh for the risk score. Name any of {', '.join(DEFAULT_WEIGHTS)}."
            )
        if not (0 <= weight < float("inf")):
            raise SettingsError(f"The weight of {name} is {weight:g}. Write zero or a number above it.")
    whole = {**DEFAULT_WEIGHTS, **weights}
    total = sum(whole.values())
    if not 0 < total < float("inf"):
        raise SettingsError(
            "The weights of the risk score add up to nothing that can be divided by. Write one above zero."
        )
    return {name: 100 * (weight / total) for name, weight in whole.items()}


def _saturated(values: Any, half_at: float) -> Floats:
    """0 at zero, one half at half_at, towards 1 beyond; zero where there is no value."""
    numbers = np.nan_to_num(np.asarray(values, dtype=np.float64), nan=0.0, posinf=np.inf)
    return 1 - half_at / (half_at + np.maximum(numbers, 0))


def _reasons(evidence: pd.DataFrame) -> list[str]:
    return [_in_words(row) for row in evidence.to_dict("records")]


def _in_words(row: dict[Any, Any]) -> str:
    """Why one customer is at risk: "3 of 5 lines late, worst 19 days; promise moved twice"."""
    told = [
        *_lines_in_words(row),
        *_moves_in_words(int(row["promises_moved"])),
    ]
    if row["lines_shipped_late"]:
        told.append(f"{row['lines_shipped_late']:,} of {_counted(row['lines_shipped'], 'line')} shipped late")
    if row["silent_days"] >= SILENT_FROM * row["rhythm_days"]:
        told.append(f"usually orders every {_days(row['rhythm_days'])}, silent for {row['silent_days']:,.0f}")
    if row["tier"] == 1:
        told.append("tier 1")
    return "; ".join(told)


def _lines_in_words(row: dict[Any, Any]) -> list[str]:
    counts = {
        "late": row["lines_late"],
        "undated": row["lines_undated"],
        "uncovered": row["lines_uncovered"],
    }
    parts = [(words, count) for words, count in counts.items() if count]
    told = []
    for place, (words, count) in enumerate(parts):
        share = f"{count:,} of {_counted(row['lines_open'], 'line')}" if place == 0 else f"{count:,}"
        worst = f", worst {_days(row['worst_days_late'])}" if words == "late" else ""
        told.append(f"{share} {words}{worst}")
    return told


def _moves_in_words(moves: int) -> list[str]:
    if not moves:
        return []
    times = {1: "once", 2: "twice"}.get(moves, f"{moves:,} times")
    return [f"{'promise' if moves < 3 else 'promises'} moved {times}"]


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _days(number: float) -> str:
    return f"{number:,.1f}".removesuffix(".0") + (" day" if number == 1 else " days")
