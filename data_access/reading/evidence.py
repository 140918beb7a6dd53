"""What the whole file says about how its dates and numbers are written, found before any row is taken.

The order of day and month and the decimal sign are settled per column over every row, never guessed: where the column
leaves its dates open, or nothing in the file decides its numbers, the reader is asked.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dashboard.domain.errors import OpenQuestionError
from data_access.reading import dates, numbers
from data_access.reading.body import Body, shown
from data_access.reading.raw import RawRow, batches
from data_access.records import Field, Kind

NUMERIC = (Kind.QUANTITY, Kind.MONEY, Kind.INTEGER)
MONEY_PLACES = 4
DATES, DECIMAL = "dates", "decimal"
"""What a file may leave open, by the name of the option that says it."""
_ANSWERS = {
    DATES: "Say which with --dates dmy or --dates mdy.",
    DECIMAL: "Say which with --decimal comma or --decimal point.",
}
"""How to say it on the command line; other places say it in their own words (OpenQuestionError)."""
_BATCH = 20_000
_REMEMBERED = 200_000


@dataclass
class ColumnEvidence:
    """What the cells seen so far say of one column.

    viable: the styles under which every cell that can be read at all can be read.
    unsettled: the first text that means different things under different styles.
    against: for each style, the first text that it cannot read and another can.
    filled: the first cell that is not empty. finer: how many cells hold money with more than four decimals.
    """

    column: Field
    viable: set[str] = field(default_factory=set)
    unsettled: str | None = None
    against: dict[str, str] = field(default_factory=dict)
    filled: str = ""
    is_readable: bool = False
    finer: int = 0
    _seen: set[Any] = field(default_factory=set)
    _finer: set[Any] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.viable = set(dates.ORDERS if self.column.kind is Kind.DATE else numbers.SIGNS)

    @property
    def is_numeric(self) -> bool:
        """Whether the column holds numbers, which have a decimal sign."""
        return self.column.kind in NUMERIC

    @property
    def pair(self) -> tuple[str, str]:
        """The two styles that can be mistaken for each other."""
        return ("dmy", "mdy") if self.column.kind is Kind.DATE else ("point", "comma")

    @property
    def decides(self) -> bool:
        """Whether the cells rule out one of the two."""
        return bool(self.viable) and not set(self.pair) <= self.viable

    @property
    def style(self) -> str | None:
        """The style that the cells leave; None where they leave two that differ, or none.

        Two-digit years could also come first, which is taken only where neither other order fits.
        """
        if set(self.pair) <= self.viable:
            return self.pair[0] if self.unsettled is None else None
        return next((style for style in (*self.pair, "ymd") if style in self.viable), None)

    def see(self, cells: Sequence[Any]) -> None:
        """Take the cells of a batch into account; each different text is looked at once."""
        if len(self._seen) > _REMEMBERED:
            self._seen.clear()
        for cell in dict.fromkeys(cells):
            if cell not in self._seen:
                self._seen.add(cell)
                self._look(cell)
        if self._finer:
            self.finer += sum(cell in self._finer for cell in cells)

    def _look(self, cell: Any) -> None:
        text = cell.strip() if isinstance(cell, str) else cell
        if text == "":
            return
        self.filled = self.filled or shown(text)
        if self.column.kind is not Kind.DATE and not self.is_numeric:
            return
        read = self._readings(text)
        self.is_readable = self.is_readable or bool(read)
        if isinstance(text, str):
            self._weigh(text, read)
        if self.column.kind is Kind.MONEY and _is_finer(read):
            self._finer.add(cell)

    def _readings(self, cell: Any) -> Mapping[str, Any]:
        if self.column.kind is Kind.DATE:
            return dates.readings(cell) if isinstance(cell, str) else {"ymd": cell}
        if isinstance(cell, str):
            return numbers.readings(cell, self.column.kind is Kind.MONEY)
        try:
            return {"point": numbers.read_number(cell, "point")}
        except ValueError:
            return {}

    def _weigh(self, text: str, read: Mapping[str, Any]) -> None:
        if not read:
            return
        for style in self.viable - read.keys():
            self.against.setdefault(style, text)
        self.viable &= read.keys()
        if self.unsettled is None and len({read[style] for style in self.pair if style in read}) > 1:
            self.unsettled = text


@dataclass(frozen=True)
class Evidence:
    """What the whole source says: its rows without the totals row, their number, and each column that is read."""

    body: Body
    row_count: int
    columns: list[ColumnEvidence]
    notes: list[str]


def gather(body: Body, told: Container[str] = ()) -> Evidence:
    """Look through every row of a source, once. told: the columns that people named and that are read in any case."""
    fields = [body.match.record.field(name) for name in body.match.positions]
    columns = {wanted.name: ColumnEvidence(wanted) for wanted in fields}
    row_count, totals_row = 0, None
    for rows, is_last in _with_last_row_alone(body.rows()):
        if is_last and body.is_totals(rows[0]):
            totals_row = rows[0].row_no
            continue
        row_count += len(rows)
        cells = body.columns([row for row in rows if not body.too_long(row)])
        for name, seen in columns.items():
            if seen.column.kind not in (Kind.ID, Kind.TEXT) or name == "line_no":
                seen.see(cells[name])
    left_out = {name: note for name, seen in columns.items() if name not in told and (note := _useless(seen))}
    positions = {name: place for name, place in body.match.positions.items() if name not in left_out}
    kept = [seen for name, seen in columns.items() if name not in left_out]
    body = replace(body, match=replace(body.match, positions=positions), totals_row=totals_row)
    return Evidence(body, row_count, kept, [*filter(None, left_out.values()), *_rounding_notes(kept)])


def _with_last_row_alone(rows: Iterable[RawRow]) -> Iterator[tuple[list[RawRow], bool]]:
    """The rows in batches; the last row comes alone, since it may be a totals row and no evidence."""
    held: list[RawRow] = []
    for batch in batches(rows, _BATCH):
        ready, held = [*held, *batch[:-1]], batch[-1:]
        yield ready, False
    if held:
        yield held, True


def _useless(seen: ColumnEvidence) -> str:
    """Why a column is not read after all: a count without any number, or line numbers without any line number."""
    column = seen.column
    if column.kind is Kind.INTEGER and seen.filled and not seen.is_readable:
        return f"{column.name} is not read: none of its cells is a number, e.g. '{seen.filled}'."
    if column.name == "line_no" and not column.is_required and not seen.filled:
        return "line_no is not read: all of its cells are empty."
    return ""


def _rounding_notes(columns: list[ColumnEvidence]) -> Iterator[str]:
    for seen in columns:
        if seen.finer:
            values = "1 value" if seen.finer == 1 else f"{seen.finer:,} values"
            yield f"{values} in {seen.column.name} with more than four decimals rounded to four."


def _is_finer(read: Mapping[str, Any]) -> bool:
    return any(numbers.has_more_places(number, MONEY_PLACES) for number in read.values())


def settle_dates(columns: list[ColumnEvidence], told: str | None) -> tuple[dict[str, str], list[str]]:
    """The order of day, month and year in each date column, and what to tell people of it.

    Each column speaks for itself: one file may hold dates of two systems. Raises ColumnsError with the question where
    columns leave it open.
    """
    if told:
        return _as_told(columns, told)
    _refuse_two_ways(columns)
    unsettled = [seen for seen in columns if seen.style is None]
    if unsettled:
        raise _open_question(_dates_text(unsettled), DATES)
    return {seen.column.name: seen.style for seen in columns if seen.style}, _decided_notes(columns)


def settle_signs(columns: list[ColumnEvidence], told: str | None) -> tuple[dict[str, str], list[str]]:
    """The decimal sign in each column of numbers, and what to tell people of it.

    What a column's own cells leave open is read as the settled columns of the same file are written.
    Raises ColumnsError with the question where the file leaves it open.
    """
    if told:
        return _as_told(columns, told)
    _refuse_two_ways(columns)
    decided = {seen.style for seen in columns if seen.decides}
    styles, followers = {}, []
    for seen in columns:
        style = seen.style
        if style is None and len(decided) == 1 and decided <= seen.viable:
            (style,) = decided
            followers.append(seen.column.name)
        if style is None:
            raise _open_question(_sign_text(seen), DECIMAL)
        styles[seen.column.name] = style
    notes = _decided_notes(columns)
    if followers:
        notes.append(f"{', '.join(followers)} could be read in two ways and is taken as the other columns are written.")
    return styles, notes


def _as_told(columns: list[ColumnEvidence], told: str) -> tuple[dict[str, str], list[str]]:
    seen_any = any(seen.against or seen.unsettled for seen in columns)
    notes = [_note(told, [seen.column.name for seen in columns])] if seen_any else []
    return {seen.column.name: told for seen in columns}, notes


def _refuse_two_ways(columns: list[ColumnEvidence]) -> None:
    for seen in columns:
        if not seen.viable:
            first, second = (seen.against[style] for style in reversed(seen.pair))
            raise _open_question(
                f"{seen.column.name} is written in two ways that exclude each other: '{first}' and '{second}'.",
                DECIMAL if seen.is_numeric else DATES,
            )


def _open_question(question: str, about: str) -> OpenQuestionError:
    return OpenQuestionError(question, about, _ANSWERS[about])


def _decided_notes(columns: list[ColumnEvidence]) -> list[str]:
    styles = dict.fromkeys(seen.style for seen in columns if seen.decides)
    return [_decided_note(style, columns) for style in styles if style]


def _decided_note(style: str, columns: list[ColumnEvidence]) -> str:
    settled = [seen for seen in columns if seen.decides and seen.style == style]
    shown = next(text for seen in settled for other, text in seen.against.items() if other in seen.pair)
    return _note(style, [seen.column.name for seen in settled], f", as '{shown}' shows")


def _note(style: str, names: list[str], shown: str = "") -> str:
    if style in dates.ORDERS:
        return f"Dates in {', '.join(names)} are read as {dates.ORDERS[style]}{shown}."
    return f"The decimal sign in {', '.join(names)} is a {style}{shown}."


def _dates_text(columns: list[ColumnEvidence]) -> str:
    """Which columns leave the order of day and month open, each with an example."""
    if len(columns) == 1:
        return f"{columns[0].column.name} could be day/month or month/day: e.g. '{columns[0].unsettled}'."
    *most, last = (f"{seen.column.name} (e.g. '{seen.unsettled}')" for seen in columns)
    return f"{', '.join(most)} and {last} could be day/month or month/day."


def _sign_text(seen: ColumnEvidence) -> str:
    read = numbers.readings(seen.unsettled or "", is_money=True)
    return (
        f"{seen.column.name} could have thousands or decimals: "
        f"'{seen.unsettled}' is {' or '.join(map(str, read.values()))}."
    )
