"""Decisions on screen: the list with what became of each, and the ways to settle them."""

from __future__ import annotations

import pandas as pd

from dashboard.domain.decided import Link
from dashboard.domain.plan import Plan


def show_decisions(frame: pd.DataFrame, plan: Plan, key: str = "decisions") -> None:
    """Each decision with what became of it, those due first; for editors the buttons done, drop and carry.

    frame: rows of loading-keyed decisions (deciding.decisions()), as many as are to be shown.
    """
    raise NotImplementedError


def show_about(plan: Plan, link: Link, suggestion: str, key: str) -> None:
    """The open decisions about what is looked at, and for editors the button that makes one."""
    raise NotImplementedError
