"""Sorting rows by whole-number keys and then by the natural order of their ids. Knows no table.

Keys are packed into as few words of 63 bits as they need, so that one sort of one word mostly decides. Ids are compared
only among the rows that no key has told apart, since reading numbers out of text is what costs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dashboard.domain.exact import Integers
from dashboard.domain.ids import natural_rank

NONE_LAST = int(np.iinfo(np.int64).max)
"""A key that stands for none, which comes after every other."""

_WORD_BITS = 63


def sorted_rows(keys: Sequence[Integers], ids: Sequence[pd.Series]) -> Integers:
    """Positions of the rows in order of the keys, ties in natural order of the ids, remaining ties as they came."""
    words = _packed(keys)
    order = np.argsort(words[0], kind="stable")
    leading = words[0][order]
    is_tied = np.zeros(len(order), dtype=bool)
    same_as_next = leading[1:] == leading[:-1]
    is_tied[1:] = same_as_next
    is_tied[:-1] |= same_as_next
    if is_tied.any():
        rows = order[is_tied]
        ranks = natural_rank(*(column.iloc[rows] for column in ids))
        order[is_tied] = rows[np.lexsort((ranks, *(word[rows] for word in reversed(words))))]
    return order


def _packed(keys: Sequence[Integers]) -> list[Integers]:
    """The keys in as few words as hold them, the first key highest; the words compare as the keys do."""
    words: list[Integers] = []
    room = 0
    for key in keys:
        digits, bits = _from_zero(key)
        if not words or bits > room:
            words.append(digits)
            room = _WORD_BITS - bits
        else:
            words[-1] = (words[-1] << bits) | digits
            room -= bits
    return words


def _from_zero(key: Integers) -> tuple[Integers, int]:
    """The key moved to start at zero with none right after the last, and the bits it needs."""
    is_none = key == NONE_LAST
    if is_none.all():
        return np.zeros(len(key), dtype=np.int64), 0
    lowest = int(key.min())
    highest = int(key.max() if not is_none.any() else key[~is_none].max())
    digits = key - lowest
    digits[is_none] = highest - lowest + 1
    return digits, (highest - lowest + 1).bit_length()
