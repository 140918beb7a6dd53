"""What a move does to the open order lines: worked by hand from the rule of the allocation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from dashboard.domain.allocation import DEFAULT_RULE
from dashboard.domain.book import PLANNED_RESTOCK, PURCHASE_ORDER, Book
from dashboard.domain.effects import Effect, effect_customers, effect_of, effect_sentence, effect_sums
from dashboard.domain.plan import make_plan
from dashboard.domain.restocks import Change, Move, NewRestock, SupplyKey
from tests.books import book_of, line, plan, po, stock

BEFORE_AND_AFTER = ("order_id", "state_before", "state_after", "expected_before", "expected_after", "days_moved")


def move(supply_id: str, to: str, **others: object) -> Move:
    document_id, _, line_no = supply_id.rpartition("/")
    kind = PURCHASE_ORDER if document_id else PLANNED_RESTOCK
    key = SupplyKey(kind, document_id or line_no, line_no if document_id else "")
    return Move(key, date.fromisoformat(to) if to else None, 1, "carrier", **others)  # type: ignore[arg-type]


def effect(book: Book, *changes: Change) -> Effect:
    return effect_of(make_plan(book, DEFAULT_RULE), changes)


def told(effect: Effect, names: Sequence[str] = BEFORE_AND_AFTER) -> list[tuple[object, ...]]:
    """The columns of each line, days as ISO text, None for what is missing."""
    rows = effect.lines[list(names)].astype("object").itertuples(index=False, name=None)
    return [
        tuple(None if cell != cell else str(cell)[:10] if hasattr(cell, "year") else cell for cell in row)
        for row in rows
    ]


def one_line(promise: str = "2026-03-25") -> Book:
    """Four units wanted by the 25th, unless told otherwise; they come on the 20th."""
    return book_of([line("SO-1", open_qty=4, promise=promise)], [po("PO-7/1", 10, "2026-03-20")])


def test_a_slip_of_three_days_where_there_are_five_of_slack_affects_no_order() -> None:
    absorbed = effect(one_line(), move("PO-7/1", "2026-03-23"))
    assert effect_sentence(absorbed) == "No order is affected: the slack absorbs it."
    assert not absorbed.lines["is_affected"].any()
    assert effect_customers(absorbed).empty
    assert told(absorbed) == [("SO-1", "on time", "on time", "2026-03-20", "2026-03-23", 3.0)]


def test_a_slip_beyond_the_slack_makes_a_line_late_and_its_customer_must_be_told() -> None:
    late = effect(one_line(), move("PO-7/1", "2026-03-27"))
    assert told(late) == [("SO-1", "on time", "late", "2026-03-20", "2026-03-27", 7.0)]
    assert told(late, ["is_becoming_late", "must_be_told", "days_late_before", "days_late_after"]) == [
        (True, True, -5.0, 2.0)
    ]
    assert effect_sentence(late) == "1 order line of 1 customer is affected: 1 becomes late."


def test_a_move_of_units_that_nobody_waits_for_affects_no_order() -> None:
    book = book_of([line("SO-1", open_qty=4)], [stock(4), po("PO-7/1", 10, "2026-03-20")])
    assert effect_sentence(effect(book, move("PO-7/1", "2026-05-01"))) == "No order is affected."


def test_a_supply_that_is_not_there_changes_nothing() -> None:
    assert effect(one_line(), move("PO-9/1", "2026-05-01"), move("PLAN-9", "2026-05-01")).lines.empty


def test_a_batch_can_make_an_earlier_line_late_and_a_later_one_on_time() -> None:
    """SO-1 takes the two of PO-1, which slip; SO-2 takes the five of PO-2, which come forward."""
    lines = [line("SO-1", open_qty=2, promise="2026-03-20"), line("SO-2", open_qty=5, promise="2026-04-05")]
    supplies = [po("PO-1/1", 2, "2026-03-18"), po("PO-2/1", 5, "2026-04-30")]
    both = effect(book_of(lines, supplies), move("PO-1/1", "2026-03-22"), move("PO-2/1", "2026-04-01"))
    assert told(both) == [
        ("SO-1", "on time", "late", "2026-03-18", "2026-03-22", 4.0),
        ("SO-2", "late", "on time", "2026-04-30", "2026-04-01", -29.0),
    ]


def test_a_supply_that_slips_past_another_lets_the_line_take_that_one() -> None:
    """PO-1 slips to April, so that SO-1 takes PO-2 of the 21st, and SO-2 waits for what SO-1 left."""
    lines = [line("SO-1", open_qty=2, promise="2026-03-21"), line("SO-2", open_qty=2, promise="2026-03-25")]
    supplies = [po("PO-1/1", 2, "2026-03-18"), po("PO-2/1", 2, "2026-03-21")]
    assert told(effect(book_of(lines, supplies), move("PO-1/1", "2026-04-02"))) == [
        ("SO-2", "on time", "late", "2026-03-21", "2026-04-02", 12.0),
        ("SO-1", "on time", "on time", "2026-03-18", "2026-03-21", 3.0),
    ]


def test_a_line_loses_its_date_and_another_gets_one() -> None:
    """SO-1 had the units of the 20th; without a date they come last, and those of PO-8 stay undated for SO-2."""
    lines = [line("SO-1", open_qty=4, promise="2026-03-25"), line("SO-2", sku="PUMP-3", open_qty=1)]
    supplies = [plan("PLAN-1", 4, "2026-03-20"), po("PO-8/1", 1, "", sku="PUMP-3")]
    both = effect(book_of(lines, supplies), move("PLAN-1", ""), move("PO-8/1", "2026-04-01"))
    assert told(both) == [
        ("SO-1", "on time", "undated", "2026-03-20", None, None),
        ("SO-2", "undated", "unpromised", None, "2026-04-01", None),
    ]
    assert told(both, ["is_losing_date", "is_getting_date", "must_be_told"]) == [
        (True, False, False),
        (False, True, False),
    ]


def test_a_date_that_a_line_gets_after_its_promise_must_be_told_too() -> None:
    book = book_of([line("SO-1", promise="2026-03-20")], [po("PO-8/1", 1, "")])
    found = effect(book, move("PO-8/1", "2026-03-21"))
    assert told(found, ["effect", "must_be_told"]) == [("get a date", True)]


@pytest.mark.parametrize(("promises", "said"), [
    (["2026-03-21"], "1 order line of 1 customer is affected: 1 gets a date."),
    (["2026-03-20"], "1 order line of 1 customer is affected: 1 gets a date after the promise."),
    ([""], "1 order line of 1 customer is affected: 1 gets a date."),
    (["2026-03-20", "2026-03-21", "2026-03-19", ""],
     "4 order lines of 1 customer are affected: 4 get a date, 2 of them after the promise."),
    (["2026-03-20", "2026-03-21"],
     "2 order lines of 1 customer are affected: 2 get a date, 1 of them after the promise."),
    (["2026-03-20", "2026-03-19"], "2 order lines of 1 customer are affected: 2 get a date after the promise."),
])  # fmt: skip
def test_dates_that_come_after_the_promise_are_told_before_the_save(promises: list[str], said: str) -> None:
    """One unit for each line comes on the 21st."""
    lines = [line(f"SO-{number}", promise=promise) for number, promise in enumerate(promises, start=1)]
    found = effect(book_of(lines, [po("PO-8/1", len(lines), "")]), move("PO-8/1", "2026-03-21"))
    assert effect_sentence(found) == said


def test_a_date_cleared_returns_to_the_due_date() -> None:
    book = book_of([line("SO-1", promise="2026-03-25")], [po("PO-7/1", 1, "2026-04-02", due="2026-03-20")])
    cleared = effect(book, move("PO-7/1", ""))
    assert told(cleared) == [("SO-1", "late", "on time", "2026-04-02", "2026-03-20", -13.0)]


def test_a_planned_restock_that_is_added_covers_and_one_that_is_removed_uncovers() -> None:
    lines = [line("SO-1", open_qty=3, promise="2026-03-25"), line("SO-2", sku="PUMP-3", promise="2026-03-25")]
    book = book_of(lines, [plan("PLAN-1", 1, "2026-03-20", sku="PUMP-3")])
    new = NewRestock("PLAN-2", "VALVE-25", "MAIN", 2, date(2026, 3, 18), "estimate")
    both = effect(book, new, move("PLAN-1", "2026-03-20", to_qty=0.0))
    columns = ["order_id", "effect", "uncovered_qty_before", "uncovered_qty_after", "inbound_qty_after"]
    assert told(both, columns) == [
        ("SO-2", "lose their date", 0.0, 1.0, 0.0),
        ("SO-1", "get supply", 3.0, 1.0, 2.0),
    ]


def test_a_line_without_a_date_that_loses_its_planned_supply_is_told_so_before_one_that_is_served_later() -> None:
    """SO-1 waits for an undated plan; SO-2, worth more, is late already and slips by four days more."""
    lines = [
        line("SO-1", sku="PUMP-3", promise="2026-03-25", unit_price=5),
        line("SO-2", promise="2026-03-19", unit_price=90, customer="C-2"),
    ]
    book = book_of(lines, [plan("PLAN-1", 1, "", sku="PUMP-3"), po("PO-7/1", 1, "2026-03-20")])
    both = effect(book, move("PLAN-1", "", to_qty=0.0), move("PO-7/1", "2026-03-24"))
    assert told(both, ["order_id", "effect"]) == [("SO-1", "lose supply"), ("SO-2", "later")]
    assert effect_sentence(both) == "2 order lines of 2 customers are affected: 1 loses supply, 1 is later."
    customers = effect_customers(both)[["customer_id", "lose_supply", "worse_value"]]
    assert customers.values.tolist() == [["C-1", 1, 5.0], ["C-2", 0, 0.0]]


def test_lines_that_come_earlier_and_were_on_time_are_said_to_come_earlier() -> None:
    assert effect_sentence(effect(one_line(), move("PO-7/1", "2026-03-18"))) == (
        "All stay on time; 1 order line comes earlier."
    )


def test_a_planned_restock_of_a_sku_that_nobody_ordered_affects_no_order() -> None:
    new = NewRestock("PLAN-2", "PUMP-3", "MAIN", 2, date(2026, 3, 18), "estimate")
    assert effect(one_line(), new).lines.empty


@pytest.fixture
def three_customers() -> Effect:
    """All wait for PO-7: C-1 and C-2 by the 21st, C-2 with more money; C-3 is late already, C-4 has time until May."""
    lines = [
        line("SO-1", "1", customer="C-1", promise="2026-03-21", open_qty=2, unit_price=5),
        line("SO-2", "1", customer="C-2", promise="2026-03-21", open_qty=3, unit_price=20),
        line("SO-2", "2", customer="C-2", promise="2026-03-21", open_qty=0.5, unit_price=0.1),
        line("SO-3", "1", customer="C-3", promise="2026-03-19", open_qty=9, unit_price=90),
        line("SO-4", "1", customer="C-4", promise="2026-05-01", open_qty=1, unit_price=99),
    ]
    book = book_of(lines, [po("PO-7/1", 50, "2026-03-20")], customers=[("C-2", "Harbor", 1)])
    return effect(book, move("PO-7/1", "2026-03-24"))


def test_what_becomes_late_comes_first_by_value_and_what_the_slack_absorbs_last(three_customers: Effect) -> None:
    assert told(three_customers, ["order_id", "line_no", "effect"]) == [
        ("SO-2", "1", "become late"),
        ("SO-1", "1", "become late"),
        ("SO-2", "2", "become late"),
        ("SO-3", "1", "later"),
        ("SO-4", "1", "stay on time"),
    ]


def test_the_sums_count_lines_orders_customers_units_and_money_of_each_effect(three_customers: Effect) -> None:
    sums = effect_sums(three_customers).set_index("effect")
    # A restock date changes nothing of what is ready: units and money are the same before and after.
    assert sums.loc["become late"].tolist() == [3, 2, 2, 5.5, 70.05, 5.5, 70.05]
    assert sums.loc["later"].tolist() == [1, 1, 1, 9.0, 810.0, 9.0, 810.0]
    assert sums["lines"].sum() == len(three_customers.lines)


def test_the_customers_are_named_worst_first(three_customers: Effect) -> None:
    customers = effect_customers(three_customers)
    columns = ["customer_name", "tier", "lines", "orders", "become_late", "worse_value", "value"]
    assert customers[columns].values.tolist() == [
        ["Harbor", 1, 2, 1, 2, 60.05, 60.05],
        ["C-1", 3, 1, 1, 1, 10.0, 10.0],
        ["C-3", 3, 1, 1, 0, 0.0, 810.0],
    ]


def test_the_sentence_counts_what_is_affected(three_customers: Effect) -> None:
    assert effect_sentence(three_customers) == ("4 order lines of 3 customers are affected: 3 become late, 1 is later.")


def test_the_same_effect_is_told_from_another(three_customers: Effect) -> None:
    late = effect(one_line(), move("PO-7/1", "2026-03-27"))
    assert late.is_same_as(effect(one_line(), move("PO-7/1", "2026-03-27")))
    assert not late.is_same_as(effect(one_line(), move("PO-7/1", "2026-03-28")))
    assert not late.is_same_as(three_customers)
