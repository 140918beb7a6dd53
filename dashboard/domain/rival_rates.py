"""What a supplier's rates would be if they were made otherwise: told beside them, never ranked by.

Each takes the lines that count in a window, as dashboard.domain.supplier_lines has them, and gives a rate with its n.
"""

from __future__ import annotations

import math
from datetime import date
from typing import NamedTuple

import pandas as pd


class Rate(NamedTuple):
    """A share from 0 to 1, NaN where there is nothing to divide by, and the number of lines it is made of."""

    rate: float
    n: int


def on_time_of_received(lines: pd.DataFrame) -> Rate:
    """Units received by the first due date over units wanted, of judged lines of which anything has been received."""
    judged = lines[(lines["received_qty"] > 0) & lines["is_judged"]]
    wanted = judged["wanted_qty"].sum()
    return Rate(judged["by_first_due_qty"].sum() / wanted if wanted else math.nan, len(judged))


def in_full_of_received(lines: pd.DataFrame) -> Rate:
    """Lines in full over lines of which anything has been received: those that have not come at all are forgotten."""
    return _in_full(lines[lines["received_qty"] > 0])


def in_full_due_now(lines: pd.DataFrame, today: date) -> Rate:
    """Lines in full over lines that are in full or due before today by their current due date."""
    return _in_full(lines[lines["is_in_full"] | ~(lines["due_date"] >= pd.Timestamp(today))])


def _in_full(lines: pd.DataFrame) -> Rate:
    return Rate(float(lines["is_in_full"].mean()) if len(lines) else math.nan, len(lines))
