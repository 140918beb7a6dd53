"""From a file or a query to the typed rows of one of our tables: what is understood, what is taken, what is refused.

Every source is read twice: once for what the whole of it says of its dates, numbers and last row, once for the rows, in
chunks, so that a million rows never stand in memory at the same time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple

import numpy as np
import pandas as pd

from dashboard.domain.errors import ColumnsError, UnreadableFileError
from data_access.reading.body import Body, first_rows, found_body, names, shown
from data_access.reading.columns import Match
from data_access.reading.documents import DocumentLines, numbers_lines
from data_access.reading.evidence import Evidence, gather, settle_dates, settle_signs
from data_access.reading.files import raw_file
from data_access.reading.raw import RawRow, RawTable, as_text, batches, replayable
from data_access.reading.values import ColumnReader
from data_access.records import Field, Kind, Record


@dataclass(frozen=True)
class ReadOptions:
    """What people say of a file. dates, decimal: how it is written, where the file leaves it open.

    fill_down: cells left blank below a document's first line mean what stands above. columns: our column -> header.
    """

    dates: Literal["dmy", "mdy", "ymd"] | None = None
    decimal: Literal["comma", "point"] | None = None
    fill_down: bool = False
    sheet: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


class Refusal(NamedTuple):
    """One reason against one row. column is empty where the whole row is meant; value is cut to 200 characters."""

    row_no: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True)
class Chunk:
    """Some rows of a source, typed, and what was refused among them.

    rows: one row per accepted row. row_no [int64: the line that the record begins on, or the sheet row], then the
        columns that the file has. Ids and texts str; dates datetime64[s]; quantities int64 [thousandths of a unit];
        money int64 [ten-thousandths]; other whole numbers Int64. Empty cells hold the column's default, NaT or NA.
    refusals: one per refused cell, in row order; a refused row is not among the rows.
    share_done: how much of the source is read after this chunk, 0 to 1.
    """

    rows: pd.DataFrame
    refusals: list[Refusal]
    share_done: float = 1.0


@dataclass(frozen=True)
class TableReading:
    """What is understood of one source, before any row is taken.

    matched: our column -> header in the file. surplus: headers that are not read. notes: sentences for people.
    row_count: rows below the column names, without blank rows and a totals row.
    """

    record: Record
    source: str
    matched: dict[str, str]
    surplus: tuple[str, ...]
    notes: tuple[str, ...]
    row_count: int
    _body: Body = field(repr=False)
    _styles: Mapping[str, str] = field(repr=False)
    _fill_down: bool = field(repr=False)

    def chunks(self, size: int = 50_000) -> Iterator[Chunk]:
        """The rows in file order; none for a source without rows. May be called more than once."""
        readers = [ColumnReader(wanted, self._styles.get(wanted.name, "")) for wanted in self._fields()]
        lines = DocumentLines(self.record, self.matched, self._fill_down)
        done = 0
        for rows in batches(self._body.rows(), size):
            done += len(rows)
            yield _chunk(self._body, rows, readers, lines, done / self.row_count)

    def _fields(self) -> list[Field]:
        read = {*self.matched, "line_no"} if numbers_lines(self.record, self.matched) else set(self.matched)
        return [wanted for wanted in self.record.fields if wanted.name in read]


def read_file(
    record: Record, path_or_buffer: Path | BinaryIO, name: str, options: ReadOptions | None = None
) -> TableReading:
    """What is understood of a CSV or XLSX file as one of our tables.

    Raises UnreadableFileError where it is no table, and ColumnsError where its columns do not fit or where its dates
    or numbers can be read in two ways.
    """
    options = options or ReadOptions()
    return _reading(record, raw_file(path_or_buffer, name, options.sheet), options)


def read_rows(
    record: Record,
    headers: Sequence[str],
    rows: Iterable[Sequence[object]],
    name: str,
    options: ReadOptions | None = None,
) -> TableReading:
    """What is understood of a query's rows as one of our tables; they are numbered from 1.

    Raises ColumnsError where its columns do not fit, or where its texts of dates or numbers can be read in two ways.
    """
    body = replayable(rows)

    def with_names() -> Iterator[RawRow]:
        yield RawRow(0, [str(header) for header in headers])
        yield from body()

    return _reading(record, RawTable(name, "row", with_names, names_within=1), options or ReadOptions())


def raw_table(
    path_or_buffer: Path | BinaryIO, name: str, options: ReadOptions | None = None
) -> tuple[list[str], Iterator[list[str]]]:
    """The column names and the rows of any readable file, as text, all equally wide.

    Raises UnreadableFileError, also while the rows are read where one of them is wider than the names, and
    ColumnsError where a name stands twice.
    """
    raw = raw_file(path_or_buffer, name, (options or ReadOptions()).sheet)
    (names_row,) = first_rows(raw, 1)
    headers = [header or f"column_{place}" for place, header in enumerate(names(names_row), 1)]
    doubled = [header for header, times in Counter(headers).items() if times > 1]
    if doubled:
        raise ColumnsError(f"{name} has two columns named '{shown(doubled[0])}'. Rename or delete one of them.")
    return headers, _text_rows(Body(raw, Match(Record("", "", ()), tuple(headers)), names_row.row_no))


def _text_rows(body: Body) -> Iterator[list[str]]:
    width = len(body.match.headers)
    for row in body.rows():
        if reason := body.too_long(row):
            raise UnreadableFileError(f"{body.raw.name}, {body.raw.unit} {row.row_no}: {reason}.")
        texts = [as_text(cell) for cell in row.cells[:width]]
        yield texts + [""] * (width - len(texts))


def _chunk(body: Body, rows: list[RawRow], readers: list[ColumnReader], lines: DocumentLines, share: float) -> Chunk:
    columns = lines.completed(body.columns(rows))
    values: dict[str, Any] = {"row_no": np.fromiter((row.row_no for row in rows), np.int64, len(rows))}
    refusals = {
        (place, -1): Refusal(row.row_no, "", shown(row.cells[-1]), reason)
        for place, row in enumerate(rows)
        if (reason := body.too_long(row))
    }
    for rank, reader in enumerate(readers):
        name, cells = reader.field.name, columns[reader.field.name]
        values[name], reasons = reader.read(cells)
        for place, reason in reasons.items():
            refusals[place, rank] = Refusal(rows[place].row_no, name, shown(cells[place]), f"{name} {reason}")
    taken = np.ones(len(rows), dtype=bool)
    taken[[place for place, _ in refusals]] = False
    frame = pd.DataFrame(values)
    accepted = frame if taken.all() else frame[taken].reset_index(drop=True)
    return Chunk(accepted, [refusals[at] for at in sorted(refusals)], share)


def _reading(record: Record, raw: RawTable, options: ReadOptions) -> TableReading:
    evidence = gather(found_body(record, raw, options.columns), options.columns)
    columns, body = evidence.columns, evidence.body
    orders, order_notes = settle_dates([seen for seen in columns if seen.column.kind is Kind.DATE], options.dates)
    signs, sign_notes = settle_signs([seen for seen in columns if seen.is_numeric], options.decimal)
    notes = [*raw.notes, *_body_notes(evidence), *order_notes, *sign_notes, *evidence.notes]
    if options.fill_down:
        notes.append("Cells left blank below the first line of a document are filled from above.")
    headers, positions = body.match.headers, body.match.positions
    return TableReading(
        record,
        raw.name,
        {name: headers[place] for name, place in positions.items()},
        tuple(header for place, header in enumerate(headers) if header and place not in positions.values()),
        tuple(notes),
        evidence.row_count,
        body,
        orders | signs,
        options.fill_down,
    )


def _body_notes(evidence: Evidence) -> Iterator[str]:
    body = evidence.body
    unit = body.raw.unit
    above = first_rows(body.raw, 1)[0].row_no
    if above < body.names_row:
        yield f"The column names stand in {unit} {body.names_row}; what stands above is left out."
    if body.totals_row is not None:
        yield f"{unit.capitalize()} {body.totals_row}, the last one, is left out as a totals row."
    if not evidence.row_count:
        yield "There are no rows below the column names."
    if numbers_lines(body.match.record, body.match.positions):
        yield "The file has no line numbers: the lines of a document are numbered in file order."
