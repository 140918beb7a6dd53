"""Promises: what follows from expected dates, and what a new promise does to its line and to others. By hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.allocation import DEFAULT_RULE
from dashboard.domain.book import Book
from dashboard.domain.effects import Effect, effect_customers, effect_sentence, effect_sums
from dashboard.domain.plan import Plan, make_plan
from dashboard.domain.promises import (
    PromiseChange,
    broken_by_their_promise,
    effect_of_promises,
    promised_book,
    promises_after_expected,
    promises_sentence,
    to_promise,
    without_expected,
)
from dashboard.domain.restocks import Calendar
from tests.books import TODAY, book_of, line, po, stock
from tests.domain.test_allocation_on_random_books import books, rules
from tests.domain.test_effects_on_random_books import WATCHED, by_line, two_sides
from tests.random_cases import tries

EASTER_MONDAY = date(2026, 4, 6)


def plan_of(book: Book, rule: tuple[str, ...] = DEFAULT_RULE) -> Plan:
    return make_plan(book, rule)


def promise(order_id: str, to: str, seen: date | None = None) -> PromiseChange:
    return PromiseChange(order_id, "1", date.fromisoformat(to), seen)


def queue() -> Book:
    """SO-1 is promised first and takes the five of the 30th of March; SO-2 waits until the 20th of April."""
    return book_of(
        [
            line("SO-1", open_qty=5, promise="2026-03-20"),
            line("SO-2", open_qty=5, promise="2026-04-05"),
            line("SO-3", open_qty=1, sku="PUMP-3"),
        ],
        [po("PO-1/1", 5, "2026-03-30"), po("PO-2/1", 5, "2026-04-20"), po("PO-3/1", 1, "2026-04-04", sku="PUMP-3")],
    )


def states(effect: Effect) -> dict[str, tuple[str, str, str]]:
    columns = effect.lines[["order_id", "state_before", "state_after", "expected_after"]]
    return {row[0]: (row[1], row[2], f"{row[3]:%Y-%m-%d}") for row in columns.itertuples(index=False, name=None)}


@pytest.mark.parametrize(
    ("days", "calendar", "promised"),
    [
        (0, None, "2026-04-04"),
        (3, None, "2026-04-07"),
        # The 4th of April is a Saturday; with the Monday a holiday the next working day is the 7th.
        (0, Calendar(holidays=[EASTER_MONDAY]), "2026-04-07"),
        (1, Calendar(holidays=[EASTER_MONDAY]), "2026-04-07"),
        (2, Calendar(), "2026-04-07"),
    ],
)
def test_a_promise_follows_the_expected_date_by_days_or_working_days(
    days: int, calendar: Calendar | None, promised: str
) -> None:
    lines = plan_of(queue()).backlog
    changes = promises_after_expected(lines[lines["order_id"] == "SO-3"], days, calendar, note="as agreed")
    assert changes == [PromiseChange("SO-3", "1", date.fromisoformat(promised), None, "as agreed")]


def test_lines_without_an_expected_date_are_left_out_and_counted() -> None:
    book = book_of([line("SO-1"), line("SO-2", promise="2026-03-20")], [stock(1)])
    lines = plan_of(book).backlog
    # SO-2 has the promise and so takes the one on the shelf; nothing is left for SO-1.
    assert promises_after_expected(lines, 1) == [PromiseChange("SO-2", "1", date(2026, 3, 17), date(2026, 3, 20))]
    assert without_expected(lines) == 1


def test_a_promise_that_keeps_the_place_in_the_queue_makes_its_line_on_time_and_moves_no_other() -> None:
    effect = effect_of_promises(plan_of(queue()), [promise("SO-1", "2026-03-30")])
    assert states(effect) == {"SO-1": ("late", "on time", "2026-03-30")}
    assert effect.lines["promise_date"].dt.date.tolist() == [date(2026, 3, 30)]
    assert effect_sentence(effect) == "1 order line of 1 customer is affected: 1 becomes on time."


def test_a_later_promise_gives_up_the_place_in_the_queue() -> None:
    """Promised after SO-2, SO-1 waits for the later units, which it misses again, and SO-2 gets the earlier ones."""
    effect = effect_of_promises(plan_of(queue()), [promise("SO-1", "2026-04-10")])
    assert states(effect) == {"SO-1": ("late", "late", "2026-04-20"), "SO-2": ("late", "on time", "2026-03-30")}


@pytest.mark.parametrize(("restock", "state"), [("2026-03-30", "late"), ("", "undated")])
def test_a_line_whose_stock_goes_to_another_but_that_comes_no_later_is_covered_otherwise(
    restock: str, state: str
) -> None:
    book = book_of(
        [line("SO-1", open_qty=5, promise="2026-03-20"), line("SO-2", open_qty=1, promise="2026-03-25")],
        [stock(1), po("PO-1/1", 10, restock)],
    )
    effect = effect_of_promises(plan_of(book), [promise("SO-2", "2026-03-18")])
    of_first = effect.lines[effect.lines["order_id"] == "SO-1"].iloc[0]
    assert (of_first["state_before"], of_first["state_after"]) == (state, state)
    assert (of_first["ready_qty_before"], of_first["ready_qty_after"]) == (1, 0)
    assert of_first["effect"] == "covered otherwise"


def test_an_earlier_promise_displaces_a_line_whose_customer_must_be_told() -> None:
    book = book_of(
        [line("SO-1", open_qty=5, promise="2026-04-01"), line("SO-2", open_qty=5, promise="2026-05-01")],
        [po("PO-1/1", 5, "2026-03-30"), po("PO-2/1", 5, "2026-04-20")],
    )
    effect = effect_of_promises(plan_of(book), [promise("SO-2", "2026-03-31")])
    assert states(effect) == {"SO-1": ("on time", "late", "2026-04-20"), "SO-2": ("on time", "on time", "2026-03-30")}
    assert effect.lines["must_be_told"].tolist() == [True, False]


def on_the_shelf() -> Book:
    """Six lie there: SO-1, promised first, has four of them and SO-2 two; the third of SO-2 is on its way."""
    return book_of(
        [
            line("SO-1", customer="C-1", open_qty=4, promise="2026-03-20", unit_price=10),
            line("SO-2", customer="C-2", open_qty=3, promise="2026-04-05", unit_price=7),
        ],
        [stock(6), po("PO-1/1", 1, "2026-03-30")],
    )


AFTER_AND_BEFORE = ["order_id", "effect", "backordered_qty", "backordered_value"]
AFTER_AND_BEFORE += ["backordered_qty_before", "backordered_value_before"]


def test_units_and_money_are_those_after_the_promise_which_gives_stock_to_others() -> None:
    """Promised after SO-2, SO-1 leaves one of the shelf to it and waits for the one that is on its way."""
    effect = effect_of_promises(plan_of(on_the_shelf()), [promise("SO-1", "2026-04-10")])
    assert effect.lines[AFTER_AND_BEFORE].values.tolist() == [
        ["SO-1", "later", 1.0, 10.0, 0.0, 0.0],
        ["SO-2", "earlier", 0.0, 0.0, 1.0, 7.0],
    ]
    sums = effect_sums(effect).set_index("effect")[["units", "value", "units_before", "value_before"]]
    assert sums.loc[["later", "earlier"]].values.tolist() == [[1.0, 10.0, 0.0, 0.0], [0.0, 0.0, 1.0, 7.0]]


def test_customers_come_worst_first_by_the_money_after_the_promises() -> None:
    """Without the one on its way SO-1 loses its date by its later promise, with money that is backordered only then."""
    book = on_the_shelf()
    effect = effect_of_promises(
        plan_of(replace(book, supplies=book.supplies.iloc[:1])), [promise("SO-1", "2026-04-10")]
    )
    columns = ["customer_id", "lose_date", "worse_value", "value", "value_before"]
    assert effect_customers(effect)[columns].values.tolist() == [
        ["C-1", 1, 10.0, 10.0, 0.0],
        ["C-2", 0, 0.0, 0.0, 7.0],
    ]
    assert [change.order_id for change in broken_by_their_promise(effect, [promise("SO-1", "2026-04-10")])] == ["SO-1"]


def test_a_promise_that_alone_changes_is_told_with_what_it_was() -> None:
    """SO-1 keeps its place and its units on the shelf."""
    changes = [promise("SO-1", "2026-03-25")]
    effect = effect_of_promises(plan_of(on_the_shelf()), changes)
    columns = ["order_id", "effect", "state_before", "state_after", "promise_before", "promise_date"]
    assert effect.lines[columns].astype("str").values.tolist() == [
        ["SO-1", "change promise only", "ready", "ready", "2026-03-20", "2026-03-25"]
    ]
    assert effect_sentence(effect) == "1 order line of 1 customer is affected: 1 changes its promise only."
    assert promises_sentence(effect, changes) == "1 promise changes. No other line is affected."
    assert broken_by_their_promise(effect, changes) == []


def test_a_rule_that_names_no_promise_leaves_the_queue_as_it_is() -> None:
    effect = effect_of_promises(plan_of(queue(), ("ordered_date",)), [promise("SO-1", "2026-04-10")])
    assert states(effect) == {"SO-1": ("late", "on time", "2026-03-30")}


def test_a_first_promise_makes_an_unpromised_line_on_time_and_stays_the_first() -> None:
    change = promise("SO-3", "2026-04-06")
    effect = effect_of_promises(plan_of(queue()), [change])
    assert states(effect) == {"SO-3": ("unpromised", "on time", "2026-04-04")}
    assert effect.lines["is_becoming_on_time"].all()

    lines = promised_book(promised_book(queue(), [change]), [promise("SO-3", "2026-04-09")]).lines
    assert [str(day)[:10] for day in lines[["first_promise_date", "promise_date"]].iloc[2]] == [
        "2026-04-06",
        "2026-04-09",
    ]


def test_the_sentence_tells_a_lines_own_fate_from_that_of_others() -> None:
    changes = [promise("SO-1", "2026-04-10"), promise("SO-3", "2026-04-06")]
    assert promises_sentence(effect_of_promises(plan_of(queue()), changes), changes) == (
        "2 promises change: 1 of these lines becomes on time. 1 other line is served earlier or otherwise."
    )
    earlier = [promise("SO-2", "2026-03-19")]  # SO-2 takes the units of SO-1, and both are late still
    assert promises_sentence(effect_of_promises(plan_of(queue()), earlier), earlier) == (
        "1 promise changes. 1 other line is served later."
    )


def test_what_wants_a_decision_is_expected_after_its_promise_or_has_none_most_money_first() -> None:
    book = book_of(
        [
            line("SO-1", open_qty=1, promise="2026-03-20"),
            line("SO-2", open_qty=5),
            line("SO-3", open_qty=2, promise="2026-03-30"),
            line("SO-4", open_qty=3, promise="2026-03-10", sku="PUMP-3"),
            line("SO-5", open_qty=3, promise="2026-03-10", sku="HOSE-1"),
        ],
        [po("PO-1/1", 9, "2026-03-25"), stock(3, sku="PUMP-3")],
    )
    lines = to_promise(plan_of(book).backlog)
    # SO-3 is on time and SO-5 has no expected date; SO-4 is ready, but its promise has passed.
    assert lines[["order_id", "is_missed"]].values.tolist() == [["SO-2", False], ["SO-1", True], ["SO-4", True]]


SEEN = ["backordered_qty", "backordered_value"]


def assert_tells_what_changes(effect: Effect, before: Plan, after: Plan) -> None:
    """The effect names the lines whose state, date, cover or promise differ, with what stands in each backlog."""
    was, will_be = (by_line(plan.backlog, [*WATCHED, "promise_date"]) for plan in (before, after))
    differing = {line for line in was if was[line] != will_be[line]}
    told_before, told_after = two_sides(effect)
    assert told_before == {line: was[line][:-1] for line in differing}
    assert told_after == {line: will_be[line][:-1] for line in differing}


def assert_tells_units_and_money_and_promises(effect: Effect, before: Plan, after: Plan) -> None:
    """Line by line as each backlog has them; a line that the effect does not name has the same in both."""
    names_before = {"promise_before": "promise_date"} | {f"{name}_before": name for name in SEEN}
    of_before = effect.lines[["order_id", "line_no", *names_before]].rename(columns=names_before)
    for told, plan in ((of_before, before), (effect.lines, after)):
        shown = by_line(told, [*SEEN, "promise_date"])
        stands = by_line(plan.backlog, [*SEEN, "promise_date"])
        assert shown == {line: stands[line] for line in shown}
    named = by_line(effect.lines, [])
    was, will_be = (by_line(plan.backlog, [*SEEN, "promise_date"]) for plan in (before, after))
    assert all(was[line] == will_be[line] for line in was if line not in named)


def assert_sums_are_of_the_backlogs(effect: Effect, before: Plan, after: Plan) -> None:
    """Each sum of units and money, added up from the backlogs for the lines that the effect names."""
    lines = effect.lines[["order_id", "line_no", "effect", "customer_id", "is_affected"]]
    sums, customers = effect_sums(effect).set_index("effect"), effect_customers(effect).set_index("customer_id")
    for side, plan in (("_before", before), ("", after)):
        stands = by_line(plan.backlog, SEEN)
        for units_or_value, place in (("units", 0), ("value", 1)):
            amounts = [
                Decimal(repr(stands[key][place])) for key in zip(lines["order_id"], lines["line_no"], strict=True)
            ]
            told = lines.assign(amount=amounts)
            name = f"{units_or_value}{side}"
            for effect_name, group in told.groupby("effect", observed=True):
                assert sums.loc[effect_name, name] == float(sum(group["amount"]))
            for customer_id, group in told[told["is_affected"]].groupby("customer_id"):
                assert customers.loc[customer_id, name] == float(sum(group["amount"]))


@st.composite
def crowded_books(draw: st.DrawFn) -> Book:
    """Promised lines that contend for too few units on one shelf: a new promise often gives stock to another."""
    days = st.sampled_from([(TODAY + timedelta(days=offset)).isoformat() for offset in (1, 5, 9)])
    lines = [
        line(
            f"SO-{place}", customer=f"C-{place % 2}", open_qty=draw(some), promise=draw(days), unit_price=0.3333 * place
        )
        for place in range(1, draw(st.integers(3, 6)))
    ]
    return book_of(lines, [stock(draw(some)), po("PO-1/1", draw(some), draw(days))])


some = st.sampled_from([0.333, 1, 2, 3.5])


@st.composite
def books_and_promises(draw: st.DrawFn) -> tuple[Book, list[PromiseChange]]:
    book = draw(books | crowded_books())
    keys = list(zip(book.lines["order_id"], book.lines["line_no"], strict=True))
    days = st.sampled_from([None, *(TODAY + timedelta(days=offset) for offset in (0, 1, 9, 30))])
    wanted = draw(st.lists(st.sampled_from(keys), unique=True)) if keys else []
    return book, [PromiseChange(order_id, line_no, draw(days), None) for order_id, line_no in wanted]


@tries(20, long=80)
@given(books_and_promises(), rules)
def test_the_effect_of_random_promises_is_the_difference_of_the_backlogs(
    given_book: tuple[Book, list[PromiseChange]], rule: tuple[str, ...]
) -> None:
    book, changes = given_book
    before, after = plan_of(book, rule), plan_of(promised_book(book, changes), rule)
    effect = effect_of_promises(before, changes)
    assert_tells_what_changes(effect, before, after)
    assert_tells_units_and_money_and_promises(effect, before, after)
    assert_sums_are_of_the_backlogs(effect, before, after)


def test_a_promise_of_a_line_that_is_not_open_does_nothing() -> None:
    assert effect_of_promises(plan_of(queue()), [promise("SO-9", "2026-04-10")]).lines.empty
