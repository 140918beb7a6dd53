"""Somebody else's save or import: every open browser says so within half a minute, and shows it on a click.

A page that stopped since the store was away goes on by itself within the same time. A browser that comes back to a
server that knows nothing of it any more, is told what that means.
"""

from __future__ import annotations

from itertools import count

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import as_of, callbacks, loading, settings
from dashboard.domain.errors import StoreError

_SHOWN, _HAS_RETURNED = "shown-version", "has-returned"


def greet() -> None:
    """Note, in the first run for a browser, whether it shows a page already.

    The server was started anew since, or the browser was away for longer than the server keeps what is chosen there.
    """
    if _HAS_RETURNED not in st.session_state:
        st.session_state[_HAS_RETURNED] = callbacks.shows_boxes()


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
    is_newer, is_away, has_returned = False, False, st.session_state.get(_HAS_RETURNED)
    try:
        is_newer = loading.is_newer_than(st.session_state.get(_SHOWN))
    except StoreError:
        is_away = True
    if not (is_newer or is_away or has_returned):
        return
    with _in_sight():
        if has_returned:
            st.caption("The dashboard was started anew, or you were away for long: what was not saved is gone.")
            st.button("Close", key="close-returned", on_click=_close_returned)
        if is_away:
            st.caption("The store does not answer at the moment.")
        is_wanted = is_newer and st.button("The data has changed: show it", type="primary", key="show-newer")
    if is_wanted:
        loading.wrote()
        st.rerun(scope="app")


def show_own() -> None:
    """Draw the page anew with what was just saved; where others save too, that takes a moment, and is said."""
    with st.spinner("Saved. The figures follow ..."):
        loading.version()
    st.rerun()


def _close_returned() -> None:
    st.session_state[_HAS_RETURNED] = False


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
