"""Restock dates: what is still to come, the changes that a manager wants, and the rules that they keep.

A change is an intention: it holds what the manager saw (the version) and what shall be. Knows no store and no screen.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from dashboard.domain.book import PLANNED_RESTOCK, PURCHASE_ORDER, Book
from dashboard.domain.days import NO_DAY, day_number, day_numbers, to_dates
from dashboard.domain.exact import Integers
from dashboard.domain.frames import put
from dashboard.domain.texts import why_no_text

DEFAULT_REASONS = (
    "supplier confirmed",
    "supplier late",
    "customs",
    "quality hold",
    "carrier",
    "estimate",
    "correction",
)
"""Why a manager may move a restock date, unless the settings list others."""
KEPT, TAKEN, UNDONE = OWN_REASONS = ("our date kept", "supplier's date taken", "moved back")
"""Reasons that the program itself gives: an answer to a supplier's new date, and an undo."""
FORM, TABLE, FILE, UNDO = HOWS = ("form", "table", "file", "undo")
"""How a move was made."""
MOST_YEARS = 5
"""A restock date lies at most so many years ahead."""
WEEKEND = ("saturday", "sunday")


@dataclass(frozen=True, order=True)
class SupplyKey:
    """Which supply: a purchase-order line by po_id and line_no, or a planned restock by plan_id and no line_no."""

    supply_kind: str
    document_id: str
    line_no: str = ""

    @property
    def supply_id(self) -> str:
        """The key as one text, as it is shown: "PO-881/1", "PLAN-3"."""
        return f"{self.document_id}/{self.line_no}" if self.supply_kind == PURCHASE_ORDER else self.document_id


@dataclass(frozen=True)
class Move:
    """A change of one supply's restock date, as a manager wants it.

    to_date: the day to plan with. None clears a purchase-order line's manual date, which returns it to the supplier's
        due date, and leaves a planned restock without a date.
    version: that of the supply which the manager saw.
    to_qty: of a planned restock, the units to expect from now on [units], 0 to expect it no more; None leaves them.
    undoes: the move_id that this one moves back.
    due_date_when_moved: of an undo, the due date that stood beside the date that it restores. Every other move has the
        present due date stand beside its own.
    sku, location_id: of a planned restock that is no longer expected and shall be again.
    """

    key: SupplyKey
    to_date: date | None
    version: int
    reason: str
    note: str = ""
    to_qty: float | None = None
    undoes: int | None = None
    due_date_when_moved: date | None = None
    sku: str = ""
    location_id: str = ""


@dataclass(frozen=True)
class NewRestock:
    """Units that a manager begins to expect without a purchase order. The id is the caller's, made once."""

    plan_id: str
    sku: str
    location_id: str
    planned_qty: float
    restock_date: date | None
    reason: str
    note: str = ""

    @property
    def key(self) -> SupplyKey:
        """The key of the planned restock that it makes."""
        return SupplyKey(PLANNED_RESTOCK, self.plan_id)


Change = Move | NewRestock


@dataclass(frozen=True)
class Calendar:
    """The days on which nothing comes in: days of the week by number, Monday being 0, and single days."""

    weekend: Collection[int] = (5, 6)
    holidays: Collection[date] = ()

    def is_free(self, day: date) -> bool:
        """Whether nobody works on that day."""
        return day.weekday() in self.weekend or day in self.holidays

    def shifted(self, day: date, days: int) -> date:
        """So many working days later, or earlier below zero. A free day counts as the working day before it."""
        week = [number not in self.weekend for number in range(7)]
        holidays = np.array(sorted(self.holidays), dtype="datetime64[D]")
        moved = np.busday_offset(np.datetime64(day), days, roll="backward", weekmask=week, holidays=holidays)
        return date.fromisoformat(str(moved))


def last_day(today: date) -> date:
    """The latest restock date that is taken: five years from today."""
    try:
        return today.replace(year=today.year + MOST_YEARS)
    except ValueError:  # the 29th of February
        return today.replace(year=today.year + MOST_YEARS, day=28)


def why_refused(change: Change, today: date) -> str | None:
    """Why a change cannot be taken, as the end of a sentence about its supply; None where it can.

    A date may be set from today to five years ahead. An undo may restore any date that stood before.
    """
    day = change.to_date if isinstance(change, Move) else change.restock_date
    quantity = change.to_qty if isinstance(change, Move) else change.planned_qty
    if why := why_no_text(change.note) or why_no_text(change.reason):
        return f"has a note or a reason that {why}: write another"
    if isinstance(change, Move) and change.undoes is not None:
        return None
    if not change.reason:
        return "has no reason: choose why the date moves"
    goes = "would move to" if isinstance(change, Move) else "would come on"
    if day is not None and day < today:
        return f"{goes} {day}, which is already over: choose today or a later day"
    if day is not None and day > last_day(today):
        return f"{goes} {day}, more than {MOST_YEARS} years ahead: choose a day up to {last_day(today)}"
    if quantity is not None and not np.isfinite(quantity):
        return "has no quantity: write how many units are expected"
    if quantity is not None and quantity < 0:
        return "would be expected with less than 0 units: write 0 or more"
    return None


def changed_book(book: Book, changes: Sequence[Change]) -> Book:
    """The book as it will be once the changes are saved. Moves of supplies that the book does not hold change nothing.

    A later change of the same supply replaces an earlier one.
    """
    supplies = book.supplies
    latest = {change.key: change for change in changes}
    moves = {key: change for key, change in latest.items() if isinstance(change, Move)}
    held = rows_of(supplies, moves)
    added = [change for change in latest.values() if isinstance(change, NewRestock) and change.planned_qty > 0]
    added += [_again(move) for key, move in moves.items() if key not in held and move.sku and move.to_qty]
    if held:
        supplies = _moved(supplies, {key: moves[key] for key in held}, np.array(list(held.values()), dtype=np.int64))
    if added:
        supplies = pd.concat([supplies, _added(supplies, added)], ignore_index=True)
    return replace(book, supplies=supplies)


def keys_of(supplies: pd.DataFrame) -> list[SupplyKey]:
    """The key of each supply of a book."""
    return _keys_at(supplies, np.arange(len(supplies)))


def rows_of(supplies: pd.DataFrame, keys: Collection[SupplyKey], among: Integers | None = None) -> dict[SupplyKey, int]:
    """The row of each of these supplies in the book, of those that it holds; looked for among some rows, or all."""
    wanted = set(keys)
    if among is None:
        among = np.flatnonzero(supplies["document_id"].isin({key.document_id for key in wanted}))
    return {key: int(row) for row, key in zip(among, _keys_at(supplies, among), strict=True) if key in wanted}


def _keys_at(supplies: pd.DataFrame, rows: Integers) -> list[SupplyKey]:
    columns = (supplies[name].array.take(rows).tolist() for name in ("supply_kind", "document_id", "line_no"))
    return [SupplyKey(*key) for key in zip(*columns, strict=True)]


def _again(move: Move) -> NewRestock:
    """A planned restock that is expected again."""
    return NewRestock(
        move.key.document_id, move.sku, move.location_id, move.to_qty or 0.0, move.to_date, move.reason, move.note
    )


def _moved(supplies: pd.DataFrame, moves: dict[SupplyKey, Move], rows: Integers) -> pd.DataFrame:
    """The supplies with those in these rows moved."""
    wanted = list(moves.values())
    due = day_numbers(supplies["due_date"].iloc[rows])
    to_date = np.array([_day(move.to_date) for move in wanted], dtype=np.int64)
    restored = np.array([_day(move.due_date_when_moved) for move in wanted], dtype=np.int64)
    beside = np.where([move.undoes is not None for move in wanted], restored, due)
    is_order = np.array([move.key.supply_kind == PURCHASE_ORDER for move in wanted], dtype=bool)
    is_manual = is_order & (to_date != NO_DAY)
    held = supplies["supply_qty"].to_numpy()[rows]
    quantities = np.array([qty if move.to_qty is None else move.to_qty for qty, move in zip(held, wanted, strict=True)])
    changed = supplies.assign(
        restock_date=put(supplies["restock_date"], rows, to_dates(np.where(is_order & ~is_manual, due, to_date))),
        due_date_when_moved=put(supplies["due_date_when_moved"], rows, to_dates(np.where(is_manual, beside, NO_DAY))),
        is_moved=put(supplies["is_moved"], rows, is_manual),
        supply_qty=put(supplies["supply_qty"], rows, quantities),
    )
    return changed[changed["supply_qty"] > 0].reset_index(drop=True)


def _added(supplies: pd.DataFrame, added: Sequence[NewRestock]) -> pd.DataFrame:
    """Rows as the book will hold them for planned restocks that are to be."""
    rows = pd.DataFrame(
        {
            "supply_kind": PLANNED_RESTOCK,
            "supply_id": [new.plan_id for new in added],
            "sku": [new.sku for new in added],
            "location_id": [new.location_id for new in added],
            "supply_qty": [float(new.planned_qty) for new in added],
            "restock_date": to_dates(np.array([_day(new.restock_date) for new in added])),
            "supplier_id": "",
            "is_moved": False,
            "document_id": [new.plan_id for new in added],
            "line_no": "",
            "version": 1,
        }
    )
    for name in ("ordered_date", "first_due_date", "due_date", "due_date_when_moved"):
        rows[name] = pd.NaT
    return rows[list(supplies.columns)].astype({name: supplies[name].dtype for name in _plain_columns(supplies)})


def _day(day: date | None) -> int:
    return NO_DAY if day is None else day_number(day)


def _plain_columns(supplies: pd.DataFrame) -> list[str]:
    """Columns whose type new rows take over; categories would lose what they have not seen."""
    return [name for name in supplies.columns if not isinstance(supplies[name].dtype, pd.CategoricalDtype)]
