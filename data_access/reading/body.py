"""Where the column names of a source stand, and which rows below them are data: not the title, not the totals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from dashboard.domain.errors import UnreadableFileError
from data_access.reading.columns import Match, checked, match_columns
from data_access.reading.raw import RawRow, RawTable, as_text
from data_access.records import Kind, Record

_LONGEST_VALUE = 200
_TOTALS = re.compile(
    r"((grand|report|sub)[ -]?)?(totals?|sum|summe|gesamt|gesamtsumme|endsumme|insgesamt|somme|totale|totaal)\b.{0,30}",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Body:
    """The rows below the column names. names_row, totals_row: the numbers of rows that are no data."""

    raw: RawTable
    match: Match
    names_row: int
    totals_row: int | None = None

    def rows(self) -> Iterator[RawRow]:
        """The rows in file order, without blank ones."""
        for row in self.raw.rows():
            if row.row_no > self.names_row and row.row_no != self.totals_row:
                yield row

    def columns(self, rows: Sequence[RawRow]) -> dict[str, Sequence[Any]]:
        """Our columns' cells; cells that a row lacks at its end are empty."""
        width = len(self.match.headers)
        blank = [""] * width
        full = [row.cells if len(row.cells) >= width else [*row.cells, *blank[len(row.cells) :]] for row in rows]
        return {name: [cells[place] for cells in full] for name, place in self.match.positions.items()}

    def too_long(self, row: RawRow) -> str | None:
        """Why the row cannot be taken if it has cells beyond the last name: nobody can say which belongs where."""
        width = len(self.match.headers)
        if len(row.cells) <= width or not any(as_text(cell).strip() for cell in row.cells[width:]):
            return None
        return f"the row has {len(row.cells)} cells for {width} column names; put cells with a delimiter in quotes"

    def is_totals(self, row: RawRow) -> bool:
        """Whether the row only sums up: nothing but numbers, or the word for it where ids, names and dates stand."""
        kinds = {wanted.name: wanted.kind for wanted in self.match.record.fields}
        named: list[str] = []
        counted: list[str] = []
        for name, (cell,) in self.columns([row]).items():
            text = as_text(cell).strip()
            if text:
                (named if kinds[name] in (Kind.ID, Kind.TEXT, Kind.DATE) else counted).append(text)
        words = [text for text in map(as_text, row.cells) if _TOTALS.fullmatch(text.strip())]
        return bool(words or counted) and all(text.strip() in map(str.strip, words) for text in named)


def found_body(record: Record, raw: RawTable, told: Mapping[str, str]) -> Body:
    """The rows below the first row that names every required column, or below the first row at all.

    Raises UnreadableFileError for a source without any row, and ColumnsError where its names do not fit.
    """
    matches = [(row, match_columns(record, names(row), told)) for row in first_rows(raw, raw.names_within)]
    row, match = next((found for found in matches if found[1].fits), matches[0])
    return Body(raw, checked(match, raw.name, told), row.row_no)


def first_rows(raw: RawTable, count: int) -> list[RawRow]:
    """The first rows that are not blank; at least one. Raises UnreadableFileError where there is none."""
    rows = list(islice(raw.rows(), count))
    if not rows:
        raise UnreadableFileError(f"{raw.name} is empty: it holds nothing but blank {raw.unit}s. Export it again.")
    return rows


def names(row: RawRow) -> list[str]:
    """The cells of a row as column names."""
    return [as_text(cell).strip() for cell in row.cells]


def shown(cell: Any) -> str:
    """A cell for people: at most 200 characters, with control characters made visible."""
    text = as_text(cell)[:_LONGEST_VALUE]
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)[:_LONGEST_VALUE]
