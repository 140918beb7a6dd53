"""History: who moved which restock date, when and why, each line's own story, and how good our own dates were."""

from __future__ import annotations

import streamlit as st

from dashboard import effect_views, history_views, loading, messages, people, settings

people.require("viewer")
plan, moves = loading.plan(), loading.moves()
if moves.empty:
    messages.headline("No restock date was moved yet.")
    st.info("Every move that is made on the page Restock dates is kept here, with who made it, when and why.")
    st.page_link(settings.PROJECT_ROOT / "pages" / "restock_dates.py", label="Go to Restock dates")
    st.stop()

our_dates = loading.our_dates()
messages.headline(history_views.sentence(moves, our_dates, plan.book.today), how=history_views.HOW_JUDGED)
effect_views.show_saved(plan)
found = history_views.ask(moves, plan)
chosen = history_views.show_moves(found)
if chosen is not None:
    history_views.show_story(plan, chosen, moves, our_dates)
history_views.show_quality(our_dates[our_dates["move_id"].isin(found["move_id"])])
