"""Small changes of large frames: other values in some rows, more rows at the end, the rows of some keys.

Categories stay categories, and what is not concerned is not copied row by row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import union_categoricals

from dashboard.domain.exact import Integers

NO_ROW = -1


def put(column: pd.Series, rows: Integers, values: Any) -> npt.NDArray[Any]:
    """The column with other values in some rows."""
    changed = column.to_numpy(copy=True)
    changed[rows] = values
    return changed


def appended(frame: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """The frame with more rows of the same columns at its end; a category takes in the texts that it lacks."""
    if rows.empty:
        return frame
    return pd.DataFrame({name: _appended(frame[name], rows[name]) for name in frame.columns}, copy=False)


def narrowed(frame: pd.DataFrame, rows: Integers) -> pd.DataFrame:
    """Some rows of a frame, its categories those that they hold: what is looked up per category stays as small."""
    return pd.DataFrame({name: without_unused(frame[name].array.take(rows)) for name in frame.columns}, copy=False)


def without_unused(column: Any) -> Any:
    """A column's array as it is, without the categories that no row has."""
    if not isinstance(column, pd.Categorical):
        return column
    present, codes = np.unique(column.codes, return_inverse=True)
    gaps = int(np.searchsorted(present, 0))
    return pd.Categorical.from_codes(
        codes - gaps, categories=column.categories.take(present[gaps:]), ordered=column.ordered
    )


def rows_of_keys(frame: pd.DataFrame, keys: pd.DataFrame, names: Sequence[str]) -> Integers:
    """The row of each key in a frame of which the names are the key, NO_ROW where it is not there.

    Only rows that share the first part of a key are compared as text, so that few keys cost little in a long frame.
    """
    first = names[0]
    among = np.flatnonzero(frame[first].isin(keys[first].astype("str").unique()))
    texts = (frame[name].iloc[among].astype("str") for name in names)
    place = {key: int(row) for row, key in zip(among, zip(*texts, strict=True), strict=True)}
    wanted = zip(*(keys[name].astype("str") for name in names), strict=True)
    return np.array([place.get(key, NO_ROW) for key in wanted], dtype=np.int64)


def _appended(column: pd.Series, more: pd.Series) -> Any:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return union_categoricals([column.array, pd.Categorical(more)])
    return pd.concat([column, more.astype(column.dtype)], ignore_index=True)
