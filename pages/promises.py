"""Promises: the lines that will miss theirs, those that have none, and the setting of new ones."""

from __future__ import annotations

import streamlit as st

from dashboard import loading, messages, people, problem_lists, promise_forms, promise_views

people.require("viewer")
plan = loading.plan()
if plan.backlog.empty:
    messages.headline("No order line is open.")
    messages.show_nothing_open(
        is_empty_store=plan.book.is_empty, has_order_lines=loading.row_counts()["order_lines"] > 0
    )
    st.stop()

lines = loading.to_promise()
sentence = loading.once("sentence of the promises", lambda: promise_views.sentence(lines))
messages.headline(sentence, how=promise_views.HOW_MISSED)
promise_forms.show_saved(plan)
if lines.empty:
    st.success("Each open line has a promise, and none is expected after it.")
    st.stop()
promise_views.show(plan, lines)
problem_lists.show_note("promises", "supply")
