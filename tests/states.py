"""A builder of states from short literals, for every test that compares two days.

    state("2026-03-09", [open_line("SO-1", open_qty=5, backordered=3)])

What a line does not say is the same for every line. Days are ISO text, "" for none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import pandas as pd

from dashboard.domain.backlog import STATE_DTYPE
from dashboard.domain.bridge import CLOSING, OPENING, State
from dashboard.domain.exact import line_values, to_money
from tests.books import Row, book_of

OPENING_DAY, CLOSING_DAY = "2026-03-09", "2026-03-16"
MEASURES = ["lines", "qty", "value"]

_DATES = ("ordered_date", "promise_date", "first_promise_date", "expected_date", "waits_until")
_TEXTS = (
    "order_id", "line_no", "customer_id", "customer_name", "sku", "category", "location_id", "supplier_id",
    "supplier_name", "waits_for", "waits_for_kind",
)  # fmt: skip
_NUMBERS = (
    "days_late", "age_days", "ordered_qty", "shipped_qty", "cancelled_qty", "open_qty", "ready_qty", "inbound_qty",
    "uncovered_qty", "backordered_qty", "unit_price", "open_value", "backordered_value",
)  # fmt: skip


def open_line(
    order_id: str = "SO-1",
    line_no: str = "1",
    *,
    open_qty: float = 1,
    backordered: float = 0,
    shipped: float = 0,
    cancelled: float = 0,
    price: float = 10,
    ordered: str = "2026-03-01",
    customer: str = "C-1",
    supplier: str = "S-1",
    category: str = "Valves",
    sku: str = "VALVE-25",
    expected: str = "",
    promise: str = "",
    waits_for: str = "",
    kind: str = "",
    status: str = "",
) -> Row:
    """One open order line, ordered as much as is open, shipped and cancelled; what is not backordered is ready."""
    return {
        "order_id": order_id,
        "line_no": line_no,
        "customer_id": customer,
        "customer_name": f"Customer {customer}",
        "sku": sku,
        "category": category,
        "location_id": "MAIN",
        "supplier_id": supplier,
        "supplier_name": f"Supplier {supplier}" if supplier else "",
        "waits_for": waits_for,
        "waits_for_kind": kind or ("purchase order" if waits_for else ""),
        "state": status or ("late" if backordered else "ready"),
        "ordered_date": ordered,
        "promise_date": promise,
        "first_promise_date": promise,
        "expected_date": expected,
        "waits_until": expected if waits_for else "",
        "days_late": float("nan"),
        "age_days": 0,
        "ordered_qty": open_qty + shipped + cancelled,
        "shipped_qty": shipped,
        "cancelled_qty": cancelled,
        "open_qty": open_qty,
        "ready_qty": open_qty - backordered,
        "inbound_qty": backordered,
        "uncovered_qty": 0,
        "backordered_qty": backordered,
        "unit_price": price,
        "open_value": to_money(line_values([open_qty], [price]))[0],
        "backordered_value": to_money(line_values([backordered], [price]))[0],
    }


def state(day: str = OPENING_DAY, lines: Sequence[Row] = (), supplies: Sequence[Row] = ()) -> State:
    """The state of a day with these open lines and supplies."""
    frame = pd.DataFrame(list(lines), columns=list(open_line()))
    columns: dict[str, Any] = {name: pd.Categorical(frame[name].astype("str")) for name in _TEXTS}
    columns |= {name: pd.Series([each or "NaT" for each in frame[name]], dtype="datetime64[s]") for name in _DATES}
    columns |= {name: frame[name].astype("float64") for name in _NUMBERS}
    columns["state"] = pd.Categorical(frame["state"], dtype=STATE_DTYPE)
    return State(date.fromisoformat(day), 1, pd.DataFrame(columns), book_of((), supplies).supplies)


def left(*rows: tuple[str, float, float, float]) -> pd.DataFrame:
    """What is known of lines that left: (order id, ordered, shipped, cancelled), of their first line."""
    frame = pd.DataFrame(list(rows), columns=["order_id", "ordered_qty", "shipped_qty", "cancelled_qty"])
    quantities = dict.fromkeys(["ordered_qty", "shipped_qty", "cancelled_qty"], "float64")
    return frame.astype({"order_id": "str", **quantities}).assign(line_no=pd.Series("1", frame.index, dtype="str"))


def told(bridge: pd.DataFrame) -> dict[str, tuple[int, float, float]]:
    """What happened, by step: lines, units, money; steps in which nothing did are left out."""
    rows = zip(bridge["step"], *(bridge[name].tolist() for name in MEASURES), strict=True)
    return {step: (lines, units, money) for step, lines, units, money in rows if lines or units or money}


def residuals(bridge: pd.DataFrame) -> Iterable[tuple[int, int, int]]:
    """Opening + steps - closing of each group, in lines, thousandths and ten-thousandths: all zero, exactly."""
    groups = bridge.groupby("group", sort=False) if "group" in bridge else [("", bridge)]
    for _, rows in groups:
        exact = [
            (round(qty * 1_000), round(value * 10_000)) for qty, value in zip(rows["qty"], rows["value"], strict=True)
        ]
        signs = [-1 if step == CLOSING else 1 for step in rows["step"]]
        assert (rows["step"].iloc[0], rows["step"].iloc[-1]) == (OPENING, CLOSING)
        yield (
            sum(sign * lines for sign, lines in zip(signs, rows["lines"].tolist(), strict=True)),
            sum(sign * qty for sign, (qty, _) in zip(signs, exact, strict=True)),
            sum(sign * value for sign, (_, value) in zip(signs, exact, strict=True)),
        )
