"""A company small enough to work out by hand, on 2026-03-16: what is exported and counted is written down here.

SO-1/1 orders 10 VALVE at 2 each, promised for 2026-03-20:
    2.5 from the shelf, 4 from PO-7/1 on 2026-03-18, 3.5 of the 5 that PLAN-1 brings on 2026-03-25: late by 5 days.
SO-1/2 orders 3 HOSE without a promise: PO-7/2 has no date, so it is undated.
SO-2/1 orders 1 PIPE at 8, promised for 2026-03-10, 6 days ago: nothing covers it.
SO-3/1 is complete.
"""

from __future__ import annotations

from datetime import date
from typing import Any

Rows = list[dict[str, Any]]


def _day(day: int) -> date:
    return date(2026, 3, day)


def _order_line(order_id: str, line_no: str, sku: str, ordered: int, **columns: Any) -> dict[str, Any]:
    line = {"order_id": order_id, "line_no": line_no, "sku": sku, "ordered_qty": ordered}
    return line | {"customer_id": "C-1", "ordered_date": _day(2), "unit_price": 20_000} | columns


def _po_line(line_no: str, sku: str, ordered: int, due: date | None) -> dict[str, Any]:
    line = {"po_id": "PO-7", "line_no": line_no, "supplier_id": "S-1", "sku": sku}
    return line | {"ordered_qty": ordered, "due_date": due}


ROWS: dict[str, Rows] = {
    "customers": [{"customer_id": "C-1", "name": "Brightwater"}, {"customer_id": "C-2", "name": "Old Mill"}],
    "suppliers": [{"supplier_id": "S-1", "name": "Northgate"}],
    "items": [{"sku": sku, "name": sku.title()} for sku in ("VALVE", "HOSE", "PIPE")],
    "item_suppliers": [{"sku": sku, "supplier_id": "S-1"} for sku in ("VALVE", "HOSE", "PIPE")],
    "stock": [
        {"sku": "VALVE", "location_id": "MAIN", "stock_qty": 2_500},
        {"sku": "PIPE", "location_id": "EAST", "stock_qty": -3_000},
    ],
    "order_lines": [
        _order_line("SO-1", "1", "VALVE", 12_000, shipped_qty=2_000, promise_date=_day(20)),
        _order_line("SO-1", "2", "HOSE", 3_000),
        _order_line("SO-2", "1", "PIPE", 1_000, customer_id="C-2", promise_date=_day(10), unit_price=80_000),
        _order_line("SO-3", "1", "PIPE", 1_000, shipped_qty=1_000),
    ],
    "po_lines": [
        _po_line("1", "VALVE", 4_000, _day(18)),
        _po_line("2", "HOSE", 9_000, None),
    ],
    "planned_restocks": [{"plan_id": "PLAN-1", "sku": "VALVE", "planned_qty": 5_000, "restock_date": _day(25)}],
}

BACKLOG = """\
order_id,line_no,customer_id,sku,location_id,ordered_date,promise_date,open_qty,ready_qty,inbound_qty,uncovered_qty,\
expected_date,days_late,state,age_days,backordered_value
SO-1,1,C-1,VALVE,MAIN,2026-03-02,2026-03-20,10,2.5,7.5,0,2026-03-25,5,late,14,15
SO-1,2,C-1,HOSE,MAIN,2026-03-02,,3,0,3,0,,,undated,14,6
SO-2,1,C-2,PIPE,MAIN,2026-03-02,2026-03-10,1,0,0,1,,,uncovered,14,8
"""
ALLOCATIONS = """\
order_id,line_no,supply_kind,supply_id,available_date,allocated_qty
SO-1,1,stock,stock,2026-03-16,2.5
SO-1,1,purchase order,PO-7/1,2026-03-18,4
SO-1,1,planned restock,PLAN-1,2026-03-25,3.5
SO-1,2,purchase order,PO-7/2,,3
"""
ORDERS = """\
order_id,customer_id,lines,open_qty,backordered_qty,backordered_value,complete_date
SO-1,C-1,2,13,10.5,21,
SO-2,C-2,1,1,1,8,
"""
PROBLEMS = {
    ("Stock below zero", "stock"): 1,
    ("Open order lines without a promise", "order_lines"): 1,
    ("Purchase-order lines without a restock date", "po_lines"): 1,
}
