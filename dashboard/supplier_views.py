"""The parts of the page Suppliers: the ranked table, its chart, and one supplier's own view."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from dashboard import downloads, exports, settings, supplier_charts, supplier_rates, tables
from dashboard.domain import backlog as states
from dashboard.domain.exact import total_value
from dashboard.domain.plan import Plan
from dashboard.domain.supplier_lines import by_days_late, by_month, other_sources, waiting_for
from dashboard.domain.suppliers import WORSE
from dashboard.messages import count, headline, money, plain
from dashboard.supplier_rates import NO_DATA, intervals, percent

LINES_PAGE = settings.PROJECT_ROOT / "pages" / "open_backorders.py"
RESTOCKS_PAGE = settings.PROJECT_ROOT / "pages" / "restock_dates.py"
WINDOWS = (90, 180, 365)
SUPPLIER = "supplier"
"""The address's name for the chosen supplier: its id."""
_ASKED, _TABLE, _TABLE_IDS = "supplier-asked", "supplier-table", "supplier-ids"
_REDRAWN = "supplier-table-redrawn"
RANKED = [
    "rank", "supplier_name", "mark", "otif_percent", "otif_interval", "otif_now_told", "on_time_percent",
    "in_full_percent", "median_late_told", "p80_late_told", "lead_told", "po_lines_open", "lines_overdue",
    "backordered_value_waiting", "sole_skus", "lines_due", "reject_told", "otif_now_interval", "on_time_interval",
    "on_time_now_told", "on_time_now_interval", "in_full_interval", "otif_received_told", "moved_percent",
    "due_moved_told", "supplier_id",
]  # fmt: skip
OPEN = [
    "po_line", "sku", "item_name", "open_qty", "first_due_date", "due_date", "restock_date", "days_overdue",
    "order_lines", "customers", "waiting_qty", "waiting_value",
]  # fmt: skip
HANGING = [
    "po_line", "order_id", "line_no", "customer_name", "allocated_qty", "state", "promise_date", "expected_date",
    "days_late", "waiting_value", "sku",
]  # fmt: skip
COUNTED = [
    "po_line", "sku", "counted_as", "first_due_date", "due_date", "complete_date", "supplier_days_late",
    "wanted_qty", "received_qty", "by_first_due_qty", "rejected_qty",
]  # fmt: skip
SOURCES = [
    "sku", "item_name", "supplier_name", "source_rank", "source_lead_days", "unit_cost",
    "otif_percent", "otif_interval",
]  # fmt: skip


def ask_window() -> int:
    """How many days back lines count, by their first due date; kept in the address."""
    return int(
        st.segmented_control(
            "Lines first due in the last", WINDOWS, default=365, required=True, key="days", bind="query-params",
            format_func=lambda days: f"{days} days",
        )
    )  # fmt: skip


def sentence(figures: pd.DataFrame, open_lines: pd.DataFrame) -> str:
    """Who gets worse, and what waits for overdue lines: what a manager would say."""
    worse = int((figures["mark"] == WORSE).sum())
    overdue = open_lines[open_lines["is_overdue"]]
    verb = "is" if worse == 1 else "are"
    turned = f"{count(worse, 'supplier')} {verb} getting worse" if worse else "No supplier is getting worse"
    waiting = money(total_value(overdue["waiting_value"]))
    if overdue.empty:
        return f"{turned}; no purchase-order line is overdue."
    are, wait = ("is", "waits") if len(overdue) == 1 else ("are", "wait")
    return f"{turned}; {count(len(overdue), 'purchase-order line')} {are} overdue, {waiting} {wait} for them."


def show_opening(figures: pd.DataFrame, open_lines: pd.DataFrame) -> None:
    """The sentence of the page."""
    headline(sentence(figures, open_lines))


def label(supplier_id: str, name: str) -> str:
    """One supplier as the lists name it: "Northgate Castings (S-1)"."""
    return f"{name} ({supplier_id})" if name != supplier_id else supplier_id


def ask_supplier(figures: pd.DataFrame) -> str | None:
    """The id of the supplier that was chosen among all, by typing or in the address, which keeps it."""
    names = _labels(figures)
    ids = {name: number for number, name in names.items()}
    st.session_state[_ASKED] = names.get(st.query_params.get(SUPPLIER, ""))
    st.selectbox(
        "Supplier", sorted(ids, key=str.casefold), index=None, key=_ASKED, width=480, filter_mode="contains",
        placeholder="Choose or type a name or number", help="Every supplier.", on_change=_choose_name, args=(ids,),
    )  # fmt: skip
    chosen = st.session_state[_ASKED]
    if chosen is None:
        st.query_params.pop(SUPPLIER, None)
    return ids.get(chosen) if chosen else None


def show_ranking(figures: pd.DataFrame, chosen: str | None) -> None:
    """The ranked table; choosing a row shows that supplier."""
    found = (figures["supplier_id"] == chosen).to_numpy().nonzero()[0] if chosen else ()
    key = tables.key_of(_TABLE, [*figures["supplier_id"], st.session_state.get(_REDRAWN, 0)])
    st.session_state[_TABLE_IDS] = list(figures["supplier_id"])
    tables.show(
        supplier_rates.shown(figures), RANKED, key=key, most=12, placeholder=NO_DATA,
        on_select=lambda: _choose_row(key), selection_mode="single-row",
        selection_default={"selection": {"rows": [int(found[0])]}} if len(found) else None,
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("" if chosen else "Choose a supplier to see its own view.")
        downloads.offer("suppliers", lambda: figures[exports.SUPPLIER_COLUMNS], key="suppliers-file")


def _labels(figures: pd.DataFrame) -> dict[str, str]:
    pairs = zip(figures["supplier_id"].astype("str"), figures["supplier_name"].astype("str"), strict=True)
    return {number: label(number, name) for number, name in pairs}


def _choose_name(ids: dict[str, str]) -> None:
    """Keep what was typed in the address, and draw the table anew so that its chosen row follows."""
    st.session_state[_REDRAWN] = st.session_state.get(_REDRAWN, 0) + 1
    _keep(ids.get(st.session_state[_ASKED] or ""))


def _choose_row(key: str) -> None:
    rows = st.session_state[key].selection.rows
    _keep(st.session_state[_TABLE_IDS][rows[0]] if rows else None)


def _keep(supplier_id: str | None) -> None:
    if supplier_id is None:
        st.query_params.pop(SUPPLIER, None)
    else:
        st.query_params[SUPPLIER] = str(supplier_id)


def show_chart(figures: pd.DataFrame) -> None:
    """OTIF with its interval, of the suppliers that most money waits for."""
    most = figures[figures["otif_rate"].notna()].nlargest(12, ["backordered_value_waiting", "lines_due"])
    if most.empty:
        return
    most = most.sort_values("rank")
    st.markdown("**OTIF of the suppliers that most money waits for**")
    words = "; ".join(
        f"{name}: {told}" for name, told in zip(supplier_charts.names_apart(most), intervals(most), strict=True)
    )
    st.altair_chart(supplier_charts.intervals(most), key="otif-intervals", alt=words)
    st.caption("The dot is the rate, the bar its 95 % interval; red marks a supplier that is getting worse.")


def show_supplier(
    row: pd.Series, lines: pd.DataFrame, open_lines: pd.DataFrame, plan: Plan, figures: pd.DataFrame, days: int
) -> None:
    """One supplier's own view. lines: those that count in the window; open_lines: its open purchase-order lines."""
    name = label(str(row["supplier_id"]), str(row["supplier_name"]))
    st.subheader(plain(name))
    st.markdown(_turn_in_words(row))
    supplier_rates.show_tiles(row, lines, days, plan.book.today)
    _show_moves(row)
    _show_history(lines)
    _show_open(open_lines, plan, name)
    _show_sources(other_sources(plan.book, figures, str(row["supplier_id"])))
    st.markdown(f"**Every line that counts** ({count(len(lines), 'line')})")
    if lines.empty:
        st.caption(f"No purchase-order line was first due in the last {days} days.")
        return
    named = lines.assign(
        supplier_days_late=lines["days_late"],
        po_line=lines["po_id"].astype("str") + "/" + lines["line_no"].astype("str"),
    )
    tables.show(named, COUNTED, key="supplier-lines", most=10)
    with st.container(horizontal=True):
        downloads.offer("supplier-lines", lambda: lines, key="supplier-lines-file")


def _show_moves(row: pd.Series) -> None:
    moved = "" if math.isnan(row["moved_days"]) else f", by {row['moved_days']:,.0f} days (median)"
    st.caption(
        f"Due dates moved since they were first agreed: {percent(row['moved_rate'])} of lines due{moved}. "
        f"Restock dates moved by managers: {row['manager_moves']:,.0f}."
    )


def _show_open(open_lines: pd.DataFrame, plan: Plan, name: str) -> None:
    """Every open purchase-order line; below it the order lines that hang on the chosen one, or on all of them."""
    st.markdown(f"**Still to come, and what hangs on it** ({count(len(open_lines), 'open purchase-order line')})")
    if open_lines.empty:
        st.caption("Nothing is on order there.")
        return
    event = tables.show(
        open_lines, OPEN, key=tables.key_of("supplier-open", open_lines["po_line"]), most=10, on_select="rerun",
        selection_mode="single-row",
    )  # fmt: skip
    picked = open_lines.iloc[event.selection.rows[:1]] if event.selection.rows else open_lines
    hanging = waiting_for(plan, list(picked["po_line"].astype("str")))
    of = plain(picked["po_line"].iloc[0]) if event.selection.rows else "all of these"
    st.markdown(f"**Order lines that wait for {of}** ({count(len(hanging), 'order line')})")
    if hanging.empty:
        st.caption("No order line takes units of it.")
    else:
        tables.show(hanging, HANGING, key="supplier-hanging", most=10)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("" if event.selection.rows else "Choose a purchase-order line to see its order lines alone.")
        st.page_link(
            LINES_PAGE, label=":primary[Show the open backorders that wait for this supplier]",
            query_params={"state": list(states.STATES), SUPPLIER: name},
        )  # fmt: skip
        st.page_link(
            RESTOCKS_PAGE, label=":primary[Move restock dates of this supplier]", query_params={"from_supplier": name}
        )


def _show_history(lines: pd.DataFrame) -> None:
    if lines.empty:
        return
    left, right = st.columns(2, gap="medium")
    late, months = by_days_late(lines), by_month(lines)
    with left:
        st.markdown("**Days late**, by lines")
        told = "; ".join(
            f"{days:.0f} days: {number}" for days, number in zip(late["days_late"], late["lines"], strict=True)
        )
        st.altair_chart(supplier_charts.days_late(late), key="days-late", alt=told)
        st.caption("Red is late; pale has not come yet and is late so far.")
    with right:
        st.markdown("**Month by month**, by first due date")
        told = "; ".join(f"{m}: {percent(r)}" for m, r in zip(months["month"], months["otif_rate"], strict=True))
        st.altair_chart(supplier_charts.months(months), key="months", alt=told)
        st.caption("OTIF of each month; above it the lines it is made of.")


def _show_sources(sources: pd.DataFrame) -> None:
    others = sources[sources["is_other"]]
    skus, alone = sources["sku"].nunique(), sources["sku"].nunique() - others["sku"].nunique()
    st.markdown(f"**Who else sells what it does** ({count(skus, 'SKU')}, {alone:,} from nobody else)")
    if others.empty:
        st.caption("No other supplier is known for its SKUs.")
        return
    told = sources[sources["sku"].isin(others["sku"])]
    told = told.assign(otif_percent=told["otif_rate"] * 100, otif_interval=intervals(told))
    tables.show(told, SOURCES, key="supplier-sources", most=8, placeholder=NO_DATA)


def _turn_in_words(row: pd.Series) -> str:
    told = (
        f"OTIF of the last 90 days {percent(row['recent_otif_rate'])} (n {row['recent_lines']:,.0f}), "
        f"of the 365 before {percent(row['before_otif_rate'])} (n {row['before_lines']:,.0f}): "
    )
    if row["mark"]:
        coloured = f":red[**{row['mark']}**]" if row["mark"] == WORSE else f"**{row['mark']}**"
        return f"{told}{coloured} (two-proportion test, {_p(row['turn_p'])})."
    return f"{told}no significant difference (two-proportion test at 5 %, 10 lines at least on both sides)."


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
