"""What the demo company's managers did to restock dates: set them, changed their mind, moved a batch back.

Each has habits: one hits the day, one hopes too much, one is careful, one guesses. Knows no frame and no store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from dashboard.domain.restocks import FILE, FORM, TABLE, UNDO, UNDONE
from data_access.demo.catalogue import CHARACTERS, SEED, STOPPED
from data_access.demo.demand import last_workday, next_workday
from data_access.demo.trading import PurchaseLine, Shelf, purchase_order_of

PEOPLE = {"a.weber": (0.2, 1.3), "j.moreau": (-4.0, 2.5), "k.lindqvist": (3.0, 2.0), "s.okafor": (0.0, 5.0)}
"""Who moves restock dates, and how far the dates are usually from the day the goods come: mean and spread [days]."""
_PAST_DAYS, _PAST_LINES = 150, 75
_NOTES = {
    "supplier confirmed": ("Told by phone", "Goods are packed", ""),
    "supplier late": ("New casting needed", "Short of steel", "Two shifts are missing"),
    "customs": ("Held for inspection", "Papers are missing"),
    "quality hold": ("Samples are at the laboratory",),
    "carrier": ("Missed the ferry", "Lorry broke down"),
    "estimate": ("No answer from the supplier", ""),
}
_OPEN = (
    ("supplier confirmed", "Goods are packed, lorry booked", 5),
    ("supplier confirmed", "Told by phone", 9),
    ("customs", "Papers are complete", 12),
    ("supplier late", "New casting needed", 26),
    ("estimate", "Partial delivery agreed", 7),
)
_STOPPED_MOVE = ("estimate", "Supplier not answering: the worst case", 40)


@dataclass(frozen=True)
class Move:
    """One move of a purchase-order line's restock date. Days are ordinals, None for none; minute is that of the day.

    number: which of all moves; batch: which of all batches; undoes: the number of the move that it moves back.
    """

    number: int
    batch: int
    purchase: PurchaseLine
    day: int
    minute: int
    before: int | None
    after: int | None
    was_manual: bool
    due: int | None
    reason: str
    note: str
    by: str
    how: str
    undoes: int | None = None

    @property
    def is_manual(self) -> bool:
        """Whether a manager's date stands after it."""
        return self.undoes is None


class Diary:
    """All moves as they are made: each knows what stood before, and the line what stands now."""

    def __init__(self, seed: Sequence[int]) -> None:
        self.moves: list[Move] = []
        self.rng = np.random.default_rng(seed)
        self._batches = 0

    def move(
        self, purchases: Sequence[PurchaseLine], days: Sequence[int], on: int, reason: str, by: str, how: str = FORM,
        note: str | None = None,
    ) -> list[Move]:  # fmt: skip
        """Set the dates of these lines as one batch; the moves made."""
        self._batches += 1
        minute = 6 * 60 + int(self.rng.integers(600))
        note = str(self.rng.choice(_NOTES[reason])) if note is None else note
        made: list[Move] = []
        for purchase, after in zip(purchases, days, strict=True):
            due, held = due_on(purchase, on), purchase.manual
            before = due if held is None else held
            made.append(Move(
                len(self.moves) + len(made), self._batches, purchase, on, minute, before, after, held is not None, due,
                reason, note, by, how,
            ))  # fmt: skip
            purchase.manual, purchase.due_when_moved = after, due
        self.moves += made
        return made

    def move_back(self, batch: list[Move], on: int, by: str) -> None:
        """Give the lines of a batch the supplier's date back: it was their first move."""
        self._batches += 1
        minute = 6 * 60 + int(self.rng.integers(600))
        for move in batch:
            purchase, due = move.purchase, due_on(move.purchase, on)
            self.moves.append(Move(
                len(self.moves), self._batches, purchase, on, minute, move.after, due, True, due, UNDONE, "", by, UNDO,
                undoes=move.number,
            ))  # fmt: skip
            purchase.manual = purchase.due_when_moved = None


def due_on(purchase: PurchaseLine, day: int) -> int | None:
    """The supplier's date as it stood on the evening of a day."""
    told = [after for changed, _, after in purchase.due_changes if changed <= day]
    return told[-1] if told else purchase.first_due


def draw_moves(shelves: list[Shelf], waiting: list[Shelf], today: int) -> list[Move]:
    """What the managers did in the last months, oldest first. waiting: shelves that customers wait for."""
    diary = Diary((SEED, 4))
    past = _come_late(shelves, today)
    batches = _batches_of(past)
    _move_batches(diary, batches)
    used = {id(purchase) for batch in batches for purchase in batch}
    single = [purchase for purchase in past if id(purchase) not in used]
    for place in sorted(diary.rng.permutation(len(single))[:_PAST_LINES].tolist()):
        _move_until_it_came(diary, single[place])
    _move_overdue(diary, waiting, today)
    _move_before_the_supplier_did(diary, waiting, today)
    return sorted(diary.moves, key=lambda move: (move.day, move.minute, move.batch, move.number))


def _come_late(shelves: list[Shelf], today: int) -> list[PurchaseLine]:
    """Purchase-order lines that have come whole in the last months, late enough that somebody looked after them."""
    return [
        purchase
        for shelf in shelves
        for purchase in shelf.purchases
        if purchase.receipts and not purchase.open_qty and purchase.first_due
        if today - _PAST_DAYS < _came(purchase) < today and _came(purchase) - purchase.first_due >= 4
        if _came(purchase) - purchase.ordered >= 12
    ]  # fmt: skip


def _came(purchase: PurchaseLine) -> int:
    return max(purchase.receipts)


def _batches_of(past: list[PurchaseLine]) -> list[list[PurchaseLine]]:
    """Three purchase orders of which several lines came late."""
    past = sorted(past, key=purchase_order_of)
    orders = [list(lines) for _, lines in groupby(past, key=purchase_order_of)]
    return sorted((lines for lines in orders if len(lines) >= 3), key=len, reverse=True)[:3]


def _move_batches(diary: Diary, batches: list[list[PurchaseLine]]) -> None:
    """Whole purchase orders at once: to one date, by a file, and one in error that was moved back on the next day."""
    hows = (
        (TABLE, "a.weber", "supplier late", 1),
        (FILE, "s.okafor", "carrier", 3),
        (FORM, "j.moreau", "estimate", 14),
    )
    for lines, (how, by, reason, later) in zip(batches, hows, strict=False):
        first, last = min(map(_came, lines)), max(map(_came, lines))
        on = last_workday(first - 5)
        made = diary.move(lines, [next_workday(last + later)] * len(lines), on, reason, by, how)
        if how == FORM:
            diary.move_back(made, next_workday(on + 1), by)


def _move_until_it_came(diary: Diary, purchase: PurchaseLine) -> None:
    """Once, or now and then twice: the second time with better news."""
    rng, came = diary.rng, _came(purchase)
    by = str(rng.choice(list(PEOPLE)))
    last = last_workday(came - int(rng.integers(3, 8)))
    if rng.random() < 0.25 and last - 6 > purchase.ordered:
        hoped = next_workday(max(last, purchase.first_due or 0) + int(rng.integers(1, 5)))
        diary.move([purchase], [hoped], last_workday(last - 3), "estimate", by)
    usual, spread = PEOPLE[by]
    reason = str(rng.choice(list(_NOTES), p=[0.3, 0.3, 0.1, 0.05, 0.1, 0.15]))
    close = 0.4 if reason == "supplier confirmed" else 1.0
    told = next_workday(max(came + round(float(usual + spread * rng.standard_normal()) * close), last))
    diary.move([purchase], [told], last, reason, by)


def _move_overdue(diary: Diary, waiting: list[Shelf], today: int) -> None:
    """A few dates of lines that are overdue and that customers wait for."""
    overdue = [
        purchase
        for shelf in waiting
        for purchase in shelf.purchases
        if purchase.open_qty and purchase.due and purchase.due < today - 1
    ]
    usual = [purchase for purchase in overdue if CHARACTERS[purchase.source.supplier] is not STOPPED]
    stopped = [purchase for purchase in overdue if CHARACTERS[purchase.source.supplier] is STOPPED]
    chosen = [*usual[:: max(len(usual) // len(_OPEN), 1)][: len(_OPEN)], *stopped[:1]]
    people = [*PEOPLE, *PEOPLE]
    for number, (purchase, (reason, note, days)) in enumerate(zip(chosen, [*_OPEN, _STOPPED_MOVE], strict=False)):
        on = last_workday(today - 1 - number % 2)
        diary.move([purchase], [next_workday(today + days)], on, reason, people[number], note=note)


def _move_before_the_supplier_did(diary: Diary, waiting: list[Shelf], today: int) -> None:
    """A few dates of lines to come, whose supplier gave another one since: somebody has to choose."""
    told = last_workday(today - 3)
    to_come = [
        purchase
        for shelf in waiting
        for purchase in shelf.purchases
        if purchase.open_qty and purchase.manual is None and not purchase.due_changes
        if purchase.due and purchase.due > today + 2 and purchase.ordered < told - 6
    ]  # fmt: skip
    for purchase, (by, later) in zip(to_come, (("a.weber", 12), ("j.moreau", 9), ("k.lindqvist", 16)), strict=False):
        due = purchase.due or today
        on = last_workday(told - 4)
        diary.move([purchase], [next_workday(due + 4)], on, "supplier late", by)
        purchase.due = next_workday(due + later)
        purchase.due_changes.append((told, due, purchase.due))
