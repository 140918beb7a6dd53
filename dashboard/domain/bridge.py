"""The bridge from one day's backlog to another's, to the unit: what came, what went, and why.

Knows no store and no screen. The rules, for every figure of it (docs/decisions/0013-bridge.md):

- Lines are joined by order id and line number. What they say of themselves on both days is compared, not what happened
  in between: an order that came and was shipped whole between the two days is in neither, and so in no step.
- Open part. A line that the opening does not hold is a new order where it was ordered on the opening's day or later: it
  brings what was ordered, and what was shipped and cancelled of it so far stands in these steps. Otherwise it was
  reopened or entered late, and brings what is open. Of a line that is no longer open, units leave as shipped first,
  then as cancelled, then as a smaller quantity, each only as far as units are left: what was shipped above the order
  never was in the backlog. What is known of it nowhere is a step of its own.
- Backordered part. A line is a row of units: those covered by stock stand in front, the backordered ones behind. What
  is shipped leaves from the front, what is cancelled or reduced from the back, what is added stands at the very back.
  Each unit that was backordered and is not, or is and was not, counts once: by what it left or came with; where it is
  open on both days, as covered by receipts or newly uncovered by stock. New and reopened lines bring what is
  backordered of them.
- A line counts once where it enters a part and once where it leaves it, by ENTERS_BY and LEAVES_BY.
- Each step is valued at the opening's price (what is new at its own), by differences of the running quantity's value,
  so that roundings cancel out; the closing's units times the difference of price are the step "price".
- In a split, each step counts for the group that the line was in at the opening; where it is in another at the closing,
  what is left of it leaves that group and enters the other in the step "moved between groups".
- Quantities are added as whole thousandths, money as whole ten-thousandths: opening + steps == closing exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from dashboard.domain.backlog import STATE_DTYPE
from dashboard.domain.bridge_steps import (
    CANCELLED,
    COVERED,
    MOVED,
    NEW,
    ONLY_IF_ANY,
    PRICE,
    QUANTITY,
    REOPENED,
    SHIPPED,
    STEPS,
    STEPS_OF,
    UNCOVERED,
    UNKNOWN,
    Changes,
    Side,
)
from dashboard.domain.days import day_number, day_numbers
from dashboard.domain.exact import Integers, exact_values, to_money, to_ten_thousandths, to_thousandths, to_units
from dashboard.domain.ids import natural_rank
from dashboard.domain.line_pairs import NO_ROW, LinePairs, at_rows, paired
from dashboard.domain.overview import BACKORDERED, OPEN
from dashboard.domain.plan import Plan
from dashboard.domain.redated import redated_sentence

PARTS = (OPEN, BACKORDERED)
OPENING, CLOSING = "opening", "closing"
SPLITS = ("customer", "supplier", "category")

_GROUP_COLUMNS = {
    "customer": ("customer_id", "customer_name"),
    "supplier": ("supplier_id", "supplier_name"),
    "category": ("category", "category"),
}
_STATE_COLUMNS = (
    "order_id", "line_no", "customer_id", "customer_name", "sku", "category", "location_id", "supplier_id",
    "supplier_name", "waits_for", "waits_for_kind", "state", "ordered_date", "promise_date", "first_promise_date",
    "expected_date", "waits_until", "days_late", "age_days", "ordered_qty", "shipped_qty", "cancelled_qty", "open_qty",
    "ready_qty", "inbound_qty", "uncovered_qty", "backordered_qty", "unit_price", "open_value", "backordered_value",
)  # fmt: skip
_TEXTS = ("order_id", "line_no", "customer_id", "customer_name", "sku", "category", "supplier_id", "supplier_name")
_DATES = ("ordered_date", "promise_date", "expected_date")
_OF_LEFT = ("ordered", "shipped", "cancelled")
_STEP_DTYPE = pd.CategoricalDtype(pd.Index(STEPS, dtype="str"), ordered=True)


@dataclass(frozen=True, eq=False)
class State:
    """The backlog of one day as the bridge needs it, with the figures that were shown that day.

    lines: one row per open order line.
        order_id, line_no, customer_id, customer_name, sku, category, location_id, supplier_id, supplier_name,
        waits_for, waits_for_kind [category]; state [STATE_DTYPE]; ordered_date, promise_date, first_promise_date,
        expected_date, waits_until [datetime64, NaT where none]; days_late [days, NaN where none]; age_days [days];
        ordered_qty, shipped_qty, cancelled_qty [with what was closed], open_qty, ready_qty, inbound_qty, uncovered_qty,
        backordered_qty [units]; unit_price, open_value, backordered_value [money]
    supplies: one row per supply, as Book.supplies
    """

    day: date
    data_revision: int
    lines: pd.DataFrame
    supplies: pd.DataFrame


def state_of(plan: Plan) -> State:
    """The state of a plan's day: what a snapshot keeps of it, or "now" to compare with one."""
    book, backlog = plan.book, plan.backlog
    columns = {name: (book.lines if name == "cancelled_qty" else backlog)[name] for name in _STATE_COLUMNS}
    return State(book.today, book.data_revision, pd.DataFrame(columns, copy=False), book.supplies)


def gone_between(opening: State, closing: State) -> pd.DataFrame:
    """The lines that are open at the opening alone: one row each, with order_id and line_no [str]."""
    nothing = pd.DataFrame({name: pd.Series(dtype="str") for name in ("order_id", "line_no")})
    pairs = paired(opening.lines, closing.lines, nothing)
    rows = pairs.before_row[pairs.is_before & ~pairs.is_after]
    return opening.lines[["order_id", "line_no"]].iloc[rows].astype("str").reset_index(drop=True)


def bridge(
    opening: State, closing: State, left: pd.DataFrame, part: str = OPEN, split: str | None = None
) -> pd.DataFrame:
    """From the opening to the closing in steps: one row per step, and per group where split is one of SPLITS.

    group, group_name [only with a split; an id and its name, the same for categories, "" where there is none; groups by
    closing money, the most first]; step [OPENING, those of STEPS_OF, CLOSING]; lines [signed count]; qty [units,
    signed]; value [money, signed]. Opening + steps == closing exactly in each measure, in whole and per group. Every
    group has the same steps, those of ONLY_IF_ANY only where any group has them.
    """
    return Comparison(opening, closing, left).bridge(part, split)


def line_bridge(
    opening: State, closing: State, left: pd.DataFrame, part: str = OPEN, split: str | None = None
) -> pd.DataFrame:
    """The lines behind a bridge: one row per order line and step that it takes part in, by step, most money first.

    order_id, line_no, customer_id, customer_name, sku, category, supplier_id, supplier_name [str]; ordered_date,
    promise_date, expected_date; state [all as at the closing, else as at the opening]; is_open [at the closing]; step;
    lines [-1, 0 or 1]; qty_thousandths, value_ten_thousandths [whole numbers, signed]; qty [units]; value [money];
    group [only with a split: the id of the group that it counts for; a line that moved between groups has a row for
    each of the two]. Their sums are the steps of `bridge`.
    """
    return Comparison(opening, closing, left).lines(part, split)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two states laid side by side: worked out once, then asked for any part and split.

    left: one row per line of the opening that is not open at the closing, where its quantities are known.
        order_id, line_no; ordered_qty, shipped_qty, cancelled_qty [units, as of when it had left]. Of several rows of a
        line the last counts; other lines may be among them.
    """

    opening: State
    closing: State
    left: pd.DataFrame
    _groups_of: dict[str | None, _Groups] = field(default_factory=dict, init=False, repr=False)

    def bridge(self, part: str = OPEN, split: str | None = None) -> pd.DataFrame:
        """The bridge of this part; see the function `bridge`."""
        groups, entries = self._groups(split), self._entries(part, split)
        sums = _sums(entries, groups, self._ends[part])
        happened = np.asarray(sums.any(axis=(0, 2)))
        steps = [step for step in STEPS_OF[part] if step not in ONLY_IF_ANY or happened[1 + STEPS.index(step)]]
        sums = sums[:, [0, *(1 + STEPS.index(step) for step in steps), -1]]
        if split is None:
            return pd.DataFrame(_told(sums, steps), copy=False)
        order = _in_order(sums, groups.ids)
        each = np.repeat(order, len(steps) + 2)
        names = {"group": groups.ids.take(each), "group_name": groups.names.take(each)}
        return pd.DataFrame({**names, **_told(sums[order], steps)}, copy=False)

    def lines(
        self, part: str = OPEN, split: str | None = None, *, step: str | None = None, group: str | None = None
    ) -> pd.DataFrame:
        """The lines behind the bridge of this part, of one step or group alone where told; see `line_bridge`."""
        groups, entries = self._groups(split), self._entries(part, split)
        rows = np.arange(len(entries.line))
        if step is not None:
            rows = rows[entries.step[rows] == STEPS.index(step)]
        if group is not None:
            rows = rows[np.asarray(groups.ids == group)[entries.group[rows]]]
        rows = rows[np.lexsort((-np.abs(entries.measures[rows, 2]), entries.step[rows]))]
        line, (lines, units, money) = entries.line[rows], entries.measures[rows].T
        told = {
            **{name: self._at_last(name, line) for name in (*_TEXTS, *_DATES, "state")},
            "is_open": self._pairs.is_after[line],
            "step": pd.Categorical.from_codes(entries.step[rows], dtype=_STEP_DTYPE),
            "lines": lines,
            "qty_thousandths": units,
            "value_ten_thousandths": money,
            "qty": to_units(units),
            "value": to_money(money),
        }
        if split is not None:
            told["group"] = pd.Categorical.from_codes(entries.group[rows], categories=groups.ids)
        return pd.DataFrame(told, copy=False)

    @cached_property
    def _pairs(self) -> LinePairs:
        return paired(self.opening.lines, self.closing.lines, self.left)

    @cached_property
    def _changes(self) -> Changes:
        pairs = self._pairs
        is_in, is_there = pairs.is_before, pairs.is_after
        ordered = day_numbers(pairs.both(*self._columns("ordered_date"))[1])
        is_new = ~is_in & (ordered >= day_number(self.opening.day))
        is_unknown = ~is_there & (pairs.left_row == NO_ROW)
        return Changes(
            opening=_side(self.opening.lines, pairs.before_row),
            closing=_side(self.closing.lines, pairs.after_row, self.left, pairs.left_row),
            is_new=is_new,
            is_reopened=~is_in & ~is_new,
            is_gone=~is_there,
            is_unknown=is_unknown,
        )

    @cached_property
    def _ends(self) -> dict[str, tuple[Integers, Integers]]:
        """Lines, units and money of each line at the opening and at the closing, by part."""
        pairs = self._pairs
        sides = ((self.opening.lines, pairs.before_row), (self.closing.lines, pairs.after_row))
        return {part: (_measures(*sides[0], part), _measures(*sides[1], part)) for part in PARTS}

    def _entries(self, part: str, split: str | None) -> _Entries:
        """What each step brings and takes of each line, with the groups of a split."""
        entries = self._ungrouped[part]
        if split is None:
            return entries
        groups, closing = self._groups(split), self._ends[part][1]
        line = np.flatnonzero((groups.before != groups.after) & self._pairs.is_before & (closing[:, 0] > 0))
        step = np.full(len(line), STEPS.index(MOVED))
        return _joined(
            replace(entries, group=groups.before[entries.line]),
            _Entries(line, step, groups.before[line], -closing[line]),
            _Entries(line, step, groups.after[line], closing[line]),
        )

    @cached_property
    def _ungrouped(self) -> dict[str, _Entries]:
        """What each step brings and takes of each line in whole, by part."""
        return {part: self._valued(part) for part in PARTS}

    def _valued(self, part: str) -> _Entries:
        """The steps of a part in lines, units and money: differences of the running quantity's value."""
        opening, closing = self._ends[part]
        units, counts = self._changes.steps(part), self._changes.counts(part)
        price = self._pairs.both(*map(to_ten_thousandths, self._columns("unit_price")))[0]
        running = opening[:, 1].copy()
        value = exact_values(running, price)
        entries, shown = [], closing[:, 2] - opening[:, 2] + value
        for step in STEPS_OF[part]:
            if step in units:
                line = np.flatnonzero(units[step])
                running[line] += units[step][line]
                after = exact_values(running[line], price[line])
                entries.append(_entries_of(step, line, counts[step][line], units[step][line], after - value[line]))
                value[line] = after
        line = np.flatnonzero(shown - value)
        none = np.zeros(len(line), dtype=np.int64)
        return _joined(*entries, _entries_of(PRICE, line, none, none, (shown - value)[line]))

    def _groups(self, split: str | None) -> _Groups:
        """Which group of a split each line is in; all in one without a split."""
        if split not in self._groups_of:
            self._groups_of[split] = self._grouped(split)
        return self._groups_of[split]

    def _grouped(self, split: str | None) -> _Groups:
        if split is None:
            one, nothing = np.zeros(len(self._pairs.before_row), dtype=np.int64), pd.Index([""], dtype="str")
            return _Groups(one, one, nothing, nothing)
        id_column, name_column = _GROUP_COLUMNS[split]
        before, after, ids = self._pairs.texts(id_column)
        if name_column == id_column:
            return _Groups(before, after, ids, ids)
        name_before, name_after, names = self._pairs.texts(name_column)
        name = np.zeros(len(ids), dtype=np.int64)
        name[before] = name_before
        # Of a line that left, both sides tell the old name, which may have been changed since.
        is_after = self._pairs.is_after
        name[after[is_after]] = name_after[is_after]
        return _Groups(before, after, ids, names.take(name))

    def _columns(self, name: str) -> tuple[Any, Any]:
        return self.opening.lines[name], self.closing.lines[name]

    def _at_last(self, name: str, line: Integers) -> Any:
        """What the closing says of these lines, else the opening."""
        if name in _DATES:
            return self._pairs.both(*self._columns(name))[1][line]
        _, codes, texts = self._pairs.texts(name)
        if name == "state":
            return pd.Categorical(texts.take(codes[line]), dtype=STATE_DTYPE)
        return pd.Categorical.from_codes(codes[line], categories=texts)


@dataclass(frozen=True, eq=False)
class _Entries:
    """What steps bring and take: one entry per order line and step, for each group that it counts for.

    line: the line's place among all of a comparison; step: its place in STEPS; group: the group's number; measures:
    lines, units [thousandths] and money [ten-thousandths] beside each other, signed
    """

    line: Integers
    step: Integers
    group: Integers
    measures: Integers


@dataclass(frozen=True, eq=False)
class _Groups:
    """The group of each line at the opening and at the closing, as its number among the ids and names of groups.

    Where a line is not open on one of the days, its group is that of the other.
    """

    before: Integers
    after: Integers
    ids: pd.Index
    names: pd.Index


def _side(
    lines: pd.DataFrame, row: Integers, left: pd.DataFrame | None = None, left_row: Integers | None = None
) -> Side:
    """What the lines say of themselves on a day, else what is known of those that left."""
    opened, backordered, shipped, cancelled = (
        at_rows(to_thousandths(lines[name]), row)
        for name in ("open_qty", "backordered_qty", "shipped_qty", "cancelled_qty")
    )
    side = Side(opened + shipped + cancelled, shipped, cancelled, opened, backordered)
    if left is None or left_row is None:
        return side
    of_left = {name: at_rows(to_thousandths(left[f"{name}_qty"]), left_row) for name in _OF_LEFT}
    return replace(side, **{name: np.where(row == NO_ROW, of_left[name], getattr(side, name)) for name in _OF_LEFT})


def _measures(lines: pd.DataFrame, row: Integers, part: str) -> Integers:
    """Lines, units and money of the part that each line is open or backordered with, as they were shown."""
    units = at_rows(to_thousandths(lines[f"{part}_qty"]), row)
    money = at_rows(to_ten_thousandths(lines[f"{part}_value"]), row)
    return np.column_stack([units > 0, units, money]).astype(np.int64)


def _entries_of(step: str, line: Integers, lines: Integers, units: Integers, money: Integers) -> _Entries:
    places = np.full(len(line), STEPS.index(step))
    return _Entries(line, places, np.zeros(len(line), dtype=np.int64), np.column_stack([lines, units, money]))


def _joined(*parts: _Entries) -> _Entries:
    return _Entries(*(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(_Entries)))


def _sums(entries: _Entries, groups: _Groups, ends: tuple[Integers, Integers]) -> Integers:
    """Sums by group, then opening, STEPS and closing, then lines, units and money: whole numbers, added as such."""
    columns = len(STEPS) + 2
    sums = np.zeros((3, len(groups.ids) * columns), dtype=np.int64)
    cells = [
        (groups.before * columns, ends[0]),
        (entries.group * columns + 1 + entries.step, entries.measures),
        (groups.after * columns + columns - 1, ends[1]),
    ]
    for cell, measures in cells:
        for each, of_measure in zip(sums, measures.T, strict=True):
            np.add.at(each, cell, of_measure)
    return sums.reshape(3, len(groups.ids), columns).transpose(1, 2, 0)


def _in_order(sums: Integers, ids: pd.Index) -> Integers:
    """The groups of which there is anything, by money at the closing and at the opening, then in natural order."""
    there = np.flatnonzero(sums.any(axis=(1, 2)))
    money = sums[there, :, 2]
    return there[np.lexsort((natural_rank(ids.take(there)), -money[:, 0], -money[:, -1]))]


def _told(sums: Integers, steps: Sequence[str]) -> dict[str, Any]:
    """The columns of a bridge, its groups below each other."""
    lines, units, money = sums.reshape(-1, 3).T
    return {
        "step": pd.Index([OPENING, *steps, CLOSING] * len(sums), dtype="str"),
        "lines": lines,
        "qty": to_units(units),
        "value": to_money(money),
    }


_IN_WORDS = {
    NEW: ("{} new", "{} new"),
    REOPENED: ("{} reopened or entered late", "{} reopened or entered late"),
    SHIPPED: ("{} shipped", "{} whose shipping was taken back"),
    CANCELLED: ("{} cancelled", "{} whose cancelling was taken back"),
    QUANTITY: ("{} reduced", "{} raised"),
    UNCOVERED: ("{} newly uncovered by stock", "{} newly uncovered by stock"),
    COVERED: ("{} covered by receipts", "{} covered by receipts"),
    UNKNOWN: ("{} no longer known", "{} no longer known"),
}
"""What the sentence says of the lines that left by a step, and of those that entered by it."""


def week_sentence(bridge_open: pd.DataFrame, bridge_backordered: pd.DataFrame, redated: pd.DataFrame) -> str:
    """What changed, as plain text, from both bridges without a split and the lines of redated_lines.

    "Backordered went from 412 to 389 lines: 31 new, 22 shipped, 4 cancelled, 12 newly uncovered by stock, 40 covered by
    receipts. The open backlog went from 905 to 930 lines: 120 new, 88 shipped, 7 cancelled. 31 lines slipped, by 6 days
    in the median; 4 improved; 3 lost their date."
    """
    told = [_went("Backordered", bridge_backordered), _went("The open backlog", bridge_open), redated_sentence(redated)]
    return " ".join(told)


def _went(what: str, told: pd.DataFrame) -> str:
    """From how many lines to how many, and by what: steps that brought and took as many lines are left out."""
    lines = dict(zip(told["step"], told["lines"].tolist(), strict=True))
    opening, closing = lines.pop(OPENING), lines.pop(CLOSING)
    by = ", ".join(_IN_WORDS[step][count > 0].format(f"{abs(count):,}") for step, count in lines.items() if count)
    if opening == closing:
        went = f"{what} stayed at {closing:,} {'line' if closing == 1 else 'lines'}"
    else:
        went = f"{what} went from {opening:,} to {closing:,} {'line' if closing == 1 else 'lines'}"
    return f"{went}: {by}." if by else f"{went}."
