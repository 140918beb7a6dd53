"""What is still to come from suppliers and what hangs on it: of one supplier, or of all that is overdue."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import settings, tables
from dashboard.domain import backlog as states
from dashboard.domain.exact import total_value
from dashboard.domain.plan import Plan
from dashboard.domain.supplier_lines import waiting_for
from dashboard.messages import count, money, names_apart, plain

RESTOCKS_PAGE = settings.PROJECT_ROOT / "pages" / "restock_dates.py"
LINES_PAGE = settings.PROJECT_ROOT / "pages" / "open_backorders.py"
OPEN = [
    "po_line", "sku", "days_overdue", "days_past_due", "waiting_value", "restock_date", "due_date", "first_due_date",
    "open_qty", "order_lines", "customers", "waiting_qty", "item_name",
]  # fmt: skip
OVERDUE = [
    "po_line", "supplier", "days_overdue", "days_past_due", "waiting_value", "restock_date", "due_date",
    "first_due_date", "sku", "open_qty", "order_lines", "customers", "waiting_qty",
]  # fmt: skip
DATED_BY_SUPPLY = (states.ON_TIME, states.UNPROMISED, states.LATE, states.UNDATED)
"""The states of lines that wait for a supply which decides their date: not ready, and nothing of them uncovered."""
HANGING = [
    "po_line", "order_id", "line_no", "customer_name", "state", "waiting_value", "days_late", "allocated_qty",
    "promise_date", "expected_date", "decided_by", "sku",
]  # fmt: skip


def show_overdue(open_lines: pd.DataFrame, names: dict[str, str], plan: Plan) -> None:
    """Every overdue purchase-order line, whoever it comes from, with the order lines that hang on it.

    names: what each supplier is called, by its id.
    """
    overdue = open_lines[open_lines["is_overdue"]].reset_index(drop=True)
    waiting = money(total_value(overdue["waiting_value"]))
    st.markdown(f"**Overdue purchase-order lines** ({count(len(overdue), 'line')}, {waiting} wait for them)")
    if len(overdue):
        overdue["supplier"] = overdue["supplier_id"].astype("str").map(names)
        _show_with_waiting(overdue, OVERDUE, plan, "overdue")
    moved = int((open_lines["is_past_due"] & ~open_lines["is_overdue"]).sum())
    if moved:
        have = "has" if moved == 1 else "have"
        st.caption(
            f"{count(moved, 'further line')} {have} passed the supplier's due date but not the restock date, which is "
            "the day we plan with: the column “Past due” of the suppliers counts them too."
        )


def show_open(open_lines: pd.DataFrame, plan: Plan, name: str) -> None:
    """Every open purchase-order line of one supplier; below it the order lines that hang on one, or on all of them."""
    told = [
        count(len(open_lines), "open purchase-order line"),
        f"{int(open_lines['is_overdue'].sum()):,} past the restock date",
        f"{int(open_lines['is_past_due'].sum()):,} past the supplier's due date",
    ]
    st.markdown(f"**Still to come, and what hangs on it** ({', '.join(told if len(open_lines) else told[:1])})")
    if open_lines.empty:
        st.caption("Nothing is on order there.")
        return
    _show_with_waiting(open_lines, OPEN, plan, "open")
    st.page_link(
        LINES_PAGE, label=":primary[Show the open backorders whose date this supplier decides]",
        query_params={"state": list(DATED_BY_SUPPLY), "supplier": name},
        help="Order lines whose last units come from this supplier: the late and undated ones are those that the "
        "Overview counts for it. The list above has every order line that takes units of its purchase orders.",
    )  # fmt: skip
    st.page_link(
        RESTOCKS_PAGE, label=":primary[Move restock dates of this supplier]", query_params={"from_supplier": name}
    )


def _show_with_waiting(po_lines: pd.DataFrame, columns: list[str], plan: Plan, key: str) -> None:
    """Purchase-order lines, and below them the order lines that wait for the chosen one, or for all of them."""
    event = tables.show(
        po_lines, columns, key=tables.key_of(f"supplier-{key}", po_lines["po_line"]), most=10, on_select="rerun",
        selection_mode="single-row",
    )  # fmt: skip
    picked = po_lines.iloc[event.selection.rows[:1]] if event.selection.rows else po_lines
    hanging = waiting_for(plan, list(picked["po_line"].astype("str")))
    names = names_apart(hanging["customer_name"], hanging["customer_id"], plan.book.customers["name"])
    hanging = hanging.assign(customer_name=names)
    of = plain(picked["po_line"].iloc[0]) if event.selection.rows else "all of these"
    lines = len(hanging[["order_id", "line_no"]].drop_duplicates())
    st.markdown(f"**Order lines that wait for {of}** ({count(lines, 'order line')})")
    if hanging.empty:
        st.caption(f"No order line takes units of {'it' if event.selection.rows else 'them'}.")
    else:
        tables.show(hanging, HANGING, key="supplier-hanging", most=10)
        if len(hanging) > lines:
            st.caption("A line that is split over several purchase orders stands behind each of them, and counts once.")
    if not event.selection.rows:
        st.caption("Choose a purchase-order line to see its order lines alone.")
