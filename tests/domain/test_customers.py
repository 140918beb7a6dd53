from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import pandas as pd
import pytest

from dashboard.domain.book import Book
from dashboard.domain.customer_evidence import customer_evidence, shipped_lines
from dashboard.domain.customers import DEFAULT_WEIGHTS, customer_risk, most_points, risk_points, risk_score
from dashboard.domain.errors import SettingsError
from dashboard.domain.order_history import OrderHistory
from dashboard.domain.plan import make_plan
from tests.books import TODAY, book_of, line, po, stock
from tests.histories import history_of, ordered

RULE = ("priority", "promise_date", "ordered_date")
NOTHING_YET = history_of()


def risk_of(book: Book, history: OrderHistory = NOTHING_YET, **weights: float) -> pd.DataFrame:
    return customer_risk(make_plan(book, RULE).backlog, history, TODAY, {**DEFAULT_WEIGHTS, **weights})


def evidence_of(book: Book, history: OrderHistory = NOTHING_YET) -> dict[str, object]:
    return dict(customer_evidence(make_plan(book, RULE).backlog, history, TODAY).iloc[0])


def evidence(**changed: float) -> pd.DataFrame:
    """One row of evidence of which nothing speaks against the customer but its tier, unless it says otherwise."""
    quiet = {
        "late_rate": 0.0,
        "expected_days_late": 0.0,
        "without_date_rate": 0.0,
        "promises_moved": 0,
        "shipped_late_rate": math.nan,
        "silent_days": math.nan,
        "rhythm_days": math.nan,
        "tier": 1,
    }
    return pd.DataFrame([quiet | changed])


def late_line(order: str, days: int, *, customer: str = "C-1", qty: float = 1) -> tuple[dict, dict]:
    """A line promised for 2026-03-20 and the purchase order that comes so many days after."""
    day = pd.Timestamp("2026-03-20") + timedelta(days=days)
    return (
        line(order, open_qty=qty, promise="2026-03-20", sku=order, customer=customer),
        po(f"PO-{order}/1", qty, f"{day:%Y-%m-%d}", sku=order),
    )


FIVE_LINES = book_of(
    [
        line("SO-1", open_qty=10, promise="2026-03-20", sku="A"),  # on the shelf
        line("SO-2", open_qty=6, promise="2026-03-20", sku="B"),  # 10 days late
        line("SO-3", open_qty=4, promise="2026-03-10", sku="C"),  # waits for what has no date
        line("SO-4", open_qty=3, promise="2026-03-20", sku="D"),  # no supply at all
        line("SO-5", open_qty=2, promise="2026-03-20", sku="E"),  # comes in time
    ],
    [
        stock(10, sku="A"),
        po("PO-1/1", 6, "2026-03-30", sku="B"),
        po("PO-2/1", 4, sku="C"),
        po("PO-3/1", 2, "2026-03-18", sku="E"),
    ],
    customers=[("C-1", "Brightwater Retail", 1)],
)
"""25 units at 10 each for one customer: 6 late by 10 days, 4 undated, 3 uncovered."""


def test_the_evidence_of_five_lines_worked_out_by_hand() -> None:
    found = evidence_of(FIVE_LINES)
    assert {name: found[name] for name in list(found)[:12]} == {
        "customer_id": "C-1",
        "customer_name": "Brightwater Retail",
        "tier": 1,
        "value_open": 250.0,
        "value_at_risk": 130.0,
        "lines_open": 5,
        "lines_late": 1,
        "lines_undated": 1,
        "lines_uncovered": 1,
        "worst_days_late": 10.0,
        "late_rate": 130 / 250,
        "expected_days_late": (60 * 10 + 70 * 60) / 250,
    }
    assert found["without_date_rate"] == 2 / 5


def test_the_part_of_a_line_that_is_on_the_shelf_is_not_at_risk() -> None:
    book = book_of([line("SO-1", open_qty=10, promise="2026-03-20")], [stock(4), po("PO-1/1", 6, "2026-04-03")])
    found = evidence_of(book)
    assert (found["value_open"], found["value_at_risk"], found["late_rate"]) == (100.0, 60.0, 0.6)
    assert found["expected_days_late"] == 0.6 * 14


def test_where_nothing_has_a_price_units_weigh() -> None:
    book = book_of(
        [line("SO-1", open_qty=3, unit_price=0, sku="A"), line("SO-2", open_qty=1, unit_price=0, sku="B")],
        [stock(3, sku="A")],
    )
    found = evidence_of(book)
    assert (found["value_open"], found["value_at_risk"], found["late_rate"]) == (0.0, 0.0, 0.25)


def test_a_promise_counts_as_moved_for_90_days_and_on_closed_lines_too() -> None:
    history = history_of(
        [
            ordered("SO-1", "2025-12-01", open_qty=1),
            ordered("SO-9", "2025-12-01"),
            ordered("X", "2025-12-01", customer="C-2"),
        ],
        moves=[
            ("SO-1", "2025-12-16", "2026-01-01", "2026-02-01"),  # 90 days ago
            ("SO-1", "2025-12-15", "2025-12-24", "2026-01-01"),  # 91 days ago
            ("SO-9", "2026-03-01", "2026-03-02", ""),  # withdrawn
            ("X", "2026-03-01", "2026-03-02", "2026-03-09"),  # another customer's
            ("gone", "2026-03-01", "2026-03-02", "2026-03-09"),  # of a line that is not there
        ],
    )  # fmt: skip
    assert evidence_of(FIVE_LINES, history)["promises_moved"] == 2


def test_a_line_was_shipped_late_if_any_unit_left_after_the_first_promise() -> None:
    history = history_of(
        [
            ordered("in time", "2026-02-01", first_promise="2026-02-10"),
            ordered("in part late", "2026-02-01", first_promise="2026-02-10", promise="2026-03-01"),
            ordered("without promise", "2026-02-01"),
            ordered("long ago", "2025-08-01", first_promise="2025-08-02"),
            ordered("returned", "2026-02-01", first_promise="2026-02-10"),
        ],
        shipments=[
            ("in time", "2026-02-10", 5),
            ("in part late", "2026-02-09", 3),
            ("in part late", "2026-02-11", 2),
            ("without promise", "2026-02-20", 5),
            ("long ago", "2025-09-16", 5),  # 181 days ago
            ("returned", "2026-02-20", -5),
            ("gone", "2026-02-20", 5),
        ],
    )
    found = evidence_of(FIVE_LINES, history)
    assert (found["lines_shipped"], found["lines_shipped_late"], found["shipped_late_rate"]) == (2, 1, 0.5)
    shipped = shipped_lines(history, TODAY)
    assert shipped[["line", "days_late", "shipped_qty", "late_qty"]].to_dict("list") == {
        "line": [0, 1],
        "days_late": [0, 1],
        "shipped_qty": [5.0, 5.0],
        "late_qty": [0.0, 2.0],
    }


@pytest.mark.parametrize(
    ("days", "silent", "rhythm"),
    [
        (["2026-02-01", "2026-02-04", "2026-02-13"], 31.0, 6.0),  # gaps of 3 and 9 days
        (["2026-02-01", "2026-02-01", "2026-02-13"], 31.0, math.nan),  # two order days only
        (["2026-02-13", "2026-02-04", "2026-02-05", "2026-01-31"], 31.0, 4.0),  # 4, 1 and 8
        (["2026-02-01", "2026-02-04", "2026-02-13", "2026-03-17"], 31.0, 6.0),  # one lies ahead
        (["2024-02-01", "2026-02-01", "2026-02-04", "2026-02-13"], 31.0, 6.0),  # one is older than the history
    ],
)
def test_silence_is_told_against_the_median_of_the_days_between_order_days(
    days: list[str], silent: float, rhythm: float
) -> None:
    lines = [ordered(f"H-{number}", day) for number, day in enumerate(days)]
    found = evidence_of(FIVE_LINES, history_of(lines, since=TODAY - timedelta(days=730)))
    assert found["silent_days"] == silent
    assert found["rhythm_days"] == pytest.approx(rhythm, nan_ok=True)


def test_no_history_is_no_data_and_adds_nothing() -> None:
    found = evidence_of(FIVE_LINES)
    assert [found[name] for name in ("lines_shipped", "promises_moved")] == [0, 0]
    assert all(math.isnan(found[name]) for name in ("shipped_late_rate", "silent_days", "rhythm_days"))
    points = risk_points(evidence(late_rate=1.0))
    assert [points[name][0] for name in ("shipped_late", "silence", "moved")] == [0, 0, 0]


def test_the_score_worked_out_by_hand() -> None:
    # each at its half: (20 + 20 + 10 + 10 + 10 + 10) / 2 = 40; tier 2 of 20 points: 10
    halves = evidence(
        late_rate=0.25, expected_days_late=14, without_date_rate=0.25, promises_moved=2, shipped_late_rate=0.1,
        silent_days=18, rhythm_days=9, tier=2,
    )  # fmt: skip
    assert risk_score(halves).tolist() == [50.0]
    assert risk_score(evidence(tier=1)).tolist() == [20.0]
    assert risk_score(halves, dict.fromkeys(DEFAULT_WEIGHTS, 0) | {"moved": 7}).tolist() == [50.0]


def test_customers_rank_by_score_then_value_at_risk_then_natural_id() -> None:
    pairs = [
        late_line("SO-1", 5, customer="C-10"),
        late_line("SO-2", 5, customer="C-9"),
        late_line("SO-3", 5, customer="C-11", qty=2),
        late_line("SO-4", 9, customer="C-12"),
    ]
    risk = risk_of(book_of([each for each, _ in pairs], [each for _, each in pairs]))
    assert risk["customer_id"].tolist() == ["C-12", "C-11", "C-9", "C-10"]
    assert risk["score"].iloc[1] == risk["score"].iloc[3]


def test_a_customer_of_whom_nothing_is_late_undated_or_uncovered_is_not_at_risk() -> None:
    book = book_of([line("SO-1", promise="2026-03-20"), line("SO-2", promise="2026-03-01")], [stock(2)])
    assert risk_of(book).empty
    assert risk_of(book_of()).empty
    assert customer_evidence(make_plan(book, RULE).backlog, NOTHING_YET, TODAY)["lines_open"].tolist() == [2]


def test_the_reasons_say_why_in_words_and_figures() -> None:
    lines = [ordered(f"H-{day}", day) for day in ("2026-01-28", "2026-02-06", "2026-02-13")]
    late = ordered("L", "2026-02-13", first_promise="2026-02-14")
    history = history_of(
        [*lines, late],
        shipments=[("L", "2026-02-15", 5)],
        moves=[("L", "2026-02-14", "2026-02-14", "2026-02-15"), ("L", "2026-02-14", "2026-02-15", "2026-02-16")],
    )
    assert risk_of(FIVE_LINES, history)["reasons"].tolist() == [
        "1 of 5 lines late, worst 10 days; 1 undated; 1 uncovered; "
        "promise moved twice; 1 of 1 line shipped late; "
        "usually orders every 8 days, silent for 31; tier 1"
    ]


def test_reasons_tell_only_what_there_is() -> None:
    book = book_of(*[[part] for part in late_line("SO-1", 1)])
    assert risk_of(book)["reasons"].tolist() == ["1 of 1 line late, worst 1 day"]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"lateness": 1.0}, "no evidence 'lateness'"),
        ({"late": -1.0}, "weight of late is -1"),
        ({"late": math.nan}, "weight of late is nan"),
        ({"late": math.inf}, "weight of late is inf"),
        (dict.fromkeys(DEFAULT_WEIGHTS, 0.0), "add up to nothing"),
    ],
)
def test_weights_that_cannot_be_used_are_refused(weights: dict[str, float], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        most_points(weights)


def test_only_the_proportions_of_the_weights_count() -> None:
    assert sum(most_points({}).values()) == pytest.approx(100)
    doubled = {name: 2 * weight for name, weight in DEFAULT_WEIGHTS.items()}
    assert most_points(doubled) == most_points(DEFAULT_WEIGHTS) == most_points({"late": 20})


def test_another_customers_lines_change_nothing() -> None:
    one, supply = late_line("SO-1", 5)
    other, other_supply = late_line("SO-2", 50, customer="C-2", qty=9)
    alone = risk_of(book_of([one], [supply]))
    beside = risk_of(book_of([one, other], [supply, other_supply]))
    pd.testing.assert_frame_equal(alone, beside[beside["customer_id"] == "C-1"].reset_index(drop=True))


def test_evidence_of_a_larger_book_does_not_change_what_it_was_given() -> None:
    backlog = make_plan(FIVE_LINES, RULE).backlog
    before = backlog.copy(deep=True)
    customer_risk(backlog, replace(NOTHING_YET), TODAY)
    pd.testing.assert_frame_equal(backlog, before)


def test_what_a_history_says_of_one_day_is_not_said_of_another() -> None:
    backlog = make_plan(book_of([line("SO-1")], []), RULE).backlog
    history = history_of([ordered("SO-1", "2026-03-10")])
    silent = [
        customer_evidence(backlog, history, TODAY + timedelta(days=days))["silent_days"].tolist() for days in (0, 3, 0)
    ]
    assert silent == [[6], [9], [6]]


def test_what_a_history_said_is_not_said_of_what_it_became() -> None:
    backlog = make_plan(book_of([line("SO-1")], []), RULE).backlog
    history = history_of([ordered("SO-1", "2026-03-10")])
    customer_evidence(backlog, history, TODAY)
    later = replace(history, lines=history_of([ordered("SO-1", "2026-03-13")]).lines)
    assert customer_evidence(backlog, later, TODAY)["silent_days"].tolist() == [3]
