"""What needs a decision: lines without supply or date, late ones of the best customers, suppliers getting worse."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from dashboard import deciding, decision_forms, loading, reviewing, supplier_views
from dashboard.domain import backlog as states
from dashboard.domain import overview
from dashboard.domain.decided import OPEN, ORDER_LINE, SUPPLIER, Link
from dashboard.domain.decision_links import suggestion
from dashboard.domain.plan import Plan
from dashboard.messages import count, day, headline, listed, money, plain, units
from dashboard.overviews import BEST_TIER, DECISIONS, LINES_PAGE, SUPPLIERS_PAGE
from dashboard.reviewing import Pair
from dashboard.supplier_rates import percent

FIRST = 5
"""Lines or suppliers of each kind, those that weigh most; the link shows all."""
TITLES = {
    states.UNCOVERED: "Uncovered",
    states.UNDATED: "Undated",
    overview.LATE_FOR_BEST: "Late for the best customers",
}
PANEL_WIDTH = 430


def show(plan: Plan, pair: Pair | None) -> None:
    """Four lists, each item with the button that decides about it and what is decided about it already."""
    decisions = loading.decisions().set_index("decision")
    worse = reviewing.worse_suppliers(None if pair is None else pair.opening)
    headline(
        _sentence(decisions["lines"].to_dict(), len(worse)),
        "Open order lines by state, most backordered money first. Best customers are those of tier "
        f"{BEST_TIER}. Suppliers getting worse: OTIF of the last 90 days significantly below the 365 days before.",
    )
    decided = _decided()
    panels = st.grid(2, min_column_width=PANEL_WIDTH, gap="large")
    for decision, row in decisions.iterrows():
        with panels.cell():
            _show_lines(plan, str(decision), row, decided)
    with panels.cell():
        _show_suppliers(plan, worse, decided, pair)


def _sentence(lines: Mapping[str, int], suppliers: int) -> str:
    told = [
        f"{lines[each]:,} {words}"
        for each, words in (
            (states.UNCOVERED, "uncovered"), (states.UNDATED, "undated"),
            (overview.LATE_FOR_BEST, "late for the best customers"),
        )
        if lines[each]
    ]  # fmt: skip
    worse = f"{count(suppliers, 'supplier')} {'is' if suppliers == 1 else 'are'} getting worse" if suppliers else ""
    if not told:
        return f"{worse}; no line waits for a decision." if worse else "Nothing needs a decision."
    first, *others = told
    number, _, words = first.partition(" ")
    noun = "line" if number == "1" else "lines"
    return f"{listed([f'{number} {noun} {words}', *others])}{'; ' + worse if worse else ''}."


def worst_lines(backlog: pd.DataFrame, decision: str) -> pd.DataFrame:
    """The lines of one kind that weigh most: one row per line, most backordered money first."""
    state = states.LATE if decision == overview.LATE_FOR_BEST else decision
    keep = (backlog["state"] == state).to_numpy()
    if decision == overview.LATE_FOR_BEST:
        keep = keep & (backlog["tier"] <= BEST_TIER).to_numpy()
    return backlog[keep].nlargest(FIRST, "backordered_value")


def _show_lines(plan: Plan, decision: str, row: pd.Series, decided: Mapping[Link, pd.Series]) -> None:
    why, query = DECISIONS[decision]
    st.subheader(TITLES[decision], help=why)
    if not row["lines"]:
        st.caption("No line. Nothing to decide.")
        return
    st.caption(f"{count(row['lines'], 'line')}, {plain(money(row['money']))}. {why}.")
    for _, line in worst_lines(plan.backlog, decision).iterrows():
        link = Link(ORDER_LINE, str(line["order_id"]), str(line["line_no"]))
        _show_item(
            f"**{plain(link.number)}** {plain(line['customer_name'])}",
            f"{plain(money(line['backordered_value']))}, {plain(units(line['backordered_qty']))} units of "
            f"{plain(line['sku'])}, {_standing(line)}",
            link, plan, decision, decided,
        )  # fmt: skip
    if row["lines"] > FIRST:
        st.page_link(LINES_PAGE, label=f":primary[Show all {count(row['lines'], 'line')}]", query_params=query)


def _standing(line: pd.Series) -> str:
    """Since when or by how much a line is in trouble."""
    if line["state"] == states.LATE:
        return f"{count(line['days_late'], 'day')} late, expected {plain(day(line['expected_date']))}"
    if line["days_past_promise"] > 0:
        return f"{count(line['days_past_promise'], 'day')} past the promise"
    return f"ordered {count(line['age_days'], 'day')} ago" if line["age_days"] else "ordered today"


def _show_suppliers(plan: Plan, worse: pd.DataFrame, decided: Mapping[Link, pd.Series], pair: Pair | None) -> None:
    st.subheader(
        "Suppliers getting worse",
        help="OTIF of lines first due in the last 90 days, significantly below that of the 365 days before "
        "(two-proportion test at 5 %).",
    )
    if worse.empty:
        st.caption("No supplier. Nothing to decide.")
        return
    st.caption(f"{count(len(worse), 'supplier')}, the largest fall first.")
    for _, row in worse.head(FIRST).iterrows():
        number, name = str(row["supplier_id"]), str(row["supplier_name"])
        is_new = pair is not None and bool(row["is_new"])
        since = f", new since {plain(day(pair.opening_day))}" if pair is not None and is_new else ""
        _show_item(
            f"**{plain(supplier_views.label(number, name))}**",
            f"OTIF {percent(row['recent_otif_rate'])} of {row['recent_lines']:,.0f} lines, "
            f"{percent(row['before_otif_rate'])} before{since}",
            Link(SUPPLIER, number), plan, SUPPLIER, decided,
        )  # fmt: skip
    if len(worse) > FIRST:
        query = {"show": supplier_views.GETTING_WORSE}
        st.page_link(SUPPLIERS_PAGE, label=f":primary[Show all {count(len(worse), 'supplier')}]", query_params=query)


def _show_item(title: str, told: str, link: Link, plan: Plan, need: str, decided: Mapping[Link, pd.Series]) -> None:
    """One line of a list: what it is, how it stands, the button; below that, what is decided about it.

    The button bears the number, not the place in the list: newer data may put another line there.
    """
    button = f"need-{need}-{link.number}"
    with st.container(gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="top", horizontal_alignment="distribute", gap="small"):
            with st.container(gap="xxsmall"):
                st.markdown(title)
                st.caption(told)
            decision_forms.decide(link, suggestion(plan, link), key=button, tells=False)
        is_told = decision_forms.show_decided(button)
        if (known := decided.get(link)) is not None and not is_told:
            due = f", due {plain(day(known['due_date']))}" if pd.notna(known["due_date"]) else ""
            st.caption(
                f":material/check: Decided {plain(day(known['decided_date']))}: {plain(known['text'])} "
                f"({plain(known['owner'])}{due})"
            )


def _decided() -> dict[Link, pd.Series]:
    """The open decision about each link, the latest where there are several."""
    frame = deciding.decisions()
    frame = frame[(frame["state"] == OPEN) & (frame["link_kind"] != "")].sort_values("decision_id")
    return {
        Link(str(row["link_kind"]), str(row["link_id"]), str(row["link_line_no"])): row for _, row in frame.iterrows()
    }
