"""Dates typed beside the lines of a table: each stays with its line until a save, whatever others are chosen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

import pandas as pd
import streamlit as st

from dashboard import tables
from dashboard.domain.promises import days_of

MOST_ROWS_HIGH = 12
_Line = tuple[str, date | None]
"""A line by what it is called, and the date that it began as: upon another proposal nothing was typed yet."""


def ask(frame: pd.DataFrame, names: Sequence[str], column: str, box: object, *, key: str) -> list[date | None]:
    """Draw the lines with a column to type dates into; the date of each line, None where it is empty.

    frame: one row per line, as the table shows it; in the column, what its dates begin as: a typed date is kept as long
    as its line begins as it did. names: what each line is called. box: the configuration of the column. key: of what is
    typed, until it is forgotten.
    """
    kept = _kept(key)
    first = days_of(pd.to_datetime(frame[column]))
    lines: list[_Line] = list(zip(names, first, strict=True))
    editor = tables.key_of(key, lines)
    if editor not in st.session_state:  # else what was typed in it stands in it, upon what it began as
        st.session_state[f"{key}-begun"] = dict(kept)
    begun: dict[_Line, date | None] = st.session_state[f"{key}-begun"]
    begins = [begun.get(line, day) for line, day in zip(lines, first, strict=True)]
    columns = [str(name) for name in frame]
    typed = st.data_editor(
        tables.trimmed(frame.reset_index(drop=True)).assign(**{column: pd.Series(begins, dtype="datetime64[s]")}),
        hide_index=True, disabled=[name for name in columns if name != column], placeholder="",
        column_config=tables.configs(columns) | {column: box}, row_height=tables.ROW_HEIGHT,
        height=tables.fitting_height(len(frame), MOST_ROWS_HIGH), key=editor,
        on_change=_keep, args=(editor, key, lines, column),
    )  # fmt: skip
    days = days_of(pd.to_datetime(typed[column]))
    kept |= {line: day for line, day in zip(lines, days, strict=True) if day != line[1] or line in kept}
    return days


def forget(key: str, names: Collection[str]) -> None:
    """Forget what was typed beside these lines: they are saved. What was typed for others stays."""
    kept = _kept(key)
    for line in [line for line in kept if line[0] in names]:
        del kept[line]


def _kept(key: str) -> dict[_Line, date | None]:
    kept: dict[_Line, date | None] = st.session_state.setdefault(f"{key}-kept", {})
    return kept


def _keep(editor: str, key: str, lines: Sequence[_Line], column: str) -> None:
    """Keep what was typed at once: the same click may choose other lines, for which another table is drawn."""
    for row, cells in st.session_state[editor]["edited_rows"].items():
        if column in cells:
            _kept(key)[lines[row]] = _day(cells[column])


def _day(text: str | None) -> date | None:
    """A day as the browser writes it; None for an empty cell, and for a year that no calendar here has."""
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None
