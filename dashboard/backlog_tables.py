"""The table of open order lines: its totals, its downloads, and the line that is chosen in it."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from dashboard import downloads, exports, tables
from dashboard.domain.overview import sum_of
from dashboard.filters import Positions
from dashboard.messages import count, headline, money, plain, units

PAGE_ROWS = 1_000
COLUMNS = [
    "order_id", "line_no", "customer_name", "sku", "state", "promise_date", "expected_date", "days_late",
    "backordered_qty", "backordered_value", "waits_for", "waits_until", "supplier_name", "age_days", "item_name",
    "open_qty", "ready_qty", "inbound_qty", "uncovered_qty", "tier", "category", "location_id", "ordered_date",
]  # fmt: skip
LINE = "line"
"""The address's name for the chosen line: ORDER_ID/LINE_NO."""


def show_totals(backlog: pd.DataFrame, rows: Positions, also_filtered: str) -> None:
    """How much is shown, in lines, orders, units and money."""
    shown = sum_of(backlog, rows)
    headline(
        f"{count(shown['lines'], 'line')} on {count(shown['orders'], 'order')}: "
        f"{units(shown['backordered_qty'])} units, {money(shown['backordered_value'])} backordered.",
        how="Of the lines that fit the filters. Backordered: open and not covered by stock today; money is units times "
        "unit price.",
    )
    st.caption(
        f"{shown['lines']:,} of {count(len(backlog), 'open line')} fit the filters: "
        f"{units(shown['open_qty'])} open units, {money(shown['open_value'])}, "
        f"of {count(shown['customers'], 'customer')}."
        + (f" Also filtered by {plain(also_filtered)}." if also_filtered else "")
    )


def choose_line(backlog: pd.DataFrame, rows: Positions) -> tuple[str, str] | None:
    """Draw the table, a page of it at a time, and return the chosen line; it is kept in the address."""
    page = _ask_page(len(rows))
    visible = rows[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    frame = backlog.iloc[visible]
    names = frame["order_id"].astype("str") + "/" + frame["line_no"].astype("str")
    asked = st.query_params.get(LINE, "")
    event = tables.show(
        frame, COLUMNS, key=tables.key_of("open-lines", names), on_select="rerun", selection_mode="single-row",
        selection_default=_selection(names, asked),
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("" if event.selection.rows else f"{_unknown(backlog, asked)}Choose a line to see why it waits.")
        downloads.offer("backlog", lambda: backlog[exports.BACKLOG_COLUMNS].iloc[rows], key="backlog")
    if not event.selection.rows:
        st.query_params.pop(LINE, None)
        return None
    position = event.selection.rows[0]
    st.query_params[LINE] = names.iloc[position]
    return str(frame["order_id"].iloc[position]), str(frame["line_no"].iloc[position])


def _ask_page(lines: int) -> int:
    pages = math.ceil(lines / PAGE_ROWS)
    return st.pagination(pages, key="page", bind="query-params") if pages > 1 else 1


def _unknown(backlog: pd.DataFrame, asked: str) -> str:
    """That the address asks for a line that is not open, if it does; one that is open may be hidden by the filters."""
    order_id, _, line_no = asked.rpartition("/")
    lines = backlog["line_no"][backlog["order_id"] == order_id].astype("str")
    return f"No open order line “{plain(asked)}” is known. " if asked and line_no not in lines.array else ""


def _selection(names: pd.Series, wanted: str) -> dict[str, dict[str, list[int]]] | None:
    """The row to show as chosen at first, where the address names one that is on this page."""
    found = (names == wanted).to_numpy().nonzero()[0] if wanted else ()
    return {"selection": {"rows": [int(found[0])]}} if len(found) else None
