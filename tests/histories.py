"""A builder of order histories from short literals, for every test that needs one.

    history_of(
        [ordered("SO-1", "2026-02-01", first_promise="2026-02-10")],
        shipments=[("SO-1", "2026-02-12", 5)],
        moves=[("SO-1", "2026-02-03", "2026-02-10", "2026-02-12")],
    )

Every line is line 1 of its order. Days are ISO text, "" for none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from dashboard.domain.order_history import NO_LINE, OrderHistory
from tests.books import TODAY

Row = dict[str, Any]
_TEXTS = ("order_id", "line_no", "customer_id", "sku", "location_id", "changed_by", "how")
_DAYS = ("ordered_date", "first_promise_date", "promise_date", "shipped_date", "from_date", "to_date", "changed_at")


def ordered(
    order_id: str,
    day: str,
    *,
    customer: str = "C-1",
    qty: float = 5,
    open_qty: float = 0,
    first_promise: str = "",
    promise: str = "",
) -> Row:
    """One order line, shipped whole unless some of it is open."""
    return {
        "order_id": order_id,
        "line_no": "1",
        "customer_id": customer,
        "sku": "VALVE-25",
        "location_id": "MAIN",
        "ordered_date": day,
        "first_promise_date": first_promise,
        "promise_date": promise or first_promise,
        "ordered_qty": qty,
        "shipped_qty": qty - open_qty,
        "cancelled_qty": 0.0,
        "open_qty": open_qty,
        "unit_price": 10.0,
    }


def history_of(
    lines: Sequence[Row] = (),
    shipments: Sequence[tuple[str, str, float]] = (),
    moves: Sequence[tuple[str, str, str, str]] = (),
    *,
    since: date | None = None,
    today: date = TODAY,
) -> OrderHistory:
    """A history of these lines. Shipments are (order, day, qty); moves (order, changed on, from day, to day)."""
    places = {row["order_id"]: place for place, row in enumerate(lines)}
    shipped = [
        {"line": places.get(order, NO_LINE), "shipped_date": day, "shipped_qty": qty} for order, day, qty in shipments
    ]
    changed = [
        {
            "order_id": order,
            "line_no": "1",
            "from_date": before,
            "to_date": after,
            "changed_at": at,
            "changed_by": "ada",
            "how": "import",
            "line": places.get(order, NO_LINE),
        }
        for order, at, before, after in moves
    ]
    return OrderHistory(
        today=today,
        data_revision=1,
        since=since,
        lines=_frame(lines, list(ordered("", ""))),
        shipments=_frame(shipped, ["line", "shipped_date", "shipped_qty"]),
        promise_changes=_frame(
            changed, ["order_id", "line_no", "from_date", "to_date", "changed_at", "changed_by", "how", "line"]
        ),
    )


def _frame(rows: Sequence[Row], columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame({name: _column(name, [row[name] for row in rows]) for name in columns})


def _column(name: str, values: list[Any]) -> Any:
    if name in _TEXTS:
        return pd.Categorical(pd.array([str(value) for value in values], dtype="str"))
    if name in _DAYS:
        return np.array([value or "NaT" for value in values], dtype="datetime64[s]")
    return np.array(values, dtype=np.int64 if name == "line" else np.float64)
