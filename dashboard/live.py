"""Somebody else's save or import: every open browser says so within half a minute, and shows it on a click.

A page that stopped since the store was away goes on by itself within the same time.
"""

from __future__ import annotations

from itertools import count

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import as_of, loading, settings
from dashboard.domain.errors import StoreError

_SHOWN = "shown-version"


def watch() -> None:
    """Note which version of the data this run shows, and look every so often whether there is a newer one.

    A kept day stays as it is.
    """
    if as_of.is_past():
        return
    st.session_state[_SHOWN] = loading.version()
    st.fragment(look, run_every=settings.look_every())()


def look() -> None:
    """Runs alone, without the page: filters and what is being typed stay as they are, before and after the click."""
    try:
        is_newer = loading.is_newer_than(st.session_state.get(_SHOWN))
    except StoreError:
        with _in_sight():
            st.caption("The store does not answer at the moment.")
        return
    if is_newer:
        with _in_sight():
            is_wanted = st.button("The data has changed: show it", type="primary", key="show-newer")
        if is_wanted:
            loading.wrote()
            st.rerun(scope="app")


def go_on_once_it_is_back() -> None:
    """Below a page that the store kept from being drawn: draw it by itself, once the store answers again."""
    looks = count()

    def look_again() -> None:
        if next(looks) and loading.answers():  # the first look would be at once, after the page has just waited in vain
            st.rerun(scope="app")

    st.fragment(look_again, run_every=settings.look_every())()


def _in_sight() -> DeltaGenerator:
    """A corner of the window, whatever part of the page is on screen: LOOK of the entry script puts it there."""
    return st.container(key="told-live", width="content")
