"""The parts of the page Customers: whom to call first, the chart and the list, and one customer's own view."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import (
    charts,
    choosing,
    customer_charts,
    customer_letters,
    decision_views,
    downloads,
    exports,
    loading,
    settings,
    tables,
)
from dashboard.domain import backlog as states
from dashboard.domain import decided
from dashboard.domain.customer_evidence import MOVED_DAYS, NO_DATE_DAYS, SHIPPED_DAYS
from dashboard.domain.customer_orders import CustomerAccount
from dashboard.domain.customers import most_points, risk_points
from dashboard.messages import count, money, names_apart, plain

LINES_PAGE = settings.PROJECT_ROOT / "pages" / "open_backorders.py"
CUSTOMER = "customer"
"""The address's name for the chosen customer: its id. A link may hold its label."""
_TABLE, _TABLE_IDS = "risk-table", "risk-ids"
FIRST_CALLS = 5
MOST_BUBBLES = 200
RISK_COLUMNS = [
    "customer", "score", "value_at_risk", "reasons", "lines_late", "lines_undated", "lines_uncovered", "tier",
]  # fmt: skip
ORDER_COLUMNS = [
    "order_id", "state", "complete_date", "last_supply", "days_late", "backordered_value", "promise_date", "lines",
]  # fmt: skip
PROMISE_COLUMNS = [
    "order_id", "line_no", "times_moved", "days_moved", "first_promise_date", "promise_date", "open_qty", "sku",
    "ordered_date",
]  # fmt: skip
CHANGE_COLUMNS = ["order_id", "line_no", "from_date", "to_date", "days_moved", "changed_at", "changed_by", "how"]
LATE_COLUMNS = [
    "order_id", "line_no", "shipped_days_late", "late_qty", "first_promise_date", "last_shipped_date", "sku",
    "shipped_qty",
]  # fmt: skip
HOW_SCORED = (
    "0 to 100: a weighted sum of the value late, the days late expected, the lines without a date, promises moved "
    "later or withdrawn, lines shipped late, silence against the customer's own rhythm, and the tier. Worse evidence "
    f"never lowers it; what is not known adds nothing. Moves are those of {MOVED_DAYS} days, shipments of "
    f"{SHIPPED_DAYS}; a promise that was brought forward does not count. The parts stand in the customer's own view."
)
HOW_DAYS = (
    "Days late expected of the open lines, weighted by value: a line on time counts 0 days, one without a date "
    f"{NO_DATE_DAYS}, and none counts more."
)


def sentence(risk: pd.DataFrame) -> str:
    """What a manager would say of the customers at risk."""
    if risk.empty:
        return "No customer is at risk: no open line is late, undated or uncovered."
    at_risk = money(risk["value_at_risk"].sum())
    return f"{count(len(risk), 'customer')} at risk with {at_risk}; call {risk['customer'].iloc[0]} first."


def account_sentence(account: CustomerAccount, name: str) -> str:
    """What a manager would say of one customer: "Old Mill: 1 of 3 open lines late, 1 without a date, 70 EUR waiting."

    Waiting: the backordered value of its open lines, whatever their state.
    """
    lines = account.lines
    if lines.empty:
        return f"{name}: no open line."
    waiting = lines["backordered_value"].sum()
    told = _lateness(lines["state"]) + (f", {money(waiting)} waiting" if waiting else ", nothing waiting")
    return f"{name}: {told}."


def _lateness(line_states: pd.Series) -> str:
    """How many open lines are late or without a date: "1 of 3 open lines late, 1 without a date"."""
    late = int((line_states == states.LATE).sum())
    without_date = int(line_states.isin([states.UNDATED, states.UNCOVERED]).sum())
    if len(line_states) == 1:
        if without_date:
            return "its one open line has no date"
        return f"its one open line is{'' if late else ' not'} late"
    whole = f"of {count(len(line_states), 'open line')}"
    parts = [f"{number:,} {what}" for number, what in ((late, "late"), (without_date, "without a date")) if number]
    if not parts:
        return f"none {whole} late or without a date"
    return ", ".join([parts[0].replace(" ", f" {whole} ", 1), *parts[1:]])


def told_apart(risk: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """The customers at risk with `customer`, their names, and the id behind a name that several known ones bear."""
    return risk.assign(customer=names_apart(risk["customer_name"], risk["customer_id"], known["customer_name"]))


def label(customer_id: str, name: str) -> str:
    """One customer as the lists name it: "Old Mill (C-2)"."""
    return f"{name} ({customer_id})" if name != customer_id else customer_id


def show_all(risk: pd.DataFrame, chosen: str | None = None) -> None:
    """Whom to call first, the chart and everybody at risk; risk: as in told_apart."""
    panels = st.grid(2, min_column_width=380, gap="medium")
    with panels.cell():
        show_calls(risk)
    with panels.cell():
        show_chart(risk)
    show_ranking(risk, chosen)


def show_all_folded(risk: pd.DataFrame, chosen: str) -> None:
    """The same, folded away below the customer that is looked at."""
    with st.expander(f"All {count(len(risk), 'customer')} at risk"):
        show_all(risk, chosen)


def show_calls(risk: pd.DataFrame) -> None:
    """Whom to call first, with why."""
    st.subheader("Call first", help=HOW_SCORED)
    for _, row in risk.head(FIRST_CALLS).iterrows():
        with st.container(border=True, gap="xxsmall"):
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                st.button(
                    f"**{plain(row['customer'])}**", type="tertiary", key=f"call-{row['customer_id']}",
                    on_click=choosing.keep, args=(CUSTOMER, row["customer_id"]), help="Show this customer's own view.",
                )  # fmt: skip
                st.markdown(f"**{money(row['value_at_risk'])}** · score {row['score']:.0f}", width="content")
            st.caption(plain(row["reasons"]))


def show_chart(risk: pd.DataFrame) -> None:
    """Value at risk against days late, size by score; choosing a bubble shows the customer."""
    spec, told = loading.once("chart of the customers", lambda: _bubbles(risk))
    st.subheader("Value at risk against days late", help=f"{HOW_DAYS} The larger the bubble, the higher the score.")
    st.vega_lite_chart(
        spec=spec, key="risk-chart", on_select=_choose_bubble, selection_mode=charts.BAR,
        alt=f"Value at risk by customer: {told}",
    )  # fmt: skip
    left_out = f" The {MOST_BUBBLES} with the most value at risk are drawn." if len(risk) > MOST_BUBBLES else ""
    st.caption(
        f"Choose a bubble to see the customer. Size by score; the first to call are named as there is room.{left_out}"
    )


def _bubbles(risk: pd.DataFrame) -> tuple[customer_charts.Spec, str]:
    """The chart of those with the most value at risk, and the first of them in words."""
    is_largest = risk["value_at_risk"].rank(method="first", ascending=False) <= MOST_BUBBLES
    drawn = risk[is_largest]
    points = pd.DataFrame(
        {
            "key": drawn["customer_id"],
            "label": drawn["customer"],
            "days": drawn["expected_days_late"],
            "money": drawn["value_at_risk"],
            "score": drawn["score"],
        }
    )
    titles = ("Days late expected, weighted by value", f"Value at risk [{settings.currency()}]", "Score")
    return customer_charts.bubbles(points, titles), charts.described(points.head(20), "label", "money")


def show_ranking(risk: pd.DataFrame, chosen: str | None) -> None:
    """Everybody at risk, highest score first; choosing a row shows the customer."""
    st.subheader("Everybody at risk", help=HOW_SCORED)
    st.session_state[_TABLE_IDS] = list(risk["customer_id"])
    key = tables.key_of(_TABLE, [*risk["customer_id"], choosing.times_typed(CUSTOMER)])
    found = (risk["customer_id"] == chosen).to_numpy().nonzero()[0]
    tables.show(
        risk, RISK_COLUMNS, key=key, on_select=lambda: _choose_row(key), selection_mode="single-row",
        selection_default={"selection": {"rows": [int(found[0])]}} if len(found) else None,
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Choose a row to see the customer.")
        downloads.offer("customers", lambda: risk[exports.CUSTOMER_COLUMNS], key="customers")


def ask_customer(known: pd.DataFrame) -> str | None:
    """The id of the customer that was chosen among all that are known; the address keeps it."""
    pairs = zip(known["customer_id"], known["customer_name"], strict=True)
    labels = {number: label(number, name) for number, name in pairs}
    return choosing.ask_one(CUSTOMER, labels, "Every customer, with or without open lines: first those at risk.")


def show_unknown() -> None:
    """Say so where the address asks for a customer that is not known."""
    choosing.show_unknown(CUSTOMER)


def show_account(account: CustomerAccount, who: pd.Series, risk: pd.DataFrame) -> None:
    """One customer's own view: what it waits for, what to tell it, what was promised, what was shipped late.

    who: its row of the known customers.
    """
    name = label(who["customer_id"], who["customer_name"])
    own = risk[risk["customer_id"] == who["customer_id"]]
    st.set_page_config(page_title=f"{name} · Customers")
    st.subheader(plain(name))
    _show_standing(account, own, int(who["tier"]))
    decision_views.show_about(decided.Link(decided.CUSTOMER, str(who["customer_id"])), "customer")
    if len(account.lines):
        _show_open(account, name)
    _show_promises(account)
    _show_shipped_late(account)
    if len(own):
        _show_score(own)


def _show_open(account: CustomerAccount, name: str) -> None:
    panels = st.grid(5, min_column_width=230, gap="small")
    with panels.cell(column_span=3):
        st.markdown(f"**Open orders** ({count(len(account.orders), 'order')}, {count(len(account.lines), 'line')})")
        has_date = account.orders["complete_date"].notna()
        orders = account.orders.assign(days_late=account.orders["days_late"].where(has_date))
        tables.show(orders, ORDER_COLUMNS, key="account-orders", most=10)
        st.page_link(
            LINES_PAGE, label=f":primary[Show {count(len(account.lines), 'open line')}]",
            query_params={"state": list(states.STATES), CUSTOMER: name},
        )  # fmt: skip
    with panels.cell(column_span=2):
        st.markdown("**What to tell the customer**")
        st.code(
            customer_letters.letter(account.lines, account.orders, loading.today()), language=None, wrap_lines=True,
            height=330,
        )  # fmt: skip


def _show_standing(account: CustomerAccount, own: pd.DataFrame, tier: int) -> None:
    if account.lines.empty:
        st.markdown(f"No open line: nothing waits, and nothing is to be shipped. Tier {tier}.")
        return
    if own.empty:
        st.markdown(f"Not at risk: none of its open lines is late, undated or uncovered. Tier {tier}.")
        return
    row = own.iloc[0]
    st.markdown(
        f"Score **{row['score']:.0f}**, **{money(row['value_at_risk'])}** at risk of {money(row['value_open'])} open, "
        f"tier {row['tier']}.  \n{plain(row['reasons'])}."
    )


def _show_promises(account: CustomerAccount) -> None:
    moved = int((account.promises["times_moved"] > 0).sum())
    st.markdown(
        f"**Promises** (last two years: {count(len(account.promises), 'line')}, "
        f"{count(moved, 'promise')} moved, {count(len(account.changes), 'change')} in all; the most moved first)"
    )
    if account.promises.empty:
        st.caption("No promise date is known for this customer's lines.")
        return
    tables.show(account.promises, PROMISE_COLUMNS, key="account-promises", most=8)
    if len(account.changes):
        st.markdown("**Each change of a promise**")
        tables.show(account.changes, CHANGE_COLUMNS, key="account-changes", most=8)


def _show_shipped_late(account: CustomerAccount) -> None:
    late = account.shipped_late
    st.markdown(f"**Shipped late** (last {SHIPPED_DAYS} days: {len(late):,} of {count(account.shipped, 'line')})")
    if late.empty:
        st.caption(
            "No unit left after its first promise date."
            if account.shipped
            else "No data: no line with a first promise date was shipped then."
        )
        return
    tables.show(late.rename(columns={"days_late": "shipped_days_late"}), LATE_COLUMNS, key="account-late", most=8)


def _show_score(own: pd.DataFrame) -> None:
    weights = loading.risk_weights()
    most = most_points(weights)
    points = {name: values[0] for name, values in risk_points(own, weights).items()}
    figures = _figures(own.iloc[0])
    parts = pd.DataFrame(
        {
            "evidence": [figures[name][0] for name in points],
            "figure": [figures[name][1] for name in points],
            "points": list(points.values()),
            "most_points": [most[name] for name in points],
        }
    )
    st.markdown(f"**How the score of {own['score'].iloc[0]:.1f} is made**")
    tables.show(parts, list(parts.columns), key="account-score")


def _figures(row: pd.Series) -> dict[str, tuple[str, str]]:
    """Each piece of evidence in words, and its figure."""
    rhythm = (
        "no data" if pd.isna(row["rhythm_days"]) else f"{row['silent_days']:.0f} days, usually {row['rhythm_days']:g}"
    )
    shipped = f"{row['lines_shipped_late']:,} of {count(row['lines_shipped'], 'line')}"
    without_date = row["lines_undated"] + row["lines_uncovered"]
    return {
        "late": ("Value late or without a date", f"{row['late_rate']:.0%} of what is open"),
        "days_late": ("Days late expected, weighted by value", f"{row['expected_days_late']:.1f} days"),
        "without_date": ("Lines without a date", f"{without_date:,} of {count(row['lines_open'], 'line')}"),
        "moved": (f"Promises moved later or withdrawn, last {MOVED_DAYS} days", f"{row['promises_moved']:,}"),
        "shipped_late": (f"Shipped late, last {SHIPPED_DAYS} days", shipped if row["lines_shipped"] else "no data"),
        "silence": ("Days since the last order", rhythm),
        "tier": ("Tier", f"{row['tier']}"),
    }


def _choose_bubble() -> None:
    for picked in st.session_state["risk-chart"].selection.get(charts.BAR, []):
        choosing.keep(CUSTOMER, picked["key"])


def _choose_row(key: str) -> None:
    rows = st.session_state[key].selection.rows
    choosing.keep(CUSTOMER, st.session_state[_TABLE_IDS][rows[0]] if rows else None)
