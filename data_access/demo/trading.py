"""The demo company's 24 months: what was promised, bought, received and shipped, shelf by shelf.

A shelf is one SKU at one location. Its reasons are a company's: a reorder point that is too low, a supplier that comes
late, a promise given before the goods were there. Knows no frame and no store.
"""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np

from dashboard.domain.exact import Floats
from data_access.demo.catalogue import CHARACTERS, STOPPED, WORSENING, Source
from data_access.demo.demand import HISTORY_DAYS, OrderLine, next_workday

STOPPED_DAYS = 43
"""So many days ago the supplier that stopped delivered for the last time."""
_BUYERS_NOTICED_DAYS = 20
_WORSENING_DAYS, _WORST_LATE_DAYS = 200, 20
_NEGLECTED_EVERY, _NEGLECTED_DAYS = 19, 45
"""One SKU in 19 has not been reordered for 45 days: its buyer has left."""
_FAST_MOVER_LINES, _FAST_MOVER_COVER = 100, 1.1
"""Shelves with so many lines in 24 months are watched: they are reordered earlier."""
_COVER_DAYS = 60
_NO_PRIORITY, _NO_PROMISE = 99, 10_000_000


class Event(IntEnum):
    """What can happen on a day, in the order in which it happens."""

    RECEIPT = 0
    NEW_DUE_DATE = 1
    ORDER = 2
    SHIPPING = 3


@dataclass(slots=True)
class PurchaseLine:
    """One purchase-order line through its life.

    cancelled: the day on which the rest was. receipts: good and rejected quantity by day. due_changes: on which day the
    supplier moved its date from what to what. manual, due_when_moved: the date that a manager has set, and the due date
    that stood then.
    """

    source: Source
    sku: int
    location: int
    ordered: int
    first_due: int | None
    due: int | None
    ordered_qty: int
    open_qty: int
    cancelled_qty: int = 0
    cancelled: int | None = None
    receipts: dict[int, tuple[int, int]] = field(default_factory=dict)
    due_changes: list[tuple[int, int | None, int]] = field(default_factory=list)
    manual: int | None = None
    due_when_moved: int | None = None
    po_id: str = ""
    line_no: str = ""


def purchase_order_of(line: PurchaseLine) -> tuple[int, int, int]:
    """What one location orders of one supplier on one day is one purchase order."""
    return line.ordered, line.source.supplier, line.location


@dataclass(frozen=True)
class Delivery:
    """What a supplier will bring of one purchase-order line; the last one may leave a rest that is cancelled."""

    line: PurchaseLine
    good_qty: int
    rejected_qty: int
    cancelled_qty: int = 0


@dataclass(frozen=True)
class World:
    """What all shelves share: the last day, the dice, and each supplier's luck week by week."""

    today: int
    rng: np.random.Generator
    luck: Floats

    @classmethod
    def of(cls, rng: np.random.Generator, today: int) -> World:
        """A world that ends today."""
        return cls(today, rng, rng.standard_normal((len(CHARACTERS), HISTORY_DAYS // 7 + 20)))

    def chance(self, rate: float) -> bool:
        """Whether something happens that happens at this rate."""
        return bool(self.rng.random() < rate)


class Shelf:
    """One SKU at one location: stock, lines waiting for it, purchase-order lines on their way."""

    def __init__(
        self, world: World, sources: tuple[Source, ...], pack_qty: int, lines: list[OrderLine], cover: float
    ) -> None:
        self.sku, self.location, self.lines = lines[0].sku, lines[0].location, lines
        self.waiting: list[OrderLine] = []
        self.purchases: list[PurchaseLine] = []
        self._world, self._sources, self.pack_qty = world, sources, pack_qty
        self._events: list[tuple[int, Event, int, Any]] = []
        self._tickets = itertools.count()
        self._not_yet_ordered = 0
        daily_qty = sum(line.ordered_qty for line in lines) / HISTORY_DAYS
        lead_time = sources[0].lead_time_days if sources else 0
        cover = max(cover, _FAST_MOVER_COVER) if len(lines) > _FAST_MOVER_LINES else cover
        self._reorder_qty = max(cover, 0) * daily_qty * (lead_time + 8)
        self._lot_qty = daily_qty * _COVER_DAYS
        opening_qty = self._reorder_qty + self._lot_qty * world.rng.random() if sources else 4 * pack_qty
        self.stock = max(self._packs(opening_qty), 0)

    def trade(self) -> None:
        """Live through every day up to today."""
        for line in self.lines:
            self._plan(line.ordered, Event.ORDER, line)
        while self._events and self._events[0][0] <= self._world.today:
            day, event, _, subject = heapq.heappop(self._events)
            match event:
                case Event.RECEIPT:
                    self._receive(day, subject)
                case Event.NEW_DUE_DATE:
                    self._move_due_date(day, *subject)
                case Event.ORDER:
                    self._take_order(day, subject)
                case Event.SHIPPING:
                    self._ship(day)

    def uncovered_by_stock(self) -> list[OrderLine]:
        """The waiting lines that stock does not cover whole, in the order in which they are served."""
        return [line for line, from_stock in self._shares() if from_stock < line.open_qty]

    def _plan(self, day: int, event: Event, subject: Any) -> None:
        heapq.heappush(self._events, (day, event, next(self._tickets), subject))

    def _packs(self, qty: float) -> int:
        return -int(-qty // self.pack_qty) * self.pack_qty

    def _shares(self) -> list[tuple[OrderLine, int]]:
        """What each waiting line gets of the stock: by priority, promise and ordered day."""
        self.waiting.sort(key=lambda line: (line.priority or _NO_PRIORITY, line.promise or _NO_PROMISE, line.ordered))
        left, shares = self.stock, []
        for line in self.waiting:
            share = min(left, line.open_qty)
            left -= share
            shares.append((line, share))
        return shares

    def _take_order(self, day: int, line: OrderLine) -> None:
        line.open_qty = line.ordered_qty
        if line.gets_promise:
            line.first_promise = line.promise = self._promise(day, line)
        self.waiting.append(line)
        self._plan(max(day, line.ship_from), Event.SHIPPING, None)
        self._reorder(day)

    def _promise(self, day: int, line: OrderLine) -> int:
        """The day told to the customer: when there is enough, or, now and then, what the customer wants to hear."""
        wanted = next_workday(max(line.ship_from + 1, line.requested or 0))
        free = self.stock - sum(other.open_qty for other in self.waiting)
        if free >= line.ordered_qty or self._world.chance(0.5):
            return wanted
        dated = sorted((po.due, po.open_qty) for po in self.purchases if po.open_qty and po.due and po.due >= day)
        for due, qty in dated:
            free += qty
            if free >= line.ordered_qty:
                return max(wanted, next_workday(due + 2))
        lead_time = self._sources[0].lead_time_days if self._sources else 21
        return max(wanted, next_workday(day + lead_time + 6))

    def _ship(self, day: int) -> None:
        """Send what is due to be sent; a line in parts only where the customer takes it."""
        for line, share in self._shares():
            if share and line.ship_from <= day and (share == line.open_qty or line.may_split):
                line.shipments[day] = line.shipments.get(day, 0) + share
                line.open_qty -= share
                self.stock -= share
        self.waiting = [line for line in self.waiting if line.open_qty]

    def _receive(self, day: int, delivery: Delivery) -> None:
        line = delivery.line
        line.receipts[day] = (delivery.good_qty, delivery.rejected_qty)
        if delivery.cancelled_qty:
            line.cancelled_qty, line.cancelled = delivery.cancelled_qty, day
        line.open_qty -= delivery.good_qty + delivery.cancelled_qty
        self.stock += delivery.good_qty
        self._give_up(day)
        self._ship(day)
        self._reorder(day)

    def _give_up(self, day: int) -> None:
        """Some customers cancel the rest when it took too long."""
        for line in self.waiting:
            if day - max(line.ordered, line.ship_from) > 35 and self._world.chance(0.2):
                line.cancelled_qty, line.cancelled, line.open_qty = line.open_qty, day, 0
        self.waiting = [line for line in self.waiting if line.open_qty]

    def _move_due_date(self, day: int, purchase: PurchaseLine, due: int) -> None:
        """The supplier has moved its date; some of the customers who wait for it are told a new promise."""
        if due != purchase.due:
            purchase.due_changes.append((day, purchase.due, due))
        purchase.due = due
        promise = next_workday(due + 2)
        for line in self.uncovered_by_stock():
            if line.promise and line.promise < promise and self._world.chance(0.8):
                line.promise_changes.append((day, line.promise, promise))
                line.promise = promise

    def _reorder(self, day: int) -> None:
        """Buy when stock and what is on its way, less what is sold, fall to the reorder point."""
        coming = self._not_yet_ordered + sum(po.open_qty for po in self.purchases)
        position = self.stock + coming - sum(line.open_qty for line in self.waiting)
        source = self._choose_source(day)
        if source is None or position > self._reorder_qty:
            return
        ordered = _purchasing_day(next_workday(day), source.supplier)
        qty = self._packs(max(source.min_order_qty, self._reorder_qty + self._lot_qty - position))
        if ordered > self._world.today:
            self._not_yet_ordered += qty
            return
        due = next_workday(ordered + source.lead_time_days)
        purchase = PurchaseLine(source, self.sku, self.location, ordered, due, due, qty, qty)
        self.purchases.append(purchase)
        self._plan_delivery(purchase, due)

    def _choose_source(self, day: int) -> Source | None:
        """The usual source, sometimes another one; none for a SKU that nobody looks after.

        The supplier that stopped is no longer asked once that was noticed.
        """
        if self.sku % _NEGLECTED_EVERY == 5 and day > self._world.today - _NEGLECTED_DAYS:
            return None
        noticed = day > self._world.today - _BUYERS_NOTICED_DAYS
        usable = [s for s in self._sources if not (noticed and CHARACTERS[s.supplier] is STOPPED)]
        if not usable:
            return None
        return usable[-1] if self._world.chance(0.15) else usable[0]

    def _plan_delivery(self, purchase: PurchaseLine, due: int) -> None:
        character, rng = CHARACTERS[purchase.source.supplier], self._world.rng
        late_days = self._late_days(purchase.source.supplier, due)
        arrives = next_workday(max(due + late_days, purchase.ordered + 2))
        if arrives > self._world.today and purchase.ordered > self._world.today - 12 and self._world.chance(0.15):
            purchase.first_due = purchase.due = None
        elif late_days > 2 and self._world.chance(character.told_rate):
            told = next_workday(max(due - int(rng.integers(1, 12)), purchase.ordered + 1))
            admitted = next_workday(due + max(round(late_days * rng.uniform(0.5, 1.1)), 1))
            self._plan(told, Event.NEW_DUE_DATE, (purchase, admitted))
        if character is STOPPED and arrives > self._world.today - STOPPED_DAYS:
            if self._world.chance(character.told_rate):
                self._plan(next_workday(due + 3), Event.NEW_DUE_DATE, (purchase, next_workday(due + 14)))
            return
        self._plan_receipts(purchase, arrives)

    def _plan_receipts(self, purchase: PurchaseLine, arrives: int) -> None:
        """Mostly all at once; now and then in two parts, or with units that are rejected and sent again or not."""
        character, rng, qty = CHARACTERS[purchase.source.supplier], self._world.rng, purchase.ordered_qty
        second = next_workday(arrives + int(rng.integers(5, 18)))
        part = min(self._packs(qty * rng.uniform(0.05, 0.3)), qty - self.pack_qty)
        if part > 0 and self._world.chance(character.rejected_rate):
            self._plan(arrives, Event.RECEIPT, Delivery(purchase, qty - part, part))
        elif part > 0 and self._world.chance(character.split_rate):
            self._plan(arrives, Event.RECEIPT, Delivery(purchase, qty - part, 0))
        else:
            self._plan(arrives, Event.RECEIPT, Delivery(purchase, qty, 0))
            return
        is_cancelled = self._world.chance(0.2)
        rest = (
            Delivery(purchase, self.pack_qty, 0, part - self.pack_qty) if is_cancelled else Delivery(purchase, part, 0)
        )
        if not (character is STOPPED and second > self._world.today - STOPPED_DAYS):
            self._plan(second, Event.RECEIPT, rest)

    def _late_days(self, supplier: int, due: int) -> int:
        """Days late, negative for early: the supplier's habit, its luck of that week, a little of the line's own."""
        character, world = CHARACTERS[supplier], self._world
        week = (due - world.today + HISTORY_DAYS) // 7
        shock = 0.85 * world.luck[supplier, week % world.luck.shape[1]] + 0.5 * world.rng.standard_normal()
        usual = character.usual_late_days
        if character is WORSENING:
            usual += _WORST_LATE_DAYS * min(max(1 - (world.today - due) / _WORSENING_DAYS, 0), 1.2)
        return max(round(float(usual + character.spread_days * shock)), -5)


def _purchasing_day(day: int, supplier: int) -> int:
    """The next day on which the company orders from that supplier: each has its weekday."""
    return day + (supplier % 5 - (day + 6)) % 7
