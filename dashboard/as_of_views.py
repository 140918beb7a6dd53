"""The choice of a day above every page, and the words that say which past day is shown."""

from __future__ import annotations

from datetime import date

import streamlit as st

from dashboard import as_of, loading, messages, settings
from dashboard.domain.errors import NoSnapshotError
from dashboard.messages import day, plain
from data_access.snapshots import Snapshot

_CHOSEN = "as-of-chosen"
NONE_KEPT = (
    "No day is kept yet. A day is kept whenever a review is opened, or by a schedule: python -m dashboard snapshot."
)
BANNER = """
<style>
.st-key-as-of-banner { border-left: 0.4rem solid currentColor; }
</style>
"""


def show_choice() -> None:
    """The day of the figures, which opens the choice among the days that are kept."""
    label = f"figures of {as_of.asked() or day(settings.today())}"
    with st.popover(plain(label), type="tertiary", help="Look at every page as it was on a day that is kept."):
        days = {each.isoformat(): each for each in loading.kept_days()}
        if not days:
            st.caption(NONE_KEPT)
            return
        asked = as_of.asked()
        st.session_state[_CHOSEN] = asked if asked in days else None
        st.selectbox(
            "As of", list(days), key=_CHOSEN, index=None, placeholder=f"today ({day(settings.today())})",
            on_change=lambda: as_of.go(days.get(st.session_state[_CHOSEN] or "")), filter_mode="contains",
            help="The days that are kept whole. Every page then shows the figures of that day, and changes nothing.",
        )  # fmt: skip


def show_banner() -> bool:
    """Where a past day is asked for, say which, and offer the way back; whether there is something to show of it."""
    if not as_of.is_past():
        return True
    try:
        shown = loading.snapshot()
    except NoSnapshotError as error:
        messages.show_error(error)
        _offer_way_back()
        return False
    if shown is not None:
        _show(shown)
    return True


def say_it_has_none(what: str) -> None:
    """In the place of what a kept day does not hold: that only today has it."""
    st.info(f"{what} are not kept by day: go back to today to see them.")


def _show(shown: Snapshot) -> None:
    st.html(BANNER)
    with st.container(border=True, key="as-of-banner", horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":material/history: **As of {plain(day(shown.snapshot_date))}, {shown.snapshot_date:%A}.** "
            "Every page shows the figures of that day, and nothing can be changed."
        )
        _offer_way_back()


def _offer_way_back() -> None:
    today: date = settings.today()
    st.button(
        "Back to today", key="back-to-today", on_click=as_of.go, args=(None,), help=f"To the figures of {day(today)}."
    )
