"""The parts of the page Suppliers: the ranked table, its chart, and one supplier's own view."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from dashboard import (
    choosing,
    decision_views,
    downloads,
    exports,
    supplier_charts,
    supplier_rates,
    supplier_supply,
    tables,
)
from dashboard.domain import decided
from dashboard.domain.exact import total_value
from dashboard.domain.plan import Plan
from dashboard.domain.supplier_lines import by_days_late, by_month
from dashboard.domain.suppliers import (
    BEFORE_DAYS,
    BETTER,
    DEFAULT_WINDOW_DAYS,
    LEAST_LINES,
    RECENT_DAYS,
    SIGNIFICANCE,
    WORSE,
)
from dashboard.messages import count, money, names_apart, plain
from dashboard.supplier_rates import NO_DATA, NOT_KNOWN, intervals, percent, percents

WINDOWS = (90, 180, 365)
SUPPLIER = "supplier"
"""The address's name for the chosen supplier: its id."""
_TABLE, _TABLE_IDS, _SHOW = "supplier-table", "supplier-ids", "show"
_DAYS = "days"
"""The address's name for the window."""
EVERYBODY, GETTING_WORSE, GETTING_BETTER, OVERDUE = SHOWN = (
    "All suppliers", "Getting worse", "Getting better", "With overdue lines",
)  # fmt: skip
"""Which suppliers the table ranks: the page opens with how many of the others there are."""
_NONE_OF = {
    GETTING_WORSE: "No supplier is getting worse.",
    GETTING_BETTER: "No supplier is getting better.",
    OVERDUE: "No purchase-order line is overdue.",
}
RANKED = [
    "rank", "supplier", "mark", "otif_told", "lines_overdue", "backordered_value_waiting", "median_late_told",
    "on_time_told", "in_full_told", "lead_told", "po_lines_open", "lines_past_due", "sole_skus",
]  # fmt: skip
COUNTED = [
    "po_line", "sku", "counted_as", "supplier_days_late", "first_due_date", "complete_date", "due_date", "wanted_qty",
    "received_qty", "by_first_due_qty", "rejected_qty",
]  # fmt: skip
SOURCES = [
    "sku", "supplier", "source_rank", "otif_percent", "otif_interval", "last_ordered_date", "source_lead_days",
    "unit_cost", "item_name",
]  # fmt: skip


def ask_window() -> int:
    """How many days back lines count, by their first due date; kept in the address, as a number."""
    asked = st.query_params.get(_DAYS, "")
    known = asked.removesuffix(" days")
    st.session_state[_DAYS] = int(known) if known in map(str, WINDOWS) else DEFAULT_WINDOW_DAYS
    if asked and asked != str(st.session_state[_DAYS]):
        _keep_days()
    return int(
        st.segmented_control(
            "Lines first due in the last", WINDOWS, required=True, key=_DAYS, on_change=_keep_days,
            format_func=lambda days: f"{days} days",
        )
    )  # fmt: skip


def _keep_days() -> None:
    st.query_params[_DAYS] = str(st.session_state[_DAYS])


def told_apart(figures: pd.DataFrame) -> pd.DataFrame:
    """The figures with `supplier`, the name, and the id behind one that several bear."""
    return figures.assign(supplier=names_apart(figures["supplier_name"], figures["supplier_id"]))


def sentence(figures: pd.DataFrame, open_lines: pd.DataFrame) -> str:
    """Who gets worse, who better, and what waits for overdue lines: what a manager would say."""
    worse, better = (int((figures["mark"] == mark).sum()) for mark in (WORSE, BETTER))
    overdue = open_lines[open_lines["is_overdue"]]
    turned = f"{count(worse, 'supplier')} {_are(worse)} getting worse" if worse else "No supplier is getting worse"
    turned += f", {better:,} {_are(better)} getting better" if better else ""
    waiting = money(total_value(overdue["waiting_value"]))
    if overdue.empty:
        return f"{turned}; no purchase-order line is overdue."
    lines = count(len(overdue), "purchase-order line")
    wait = "waits" if len(overdue) == 1 else "wait"
    return f"{turned}; {lines} {_are(len(overdue))} overdue, {waiting} {wait} for them."


def by_chance(figures: pd.DataFrame) -> str:
    """How many would seem to get worse or better if nothing had changed: the help of the page's sentence."""
    least = figures[["recent_lines", "before_lines"]].min(axis=1)
    tested = int((least >= LEAST_LINES).sum())
    expected = tested * SIGNIFICANCE
    about = f"about {expected:.0f}" if expected >= 1 else "less than one"
    return (
        f"{count(tested, 'supplier')} of {len(figures):,} can be tested: with {LEAST_LINES} lines at least that were "
        f"first due in the last {RECENT_DAYS} days, and as many in the {BEFORE_DAYS} before. Each is tested at "
        f"{SIGNIFICANCE:.0%}: if nothing had changed at all, {about} of them would seem to get worse or better by "
        "chance alone."
    )


def own_sentence(row: pd.Series, open_lines: pd.DataFrame, days: int) -> str:
    """What a manager would say of one supplier. open_lines: its own."""
    if not row["lines_due"]:
        rate = f"no line due in the last {days} days"
    elif not row["lines_judged"]:
        rate = f"OTIF {NOT_KNOWN}"
    else:
        rate = f"OTIF {percent(row['otif_rate'])} of {count(row['lines_judged'], 'line')} due"
    turned = f", getting {row['mark']}" if row["mark"] else ""
    return f"{row['supplier']}: {rate}{turned}; {_open_in_words(open_lines)}."


def _open_in_words(open_lines: pd.DataFrame) -> str:
    overdue = open_lines[open_lines["is_overdue"]]
    if open_lines.empty:
        return "nothing is on order"
    lines = count(len(open_lines), "open purchase-order line")
    if overdue.empty:
        return f"none of {lines} overdue" if len(open_lines) > 1 else "its one open purchase-order line is not overdue"
    waiting = f"{money(total_value(overdue['waiting_value']))} waiting"
    told = f"{len(overdue):,} of {lines} overdue" if len(open_lines) > 1 else "its one open purchase-order line overdue"
    return f"{told}, {waiting}"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def label(supplier_id: str, name: str) -> str:
    """One supplier as the lists name it: "Northgate Castings (S-1)"."""
    return f"{name} ({supplier_id})" if name != supplier_id else supplier_id


def ask_supplier(figures: pd.DataFrame) -> str | None:
    """The id of the supplier that was chosen among all, by typing or in the address, which keeps it."""
    labels = _labels(figures)
    by_name = dict(sorted(labels.items(), key=lambda each: each[1].casefold()))
    return choosing.ask_one(SUPPLIER, by_name, "Every supplier.")


def show_everybody(figures: pd.DataFrame, open_lines: pd.DataFrame, plan: Plan) -> None:
    """All suppliers, or those that the page's sentence counts, with the overdue lines where these are asked for."""
    choosing.show_unknown(SUPPLIER)
    shown, asked = _show_ranking(figures, None)
    if asked == OVERDUE:
        names = dict(zip(figures["supplier_id"].astype("str"), figures["supplier"], strict=True))
        supplier_supply.show_overdue(open_lines, names, plan)
    show_chart(shown)


def show_folded(figures: pd.DataFrame, chosen: str) -> None:
    """The same table folded away, while one supplier is looked at."""
    with st.expander(f"All {count(len(figures), 'supplier')}"):
        _show_ranking(figures, chosen)


def narrow(figures: pd.DataFrame, asked: str) -> pd.DataFrame:
    """The suppliers that were asked for, one of SHOWN."""
    if asked == EVERYBODY:
        return figures
    if asked == OVERDUE:
        return figures[figures["lines_overdue"] > 0]
    return figures[figures["mark"] == (WORSE if asked == GETTING_WORSE else BETTER)]


def _show_ranking(figures: pd.DataFrame, chosen: str | None) -> tuple[pd.DataFrame, str]:
    """The ranked table of the suppliers that are asked for here; choosing a row shows that supplier."""
    asked = st.segmented_control(
        "Show", SHOWN, default=EVERYBODY, required=True, key=_SHOW, bind="query-params", label_visibility="collapsed"
    )
    shown = narrow(figures, asked)
    if shown.empty:
        st.info(_NONE_OF[asked])
        return shown, asked
    found = (shown["supplier_id"] == chosen).to_numpy().nonzero()[0] if chosen else ()
    key = tables.key_of(_TABLE, [*shown["supplier_id"], choosing.times_typed(SUPPLIER)])
    st.session_state[_TABLE_IDS] = list(shown["supplier_id"])
    tables.show(
        supplier_rates.shown(shown), RANKED, key=key, most=12, placeholder=NO_DATA,
        on_select=lambda: _choose_row(key), selection_mode="single-row",
        selection_default={"selection": {"rows": [int(found[0])]}} if len(found) else None,
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        part = "" if asked == EVERYBODY else f"{len(shown):,} of {count(len(figures), 'supplier')}. "
        st.caption(part + ("" if chosen else "Choose a supplier to see its own view."))
        downloads.offer("suppliers", lambda: shown[exports.SUPPLIER_COLUMNS], key="suppliers-file")
    return shown, asked


def _labels(figures: pd.DataFrame) -> dict[str, str]:
    pairs = zip(figures["supplier_id"].astype("str"), figures["supplier_name"].astype("str"), strict=True)
    return {number: label(number, name) for number, name in pairs}


def _choose_row(key: str) -> None:
    rows = st.session_state[key].selection.rows
    choosing.keep(SUPPLIER, st.session_state[_TABLE_IDS][rows[0]] if rows else None)


def most_waited_for(figures: pd.DataFrame, most: int = 12) -> pd.DataFrame:
    """Of the suppliers that have a rate those that most money waits for, in order of their rank."""
    rated = figures[figures["otif_rate"].notna()]
    return rated.nlargest(most, ["backordered_value_waiting", "lines_due"]).sort_values("rank")


def show_chart(figures: pd.DataFrame) -> None:
    """OTIF with its interval, of the suppliers that most money waits for."""
    most = most_waited_for(figures)
    if most.empty:
        return
    st.markdown("**OTIF of the suppliers that most money waits for**")
    words = "; ".join(
        f"{name}: {told}" for name, told in zip(supplier_charts.names_apart(most), intervals(most), strict=True)
    )
    st.vega_lite_chart(spec=supplier_charts.intervals(most), key="otif-intervals", alt=words)
    st.caption("The dot is the rate, the bar its 95 % interval; red marks a supplier that is getting worse.")


def name_chosen(row: pd.Series) -> None:
    """Whose view it is: first below the choices, and in the browser's title."""
    name = label(str(row["supplier_id"]), str(row["supplier_name"]))
    st.set_page_config(page_title=f"{name} · Suppliers")
    st.subheader(plain(name))


def show_supplier(
    row: pd.Series, lines: pd.DataFrame, open_lines: pd.DataFrame, plan: Plan, sources: pd.DataFrame, days: int
) -> None:
    """One supplier's own view.

    lines: those that count in the window; open_lines: its open purchase-order lines; sources: as in other_sources.
    """
    name = label(str(row["supplier_id"]), str(row["supplier_name"]))
    st.markdown(_turn_in_words(row))
    decision_views.show_about(decided.Link(decided.SUPPLIER, str(row["supplier_id"])), "supplier")
    supplier_rates.show_tiles(row, lines, days, plan.book.today)
    _show_moves(row)
    _show_history(lines)
    supplier_supply.show_open(open_lines, plan, name)
    _show_sources(sources, plan.book.suppliers["name"])
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
    by = "" if math.isnan(row["moved_days"]) else f", by {count(round(row['moved_days']), 'day')} (median)"
    moved = f"{percent(row['moved_rate'])} of lines due{by}" if row["lines_due"] else NO_DATA
    st.caption(
        f"Due dates moved since they were first agreed: {moved}. "
        f"Restock dates moved by managers: {row['manager_moves']:,.0f}."
    )


def _show_history(lines: pd.DataFrame) -> None:
    if lines.empty:
        return
    late, months = by_days_late(lines), by_month(lines)
    if late.empty:
        st.caption(f"Days late and months: {NOT_KNOWN}, for nobody wrote down the days on which its lines came.")
        return
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Days late**, by lines")
        told = "; ".join(
            f"{days:.0f} days: {number}" for days, number in zip(late["days_late"], late["lines"], strict=True)
        )
        st.vega_lite_chart(spec=supplier_charts.days_late(late), key="days-late", alt=told)
        st.caption("Red is late; pale has not come yet and is late so far.")
    with right:
        st.markdown("**Month by month**, by first due date")
        told = "; ".join(
            f"{m}: {percent(rate, NOT_KNOWN if due else NO_DATA)}"
            for m, rate, due in months[["month", "otif_rate", "lines_due"]].itertuples(index=False, name=None)
        )
        st.vega_lite_chart(spec=supplier_charts.months(months), key="months", alt=told)
        st.caption("OTIF of each month; above it the lines it is made of.")


def _show_sources(sources: pd.DataFrame, everybody: pd.Series) -> None:
    """everybody: the names of all suppliers, by which those of one name are told apart."""
    others = sources[sources["is_other"]]
    skus, alone = sources["sku"].nunique(), sources["sku"].nunique() - others["sku"].nunique()
    st.markdown(f"**Who else sells what it does** ({count(skus, 'SKU')}, {alone:,} from nobody else)")
    if others.empty:
        st.caption(
            "Nobody else is listed for its SKUs, and nobody else was ever ordered from."
            if skus
            else "No data: no SKU is listed for it, and nothing was ever ordered there."
        )
        return
    told = sources[sources["sku"].isin(others["sku"])]
    names = names_apart(told["supplier_name"], told["supplier_id"], everybody)
    told = told.assign(
        supplier=names.where(told["is_other"], names + " (this supplier)"), otif_percent=percents(told["otif_rate"]),
        otif_interval=intervals(told),
    )  # fmt: skip
    tables.show(told, SOURCES, key="supplier-sources", most=8, placeholder=NO_DATA)


def _turn_in_words(row: pd.Series) -> str:
    if not row["recent_lines"] and not row["before_lines"]:
        return (
            f"Better or worse: {NO_DATA}. No line first due in the last {RECENT_DAYS + BEFORE_DAYS} days can be judged."
        )
    told = (
        f"OTIF of the last 90 days {percent(row['recent_otif_rate'])} (n {row['recent_lines']:,.0f}), "
        f"of the 365 before {percent(row['before_otif_rate'])} (n {row['before_lines']:,.0f}): "
    )
    if row["mark"]:
        coloured = f":red[**{row['mark']}**]" if row["mark"] == WORSE else f"**{row['mark']}**"
        return f"{told}{coloured} (two-proportion test, {_p(row['turn_p'])})."
    if min(row["recent_lines"], row["before_lines"]) < LEAST_LINES:
        return f"{told}too few lines to compare ({LEAST_LINES} at least in both)."
    return f"{told}no significant difference (two-proportion test at 5 %)."


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
