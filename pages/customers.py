"""Customers: who is at risk, whom to call first, and one customer's own view."""

from __future__ import annotations

import streamlit as st

from dashboard import customer_views, loading, messages, people, problem_lists, settings
from dashboard.domain.customer_orders import customer_account

people.require("viewer")
plan = loading.plan()
if plan.backlog.empty:
    messages.headline("No order line is open.")
    messages.show_nothing_open(is_empty_store=plan.book.is_empty)
    st.stop()

risk = loading.customer_risk()
opening = st.container()
customer_id = customer_views.ask_customer(customer_views.labels(plan.backlog))
if customer_id is None:
    with opening:
        messages.headline(customer_views.sentence(risk))
    if len(risk):
        customer_views.show_all(risk)
    st.caption("Choose a customer to see its orders, its promises and what to tell it.")
else:
    account = customer_account(plan, loading.order_history(), customer_id, settings.today())
    with opening:
        messages.headline(customer_views.account_sentence(account))
    customer_views.show_account(account, risk)
    if len(risk):
        customer_views.show_all_folded(risk)
problem_lists.show_note("promises", "supply", "money", "names")
