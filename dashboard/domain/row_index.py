"""Where each text of a column stands: made once for a frame, so that looking a few texts up does not read all of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.domain.exact import Integers
from dashboard.domain.ids import coded


@dataclass(frozen=True, eq=False)
class RowIndex:
    """The rows of a column, each text's together.

    place: the number of each text that the column may hold
    rows: every row, in order of those numbers
    starts: where in `rows` each number begins; one more entry ends the last
    """

    place: dict[str, int]
    rows: Integers
    starts: Integers

    def rows_of(self, texts: Iterable[str]) -> Integers:
        """The rows that hold any of these texts, in the order of the frame."""
        places = [self.place[text] for text in set(texts) if text in self.place]
        spans = [self.rows[self.starts[place] : self.starts[place + 1]] for place in places]
        return np.sort(np.concatenate([np.empty(0, dtype=np.int64), *spans]))


def row_index(column: pd.Series) -> RowIndex:
    """The index of a text column, category or not."""
    codes, texts = coded(column)
    counts = np.bincount(codes, minlength=len(texts))
    place = {text: number for number, text in enumerate(texts.astype(str).tolist())}
    return RowIndex(place, np.argsort(codes, kind="stable"), np.concatenate([[0], np.cumsum(counts)]))
