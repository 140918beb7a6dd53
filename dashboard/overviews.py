"""The parts of the Overview: decisions that wait, the totals, and charts whose bars lead to their lines."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import charts, customer_views, loading, settings, supplier_views
from dashboard.domain import backlog as states
from dashboard.domain import overview
from dashboard.filters import BACKORDERED_STATES
from dashboard.messages import count, money, plain, units

LINES_PAGE = settings.PROJECT_ROOT / "pages" / "open_backorders.py"
CUSTOMERS_PAGE = settings.PROJECT_ROOT / "pages" / "customers.py"
AGING_PAGE = settings.PROJECT_ROOT / "pages" / "aging.py"
SUPPLIERS_PAGE = settings.PROJECT_ROOT / "pages" / "suppliers.py"
BEST_TIER = 1
FIRST_SUPPLIERS = 5
MEASURES = ("lines", "units", "money")

DECISIONS = {
    states.UNCOVERED: ("Some of their units have no supply at all", {"state": [states.UNCOVERED]}),
    states.UNDATED: ("They wait for a supply without a usable date", {"state": [states.UNDATED]}),
    overview.LATE_FOR_BEST: (
        "They come after the day that the best customers were told",
        {"state": [states.LATE], "tier": [str(BEST_TIER)], "sort": "Most days late first"},
    ),
}
"""What each decision is about, and the filters that show its lines."""

TILES = {
    overview.OPEN: ("Open", "Ordered less shipped less cancelled, of every open order line."),
    overview.BACKORDERED: (
        "Backordered",
        "Open and not covered by stock today. Units and money are the backordered ones.",
    ),
    states.LATE: ("Late", "The expected date is after the promise date. Units and money are the backordered ones."),
    states.UNDATED: ("Undated", "Some units hang on a supply without a date, or whose date has passed without it."),
    states.UNCOVERED: ("Uncovered", "Some units have no supply at all: neither stock nor anything to come."),
    overview.PAST_PROMISE: (
        "Past the promise",
        "The promise date is before today and the line is still open, whatever its state.",
    ),
}


def show_decisions(decisions: pd.DataFrame) -> None:
    """What needs a decision now: a card each, with the way to its lines."""
    st.subheader(
        "Needs a decision now",
        help="Open order lines by state. Units and money are backordered: open and not covered by stock today. "
        f"Best customers are those of tier {BEST_TIER}.",
    )
    cards = st.grid(len(decisions), min_column_width=280, border=True)
    for _, row in decisions.iterrows():
        why, query = DECISIONS[row["decision"]]
        with cards.cell():
            title = str(row["decision"])
            st.markdown(f"**{title[0].upper()}{title[1:]}**")
            if not row["lines"]:
                st.caption("No line. Nothing to decide.")
                continue
            st.markdown(
                f"{count(row['lines'], 'line')} of {count(row['customers'], 'customer')}, "
                f"{units(row['units'])} units, **{money(row['money'])}**"
            )
            st.caption(f"{why}. {_worst(row)}")
            st.page_link(LINES_PAGE, label=f":primary[Show {count(row['lines'], 'line')}]", query_params=query)


def show_totals(totals: pd.DataFrame) -> None:
    """What is open, backordered, late, undated, uncovered and past the promise, in lines, units and money."""
    st.subheader(
        "Where we stand",
        help="Every open order line counts once in Open; those past the promise are in their state too.",
    )
    by_concept = totals.set_index("concept")
    tiles = st.grid(len(TILES), min_column_width=150, border=True)
    for concept, (label, how) in TILES.items():
        row = by_concept.loc[concept]
        with tiles.cell():
            st.metric(label, count(row["lines"], "line"), help=f"{how} {_spread(row)}")
            st.caption(f"{units(row['units'])} units  \n{money(row['money'])}")
            if row["lines"]:
                st.page_link(LINES_PAGE, label=":primary[Show them]", query_params=_query_of(concept))


def _query_of(concept: str) -> dict[str, list[str]]:
    """The filters of Open backorders that show the lines of a concept, all of them and no others."""
    if concept == overview.PAST_PROMISE:
        passed = overview.promise_labels(loading.age_buckets())[1:-1]
        return {"state": list(states.STATES), "past": passed}
    if concept == overview.BACKORDERED:
        return {"state": list(BACKORDERED_STATES)}
    return {"state": list(states.STATES) if concept == overview.OPEN else [concept]}


def show_charts(by_state: pd.DataFrame, ages: pd.DataFrame) -> None:
    """The backlog by state and on both clocks; choosing a bar shows its lines. ages: as aging.age_table has them."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(
            "The backlog by state and by age",
            width="content",
            help="States are the first that fits. Days since the order: today less the ordered date. "
            "Days past the promise: today less the promise date; what is not yet due or has no promise stands apart.",
        )
        measure = st.segmented_control(
            "In", MEASURES, default=MEASURES[0], required=True, key="in", bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
    panels = st.grid(3, min_column_width=320, gap="medium")
    with panels.cell():
        _bars(by_state, "state", measure, "By state", "state", late=(states.LATE,))
    with panels.cell():
        _show_ages(ages, "ordered", measure, "Days since the order", "age")
    with panels.cell():
        _show_ages(ages, "promise", measure, "Days past the promise", "past")
    st.caption(
        "Choose a bar to see its lines. States but “ready” count backordered units and money, ages all open ones."
    )


def show_calls(risk: pd.DataFrame) -> None:
    """The five customers to call, each with the way to its own view."""
    st.subheader("Customers to call", help=customer_views.HOW_SCORED)
    if risk.empty:
        st.caption("No customer is at risk.")
    for _, row in risk.head(customer_views.FIRST_CALLS).iterrows():
        with st.container(gap="xxsmall"):
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                name = customer_views.label(row["customer_id"], row["customer_name"])
                st.page_link(
                    CUSTOMERS_PAGE, label=f":primary[{plain(row['customer_name'])}]",
                    query_params={customer_views.CUSTOMER: name},
                )  # fmt: skip
                st.markdown(f"**{money(row['value_at_risk'])}** · score {row['score']:.0f}", width="content")
            st.caption(plain(row["reasons"]))


def show_costly_suppliers(costs: pd.DataFrame, suppliers: pd.DataFrame) -> None:
    """The five suppliers that cost most days, each with the way to its own view."""
    st.subheader(
        "Suppliers that cost most days",
        help="Of the order lines whose last units wait for their purchase orders: the days late expected of late "
        "lines, the days since the promise of undated ones, added up. Uncovered lines wait for nobody.",
    )
    if costs.empty:
        st.caption("No late or undated line waits for a supplier.")
    names = dict(zip(suppliers["supplier_id"], suppliers["name"], strict=True))
    for _, row in costs.head(FIRST_SUPPLIERS).iterrows():
        with st.container(gap="xxsmall"):
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                st.page_link(
                    SUPPLIERS_PAGE, label=f":primary[{plain(names.get(row['supplier_id'], row['supplier_id']))}]",
                    query_params={supplier_views.SUPPLIER: row["supplier_id"]},
                )  # fmt: skip
                st.markdown(f"**{count(row['days'], 'day')}** · {money(row['money'])}", width="content")
            st.caption(f"{count(row['lines'], 'line')} late or undated because of it")


def _show_ages(ages: pd.DataFrame, clock: overview.Clock, measure: str, title: str, query: str) -> None:
    """The buckets on one clock, red where they count days past the promise, and the way to Aging."""
    sums = ages[ages["clock"] == clock].rename(columns={"value": "money"})
    is_past = (clock == "promise") & ~sums["bucket"].isin([overview.NOT_YET_DUE, overview.NO_PROMISE])
    _bars(sums, "bucket", measure, title, query, late=tuple(sums.loc[is_past, "bucket"]))
    st.page_link(AGING_PAGE, label=":primary[More on ages]", query_params={"in": measure})


def _bars(sums: pd.DataFrame, group: str, measure: str, title: str, query: str, late: tuple[str, ...] = ()) -> None:
    event = st.vega_lite_chart(
        spec=charts.bars(sums, group, measure, title, late), key=f"bars-{query}", on_select="rerun",
        selection_mode=charts.BAR, alt=f"{title}: {charts.described(sums, group, measure)}",
    )  # fmt: skip
    chosen = [picked[group] for picked in event.selection.get(charts.BAR, [])]
    if chosen:
        whole = {"state": list(states.STATES)} if query != "state" else {}
        st.switch_page(LINES_PAGE, query_params={**whole, query: chosen})


def _spread(row: pd.Series) -> str:
    return f"On {count(row['orders'], 'order')} of {count(row['customers'], 'customer')}."


def _worst(row: pd.Series) -> str:
    told = [f"The oldest is {count(row['oldest_days'], 'day')} old"]
    if pd.notna(row["worst_days_late"]) and row["worst_days_late"] > 0:
        told.append(f"the worst {count(row['worst_days_late'], 'day')} late")
    return ", ".join(told) + "."
