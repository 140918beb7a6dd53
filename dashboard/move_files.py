"""Moves of restock dates in a file: checked row by row against the book and the rules, and told. Saves nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from dashboard.domain.book import PURCHASE_ORDER, Book
from dashboard.domain.effects import effect_of, effect_sentence, effect_sums
from dashboard.domain.plan import Plan
from dashboard.domain.restocks import Calendar, Move, SupplyKey, rows_of, why_refused
from data_access.reading import Refusal, TableReading

REFUSAL_COLUMNS = ["row_no", "column", "value", "reason"]
NOTE, CHANGE, EFFECT, REFUSED = "note", "change", "effect", "refused"
_LINE = "po_id, line_no"
_SHOWN = 10
_CUT = 40


@dataclass(frozen=True)
class MoveFile:
    """What a file of moves says.

    moves: of the rows that can be taken, by the versions of the book. refusals: one row per refused row and reason;
    row_no, column, value, reason. notes: how the file was read, in sentences.
    """

    source: str
    moves: list[Move]
    refusals: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def refused_rows(self) -> int:
        """How many rows are refused, for whatever number of reasons."""
        return int(self.refusals["row_no"].nunique())


def check_moves(reading: TableReading, book: Book, reasons: Sequence[str]) -> MoveFile:
    """The moves of a file read as records.MOVES, and why rows of it are refused.

    An empty restock date returns a line to the supplier's due date. reasons: those that may be given, in any case.
    """
    chunks = list(reading.chunks())
    rows = [row for chunk in chunks for row in chunk.rows.to_dict("records")]
    known = {reason.casefold(): reason for reason in reasons}
    wanted = [_move(row, known) for row in rows]
    versions = _versions(book, [move.key for move in wanted])
    firsts: dict[SupplyKey, int] = {}
    moves, refused = [], [refusal for chunk in chunks for refusal in chunk.refusals]
    for row, move in zip(rows, wanted, strict=True):
        first_row = firsts.setdefault(move.key, row["row_no"])
        against = [*_against_line(row, move, move.key in versions, first_row), *_against_move(row, move, reasons, book)]
        refused += against
        if not against:
            moves.append(Move(move.key, move.to_date, versions[move.key], move.reason, move.note))
    refusals = pd.DataFrame(sorted(refused, key=lambda refusal: refusal.row_no), columns=REFUSAL_COLUMNS)
    return MoveFile(reading.source, moves, refusals, reading.notes)


def in_words(read: MoveFile, plan: Plan, calendar: Calendar, currency: str) -> Iterator[tuple[str, str]]:
    """What a file of moves says, which rows of it are refused, and, where none is, what the moves do.

    Pairs of what it is (NOTE, CHANGE, EFFECT, REFUSED) and the words.
    """
    for note in read.notes:
        yield NOTE, note
    free = [f"{move.key.supply_id} on {_told(move.to_date)}" for move in read.moves if _is_free(move, calendar)]
    if free:
        yield NOTE, f"Weekend or holiday: {_cut(free)}."
    if read.moves and read.refusals.empty:
        yield from ((CHANGE, told) for told in _moves_in_words(read.moves, plan.book))
        yield from ((EFFECT, told) for told in _effect_in_words(plan, read.moves, currency))
    for refusal in read.refusals.itertuples():
        value = f" ({refusal.value[:_CUT]})" if refusal.value else ""
        yield REFUSED, f"row {refusal.row_no}, {refusal.column or 'all of it'}: {refusal.reason}{value}"


def saved_in_words(moved: int, asked: int) -> str:
    """How many of the moves that were asked for changed anything."""
    what = f"Moved {moved:,} restock {'date' if moved == 1 else 'dates'}"
    same = asked - moved
    if not same:
        return f"{what}."
    return f"{what}; {same:,} {'is as it was' if same == 1 else 'are as they were'}."


def _move(row: Mapping[str, Any], known: Mapping[str, str]) -> Move:
    """The move that a row wants; without a reason where its reason is not known."""
    day = None if pd.isna(row["restock_date"]) else row["restock_date"].date()
    reason = known.get(" ".join(row["reason"].split()).casefold(), "")
    return Move(SupplyKey(PURCHASE_ORDER, row["po_id"], row["line_no"]), day, 0, reason, row.get("note", ""))


def _versions(book: Book, keys: Sequence[SupplyKey]) -> dict[SupplyKey, int]:
    """The version of each of these lines that is still to come."""
    versions = book.supplies["version"]
    return {key: int(versions.iloc[row]) for key, row in rows_of(book.supplies, keys).items()}


def _against_line(row: Mapping[str, Any], move: Move, is_to_come: bool, first_row: int) -> Iterator[Refusal]:
    row_no, line = row["row_no"], move.key.supply_id
    if first_row != row_no:
        yield Refusal(row_no, _LINE, line, f"is there already, in row {first_row}: keep one of them")
    elif not is_to_come:
        yield Refusal(row_no, _LINE, line, "is complete, or there is no such line: nothing of it is still to come")


def _against_move(row: Mapping[str, Any], move: Move, reasons: Sequence[str], book: Book) -> Iterator[Refusal]:
    row_no = row["row_no"]
    if not move.reason:
        why = "is not one of them" if row["reason"] else "is empty"
        yield Refusal(row_no, "reason", row["reason"], f"reason {why}: write one of {', '.join(reasons)}")
    elif why := why_refused(move, book.today):
        yield Refusal(row_no, "restock_date", _told(move.to_date), f"{move.key.supply_id} {why}")


def _is_free(move: Move, calendar: Calendar) -> bool:
    return move.to_date is not None and calendar.is_free(move.to_date)


def _moves_in_words(moves: Sequence[Move], book: Book) -> Iterator[str]:
    """The first moves one by one, and how many follow."""
    shown = moves[:_SHOWN]
    rows = rows_of(book.supplies, [move.key for move in shown])
    for move in shown:
        now = book.supplies.iloc[rows[move.key]]
        to = _told(move.to_date or now["due_date"]) + ("" if move.to_date else ", the supplier's due date")
        yield f"{move.key.supply_id}: {_told(now['restock_date'])} -> {to} ({move.reason})"
    if len(moves) > _SHOWN:
        yield f"and {len(moves) - _SHOWN:,} more"


def _effect_in_words(plan: Plan, moves: Sequence[Move], currency: str) -> Iterator[str]:
    effect = effect_of(plan, moves)
    yield effect_sentence(effect)
    for sums in effect_sums(effect).itertuples():
        if sums.lines:
            counted = [
                _counted(sums.lines, "order line"), _counted(sums.orders, "order"),
                _counted(sums.customers, "customer"), f"{sums.units:,g} units", f"{sums.value:,.0f} {currency}",
            ]  # fmt: skip
            yield f"{sums.effect}: {', '.join(counted)}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _cut(told: Sequence[str]) -> str:
    more = f" and {len(told) - _SHOWN:,} more" if len(told) > _SHOWN else ""
    return f"{', '.join(told[:_SHOWN])}{more}"


def _told(day: date | pd.Timestamp | None) -> str:
    return "none" if day is None or pd.isna(day) else f"{day:%Y-%m-%d}"
