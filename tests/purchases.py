"""A builder of purchasing histories from short literals, for every test that needs one.

    bought([
        bought_line("PO-1/1", "S-1", 10, first_due="2026-03-01", receipts=[("2026-02-27", 10)]),
    ])

A line's own received quantity is the sum of its receipts unless it is given. Days are ISO text, "" for none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from dashboard.domain.purchasing import Purchasing

Row = dict[str, Any]

MOVED_AT = pd.Timestamp("2026-03-02 09:30")
"""When the managers of these histories have moved restock dates."""


def bought_line(
    po_line: str,
    supplier: str = "S-1",
    ordered_qty: float = 10,
    *,
    sku: str = "VALVE-25",
    ordered: str = "2026-01-05",
    first_due: str = "2026-02-02",
    due: str | None = None,
    received_qty: float | None = None,
    cancelled_qty: float = 0,
    receipts: Sequence[tuple[Any, ...]] = (),
) -> Row:
    """One purchase-order line with its receipts as (day, good units) or (day, good units, rejected units)."""
    po_id, _, line_no = po_line.partition("/")
    received = sum(receipt[1] for receipt in receipts) if received_qty is None else received_qty
    return {
        "po_id": po_id,
        "line_no": line_no or "1",
        "supplier_id": supplier,
        "sku": sku,
        "location_id": "MAIN",
        "ordered_date": ordered,
        "first_due_date": first_due,
        "due_date": first_due if due is None else due,
        "ordered_qty": ordered_qty,
        "received_qty": received,
        "cancelled_qty": cancelled_qty,
        "open_qty": ordered_qty - received - cancelled_qty,
        "unit_cost": 1.0,
        "restock_date": first_due if due is None else due,
        "is_moved": False,
        "receipts": list(receipts),
    }


def bought(lines: Sequence[Row], suppliers: Sequence[tuple[str, str]] = (), moved: Sequence[str] = ()) -> Purchasing:
    """The purchasing of these lines; suppliers are (id, name), those of the lines alone where none is given.

    moved: the purchase-order line of each move of a restock date by a manager.
    """
    frame = pd.DataFrame({name: _column(name, [row[name] for row in lines]) for name in _COLUMNS})
    known = suppliers or [(each, each) for each in dict.fromkeys(str(row["supplier_id"]) for row in lines)]
    return Purchasing(
        data_revision=1,
        po_lines=frame,
        receipts=_receipts(lines),
        moves=pd.DataFrame({"supply_id": pd.Series(list(moved), dtype="str")}).assign(moved_at=MOVED_AT),
        suppliers=pd.DataFrame(known, columns=["supplier_id", "name"]).astype("str").assign(email=""),
    )


def _column(name: str, values: list[Any]) -> Any:
    if name.endswith("_date"):
        return np.array([value or "NaT" for value in values], dtype="datetime64[s]")
    if name in _TEXTS:
        return pd.Categorical(pd.array([str(value) for value in values], dtype="str"))
    return np.array(values, dtype=np.bool_ if name == "is_moved" else np.float64)


def _receipts(lines: Sequence[Row]) -> pd.DataFrame:
    rows = [
        (place, *receipt, *[0] * (3 - len(receipt))) for place, row in enumerate(lines) for receipt in row["receipts"]
    ]
    frame = pd.DataFrame(rows, columns=["position", "received_date", "received_qty", "rejected_qty"])
    return frame.astype(
        {"position": np.int64, "received_date": "datetime64[s]", "received_qty": float, "rejected_qty": float}
    )


_COLUMNS = [name for name in bought_line("") if name != "receipts"]
_TEXTS = ("po_id", "line_no", "supplier_id", "sku", "location_id")
