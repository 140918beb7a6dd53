"""A builder of books from short literals, for every test that needs one.

    book_of(
        [line("SO-1", open_qty=5, promise="2026-03-20")],
        [stock(2), po("PO-7/1", 10, "2026-03-18")],
    )

Every line and supply is of one SKU at one location unless it says otherwise. Days are ISO text, "" for none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from dashboard.domain.book import NO_PRIORITY, PLANNED_RESTOCK, PURCHASE_ORDER, STOCK, Book

TODAY = date(2026, 3, 16)
SKU = "VALVE-25"
Row = dict[str, Any]

_DAYS = (
    "ordered_date",
    "requested_date",
    "first_promise_date",
    "promise_date",
    "restock_date",
    "first_due_date",
    "due_date",
    "due_date_when_moved",
)
_IDS = ("order_id", "line_no", "customer_id", "sku", "location_id", "supply_kind", "supplier_id")
_WHOLE = {"priority": np.int64, "version": np.int64, "is_moved": np.bool_}
_QUANTITIES = ("ordered_qty", "shipped_qty", "cancelled_qty", "open_qty", "unit_price", "supply_qty")


def line(
    order_id: str,
    line_no: str = "1",
    *,
    open_qty: float = 1,
    customer: str = "C-1",
    sku: str = SKU,
    location: str = "MAIN",
    ordered: str = "2026-03-01",
    requested: str = "",
    first_promise: str = "",
    promise: str = "",
    shipped_qty: float = 0,
    unit_price: float = 10,
    priority: int = NO_PRIORITY,
) -> Row:
    """One open order line. The first promise is the promise unless it is given."""
    return {
        "order_id": order_id,
        "line_no": line_no,
        "customer_id": customer,
        "sku": sku,
        "location_id": location,
        "ordered_date": ordered,
        "requested_date": requested,
        "first_promise_date": first_promise or promise,
        "promise_date": promise,
        "ordered_qty": open_qty + shipped_qty,
        "shipped_qty": shipped_qty,
        "cancelled_qty": 0,
        "open_qty": open_qty,
        "unit_price": unit_price,
        "priority": priority,
    }


def stock(qty: float, *, sku: str = SKU, location: str = "MAIN") -> Row:
    """Units on the shelf."""
    return _supply(STOCK, "stock", qty, "", sku, location)


def po(
    supply_id: str,
    qty: float,
    restock: str = "",
    *,
    sku: str = SKU,
    location: str = "MAIN",
    supplier: str = "S-1",
    due: str = "",
    first_due: str = "",
    due_when_moved: str = "",
) -> Row:
    """Units still to come on a purchase-order line. A due date other than the restock date means a manager moved it."""
    row = _supply(PURCHASE_ORDER, supply_id, qty, restock, sku, location)
    document_id, _, line_no = supply_id.rpartition("/")
    is_moved = bool(due) and due != restock
    return row | {
        "document_id": document_id or supply_id,
        "line_no": line_no if document_id else "",
        "due_date_when_moved": due_when_moved or (due if is_moved else ""),
        "version": 2 if is_moved else 1,
        "supplier_id": supplier,
        "ordered_date": "2026-02-01",
        "first_due_date": first_due or due or restock,
        "due_date": due or restock,
        "is_moved": is_moved,
    }


def plan(plan_id: str, qty: float, restock: str = "", *, sku: str = SKU, location: str = "MAIN") -> Row:
    """Units that a manager expects without a purchase order."""
    return _supply(PLANNED_RESTOCK, plan_id, qty, restock, sku, location) | {"document_id": plan_id, "version": 1}


def book_of(
    lines: Sequence[Row] = (),
    supplies: Sequence[Row] = (),
    *,
    customers: Sequence[tuple[str, str, int]] = (),
    suppliers: Sequence[tuple[str, str]] = (),
    items: Sequence[tuple[str, str, str]] = (),
    item_suppliers: Sequence[tuple[str, str, int]] = (),
    today: date = TODAY,
) -> Book:
    """A book of these lines and supplies. Dimensions are (id, name, tier), (id, name), (sku, name, category) and
    (sku, supplier, rank)."""
    return Book(
        today=today,
        data_revision=1,
        lines=_frame(lines, list(line(""))),
        supplies=_frame(supplies, list(stock(0))),
        customers=_dimension(customers, ["customer_id", "name", "tier"], email=""),
        suppliers=_dimension(suppliers, ["supplier_id", "name"], email=""),
        items=_dimension(items, ["sku", "name", "category"], unit_cost=0.0, unit_price=0.0),
        item_suppliers=_dimension(
            item_suppliers, ["sku", "supplier_id", "rank"], lead_time_days=7.0, unit_cost=0.0, min_order_qty=0.0
        ),
    )


def _supply(kind: str, supply_id: str, qty: float, restock: str, sku: str, location: str) -> Row:
    return {
        "supply_kind": kind,
        "supply_id": supply_id,
        "sku": sku,
        "location_id": location,
        "supply_qty": qty,
        "restock_date": restock,
        "supplier_id": "",
        "ordered_date": "",
        "first_due_date": "",
        "due_date": "",
        "is_moved": False,
        "document_id": "",
        "line_no": "",
        "due_date_when_moved": "",
        "version": 0,
    }


def _frame(rows: Sequence[Row], columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame({name: _column(name, [row[name] for row in rows]) for name in columns})


def _column(name: str, values: list[Any]) -> Any:
    """The column as the program has it. Made at once: random books are made by the thousand."""
    if name in _DAYS:
        return np.array([value or "NaT" for value in values], dtype="datetime64[s]")
    if name in _IDS:
        return pd.Categorical(pd.array([str(value) for value in values], dtype="str"))
    if name in _QUANTITIES:
        return np.array(values, dtype=np.float64)
    return pd.array(values, dtype="str") if name.endswith("_id") else np.array(values, dtype=_WHOLE[name])


def _dimension(rows: Sequence[tuple[Any, ...]], columns: list[str], **others: Any) -> pd.DataFrame:
    read = dict(zip(columns, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(columns, ())
    made = {
        name: np.array(values, dtype=np.int64) if name in ("tier", "rank") else pd.array(list(values), dtype="str")
        for name, values in read.items()
    }
    return pd.DataFrame(made).assign(**others)
