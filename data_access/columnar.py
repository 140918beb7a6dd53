"""Reading statements as frames: whole columns by Arrow, from the driver's own cursor or, in bulk, from PostgreSQL.

Typing each cell on the way costs more than the query (docs/decisions/0003-reading-fast.md). Knows no table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection

from dashboard.domain.exact import Floats, Integers, to_money, to_units
from data_access.complaints import told
from data_access.postgres import estimated_rows, snapshot_reader

ROWS_AT_A_TIME = 20_000
"""Rows held as Python objects at once: a million of them would cost a gigabyte, and the garbage collector its time."""

BULK_ROWS = 10_000
"""From so many expected rows on, a second connection to PostgreSQL costs less than it saves."""

Taker = Callable[[pa.ChunkedArray], Any]
"""Makes a frame's column of what the driver brought for it."""


def read_frame(connection: Connection, statement: Any, columns: dict[str, Taker]) -> pd.DataFrame:
    """One row per row of the statement, its columns taken in order."""
    text = str(statement.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True}))
    with _readable(connection):
        return _frame(_bulk(connection, text) or _by_cursor(connection, text, len(columns)), columns)


def read_frame_by(connection: Connection, statements: Iterable[Any], columns: dict[str, Taker]) -> pd.DataFrame:
    """The rows of one or more statements in one frame. Values in them, such as ids, are never part of their text."""
    chunks = (chunk for each in statements for chunk in _chunks(connection.execute(each).cursor, len(columns)))
    with _readable(connection):
        return _frame([_joined(parts) for parts in zip(*chunks, strict=True)], columns)


@contextmanager
def _readable(connection: Connection) -> Iterator[None]:
    """Tell of a value that is none of its column, as a damaged file may hold, in a sentence."""
    try:
        yield
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise told(error, connection.engine) from error


def _frame(arrays: Sequence[pa.ChunkedArray], columns: dict[str, Taker]) -> pd.DataFrame:
    taken = {name: take(array) for (name, take), array in zip(columns.items(), arrays, strict=True)}
    return pd.DataFrame(taken, copy=False)


def _bulk(connection: Connection, text: str) -> list[pa.ChunkedArray] | None:
    """The statement's columns from PostgreSQL as they are; None where the cursor is the better way, or the only one."""
    reader = snapshot_reader(connection)
    if reader is None or estimated_rows(connection, text) < BULK_ROWS:
        return None
    return reader.columns(text)


def _by_cursor(connection: Connection, text: str, width: int) -> list[pa.ChunkedArray]:
    """The statement's columns from the driver's own cursor."""
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(text)
        return [_joined(parts) for parts in zip(*_chunks(cursor, width), strict=True)]


def _chunks(cursor: Any, width: int) -> Iterator[list[pa.Array]]:
    """The cursor's rows, some at a time, as one Arrow array per column; at least one chunk, which may be empty."""
    rows = cursor.fetchmany(ROWS_AT_A_TIME)
    columns: Any = zip(*rows, strict=True) if rows else [()] * width
    yield [pa.array(column) for column in columns]
    while rows := cursor.fetchmany(ROWS_AT_A_TIME):
        yield [pa.array(column) for column in zip(*rows, strict=True)]


def _joined(parts: Sequence[pa.Array]) -> pa.ChunkedArray:
    """The chunks of one column; one without any value has no type of its own and takes that of the others."""
    kind = next((part.type for part in parts if not pa.types.is_null(part.type)), pa.null())
    return pa.chunked_array([part.cast(kind) for part in parts])


def categories(array: pa.ChunkedArray) -> pd.Categorical:
    """Texts as a category, coded in the order in which they first come."""
    coded = array.cast(pa.string()).dictionary_encode().combine_chunks()
    return pd.Categorical.from_codes(coded.indices.to_numpy(), pd.Index(coded.dictionary.to_pylist(), dtype="str"))


def texts(array: pa.ChunkedArray) -> pd.Series:
    """Texts as they are."""
    return pd.Series(array.cast(pa.string()).to_pandas(), dtype="str")


def days(array: pa.ChunkedArray) -> pd.DatetimeIndex:
    """Days from ISO text (SQLite) or from dates (PostgreSQL); none becomes NaT."""
    return pd.DatetimeIndex(array.cast(pa.date32()).to_numpy().astype("datetime64[s]"))


def instants(array: pa.ChunkedArray) -> pd.DatetimeIndex:
    """UTC instants from ISO text (SQLite) or from datetimes (PostgreSQL), without a zone; none becomes NaT."""
    return pd.DatetimeIndex(array.cast(pa.timestamp("us")).to_numpy())


def integers(array: pa.ChunkedArray) -> Integers:
    """Whole numbers, of which none may be missing."""
    return np.asarray(array.cast(pa.int64()), dtype=np.int64)


def units(array: pa.ChunkedArray) -> Floats:
    """Quantities [units] from the store's whole thousandths."""
    return to_units(integers(array))


def money(array: pa.ChunkedArray) -> Floats:
    """Money from the store's whole ten-thousandths."""
    return to_money(integers(array))


def numbers(array: pa.ChunkedArray) -> Floats:
    """Numbers, NaN where there is none."""
    return np.asarray(array.cast(pa.float64()), dtype=np.float64)


def flags(array: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """Yes or no from 1 or 0."""
    return integers(array).astype(bool)
