"""What a source of rows looks like before any column is known, and the cells that databases and spreadsheets give."""

from __future__ import annotations

import pickle
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from typing import IO, Any, NamedTuple, TypeVar

Opener = Callable[[], AbstractContextManager[IO[bytes]]]
T = TypeVar("T")

_SPOOLED_ROWS = 10_000
_KEPT_IN_MEMORY = 32 * 1024 * 1024


class RawRow(NamedTuple):
    """One row of a source: the line or sheet row that it begins on, and its cells, text or native, never None."""

    row_no: int
    cells: Sequence[Any]


@dataclass(frozen=True)
class RawTable:
    """A source whose rows can be read as often as needed; blank rows are left out, the column names are a row.

    unit: what row_no counts, "line" or "row". names_within: how many rows to look through for the column names.
    """

    name: str
    unit: str
    rows: Callable[[], Iterator[RawRow]]
    notes: tuple[str, ...] = ()
    names_within: int = 15


def batches(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """The rows in lists of at most this many."""
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch


def native(value: Any) -> Any:
    """A cell of a database or a sheet as text, int, float, Decimal, date or datetime; nothing as empty text."""
    if value is None or value is True or value is False:
        return "" if value is None else str(value)
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode() if not value.isascii() else value
    if isinstance(value, (int, float, Decimal)):
        return value
    if isinstance(value, date):
        return value if value == value else ""  # pandas' NaT is a date that equals nothing
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("utf-8", "replace")
    return native(value.item()) if hasattr(value, "item") else str(value)


def as_text(cell: Any) -> str:
    """A cell as people would write it: 1001 for 1001.0, ISO days, no exponent."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, float):
        return _float_text(cell)
    if isinstance(cell, Decimal):
        return _decimal_text(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _float_text(number: float) -> str:
    """The shortest text that means this number to a spreadsheet: 0.3 for 0.30000000000000004, 1001 for 1001.0."""
    text = min(repr(number), f"{number:.15g}", key=len)
    return format(Decimal(text), "f").removesuffix(".0") if "e" in text else text.removesuffix(".0")


def _decimal_text(number: Decimal) -> str:
    whole = number.is_finite() and abs(number.adjusted()) < 40 and number == number.to_integral_value()
    return str(int(number)) if whole else str(number)


def replayable(rows: Iterable[Sequence[object]]) -> Callable[[], Iterator[RawRow]]:
    """Rows that may come only once, kept so that they can be read again; numbered from 1, blank ones left out."""
    if isinstance(rows, Sequence):
        return lambda: numbered(rows, first_row_no=1)
    # On disk, so that a million rows of a query do not fill the memory; lives as long as the reading that holds it.
    spool = tempfile.SpooledTemporaryFile(max_size=_KEPT_IN_MEMORY)  # noqa: SIM115

    def replay() -> Iterator[RawRow]:
        return _replayed(spool, end)

    weakref.finalize(replay, spool.close)
    for batch in batches(numbered(rows, first_row_no=1), _SPOOLED_ROWS):
        pickle.dump([tuple(row) for row in batch], spool, protocol=pickle.HIGHEST_PROTOCOL)
    end = spool.tell()
    return replay


def _replayed(spool: IO[bytes], end: int) -> Iterator[RawRow]:
    position = 0
    while position < end:
        spool.seek(position)
        batch = pickle.load(spool)  # noqa: S301 (written above, by this process, to a file without a name)
        position = spool.tell()
        yield from map(RawRow._make, batch)


def numbered(rows: Iterable[Sequence[object]], first_row_no: int) -> Iterator[RawRow]:
    """The rows with their numbers, their cells made native, without the blank ones."""
    for row_no, row in enumerate(rows, first_row_no):
        cells = [native(cell) for cell in row]
        if not is_blank(cells):
            yield RawRow(row_no, cells)


def is_blank(cells: Sequence[Any]) -> bool:
    """Whether no cell holds anything."""
    return not any(cell.strip() if isinstance(cell, str) else True for cell in cells)
