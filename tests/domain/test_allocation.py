from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from dashboard.domain.allocation import DEFAULT_RULE, PRIORITY_KEYS, Allocation, allocate, allocate_skus, check_rule
from dashboard.domain.book import Book
from dashboard.domain.errors import SettingsError
from dashboard.domain.exact import to_units
from tests.books import Row, book_of, line, plan, po, stock

Taken = tuple[str, str, float]


def taken(allocation: Allocation) -> list[Taken]:
    """Who takes how much of what: order id, supply id, units."""
    frame = allocation.allocations
    return list(zip(frame["order_id"], frame["supply_id"], frame["allocated_qty"].tolist(), strict=True))


def served(book: Book, rule: tuple[str, ...] = DEFAULT_RULE) -> list[str]:
    """The orders in the order in which they take, all of one SKU."""
    return book.lines["order_id"].iloc[allocate(book, rule).queue].tolist()


def covered(book: Book) -> list[tuple[float, float, float]]:
    """ready, inbound and uncovered units of each line."""
    allocation = allocate(book)
    parts = (to_units(each).tolist() for each in (allocation.ready, allocation.inbound, allocation.uncovered))
    return list(zip(*parts, strict=True))


def test_a_line_takes_stock_first_then_the_earliest_restock_and_the_rest_is_uncovered() -> None:
    book = book_of(
        [line("SO-1", open_qty=10)],
        [po("PO-9/1", 3, "2026-04-10"), stock(2), po("PO-8/1", 4, "2026-03-20")],
    )
    allocation = allocate(book)
    expected = pd.DataFrame(
        {
            "order_id": ["SO-1"] * 3,
            "line_no": ["1"] * 3,
            "sku": ["VALVE-25"] * 3,
            "location_id": ["MAIN"] * 3,
            "supply_kind": ["stock", "purchase order", "purchase order"],
            "supply_id": ["stock", "PO-8/1", "PO-9/1"],
            "supplier_id": ["", "S-1", "S-1"],
            "available_date": pd.to_datetime(["2026-03-16", "2026-03-20", "2026-04-10"]).astype("datetime64[s]"),
            "allocated_qty": [2.0, 4.0, 3.0],
            "line_index": [0, 0, 0],
            "supply_index": [1, 2, 0],
        }
    )
    texts = expected.columns[:7]
    pd.testing.assert_frame_equal(allocation.allocations.astype(dict.fromkeys(texts, "str")), expected)
    assert covered(book) == [(2.0, 7.0, 1.0)]


def test_one_supply_is_split_over_lines_and_one_line_over_supplies() -> None:
    book = book_of(
        [line("SO-1", open_qty=3), line("SO-2", open_qty=4), line("SO-3", open_qty=5)],
        [stock(5), po("PO-1/1", 6, "2026-03-18")],
    )
    assert taken(allocate(book)) == [
        ("SO-1", "stock", 3.0),
        ("SO-2", "stock", 2.0),
        ("SO-2", "PO-1/1", 2.0),
        ("SO-3", "PO-1/1", 4.0),
    ]
    assert covered(book) == [(3.0, 0.0, 0.0), (2.0, 2.0, 0.0), (0.0, 4.0, 1.0)]


def test_a_supply_that_ends_exactly_with_a_line_leaves_nothing_for_the_next() -> None:
    book = book_of([line("SO-1", open_qty=5), line("SO-2", open_qty=2)], [stock(5), po("PO-1/1", 9, "2026-03-18")])
    assert taken(allocate(book)) == [("SO-1", "stock", 5.0), ("SO-2", "PO-1/1", 2.0)]


def test_thousandths_of_a_unit_are_exact() -> None:
    book = book_of([line(f"SO-{n}", open_qty=0.1) for n in range(1, 11)], [stock(0.999)])
    assert covered(book) == [(0.1, 0.0, 0.0)] * 9 + [(0.099, 0.0, 0.001)]


@pytest.mark.parametrize("supplies", [[], [stock(0)], [stock(-40)], [stock(5, sku="OTHER")], [stock(5, location="X")]])
def test_without_stock_of_the_sku_at_the_location_above_zero_nothing_is_covered(supplies: list[Row]) -> None:
    book = book_of([line("SO-1", open_qty=7)], supplies)
    assert (taken(allocate(book)), covered(book)) == ([], [(0.0, 0.0, 7.0)])


def test_negative_stock_takes_nothing_from_what_is_to_come() -> None:
    book = book_of([line("SO-1", open_qty=7)], [stock(-5), po("PO-1/1", 7, "2026-03-18")])
    assert taken(allocate(book)) == [("SO-1", "PO-1/1", 7.0)]


def test_an_empty_store_allocates_nothing() -> None:
    allocation = allocate(book_of())
    assert (taken(allocation), allocation.queue.tolist(), allocation.uncovered.tolist()) == ([], [], [])


def test_supply_that_no_line_wants_is_left_alone() -> None:
    allocation = allocate(book_of([], [stock(5)]))
    assert (taken(allocation), allocation.taken.tolist()) == ([], [0])


def test_each_location_and_sku_serves_its_own_lines() -> None:
    book = book_of(
        [
            line("SO-1", open_qty=4, location="NORTH"),
            line("SO-2", open_qty=4, location="MAIN"),
            line("SO-3", open_qty=4, sku="PUMP-3"),
        ],
        [stock(3, location="NORTH"), po("PO-1/1", 9, "2026-03-18"), stock(1, sku="PUMP-3")],
    )
    assert taken(allocate(book)) == [("SO-1", "stock", 3.0), ("SO-2", "PO-1/1", 4.0), ("SO-3", "stock", 1.0)]


SUPPLY_ORDERS = {
    "stock first": [stock(1), po("PO-1/1", 1, "2026-03-16")],
    "a restock due today is available today": [po("PO-1/1", 1, "2026-03-16"), po("PO-0/1", 1, "2026-03-17")],
    "a restock date that is over comes last, as one without a date": [
        po("PO-9/1", 1, "2027-01-01"),
        po("PO-1/1", 1, "2026-03-15"),
        po("PO-2/1", 1),
    ],
    "undated ones by id, overdue or not, numbers as numbers": [
        po("PO-2/1", 1),
        po("PO-2/9", 1, "2026-03-01"),
        po("PO-2/10", 1, "2026-02-01"),
        po("PO-10/1", 1),
    ],
    "equal days by id, numbers as numbers": [po("PO-7/2", 1, "2026-03-20"), po("PO-7/10", 1, "2026-03-20")],
    "a planned restock stands among purchase orders by its day": [
        po("PO-1/1", 1, "2026-03-18"),
        plan("PLAN-1", 1, "2026-03-19"),
        po("PO-2/1", 1, "2026-03-20"),
        plan("PLAN-2", 1),
    ],
}


@pytest.mark.parametrize("in_order", SUPPLY_ORDERS.values(), ids=SUPPLY_ORDERS.keys())
def test_the_order_of_supplies(in_order: list[Row]) -> None:
    book = book_of([line("SO-1", open_qty=99)], in_order[::-1])
    assert [supply for _, supply, _ in taken(allocate(book))] == [row["supply_id"] for row in in_order]


def test_a_restock_date_is_usable_from_today_on_and_none_otherwise() -> None:
    book = book_of(
        [line("SO-1", open_qty=9)],
        [stock(1), po("PO-1/1", 1, "2026-03-15"), po("PO-2/1", 1, "2026-03-16"), po("PO-3/1", 1)],
    )
    dates = (
        allocate(book).allocations.set_index("supply_id")["available_date"].dt.strftime("%Y-%m-%d").fillna("undated")
    )
    assert dates.to_dict() == {
        "stock": "2026-03-16",
        "PO-2/1": "2026-03-16",
        "PO-1/1": "undated",
        "PO-3/1": "undated",
    }


LINE_ORDERS = {
    "priority first, none last": [line("SO-3", priority=1), line("SO-2", priority=2), line("SO-1")],
    "priority before an earlier promise": [
        line("SO-2", priority=1, promise="2026-12-24"),
        line("SO-1", priority=2, promise="2026-03-17"),
    ],
    "then the promise date, none last": [
        line("SO-3", promise="2026-03-01"),
        line("SO-2", promise="2026-03-20"),
        line("SO-1"),
    ],
    "then the ordered date": [line("SO-2", ordered="2026-02-27"), line("SO-1", ordered="2026-02-28")],
    "then the order id, numbers as numbers": [line("SO-2"), line("SO-10"), line("SO-0011")],
    "then the line number, numbers as numbers": [line("SO-1", "2"), line("SO-1", "10")],
    "a day in the year 1 and one in 9999": [
        line("SO-3", promise="0001-01-01"),
        line("SO-2", promise="9999-12-31"),
        line("SO-1"),
    ],
}


@pytest.mark.parametrize("in_order", LINE_ORDERS.values(), ids=LINE_ORDERS.keys())
def test_the_order_of_lines(in_order: list[Row]) -> None:
    book = book_of(in_order[::-1])
    queue = book.lines.iloc[allocate(book).queue]
    found = list(zip(queue["order_id"], queue["line_no"], strict=True))
    assert found == [(row["order_id"], row["line_no"]) for row in in_order]


CUSTOM_ORDERS = {
    "requested_date": [line("SO-3", requested="2026-03-02"), line("SO-2", requested="2026-03-03"), line("SO-1")],
    "first_promise_date": [
        line("SO-2", promise="2026-05-01", first_promise="2026-03-01"),
        line("SO-1", promise="2026-04-01", first_promise="2026-03-02"),
    ],
    "tier": [line("SO-3", customer="C-BEST"), line("SO-2", customer="C-GOOD"), line("SO-1", customer="C-UNKNOWN")],
    "open_value": [
        line("SO-3", open_qty=10, unit_price=10.0001),
        line("SO-2", open_qty=1000, unit_price=0.1),
        line("SO-1", open_qty=0.001, unit_price=5),
    ],
}


@pytest.mark.parametrize(("key", "in_order"), CUSTOM_ORDERS.items(), ids=CUSTOM_ORDERS.keys())
def test_a_company_may_rank_by_other_keys(key: str, in_order: list[Row]) -> None:
    book = book_of(in_order[::-1], customers=[("C-BEST", "Bauer", 1), ("C-GOOD", "Good", 2)])
    assert served(book, (key,)) == [row["order_id"] for row in in_order]


def test_the_keys_of_a_rule_decide_in_the_order_in_which_they_are_named() -> None:
    cheap_but_first = line("SO-2", priority=1, unit_price=1)
    book = book_of([cheap_but_first, line("SO-1", unit_price=999)])
    assert served(book, ("priority", "open_value")) == ["SO-2", "SO-1"]
    assert served(book, ("open_value", "priority")) == ["SO-1", "SO-2"]


def test_a_rule_of_no_keys_ranks_by_order_and_line() -> None:
    book = book_of([line("SO-10", priority=1), line("SO-9"), line("SO-9", "2")])
    assert served(book, ()) == ["SO-9", "SO-9", "SO-10"]


def test_all_keys_together_still_decide_in_their_order() -> None:
    wide = {"promise": "9999-12-31", "requested": "0001-01-01", "ordered": "9999-01-01", "unit_price": 900_000.5}
    book = book_of([line("SO-2", **wide), line("SO-1", **wide), line("SO-3", **wide | {"ordered": "0001-01-01"})])
    assert served(book, tuple(PRIORITY_KEYS)) == ["SO-3", "SO-1", "SO-2"]


def test_an_unknown_key_is_refused_with_the_ones_there_are() -> None:
    with pytest.raises(
        SettingsError,
        match=r"has no key 'colour'\. Name one or more of priority, promise_date, ordered_date, requested_date, "
        "first_promise_date, tier, open_value, first key first",
    ):
        allocate(book_of(), ("priority", "colour"))


def test_a_key_named_twice_is_refused() -> None:
    with pytest.raises(SettingsError, match="names 'tier' twice"):
        check_rule(("tier", "priority", "tier"))


def test_before_a_line_stand_the_lines_that_are_served_first_at_its_location() -> None:
    book = book_of(
        [line("SO-3"), line("SO-1"), line("SO-2"), line("SO-0", location="NORTH"), line("SO-4", sku="PUMP-3")],
    )
    allocation = allocate(book)
    assert [allocation.before(row).tolist() for row in range(5)] == [[1, 2], [], [1], [], []]


def test_what_lines_take_of_each_supply_is_told_by_supply() -> None:
    book = book_of([line("SO-1", open_qty=3), line("SO-2", open_qty=4)], [po("PO-1/1", 9, "2026-03-18"), stock(5)])
    assert allocate(book).taken.tolist() == [2_000, 5_000]


def test_some_skus_alone_are_allocated_as_in_the_whole() -> None:
    book = book_of(
        [line("SO-1", open_qty=5), line("SO-2", open_qty=5, sku="PUMP-3"), line("SO-3", open_qty=5)],
        [stock(7), stock(2, sku="PUMP-3")],
    )
    assert taken(allocate_skus(book, ["PUMP-3"])) == [("SO-2", "stock", 2.0)]
    assert taken(allocate_skus(book, ["VALVE-25"])) == [("SO-1", "stock", 5.0), ("SO-3", "stock", 2.0)]


def test_plain_text_columns_serve_as_well_as_categories() -> None:
    book = book_of([line("SO-10", open_qty=3), line("SO-9", open_qty=4)], [stock(5), po("PO-1/1", 1, "2026-03-18")])
    texts = dict.fromkeys(("order_id", "line_no", "customer_id", "sku", "location_id"), "str")
    plain = replace(book, lines=book.lines.astype(texts), supplies=book.supplies.astype({"sku": "str"}))
    assert taken(allocate(plain)) == taken(allocate(book))
