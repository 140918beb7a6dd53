"""The allocation: which supply each open order line takes its units from, by the priority rule.

All of it is one sort of the order lines, one of the supplies, and sums that run within each (sku, location). Laid end
to end, the units that lines take and the units that supplies give are the same stretch cut at different points; between
two neighbouring cuts lies what one line takes of one supply. Knows no dates but those of the book, and no screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.domain.book import NO_PRIORITY, STOCK, Book
from dashboard.domain.days import NO_DAY, day_number, day_numbers, to_dates
from dashboard.domain.dimensions import category, tiers
from dashboard.domain.errors import SettingsError
from dashboard.domain.exact import Integers, line_values, to_thousandths, to_units
from dashboard.domain.ids import coded
from dashboard.domain.ordering import NONE_LAST, sorted_rows

Flags = npt.NDArray[np.bool_]
Rule = Sequence[str]

DEFAULT_RULE = ("priority", "promise_date", "ordered_date")
"""The priority rule, first key first; order id and line number in natural order always end it."""

NO_SUPPLY = -1
"""The position of no supply."""


@dataclass(frozen=True, eq=False)
class Allocation:
    """What each open order line of a book takes from which supply, by one priority rule.

    Positions are rows of book.lines and book.supplies. Quantities are whole thousandths of a unit.

    queue: every line's position, each (sku, location) together, within it in the order in which lines take
    queue_starts: where in the queue each (sku, location) begins
    line_index, supply_index, allocated: one entry per order line and supply that it takes from, in queue order and for
        each line in the order of its supplies
    ready, inbound, uncovered: one entry per line of the book; together they are its open quantity
    available: the day number of each supply of the book, NO_DAY where undated
    is_stock: whether each supply of the book is stock
    """

    book: Book
    rule: tuple[str, ...]
    queue: Integers
    queue_starts: Integers
    line_index: Integers
    supply_index: Integers
    allocated: Integers
    ready: Integers
    inbound: Integers
    uncovered: Integers
    available: Integers
    is_stock: Flags

    @cached_property
    def allocations(self) -> pd.DataFrame:
        """One row per order line and supply that it takes from, in the order of book.lines, earliest supply first.

        order_id, line_no, sku, location_id, supply_kind, supply_id, supplier_id [category]; available_date [datetime64,
        NaT where undated, today for stock]; allocated_qty [units]; line_index, supply_index [rows of the book].
        """
        rows = np.argsort(self.line_index, kind="stable")
        line, supply = self.line_index[rows], self.supply_index[rows]
        lines, supplies = self.book.lines, self.book.supplies
        of_line = {name: category(lines[name])[line] for name in ("order_id", "line_no", "sku", "location_id")}
        of_supply = {name: category(supplies[name])[supply] for name in ("supply_kind", "supply_id", "supplier_id")}
        return pd.DataFrame(
            {
                **of_line,
                **of_supply,
                "available_date": to_dates(self.available[supply]),
                "allocated_qty": to_units(self.allocated[rows]),
                "line_index": line,
                "supply_index": supply,
            }
        )

    @cached_property
    def queue_position(self) -> Integers:
        """The place of each line of the book in the queue."""
        position = np.empty(len(self.queue), dtype=np.int64)
        position[self.queue] = np.arange(len(self.queue))
        return position

    @cached_property
    def taken(self) -> Integers:
        """What the lines take from each supply of the book [thousandths of a unit]."""
        taken = np.zeros(len(self.book.supplies), dtype=np.int64)
        np.add.at(taken, self.supply_index, self.allocated)
        return taken

    @cached_property
    def last_entry(self) -> Integers:
        """Where the last supply that each line of the book takes from stands in supply_index; -1 where none."""
        entry = np.full(len(self.ready), -1)
        entry[self.line_index] = np.arange(len(self.line_index))  # of several entries of a line, the last one stays
        return entry

    @cached_property
    def deciding_supply(self) -> Integers:
        """The last supply to come that each line of the book takes from: its day decides when the line is complete.

        NO_SUPPLY where it takes from stock alone, or nothing.
        """
        supply = np.append(self.supply_index, NO_SUPPLY)[self.last_entry]
        return np.where(np.append(self.is_stock, True)[supply], NO_SUPPLY, supply)

    def before(self, line: int) -> Integers:
        """The lines that stand before this one in the queue for the same supply, first in the queue first."""
        place = self.queue_position[line]
        start = self.queue_starts[np.searchsorted(self.queue_starts, place, side="right") - 1]
        return self.queue[start:place]

    def rows_of(self, line: int) -> slice:
        """Where this line's entries stand in line_index, supply_index and allocated."""
        place = self.queue_position[line]
        first, last = np.searchsorted(self._row_places, [place, place + 1])
        return slice(int(first), int(last))

    @cached_property
    def _row_places(self) -> Integers:
        return self.queue_position[self.line_index]


def allocate(book: Book, rule: Rule = DEFAULT_RULE) -> Allocation:
    """What each open order line can be promised: each line in turn takes what is left of the earliest supplies.

    Quantities below zero count as zero. Raises SettingsError where the rule names a key that there is not.
    """
    check_rule(rule)
    line_group, supply_group = _groups(book)
    open_qty, supply_qty = _quantities(book.lines["open_qty"]), _quantities(book.supplies["supply_qty"])
    is_stock = (book.supplies["supply_kind"] == STOCK).to_numpy(dtype=bool)
    available = _available(book, is_stock)
    queue = sorted_rows(
        [line_group, *(PRIORITY_KEYS[key](book) for key in rule)], [book.lines["order_id"], book.lines["line_no"]]
    )
    queue_starts, group_of_line = _grouped(line_group[queue])
    supplies, group_of_supply = _wanted_supplies(
        book, [_none_last(available, NO_DAY), np.where(is_stock, 0, 1)], supply_group, line_group[queue[queue_starts]]
    )
    line_index, supply_index, allocated = _taken_in_turn(
        (queue, group_of_line, open_qty[queue]), (supplies, group_of_supply, supply_qty[supplies]), len(queue_starts)
    )
    from_stock = np.where(is_stock[supply_index], allocated, 0)
    ready = _sums(from_stock, line_index, len(queue))
    covered = _sums(allocated, line_index, len(queue))
    return Allocation(
        book=book,
        rule=tuple(rule),
        queue=queue,
        queue_starts=queue_starts,
        line_index=line_index,
        supply_index=supply_index,
        allocated=allocated,
        ready=ready,
        inbound=covered - ready,
        uncovered=open_qty - covered,
        available=available,
        is_stock=is_stock,
    )


def allocate_skus(book: Book, skus: Iterable[str], rule: Rule = DEFAULT_RULE) -> Allocation:
    """The same for some SKUs alone; its positions are rows of the smaller book that it holds."""
    return allocate(book.of_skus(set(skus)), rule)


def check_rule(rule: Rule) -> None:
    """Raises SettingsError where the rule names a key that there is not, or one twice."""
    allowed = f"Name one or more of {', '.join(PRIORITY_KEYS)}, first key first."
    for place, key in enumerate(rule):
        if key not in PRIORITY_KEYS:
            raise SettingsError(f"The priority rule has no key {key!r}. {allowed}")
        if key in rule[:place]:
            raise SettingsError(f"The priority rule names {key!r} twice. {allowed}")


def _day_key(column: str) -> Callable[[Book], Integers]:
    def key(book: Book) -> Integers:
        return _none_last(day_numbers(book.lines[column]), NO_DAY)

    return key


def _priority_key(book: Book) -> Integers:
    return _none_last(book.lines["priority"].to_numpy(dtype=np.int64), NO_PRIORITY)


def _tier_key(book: Book) -> Integers:
    return tiers(book.lines["customer_id"], book.customers)


def _open_value_key(book: Book) -> Integers:
    return -line_values(book.lines["open_qty"], book.lines["unit_price"])


PRIORITY_KEYS: dict[str, Callable[[Book], Integers]] = {
    "priority": _priority_key,
    "promise_date": _day_key("promise_date"),
    "ordered_date": _day_key("ordered_date"),
    "requested_date": _day_key("requested_date"),
    "first_promise_date": _day_key("first_promise_date"),
    "tier": _tier_key,
    "open_value": _open_value_key,
}
"""What a priority rule may name: each key's number for every line of the book, the lowest first, NONE_LAST for none."""


def _none_last(numbers: Integers, none: int) -> Integers:
    return np.where(numbers == none, NONE_LAST, numbers)


def _groups(book: Book) -> tuple[Integers, Integers]:
    """A number for the (sku, location) of each line and of each supply; -1 for a supply that no line could take."""
    line_sku, skus = coded(book.lines["sku"])
    line_location, locations = coded(book.lines["location_id"])
    supply_sku = _codes_among(skus, book.supplies["sku"])
    supply_location = _codes_among(locations, book.supplies["location_id"])
    is_known = (supply_sku >= 0) & (supply_location >= 0)
    return (
        line_sku * len(locations) + line_location,
        np.where(is_known, supply_sku * len(locations) + supply_location, -1),
    )


def _codes_among(texts: pd.Index, column: pd.Series) -> Integers:
    codes, own_texts = coded(column)
    return texts.get_indexer(own_texts)[codes].astype(np.int64)


def _quantities(units: pd.Series) -> Integers:
    return np.maximum(to_thousandths(units), 0)


def _available(book: Book, is_stock: Flags) -> Integers:
    """The day number of each supply: today for stock, NO_DAY for a day that is missing or already over."""
    today = day_number(book.today)
    restock = day_numbers(book.supplies["restock_date"])
    return np.where(is_stock, today, np.where(restock >= today, restock, NO_DAY))


def _wanted_supplies(
    book: Book, keys: Sequence[Integers], supply_group: Integers, groups: Integers
) -> tuple[Integers, Integers]:
    """The supplies of these groups in the order in which they give, and the place of each one's group among them."""
    place = np.searchsorted(groups, supply_group)
    rows = np.flatnonzero(np.append(groups, -2)[place] == supply_group)
    ids = [book.supplies[name].iloc[rows] for name in ("supply_id", "supply_kind")]
    ordered = rows[sorted_rows([key[rows] for key in (place, *keys)], ids)]
    return ordered, place[ordered]


def _grouped(sorted_groups: Integers) -> tuple[Integers, Integers]:
    """Where each group begins in a sorted column, and the place of each row's group among the groups."""
    is_first = np.diff(sorted_groups, prepend=-1) != 0
    return np.flatnonzero(is_first), np.cumsum(is_first) - 1


Side = tuple[Integers, Integers, Integers]
"""Lines, or supplies, in the order in which they take or give: their position, group and quantity."""


def _taken_in_turn(lines: Side, supplies: Side, groups: int) -> Side:
    """One entry per line and supply that it takes from: position of the line, of the supply, and the quantity."""
    totals = [_sums(quantity, group, groups) for _, group, quantity in (lines, supplies)]
    caps = np.minimum(*totals)
    line_index, line_cuts = _cuts(lines, totals[0], caps)
    supply_index, supply_cuts = _cuts(supplies, totals[1], caps)
    rows_per_line, supply_of_row, allocated = _between_cuts(line_cuts, supply_cuts)
    return np.repeat(line_index, rows_per_line), supply_index[supply_of_row], allocated


def _cuts(side: Side, totals: Integers, caps: Integers) -> tuple[Integers, Integers]:
    """Who takes or gives anything at all, and where each one's stretch ends, all groups laid end to end.

    Each group's stretch is as long as its cap, for lines and supplies alike; what goes beyond it falls away.
    """
    index, group, quantity = side
    cap_ends = np.cumsum(caps)
    shift = (cap_ends - caps) - (np.cumsum(totals) - totals)
    cuts = np.minimum(np.cumsum(quantity) + shift[group], cap_ends[group])
    counts = np.diff(cuts, prepend=0) > 0
    return index[counts], cuts[counts]


def _between_cuts(line_cuts: Integers, supply_cuts: Integers) -> Side:
    """How many rows each line has, and each row's supply and quantity: the stretches between neighbouring cuts."""
    line_at_cut = np.searchsorted(line_cuts, supply_cuts)
    is_inside = line_cuts[line_at_cut] != supply_cuts
    rows_per_line = 1 + np.bincount(line_at_cut[is_inside], minlength=len(line_cuts))
    last_rows = np.cumsum(rows_per_line) - 1
    ends_line = np.zeros(rows_per_line.sum(), dtype=bool)
    ends_line[last_rows] = True
    ends = np.empty(len(ends_line), dtype=np.int64)
    ends[last_rows] = line_cuts
    ends[~ends_line] = supply_cuts[is_inside]
    ends_supply = ~ends_line
    ends_supply[last_rows[line_at_cut[~is_inside]]] = True
    return rows_per_line, np.cumsum(ends_supply) - ends_supply, np.diff(ends, prepend=0)


def _sums(quantities: Integers, places: Integers, count: int) -> Integers:
    """The sum of the quantities at each place."""
    sums = np.zeros(count, dtype=np.int64)
    np.add.at(sums, places, quantities)
    return sums
