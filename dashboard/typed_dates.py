"""Dates typed beside the lines of a table: each stays with its line, whatever other lines are chosen or let go of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
import streamlit as st

from dashboard import tables
from dashboard.domain.promises import days_of

MOST_ROWS_HIGH = 12


def ask(frame: pd.DataFrame, names: Sequence[str], column: str, box: object, *, key: str) -> list[date | None]:
    """Draw the lines with a column to type dates into; the date of each line, None where it is empty.

    frame: one row per line, as the table shows it; in the column, what its dates begin as. names: what each line is
    called, by which its date is kept. box: the configuration of the column. key: of what was typed until it is saved.
    """
    kept: dict[str, date | None] = st.session_state.setdefault(f"{key}-kept", {})
    editor = tables.key_of(key, names)
    if editor not in st.session_state:  # else what was typed in it stands in it, upon what it began as
        st.session_state[f"{key}-begun"] = dict(kept)
    begun: dict[str, date | None] = st.session_state[f"{key}-begun"]
    first = days_of(pd.to_datetime(frame[column]))
    begins = [begun.get(name, day) for name, day in zip(names, first, strict=True)]
    columns = [str(name) for name in frame]
    typed = st.data_editor(
        tables.trimmed(frame.reset_index(drop=True)).assign(**{column: pd.Series(begins, dtype="datetime64[s]")}),
        hide_index=True, disabled=[name for name in columns if name != column], placeholder="",
        column_config=tables.configs(columns) | {column: box}, row_height=tables.ROW_HEIGHT,
        height=tables.fitting_height(len(frame), MOST_ROWS_HIGH), key=editor,
        on_change=_keep, args=(editor, f"{key}-kept", list(names), column),
    )  # fmt: skip
    days = days_of(pd.to_datetime(typed[column]))
    kept |= {name: day for name, day, was in zip(names, days, first, strict=True) if day != was or name in kept}
    return days


def _keep(editor: str, kept: str, names: Sequence[str], column: str) -> None:
    """Keep what was typed at once: the same click may choose other lines, for which another table is drawn."""
    for row, cells in st.session_state[editor]["edited_rows"].items():
        if column in cells:
            st.session_state[kept][names[row]] = _day(cells[column])


def _day(text: str | None) -> date | None:
    """A day as the browser writes it; None for an empty cell, and for a year that no calendar here has."""
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None
