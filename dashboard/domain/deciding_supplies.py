"""What order lines and whole orders wait for in the end, in words: the supply that decides. Knows no screen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dashboard.domain.allocation import NO_SUPPLY, Allocation
from dashboard.domain.days import NO_DAY, to_dates
from dashboard.domain.exact import Integers
from dashboard.domain.ordering import NONE_LAST

TO_BE_SHIPPED = "to be shipped"
NOTHING_ON_ORDER = "nothing on order"
REST_NOT_ON_ORDER = "rest not on order"
_NO_GROUP = -1


def deciding_supplies(allocation: Allocation, lines: Integers, group: Integers, groups: int) -> pd.DataFrame:
    """What groups of order lines wait for in the end, such as whole orders: one row per group, in order.

    lines: rows of the book; group: the number of each one's group, from 0 to groups - 1.

    last_supply: of the deciding supplies of the group's lines the one that is available last, an undated one after all
        others, with how many more supplies to come they take from: "PO-7/1 and 2 more". With REST_NOT_ON_ORDER where
        some units have no supply; TO_BE_SHIPPED and NOTHING_ON_ORDER where there is none to come.
    last_supply_date: the day that supply is available [datetime64, NaT where there is none]
    """
    supply = _last_to_come(allocation, lines, group, groups)
    more = np.maximum(_supplies_to_come(allocation, lines, group, groups) - 1, 0)
    is_uncovered = np.zeros(groups, dtype=bool)
    is_uncovered[group[allocation.uncovered[lines] > 0]] = True
    names = _supply_ids(allocation, supply)
    told = [_told(*each) for each in zip(names, more.tolist(), is_uncovered.tolist(), strict=True)]
    return pd.DataFrame(
        {
            "last_supply": pd.Series(told, dtype="str"),
            "last_supply_date": to_dates(np.append(allocation.available, NO_DAY)[supply]),
        }
    )


def _last_to_come(allocation: Allocation, lines: Integers, group: Integers, groups: int) -> Integers:
    """The position of the deciding supply of each group that is available last, NO_SUPPLY for none."""
    supply = allocation.deciding_supply[lines]
    is_to_come = supply != NO_SUPPLY
    supply, group = supply[is_to_come], group[is_to_come]
    available = allocation.available[supply]
    order = np.argsort(np.where(available == NO_DAY, NONE_LAST, available), kind="stable")
    last = np.full(groups, NO_SUPPLY)
    last[group[order]] = supply[order]
    return last


def _supplies_to_come(allocation: Allocation, lines: Integers, group: Integers, groups: int) -> Integers:
    """How many supplies to come each group takes from."""
    group_of_line = np.full(len(allocation.ready), _NO_GROUP)
    group_of_line[lines] = group
    taker, supply = group_of_line[allocation.line_index], allocation.supply_index
    counts = (taker != _NO_GROUP) & ~allocation.is_stock[supply]
    pairs = np.unique(np.stack([taker[counts], supply[counts]]), axis=1)
    return np.bincount(pairs[0], minlength=groups)


def _supply_ids(allocation: Allocation, supply: Integers) -> list[str]:
    """The id of each supply, "" for none; of these alone, since the book may hold many."""
    ids = np.full(len(supply), "", dtype=object)
    is_supply = supply != NO_SUPPLY
    ids[is_supply] = allocation.book.supplies["supply_id"].iloc[supply[is_supply]].to_numpy(dtype=object)
    return [str(each) for each in ids]


def _told(supply: str, more: int, is_uncovered: bool) -> str:
    if not supply:
        return NOTHING_ON_ORDER if is_uncovered else TO_BE_SHIPPED
    named = f"{supply} and {more:,} more" if more else supply
    return f"{named}, {REST_NOT_ON_ORDER}" if is_uncovered else named
