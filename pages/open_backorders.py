"""Open backorders: which order lines wait, for what, until when."""

from __future__ import annotations

import streamlit as st

from dashboard import backlog_tables, explaining, filters, loading, messages, people, problem_lists

people.require("viewer")
plan = loading.plan()
if plan.backlog.empty:
    messages.headline("No order line is open.")
    messages.show_nothing_open(
        is_empty_store=plan.book.is_empty, has_order_lines=loading.row_counts()["order_lines"] > 0
    )
    st.stop()

sentence = st.container()
asked = filters.ask(plan.backlog, loading.age_buckets())
rows = filters.narrow_present(plan, asked)
with sentence:
    backlog_tables.show_totals(plan.backlog, rows, filters.hidden_in_words(asked))
if not len(rows):
    st.info("No open order line fits these filters. Take one away, or start again.")
    st.button("Clear filters", on_click=filters.clear)
    st.stop()

chosen = backlog_tables.choose_line(plan.backlog, rows)
if chosen is not None:
    explaining.show_why(plan, *chosen)
problem_lists.show_note("stock", "promises", "supply", "money", "names")
