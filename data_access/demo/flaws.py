"""What makes the demo company doubtful and alive: data problems, dates set by managers, planned restocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from data_access.demo.catalogue import CHARACTERS, STOPPED
from data_access.demo.demand import OrderLine, last_workday, next_workday
from data_access.demo.trading import PurchaseLine, Shelf


@dataclass(frozen=True)
class Move:
    """A restock date that a manager set: on which purchase-order line, why, by whom. Days are ordinals."""

    purchase: PurchaseLine
    moved: int
    reason: str
    note: str


@dataclass(frozen=True)
class Plan:
    """Units that a manager expects without a purchase order [thousandths]."""

    shelf: Shelf
    planned_qty: int
    restock: int
    reason: str


@dataclass(frozen=True)
class Extras:
    """What managers did in the dashboard itself."""

    moves: list[Move]
    plans: list[Plan]


_MOVE_REASONS = (
    ("Supplier confirmed by phone", "Goods are packed, lorry booked", 5),
    ("Supplier confirmed by phone", "", 9),
    ("Held at customs", "Papers are complete", 12),
    ("Production problem at supplier", "New casting needed", 26),
    ("Partial delivery agreed", "", 7),
)
_STOPPED_MOVE = ("Supplier not answering", "Planning with the worst case", 40)
_PLAN_REASONS = (("Transfer from the other location", 4), ("Return from a building site", 6), ("Market purchase", 15))


def add_flaws(shelves: list[Shelf], today: int) -> Extras:
    """Put a few data problems into a settled company, and what its managers have set; return the latter."""
    waiting = [shelf for shelf in shelves if shelf.uncovered_by_stock()]
    _spoil_stock(waiting)
    _spoil_lines(shelves, today)
    return Extras(_moves(waiting, today), _plans(waiting, today))


def _spoil_stock(waiting: list[Shelf]) -> None:
    """One stock below zero, where there is none anyway."""
    empty = next(shelf for shelf in waiting if shelf.stock == 0)
    empty.stock = -3 * empty.pack_qty


def _spoil_lines(shelves: list[Shelf], today: int) -> None:
    """One line shipped twice over, one promise before the order, two prices of zero: on shelves with enough stock."""
    covered = [shelf for shelf in shelves if shelf.waiting and not shelf.uncovered_by_stock()]
    early, *unpriced = (shelf.waiting[-1] for shelf in covered[40:43])
    early.first_promise = early.promise = early.ordered - 3
    early.promise_changes.clear()
    for line in unpriced:
        line.unit_price = 0
    shipped_twice = next(_recently_shipped(shelves, today))
    for day in shipped_twice.shipments:
        shipped_twice.shipments[day] *= 2


def _recently_shipped(shelves: list[Shelf], today: int) -> Iterator[OrderLine]:
    for shelf in shelves[30:]:
        for line in shelf.lines:
            if not line.open_qty and len(line.shipments) == 1 and line.ordered > today - 30:
                yield line


def _moves(waiting: list[Shelf], today: int) -> list[Move]:
    """A few restock dates set by a manager, on lines that are overdue and that customers wait for."""
    overdue = [
        purchase
        for shelf in waiting
        for purchase in shelf.purchases
        if purchase.open_qty and purchase.due and purchase.due < today - 1
    ]
    usual = [purchase for purchase in overdue if CHARACTERS[purchase.source.supplier] is not STOPPED]
    stopped = [purchase for purchase in overdue if CHARACTERS[purchase.source.supplier] is STOPPED]
    reasons = [*_MOVE_REASONS, _STOPPED_MOVE]
    moved = [*usual[:: max(len(usual) // len(_MOVE_REASONS), 1)][: len(_MOVE_REASONS)], *stopped[:1]]
    moves = []
    for number, (purchase, (reason, note, days)) in enumerate(zip(moved, reasons, strict=False)):
        purchase.manual = next_workday(today + days)
        moves.append(Move(purchase, last_workday(today - 1 - number % 2), reason, note))
    return moves


def _plans(waiting: list[Shelf], today: int) -> list[Plan]:
    """Restocks planned without a purchase order, for shelves where customers wait and nothing is on its way."""
    bare = [shelf for shelf in waiting if not any(purchase.open_qty for purchase in shelf.purchases)]
    return [
        Plan(shelf, sum(line.open_qty for line in shelf.waiting), next_workday(today + days), reason)
        for shelf, (reason, days) in zip(bare[::4], _PLAN_REASONS, strict=False)
    ]
