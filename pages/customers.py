"""Customers: who is at risk, whom to call first, and one customer's own view."""

from __future__ import annotations

import streamlit as st

from dashboard import customer_views, loading, messages, people, problem_lists
from dashboard.domain.customer_orders import customer_account

people.require("viewer")
plan, known = loading.plan(), loading.known_customers()
risk = loading.once("customers told apart", lambda: customer_views.told_apart(loading.customer_risk(), known))
opening = st.container()
customer_id = customer_views.ask_customer(known) if len(known) else None
if customer_id is not None:
    account = customer_account(plan, loading.order_history(), customer_id, loading.today())
    who = known[known["customer_id"] == customer_id].iloc[0]
    with opening:
        messages.headline(customer_views.account_sentence(account, who["customer_name"]))
    customer_views.show_account(account, who, risk)
    if len(risk):
        customer_views.show_all_folded(risk, customer_id)
elif plan.backlog.empty:
    customer_views.show_unknown()
    with opening:
        messages.headline("No order line is open.")
        messages.show_nothing_open(
            is_empty_store=plan.book.is_empty, has_order_lines=loading.row_counts()["order_lines"] > 0
        )
else:
    with opening:
        messages.headline(customer_views.sentence(risk))
    customer_views.show_unknown()
    if len(risk):
        customer_views.show_all(risk)
    st.caption("Choose a customer to see its orders, its promises and what to tell it.")
problem_lists.show_note("promises", "supply", "money", "names")
