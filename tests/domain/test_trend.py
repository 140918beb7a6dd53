"""The trend by snapshot and by week, its marks, and the suppliers that are getting worse."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from dashboard.domain.overview import CONCEPTS
from dashboard.domain.trend import trend, worse_suppliers

MONDAY, SUNDAY = 0, 6


def totals(*days: tuple[str, int]) -> pd.DataFrame:
    """Totals of snapshots, each so many lines open, half of them backordered, a quarter late, ten a line."""
    parts = {"open": 1, "backordered": 2, "late": 4}
    rows = [
        {
            "snapshot_date": day,
            "concept": concept,
            "lines": lines // parts.get(concept, lines or 1),
            "orders": 1,
            "customers": 1,
            "open_qty": float(lines // parts.get(concept, 1)),
            "backordered_qty": float(lines // max(parts.get(concept, 1), 2)),
            "open_value": 10.0 * (lines // parts.get(concept, 1)),
            "backordered_value": 10.0 * (lines // max(parts.get(concept, 1), 2)),
            "oldest_days": float(lines) if lines else math.nan,
            "due_lines": 20.0 if lines else math.nan,
            "otif_lines": 15.0 if lines else math.nan,
        }
        for day, lines in days
        for concept in CONCEPTS
    ]
    frame = pd.DataFrame(rows, columns=[*(rows[0] if rows else _COLUMNS)])
    return frame.assign(snapshot_date=pd.Series(frame["snapshot_date"], dtype="datetime64[s]"))


_COLUMNS = (
    "snapshot_date", "concept", "lines", "orders", "customers", "open_qty", "backordered_qty", "open_value",
    "backordered_value", "oldest_days", "due_lines", "otif_lines",
)  # fmt: skip


def marks(name: str, *days: str) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(list(days), dtype="datetime64[s]")})


def told(frame: pd.DataFrame, *names: str) -> list[tuple[object, ...]]:
    days = frame.assign(week=frame["week"].astype("str"), snapshot_date=frame["snapshot_date"].astype("str"))
    return list(days[list(names)].itertuples(index=False, name=None))


NO_MOVES, NO_DECISIONS = marks("moved_day"), marks("decided_date")


def test_each_snapshot_tells_what_its_totals_were() -> None:
    (row,) = trend(totals(("2026-03-16", 8)), NO_MOVES, NO_DECISIONS).to_dict("records")
    low, high = row.pop("otif_low"), row.pop("otif_high")
    assert {name: value for name, value in row.items() if name not in ("week", "snapshot_date")} == {
        "open_lines": 8, "backordered_lines": 4, "late_lines": 2, "open_qty": 8.0, "backordered_qty": 4.0,
        "open_value": 80.0, "backordered_value": 40.0, "late_value": 20.0, "oldest_days": 8.0, "otif_rate": 0.75,
        "due_lines": 20, "moves": 0, "decisions": 0,
    }  # fmt: skip
    # Wilson's 95 % interval of 15 in 20, as statistics packages give it.
    assert (low, high) == (pytest.approx(0.5313, abs=1e-4), pytest.approx(0.8881, abs=1e-4))


def test_a_week_is_told_by_its_last_snapshot_and_begins_as_the_company_s_weeks_do() -> None:
    """The 8th of March 2026 is a Sunday."""
    kept = totals(("2026-03-13", 4), ("2026-03-08", 1), ("2026-03-09", 2), ("2026-03-16", 8))
    assert told(trend(kept, NO_MOVES, NO_DECISIONS, MONDAY), "week", "snapshot_date", "open_lines") == [
        ("2026-03-02", "2026-03-08", 1),
        ("2026-03-09", "2026-03-13", 4),
        ("2026-03-16", "2026-03-16", 8),
    ]
    assert told(trend(kept, NO_MOVES, NO_DECISIONS, SUNDAY), "week", "snapshot_date") == [
        ("2026-03-08", "2026-03-13"),
        ("2026-03-15", "2026-03-16"),
    ]
    assert len(trend(kept, NO_MOVES, NO_DECISIONS)) == 4


def test_a_move_or_decision_counts_once_with_the_first_snapshot_of_its_day_or_later() -> None:
    """That of the 1st came before all weeks; nothing was kept in the week of the 16th."""
    kept = totals(("2026-03-06", 1), ("2026-03-13", 2), ("2026-03-27", 3))
    moves = marks("moved_day", "2026-03-01", "2026-03-02", "2026-03-06", "2026-03-07", "2026-03-18", "2026-03-28")
    weekly = trend(kept, moves, marks("decided_date", "2026-03-13", "2026-03-14"), MONDAY)
    assert told(weekly, "week", "moves", "decisions") == [
        ("2026-03-02", 2, 0),
        ("2026-03-09", 1, 1),
        ("2026-03-23", 1, 1),
    ]


def test_nothing_open_and_nothing_due_is_no_age_and_no_rate() -> None:
    row = trend(totals(("2026-03-16", 0)), NO_MOVES, NO_DECISIONS).iloc[0]
    assert row[["oldest_days", "otif_rate", "otif_low", "otif_high"]].isna().all()
    assert row["due_lines"] == 0


@pytest.mark.parametrize("week_start", [None, MONDAY])
def test_without_a_snapshot_there_is_no_row(week_start: int | None) -> None:
    assert trend(totals(), NO_MOVES, NO_DECISIONS, week_start).empty


def suppliers(**marked: tuple[str, float, float]) -> pd.DataFrame:
    rows = [
        {
            "supplier_id": name, "supplier_name": name, "mark": mark, "before_otif_rate": before,
            "recent_otif_rate": recent, "recent_lines": 30, "before_lines": 90, "turn_p": 0.01,
        }
        for name, (mark, before, recent) in marked.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_suppliers_marked_as_worse_are_told_by_how_far_they_fell_and_whether_they_were_before() -> None:
    now = suppliers(A=("worse", 0.9, 0.7), B=("better", 0.5, 0.9), C=("worse", 0.9, 0.4), D=("", 0.9, 0.8))
    before = suppliers(A=("worse", 0.9, 0.7), C=("", 0.9, 0.9))
    worse = worse_suppliers(now, before)
    assert worse["supplier_id"].tolist() == ["C", "A"]
    assert worse["fall"].round(9).tolist() == [0.5, 0.2]
    assert worse["is_new"].tolist() == [True, False]
    assert worse_suppliers(now)["is_new"].all()
