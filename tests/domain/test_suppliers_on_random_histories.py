"""Every supplier figure on random histories: equal to a slow obvious computation written from the rules' words.

Nothing of the program is used to expect: Wilson's interval, Kaplan-Meier and the two-proportion test are spelled out.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from random import Random
from statistics import NormalDist
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain import running_sums
from dashboard.domain.receipts import order_by
from dashboard.domain.supplier_lines import by_month, supplier_lines
from dashboard.domain.suppliers import supplier_statistics
from tests.conftest import TODAY
from tests.purchases import Row, bought, bought_line
from tests.random_cases import tries

NAN = float("nan")


def day(days_ago: int) -> str:
    return (TODAY - timedelta(days=days_ago)).isoformat()


@st.composite
def histories(draw: st.DrawFn) -> list[Row]:
    lines = []
    for number in range(draw(st.integers(0, 30))):
        first_due = draw(st.sampled_from([456, 455, 300, 91, 90, 40, 39, 12, 1, 0, -5, None]))
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
                cancelled_qty=draw(st.sampled_from([0, 0, 0, 4, 10])),
                received_qty=draw(st.sampled_from([None, None, None, 0, 10])),
                receipts=received,
            )
        )
        if lines[-1]["received_qty"] < 0:
            lines[-1]["received_qty"] = 0
    return lines


@tries(40, long=150)
@given(histories(), st.sampled_from([40, 90, 365]), st.lists(st.integers(0, 12), max_size=4))
def test_every_figure_equals_the_slow_obvious_computation(
    history: list[Row], window_days: int, moved: list[int]
) -> None:
    moves = [f"PO-{number}/1" for number in moved]
    found = supplier_statistics(bought(history, [("S-1", "A"), ("S-2", "B")], moves), TODAY, window_days)

    assert sorted(found["supplier_id"]) == ["S-1", "S-2"]
    for row in found.to_dict("records"):
        own = [line for line in history if line["supplier_id"] == row["supplier_id"]]
        expected = slowly(own, window_days) | {
            "manager_moves": sum(f"{line['po_id']}/1" == each for line in own for each in moves)
        }
        assert set(row) - set(expected) == {"rank", "supplier_id", "supplier_name"}, "every column is compared"
        for name, figure in expected.items():
            is_text = isinstance(figure, str)
            assert row[name] == (figure if is_text else pytest.approx(figure, nan_ok=True)), name
    rates = found[[name for name in found if name.endswith(("_rate", "_low", "_high"))]]
    assert ((rates >= 0) & (rates <= 1) | rates.isna()).all(axis=None)
    lows = found["otif_low"].fillna(-1).tolist()
    assert lows == sorted(lows, reverse=True)
    assert found["rank"].tolist() == [1, 2]


@tries(20, long=100)
@given(histories())
def test_otif_is_never_above_in_full(history: list[Row]) -> None:
    found = supplier_statistics(bought(history, [("S-1", "A"), ("S-2", "B")]), TODAY).dropna(subset="otif_rate")

    assert (found["otif_rate"] <= found["in_full_rate"]).all()
    assert (found["otif_rate"] <= found["on_time_rate"] * found["lines_judged"]).all()


@tries(15, long=60)
@given(histories())
def test_the_lines_behind_the_rates_add_up_to_them(history: list[Row]) -> None:
    purchasing = bought(history, [("S-1", "A"), ("S-2", "B")])
    lines = supplier_lines(purchasing, TODAY)
    for row in supplier_statistics(purchasing, TODAY).to_dict("records"):
        own = lines[lines["supplier_id"] == row["supplier_id"]]
        assert len(own) == row["lines_due"]
        assert own["is_judged"].sum() == row["lines_judged"]
        assert own["is_in_full"].sum() == pytest.approx(row["in_full_rate"] * row["lines_due"] if len(own) else 0)
        assert own["is_otif"].sum() == pytest.approx(
            row["otif_rate"] * row["lines_judged"] if row["lines_judged"] else 0
        )
    otif = lines[lines["is_otif"]]
    assert (otif["is_in_full"] & (otif["days_late"] <= 0)).all()
    assert set(otif["counted_as"].astype("str")) <= {"whole by the first due date"}
    assert not (lines["is_judged"] & ~lines["is_otif"] & lines["is_received"] & (lines["days_late"] <= 0)).any()


@tries(15, long=60)
@given(histories())
def test_every_month_equals_the_slow_obvious_computation(history: list[Row]) -> None:
    own = [line for line in history if line["supplier_id"] == "S-1"]
    found = by_month(supplier_lines(bought(history, [("S-1", "A"), ("S-2", "B")]), TODAY, supplier_id="S-1"))

    due, judged = window(own, 365, 0)
    numbers = [line.first_due.year * 12 + line.first_due.month - 1 for line in due]
    months = [f"{n // 12}-{n % 12 + 1:02}" for n in range(min(numbers), max(numbers) + 1)] if due else []
    assert found["month"].tolist() == months
    for row in found.to_dict("records"):
        of_month = [line for line in due if line.first_due.strftime("%Y-%m") == row["month"]]
        told = [line for line in of_month if line in judged]
        expected = {
            "lines_due": len(of_month),
            "lines_judged": len(told),
            "otif_rate": share(sum(line.is_otif for line in told), len(told)),
        }
        assert {name: row[name] for name in expected} == pytest.approx(expected, nan_ok=True)


@tries(15, long=60)
@given(histories(), st.sampled_from([40, 90, 365]), st.randoms())
def test_receipts_in_any_order_give_the_same(history: list[Row], window_days: int, random: Random) -> None:
    purchasing = bought(history, [("S-1", "A"), ("S-2", "B")])
    rows = random.sample(range(len(purchasing.receipts)), len(purchasing.receipts))
    shuffled = replace(purchasing, receipts=purchasing.receipts.iloc[rows].reset_index(drop=True))

    figures, lines = supplier_statistics(purchasing, TODAY, window_days), supplier_lines(purchasing, TODAY, window_days)
    pd.testing.assert_frame_equal(supplier_statistics(shuffled, TODAY, window_days), figures)
    pd.testing.assert_frame_equal(supplier_lines(shuffled, TODAY, window_days), lines)


@tries(15, long=60)
@given(histories(), st.sampled_from([40, 90, 365]), st.sampled_from([1, 3]))
def test_a_window_is_the_same_whether_its_sums_are_kept_or_made_when_asked(
    history: list[Row], window_days: int, step: int
) -> None:
    made = supplier_statistics(bought(history, [("S-1", "A"), ("S-2", "B")]), TODAY, window_days)
    with patch.object(running_sums, "LEAST_STEP", step):
        kept = supplier_statistics(bought(history, [("S-1", "A"), ("S-2", "B")]), TODAY, window_days)

    pd.testing.assert_frame_equal(kept, made)


_NUMBERS = st.lists(st.tuples(st.integers(-3, 3), st.sampled_from([-(2**40), -1, 0, 65_535, 65_536, 2**40])))


@given(_NUMBERS)
def test_rows_are_put_in_order_of_whole_numbers_of_any_size_and_keep_their_order_where_equal(
    rows: list[tuple[int, int]],
) -> None:
    first, second = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    assert order_by(first, second).tolist() == sorted(range(len(rows)), key=rows.__getitem__)


def slowly(lines: list[Row], window_days: int) -> dict[str, Any]:
    """The figures of one supplier, line by line, as the rules are written."""
    due, judged = window(lines, window_days, 0)
    now = [line for line in judged if line.due < TODAY or line.is_whole]
    late = [((line.complete or TODAY) - line.first_due).days for line in judged]
    came = [line.complete is not None for line in judged]
    lead = sorted((each.complete - each.ordered).days for each in due if each.complete and each.ordered)
    moved = sorted((line.due - line.first_due).days for line in due if line.due != line.first_due)
    delivered, rejected = sum(line.delivered for line in due), sum(line.rejected for line in due)
    touched = [line for line in judged if line.received > 0]
    return {
        "lines_due": len(due),
        "lines_cancelled": sum(is_cancelled(line, window_days) for line in lines),
        "lines_unknown": len(due) - len(judged),
        "lines_judged": len(judged),
        **rate("in_full", sum(line.is_whole for line in due), len(due)),
        **unit_rate("on_time", [(line.by(line.first_due), line.wanted) for line in judged]),
        **rate("otif", sum(line.is_otif for line in judged), len(judged)),
        "lines_judged_now": len(now),
        **unit_rate("on_time_now", [(line.by(line.due), line.wanted) for line in now]),
        **rate("otif_now", sum(line.is_whole and line.by(line.due) == line.wanted for line in now), len(now)),
        "otif_received_rate": share(sum(line.is_otif for line in touched), len(touched)),
        "lines_received": len(touched),
        "median_days_late": lasting(late, came, Fraction(1, 2)),
        "p80_days_late": lasting(late, came, Fraction(4, 5)),
        "lead_time_days": lead[math.ceil(len(lead) / 2) - 1] if lead else NAN,
        "lead_low_days": lead[math.ceil(len(lead) / 4) - 1] if lead else NAN,
        "lead_high_days": lead[math.ceil(len(lead) * 3 / 4) - 1] if lead else NAN,
        "reject_rate": share(rejected, delivered + rejected),
        "inspected_qty": delivered + rejected,
        "moved_rate": share(len(moved), len(due)),
        "moved_days": moved[math.ceil(len(moved) / 2) - 1] if moved else NAN,
        **turn(window(lines, 90, 0)[1], window(lines, 455, 90)[1]),
    }


def turn(recent: list[Turned], before: list[Turned]) -> dict[str, Any]:
    """The pooled two-proportion z-test between two periods, two-sided."""
    x1, n1 = sum(line.is_otif for line in recent), len(recent)
    x2, n2 = sum(line.is_otif for line in before), len(before)
    p = NAN
    if n1 and n2:
        pooled = (x1 + x2) / (n1 + n2)
        error = math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
        z = (x1 / n1 - x2 / n2) / error if error else 0.0
        p = 2 * (1 - NormalDist().cdf(abs(z)))
    is_clear = n1 >= 10 and n2 >= 10 and p < 0.05
    return {
        "mark": ("worse" if x1 / n1 < x2 / n2 else "better") if is_clear else "",
        "recent_otif_rate": share(x1, n1),
        "before_otif_rate": share(x2, n2),
        "recent_lines": n1,
        "before_lines": n2,
        "turn_p": p,
    }


def rate(name: str, successes: float, n: int) -> dict[str, float]:
    """A share with the two roots of Wilson's equation (p - share)^2 = z^2 p (1 - p) / n."""
    if not n:
        return {f"{name}_rate": NAN, f"{name}_low": NAN, f"{name}_high": NAN}
    z, part = NormalDist().inv_cdf(0.975), successes / n
    a, b, c = 1 + z * z / n, -(2 * part + z * z / n), part * part
    root = math.sqrt(max(b * b - 4 * a * c, 0))
    return {f"{name}_rate": part, f"{name}_low": (-b - root) / (2 * a), f"{name}_high": (-b + root) / (2 * a)}


def unit_rate(name: str, lines: list[tuple[float, float]]) -> dict[str, float]:
    """A share of units whose interval counts lines as independent."""
    wanted = sum(each for _, each in lines)
    return rate(name, sum(each for each, _ in lines) / wanted * len(lines) if lines else 0, len(lines))


def lasting(days: list[int], came: list[bool], q: Fraction) -> float:
    """The number of days within which the share q has come, by Kaplan and Meier; exact."""
    waiting = Fraction(1)
    for each in sorted(set(days)):
        at_risk = sum(other >= each for other in days)
        waiting *= 1 - Fraction(sum(other == each and is_in for other, is_in in zip(days, came, strict=True)), at_risk)
        if waiting <= 1 - q:
            return each
    return NAN


class Turned:
    """One line and how it turned out by today."""

    def __init__(self, line: Row) -> None:
        self.first_due = date.fromisoformat(line["first_due_date"]) if line["first_due_date"] else None
        self.due = date.fromisoformat(line["due_date"]) if line["due_date"] else self.first_due
        self.ordered = date.fromisoformat(line["ordered_date"]) if line["ordered_date"] else None
        receipts = sorted((date.fromisoformat(when), good, rejected) for when, good, rejected in line["receipts"])
        self.receipts = [(when, good) for when, good, _ in receipts if when <= TODAY]
        self.delivered = sum(max(good, 0) for _, good in self.receipts)
        self.rejected = sum(rejected for when, _, rejected in receipts if when <= TODAY)
        self.received = max(line["received_qty"] - sum(good for when, good, _ in receipts if when > TODAY), 0)
        self.wanted = line["ordered_qty"] - line["cancelled_qty"]
        self.is_whole = self.received >= self.wanted

    def by(self, last: date) -> float:
        came = sum(good for when, good in self.receipts if when <= last)
        return min(max(came, 0), self.wanted, self.received)

    @property
    def is_otif(self) -> bool:
        return self.is_whole and self.by(self.first_due) == self.wanted

    @property
    def complete(self) -> date | None:
        total, since = 0.0, None
        for when, good in self.receipts:
            if self.is_otif and when > self.first_due:
                break
            was_whole, total = total >= self.wanted, total + good
            since = (since if was_whole else when) if total >= self.wanted else None
        return since if self.is_whole else None


def window(lines: list[Row], start: int, end: int) -> tuple[list[Turned], list[Turned]]:
    """The supplier's lines first due in the window, and those of them that can be judged."""
    due = [Turned(line) for line in lines if is_due(line, start, end) and line["ordered_qty"] > line["cancelled_qty"]]
    received = [line for line in map(Turned, lines) if line.received > 0]
    is_blind = bool(received) and not any(line.receipts for line in received)
    return due, [] if is_blind else [line for line in due if not line.is_whole or line.complete]


def is_due(line: Row, start: int, end: int) -> bool:
    first_due = line["first_due_date"]
    return bool(first_due) and day(start) <= first_due < day(end)


def is_cancelled(line: Row, window_days: int) -> bool:
    return is_due(line, window_days, 0) and line["cancelled_qty"] >= line["ordered_qty"]


def share(part: float, whole: float) -> float:
    return part / whole if whole else NAN
