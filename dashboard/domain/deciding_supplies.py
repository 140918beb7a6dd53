"""Which supply decides when order lines are complete: the last one that they need. Knows no screen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dashboard.domain.allocation import Allocation
from dashboard.domain.days import NO_DAY, to_dates
from dashboard.domain.dimensions import text_of
from dashboard.domain.exact import Integers
from dashboard.domain.ordering import NONE_LAST

TO_BE_SHIPPED = "to be shipped"
NOTHING_ON_ORDER = "nothing on order"
REST_NOT_ON_ORDER = "rest not on order"
_NONE = -1
"""The position of no supply."""


def deciding_supplies(allocation: Allocation, lines: Integers, group: Integers) -> pd.DataFrame:
    """What groups of order lines wait for in the end, such as whole orders: one row per group, in order.

    lines: rows of the book; group: the number of each one's group, from 0 on, no group without a line.

    last_supply: the supply to come that is available last of those they take from, an undated one after all others,
        with how many more there are: "PO-7/1 and 2 more". With REST_NOT_ON_ORDER where some units have no supply;
        TO_BE_SHIPPED and NOTHING_ON_ORDER where there is none to come.
    last_supply_date: the day that supply is available [datetime64, NaT where there is none]
    last_supplier: its supplier's name, or its id where the name is not known, "" where there is none
    more_supplies: how many other supplies to come they take from
    """
    groups = int(group.max()) + 1 if len(group) else 0
    supply, more = _last_to_come(allocation, _group_of_line(allocation, lines, group), groups)
    is_uncovered = np.zeros(groups, dtype=bool)
    is_uncovered[group[allocation.uncovered[lines] > 0]] = True
    supplies, suppliers = allocation.book.supplies, allocation.book.suppliers
    names = _texts(supplies["supply_id"], supply)
    told = [_told(*each) for each in zip(names, more.tolist(), is_uncovered.tolist(), strict=True)]
    supplier_ids = pd.Series(_texts(supplies["supplier_id"], supply), dtype="str")
    return pd.DataFrame(
        {
            "last_supply": pd.Series(told, dtype="str"),
            "last_supply_date": to_dates(np.append(allocation.available, NO_DAY)[supply]),
            "last_supplier": text_of(supplier_ids, suppliers["supplier_id"], suppliers["name"]),
            "more_supplies": more,
        }
    )


def _texts(column: pd.Series, supply: Integers) -> list[str]:
    """The text of each supply, "" for none; of these alone, since the book may hold many."""
    texts = np.full(len(supply), "", dtype=object)
    is_known = supply != _NONE
    texts[is_known] = column.iloc[supply[is_known]].to_numpy(dtype=object)
    return [str(text) for text in texts]


def _group_of_line(allocation: Allocation, lines: Integers, group: Integers) -> Integers:
    """The group of every line of the book, _NONE for those that are not asked for."""
    of_line = np.full(len(allocation.ready), _NONE)
    of_line[lines] = group
    return of_line


def _last_to_come(allocation: Allocation, group_of_line: Integers, groups: int) -> tuple[Integers, Integers]:
    """The position of the last supply to come of each group, _NONE for none, and how many others it takes from."""
    group, supply = group_of_line[allocation.line_index], allocation.supply_index
    is_asked = (group != _NONE) & ~allocation.is_stock[supply]
    group, supply = group[is_asked], supply[is_asked]
    available = allocation.available[supply]
    order = np.lexsort((np.where(available == NO_DAY, NONE_LAST, available), group))
    last = np.full(groups, _NONE)
    last[group[order]] = supply[order]
    pairs = np.unique(np.stack([group, supply]), axis=1)
    return last, np.maximum(np.bincount(pairs[0], minlength=groups) - 1, 0)


def _told(supply: str, more: int, is_uncovered: bool) -> str:
    if not supply:
        return NOTHING_ON_ORDER if is_uncovered else TO_BE_SHIPPED
    named = f"{supply} and {more:,} more" if more else supply
    return f"{named}, {REST_NOT_ON_ORDER}" if is_uncovered else named
