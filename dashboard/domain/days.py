"""Days as whole numbers and back: frames hold datetime64, arithmetic counts days. Knows no clock."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from dashboard.domain.exact import Floats, Integers

NO_DAY = int(np.iinfo(np.int64).min)
"""The number that stands for no day, as numpy's NaT."""

DAY_DTYPE = "datetime64[s]"
"""What date columns made by the arithmetic hold: seconds reach from the year 1 to 9999, nanoseconds do not."""

Days = npt.NDArray[np.datetime64]


def day_numbers(dates: Any) -> Integers:
    """Days since 1970-01-01 of each date [days], NO_DAY where there is none."""
    return np.asarray(dates).astype("datetime64[D]").astype(np.int64)


def day_number(day: date) -> int:
    """Days since 1970-01-01 of one date [days]."""
    return int(np.datetime64(day, "D").astype(np.int64))


def to_dates(numbers: Integers) -> Days:
    """Dates from day numbers, NaT where there is none."""
    return numbers.astype("datetime64[D]").astype(DAY_DTYPE)


def days_between(later: Integers, earlier: Integers) -> Floats:
    """Whole days from earlier to later, both as day numbers [days]; NaN where either is missing."""
    missing = (later == NO_DAY) | (earlier == NO_DAY)
    return np.where(missing, np.nan, np.where(missing, 0, later) - np.where(missing, 0, earlier))
