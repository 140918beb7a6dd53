from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from data_access import schema
from data_access.engine import writing
from data_access.problems import SHOWN_ROWS, Problem, data_problems

DAY = date(2026, 3, 2)
ORDER = {"line_no": "1", "customer_id": "C-1", "sku": "VALVE", "ordered_date": DAY, "unit_price": 199_000}
PURCHASE = {"line_no": "1", "supplier_id": "S-1", "sku": "VALVE", "due_date": date(2026, 3, 30)}


@pytest.fixture
def company(engine: Engine) -> Engine:
    """One customer, supplier and SKU with its source: nothing doubtful yet."""
    add(engine, "customers", {"customer_id": "C-1", "name": "Brightwater"})
    add(engine, "suppliers", {"supplier_id": "S-1", "name": "Northgate"})
    add(engine, "items", {"sku": "VALVE", "name": "Ball valve"})
    add(engine, "item_suppliers", {"sku": "VALVE", "supplier_id": "S-1"})
    return engine


def add(engine: Engine, table: str, *rows: dict[str, Any]) -> None:
    with writing(engine) as connection:
        for row in rows:
            connection.execute(insert(schema.metadata.tables[table]), row)


def order(order_id: str, ordered: int, **columns: Any) -> dict[str, Any]:
    return ORDER | {"order_id": order_id, "ordered_qty": ordered, "promise_date": date(2026, 3, 20)} | columns


def purchase(po_id: str, ordered: int, **columns: Any) -> dict[str, Any]:
    return PURCHASE | {"po_id": po_id, "ordered_qty": ordered} | columns


def only_problem(engine: Engine, today: date) -> Problem:
    (problem,) = data_problems(engine, today)
    assert problem.count == len(problem.rows)
    return problem


def rows(problem: Problem) -> list[tuple[Any, ...]]:
    dated = problem.rows.select_dtypes("datetime").columns
    shown = problem.rows.astype(dict.fromkeys(dated, "str"))
    shown[dated] = shown[dated].fillna("")
    return list(shown.itertuples(index=False, name=None))


def test_a_store_in_order_has_no_problems(company: Engine, today: date) -> None:
    add(company, "stock", {"sku": "VALVE", "location_id": "MAIN", "stock_qty": 0})
    add(company, "order_lines", order("SO-1", 4_000))
    add(company, "po_lines", purchase("PO-1", 4_000))

    assert data_problems(company, today) == []


def test_stock_below_zero(company: Engine, today: date) -> None:
    add(company, "stock", {"sku": "VALVE", "location_id": "EAST", "stock_qty": -1_500})

    problem = only_problem(company, today)

    assert (problem.kind, problem.table, problem.affects) == ("negative_stock", "stock", ("stock",))
    assert list(problem.rows.columns) == ["sku", "location_id", "stock_qty"]
    assert rows(problem) == [("VALVE", "EAST", -1.5)]


def test_more_shipped_and_cancelled_than_ordered(company: Engine, today: date) -> None:
    add(company, "order_lines", order("SO-1", 4_000, shipped_qty=3_000, cancelled_qty=1_500), order("SO-2", 4_000))

    problem = only_problem(company, today)

    assert problem.kind == "shipped_too_much"
    assert rows(problem) == [("SO-1", "1", "C-1", "VALVE", 4.0, 3.0, 1.5)]


def test_what_a_full_extract_closed_counts_as_cancelled(company: Engine, today: date) -> None:
    closed = {"cancelled_qty": 1_000, "closed_qty": 500}
    add(company, "order_lines", order("SO-1", 4_000, shipped_qty=3_000, **closed))
    add(company, "po_lines", purchase("PO-1", 4_000, received_qty=3_000, **closed))

    ordered, purchased = data_problems(company, today)

    assert (ordered.kind, rows(ordered)) == ("shipped_too_much", [("SO-1", "1", "C-1", "VALVE", 4.0, 3.0, 1.5)])
    assert (purchased.kind, rows(purchased)) == ("received_too_much", [("PO-1", "1", "S-1", "VALVE", 4.0, 3.0, 1.5)])


def test_more_received_and_cancelled_than_ordered(company: Engine, today: date) -> None:
    add(company, "po_lines", purchase("PO-1", 4_000, received_qty=4_001))

    problem = only_problem(company, today)

    assert problem.kind == "received_too_much"
    assert rows(problem) == [("PO-1", "1", "S-1", "VALVE", 4.0, 4.001, 0.0)]


def test_an_open_line_promised_before_it_was_ordered(company: Engine, today: date) -> None:
    early = date(2026, 2, 28)
    closed = order("SO-2", 4_000, shipped_qty=4_000, promise_date=early)
    add(company, "order_lines", order("SO-1", 4_000, promise_date=early), closed, order("SO-3", 1, promise_date=DAY))

    problem = only_problem(company, today)

    assert problem.kind == "promise_before_order"
    assert rows(problem) == [("SO-1", "1", "C-1", "VALVE", "2026-03-02", "2026-02-28")]


def test_open_lines_of_an_order_that_names_two_customers(company: Engine, today: date) -> None:
    add(company, "customers", {"customer_id": "C-2", "name": "Old Mill"})
    second = {"line_no": "2", "customer_id": "C-2"}
    add(company, "order_lines", order("SO-1", 4_000), order("SO-1", 4_000, **second), order("SO-2", 4_000))
    add(company, "order_lines", order("SO-3", 4_000), order("SO-3", 4_000, shipped_qty=4_000, **second))

    problem = only_problem(company, today)

    assert (problem.kind, problem.table) == ("several_customers", "order_lines")
    assert rows(problem) == [
        ("SO-1", "1", "C-1", "VALVE", 4.0),
        ("SO-1", "2", "C-2", "VALVE", 4.0),
        ("SO-3", "1", "C-1", "VALVE", 4.0),
    ]


def test_an_open_line_without_a_promise(company: Engine, today: date) -> None:
    closed = order("SO-2", 4_000, shipped_qty=4_000, promise_date=None)
    add(company, "order_lines", order("SO-1", 4_000, promise_date=None), closed)

    problem = only_problem(company, today)

    assert (problem.kind, rows(problem)) == ("no_promise", [("SO-1", "1", "C-1", "VALVE", "2026-03-02", 4.0)])


def test_a_purchase_order_line_is_overdue_the_day_after_its_restock_date(company: Engine, today: date) -> None:
    yesterday, tomorrow = date(2026, 3, 15), date(2026, 3, 17)
    add(
        company,
        "po_lines",
        purchase("PO-1", 4_000, due_date=yesterday),
        purchase("PO-2", 4_000, due_date=today),
        purchase("PO-3", 4_000, due_date=yesterday, manual_restock_date=tomorrow),
        purchase("PO-4", 4_000, due_date=tomorrow, manual_restock_date=yesterday),
        purchase("PO-5", 4_000, due_date=yesterday, received_qty=4_000),
    )

    problem = only_problem(company, today)

    assert problem.kind == "overdue_po_lines"
    assert rows(problem) == [
        ("PO-1", "1", "S-1", "VALVE", "2026-03-15", "2026-03-15", 4.0),
        ("PO-4", "1", "S-1", "VALVE", "2026-03-17", "2026-03-15", 4.0),
    ]


def test_a_purchase_order_line_without_a_date(company: Engine, today: date) -> None:
    closed = purchase("PO-2", 4_000, due_date=None, cancelled_qty=4_000)
    dated = purchase("PO-3", 4_000, due_date=None, manual_restock_date=date(2026, 4, 1))
    add(company, "po_lines", purchase("PO-1", 4_000, due_date=None), closed, dated)

    problem = only_problem(company, today)

    assert (problem.kind, rows(problem)) == ("undated_po_lines", [("PO-1", "1", "S-1", "VALVE", "", 4.0)])


@pytest.mark.parametrize(
    ("table", "row", "kind"),
    [
        ("customers", {"customer_id": "X", "name": "X"}, "unknown_customers"),
        ("suppliers", {"supplier_id": "X", "name": "X"}, "unknown_suppliers"),
        ("items", {"sku": "X", "name": "X"}, "unknown_items"),
    ],
)
def test_references_that_still_wait_for_their_data(
    company: Engine, today: date, table: str, row: dict[str, str], kind: str
) -> None:
    add(company, table, row | {"is_placeholder": True})

    problem = only_problem(company, today)

    assert (problem.kind, problem.table, rows(problem)) == (kind, table, [("X",)])


def test_a_sku_with_open_lines_and_no_supplier(company: Engine, today: date) -> None:
    add(company, "items", {"sku": "HOSE", "name": "Hose"}, {"sku": "PIPE", "name": "Pipe"})
    closed = order("SO-3", 1_000, sku="PIPE", shipped_qty=1_000)
    add(company, "order_lines", order("SO-1", 4_000, sku="HOSE"), order("SO-2", 500, sku="HOSE"), closed)

    problem = only_problem(company, today)

    assert (problem.kind, rows(problem)) == ("no_supplier", [("HOSE", 2, 4.5)])


def test_an_open_line_with_a_price_of_zero(company: Engine, today: date) -> None:
    add(company, "order_lines", order("SO-1", 4_000, unit_price=0), order("SO-2", 1, unit_price=0, shipped_qty=1))

    problem = only_problem(company, today)

    assert (problem.kind, rows(problem)) == ("no_price", [("SO-1", "1", "C-1", "VALVE", 4.0, 0.0)])


def test_shipments_that_do_not_add_up_to_the_quantity_shipped(company: Engine, today: date) -> None:
    add(
        company,
        "order_lines",
        order("SO-1", 4_000, shipped_qty=3_000),
        order("SO-2", 4_000, shipped_qty=3_000),
        order("SO-3", 4_000, shipped_qty=3_000),
    )
    shipped = [("SO-1", 5, 1_000), ("SO-1", 6, 2_000), ("SO-2", 5, 4_000), ("SO-2", 6, -500)]
    for order_id, day, quantity in shipped:
        when = {"shipped_date": date(2026, 3, day), "shipped_qty": quantity}
        add(company, "shipments", {"order_id": order_id, "line_no": "1", **when})

    problem = only_problem(company, today)

    assert (problem.kind, rows(problem)) == ("shipments_disagree", [("SO-2", "1", "VALVE", 3.0, 3.5)])


def test_receipts_that_do_not_add_up_to_the_quantity_received(company: Engine, today: date) -> None:
    add(company, "po_lines", purchase("PO-1", 4_000, received_qty=3_000), purchase("PO-2", 4_000, received_qty=3_000))
    add(company, "receipts", {"po_id": "PO-1", "line_no": "1", "received_date": DAY, "received_qty": 2_000})

    problem = only_problem(company, today)

    assert (problem.kind, rows(problem)) == ("receipts_disagree", [("PO-1", "1", "VALVE", 3.0, 2.0)])


def test_shipments_and_receipts_of_lines_that_the_store_does_not_hold(company: Engine, today: date) -> None:
    add(company, "shipments", {"order_id": "SO-9", "line_no": "1", "shipped_date": DAY, "shipped_qty": 2_000})
    add(company, "receipts", {"po_id": "PO-9", "line_no": "1", "received_date": DAY, "received_qty": 1_000})

    shipped, received = data_problems(company, today)

    assert (shipped.kind, rows(shipped)) == ("unknown_shipped_lines", [("SO-9", "1", "2026-03-02", 2.0)])
    assert (received.kind, rows(received)) == ("unknown_received_lines", [("PO-9", "1", "2026-03-02", 1.0, 0.0)])


def test_all_rows_are_counted_and_the_first_thousand_shown(company: Engine, today: date) -> None:
    lines = [order(f"SO-{number:05}", 1_000, promise_date=None) for number in range(SHOWN_ROWS + 1)]
    with writing(company) as connection:
        connection.execute(insert(schema.order_lines), lines)

    (problem,) = data_problems(company, today)

    assert (problem.count, len(problem.rows)) == (SHOWN_ROWS + 1, SHOWN_ROWS)
    assert problem.rows["order_id"].iloc[[0, -1]].tolist() == ["SO-00000", "SO-00999"]
