"""The effect of random changes on random books: what the backlog made anew says, line by line, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.allocation import allocate, allocate_skus
from dashboard.domain.book import PLANNED_RESTOCK, STOCK, Book
from dashboard.domain.effects import Effect, effect_customers, effect_of
from dashboard.domain.plan import Plan, make_plan
from dashboard.domain.restocks import Change, Move, NewRestock, SupplyKey, changed_book
from dashboard.domain.supplier_lines import waiting
from tests.books import TODAY, Row
from tests.domain.test_allocation_on_random_books import (
    as_dict,
    book,
    books,
    lines,
    locations,
    quantities,
    rules,
    skus,
    supplies,
)
from tests.random_cases import tries

thoroughly = tries(20, long=60)
moderately = tries(10, long=30)

Line = tuple[Any, ...]
WATCHED = ["state", "expected_date", "days_late", "ready_qty", "inbound_qty", "uncovered_qty"]
KEPT = ["customer_id", "customer_name", "tier", "sku", "item_name", "location_id", "promise_date", "open_qty"]
KEPT += ["backordered_qty", "backordered_value"]
"""What no change of a restock date alters."""

to_dates = st.sampled_from([None, *(TODAY + timedelta(days=offset) for offset in (0, 1, 5, 9, 30, 300))])
new_restocks = st.builds(
    NewRestock, st.sampled_from(["PLAN-8", "PLAN-9"]), skus, locations, quantities, to_dates, st.just("estimate")
)


def moves_of(keys: list[SupplyKey]) -> st.SearchStrategy[list[Change]]:
    """Moves of these supplies to any of the dates; planned restocks may change their quantity, to none too."""

    def move(key: SupplyKey) -> st.SearchStrategy[Move]:
        quantity = st.sampled_from([None, 0.0, 0.5, 4.0]) if key.supply_kind == PLANNED_RESTOCK else st.none()
        return st.builds(Move, st.just(key), to_dates, st.just(1), st.just("carrier"), to_qty=quantity)

    return st.lists(st.sampled_from(keys).flatmap(move), unique_by=lambda move: move.key) if keys else st.just([])


@st.composite
def rows_and_changes(draw: st.DrawFn) -> tuple[list[Row], list[Row], list[Change]]:
    """Order lines, supplies, and what a manager wants changed."""
    of_supply = draw(supplies())
    keys = [SupplyKey(row["supply_kind"], row["document_id"], row["line_no"]) for row in of_supply]
    added = draw(st.lists(new_restocks, unique_by=lambda new: new.plan_id, max_size=2))
    to_come = [key for key in keys if key.supply_kind != STOCK]
    return draw(lines()), of_supply, [*draw(moves_of(to_come)), *added]


books_and_changes = rows_and_changes().map(lambda drawn: (book(drawn[0], drawn[1]), drawn[2]))


def by_line(frame: pd.DataFrame, columns: list[str]) -> dict[Line, Line]:
    """These columns of each line, by its id; None for what is missing."""
    told = frame[["order_id", "line_no", *columns]].astype("object").itertuples(index=False, name=None)
    return {row[:2]: tuple(None if cell != cell else cell for cell in row[2:]) for row in told}


def two_sides(effect: Effect) -> tuple[dict[Line, Line], dict[Line, Line]]:
    """What the effect says of each line before and after, in the words of the backlog."""
    sides = []
    for side in ("before", "after"):
        names = {f"{name.replace('expected_date', 'expected')}_{side}": name for name in WATCHED}
        sides.append(by_line(effect.lines[["order_id", "line_no", *names]].rename(columns=names), WATCHED))
    return sides[0], sides[1]


def assert_tells_the_difference(effect: Effect, before: Plan, after: Plan) -> None:
    """The effect names exactly the lines whose coverage, date or state differ, with what stands in each backlog."""
    was, will_be = (by_line(plan.backlog, WATCHED) for plan in (before, after))
    changed = {line for line in was if was[line] != will_be[line]}
    told_before, told_after = two_sides(effect)
    assert told_before == {line: was[line] for line in changed}
    assert told_after == {line: will_be[line] for line in changed}
    kept = by_line(after.backlog, KEPT)
    assert by_line(effect.lines, KEPT) == {line: kept[line] for line in changed}


@thoroughly
@given(books_and_changes, rules)
def test_the_effect_is_the_difference_of_the_backlogs_line_by_line(
    given_book: tuple[Book, list[Change]], rule: tuple[str, ...]
) -> None:
    before = make_plan(given_book[0], rule)
    changes = given_book[1]
    after = make_plan(changed_book(before.book, changes), rule)
    assert_tells_the_difference(effect_of(before, changes), before, after)


@moderately
@given(books_and_changes)
def test_each_line_becomes_late_or_on_time_or_loses_or_gets_its_date_by_what_stood_before(
    given_book: tuple[Book, list[Change]],
) -> None:
    effect = effect_of(make_plan(given_book[0], ()), given_book[1])
    for row in effect.lines.to_dict("records"):
        had_date, has_date = (row[name] == row[name] for name in ("expected_before", "expected_after"))
        was_late, is_late = row["state_before"] == "late", row["state_after"] == "late"
        assert row["is_losing_date"] == (had_date and not has_date)
        assert row["is_getting_date"] == (has_date and not had_date)
        assert row["is_becoming_late"] == (had_date and is_late and not was_late)
        assert row["is_becoming_on_time"] == (was_late and has_date and not is_late)
        assert row["must_be_told"] == (is_late and not was_late)


@moderately
@given(books, st.lists(skus), rules)
def test_the_allocation_of_some_skus_is_that_of_all_for_them(
    book: Book, wanted: list[str], rule: tuple[str, ...]
) -> None:
    of_all = as_dict(allocate(book, rule))
    assert as_dict(allocate_skus(book, wanted, rule)) == {key: of_all[key] for key in of_all if key[2] in wanted}


@moderately
@given(books_and_changes, rules)
def test_each_customers_share_is_what_a_loop_over_its_lines_counts(
    drawn: tuple[Book, list[Change]], rule: tuple[str, ...]
) -> None:
    effect = effect_of(make_plan(drawn[0], rule), drawn[1])
    found = effect_customers(effect).to_dict("records")
    lines = [row for row in effect.lines.to_dict("records") if row["is_affected"]]
    assert {each["customer_id"] for each in found} == {row["customer_id"] for row in lines}
    for each in found:
        own = [row for row in lines if row["customer_id"] == each["customer_id"]]
        worse = [row for row in own if row["effect"] in ("become late", "lose their date", "lose supply")]
        assert (each["customer_name"], each["tier"]) == (own[0]["customer_name"], own[0]["tier"])
        assert (each["lines"], each["orders"]) == (len(own), len({row["order_id"] for row in own}))
        assert each["become_late"] == sum(row["effect"] == "become late" for row in own)
        assert each["get_date"] == sum(row["effect"] == "get a date" for row in own)
        assert each["units"] == pytest.approx(sum(row["backordered_qty"] for row in own), abs=1e-9)
        assert each["value_before"] == pytest.approx(sum(row["backordered_value_before"] for row in own), abs=1e-9)
        assert each["worse_value"] == pytest.approx(sum(row["backordered_value"] for row in worse), abs=1e-9)


@moderately
@given(books_and_changes, rules)
def test_what_waits_for_each_supply_is_what_a_loop_over_the_allocations_counts(
    drawn: tuple[Book, list[Change]], rule: tuple[str, ...]
) -> None:
    plan = make_plan(drawn[0], rule)
    lines = plan.book.lines.to_dict("records")
    found = waiting(plan).to_dict("records")
    assert len(found) == len(plan.book.supplies)
    for position, each in enumerate(found):
        taken = [row for row in plan.allocations.to_dict("records") if row["supply_index"] == position]
        who = [lines[row["line_index"]] for row in taken]
        assert each["order_lines"] == len(taken)
        assert each["customers"] == len({line["customer_id"] for line in who})
        assert each["waiting_qty"] == pytest.approx(sum(row["allocated_qty"] for row in taken), abs=1e-9)
        value = sum(row["allocated_qty"] * line["unit_price"] for row, line in zip(taken, who, strict=True))
        assert each["waiting_value"] == pytest.approx(value, abs=5.1e-5 * max(len(taken), 1))
