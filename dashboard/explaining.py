"""Why one order line waits: in a sentence, on a time line, and against its queue, its stock and its whole order."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import charts, decision_views, settings, tables
from dashboard.domain import backlog as states
from dashboard.domain.book import NO_PRIORITY, STOCK
from dashboard.domain.decided import ORDER_LINE, Link
from dashboard.domain.explanation import Explanation, explain_line
from dashboard.domain.plan import Plan
from dashboard.messages import count, day, listed, plain, units

RESTOCKS_PAGE = settings.PROJECT_ROOT / "pages" / "restock_dates.py"
ALLOCATIONS = [
    "supply_kind", "supply_id", "supplier_name", "allocated_qty", "available_date", "first_due_date", "due_date",
    "restock_date", "days_overdue",
]  # fmt: skip
BEFORE = ["order_id", "line_no", "customer_name", "priority", "promise_date", "taken_qty"]
WHOLE_ORDER = [
    "line_no", "sku", "item_name", "open_qty", "ready_qty", "inbound_qty", "uncovered_qty", "expected_date", "state",
]  # fmt: skip


def show_why(plan: Plan, order_id: str, line_no: str) -> None:
    """Draw the whole answer for one order line. Raises RefusedDataError where it is not open."""
    why = explain_line(plan.book, plan.allocation, plan.backlog, order_id, line_no)
    line = why.line
    st.subheader(
        f"Order {plain(order_id)}, line {plain(line_no)}: {units(line['open_qty'])} of {plain(line['item_name'])} "
        f"for {plain(line['customer_name'])}"
    )
    st.markdown(reason(why))
    decision_views.show_about(Link(ORDER_LINE, order_id, line_no), "why")
    drawn = _time_line(why)
    st.altair_chart(
        charts.line_of_time(drawn, plan.book.today, line["promise_date"]), key="why", alt="; ".join(drawn["label"])
    )
    if len(why.allocations):
        tables.show(why.allocations, ALLOCATIONS, key="why-allocations")
        _link_to_restocks(why)
    _show_queue_and_stock(why)
    _show_whole_order(why)


def reason(why: Explanation) -> str:
    """Why the line is where it is, as Markdown that is safe for any data."""
    line = why.line
    told = [_dates_in_words(line)]
    ready, open_qty = line["ready_qty"], line["open_qty"]
    if line["state"] == states.READY:
        told.append(f"{'It is' if open_qty == 1 else f'All {units(open_qty)} are'} on the shelf: to be shipped.")
        return " ".join(told)
    if ready > 0:
        told.append(f"{units(ready)} of {units(open_qty)} {'is' if ready == 1 else 'are'} on the shelf.")
    to_come = why.allocations[why.allocations["supply_kind"] != STOCK]
    told += [_waiting_in_words(supply) for _, supply in to_come.iterrows()]
    if why.uncovered_qty > 0:
        told.append(
            f"{units(why.uncovered_qty)} {'has' if why.uncovered_qty == 1 else 'have'} no supply: "
            f"nothing more is on order at {plain(line['location_id'])}."
        )
    told += [f"{units(free)} {'is' if free == 1 else 'are'} free at {plain(place)}." for place, free in _free(why)]
    return " ".join(told)


def _free(why: Explanation) -> list[tuple[str, float]]:
    """Where a unit that no date can be told for lies free on another shelf, and how many do."""
    if why.line["state"] not in (states.UNCOVERED, states.UNDATED):
        return []
    free = why.elsewhere[why.elsewhere["free_qty"] > 0]
    return list(zip(free["location_id"].astype("str"), free["free_qty"], strict=True))


def _dates_in_words(line: pd.Series) -> str:
    promise, expected, state = line["promise_date"], line["expected_date"], line["state"]
    promised = f"Promised for {day(promise)}" if pd.notna(promise) else "Not promised"
    if state == states.LATE:
        return f"{promised}, expected {day(expected)}: :red[**{count(line['days_late'], 'day')} late**]."
    if state in (states.UNDATED, states.UNCOVERED):
        past = f", {count(line['days_past_promise'], 'day')} ago" if line["is_past_promise"] else ""
        return f"{promised}{past}; **no date can be told**."
    return f"{promised}, expected {day(expected)}."


def _waiting_in_words(supply: pd.Series) -> str:
    name = f"{supply['supply_kind']} {plain(supply['supply_id'])}"
    source = f" from {plain(supply['supplier_name'])}" if supply["supplier_name"] else ""
    told = f"{units(supply['allocated_qty'])} {'waits' if supply['allocated_qty'] == 1 else 'wait'} for {name}{source}"
    if pd.notna(supply["days_overdue"]):
        return (
            f"{told}, {count(supply['days_overdue'], 'day')} overdue: it was to come on {day(supply['restock_date'])}."
        )
    if pd.isna(supply["available_date"]):
        return f"{told}, which has no date."
    return f"{told}, to come on {day(supply['available_date'])}."


def _time_line(why: Explanation) -> pd.DataFrame:
    """One row per allocation and one for what is uncovered, as charts.line_of_time wants them."""
    rows = [
        {
            "label": f"{units(supply['allocated_qty'])} of {_name(supply)}",
            "available_date": supply["available_date"],
            "without": "no usable date",
        }
        for _, supply in why.allocations.iterrows()
    ]
    if why.uncovered_qty > 0:
        rows.append(
            {"label": f"{units(why.uncovered_qty)} uncovered", "available_date": pd.NaT, "without": "no supply at all"}
        )
    drawn = pd.DataFrame(rows).astype({"available_date": "datetime64[s]"})
    return drawn.assign(is_late=drawn["available_date"] > why.line["promise_date"])


def _name(supply: pd.Series) -> str:
    """A supply as a chart names it: its number and its supplier."""
    return ", ".join(str(part) for part in (supply["supply_id"], supply["supplier_name"]) if part)


def _link_to_restocks(why: Explanation) -> None:
    """Where the dates that the line hangs on are moved."""
    documents = why.allocations.loc[why.allocations["supply_kind"] != STOCK, "document_id"].astype("str").unique()
    if len(documents):
        st.page_link(
            RESTOCKS_PAGE, label=":primary[Move the restock dates it waits for]",
            query_params={"on_po": list(documents), "of_sku": str(why.line["sku"])},
        )  # fmt: skip


def _show_queue_and_stock(why: Explanation) -> None:
    left, right = st.columns([2, 1], gap="medium")
    with left:
        st.markdown(f"**Before it in the queue** ({count(len(why.before), 'line')})")
        before = _ranked(why.before)
        if before.empty:
            st.caption("No other line takes of the same supply before it.")
        else:
            tables.show(before, [name for name in BEFORE if before[name].notna().any()], key="why-before", most=8)
    with right:
        st.markdown("**Stock at other locations**")
        if why.elsewhere.empty:
            st.caption(f"No other location has {plain(why.line['sku'])} on the shelf.")
        else:
            tables.show(why.elsewhere, ["location_id", "stock_qty", "free_qty"], key="why-elsewhere")


def _show_whole_order(why: Explanation) -> None:
    lines = why.order_lines
    if why.complete_date is None:
        without = lines.loc[lines["expected_date"].isna(), "line_no"]
        noun = "line" if len(without) == 1 else "lines"
        told = f"no date can be told, because of {noun} {plain(listed(without.astype(str)))}"
    else:
        told = f"complete on **{day(why.complete_date)}**"
    st.markdown(f"**The whole order** ({count(len(lines), 'open line')}): {told}")
    tables.show(lines, WHOLE_ORDER, key="why-order")


def _ranked(before: pd.DataFrame) -> pd.DataFrame:
    """The lines before with an empty priority where they have none."""
    return before.assign(priority=before["priority"].where(before["priority"] != NO_PRIORITY))
