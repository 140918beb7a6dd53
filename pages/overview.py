"""Overview: the sentence of the day, what needs a decision now, and where the backlog stands."""

from __future__ import annotations

import streamlit as st

from dashboard import loading, messages, overviews, people, problem_lists

people.require("viewer")
plan = loading.plan()
messages.headline(
    loading.day_sentence(),
    how="Lines in each state, of every open order line; backordered are all but the ready ones.",
)
if plan.backlog.empty:
    messages.show_nothing_open(
        is_empty_store=plan.book.is_empty, has_order_lines=loading.row_counts()["order_lines"] > 0
    )
    st.stop()

overviews.show_decisions(loading.decisions())
overviews.show_totals(loading.totals())
overviews.show_charts(loading.by_state(), loading.ages())
calls, suppliers = st.columns(2, gap="large")
with calls:
    overviews.show_calls(loading.customer_risk())
with suppliers:
    overviews.show_costly_suppliers(loading.costly_suppliers(), plan.book.suppliers)
problem_lists.show_note("stock", "promises", "supply", "money", "names")
