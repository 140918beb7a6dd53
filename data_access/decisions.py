"""Decisions in the store: made, changed and settled, each change noted in their ledger, all or nothing.

One transaction holds the comparison with what was seen and the writing, and writers queue. Knows no figure's meaning.
"""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd
from sqlalchemy import Engine

from dashboard.domain.decided import Draft, Figures


class Kept:
    """Stands for a due date that stays as it is, where None takes it away."""


KEPT = Kept()


def add_decision(engine: Engine, draft: Draft, figures: Figures | None, *, by: str, at: datetime, today: date) -> int:
    """Write a decision, and return its number. figures: of what it is linked to, as they stand; at: [UTC].

    Raises RefusedChangeError where a rule is broken, or the store does not hold what it is linked to.
    """
    raise NotImplementedError


def change_decision(
    engine: Engine,
    decision_id: int,
    version: int,
    *,
    state: str | None = None,
    text: str | None = None,
    owner: str | None = None,
    due_date: date | Kept | None = KEPT,
    expected: str | None = None,
    note: str = "",
    by: str,
    at: datetime,
    today: date,
) -> None:
    """Change a decision, or settle it; what is not named stays. version: that which was seen; at: [UTC].

    A due date of None takes it away. What changes nothing, and has no note, writes nothing.
    Raises RefusedChangeError where a rule is broken, ConflictError where somebody changed it since it was seen.
    """
    raise NotImplementedError


def decisions(engine: Engine) -> pd.DataFrame:
    """Every decision: one row each, open ones first by due date (none last), then the settled, latest first.

    decision_id, version [int64]; text, owner, state (decided.STATES), expected, link_kind, link_id, link_line_no,
    decided_by, changed_by, note [str, "" for none; the note of the last change]; due_date, decided_date [datetime64,
    NaT for none]; decided_at, changed_at [datetime64, UTC, NaT for never]; lines_then, late_lines_then,
    days_late_then, without_date_then, backordered_value_then [float64, NaN where linked to nothing; lines, days,
    money]; times_carried [int64: how often its due date was put off].
    """
    raise NotImplementedError


def decision_history(engine: Engine, decision_id: int) -> pd.DataFrame:
    """Each change of one decision, oldest first: one row per column that was set or changed.

    change_id; what [the column, or "note"], from_value, to_value, note, changed_by [str]; changed_at [UTC].
    """
    raise NotImplementedError
