"""Cached reads of decisions for the pages: made once per version of the data, for all sessions."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import events, loading, settings
from dashboard.domain.version import Version
from data_access.changes import current_version
from data_access.decisions import decisions as read_decisions
from data_access.engine import reach_store


def decisions() -> pd.DataFrame:
    """Every decision of the present data, shared by all sessions: never write to it. Columns as in the store's read."""
    if (kept := loading.snapshot()) is not None:
        return loading.kept_decisions(kept)
    # The very last, which costs one look: no figure has to be made anew for a decision (dashboard.versions).
    return _decisions(settings.database_url(), version())


def version() -> Version:
    """What tells these decisions from those of any other time."""
    return loading.version() if loading.snapshot() is not None else current_version(loading.store())


# The version is no argument that the work needs: it is the key.
@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _decisions(database_url: str, version: Version) -> pd.DataFrame:  # noqa: ARG001
    return read_decisions(reach_store(database_url))
