"""Cached reads of decisions for the pages: made once per version of the data, for all sessions."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import events, loading, settings
from data_access.decisions import decisions as read_decisions
from data_access.engine import reach_store


def decisions() -> pd.DataFrame:
    """Every decision of the present data, shared by all sessions: never write to it. Columns as in the store's read."""
    if (kept := loading.snapshot()) is not None:
        return loading.kept_decisions(kept)
    return _decisions(settings.database_url(), loading.version())


# The version is no argument that the work needs: it is the key.
@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _decisions(database_url: str, version: str) -> pd.DataFrame:  # noqa: ARG001
    return read_decisions(reach_store(database_url))
