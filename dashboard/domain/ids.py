"""The natural order of ids: numbers inside them compare as numbers. Knows no table."""

from __future__ import annotations

import functools
import re
from typing import Any

import numpy as np
import pandas as pd

from dashboard.domain.exact import Integers

KEPT_KEYS = 200_000
"""So many ids are known by their keys: the same ids are put in order again for every version of the data."""
_NUMBER = re.compile("0*([0-9]+)")


@functools.lru_cache(maxsize=KEPT_KEYS)
def natural_key(text: str) -> str:
    """A text that sorts as the id does in natural order; ids that differ only in leading zeros share it.

    Each number is led by its count of digits, so that more digits come later. What ends comes before a number, and a
    number before any other character.

    >>> sorted(["SO-10", "SO-2", "SO-A"], key=natural_key)
    ['SO-2', 'SO-10', 'SO-A']
    """
    return _NUMBER.sub(_number_key, text)


def natural_sorted(texts: list[str]) -> list[str]:
    """The ids in natural order; those with equal keys, such as "007" and "7", as plain text."""
    return sorted(sorted(texts), key=natural_key)


def natural_rank(*id_columns: Any) -> Integers:
    """The place of each row in the natural order of its ids: rows compare by rank as they do by their ids.

    Equal rows share a rank. The first column decides, then the next. Only the distinct ids are compared as text, so a
    category column costs least.
    """
    rank = _column_rank(id_columns[0])
    for column in id_columns[1:]:
        following = _column_rank(column)
        rank = rank * (following.max(initial=0) + 1) + following
    return rank


def coded(column: Any) -> tuple[Integers, pd.Index]:
    """The codes of a column and the distinct texts they stand for; texts that no row holds may be among them."""
    if isinstance(column, pd.Series) and isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy().astype(np.int64), column.cat.categories
    codes, texts = pd.factorize(pd.Series(column, dtype="str"))
    return codes.astype(np.int64), pd.Index(texts)


def _column_rank(column: Any) -> Integers:
    codes, texts = coded(column)
    used = np.flatnonzero(np.bincount(codes, minlength=len(texts)))
    present: list[str] = texts[used].astype(str).tolist()
    place = {text: position for position, text in enumerate(natural_sorted(present))}
    rank_of_code = np.zeros(len(texts), dtype=np.int64)
    rank_of_code[used] = [place[text] for text in present]
    return rank_of_code[codes]


def _number_key(number: re.Match[str]) -> str:
    return "\0" + chr(len(number[1])) + number[1]
