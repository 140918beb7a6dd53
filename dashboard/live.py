"""Somebody else's save or import: every open browser says so within half a minute, and shows it on a click."""

from __future__ import annotations

import streamlit as st

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
        st.caption("The store does not answer at the moment.")
        return
    if is_newer and st.button("The data has changed: show it", type="primary", key="show-newer"):
        loading.wrote()
        st.rerun(scope="app")
