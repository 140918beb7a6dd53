"""The allocation on random books: equal to a slow obvious loop written from the rule's words, and its invariants."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.allocation import DEFAULT_RULE, PRIORITY_KEYS, Allocation, allocate
from dashboard.domain.book import NO_PRIORITY, STOCK, Book
from tests.books import TODAY, Row, book_of, line, plan, po, stock
from tests.random_cases import tries

thoroughly = tries(40, long=150)
moderately = tries(15, long=50)

TIERS = {"C-1": 1, "C-2": 2, "C-3": 2}
FAR = "9999-99-99"
"""Sorts after every day, as none does."""

Taken = dict[tuple[str, str, str, str, str], int]
"""Thousandths by order, line, SKU, location and supply."""

days = st.sampled_from(["", *((TODAY + timedelta(days=offset)).isoformat() for offset in (-9, -1, 0, 1, 9, 30))])
quantities = st.sampled_from([0.001, 0.333, 0.5, 1, 2, 3, 7.25, 20])
skus = st.sampled_from(["VALVE-25", "PUMP-3"])
locations = st.sampled_from(["MAIN", "NORTH"])


@st.composite
def lines(draw: st.DrawFn) -> list[Row]:
    keys = draw(
        st.lists(
            st.tuples(st.sampled_from(["SO-2", "SO-10", "SO-010", "7", "A"]), st.sampled_from(["1", "2", "10"])),
            unique=True,
            max_size=12,
        )
    )
    return [
        line(
            order_id,
            line_no,
            open_qty=draw(quantities),
            customer=draw(st.sampled_from(list(TIERS))),
            sku=draw(skus),
            location=draw(locations),
            ordered=draw(st.sampled_from(["2026-02-01", "2026-03-01"])),
            requested=draw(days),
            promise=draw(days),
            unit_price=draw(st.sampled_from([0, 0.3333, 10])),
            priority=draw(st.sampled_from([0, 1, 2, NO_PRIORITY])),
        )
        for order_id, line_no in keys
    ]


@st.composite
def supplies(draw: st.DrawFn) -> list[Row]:
    shelves = draw(st.lists(st.tuples(skus, locations), unique=True, max_size=4))
    ids = draw(st.lists(st.sampled_from(["PO-2/1", "PO-2/10", "PO-10/1", "PO-02/1", "PLAN-1", "PLAN-2"]), unique=True))
    on_shelf = [
        stock(draw(st.sampled_from([-3, 0, 0.001, 1, 5.5, 12])), sku=sku, location=location)
        for sku, location in shelves
    ]
    to_come = [
        (plan if supply_id.startswith("PLAN") else po)(
            supply_id, draw(quantities), draw(days), sku=draw(skus), location=draw(locations)
        )
        for supply_id in ids
    ]
    return draw(st.permutations([*on_shelf, *to_come]))


def book(lines: list[Row], supplies: list[Row]) -> Book:
    return book_of(lines, supplies, customers=[(customer, customer, tier) for customer, tier in TIERS.items()])


books = st.builds(book, lines(), supplies())
rules = st.lists(st.sampled_from(list(PRIORITY_KEYS)), unique=True).map(tuple) | st.just(DEFAULT_RULE)


def natural(text: str) -> tuple[Any, ...]:
    return (*(int(part) if part.isdigit() else part for part in re.split("([0-9]+)", text)), text)


def iso(value: Any) -> str:
    return FAR if str(value) == "NaT" else str(value)[:10]


def line_key(row: dict[str, Any], rule: tuple[str, ...]) -> tuple[Any, ...]:
    keys = {
        **{name: iso(row[name]) for name in row if name.endswith("_date")},
        "priority": row["priority"],
        "tier": TIERS[row["customer_id"]],
        "open_value": -((thousandths(row["open_qty"]) * round(row["unit_price"] * 10_000) + 500) // 1_000),
    }
    return (*(keys[name] for name in rule), natural(row["order_id"]), natural(row["line_no"]))


def available(row: dict[str, Any], today: date) -> str:
    if row["supply_kind"] == STOCK:
        return today.isoformat()
    restock = iso(row["restock_date"])
    return restock if restock >= today.isoformat() else FAR


def supply_key(row: dict[str, Any], today: date) -> tuple[Any, ...]:
    return available(row, today), row["supply_kind"] != STOCK, natural(row["supply_id"])


def thousandths(units: float) -> int:
    return round(units * 1_000)


def slow_loop(book: Book, rule: tuple[str, ...]) -> Taken:
    """Within one (sku, location), each line in turn takes what is left of the earliest supplies."""
    left = [dict(row, left=max(thousandths(row["supply_qty"]), 0)) for row in book.supplies.to_dict("records")]
    left.sort(key=lambda row: supply_key(row, book.today))
    taken: Taken = {}
    for row in sorted(book.lines.to_dict("records"), key=lambda row: line_key(row, rule)):
        needed = thousandths(row["open_qty"])
        for supply in left:
            if (supply["sku"], supply["location_id"]) != (row["sku"], row["location_id"]):
                continue
            quantity = min(needed, supply["left"])
            if quantity:
                key = (row["order_id"], row["line_no"], row["sku"], row["location_id"], supply["supply_id"])
                taken[key] = quantity
                supply["left"] -= quantity
                needed -= quantity
    return taken


def as_dict(allocation: Allocation) -> Taken:
    frame = allocation.allocations
    keys = zip(*(frame[name] for name in ("order_id", "line_no", "sku", "location_id", "supply_id")), strict=True)
    return dict(zip(keys, map(thousandths, frame["allocated_qty"]), strict=True))


@thoroughly
@given(books, rules)
def test_the_allocation_is_that_of_the_slow_obvious_loop(book: Book, rule: tuple[str, ...]) -> None:
    allocation = allocate(book, rule)
    assert as_dict(allocation) == slow_loop(book, rule)
    assert len(allocation.allocations) == len(as_dict(allocation))


@moderately
@given(books)
def test_each_line_takes_its_supplies_in_the_order_in_which_they_are_available(book: Book) -> None:
    of_line = defaultdict(list)
    rows = book.supplies.to_dict("records")
    allocation = allocate(book)
    for row, supply in zip(allocation.line_index.tolist(), allocation.supply_index.tolist(), strict=True):
        of_line[row].append(supply_key(rows[supply], book.today))
    assert all(keys == sorted(keys) for keys in of_line.values())


@moderately
@given(books, rules)
def test_ready_inbound_and_uncovered_are_the_open_quantity_exactly(book: Book, rule: tuple[str, ...]) -> None:
    allocation = allocate(book, rule)
    parts = np.array([allocation.ready, allocation.inbound, allocation.uncovered])
    assert (parts >= 0).all()
    assert parts.sum(axis=0).tolist() == [thousandths(units) for units in book.lines["open_qty"]]
    ready: dict[tuple[str, str], int] = defaultdict(int)
    for (order_id, line_no, _, _, supply_id), quantity in as_dict(allocation).items():
        ready[order_id, line_no] += quantity if supply_id == "stock" else 0
    ids = zip(book.lines["order_id"], book.lines["line_no"], strict=True)
    assert allocation.ready.tolist() == [ready[each] for each in ids]


@moderately
@given(books, rules)
def test_no_supply_gives_more_than_it_has(book: Book, rule: tuple[str, ...]) -> None:
    given_away = allocate(book, rule).taken
    assert (given_away <= np.maximum(np.rint(book.supplies["supply_qty"] * 1_000), 0)).all()


@moderately
@given(books, rules, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(book: Book, rule: tuple[str, ...], random: Any) -> None:
    def shuffled(count: int) -> list[int]:
        return random.sample(range(count), count)

    mixed = replace(
        book,
        lines=book.lines.iloc[shuffled(len(book.lines))].reset_index(drop=True),
        supplies=book.supplies.iloc[shuffled(len(book.supplies))].reset_index(drop=True),
    )
    assert as_dict(allocate(mixed, rule)) == as_dict(allocate(book, rule))


@moderately
@given(lines(), supplies(), quantities, days, skus, locations)
def test_more_supply_never_leaves_more_uncovered(
    lines: list[Row], supplies: list[Row], quantity: float, day: str, sku: str, location: str
) -> None:
    more = [*supplies, po("PO-99/1", quantity, day, sku=sku, location=location)]
    assert allocate(book(lines, more)).uncovered.sum() <= allocate(book(lines, supplies)).uncovered.sum()
