"""Order lines whose expected date changed between two states: by how much, why, and by whose move. Knows no store.

A line that is ready now counts only where that is sooner than it was expected: since when it is ready is not known.

The cause is the first that fits, looked up for the supply that decided the line's date then and for the one that does
now:

- our move: its restock date changed, and that was ours on one of the two days, or it is a planned restock;
- supplier's date: its restock date changed otherwise, with the supplier's due date;
- its day passed: its restock date is over and it has not come, so that it promises nothing any more;
- supply came or was cancelled: it is no longer to come, was not to come then, or its quantity changed;
- other lines: none of these; the line's own quantity changed, or who stands before it in the queue.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dashboard.domain.allocation import Flags
from dashboard.domain.backlog import READY
from dashboard.domain.book import PLANNED_RESTOCK
from dashboard.domain.days import NO_DAY, day_number, day_numbers, days_between, to_dates
from dashboard.domain.exact import Integers, to_thousandths
from dashboard.domain.line_pairs import NO_ROW, at_rows, last_rows, paired, row_keys

if TYPE_CHECKING:
    from dashboard.domain.bridge import State

CAUSES = (
    OUR_MOVE := "our move",
    SUPPLIERS_DATE := "supplier's date",
    DAY_PASSED := "its day passed",
    SUPPLY := "supply came or was cancelled",
    OTHER_LINES := "other lines",
)
"""Why a line is re-dated: the first that fits."""

DIRECTIONS = (
    SLIPPED := "slipped",
    IMPROVED := "improved",
    LOST := "lost its date",
    WON := "won a date",
)
"""How a line is re-dated."""

_DIRECTION_DTYPE = pd.CategoricalDtype(pd.Index(DIRECTIONS, dtype="str"), ordered=True)
_CAUSE_DTYPE = pd.CategoricalDtype(pd.Index(CAUSES, dtype="str"), ordered=True)
_IN_WORDS = {
    SLIPPED: ("slipped", "slipped"),
    IMPROVED: ("improved", "improved"),
    LOST: ("lost its date", "lost their date"),
    WON: ("won a date", "won a date"),
}
_WORST_FIRST = (LOST, SLIPPED, WON, IMPROVED)
_AS_NOW = (
    "order_id", "line_no", "customer_id", "customer_name", "sku", "category", "supplier_id", "supplier_name",
    "waits_for", "state", "promise_date", "backordered_value",
)  # fmt: skip
_SUPPLY_KEY = (
    ("waits_for_kind", "supply_kind"),
    ("waits_for", "supply_id"),
    ("sku", "sku"),
    ("location_id", "location_id"),
)
"""What an order line says of the supply that it waits for, and where that stands in the supplies."""
_OF_MOVES = ["supply_kind", "document_id", "line_no"]


def redated_lines(opening: State, closing: State, moves: pd.DataFrame) -> pd.DataFrame:
    """The lines open on both days that are expected on another day: one row per line, lost dates and worst slips first.

    order_id, line_no, customer_id, customer_name, sku, category, supplier_id, supplier_name, waits_for [category],
    state, promise_date, backordered_value [money]: all as at the closing; from_date, to_date [expected then and now,
    NaT where none]; days [to - from, positive slipped; NaN where a date was lost or won]; direction [DIRECTIONS]; cause
    [CAUSES]; who [made the last of our moves; "" where the cause is another].

    moves: Ledger.moves, of which those from the opening's day to the closing's are looked at.
    """
    pairs = paired(opening.lines, closing.lines, opening.lines.iloc[:0])
    is_both = pairs.is_before & pairs.is_after
    then, now = opening.lines.iloc[pairs.before_row[is_both]], closing.lines.iloc[pairs.after_row[is_both]]
    is_redated = _is_redated(then, now, day_number(closing.day))
    then, now = then[is_redated], now[is_redated]
    from_day, to_day = day_numbers(then["expected_date"]), day_numbers(now["expected_date"])
    days = days_between(to_day, from_day)
    direction = np.select(
        [to_day == NO_DAY, from_day == NO_DAY, days > 0],
        [DIRECTIONS.index(each) for each in (LOST, WON, SLIPPED)],
        DIRECTIONS.index(IMPROVED),
    )
    cause, supply = _causes(then, now, opening, closing)
    lines = pd.DataFrame(
        {
            **{name: now[name].array for name in _AS_NOW},
            "from_date": to_dates(from_day),
            "to_date": to_dates(to_day),
            "days": days,
            "direction": pd.Categorical.from_codes(direction, dtype=_DIRECTION_DTYPE),
            "cause": pd.Categorical.from_codes(cause, dtype=_CAUSE_DTYPE),
            "who": _movers(closing.supplies, supply, _between(moves, opening, closing)),
        }
    )
    place = np.array([_WORST_FIRST.index(each) for each in DIRECTIONS])[direction]
    order = np.lexsort((-lines["backordered_value"], -np.nan_to_num(days), place))
    return lines.iloc[order].reset_index(drop=True)


def redated_sums(redated: pd.DataFrame) -> pd.DataFrame:
    """How many lines were re-dated, how, and why: one row per direction and cause that there is, in their order.

    direction; cause; lines; median_days, total_days [positive slipped; NaN where dates were lost or won].
    """
    groups = redated.groupby(["direction", "cause"], observed=True)["days"]
    sums = groups.agg(lines="size", median_days="median").reset_index()
    return sums.assign(total_days=groups.sum(min_count=1).to_numpy())


def redated_sentence(redated: pd.DataFrame) -> str:
    """How many lines were re-dated, as plain text.

    "31 lines slipped, by 6 days in the median; 4 improved, by 2 days in the median; 3 lost their date."
    """
    told: list[str] = []
    for direction, words in _IN_WORDS.items():
        days = redated["days"][redated["direction"] == direction].abs()
        if len(days):
            noun = "" if told else " line" if len(days) == 1 else " lines"
            by = f", by {_days_in_words(days.median())} in the median" if days.notna().any() else ""
            told.append(f"{len(days):,}{noun} {words[len(days) > 1]}{by}")
    return f"{'; '.join(told)}." if told else "No line is expected on another day than then."


def counted(direction: str, lines: int) -> str:
    """So many lines that were re-dated in a direction, as plain text: "1 lost its date", "6 lost their date"."""
    return f"{lines:,} {_IN_WORDS[direction][lines > 1]}"


def _days_in_words(days: float) -> str:
    return f"{days:,g} {'day' if days == 1 else 'days'}"


def _is_redated(then: pd.DataFrame, now: pd.DataFrame, today: int) -> Flags:
    from_day, to_day = day_numbers(then["expected_date"]), day_numbers(now["expected_date"])
    has_come = (now["state"] == READY).to_numpy() & (from_day != NO_DAY) & (from_day <= today)
    return np.asarray((from_day != to_day) & ~has_come)


def _causes(then: pd.DataFrame, now: pd.DataFrame, opening: State, closing: State) -> tuple[Integers, Integers]:
    """Why each line is re-dated, as its place in CAUSES, and the supply at the closing that we moved, else NO_ROW."""
    was_ready, is_ready = ((each["state"] == READY).to_numpy() for each in (then, now))
    of_then, of_now = (_Supplies(opening, closing, *_supply_rows(each, opening, closing)) for each in (then, now))
    is_ours = of_then.is_moved_by_us | of_now.is_moved_by_us
    fits = [
        (is_ready, SUPPLY),
        (was_ready, OTHER_LINES),
        (is_ours, OUR_MOVE),
        (of_then.is_moved_by_supplier | of_now.is_moved_by_supplier, SUPPLIERS_DATE),
        (of_then.has_passed | of_now.has_passed, DAY_PASSED),
        (of_then.is_other_supply | of_now.is_other_supply, SUPPLY),
    ]
    cause = np.select([each for each, _ in fits], [CAUSES.index(cause) for _, cause in fits], CAUSES.index(OTHER_LINES))
    ours = np.where(of_then.is_moved_by_us, of_then.row_now, of_now.row_now)
    return cause, np.where(cause == CAUSES.index(OUR_MOVE), ours, NO_ROW)


@dataclass(frozen=True, eq=False)
class _Supplies:
    """The supply that decides each line's date: its row in the supplies of both days, NO_ROW where one lacks it."""

    opening: State
    closing: State
    row_then: Integers
    row_now: Integers

    def both(self, name: str) -> tuple[Any, Any]:
        """A column of the supplies on both days, one entry per line."""
        return (
            at_rows(self.opening.supplies[name], self.row_then),
            at_rows(self.closing.supplies[name], self.row_now),
        )

    @cached_property
    def is_in_both(self) -> Flags:
        """Whether it was and is to come."""
        return np.asarray((self.row_then != NO_ROW) & (self.row_now != NO_ROW))

    @cached_property
    def is_moved(self) -> Flags:
        """Whether its restock date changed."""
        then, now = (day_numbers(dates) for dates in self.both("restock_date"))
        return np.asarray(self.is_in_both & (then != now))

    @cached_property
    def is_moved_by_us(self) -> Flags:
        """Whether its restock date changed that was ours on one of the days."""
        was_ours, is_ours = self.both("is_moved")
        is_planned = at_rows(self.closing.supplies["supply_kind"] == PLANNED_RESTOCK, self.row_now)
        return np.asarray(self.is_moved & (was_ours | is_ours | is_planned))

    @property
    def is_moved_by_supplier(self) -> Flags:
        """Whether its restock date changed with the supplier's due date."""
        return self.is_moved & ~self.is_moved_by_us

    @property
    def has_passed(self) -> Flags:
        """Whether its restock date is over since the opening, and it has not come."""
        day = day_numbers(self.both("restock_date")[1])
        is_over = (day >= day_number(self.opening.day)) & (day < day_number(self.closing.day))
        return self.is_in_both & ~self.is_moved & is_over

    @property
    def is_other_supply(self) -> Flags:
        """Whether it is no longer to come, was not to come then, or its quantity changed."""
        then, now = (to_thousandths(quantity) for quantity in self.both("supply_qty"))
        is_in_one = (self.row_then != NO_ROW) != (self.row_now != NO_ROW)
        return np.asarray(is_in_one | (self.is_in_both & (then != now)))


def _supply_rows(lines: pd.DataFrame, opening: State, closing: State) -> tuple[Integers, Integers]:
    """The row of what each line waits for in the supplies of both days, NO_ROW where they do not hold it."""
    columns = [
        [lines[of_line], opening.supplies[of_supply], closing.supplies[of_supply]] for of_line, of_supply in _SUPPLY_KEY
    ]
    wanted, of_opening, of_closing = row_keys(columns)
    return last_rows(of_opening, wanted), last_rows(of_closing, wanted)


def _between(moves: pd.DataFrame, opening: State, closing: State) -> pd.DataFrame:
    """The last move of each supply from the opening's day to the closing's."""
    day = day_numbers(moves["moved_day"])
    some = moves[(day >= day_number(opening.day)) & (day <= day_number(closing.day))]
    return some.drop_duplicates(_OF_MOVES, keep="last")


def _movers(supplies: pd.DataFrame, rows: Integers, moves: pd.DataFrame) -> pd.Series:
    """Who made the last move of the supply in each row, "" where there is none."""
    keys = zip(*(moves[name].astype("str") for name in _OF_MOVES), strict=True)
    who = dict(zip(keys, moves["moved_by"].astype("str"), strict=True))
    some, place = np.unique(rows, return_inverse=True)
    held = supplies[_OF_MOVES].iloc[some[some != NO_ROW]].astype("str")
    names = [who.get(key, "") for key in held.itertuples(index=False, name=None)]
    return pd.Series([*[""] * int(NO_ROW in some), *names], dtype="str").iloc[place].reset_index(drop=True)
