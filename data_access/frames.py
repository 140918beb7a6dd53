"""Frames as pieces of bytes and back again, exactly: what is the same in many frames becomes the same bytes.

A frame is cut where a hash of its key columns says so, not every so many rows: rows that come or go change the pieces
around them and no other. Each column of a piece is a small Parquet file of its own, so that it is the same bytes as
before although other columns changed. Knows no store (docs/decisions/0014-snapshots.md).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from dashboard.domain.exact import MONEY_SCALE, QUANTITY_SCALE, Integers
from data_access.columnar import texts

PIECE_ROWS = 8_192
"""So many rows has a piece on average."""

Array = npt.NDArray[Any]

_ANY = np.uint64(0x9E3779B97F4A7C15)
_SCALES = {"whole": 1, "thousandths": QUANTITY_SCALE, "ten-thousandths": MONEY_SCALE}
_MOST_WHOLE = 2**53
_TICKS_OF_A_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
_INTEGERS = {"use_dictionary": False, "column_encoding": "DELTA_BINARY_PACKED"}
_REPEATED: dict[str, Any] = {"use_dictionary": True}
_TEXTS = "texts"
_PLAIN: dict[str, Any] = {"use_dictionary": False}


@dataclass(frozen=True)
class _Column:
    """What the head says of a column: how to read its pieces, and how many there are.

    first: the first value of each piece, from which its others are counted (integers alone)
    categories: how many pieces hold the categories; None where they are the values as these first come
    """

    name: str
    dtype: str
    pieces: int
    first: Sequence[int] = ()
    is_ordered: bool = False
    categories: int | None = None

    @property
    def length(self) -> int:
        """How many pieces hold the column, those of its categories included."""
        return self.pieces + (self.categories or 0)


def to_pieces(frame: pd.DataFrame, key: Sequence[str], rows: int = PIECE_ROWS) -> list[bytes]:
    """The pieces of a frame, its head first: how its columns are named and typed, and how many pieces each has.

    key: columns whose values stay with a row while rows before it come and go. rows: of a piece, on average.
    Raises TypeError for a column of a kind that no frame of ours has.
    """
    if not isinstance(frame.index, pd.RangeIndex) or frame.index.start != 0 or frame.index.step != 1:
        raise TypeError("Only frames whose rows are numbered from 0 can be kept.")
    bounds = _bounds(frame, key, rows)
    columns: list[_Column] = []
    pieces: list[bytes] = []
    for name in frame.columns:
        column, of_column = _to_pieces(str(name), frame[name], bounds, rows)
        columns.append(column)
        pieces += of_column
    return [_to_head(columns), *pieces]


def from_pieces(pieces: Sequence[bytes]) -> pd.DataFrame:
    """The frame that to_pieces took apart."""
    columns = _from_head(pieces[0])
    return _frame_of(columns, lambda numbers: [pieces[number] for number in numbers], [each.name for each in columns])


def some_columns(head: bytes, names: Iterable[str]) -> list[int]:
    """Which pieces hold these columns, by their place among all pieces."""
    places = _places(_from_head(head))
    return [number for name in names for number in places[name]]


def from_some(head: bytes, pieces: Mapping[int, bytes], names: Sequence[str]) -> pd.DataFrame:
    """The frame of these columns alone, from the pieces that some_columns named, by their place."""
    return _frame_of(_from_head(head), lambda numbers: [pieces[number] for number in numbers], names)


def _frame_of(columns: list[_Column], get: Callable[[range], list[bytes]], names: Iterable[str]) -> pd.DataFrame:
    places, by_name = _places(columns), {column.name: column for column in columns}
    return pd.DataFrame({name: _from_pieces(by_name[name], get(places[name])) for name in names}, copy=False)


def _places(columns: list[_Column]) -> dict[str, range]:
    """Where the pieces of each column stand, the head being 0."""
    ends = accumulate((column.length for column in columns), initial=1)
    return {column.name: range(*place) for column, place in zip(columns, pairwise(ends), strict=True)}


def _bounds(frame: pd.DataFrame, key: Sequence[str], rows: int) -> list[tuple[int, int]]:
    """First row and end of each piece; at least one piece, which may be empty."""
    hashes = np.zeros(len(frame), dtype=np.uint64)
    for name in key:
        hashes = hashes * _ANY + _hashes(frame[name])
    is_first = (hashes % np.uint64(rows) == 0) & np.append(True, hashes[1:] != hashes[:-1])[: len(frame)]
    inner = np.flatnonzero(is_first).tolist()
    return list(pairwise([0, *(row for row in inner if row), len(frame)]))


def _hashes(column: pd.Series) -> Array:
    """A hash of each value that is the same in every process."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        of_categories = pd.util.hash_array(column.cat.categories.to_numpy(dtype=object))
        return np.append(of_categories, np.uint64(0))[column.cat.codes.to_numpy()]
    values = column.to_numpy(dtype=object) if column.dtype == "str" else column.to_numpy()
    return pd.util.hash_array(values)


def _to_pieces(name: str, values: pd.Series, bounds: list[tuple[int, int]], rows: int) -> tuple[_Column, list[bytes]]:
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _of_category(name, values.array, bounds, rows)
    if dtype == "str":
        return _Column(name, "str", len(bounds)), _of_texts(values.array, bounds)
    if dtype == "object":
        told = pd.array([json.dumps(value) for value in values.tolist()], dtype="str")
        return _Column(name, "object", len(bounds)), _of_texts(told, bounds)
    parts = [values.to_numpy()[start:end] for start, end in bounds]
    if dtype.kind == "b":
        return _Column(name, "bool", len(bounds)), [_written("flags", pa.array(part), _PLAIN) for part in parts]
    if dtype.kind == "i":
        first = [int(part[0]) if len(part) else 0 for part in parts]
        more = [part.astype(np.int64) - start for part, start in zip(parts, first, strict=True)]
        return _Column(name, str(dtype), len(bounds), first), [_of_integers("more", part) for part in more]
    if dtype == "float64":
        return _Column(name, "float64", len(bounds)), [_of_floats(part) for part in parts]
    if dtype.kind == "M" and isinstance(dtype, np.dtype):
        return _Column(name, str(dtype), len(bounds)), [_of_dates(part) for part in parts]
    raise TypeError(f"The column {name} is of the kind {dtype}, which is not kept.")


def _of_category(name: str, values: Any, bounds: list[tuple[int, int]], rows: int) -> tuple[_Column, list[bytes]]:
    """The texts themselves: a code means something else as soon as another row comes first."""
    categories, codes = values.categories, values.codes
    if categories.dtype != "str":
        raise TypeError(f"The column {name} has categories of the kind {categories.dtype}, which are not kept.")
    known = pa.array(categories.to_numpy(dtype=object), pa.string())
    taken = known.take(pa.array(codes.astype(np.int64), mask=codes < 0))
    pieces = [_written(_TEXTS, taken.slice(start, end - start), _REPEATED) for start, end in bounds]
    if _is_as_it_comes(codes, len(categories)):
        return _Column(name, "category", len(bounds), is_ordered=values.ordered), pieces
    told = pd.DataFrame({"": categories})
    of_categories = _of_texts(told[""].array, _bounds(told, [""], rows))
    column = _Column(name, "category", len(bounds), is_ordered=values.ordered, categories=len(of_categories))
    return column, pieces + of_categories


def _is_as_it_comes(codes: Array, categories: int) -> bool:
    """Whether the categories are the values in the order in which they first come, none of them unused."""
    seen = pd.unique(codes[codes >= 0])
    return len(seen) == categories and bool((seen == np.arange(categories)).all())


def _of_texts(values: Any, bounds: list[tuple[int, int]]) -> list[bytes]:
    told = pa.array(values.to_numpy(dtype=object), pa.string(), from_pandas=True)
    return [_written(_TEXTS, told.slice(start, end - start), _REPEATED) for start, end in bounds]


def _of_integers(how: str, values: Array, is_missing: Array | None = None) -> bytes:
    return _written(how, pa.array(values, pa.int64(), mask=is_missing), _INTEGERS)


def _of_floats(values: Array) -> bytes:
    """As whole numbers of the first scale that loses nothing, which take a third of the room; else as they are."""
    is_missing = np.isnan(values)
    known = np.where(is_missing, 0.0, values)
    for how, scale in _SCALES.items():
        if (np.abs(known) < _MOST_WHOLE / scale).all():
            whole = np.rint(known * scale).astype(np.int64)
            if ((whole / scale).view(np.int64) == known.view(np.int64)).all():
                return _of_integers(how, whole, is_missing)
    return _written("floats", pa.array(values), _REPEATED)


def _of_dates(values: Array) -> bytes:
    is_missing = np.isnat(values)
    ticks = np.where(is_missing, 0, values.view(np.int64))
    days, rest = np.divmod(ticks, _TICKS_OF_A_DAY[np.datetime_data(values.dtype)[0]])
    return _of_integers("ticks", ticks, is_missing) if rest.any() else _of_integers("days", days, is_missing)


def _written(how: str, values: pa.Array, encoding: dict[str, Any]) -> bytes:
    """One column as bytes; its name says how its values are to be understood."""
    sink = pa.BufferOutputStream()
    pq.write_table(
        pa.table({how: values}), sink, compression="zstd", write_statistics=False, store_schema=False, **encoding
    )
    return bytes(sink.getvalue())


def _read(piece: bytes, *, is_text: bool) -> tuple[str, pa.ChunkedArray]:
    table = pq.ParquetFile(pa.BufferReader(piece), read_dictionary=[_TEXTS] if is_text else None).read(
        use_threads=False
    )
    return table.column_names[0], table.column(0)


def _from_pieces(column: _Column, pieces: Sequence[bytes]) -> Any:
    is_text = column.dtype in ("category", "str", "object")
    read = [_read(piece, is_text=is_text) for piece in pieces]
    values = read[: column.pieces]
    if column.dtype == "category":
        return _to_category(column, [array for _, array in values], [array for _, array in read[column.pieces :]])
    if column.dtype in ("str", "object"):
        told = texts(_joined([array for _, array in values]))
        return told if column.dtype == "str" else pd.Series([json.loads(each) for each in told], dtype="object")
    if column.dtype == "bool":
        return np.concatenate([array.to_numpy() for _, array in values])
    dtype = np.dtype(column.dtype)
    if dtype.kind == "i":
        parts = [array.to_numpy() + start for (_, array), start in zip(values, column.first, strict=True)]
        return np.concatenate(parts).astype(dtype)
    take = _to_floats if dtype.kind == "f" else _to_dates
    return np.concatenate([take(how, array, dtype) for how, array in values])


def _to_floats(how: str, values: pa.ChunkedArray, dtype: np.dtype[Any]) -> Array:
    if how == "floats":
        return np.asarray(values.to_numpy(), dtype=dtype)
    known, is_missing = _known(values)
    return np.where(is_missing, np.nan, known / _SCALES[how])


def _to_dates(how: str, values: pa.ChunkedArray, dtype: np.dtype[Any]) -> Array:
    known, is_missing = _known(values)
    ticks = known * _TICKS_OF_A_DAY[np.datetime_data(dtype)[0]] if how == "days" else known
    ticks[is_missing] = np.iinfo(np.int64).min
    return ticks.view(dtype)


def _known(values: pa.ChunkedArray) -> tuple[Integers, Array]:
    """Whole numbers, 0 where one is missing, and where that is."""
    is_missing = values.is_null().to_numpy()
    return np.array(values.fill_null(0).to_numpy(), dtype=np.int64), is_missing


def _to_category(column: _Column, values: list[pa.ChunkedArray], categories: list[pa.ChunkedArray]) -> Any:
    coded = pa.chunked_array([chunk for array in values for chunk in array.chunks] or [_nothing()])
    joined = coded.unify_dictionaries().combine_chunks()
    seen = pd.Index(joined.dictionary.to_pylist(), dtype="str")
    codes = joined.indices.fill_null(-1).to_numpy().astype(np.int64)
    if column.categories is None:
        return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(seen, column.is_ordered))
    known = pd.Index(texts(_joined(categories)), dtype="str")
    codes = np.append(known.get_indexer(seen), -1)[codes]
    return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(known, column.is_ordered))


def _joined(arrays: list[pa.ChunkedArray]) -> pa.ChunkedArray:
    return pa.chunked_array([chunk for array in arrays for chunk in array.chunks] or [_nothing()])


def _nothing() -> pa.Array:
    return pa.array([], pa.string()).dictionary_encode()


def _to_head(columns: list[_Column]) -> bytes:
    return json.dumps([vars(column) for column in columns], separators=(",", ":")).encode()


def _from_head(head: bytes) -> list[_Column]:
    return [_Column(**told) for told in json.loads(head)]
