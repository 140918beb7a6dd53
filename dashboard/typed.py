"""What was typed and chosen outlives a run that could not draw the page it belongs to."""

from __future__ import annotations

import contextlib
from datetime import date

import streamlit as st
from streamlit.errors import StreamlitAPIException

KEPT = (str, int, float, date, list, tuple)
"""Kinds of input that may be handed back; clicks, files and tables may not."""


def keep() -> None:
    """Hand every input its own value: Streamlit forgets what was not drawn, unless a value is given by the program."""
    for name, value in list(st.session_state.items()):
        if isinstance(value, KEPT) and not isinstance(value, bool):
            with contextlib.suppress(StreamlitAPIException):  # what is drawn already is not forgotten
                st.session_state[name] = value
