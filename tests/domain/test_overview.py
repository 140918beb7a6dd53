from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pytest

from dashboard.domain.allocation import allocate
from dashboard.domain.backlog import build_backlog
from dashboard.domain.overview import (
    age_labels,
    bucket_ages,
    bucket_promises,
    by_age,
    by_state,
    costly_suppliers,
    day_sentence,
    decisions,
    promise_labels,
    sum_of,
    totals,
)
from tests.books import Row, book_of, line, plan, po, stock

BUCKETS = (3, 7, 14, 21, 30, 45)
FIGURES = ["lines", "orders", "customers", "units", "money"]


def backlog_of(lines: Sequence[Row] = (), supplies: Sequence[Row] = ()) -> pd.DataFrame:
    book = book_of(lines, supplies, customers=[("C-1", "Bauer", 1), ("C-2", "Good", 2)])
    return build_backlog(book, allocate(book))


def one_of_each_state() -> pd.DataFrame:
    """Six SKUs, one line each of 10 units at 2.50; four units of each are on the shelf, ten of the first."""
    inbound = {"on time": "2026-03-20", "unpromised": "2026-03-20", "late": "2026-03-27", "undated": "2026-03-01"}
    lines = [
        line("SO-1", "1", sku="ready", open_qty=10, unit_price=2.5, promise="2026-03-10", customer="C-1"),
        line("SO-1", "2", sku="on time", open_qty=10, unit_price=2.5, promise="2026-03-20", customer="C-1"),
        line("SO-2", "1", sku="unpromised", open_qty=10, unit_price=2.5, customer="C-2"),
        line("SO-3", "1", sku="late", open_qty=10, unit_price=2.5, promise="2026-03-15", customer="C-1"),
        line("SO-4", "1", sku="undated", open_qty=10, unit_price=2.5, promise="2026-03-30", customer="C-1"),
        line("SO-4", "2", sku="uncovered", open_qty=10, unit_price=2.5, promise="2026-03-15", customer="C-1"),
    ]
    shelves = [stock(10 if row["sku"] == "ready" else 4, sku=row["sku"]) for row in lines]
    return backlog_of(lines, [*shelves, *(po(f"PO-{sku}/1", 99, day, sku=sku) for sku, day in inbound.items())])


def rows(frame: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    plain = frame[list(columns)].astype("object")
    return list(plain.where(plain.notna(), None).itertuples(index=False, name=None))


def test_the_totals_tell_open_lines_in_full_and_backordered_states_by_their_backordered_part() -> None:
    assert rows(totals(one_of_each_state()), "concept", *FIGURES) == [
        ("open", 6, 4, 2, 60.0, 150.0),
        ("backordered", 5, 4, 2, 30.0, 75.0),
        ("late", 1, 1, 1, 6.0, 15.0),
        ("undated", 1, 1, 1, 6.0, 15.0),
        ("uncovered", 1, 1, 1, 6.0, 15.0),
        ("past the promise", 3, 3, 1, 30.0, 75.0),
        ("ready", 1, 1, 1, 10.0, 25.0),
        ("on time", 1, 1, 1, 6.0, 15.0),
        ("unpromised", 1, 1, 1, 6.0, 15.0),
    ]


def test_states_tell_the_same_figures_as_the_totals_and_add_up_to_what_is_open_and_backordered() -> None:
    backlog = one_of_each_state()
    whole, states = totals(backlog).set_index("concept"), by_state(backlog).set_index("state")
    assert states.index.tolist() == ["ready", "on time", "unpromised", "late", "undated", "uncovered"]
    pd.testing.assert_frame_equal(states, whole.loc[states.index], check_names=False)
    assert states["open_qty"].sum() == whole.loc["open", "open_qty"]
    assert states.drop("ready")[["lines", "units", "money"]].sum().tolist() == [5, 30.0, 75.0]


def test_sums_are_exact_where_adding_doubles_is_not() -> None:
    sums = sum_of(backlog_of([line(f"SO-{n}", open_qty=0.1, unit_price=1) for n in range(10)]))
    assert sums == {
        "lines": 10,
        "orders": 10,
        "customers": 1,
        "units": 1.0,
        "money": 1.0,
        "open_qty": 1.0,
        "backordered_qty": 1.0,
        "open_value": 1.0,
        "backordered_value": 1.0,
    }


def test_an_empty_backlog_has_every_row_at_zero() -> None:
    for figures in (totals(backlog_of()), by_state(backlog_of()), by_age(backlog_of(), BUCKETS)):
        assert len(figures) > 0
        assert (figures[FIGURES] == 0).all(axis=None)


def test_buckets_are_named_by_their_first_and_last_day() -> None:
    assert age_labels(BUCKETS) == ["0-3", "4-7", "8-14", "15-21", "22-30", "31-45", "46+"]
    assert promise_labels((1, 7)) == ["not yet due", "1", "2-7", "8+", "no promise"]


def test_ages_fall_in_the_bucket_that_names_their_day() -> None:
    ordered = ["2026-03-16", "2026-03-13", "2026-03-12", "2026-01-30", "2026-01-29", "2020-01-01", "2026-03-20"]
    backlog = backlog_of([line(f"SO-{n}", ordered=day) for n, day in enumerate(ordered)])
    assert bucket_ages(backlog, BUCKETS).tolist() == ["0-3", "0-3", "4-7", "31-45", "46+", "46+", "0-3"]


def test_a_promise_for_today_has_not_passed() -> None:
    promises = ["2026-03-17", "2026-03-16", "2026-03-15", "2026-03-13", "2026-03-12", "2026-01-01", ""]
    backlog = backlog_of([line(f"SO-{n}", promise=day) for n, day in enumerate(promises)])
    assert bucket_promises(backlog, BUCKETS).tolist() == [
        *("not yet due", "not yet due", "1-3", "1-3", "4-7", "46+", "no promise")
    ]


def test_the_backlog_by_age_on_both_clocks() -> None:
    backlog = backlog_of(
        [
            line("SO-1", "1", open_qty=2, ordered="2026-03-14", promise="2026-03-15"),
            line("SO-1", "2", open_qty=3, ordered="2026-03-14"),
            line("SO-2", open_qty=5, ordered="2026-03-10", promise="2026-04-01", customer="C-2"),
        ]
    )
    assert rows(by_age(backlog, (3, 7)), "bucket", "is_past", *FIGURES) == [
        ("0-3", True, 2, 1, 1, 5.0, 50.0),
        ("4-7", True, 1, 1, 1, 5.0, 50.0),
        ("8+", True, 0, 0, 0, 0.0, 0.0),
    ]
    assert rows(by_age(backlog, (3, 7), clock="promise"), "bucket", "is_past", *FIGURES) == [
        ("not yet due", False, 1, 1, 1, 5.0, 50.0),
        ("1-3", True, 1, 1, 1, 2.0, 20.0),
        ("4-7", True, 0, 0, 0, 0.0, 0.0),
        ("8+", True, 0, 0, 0, 0.0, 0.0),
        ("no promise", False, 1, 1, 1, 3.0, 30.0),
    ]


def test_decisions_are_what_is_uncovered_undated_or_late_for_the_best() -> None:
    backlog = backlog_of(
        [
            line("SO-1", open_qty=3, ordered="2026-03-10", sku="A"),
            line("SO-2", open_qty=4, ordered="2026-03-02", sku="B"),
            line("SO-3", open_qty=5, ordered="2026-03-01", sku="C", promise="2026-03-17"),
            line("SO-4", open_qty=5, ordered="2026-02-01", sku="C", promise="2026-03-18"),
            line("SO-5", open_qty=5, ordered="2026-01-01", sku="C", promise="2026-03-19", customer="C-2"),
        ],
        [stock(1, sku="A"), po("PO-1/1", 9, sku="B"), po("PO-2/1", 99, "2026-03-22", sku="C")],
    )
    columns = ["decision", *FIGURES, "worst_days_late", "oldest_days", "oldest_order_id"]
    assert rows(decisions(backlog), *columns) == [
        ("uncovered", 1, 1, 1, 2.0, 20.0, None, 6.0, "SO-1"),
        ("undated", 1, 1, 1, 4.0, 40.0, None, 14.0, "SO-2"),
        ("late for the best customers", 2, 2, 1, 10.0, 100.0, 5.0, 43.0, "SO-4"),
    ]
    assert decisions(backlog, best_tier=2)["lines"].tolist() == [1, 1, 3]


def test_nothing_to_decide_is_told_as_zero() -> None:
    found = decisions(backlog_of([line("SO-1")], [stock(1)]))
    assert rows(found, "lines", "worst_days_late", "oldest_days", "oldest_order_id") == [(0, None, None, "")] * 3


def backlog_with(ready: int = 0, late: int = 0, undated: int = 0, uncovered: int = 0, on_time: int = 0) -> pd.DataFrame:
    """So many lines of each state."""
    lines, supplies = [], []
    for state, count in {"A": ready, "B": late, "C": undated, "D": uncovered, "E": on_time}.items():
        lines += [line(f"{state}-{n}", sku=state, promise="2026-03-18") for n in range(count)]
    supplies += [stock(9_999, sku="A"), po("PO-1/1", 9_999, "2026-03-19", sku="B"), po("PO-2/1", 9_999, sku="C")]
    return backlog_of(lines, [*supplies, po("PO-3/1", 9_999, "2026-03-18", sku="E")])


SENTENCES = {
    "37 lines late, 12 without a date, 5 uncovered; 54 of 905 open lines are backordered.": backlog_with(
        851, 37, 12, 5
    ),
    "1 line late, 1 without a date; 2 of 3 open lines are backordered.": backlog_with(1, 1, 1),
    "12 lines without a date; 12 of 1,212 open lines are backordered.": backlog_with(1_200, undated=12),
    "1 line uncovered; 1 of 2 open lines is backordered.": backlog_with(1, uncovered=1),
    "1 line late; the one open line is backordered.": backlog_with(late=1),
    "2 lines late; all 2 open lines are backordered.": backlog_with(late=2),
    "No line is late, without a date or uncovered; 3 of 4 open lines are backordered.": backlog_with(1, on_time=3),
    "Nothing is backordered: all 9 open lines are ready to ship.": backlog_with(9),
    "Nothing is backordered: the one open line is ready to ship.": backlog_with(1),
    "No order line is open.": backlog_with(),
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_sentence_of_the_day(sentence: str) -> None:
    assert day_sentence(SENTENCES[sentence]) == sentence


def test_an_empty_store_says_so() -> None:
    assert day_sentence(backlog_of(), is_empty_store=True) == "The store is empty: nothing has been brought in yet."


def costs_of(lines: Sequence[Row], supplies: Sequence[Row]) -> list[list[object]]:
    book = book_of(lines, supplies)
    allocation = allocate(book)
    costs = costly_suppliers(build_backlog(book, allocation), allocation)
    return costs[["supplier_id", "days", "lines", "money"]].values.tolist()


def test_suppliers_cost_the_days_that_late_and_undated_lines_wait_for_them() -> None:
    lines = [
        line("SO-1", open_qty=2, promise="2026-03-20", sku="A"),  # late by 10 days
        line("SO-2", open_qty=1, promise="2026-03-06", sku="B"),  # undated, 10 days past the promise
        line("SO-3", open_qty=1, promise="2026-03-26", sku="B"),  # undated, not yet due
        line("SO-4", open_qty=1, promise="2026-03-01", sku="C"),  # uncovered: waits for nobody
        line("SO-5", open_qty=5, promise="2026-04-30", sku="D"),  # on time
        line("SO-6", open_qty=1, promise="2026-03-15", sku="E"),  # late by 3 days
    ]
    supplies = [
        po("PO-1/1", 9, "2026-03-30", sku="A", supplier="S-1"),
        po("PO-2/1", 9, "", sku="B", supplier="S-2"),
        po("PO-3/1", 9, "2026-03-30", sku="D", supplier="S-1"),
        po("PO-4/1", 9, "2026-03-18", sku="E", supplier="S-2"),
    ]
    assert costs_of(lines, supplies) == [["S-2", 13.0, 3, 30.0], ["S-1", 10.0, 1, 20.0]]


def test_the_supplier_of_the_last_units_is_the_one_that_costs_the_days() -> None:
    supplies = [po("PO-1/1", 9, "2026-03-20", supplier="S-1"), po("PO-2/1", 1, "2026-05-01", supplier="S-2")]
    # promised for 25 March: nine units are in time, the tenth comes 37 days late
    assert costs_of([line("SO-1", open_qty=10, promise="2026-03-25")], supplies) == [["S-2", 37.0, 1, 10.0]]


def test_the_lines_that_cost_days_are_the_late_and_undated_ones_that_the_backlog_names_their_supplier_for() -> None:
    lines = [line(f"SO-{n}", open_qty=4, promise="2026-03-20", sku=sku) for n, sku in enumerate("AABCD")]
    supplies = [
        po("PO-1/1", 5, "2026-04-01", sku="A", supplier="S-1"),
        po("PO-2/1", 3, "2026-05-01", sku="A", supplier="S-2"),
        po("PO-3/1", 4, sku="B", supplier="S-1"),
        plan("PLAN-1", 4, "2026-04-01", sku="C"),
        po("PO-4/1", 1, "2026-04-01", sku="D", supplier="S-1"),
    ]
    usual = [(sku, "S-1", 1) for sku in "ABCD"]
    book = book_of(lines, supplies, item_suppliers=usual)
    allocation = allocate(book)
    backlog = build_backlog(book, allocation)
    costs = costly_suppliers(backlog, allocation)
    is_held_up = backlog["state"].isin(["late", "undated"]) & (backlog["supplier_id"] != "")
    named = backlog["supplier_id"][is_held_up].astype("str").value_counts().to_dict()
    assert dict(zip(costs["supplier_id"], costs["lines"], strict=True)) == named == {"S-1": 2, "S-2": 1}
