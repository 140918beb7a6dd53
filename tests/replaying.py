"""The dates that a line's ledgers lead to from the day that its supplier agreed to first."""

from __future__ import annotations

from typing import Any

import pandas as pd


def replay(first_due_date: Any, due_changes: pd.DataFrame, moves: pd.DataFrame) -> Any:
    """The restock date that one line must have now by its ledgers alone, as a timestamp; NaT where none.

    first_due_date: the day that the supplier agreed to first, which the line began with. due_changes, moves: those of
    this line, oldest first.
    """
    if len(moves) and bool(moves["is_manual"].iloc[-1]):
        return _stamp(moves["to_date"].iloc[-1])
    return replay_due(first_due_date, due_changes)


def replay_due(first_due_date: Any, due_changes: pd.DataFrame) -> Any:
    """The due date that one line must have now by its ledger alone, as a timestamp; NaT where none."""
    return _stamp(due_changes["to_date"].iloc[-1]) if len(due_changes) else _stamp(first_due_date)


def _stamp(day: Any) -> Any:
    return pd.NaT if day is None or pd.isna(day) else pd.Timestamp(day)
