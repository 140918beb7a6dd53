from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest

from dashboard.domain.allocation import allocate
from dashboard.domain.backlog import build_backlog
from dashboard.domain.errors import RefusedDataError
from dashboard.domain.explanation import Explanation, explain_line
from tests.books import Row, book_of, line, po, stock


def explained(
    order_id: str, line_no: str, lines: Sequence[Row], supplies: Sequence[Row] = (), **dimensions: Any
) -> Explanation:
    book = book_of(lines, supplies, **dimensions)
    allocation = allocate(book)
    return explain_line(book, allocation, build_backlog(book, allocation), order_id, line_no)


def rows(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    plain = frame[list(columns)].astype("object")
    for name in columns:
        if name.endswith("_date"):
            plain[name] = frame[name].dt.strftime("%Y-%m-%d").astype("object")
    return list(plain.where(plain.notna(), None).itertuples(index=False, name=None))


def test_a_line_s_supplies_are_told_in_order_with_what_the_supplier_said_and_what_is_uncovered() -> None:
    why = explained(
        "SO-1",
        "1",
        [line("SO-1", open_qty=10)],
        [
            po("PO-9/1", 3, "2026-03-10", supplier="S-20", first_due="2026-03-01"),
            stock(2),
            po("PO-8/1", 4, "2026-03-20", supplier="S-404", due="2026-03-25", first_due="2026-03-02"),
        ],
        suppliers=[("S-20", "Kolben AG")],
    )
    assert rows(why.allocations, "supply_kind", "supply_id", "supplier_id", "supplier_name", "allocated_qty") == [
        ("stock", "stock", "", "", 2.0),
        ("purchase order", "PO-8/1", "S-404", "S-404", 4.0),
        ("purchase order", "PO-9/1", "S-20", "Kolben AG", 3.0),
    ]
    told = ["first_due_date", "due_date", "restock_date", "is_moved", "available_date", "days_overdue"]
    assert rows(why.allocations, *told) == [
        (None, None, None, False, "2026-03-16", None),
        ("2026-03-02", "2026-03-25", "2026-03-20", True, "2026-03-20", None),
        ("2026-03-01", "2026-03-10", "2026-03-10", False, None, 6.0),
    ]
    assert why.uncovered_qty == 1.0
    assert why.line["state"] == "uncovered"


def test_a_restock_due_today_is_not_overdue() -> None:
    why = explained("SO-1", "1", [line("SO-1")], [po("PO-1/1", 3, "2026-03-16")])
    assert rows(why.allocations, "restock_date", "days_overdue") == [("2026-03-16", None)]


def test_before_a_line_stand_those_that_take_of_the_same_supply_first() -> None:
    why = explained(
        "SO-3",
        "1",
        [
            line("SO-3", open_qty=4),
            line("SO-4", open_qty=4),
            line("SO-10", open_qty=3, promise="2026-03-20", customer="C-9"),
            line("SO-9", open_qty=2, priority=1, customer="C-404"),
            line("SO-1", open_qty=50, location="NORTH"),
            line("SO-2", open_qty=50, sku="PUMP-3"),
        ],
        [stock(4), po("PO-1/1", 2, "2026-03-18")],
        customers=[("C-9", "Bauer", 1)],
    )
    before = ["order_id", "line_no", "customer_id", "customer_name", "tier", "priority", "promise_date", "taken_qty"]
    assert rows(why.before, *before) == [
        ("SO-9", "1", "C-404", "C-404", 3, 1, None, 2.0),
        ("SO-10", "1", "C-9", "Bauer", 1, 999_999, "2026-03-20", 3.0),
    ]
    assert why.uncovered_qty == 3.0


def test_lines_before_it_that_take_of_other_supplies_do_not_stand_in_its_way() -> None:
    lines = [line("SO-1", open_qty=10), line("SO-2", open_qty=3), line("SO-3", open_qty=4)]
    why = explained("SO-3", "1", lines, [stock(10), po("PO-1/1", 7, "2026-03-18")])
    assert rows(why.before, "order_id", "taken_qty") == [("SO-2", 3.0)]


def test_lines_before_it_that_take_nothing_do_not_stand_in_its_way() -> None:
    why = explained("SO-2", "1", [line("SO-1"), line("SO-2")])
    assert why.before.empty
    assert why.allocations.empty
    assert why.uncovered_qty == 1.0


def test_stock_elsewhere_is_told_with_what_is_free_there() -> None:
    why = explained(
        "SO-1",
        "1",
        [line("SO-1", open_qty=9), line("SO-2", open_qty=3, location="NORTH")],
        [
            stock(1),
            stock(5.5, location="NORTH"),
            stock(-2, location="SOUTH"),
            stock(8, sku="PUMP-3", location="EAST"),
            po("PO-1/1", 7, "2026-03-18", location="WEST"),
        ],
    )
    assert rows(why.elsewhere, "location_id", "stock_qty", "free_qty") == [("NORTH", 5.5, 2.5)]


def test_the_whole_order_is_complete_on_the_last_day_of_its_lines() -> None:
    lines = [line("SO-1", "1"), line("SO-7", "1"), line("SO-1", "2", sku="PUMP-3")]
    why = explained("SO-1", "1", lines, [stock(1), po("PO-1/1", 1, "2026-04-01", sku="PUMP-3")])
    assert rows(why.order_lines, "line_no", "sku", "expected_date") == [
        ("1", "VALVE-25", "2026-03-16"),
        ("2", "PUMP-3", "2026-04-01"),
    ]
    assert why.complete_date == pd.Timestamp("2026-04-01")


def test_an_order_with_a_line_without_a_date_has_no_day_to_be_complete() -> None:
    why = explained("SO-1", "1", [line("SO-1", "1"), line("SO-1", "2", sku="PUMP-3")], [stock(1)])
    assert why.complete_date is None


@pytest.mark.parametrize(("order_id", "line_no"), [("SO-1", "3"), ("SO-404", "1"), ("", ""), ("SO-1", "2 ")])
def test_a_line_that_is_not_open_is_refused_with_what_to_do(order_id: str, line_no: str) -> None:
    lines = [line("SO-1", "1"), line("SO-1", "2"), line("SO-2", "3")]
    with pytest.raises(RefusedDataError, match=f"Order {order_id} has no open line {line_no}: .* choose a line there"):
        explained(order_id, line_no, lines)
