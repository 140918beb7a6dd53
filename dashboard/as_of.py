"""Which past day is looked at: the address says it, and the session carries it from page to page.

A menu and most links know only their own address, so a day once chosen holds until it is left by `go`. Knows no figure:
what that day was kept as is read in dashboard/loading.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from data_access.snapshots import Snapshot

AS_OF = "as_of"
"""The day in the address, as 2026-03-09; nothing for the present."""
_CARRIED = "as-of-day"
_fixed: ContextVar[Snapshot | None] = ContextVar("_fixed", default=None)


def asked() -> str:
    """The day that is asked for, as it stands in the address; "" for the present, also for whoever is on no page.

    It may be a day that is not kept, or none at all.
    """
    if (found := _fixed.get()) is not None:
        return found.snapshot_date.isoformat()
    if get_script_run_ctx() is None:
        return ""
    return st.query_params.get(AS_OF) or str(st.session_state.get(_CARRIED, ""))


def is_past() -> bool:
    """Whether a kept day is looked at, and so nothing can be changed."""
    return bool(asked())


def fixed() -> Snapshot | None:
    """The kept day that this run shows from its first figure to its last; None where none was fixed."""
    return _fixed.get()


@contextmanager
def looking_at(snapshot: Snapshot | None) -> Iterator[None]:
    """What is made in here is of that kept day; of the present where there is none."""
    token = _fixed.set(snapshot)
    try:
        yield
    finally:
        _fixed.reset(token)


def carry() -> None:
    """Keep the day that is asked for in the address of whatever page is shown, and for the pages after it."""
    if day := asked():
        st.session_state[_CARRIED] = day
        st.query_params[AS_OF] = day


def go(day: date | None) -> None:
    """Look at a kept day from now on; None: at the present."""
    st.session_state.pop(_CARRIED, None)
    if day is None:
        st.query_params.pop(AS_OF, None)
    else:
        st.query_params[AS_OF] = day.isoformat()
