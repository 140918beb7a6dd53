"""A company small enough to work out by hand, written into a store.

Five order lines of five SKUs for two customers, each in another state on 2026-03-16, each unit worth 10:

    SO-1/1   10 VALVE    ready       10 on the shelf
    SO-1/2    6 PUMP     late        PO-1/1 comes on 2026-03-30, promised for 2026-03-20
    SO-2/1    5 HOSE     on time     PO-1/2 comes on 2026-03-18, promised for 2026-03-20
    SO-2/2    4 FILTER   undated     PO-1/3 has no date; promised for 2026-03-10, which has passed
    SO-10/1   3 CLAMP    uncovered   nothing at all
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import Engine, insert

from data_access import schema
from data_access.engine import raise_revision, writing

PROMISE = date(2026, 3, 20)


def write_small_company(engine: Engine, best_customer: str = "Brightwater Retail") -> None:
    """Write the company above; the name of its tier 1 customer may be anything."""
    skus = ("VALVE", "PUMP", "HOSE", "FILTER", "CLAMP")
    rows = {
        schema.customers: [
            {"customer_id": "C-1", "name": best_customer, "tier": 1},
            {"customer_id": "C-2", "name": "Old Mill", "tier": 3},
        ],
        schema.suppliers: [{"supplier_id": "S-1", "name": "Northgate Castings"}],
        schema.items: [{"sku": sku, "name": sku.title(), "category": "Parts"} for sku in skus],
        schema.item_suppliers: [{"sku": sku, "supplier_id": "S-1"} for sku in skus],
        schema.stock: [{"sku": "VALVE", "location_id": "MAIN", "stock_qty": 10_000}],
        schema.order_lines: [
            order_line("SO-1", "1", "C-1", "VALVE", 10),
            order_line("SO-1", "2", "C-1", "PUMP", 6),
            order_line("SO-2", "1", "C-2", "HOSE", 5),
            order_line("SO-2", "2", "C-2", "FILTER", 4, date(2026, 3, 10)),
            order_line("SO-10", "1", "C-2", "CLAMP", 3),
        ],
        schema.po_lines: [
            _po_line("1", "PUMP", date(2026, 3, 30)),
            _po_line("2", "HOSE", date(2026, 3, 18)),
            _po_line("3", "FILTER", None),
        ],
    }
    with writing(engine) as connection:
        for table, values in rows.items():
            connection.execute(insert(table), values)
        raise_revision(connection)


def order_line(
    order_id: str, line_no: str, customer_id: str, sku: str, qty: int, promise: date = PROMISE
) -> dict[str, object]:
    """A row of an order line that was ordered on 2026-03-02, at 10 EUR a unit."""
    return {
        "order_id": order_id,
        "line_no": line_no,
        "customer_id": customer_id,
        "sku": sku,
        "ordered_date": date(2026, 3, 2),
        "first_promise_date": promise,
        "promise_date": promise,
        "ordered_qty": qty * 1_000,
        "unit_price": 100_000,
    }


def _po_line(line_no: str, sku: str, due: date | None) -> dict[str, object]:
    return {
        "po_id": "PO-1",
        "line_no": line_no,
        "supplier_id": "S-1",
        "sku": sku,
        "first_due_date": due,
        "due_date": due,
        "ordered_qty": 50_000,
    }
