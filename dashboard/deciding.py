"""Cached reads of decisions for the pages: made once for all sessions, until a decision is made or changed."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import events, loading, settings
from data_access.decisions import decisions as read_decisions
from data_access.decisions import decisions_mark
from data_access.engine import reach_store


def decisions() -> pd.DataFrame:
    """Every decision of the present data, shared by all sessions: never write to it. Columns as in the store's read."""
    if (kept := loading.snapshot()) is not None:
        return loading.kept_decisions(kept)
    # The very last, which costs one look: no figure has to be made anew for a decision (dashboard.versions).
    return _decisions(settings.database_url(), mark())


def mark() -> str:
    """What tells these decisions from those of any other time."""
    return loading.version().whole if loading.snapshot() is not None else decisions_mark(loading.store())


# The mark is no argument that the work needs: it is the key.
@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _decisions(database_url: str, mark: str) -> pd.DataFrame:  # noqa: ARG001
    return read_decisions(reach_store(database_url))
