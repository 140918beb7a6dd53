"""Aging: how old the backlog is on both clocks, how long backorders last, and the lines that wait longest."""

from __future__ import annotations

import streamlit as st

from dashboard import aging_views, loading, messages, people, problem_lists
from dashboard.domain import aging

people.require("viewer")
plan, buckets = loading.plan(), loading.age_buckets()
now, before = loading.waits()
old_value = messages.money(aging.old_value(plan.backlog, buckets))
messages.headline(aging.age_sentence(plan.backlog, buckets, now).format(money=old_value))
if plan.backlog.empty:
    messages.show_nothing_open(is_empty_store=plan.book.is_empty)
    if plan.book.is_empty:
        st.stop()
else:
    aging_views.show_buckets(plan.backlog)
aging_views.show_lasting(now, before)
if not plan.backlog.empty:
    aging_views.show_old_lines(plan, buckets)
problem_lists.show_note()
