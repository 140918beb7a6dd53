"""Every supplier figure on random histories: equal to a slow obvious computation written from the rules' words."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.statistics import kaplan_meier, survival_quantile, two_proportion_p, wilson
from dashboard.domain.supplier_lines import supplier_lines
from dashboard.domain.suppliers import supplier_statistics
from tests.conftest import TODAY
from tests.purchases import Row, bought, bought_line

NAN = float("nan")


def day(days_ago: int) -> str:
    return (TODAY - timedelta(days=days_ago)).isoformat()


@st.composite
def histories(draw: st.DrawFn) -> list[Row]:
    lines = []
    for number in range(draw(st.integers(0, 14))):
        first_due = draw(st.sampled_from([400, 300, 91, 90, 40, 39, 12, 1, 0, -5, None]))
        around = 20 if first_due is None else first_due
        received = draw(
            st.lists(
                st.tuples(
                    st.integers(-6, 9).map(lambda late, around=around: day(around - late)),
                    st.sampled_from([-4, -0.5, 0, 0.5, 3, 4, 6, 10, 12]),
                    st.sampled_from([0, 0, 0, 1.5]),
                ),
                max_size=4,
                unique_by=lambda receipt: receipt[0],
            )
        )
        lines.append(
            bought_line(
                f"PO-{number}",
                draw(st.sampled_from(["S-1", "S-2"])),
                draw(st.sampled_from([4, 10, 10])),
                ordered=draw(st.sampled_from(["", day(around + 30)])),
                first_due="" if first_due is None else day(first_due),
                due=draw(st.sampled_from([None, day(around - 5), day(around + 3), ""])),
                cancelled_qty=draw(st.sampled_from([0, 0, 0, 4])),
                received_qty=draw(st.sampled_from([None, None, None, 0, 10])),
                receipts=received,
            )
        )
        if lines[-1]["received_qty"] < 0:
            lines[-1]["received_qty"] = 0
    return lines


@settings(deadline=None, derandomize=True, max_examples=120)
@given(histories(), st.sampled_from([40, 90, 365]))
def test_every_figure_equals_the_slow_obvious_computation(history: list[Row], window_days: int) -> None:
    found = supplier_statistics(bought(history, [("S-1", "A"), ("S-2", "B")]), TODAY, window_days)

    assert sorted(found["supplier_id"]) == ["S-1", "S-2"]
    for row in found.to_dict("records"):
        own = [line for line in history if line["supplier_id"] == row["supplier_id"]]
        for name, expected in slowly(own, window_days).items():
            assert row[name] == pytest.approx(expected, nan_ok=True), name
    rates = found[[name for name in found if name.endswith(("_rate", "_low", "_high"))]]
    assert ((rates >= 0) & (rates <= 1) | rates.isna()).all(axis=None)
    lows = found["otif_low"].fillna(-1).tolist()
    assert lows == sorted(lows, reverse=True)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(histories())
def test_the_lines_behind_the_rates_add_up_to_them(history: list[Row]) -> None:
    purchasing = bought(history, [("S-1", "A"), ("S-2", "B")])
    lines = supplier_lines(purchasing, TODAY)
    for row in supplier_statistics(purchasing, TODAY).to_dict("records"):
        own = lines[lines["supplier_id"] == row["supplier_id"]]
        assert len(own) == row["lines_due"]
        assert own["is_in_full"].sum() == pytest.approx(row["in_full_rate"] * row["lines_due"] if len(own) else 0)
        if row["lines_judged"]:
            assert own["is_otif"].sum() == pytest.approx(row["otif_rate"] * row["lines_judged"])


def slowly(lines: list[Row], window_days: int) -> dict[str, Any]:
    """The figures of one supplier, line by line, as the rules are written."""
    due = [Turned(line) for line in lines if counts(line, TODAY - timedelta(days=window_days), TODAY)]
    judged = judged_of(due)
    now = [line for line in judged if line.due < TODAY or line.complete is not None]
    whole = [line for line in judged if line.is_whole]
    late = [(line.complete or TODAY) - line.first_due for line in judged]
    curve = kaplan_meier([each.days for each in late], [line.complete is not None for line in judged])
    lead = sorted((each.complete - each.ordered).days for each in due if each.complete and each.ordered)
    moved = sorted((line.due - line.first_due).days for line in due if line.due != line.first_due)
    delivered, rejected = sum(line.delivered for line in due), sum(line.rejected for line in due)
    otif = [line.is_on_time for line in judged]
    recent = judged_between(lines, 90, 0)
    before = judged_between(lines, 455, 90)
    p = float(two_proportion_p(sum(recent), len(recent), sum(before), len(before)))
    return {
        "lines_due": len(due),
        "lines_judged": len(judged),
        "in_full_rate": share(sum(line.is_whole for line in due), len(due)),
        "on_time_rate": share(sum(line.by(line.first_due) for line in judged), sum(line.wanted for line in judged)),
        "otif_rate": share(sum(otif), len(otif)),
        "otif_low": float(wilson(sum(otif), len(otif))[0]),
        "otif_high": float(wilson(sum(otif), len(otif))[1]),
        "lines_judged_now": len(now),
        "on_time_now_rate": share(sum(line.by(line.due) for line in now), sum(line.wanted for line in now)),
        "otif_now_rate": share(sum(line.by(line.due) == line.wanted for line in now), len(now)),
        "otif_received_rate": share(sum(line.is_on_time for line in whole), len(whole)),
        "median_days_late": survival_quantile(curve, 0.5) if whole_day_known(due) else NAN,
        "p80_days_late": survival_quantile(curve, 0.8) if whole_day_known(due) else NAN,
        "lead_time_days": lead[math.ceil(len(lead) / 2) - 1] if lead else NAN,
        "lead_low_days": lead[math.ceil(len(lead) / 4) - 1] if lead else NAN,
        "lead_high_days": lead[math.ceil(len(lead) * 3 / 4) - 1] if lead else NAN,
        "reject_rate": share(rejected, delivered + rejected),
        "moved_rate": share(len(moved), len(due)),
        "moved_days": moved[math.ceil(len(moved) / 2) - 1] if moved else NAN,
        "recent_otif_rate": share(sum(recent), len(recent)),
        "before_otif_rate": share(sum(before), len(before)),
        "turn_p": p,
    }


class Turned:
    """One line and how it turned out."""

    def __init__(self, line: Row) -> None:
        self.first_due = date.fromisoformat(line["first_due_date"])
        self.due = date.fromisoformat(line["due_date"]) if line["due_date"] else self.first_due
        self.ordered = date.fromisoformat(line["ordered_date"]) if line["ordered_date"] else None
        self.receipts = sorted((date.fromisoformat(when), good) for when, good, _ in line["receipts"])
        self.delivered = sum(max(good, 0) for _, good in self.receipts)
        self.rejected = sum(rejected for *_, rejected in line["receipts"])
        self.wanted = line["ordered_qty"] - line["cancelled_qty"]
        self.is_whole = line["received_qty"] >= self.wanted
        self.is_on_time = self.by(self.first_due) == self.wanted

    def by(self, last: date) -> float:
        return min(max(sum(good for when, good in self.receipts if when <= last), 0), self.wanted)

    @property
    def complete(self) -> date | None:
        total, since = 0.0, None
        for when, good in self.receipts:
            was_whole, total = total >= self.wanted, total + good
            since = (since if was_whole else when) if total >= self.wanted else None
        return since

    @property
    def is_unknown(self) -> bool:
        return self.is_whole and self.complete is None


def counts(line: Row, start: date, end: date) -> bool:
    if not line["first_due_date"] or line["ordered_qty"] <= line["cancelled_qty"]:
        return False
    return start <= date.fromisoformat(line["first_due_date"]) < end


def judged_of(due: list[Turned]) -> list[Turned]:
    return [line for line in due if not line.is_unknown] if whole_day_known(due) else []


def whole_day_known(due: list[Turned]) -> bool:
    whole = [line for line in due if line.is_whole]
    return not whole or any(not line.is_unknown for line in whole)


def judged_between(lines: list[Row], start: int, end: int) -> list[bool]:
    due = [Turned(line) for line in lines if counts(line, TODAY - timedelta(days=start), TODAY - timedelta(days=end))]
    return [line.is_on_time for line in judged_of(due)]


def share(part: float, whole: float) -> float:
    return part / whole if whole else NAN
