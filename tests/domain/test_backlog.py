from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest

from dashboard.domain.allocation import allocate
from dashboard.domain.backlog import BACKLOG_COLUMNS, STATES, build_backlog, whole_orders
from tests.books import Row, book_of, line, plan, po, stock


def backlog_of(lines: Sequence[Row] = (), supplies: Sequence[Row] = (), **dimensions: Any) -> pd.DataFrame:
    book = book_of(lines, supplies, **dimensions)
    return build_backlog(book, allocate(book))


def told(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """The rows of these columns as plain values: dates as ISO text, None where missing."""
    plain = frame[list(columns)].astype("object")
    for name in columns:
        if name.endswith(("_date", "_until")):
            plain[name] = frame[name].dt.strftime("%Y-%m-%d").astype("object")
    return list(plain.where(plain.notna(), None).itertuples(index=False, name=None))


def test_a_line_half_on_the_shelf_and_half_to_come_is_told_whole() -> None:
    backlog = backlog_of(
        [
            line(
                "SO-5001",
                "2",
                open_qty=30,
                customer="C-100",
                ordered="2026-03-02",
                requested="2026-03-10",
                first_promise="2026-03-12",
                promise="2026-03-14",
                shipped_qty=10,
                unit_price=19.9,
                priority=2,
            )
        ],
        [stock(12), po("PO-881/1", 200, "2026-03-20", supplier="S-20")],
        customers=[("C-100", "Bauer GmbH", 1)],
        suppliers=[("S-20", "Kolben AG")],
        items=[("VALVE-25", "Ball valve 25 mm", "Valves")],
    )
    assert list(backlog.columns) == list(BACKLOG_COLUMNS)
    assert dict(zip(BACKLOG_COLUMNS, *told(backlog, *BACKLOG_COLUMNS), strict=True)) == {
        "order_id": "SO-5001",
        "line_no": "2",
        "customer_id": "C-100",
        "customer_name": "Bauer GmbH",
        "tier": 1,
        "sku": "VALVE-25",
        "item_name": "Ball valve 25 mm",
        "category": "Valves",
        "location_id": "MAIN",
        "ordered_date": "2026-03-02",
        "requested_date": "2026-03-10",
        "first_promise_date": "2026-03-12",
        "promise_date": "2026-03-14",
        "priority": 2,
        "ordered_qty": 40.0,
        "shipped_qty": 10.0,
        "open_qty": 30.0,
        "ready_qty": 12.0,
        "inbound_qty": 18.0,
        "uncovered_qty": 0.0,
        "backordered_qty": 18.0,
        "unit_price": 19.9,
        "open_value": 597.0,
        "backordered_value": 358.2,
        "expected_date": "2026-03-20",
        "days_late": 6.0,
        "state": "late",
        "age_days": 14,
        "days_past_promise": 2.0,
        "is_past_promise": True,
        "waits_for": "PO-881/1",
        "waits_for_kind": "purchase order",
        "waits_until": "2026-03-20",
        "supplier_id": "S-20",
        "supplier_name": "Kolben AG",
    }


STATE_CASES = {
    "all of it on the shelf is ready": (stock(5), "2026-03-20", "ready", "2026-03-16", -4.0),
    "on the shelf is ready even past its promise": (stock(5), "2026-03-10", "ready", "2026-03-16", 6.0),
    "some units without any supply": (po("PO-1/1", 4, "2026-03-18"), "2026-03-20", "uncovered", None, None),
    "uncovered comes before undated": (po("PO-1/1", 4), "2026-03-20", "uncovered", None, None),
    "on a supply without a date": (po("PO-1/1", 9), "2026-03-20", "undated", None, None),
    "on a supply whose date is over": (po("PO-1/1", 9, "2026-03-15"), "2026-03-20", "undated", None, None),
    "undated comes before unpromised": (po("PO-1/1", 9), "", "undated", None, None),
    "expected after the promise": (po("PO-1/1", 9, "2026-03-21"), "2026-03-20", "late", "2026-03-21", 1.0),
    "a date but no promise": (po("PO-1/1", 9, "2026-03-21"), "", "unpromised", "2026-03-21", None),
    "expected on the promise": (po("PO-1/1", 9, "2026-03-20"), "2026-03-20", "on time", "2026-03-20", 0.0),
    "due today is to come, not ready": (po("PO-1/1", 9, "2026-03-16"), "2026-03-20", "on time", "2026-03-16", -4.0),
}


@pytest.mark.parametrize(
    ("supply", "promise", "state", "expected", "late"), STATE_CASES.values(), ids=STATE_CASES.keys()
)
def test_the_state_of_a_line(supply: Row, promise: str, state: str, expected: str | None, late: float | None) -> None:
    backlog = backlog_of([line("SO-1", open_qty=5, promise=promise)], [supply])
    assert told(backlog, "state", "expected_date", "days_late") == [(state, expected, late)]


def test_states_are_ordered_from_ready_to_uncovered() -> None:
    assert STATES == ("ready", "on time", "unpromised", "late", "undated", "uncovered")
    assert tuple(backlog_of()["state"].cat.categories) == STATES


def test_one_late_unit_makes_the_line_expected_on_that_unit_s_day() -> None:
    backlog = backlog_of(
        [line("SO-1", open_qty=5, promise="2026-03-17")],
        [stock(3), po("PO-1/1", 1, "2026-03-17"), po("PO-2/1", 1, "2026-04-01")],
    )
    assert told(backlog, "state", "expected_date", "days_late", "waits_for", "waits_until") == [
        ("late", "2026-04-01", 15.0, "PO-2/1", "2026-04-01")
    ]


@pytest.mark.parametrize(
    ("promise", "past", "is_past"),
    [("2026-03-15", 1.0, True), ("2026-03-16", 0.0, False), ("2026-03-17", -1.0, False), ("", None, False)],
)
def test_past_the_promise_is_a_promise_before_today(promise: str, past: float | None, is_past: bool) -> None:
    backlog = backlog_of([line("SO-1", promise=promise)])
    assert told(backlog, "days_past_promise", "is_past_promise") == [(past, is_past)]


def test_a_line_waits_for_the_last_supply_to_come_that_it_needs_which_decides_its_date() -> None:
    backlog = backlog_of(
        [line("SO-1", open_qty=2), line("SO-2", open_qty=6), line("SO-3", open_qty=3), line("SO-4", open_qty=1)],
        [stock(2), plan("PLAN-7", 5, "2026-03-20"), po("PO-9/1", 4)],
    )
    assert told(backlog, "order_id", "waits_for", "waits_for_kind", "waits_until") == [
        ("SO-1", "", "", None),
        ("SO-2", "PO-9/1", "purchase order", None),
        ("SO-3", "PO-9/1", "purchase order", None),
        ("SO-4", "", "", None),
    ]


def test_the_supplier_is_that_of_the_deciding_supply_and_the_usual_one_of_the_sku_where_nothing_is_to_come() -> None:
    backlog = backlog_of(
        [
            line("SO-1", open_qty=2),
            line("SO-2", open_qty=5),
            line("SO-3", open_qty=1),
            line("SO-4", sku="PUMP-3"),
            line("SO-5", sku="SEAL-1"),
        ],
        [po("PO-1/1", 2, "2026-03-18", supplier="S-30"), plan("PLAN-1", 5, "2026-03-19"), stock(1, sku="PUMP-3")],
        suppliers=[("S-9", "Kolben AG"), ("S-30", "Ventil SE")],
        item_suppliers=[("VALVE-25", "S-10", 1), ("VALVE-25", "S-9", 1), ("VALVE-25", "S-1", 2), ("PUMP-3", "S-77", 4)],
    )
    assert told(backlog, "order_id", "supplier_id", "supplier_name") == [
        ("SO-1", "S-30", "Ventil SE"),
        ("SO-2", "", ""),  # a planned restock has no supplier
        ("SO-3", "S-9", "Kolben AG"),
        ("SO-4", "S-77", "S-77"),
        ("SO-5", "", ""),
    ]


def test_a_line_of_which_nothing_else_is_known_is_kept_under_its_ids() -> None:
    backlog = backlog_of([line("SO-1", customer="C-404", sku="NEW-1")])
    assert told(backlog, "customer_name", "tier", "item_name", "category", "supplier_name") == [
        ("C-404", 3, "NEW-1", "", "")
    ]


def test_two_customers_of_one_name_stay_two() -> None:
    backlog = backlog_of(
        [line("SO-1", customer="C-1"), line("SO-2", customer="C-2")],
        customers=[("C-1", "Bauer", 1), ("C-2", "Bauer", 2)],
    )
    assert told(backlog, "customer_id", "customer_name", "tier") == [("C-1", "Bauer", 1), ("C-2", "Bauer", 2)]


def test_backordered_money_is_exact_to_four_decimals() -> None:
    backlog = backlog_of([line("SO-1", open_qty=3.333, unit_price=0.1235)], [stock(1)])
    assert told(backlog, "open_value", "backordered_value") == [(0.4116, 0.2881)]


def test_the_backlog_keeps_the_order_of_the_book_and_texts_are_categories() -> None:
    backlog = backlog_of([line("SO-3"), line("SO-1"), line("SO-2")])
    assert backlog["order_id"].tolist() == ["SO-3", "SO-1", "SO-2"]
    texts = [name for name, dtype in backlog.dtypes.items() if dtype == "category"]
    assert texts == [
        *("order_id", "line_no", "customer_id", "customer_name", "sku", "item_name", "category", "location_id"),
        *("state", "waits_for", "waits_for_kind", "supplier_id", "supplier_name"),
    ]


def test_an_empty_store_has_an_empty_backlog_with_all_columns() -> None:
    backlog = backlog_of()
    assert (len(backlog), list(backlog.columns)) == (0, list(BACKLOG_COLUMNS))
    assert whole_orders(backlog).empty


def test_a_whole_order_is_complete_with_its_last_line_and_as_bad_as_its_worst() -> None:
    backlog = backlog_of(
        [
            line("SO-2", "1", open_qty=1, sku="PUMP-3", promise="2026-03-20", ordered="2026-03-05", unit_price=0.5),
            line("SO-1", "1", open_qty=0.1, promise="2026-03-17", ordered="2026-03-03"),
            line("SO-2", "2", open_qty=0.2, promise="2026-03-19", ordered="2026-03-04", unit_price=1),
            line("SO-3", "1", open_qty=9, promise=""),
        ],
        [stock(0.1), po("PO-1/1", 1, "2026-03-25"), stock(1, sku="PUMP-3")],
        customers=[("C-1", "Bauer", 2)],
    )
    orders = whole_orders(backlog)
    columns = {
        "order_id": ["SO-2", "SO-1", "SO-3"],
        "customer_id": ["C-1"] * 3,
        "customer_name": ["Bauer"] * 3,
        "tier": [2] * 3,
        "lines": [2, 1, 1],
        "open_qty": [1.2, 0.1, 9.0],
        "backordered_qty": [0.2, 0.0, 9.0],
        "open_value": [0.7, 1.0, 90.0],
        "backordered_value": [0.2, 0.0, 90.0],
        "ordered_date": ["2026-03-04", "2026-03-03", "2026-03-01"],
        "promise_date": ["2026-03-19", "2026-03-17", None],
        "complete_date": ["2026-03-25", "2026-03-16", None],
        "days_late": [6.0, -1.0, None],
        "state": ["late", "ready", "uncovered"],
        "is_late": [True, False, False],
    }
    assert list(orders.columns) == list(columns)
    assert told(orders, *columns) == list(zip(*columns.values(), strict=True))


def test_an_order_with_one_line_without_a_date_has_no_day_to_be_complete() -> None:
    backlog = backlog_of([line("SO-1", "1"), line("SO-1", "2", sku="PUMP-3")], [stock(1)])
    assert told(whole_orders(backlog), "complete_date", "state", "lines") == [(None, "uncovered", 2)]
