from __future__ import annotations

from dashboard.domain.allocation import DEFAULT_RULE
from dashboard.domain.plan import Plan, make_plan
from dashboard.domain.supplier_lines import open_po_lines, waiting_for
from tests.books import book_of, line, po, stock


def two_lines_behind_two_purchase_orders() -> Plan:
    """Four on the shelf; SO-1 takes them and two of PO-1/1, SO-2 the other three of it and five of PO-2/1."""
    lines = [
        line("SO-1", open_qty=6, promise="2026-03-20"),
        line("SO-2", open_qty=8, promise="2026-03-25", unit_price=2),
    ]
    supplies = [stock(4), po("PO-1/1", 5, "2026-03-18"), po("PO-2/1", 9, "2026-03-30")]
    return make_plan(book_of(lines, supplies), DEFAULT_RULE)


def test_the_order_lines_behind_a_purchase_order_are_told_with_what_they_take_of_it_most_money_first() -> None:
    waiting = waiting_for(two_lines_behind_two_purchase_orders(), ["PO-1/1"])
    columns = ["po_line", "order_id", "line_no", "allocated_qty", "waiting_value"]
    assert waiting[columns].astype({"order_id": "str", "line_no": "str"}).values.tolist() == [
        ["PO-1/1", "SO-1", "1", 2.0, 20.0],
        ["PO-1/1", "SO-2", "1", 3.0, 6.0],
    ]


def test_a_line_that_waits_for_two_purchase_orders_stands_behind_both() -> None:
    waiting = waiting_for(two_lines_behind_two_purchase_orders(), ["PO-1/1", "PO-2/1"])
    taken = waiting[waiting["order_id"] == "SO-2"][["po_line", "allocated_qty"]]
    assert sorted(taken.itertuples(index=False, name=None)) == [("PO-1/1", 3.0), ("PO-2/1", 5.0)]


def test_the_last_supply_that_a_line_needs_decides_its_date_whichever_it_is_looked_up_by() -> None:
    waiting = waiting_for(two_lines_behind_two_purchase_orders(), ["PO-1/1", "PO-2/1"])
    told = waiting[["po_line", "order_id", "decided_by", "expected_date"]].astype("str")
    assert sorted(told.itertuples(index=False, name=None)) == [
        ("PO-1/1", "SO-1", "PO-1/1", "2026-03-18"),
        ("PO-1/1", "SO-2", "PO-2/1", "2026-03-30"),
        ("PO-2/1", "SO-2", "PO-2/1", "2026-03-30"),
    ]


def test_no_supply_decides_the_date_of_a_line_with_units_that_nothing_covers() -> None:
    lines = [line("SO-1", open_qty=9, promise="2026-03-20")]
    waiting = waiting_for(make_plan(book_of(lines, [po("PO-1/1", 5, "2026-03-18")]), DEFAULT_RULE), ["PO-1/1"])
    assert waiting[["state", "decided_by"]].values.tolist() == [["uncovered", ""]]


def test_days_past_the_due_date_are_told_beside_those_past_the_restock_date() -> None:
    supplies = [
        po("PO-1/1", 5, "2026-03-10"),
        po("PO-2/1", 5, "2026-03-20", due="2026-03-09"),
        po("PO-3/1", 5, "2026-03-16"),
        po("PO-4/1", 5),
    ]
    open_lines = open_po_lines(make_plan(book_of([], supplies), DEFAULT_RULE))
    told = open_lines[["po_line", "days_overdue", "days_past_due"]].astype("object")
    assert told.where(told.notna(), None).values.tolist() == [
        ["PO-1/1", 6, 6],
        ["PO-2/1", None, 7],
        ["PO-3/1", None, None],
        ["PO-4/1", None, None],
    ], "of 2026-03-16: due today is not past"


def test_stock_is_no_purchase_order_and_nothing_hangs_on_one_that_is_not_there() -> None:
    plan = two_lines_behind_two_purchase_orders()
    assert waiting_for(plan, ["stock"]).empty
    assert waiting_for(plan, ["PO-9/9"]).empty
