from __future__ import annotations

from dashboard.domain.allocation import DEFAULT_RULE
from dashboard.domain.plan import Plan, make_plan
from dashboard.domain.supplier_lines import waiting_for
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


def test_stock_is_no_purchase_order_and_nothing_hangs_on_one_that_is_not_there() -> None:
    plan = two_lines_behind_two_purchase_orders()
    assert waiting_for(plan, ["stock"]).empty
    assert waiting_for(plan, ["PO-9/9"]).empty
