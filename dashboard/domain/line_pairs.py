"""The order lines of two days, laid side by side by order id and line number. Knows no rule of the bridge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dashboard.domain.allocation import Flags
from dashboard.domain.exact import Integers
from dashboard.domain.ids import coded

NO_ROW = -1
"""The row of a line in a frame that does not hold it."""

_KEY = ("order_id", "line_no")


@dataclass(frozen=True, eq=False)
class LinePairs:
    """All lines of two frames: first those of the frame before in its order, then those that the one after adds.

    before_row, after_row, left_row: each line's row in the frames before, after and left; NO_ROW where it has none
    """

    before: pd.DataFrame
    after: pd.DataFrame
    before_row: Integers
    after_row: Integers
    left_row: Integers

    @property
    def is_before(self) -> Flags:
        """Whether the frame before holds the line."""
        return np.asarray(self.before_row != NO_ROW)

    @property
    def is_after(self) -> Flags:
        """Whether the frame after holds the line."""
        return np.asarray(self.after_row != NO_ROW)

    def texts(self, name: str) -> tuple[Integers, Integers, pd.Index]:
        """A text column on both sides as codes of texts; where one side lacks the line, that of the other."""
        (before, after), texts = common_codes([self.before[name], self.after[name]])
        return *self.both(before, after), texts

    def both(self, before: Any, after: Any) -> tuple[Any, Any]:
        """What both sides say of each line; where one side lacks the line, what the other says."""
        of_before, of_after = at_rows(before, self.before_row), at_rows(after, self.after_row)
        return np.where(self.is_before, of_before, of_after), np.where(self.is_after, of_after, of_before)


def paired(before: pd.DataFrame, after: pd.DataFrame, left: pd.DataFrame) -> LinePairs:
    """Lay the lines of two frames side by side, with the rows of a third that says something of lines.

    Each frame has order_id and line_no. Those before and after hold each line once; of several rows of left the last
    counts.
    """
    of_before, of_after, of_left = row_keys([[frame[name] for frame in (before, after, left)] for name in _KEY])
    after_row = last_rows(of_after, of_before)
    added = np.setdiff1d(np.arange(len(after)), after_row, assume_unique=True)
    return LinePairs(
        before,
        after,
        before_row=np.concatenate([np.arange(len(before)), np.full(len(added), NO_ROW)]),
        after_row=np.concatenate([after_row, added]),
        left_row=last_rows(of_left, np.concatenate([of_before, of_after[added]])),
    )


def common_codes(columns: Sequence[Any]) -> tuple[list[Integers], pd.Index]:
    """Text columns as codes of the same texts."""
    each = [coded(column) for column in columns]
    first, *others = (texts.astype("str") for _, texts in each)
    of_texts, texts = pd.factorize(first.append(others))
    parts = np.split(of_texts.astype(np.int64), np.cumsum([len(texts) for _, texts in each])[:-1])
    return [part[codes] for part, (codes, _) in zip(parts, each, strict=True)], texts


def at_rows(values: Any, rows: Integers) -> Any:
    """The value in each row; zero, or the day 1970-01-01, where that is NO_ROW."""
    values = np.asarray(values)
    return np.append(values, np.zeros(1, dtype=values.dtype))[rows]


def row_keys(columns: Sequence[Sequence[Any]]) -> list[Integers]:
    """One whole number for each row of each frame, the same where all texts are.

    columns: for each of the texts that are compared the column of each frame
    """
    keys = [np.zeros(len(column), dtype=np.int64) for column in columns[0]]
    for of_frames in columns:
        codes, texts = common_codes(of_frames)
        keys = [key * len(texts) + code for key, code in zip(keys, codes, strict=True)]
    return keys


def last_rows(keys: Integers, wanted: Integers) -> Integers:
    """The last row that has each wanted key, NO_ROW where none has."""
    last = pd.Series(np.arange(len(keys)), index=keys).groupby(level=0, sort=False).last()
    return last.reindex(wanted, fill_value=NO_ROW).to_numpy(dtype=np.int64)
