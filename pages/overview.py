"""Overview: the sentence of the day, what needs a decision now, and where the backlog stands."""

from __future__ import annotations

import streamlit as st

from dashboard import loading, messages, overviews, people, problem_lists, settings
from dashboard.domain import overview

people.require("viewer")
plan = loading.plan()
messages.headline(
    overview.day_sentence(plan.backlog, is_empty_store=plan.book.is_empty),
    how="Lines in each state, of every open order line; backordered are all but the ready ones.",
)
if plan.backlog.empty:
    messages.show_nothing_open(
        is_empty_store=plan.book.is_empty, has_order_lines=loading.row_counts()["order_lines"] > 0
    )
    st.stop()

overviews.show_decisions(overview.decisions(plan.backlog))
overviews.show_totals(overview.totals(plan.backlog))
overviews.show_charts(plan.backlog, settings.age_buckets())
calls, suppliers = st.columns(2, gap="large")
with calls:
    overviews.show_calls(loading.customer_risk())
with suppliers:
    overviews.show_costly_suppliers(overview.costly_suppliers(plan.backlog, plan.allocation), plan.book.suppliers)
problem_lists.show_note("stock", "promises", "supply", "money", "names")
