"""Review: the weekly meeting, point by point: what changed, what was decided, what is to be decided."""

from __future__ import annotations

import streamlit as st

from dashboard import (
    bridge_views,
    loading,
    messages,
    need_views,
    people,
    report_views,
    review_agenda,
    review_views,
    trend_views,
)

THE_WEEK, BRIDGE, TREND, DUE, NEEDS, CLOSE = POINTS = (
    "The week", "The bridge", "The trend", "Decisions due", "To decide", "Close",
)  # fmt: skip

people.require("viewer")
plan = loading.plan()
if plan.book.is_empty:
    messages.headline("There is nothing to review.")
    messages.show_nothing_open(is_empty_store=True)
    st.stop()

review_agenda.come_back()
point = POINTS[review_agenda.show_points(POINTS) - 1]
pair = review_views.ask_pair()
if point == THE_WEEK and pair is not None:
    review_views.show_week(pair)
elif point == BRIDGE and pair is not None:
    bridge_views.show(pair, plan)
elif point == TREND:
    trend_views.show()
elif point == DUE:
    review_views.show_due(plan)
elif point == NEEDS:
    need_views.show(plan, pair)
elif point == CLOSE:
    review_views.show_close(plan)
if pair is not None and point in (THE_WEEK, CLOSE):
    report_views.offer_report(pair)
