"""Evidence and score on random books: equal to a slow obvious loop over raw rows, and never lower for what is worse."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.backlog import LATE, UNCOVERED, UNDATED
from dashboard.domain.book import Book
from dashboard.domain.customer_evidence import NO_DATE_DAYS, customer_evidence
from dashboard.domain.customers import DEFAULT_WEIGHTS, risk_score
from dashboard.domain.order_history import OrderHistory
from dashboard.domain.plan import make_plan
from tests.books import TODAY, Row
from tests.domain.test_allocation_on_random_books import book, lines, supplies
from tests.histories import history_of, ordered
from tests.random_cases import tries

thoroughly = tries(50, long=200)
often = tries(12, long=40)
moderately = tries(8, long=20)

RULE = ("priority", "promise_date", "ordered_date")
BLIND_TO_PROMISES = ("priority", "ordered_date")
OLD = TODAY - timedelta(days=730)

past_days = st.integers(-2, 800).map(lambda days: (TODAY - timedelta(days=days)).isoformat())
books = st.builds(book, lines(), supplies())


@st.composite
def histories(draw: st.DrawFn) -> OrderHistory:
    history = [
        ordered(
            f"H-{number}",
            draw(past_days),
            customer=draw(st.sampled_from(["C-1", "C-2", "C-99"])),
            first_promise=draw(st.one_of(st.just(""), past_days)),
        )
        for number in range(draw(st.integers(0, 8)))
    ]
    orders = st.sampled_from([*(row["order_id"] for row in history), "gone"])
    shipments = draw(st.lists(st.tuples(orders, past_days, st.sampled_from([-2, 0.001, 3, 5])), max_size=10))
    moves = draw(st.lists(st.tuples(orders, past_days, past_days, past_days), max_size=6))
    return history_of(history, shipments, moves, since=OLD)


def slow_evidence(backlog: pd.DataFrame, history: OrderHistory, customer: str) -> Row:
    """One customer's evidence from raw rows, line by line, in the words of customer_evidence."""
    own = [row for row in backlog.to_dict("records") if row["customer_id"] == customer]
    value = sum(row["open_value"] for row in own)
    whole, part = ("open_value", "backordered_value") if value > 0 else ("open_qty", "backordered_qty")
    at_risk, weighted_days, total = 0.0, 0.0, 0.0
    for row in own:
        total += row[whole]
        if row["state"] in (UNDATED, UNCOVERED):
            at_risk += row[part]
            weighted_days += row[part] * NO_DATE_DAYS
        elif row["state"] == LATE:
            at_risk += row[part]
            weighted_days += row[part] * min(row["days_late"], NO_DATE_DAYS)
    states = [row["state"] for row in own]
    late_days = [row["days_late"] for row in own if row["state"] == LATE]
    return {
        "value_open": value,
        "value_at_risk": sum(row["backordered_value"] for row in own if row["state"] in (LATE, UNDATED, UNCOVERED)),
        "lines_open": len(own),
        "lines_late": states.count(LATE),
        "lines_undated": states.count(UNDATED),
        "lines_uncovered": states.count(UNCOVERED),
        "worst_days_late": max(late_days, default=math.nan),
        "late_rate": at_risk / total,
        "expected_days_late": weighted_days / total,
        "without_date_rate": (states.count(UNDATED) + states.count(UNCOVERED)) / len(own),
        **_slow_history(history, customer),
    }


def _slow_history(history: OrderHistory, customer: str) -> Row:
    ordered_lines = history.lines.to_dict("records")
    moved = shipped = shipped_late = 0
    for change in history.promise_changes.to_dict("records"):
        of_customer = change["line"] >= 0 and ordered_lines[change["line"]]["customer_id"] == customer
        is_worse = pd.isna(change["to_date"]) or change["to_date"] > change["from_date"]
        moved += of_customer and is_worse and (TODAY - change["changed_at"].date()).days <= 90
    for position, row in enumerate(ordered_lines):
        if row["customer_id"] != customer or pd.isna(row["first_promise_date"]):
            continue
        days = [
            each["shipped_date"]
            for each in history.shipments.to_dict("records")
            if each["line"] == position
            and each["shipped_qty"] > 0
            and 0 <= (TODAY - each["shipped_date"].date()).days <= 180
        ]
        shipped += bool(days)
        shipped_late += any(day > row["first_promise_date"] for day in days)
    order_days: list[date] = sorted(
        {row["ordered_date"].date() for row in ordered_lines if row["customer_id"] == customer}
    )
    order_days = [day for day in order_days if OLD <= day <= TODAY]
    gaps = [(after - before).days for before, after in pairwise(order_days)]
    return {
        "promises_moved": moved,
        "lines_shipped": shipped,
        "lines_shipped_late": shipped_late,
        "shipped_late_rate": shipped_late / shipped if shipped else math.nan,
        "silent_days": (TODAY - order_days[-1]).days if order_days else math.nan,
        "rhythm_days": median(gaps) if len(order_days) >= 3 else math.nan,
    }


@moderately
@given(books, histories())
def test_every_piece_of_evidence_equals_the_slow_computation_from_raw_rows(book: Book, history: OrderHistory) -> None:
    backlog = make_plan(book, RULE).backlog
    found = customer_evidence(backlog, history, TODAY)
    assert set(found["customer_id"]) == set(backlog["customer_id"])
    for row in found.to_dict("records"):
        expected = slow_evidence(backlog, history, row["customer_id"])
        assert {name: row[name] for name in expected} == pytest.approx(expected, nan_ok=True, abs=1e-4)


rates = st.one_of(st.none(), st.floats(0, 1))
counts = st.one_of(st.none(), st.floats(0, 1e4))
evidences = st.fixed_dictionaries(
    {
        "late_rate": rates,
        "expected_days_late": counts,
        "without_date_rate": rates,
        "promises_moved": st.integers(0, 1_000),
        "shipped_late_rate": rates,
        "silent_days": counts,
        "rhythm_days": st.one_of(st.none(), st.floats(0.5, 500)),
        "tier": st.integers(1, 9),
    }
)
weights = st.fixed_dictionaries({name: st.floats(0, 1e6) for name in DEFAULT_WEIGHTS}).filter(
    lambda each: sum(each.values()) > 0
)
LESS_IS_WORSE = ("rhythm_days", "tier")


def score(row: dict[str, Any], weights: dict[str, float]) -> float:
    return float(risk_score(pd.DataFrame([row]).astype("float64"), weights)[0])


@thoroughly
@given(evidences, st.sampled_from(["as it is", *DEFAULT_WEIGHTS]), weights, st.data())
def test_worse_evidence_never_lowers_the_score(row: dict, alone: str, weights: dict, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(row)))
    others = {"late_rate": st.floats(0, 1), "without_date_rate": st.floats(0, 1), "shipped_late_rate": st.floats(0, 1)}
    other = data.draw(others.get(name, st.floats(1, 1e4)))
    one = row[name] if row[name] is not None else 0.0
    worse, better = sorted([one, other], reverse=name not in LESS_IS_WORSE)
    if name == "rhythm_days" and row[name] is None:
        worse, better = other, None
    if alone in weights and weights[alone] > 0:
        weights = dict.fromkeys(weights, 0.0) | {alone: weights[alone]}
    assert score(row | {name: worse}, weights) >= score(row | {name: better}, weights)


@moderately
@given(evidences, weights)
def test_the_score_lies_between_0_and_100(row: dict, weights: dict) -> None:
    assert 0 <= score(row, weights) <= 100


def scores(book: Book, history: OrderHistory, rule: tuple[str, ...]) -> dict[str, float]:
    found = customer_evidence(make_plan(book, rule).backlog, history, TODAY)
    return dict(zip(found["customer_id"], risk_score(found), strict=True))


def assert_none_is_lower(worse: dict[str, float], better: dict[str, float]) -> None:
    assert worse.keys() == better.keys()
    assert [customer for customer in worse if worse[customer] < better[customer]] == []


@often
@given(books.filter(lambda book: len(book.supplies) > 0), st.integers(0, 9), st.sampled_from([None, 1, 20, 200]))
def test_a_supply_that_comes_later_or_loses_its_date_lowers_nobodys_score(
    book: Book, place: int, days: int | None
) -> None:
    place %= len(book.supplies)
    dates = book.supplies["restock_date"].copy()
    if days is None or dates[place] < pd.Timestamp(TODAY):  # a day that is over is no date: it cannot come later still
        dates[place] = pd.NaT
    else:
        dates[place] += pd.Timedelta(days=days)
    later = replace(book, supplies=book.supplies.assign(restock_date=dates))
    assert_none_is_lower(scores(later, history_of(), RULE), scores(book, history_of(), RULE))


@often
@given(books.filter(lambda book: len(book.supplies) > 0), st.integers(0, 9), st.sampled_from([0.0, 0.5, 0.9]))
def test_a_supply_that_brings_less_lowers_nobodys_score(book: Book, place: int, part: float) -> None:
    place %= len(book.supplies)
    qty = book.supplies["supply_qty"].copy()
    qty[place] = max(0.0, round(qty[place] * part, 3))
    less = replace(book, supplies=book.supplies.assign(supply_qty=qty))
    assert_none_is_lower(scores(less, history_of(), RULE), scores(book, history_of(), RULE))


@moderately
@given(books.filter(lambda book: len(book.lines) > 0), st.integers(0, 11), st.sampled_from([1, 10, 100]))
def test_an_earlier_promise_lowers_nobodys_score_where_the_queue_does_not_look_at_promises(
    book: Book, place: int, days: int
) -> None:
    place %= len(book.lines)
    dates = book.lines["promise_date"].copy()
    dates[place] -= pd.Timedelta(days=days)
    earlier = replace(book, lines=book.lines.assign(promise_date=dates))
    assert_none_is_lower(
        scores(earlier, history_of(), BLIND_TO_PROMISES), scores(book, history_of(), BLIND_TO_PROMISES)
    )


@moderately
@given(books, histories(), st.integers(1, 90))
def test_one_more_moved_promise_lowers_nobodys_score(book: Book, history: OrderHistory, days_ago: int) -> None:
    if history.lines.empty:
        return
    at = pd.Timestamp(TODAY) - pd.Timedelta(days=days_ago)
    day = pd.Timestamp(TODAY)
    changed = pd.DataFrame(
        {"line": [0], "from_date": [day], "to_date": [day + pd.Timedelta(days=7)], "changed_at": [at]}
    )
    moves = pd.concat([history.promise_changes[list(changed.columns)].astype(changed.dtypes), changed])
    assert_none_is_lower(scores(book, replace(history, promise_changes=moves), RULE), scores(book, history, RULE))


@moderately
@given(books, histories(), st.integers(1, 30))
def test_a_first_promise_that_was_earlier_lowers_nobodys_score(book: Book, history: OrderHistory, days: int) -> None:
    promises = history.lines["first_promise_date"] - pd.Timedelta(days=days)
    earlier = replace(history, lines=history.lines.assign(first_promise_date=promises))
    assert_none_is_lower(scores(book, earlier, RULE), scores(book, history, RULE))


@moderately
@given(books, histories())
def test_a_better_tier_lowers_nobodys_score(book: Book, history: OrderHistory) -> None:
    best = replace(book, customers=book.customers.assign(tier=1))
    assert_none_is_lower(scores(best, history, RULE), scores(book, history, RULE))
