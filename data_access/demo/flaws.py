"""What makes the demo company doubtful and alive: data problems, dates set by managers, planned restocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from data_access.demo.demand import OrderLine, last_workday, next_workday
from data_access.demo.managers import PEOPLE, Move, draw_moves
from data_access.demo.trading import Shelf


@dataclass(frozen=True)
class Plan:
    """Units that a manager expects without a purchase order [thousandths], noted on which day. Days are ordinals."""

    shelf: Shelf
    planned_qty: int
    restock: int
    made: int
    by: str
    note: str


@dataclass(frozen=True)
class Extras:
    """What managers did in the dashboard itself."""

    moves: list[Move]
    plans: list[Plan]


_PLANS = (("Transfer from the other location", 4), ("Return from a building site", 6), ("Market purchase", 15))


def add_flaws(shelves: list[Shelf], today: int) -> Extras:
    """Put a few data problems into a settled company, and what its managers have set; return the latter."""
    waiting = [shelf for shelf in shelves if shelf.uncovered_by_stock()]
    _spoil_stock(waiting)
    _spoil_lines(shelves, today)
    return Extras(draw_moves(shelves, waiting, today), _plans(waiting, today))


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


def _plans(waiting: list[Shelf], today: int) -> list[Plan]:
    """Restocks planned without a purchase order, for shelves where customers wait and nothing is on its way."""
    made = last_workday(today - 4)
    bare = [shelf for shelf in waiting if not any(purchase.open_qty for purchase in shelf.purchases)]
    return [
        Plan(shelf, sum(line.open_qty for line in shelf.waiting), next_workday(today + days), made, by, note)
        for shelf, (note, days), by in zip(bare[::4], _PLANS, PEOPLE, strict=False)
    ]
