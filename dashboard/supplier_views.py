"""The parts of the page Suppliers: the ranked table, its chart, and one supplier's own view."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from dashboard import downloads, exports, supplier_charts, tables
from dashboard.domain.book import Book
from dashboard.domain.exact import total_value
from dashboard.domain.supplier_lines import by_days_late, by_month, other_sources
from dashboard.domain.suppliers import WORSE
from dashboard.messages import count, headline, money, plain

NO_DATA = "no data"
WINDOWS = (90, 180, 365)
SUPPLIER = "supplier"
"""The address's name for the chosen supplier: its id."""
RANKED = [
    "rank", "supplier_name", "mark", "otif_percent", "otif_interval", "lines_due", "on_time_percent", "in_full_percent",
    "median_days_late", "p80_days_late", "lead_time_days", "reject_percent", "po_lines_open", "lines_overdue",
    "backordered_value_waiting", "sole_skus", "on_time_interval", "in_full_interval", "otif_now_percent",
    "otif_received_percent", "moved_percent", "due_moved_days", "supplier_id",
]  # fmt: skip
OPEN = [
    "po_line", "sku", "item_name", "open_qty", "first_due_date", "due_date", "restock_date", "days_overdue",
    "order_lines", "customers", "waiting_qty", "waiting_value",
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


def choose_supplier(figures: pd.DataFrame) -> str | None:
    """Draw the ranked table and return the chosen supplier's id; it is kept in the address."""
    wanted = st.query_params.get(SUPPLIER)
    found = (figures["supplier_id"] == wanted).to_numpy().nonzero()[0] if wanted else ()
    event = tables.show(
        shown(figures), RANKED, key=tables.key_of("suppliers", figures["supplier_id"]), most=12,
        placeholder=NO_DATA, on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": [int(found[0])]}} if len(found) else None,
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("" if event.selection.rows else "Choose a supplier to see its own view.")
        downloads.offer("suppliers", lambda: figures[exports.SUPPLIER_COLUMNS], key="suppliers-file")
    if not event.selection.rows:
        st.query_params.pop(SUPPLIER, None)
        return None
    chosen = str(figures["supplier_id"].iloc[event.selection.rows[0]])
    st.query_params[SUPPLIER] = chosen
    return chosen


def show_chart(figures: pd.DataFrame) -> None:
    """OTIF with its interval, of the suppliers that most money waits for."""
    most = figures[figures["otif_rate"].notna()].nlargest(12, ["backordered_value_waiting", "lines_due"])
    if most.empty:
        return
    most = most.sort_values("rank")
    st.markdown("**OTIF of the suppliers that most money waits for**")
    words = "; ".join(f"{name}: {told}" for name, told in zip(most["supplier_name"], intervals(most), strict=True))
    st.altair_chart(supplier_charts.intervals(most), key="otif-intervals", alt=words)
    st.caption("The dot is the rate, the bar its 95 % interval; red marks a supplier that is getting worse.")


def show_supplier(
    row: pd.Series, lines: pd.DataFrame, open_lines: pd.DataFrame, book: Book, figures: pd.DataFrame, days: int
) -> None:
    """One supplier's own view. lines: those that count in the window; open_lines: its open purchase-order lines."""
    st.subheader(f"{plain(row['supplier_name'])} ({plain(row['supplier_id'])})")
    st.markdown(_turn_in_words(row))
    _show_tiles(row, days)
    _show_history(lines)
    st.markdown(f"**Still to come, and what hangs on it** ({count(len(open_lines), 'open purchase-order line')})")
    if open_lines.empty:
        st.caption("Nothing is on order there.")
    else:
        tables.show(open_lines, OPEN, key="supplier-open", most=10)
    _show_sources(other_sources(book, figures, str(row["supplier_id"])))
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


def shown(figures: pd.DataFrame) -> pd.DataFrame:
    """Rates as percent, intervals as text, for tables."""
    rates = [name for name in figures if name.endswith("_rate")]
    percents = {f"{name.removesuffix('_rate')}_percent": figures[name] * 100 for name in rates}
    return figures.assign(
        **percents,
        otif_interval=intervals(figures),
        on_time_interval=intervals(figures, "on_time"),
        in_full_interval=intervals(figures, "in_full", "lines_due"),
        po_lines_open=figures["lines_open"],
        due_moved_days=figures["moved_days"],
    )


def intervals(figures: pd.DataFrame, name: str = "otif", n: str = "lines_judged") -> list[str]:
    """Each supplier's interval with its n, "86 to 98 %, n 70", or "no data"."""
    ends = zip(figures[f"{name}_low"], figures[f"{name}_high"], figures[n], strict=True)
    return [_told(low, high, lines) for low, high, lines in ends]


def _show_tiles(row: pd.Series, days: int) -> None:
    tiles = st.grid(6, min_column_width=150, border=True)
    judged, due = row["lines_judged"], row["lines_due"]
    window = f"Lines first due in the {days} days before today; without due date or wholly cancelled left out."
    left_out = f"n = {count(judged, 'line')}; {row['lines_unknown']:,.0f} received whole on an unknown day left out."
    with tiles.cell():
        _tile(
            "OTIF", row["otif_rate"], _interval(row, "otif", judged),
            f"Lines received whole by the first due date, divided by lines due; overdue ones not received count "
            f"against it. {window} {left_out} Rivals: of lines received whole {percent(row['otif_received_rate'])} "
            f"(n = {row['lines_received']:,.0f}); against the current due date {percent(row['otif_now_rate'])} "
            f"(n = {row['lines_judged_now']:,.0f}, lines not yet due by it left out).",
        )  # fmt: skip
    with tiles.cell():
        _tile(
            "On time, in units", row["on_time_rate"], _interval(row, "on_time", judged),
            f"Good units received by the first due date, at most what was ordered, divided by units ordered less "
            f"cancelled. {window} {left_out} The interval counts lines, not units, as independent. "
            f"Against the current due date {percent(row['on_time_now_rate'])} (n = {row['lines_judged_now']:,.0f}).",
        )  # fmt: skip
    with tiles.cell():
        _tile(
            "In full", row["in_full_rate"], _interval(row, "in_full", due),
            f"Lines received whole by now, divided by lines due; n = {count(due, 'line')}. {window} "
            "Whenever they came: of lines received alone it would be 100 % always, and no due date moves it.",
        )  # fmt: skip
    with tiles.cell():
        st.metric("Days late", _days(row["median_days_late"]), help=_DAYS_HELP)
        st.caption(_days_in_words(row))
    with tiles.cell():
        st.metric("Lead time", _days(row["lead_time_days"]), help="Ordered to received whole, of lines received whole.")
        st.caption(f"median; half of them {_number(row['lead_low_days'])} to {_days(row['lead_high_days'])}")
    with tiles.cell():
        _tile(
            "Rejected", row["reject_rate"], f"of {row['inspected_qty']:,.0f} units delivered",
            f"Rejected units, divided by good and rejected units delivered on these lines. {window}",
        )  # fmt: skip
    moved = "" if math.isnan(row["moved_days"]) else f", by {row['moved_days']:,.0f} days (median)"
    st.caption(
        f"Due dates moved since they were first agreed: {percent(row['moved_rate'])} of lines due{moved}. "
        f"Restock dates moved by managers: {row['manager_moves']:,.0f}."
    )


def _days_in_words(row: pd.Series) -> str:
    if not row["lines_judged"]:
        return NO_DATA
    if math.isnan(row["median_days_late"]):
        return "fewer than half have come"
    late = row["p80_days_late"]
    return "median; fewer than 80 % have come" if math.isnan(late) else f"median; 80 % within {_days(late)}"


_DAYS_HELP = (
    "Received whole less first due, by Kaplan-Meier: a line not received counts as late at least until today. "
    "Empty where more than that share has not come."
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


def _tile(label: str, rate: float, below: str, how: str) -> None:
    st.metric(label, percent(rate), help=how)
    st.caption(below)


def _interval(row: pd.Series, name: str, n: float) -> str:
    return _told(row[f"{name}_low"], row[f"{name}_high"], n)


def _told(low: float, high: float, n: float) -> str:
    return NO_DATA if math.isnan(low) else f"{low * 100:.0f} to {high * 100:.0f} %, n {n:,.0f}"


def percent(rate: float) -> str:
    """A rate as it is written: "94 %", or "no data"."""
    return NO_DATA if math.isnan(rate) else f"{rate * 100:.0f} %"


def _number(days: float) -> str:
    return NO_DATA if math.isnan(days) else f"{days:,.0f}"


def _days(days: float) -> str:
    return NO_DATA if math.isnan(days) else count(days, "day")
