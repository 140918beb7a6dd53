"""What happened to each order line between two days, in whole thousandths of a unit. Knows no frame and no money.

The rules stand in dashboard.domain.bridge; here they are arithmetic on one entry per line.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dashboard.domain.allocation import Flags
from dashboard.domain.exact import Integers
from dashboard.domain.overview import BACKORDERED, OPEN

STEPS = (
    NEW := "new orders",
    REOPENED := "reopened or entered late",
    SHIPPED := "shipped",
    CANCELLED := "cancelled",
    QUANTITY := "quantity",
    UNCOVERED := "newly uncovered by stock",
    COVERED := "covered by receipts",
    UNKNOWN := "no longer known",
    PRICE := "price",
    MOVED := "moved between groups",
)
"""What can happen between two days, in the order of the bridge."""

STEPS_OF = {OPEN: tuple(step for step in STEPS if step not in (UNCOVERED, COVERED)), BACKORDERED: STEPS}
"""The steps that each part can have."""
ONLY_IF_ANY = (REOPENED, UNKNOWN, MOVED)
"""Steps that a bridge has only where something of them happened; it always has the others."""

ENTERS_BY = (NEW, REOPENED, UNCOVERED, QUANTITY, CANCELLED, SHIPPED)
LEAVES_BY = (COVERED, SHIPPED, CANCELLED, QUANTITY, UNKNOWN)
"""By which step a line enters or leaves a part: the first of these that brings or takes units."""

StepUnits = dict[str, Integers]
"""Units of each line that a step brings (above zero) or takes, by step."""


@dataclass(frozen=True, eq=False)
class Side:
    """What the lines say of themselves on one day: one entry per line, whole thousandths, 0 where it is not known.

    ordered - shipped - cancelled is what is open, or below zero where more was shipped than ordered; open and
    backordered are 0 for lines that the day's state does not hold.
    """

    ordered: Integers
    shipped: Integers
    cancelled: Integers
    open: Integers
    backordered: Integers


@dataclass(frozen=True, eq=False)
class Changes:
    """All lines that are open on one of two days, one entry each.

    is_new, is_reopened: of lines that the opening does not hold
    is_gone: of lines that the closing does not hold; is_unknown: where also nothing is known of them since
    """

    opening: Side
    closing: Side
    is_new: Flags
    is_reopened: Flags
    is_gone: Flags
    is_unknown: Flags

    def steps(self, part: str) -> StepUnits:
        """The units that each step brings or takes: the closing's part is the opening's with all of them."""
        return self.open_steps if part == OPEN else self.backordered_steps

    def units(self, part: str) -> tuple[Integers, Integers]:
        """The units of this part at the opening and at the closing."""
        sides = (self.opening, self.closing)
        before, after = ((side.open if part == OPEN else side.backordered) for side in sides)
        return before, after

    @cached_property
    def open_steps(self) -> StepUnits:
        """The steps of the open part."""
        added, taken = self._added, self._taken
        left_over = self.opening.open + sum(added.values()) - sum(taken.values()) - self.closing.open
        return {**added, **{step: added.get(step, 0) - taken[step] for step in taken}, UNKNOWN: -left_over}

    @cached_property
    def backordered_steps(self) -> StepUnits:
        """The steps of the backordered part."""
        added, taken = self._added, self._taken
        before, after = self.opening.backordered, self.closing.backordered
        ready = self.opening.open - before
        entered = {NEW: np.where(self.is_new, after, 0), REOPENED: np.where(self.is_reopened, after, 0)}
        rest = after - sum(entered.values())
        brought = {}
        for step in (QUANTITY, CANCELLED, SHIPPED):
            brought[step] = np.minimum(added[step], rest)
            rest = rest - brought[step]
        went = {SHIPPED: np.clip(taken[SHIPPED] - ready, 0, before)}
        staying = before - went[SHIPPED]
        for step in (CANCELLED, QUANTITY):
            went[step] = np.minimum(taken[step], staying)
            staying = staying - went[step]
        turned = rest - staying
        return {
            **entered,
            **{step: brought[step] - went[step] for step in (SHIPPED, CANCELLED, QUANTITY)},
            UNCOVERED: np.maximum(turned, 0),
            COVERED: np.where(self.is_gone, 0, np.minimum(turned, 0)),
            UNKNOWN: np.where(self.is_gone, np.minimum(turned, 0), 0),
        }

    def counts(self, part: str) -> StepUnits:
        """By which step each line enters or leaves the part: 1, -1, or 0 where it does neither."""
        steps, (before, after) = self.steps(part), self.units(part)
        counts = {step: np.zeros(len(before), dtype=np.int64) for step in steps}
        for order, sign, crosses in ((ENTERS_BY, 1, before == 0), (LEAVES_BY, -1, after == 0)):
            waiting = crosses & (before != after)
            for step in order:
                if step in steps:
                    is_by_this = waiting & (sign * steps[step] > 0)
                    counts[step] += sign * is_by_this
                    waiting &= ~is_by_this
        return counts

    @cached_property
    def _differences(self) -> StepUnits:
        """By how much each quantity grew, of lines of which that is known; those of new orders grew from nothing."""
        is_unknown = self.is_unknown | self.is_reopened
        sides = ((SHIPPED, "shipped"), (CANCELLED, "cancelled"), (QUANTITY, "ordered"))
        return {
            step: np.where(is_unknown, 0, getattr(self.closing, name) - getattr(self.opening, name))
            for step, name in sides
        }

    @cached_property
    def _added(self) -> StepUnits:
        """Units that came to the open part: ordered, or no longer shipped or cancelled."""
        grew = self._differences
        return {
            NEW: np.where(self.is_new, grew[QUANTITY], 0),
            REOPENED: np.where(self.is_reopened, self.closing.open, 0),
            SHIPPED: np.maximum(-grew[SHIPPED], 0),
            CANCELLED: np.maximum(-grew[CANCELLED], 0),
            QUANTITY: np.where(self.is_new, 0, np.maximum(grew[QUANTITY], 0)),
        }

    @cached_property
    def _taken(self) -> StepUnits:
        """Units that left the open part: first as shipped, then as cancelled, then as a smaller quantity."""
        grew = self._differences
        there = self.opening.open + sum(self._added.values())
        taken = {}
        for step, units in ((SHIPPED, grew[SHIPPED]), (CANCELLED, grew[CANCELLED]), (QUANTITY, -grew[QUANTITY])):
            taken[step] = np.minimum(np.maximum(units, 0), there)
            there = there - taken[step]
        return taken
