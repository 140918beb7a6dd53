"""Restock dates: what is still to come, what happens if a date moves, and the moving."""

from __future__ import annotations

import streamlit as st

from dashboard import (
    answer_views,
    effect_views,
    loading,
    messages,
    move_file_views,
    people,
    planned_views,
    problem_lists,
    promise_forms,
    promise_views,
    restock_views,
    settings,
)

VIEWS = {
    "Restock dates": restock_views.show,
    answer_views.VIEW: answer_views.show,
    "Planned restocks": planned_views.show,
    "From a file": move_file_views.show,
}

people.require("viewer")
plan = loading.plan()
if plan.book.is_empty:
    messages.headline("Nothing is on order.")
    st.info("Bring in your own data, or look around in the demo company: both on the page Data.")
    st.page_link(settings.PROJECT_ROOT / "pages" / "data.py", label="Go to Data")
    st.stop()

messages.headline(
    loading.once("sentence of what is to come", lambda: restock_views.sentence(loading.open_restocks())),
    how="Of all that is still to come. Overdue: the restock date has passed. The money is that of order lines that "
    "need these units: units set aside for them times their unit prices.",
)
effect_views.show_saved(plan, None if len(restock_views.chosen()) else promise_views.show_to_be_told)
promise_forms.show_saved(plan)
view = st.segmented_control(
    "View", list(VIEWS), default=next(iter(VIEWS)), required=True, key="view", bind="query-params",
    label_visibility="collapsed",
)  # fmt: skip
VIEWS[view](plan)
problem_lists.show_note("supply")
