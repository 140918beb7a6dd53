"""The book after moves and promises, from the rows that they touched alone.

A move changes one supply and a promise one order line; everything else of the book is as it was, and reading it again
would cost a hundred times as much. What comes out is the book that reading everything would bring, but for the order of
its supplies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from dashboard.domain.book import Book
from dashboard.domain.frames import NO_ROW, appended, put, rows_of_keys
from dashboard.domain.version import Version

_SUPPLY_KEY = ["document_id", "line_no", "supply_kind"]
_LINE_KEY = ["order_id", "line_no"]
_MOVED = ("restock_date", "due_date_when_moved", "is_moved", "version", "supply_qty")
_PROMISED = ("first_promise_date", "promise_date")


def renewed_book(
    book: Book, version: Version, touched: pd.DataFrame, supplies: pd.DataFrame, promises: pd.DataFrame
) -> Book:
    """The book at a later version that only moves and changes of promises lead to.

    touched: supply_kind, document_id, line_no of every supply that was moved since, one row each.
    supplies: those of them from which something is to come now, columns as in Book.supplies.
    promises: order_id, line_no, first_promise_date, promise_date of every order line whose promise was changed since.
    """
    return replace(
        book,
        data_revision=version.data_revision,
        version=version,
        supplies=_moved(book.supplies, touched, supplies),
        lines=_with(book.lines, promises, _LINE_KEY, _PROMISED),
    )


def _moved(held: pd.DataFrame, touched: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """The supplies as they stand now: those that ended are gone, those that began stand at the end."""
    if touched.empty:
        return held
    is_new = rows_of_keys(held, now, _SUPPLY_KEY) == NO_ROW
    changed = _with(held, now, _SUPPLY_KEY, _MOVED)
    rows = rows_of_keys(held, touched, _SUPPLY_KEY)
    ended = rows[(rows != NO_ROW) & (rows_of_keys(now, touched, _SUPPLY_KEY) == NO_ROW)]
    if len(ended):
        changed = changed.drop(index=changed.index[ended]).reset_index(drop=True)
    return appended(changed, now[is_new])


def _with(frame: pd.DataFrame, now: pd.DataFrame, key: Sequence[str], names: Sequence[str]) -> pd.DataFrame:
    """The frame with these columns of some rows as they are now; rows that it does not hold change nothing."""
    rows = rows_of_keys(frame, now, key)
    is_held = np.flatnonzero(rows != NO_ROW)
    if not len(is_held):
        return frame
    return frame.assign(**{name: put(frame[name], rows[is_held], now[name].to_numpy()[is_held]) for name in names})
