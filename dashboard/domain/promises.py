"""Promises: the days that we tell customers, the changes that a manager wants, and the rules that they keep.

A change is an intention: it holds the promise that the manager saw and what it shall be. Knows no store and no screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from dashboard.domain.book import Book
from dashboard.domain.days import NO_DAY, day_number, day_numbers, to_dates
from dashboard.domain.effects import BECOME_LATE, LATER, LOSE_DATE, LOSE_SUPPLY, Effect, effect_between
from dashboard.domain.frames import put
from dashboard.domain.plan import Plan
from dashboard.domain.restocks import MOST_YEARS, Calendar, last_day
from dashboard.domain.texts import why_no_text

LineKey = tuple[str, str]
"""Which order line: order_id and line_no."""


@dataclass(frozen=True)
class PromiseChange:
    """A change of one order line's promise date, as a manager wants it.

    to_date: the day to tell the customer. None, which withdraws the promise, only to take a first one back.
    seen_date: the promise date that the manager saw; None for none.
    is_undo: whether it restores what stood before, which may be any date.
    """

    order_id: str
    line_no: str
    to_date: date | None
    seen_date: date | None
    note: str = ""
    is_undo: bool = False

    @property
    def key(self) -> LineKey:
        """Which order line."""
        return self.order_id, self.line_no

    @property
    def line(self) -> str:
        """The order line as it is shown: "SO-5001/2"."""
        return f"{self.order_id}/{self.line_no}"


def why_refused(change: PromiseChange, today: date) -> str | None:
    """Why a change cannot be taken, as the end of a sentence about its order line; None where it can.

    A promise may be set from today to five years ahead. An undo may restore whatever stood before.
    """
    if why := why_no_text(change.note):
        return f"has a note that {why}: write another"
    if change.is_undo:
        return None
    day = change.to_date
    if day is None:
        return "would have no promise any more: choose the day to tell the customer"
    if day < today:
        return f"would be promised for {day}, which is already over: choose today or a later day"
    if day > last_day(today):
        return f"would be promised for {day}, more than {MOST_YEARS} years ahead: choose a day up to {last_day(today)}"
    return None


def promises_after_expected(
    lines: pd.DataFrame, days: int, calendar: Calendar | None = None, *, note: str = ""
) -> list[PromiseChange]:
    """The promises of these lines set to their expected dates and so many days more, 0 or more.

    Working days where a calendar is given; a free day then counts as the working day after it, never one before, which
    would be a promise that is broken already. Lines without an expected date are left out.

    lines: one row per open order line. order_id, line_no; promise_date, expected_date [datetime64, NaT where none].
    """
    dated = lines[lines["expected_date"].notna()]
    expected = day_numbers(dated["expected_date"])
    promises = {day: _after(day, days, calendar) for day in np.unique(expected).tolist()}
    return [
        PromiseChange(order_id, line_no, promises[day], seen, note)
        for order_id, line_no, day, seen in zip(
            dated["order_id"].astype("str"), dated["line_no"].astype("str"), expected.tolist(),
            days_of(dated["promise_date"]), strict=True,
        )
    ]  # fmt: skip


def promised_book(book: Book, changes: Sequence[PromiseChange]) -> Book:
    """The book as it will be once the changes are saved. Changes of lines that are not open change nothing.

    The first promise date is set where there is none, and stays where there is one. A later change of the same line
    replaces an earlier one.
    """
    wanted = {change.key: change for change in changes}
    rows = _rows_of(book.lines, wanted)
    at = np.array(list(rows.values()), dtype=np.int64)
    days = np.array([_day(wanted[key].to_date) for key in rows], dtype=np.int64)
    first = day_numbers(book.lines["first_promise_date"])[at]
    lines = book.lines.assign(
        promise_date=put(book.lines["promise_date"], at, to_dates(days)),
        first_promise_date=put(book.lines["first_promise_date"], at, to_dates(np.where(first == NO_DAY, days, first))),
    )
    return replace(book, lines=lines)


def effect_of_promises(plan: Plan, changes: Sequence[PromiseChange]) -> Effect:
    """What the changes do to the open order lines of a plan: where the priority rule names a promise, to others too."""
    rows = list(_rows_of(plan.book.lines, {change.key: change for change in changes}).values())
    skus = set(plan.book.lines["sku"].iloc[rows].astype("str"))
    return effect_between(plan, skus, lambda book: promised_book(book, changes))


def to_promise(backlog: pd.DataFrame) -> pd.DataFrame:
    """The lines whose promise wants a decision: expected after it, or without one. Most money first.

    Columns as in the backlog, and is_missed [expected after its promise].
    """
    is_missed = (backlog["days_late"] > 0).to_numpy()
    rows = np.flatnonzero(is_missed | backlog["promise_date"].isna().to_numpy())
    order = rows[np.argsort(-backlog["backordered_value"].to_numpy()[rows], kind="stable")]
    return backlog.iloc[order].assign(is_missed=is_missed[order]).reset_index(drop=True)


def promises_sentence(effect: Effect, changes: Sequence[PromiseChange]) -> str:
    """What new promises do, to their own lines and to others.

    "12 promises change: 10 of these lines become on time. 3 other lines are served later."
    """
    own = pd.MultiIndex.from_frame(effect.lines[["order_id", "line_no"]]).isin([change.key for change in changes])
    others = effect.lines[~own & effect.lines["is_affected"]]
    on_time = int(effect.lines["is_becoming_on_time"][own].sum())
    late = int((effect.lines["is_becoming_late"] | effect.lines["is_losing_date"])[own].sum())
    told = [f"{on_time:,} of these lines {_verb(on_time)} on time"] if on_time else []
    told += [f"{late:,} of them {_verb(late)} late or undated"] if late else []
    whole = "1 promise changes" if len(changes) == 1 else f"{len(changes):,} promises change"
    return f"{whole}{': ' if told else ''}{', '.join(told)}. {_of_others(others)}"


def broken_by_their_promise(effect: Effect, changes: Sequence[PromiseChange]) -> list[PromiseChange]:
    """The changes whose own line becomes late or loses its date by them: its later promise gives up its place."""
    worse = effect.lines[effect.lines["is_becoming_late"] | effect.lines["is_losing_date"]]
    broken = set(zip(worse["order_id"], worse["line_no"], strict=True))
    return [change for change in changes if change.key in broken]


def _of_others(others: pd.DataFrame) -> str:
    """What happens to lines whose own promise stays: a later promise lets them go first, an earlier one goes before."""
    if others.empty:
        return "No other line is affected."
    late = int(others["effect"].isin([BECOME_LATE, LOSE_DATE]).sum())
    worse = late + int(others["effect"].isin([LATER, LOSE_SUPPLY]).sum())
    better = len(others) - worse
    told = [f"{worse:,} other {_are(worse)} served later"] if worse else []
    told += [f"{late:,} of them {_verb(late)} late or undated"] if late else []
    told += [f"{better:,} other {_are(better)} served earlier or otherwise"] if better else []
    return f"{', '.join(told)}."


def _verb(lines: int) -> str:
    return "becomes" if lines == 1 else "become"


def _are(lines: int) -> str:
    return "line is" if lines == 1 else "lines are"


def without_expected(lines: pd.DataFrame) -> int:
    """How many of these lines have no expected date, so that no promise can follow from it."""
    return int(lines["expected_date"].isna().sum())


def days_of(dates: pd.Series) -> list[date | None]:
    """A column of dates as days; None where there is none."""
    return [None if number == NO_DAY else _from_number(number) for number in day_numbers(dates).tolist()]


def _after(expected: int, days: int, calendar: Calendar | None) -> date:
    day = _from_number(expected)
    if calendar is None:
        return _from_number(expected + days)
    return calendar.shifted(day, max(days, 1) if calendar.is_free(day) else days)


def _rows_of(lines: pd.DataFrame, wanted: dict[LineKey, Any]) -> dict[LineKey, int]:
    """The row of each of these order lines in the book, of those that it holds."""
    rows = np.flatnonzero(lines["order_id"].isin({order_id for order_id, _ in wanted}))
    keys = zip(*(lines[name].iloc[rows].astype("str") for name in ("order_id", "line_no")), strict=True)
    return {key: int(row) for row, key in zip(rows, keys, strict=True) if key in wanted}


def _day(day: date | None) -> int:
    return NO_DAY if day is None else day_number(day)


def _from_number(day: int) -> date:
    return date.fromisoformat(str(np.datetime64(day, "D")))
