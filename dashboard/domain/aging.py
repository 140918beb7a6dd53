"""How old the backlog is, by what it is old, and how long backorders last. Knows no screen.

Sums are those of dashboard.domain.overview. Why cancelled lines are censored where they are, and which lines are left
out, stands in docs/decisions/0008-how-long-backorders-last.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import pandas as pd

from dashboard.domain.backlog import STATES
from dashboard.domain.days import NO_DAY, day_number, day_numbers, days_between
from dashboard.domain.deciding_supplies import deciding_supplies
from dashboard.domain.exact import Integers, to_money, to_ten_thousandths, to_thousandths, to_units, total_value
from dashboard.domain.overview import Clock, bucket_ages, bucket_promises, by_age
from dashboard.domain.plan import Plan
from dashboard.domain.statistics import kaplan_meier, survival_quantile

CLOCKS: tuple[Clock, ...] = ("ordered", "promise")
SPLITS = ("state", "supplier", "category", "customer tier", "location")
"""By what the lines of a bucket can be told apart."""

MEASURES = ("lines", "units", "value")
OldFirst = Literal["age_days", "open_value"]
OTHERS = "others"
MOST_GROUPS = 7

AT_RISK_DAYS = (1, 7, 14, 30, 60, 90)
SHIPPED, OPEN, CANCELLED = "shipped", "open", "cancelled"
_MONTHS_IN_QUARTER = 3
_WITHOUT_ORDER = ("supplier", "category", "location")
"""Splits whose groups have no order of their own: the largest comes first."""


def age_table(backlog: pd.DataFrame, buckets: Sequence[int]) -> pd.DataFrame:
    """How old the backlog is on both clocks: one row per clock and bucket in order, also where it is empty.

    clock ["ordered": days since the order, "promise": days past the promise]; bucket; lines; units [open]; value [open,
    money]. On each clock the rows add up to all that is open.
    """
    frames = [by_age(backlog, buckets, clock).assign(clock=clock) for clock in CLOCKS]
    return pd.concat(frames, ignore_index=True).rename(columns={"money": "value"})[["clock", "bucket", *MEASURES]]


def age_split(backlog: pd.DataFrame, buckets: Sequence[int], clock: Clock, split: str) -> pd.DataFrame:
    """What each age bucket is made of: one row per bucket and group of the split that has open lines, in order.

    bucket; group [as group_labels]; lines; units [open]; value [open, money].
    """
    bucket = bucket_ages(backlog, buckets) if clock == "ordered" else bucket_promises(backlog, buckets)
    group = group_labels(backlog, split)
    width = max(len(group.categories), 1)
    cell = bucket.cat.codes.to_numpy(dtype=np.int64) * width + group.codes
    size = len(bucket.cat.categories) * width
    lines = np.bincount(cell, minlength=size)
    used = np.flatnonzero(lines)
    return pd.DataFrame(
        {
            "bucket": pd.Categorical.from_codes(used // width, categories=bucket.cat.categories, ordered=True),
            "group": pd.Categorical.from_codes(used % width, categories=group.categories),
            "lines": lines[used],
            "units": to_units(_sums(cell, to_thousandths(backlog["open_qty"]), size)[used]),
            "value": to_money(_sums(cell, to_ten_thousandths(backlog["open_value"]), size)[used]),
        }
    )


def group_labels(backlog: pd.DataFrame, split: str) -> pd.Categorical:
    """The group of each line as a manager calls it: "late", "Northgate Castings (S-20)", "1"; "" where it has none."""
    if split == "state":
        return pd.Categorical(backlog["state"])
    if split == "customer tier":
        codes, tiers = pd.factorize(backlog["tier"], sort=True)
        return pd.Categorical.from_codes(codes, categories=pd.Index(tiers.astype("str"), dtype="str"))
    if split == "supplier":
        return _named(backlog["supplier_id"], backlog["supplier_name"])
    return pd.Categorical(backlog["category" if split == "category" else "location_id"])


def largest_groups(split_sums: pd.DataFrame, measure: str, split: str, most: int = MOST_GROUPS) -> list[str]:
    """The groups that are shown by name, in the order to show them: so many of the largest by the measure.

    States and tiers stand in their own order, everything else with the largest first. Equal ones stand by name. The
    lines that have no group ("") are never among the others, and come last.
    """
    totals = split_sums.groupby("group", observed=True)[measure].sum()
    ranked = sorted((name for name in totals.index if name), key=lambda name: (-totals[name], name))[:most]
    if split == "state":
        return [state for state in STATES if state in ranked]
    if split in _WITHOUT_ORDER:
        return [*ranked, *(name for name in totals.index if not name)]
    return sorted(ranked, key=int)


def with_others(split_sums: pd.DataFrame, shown: Sequence[str]) -> pd.DataFrame:
    """The sums of age_split with every group that is not shown taken together as OTHERS, which comes last.

    One row per bucket and group, group [ordered category of `shown` and OTHERS]; otherwise the columns of age_split.
    """
    names = list(dict.fromkeys([*shown, OTHERS]))
    codes = [names.index(name if name in shown else OTHERS) for name in split_sums["group"]]
    group = pd.Categorical.from_codes(codes, categories=pd.Index(names, dtype="str"), ordered=True)
    exact = split_sums.assign(
        group=group, units=to_thousandths(split_sums["units"]), value=to_ten_thousandths(split_sums["value"])
    )
    sums = exact.groupby(["bucket", "group"], observed=True, as_index=False)[list(MEASURES)].sum()
    return sums.assign(units=to_units(sums["units"]), value=to_money(sums["value"]))


def old_lines(plan: Plan, least_days: int, first: OldFirst = "age_days", most: int | None = None) -> pd.DataFrame:
    """The open lines whose order is at least so many days ago [days]: rows of the backlog, at most so many of them.

    The oldest first, or the ones with the most open money; equal ones stand by the other of the two. With last_supply
    and last_supply_date, as in deciding_supplies: waits_for and waits_until in words.
    """
    backlog = plan.backlog
    rows = np.flatnonzero(backlog["age_days"].to_numpy() >= least_days)
    age, value = (-backlog[name].to_numpy()[rows] for name in ("age_days", "open_value"))
    order = np.lexsort((value, age) if first == "age_days" else (age, value))
    shown = rows[order[:most]]
    old = backlog.iloc[shown]
    return old.join(deciding_supplies(plan.allocation, shown, np.arange(len(shown)), len(shown)).set_axis(old.index))


@dataclass(frozen=True)
class Quarter:
    """A calendar quarter: its first day and the day after its last."""

    start: date
    end: date

    @property
    def name(self) -> str:
        """The quarter as it is written: "2026 Q1"."""
        return f"{self.start.year} Q{(self.start.month - 1) // _MONTHS_IN_QUARTER + 1}"

    @property
    def before(self) -> Quarter:
        """The quarter before this one."""
        return quarter_of(self.start - timedelta(days=1))


def quarter_of(day: date) -> Quarter:
    """The calendar quarter that a day lies in.

    >>> quarter_of(date(2026, 3, 16)).name
    '2026 Q1'
    """
    first = _MONTHS_IN_QUARTER * ((day.month - 1) // _MONTHS_IN_QUARTER) + 1
    following = first + _MONTHS_IN_QUARTER
    return Quarter(date(day.year, first, 1), date(day.year + following // 13, (following - 1) % 12 + 1, 1))


@dataclass(frozen=True, eq=False)
class Waits:
    """How long the backorders of one quarter last, by the day of their order.

    curve: Kaplan-Meier (dashboard.domain.statistics): time [days since the order], at_risk, events, survival [the share
        still open after so many days].
    lines: how many backorders it is made of: shipped + still_open + cancelled.
    cut: how many of the shipped ones are so since some of their units were cancelled.
    left_out: complete lines of which the shipments do not tell the day, so that they may have been backorders or not.
    seen_days: the longest that any of them was followed [days]; the curve says nothing beyond.
    at_risk: how many were followed for at least each of AT_RISK_DAYS.
    median_days, p90_days: by when half and nine tenths are shipped complete [days]; NaN where that is not known yet.
    """

    quarter: Quarter
    curve: pd.DataFrame
    lines: int
    shipped: int
    cut: int
    still_open: int
    cancelled: int
    left_out: int
    seen_days: int
    at_risk: tuple[int, ...]
    median_days: float
    p90_days: float


def waits_of(quarter: Quarter, waits: pd.DataFrame) -> Waits:
    """How long the backorders ordered in the quarter last, from the frame of backorder_waits."""
    ordered = waits["ordered_date"].to_numpy().astype("datetime64[D]")
    rows = waits[(ordered >= np.datetime64(quarter.start)) & (ordered < np.datetime64(quarter.end))]
    known = rows[rows["days"].notna()]
    curve = kaplan_meier(known["days"], known["outcome"] == SHIPPED)
    counts = known["outcome"].value_counts()
    return Waits(
        quarter=quarter,
        curve=curve,
        lines=len(known),
        shipped=int(counts.get(SHIPPED, 0)),
        cut=int(known["is_cut"].sum()),
        still_open=int(counts.get(OPEN, 0)),
        cancelled=int(counts.get(CANCELLED, 0)),
        left_out=len(rows) - len(known),
        seen_days=int(known["days"].max()) if len(known) else 0,
        at_risk=tuple(int((known["days"] >= day).sum()) for day in AT_RISK_DAYS),
        median_days=survival_quantile(curve, 0.5),
        p90_days=survival_quantile(curve, 0.9),
    )


def backorder_waits(lines: pd.DataFrame, shipments: pd.DataFrame, today: date) -> pd.DataFrame:
    """How long each order line waited that could not be shipped complete on the day of its order: one row per line.

    lines: ordered_date, ordered_qty, cancelled_qty, open_qty of order lines, open or not. shipments: one row per line
    and day; line [the position in lines, below zero for none], shipped_date, shipped_qty; those after today have not
    happened yet.

    ordered_date; outcome; days [days from the order to the outcome]; is_cut:
        SHIPPED    to the day on which the sum of its shipments reached what was ordered; where some units were
                   cancelled and the others shipped, what was left to ship
        OPEN       to today: it waits for longer (censored)
        CANCELLED  wholly, or all that was not shipped on the day of the order: to its last shipment, 0 without one;
                   open until then, nobody knows how long after (censored)
        ""         NaN: complete by its quantities, but its shipments do not tell the day

    is_cut: whether it is SHIPPED since some of its units were cancelled; all that was ordered never came.

    Ordered 5, shipped 3 after four days and 2 cancelled: SHIPPED after 4 days. The day of a cancellation is not known,
    so it counts as one before the last shipment wherever a shipment followed the day of the order. Cancelled units are
    those of cancelled_qty, what a full extract closed among them.
    """
    ordered = day_numbers(lines["ordered_date"])
    ordered_qty = to_thousandths(lines["ordered_qty"])
    has_cancelled = (lines["cancelled_qty"] > 0).to_numpy()
    wanted = np.maximum(ordered_qty - to_thousandths(lines["cancelled_qty"]), 0)
    so_far = _shipped_so_far(shipments, today)
    whole = _days_reached(so_far, ordered_qty)
    rest = np.where(has_cancelled & (wanted > 0), _days_reached(so_far, wanted), NO_DAY)
    reached = np.where(whole == NO_DAY, rest, whole)
    is_open = (lines["open_qty"] > 0).to_numpy()
    is_shipped = ~is_open & ((whole != NO_DAY) | (rest > ordered))
    is_cancelled = ~is_open & ~is_shipped & has_cancelled & ((wanted == 0) | (rest != NO_DAY))
    until = np.select(
        [is_open, is_shipped, is_cancelled],
        [day_number(today), reached, np.maximum(_last_days(so_far, len(lines)), ordered)],
        NO_DAY,
    )
    outcome = np.select([is_open, is_shipped, is_cancelled], [OPEN, SHIPPED, CANCELLED], "")
    days = np.maximum(days_between(until, ordered), 0)
    is_backorder = ~(is_shipped & (reached <= ordered)) & (ordered_qty > 0)
    is_past = ordered <= day_number(today)
    frame = pd.DataFrame({"ordered_date": lines["ordered_date"].to_numpy(), "outcome": outcome, "days": days})
    frame["is_cut"] = is_shipped & (whole == NO_DAY)
    return frame.iloc[np.flatnonzero(is_backorder & is_past)].reset_index(drop=True)


def age_sentence(backlog: pd.DataFrame, buckets: Sequence[int], waits: Waits | None) -> str:
    """The sentence that the page opens with, as plain text; the amount is left as {money} for who knows the currency.

    For example: 151 of 900 open lines are older than 45 days, 62,000 EUR; half of the backorders of this quarter are
    shipped within 12 days.
    """
    lasting = _lasting(waits)
    if backlog.empty:
        return f"No order line is open{lasting}."
    is_old = backlog["age_days"].to_numpy() > buckets[-1]
    old, whole = int(is_old.sum()), len(backlog)
    days = f"older than {buckets[-1]} {'day' if buckets[-1] == 1 else 'days'}"
    if not old:
        who = "The one open line is not" if whole == 1 else f"None of the {whole:,} open lines is"
        return f"{who} {days}{lasting}."
    return f"{_who(old, whole)} {days}, {{money}}{lasting}."


def old_value(backlog: pd.DataFrame, buckets: Sequence[int]) -> float:
    """The open money of the lines older than the last bucket but the open one."""
    return total_value(backlog["open_value"][backlog["age_days"].to_numpy() > buckets[-1]])


def _who(part: int, whole: int) -> str:
    if part == whole:
        return "The one open line is" if whole == 1 else f"All {whole:,} open lines are"
    return f"{part:,} of {whole:,} open lines {'is' if part == 1 else 'are'}"


def _lasting(waits: Waits | None) -> str:
    if waits is None or not waits.lines:
        return ""
    if math.isnan(waits.median_days):
        return "; it is too early to say how long half of this quarter's backorders last"
    days = f"{waits.median_days:.0f} {'day' if waits.median_days == 1 else 'days'}"
    return f"; half of the backorders of this quarter are shipped within {days}"


def _sums(cell: Integers, whole: Integers, size: int) -> Integers:
    """The exact sums of whole numbers by cell."""
    sums = np.zeros(size, dtype=np.int64)
    np.add.at(sums, cell, whole)
    return sums


def _named(ids: pd.Series, names: pd.Series) -> pd.Categorical:
    """Ids as a person recognises them: the name with the id behind, or the id alone where that is all we know."""
    codes = ids.cat.codes.to_numpy()
    used, first = np.unique(codes, return_index=True)
    labels = [
        str(name) if name == each else f"{name} ({each})"
        for each, name in zip(ids.iloc[first], names.iloc[first], strict=True)
    ]
    return pd.Categorical.from_codes(np.searchsorted(used, codes), categories=pd.Index(labels, dtype="str"))


ShippedSoFar = tuple[Integers, Integers, Integers]
"""One entry per shipment: its line, its day number, and what was shipped of the line up to it [thousandths]."""


def _shipped_so_far(shipments: pd.DataFrame, today: date) -> ShippedSoFar:
    """The shipments that have happened, by line and day."""
    day = day_numbers(shipments["shipped_date"])
    line = shipments["line"].to_numpy(dtype=np.int64)
    order = np.lexsort((day, line))
    order = order[(day[order] <= day_number(today)) & (line[order] >= 0)]
    line, day = line[order], day[order]
    sums = np.cumsum(to_thousandths(shipments["shipped_qty"].to_numpy()[order]))
    starts = np.flatnonzero(np.diff(line, prepend=-1))
    before = np.append(0, sums)[starts]
    return line, day, sums - np.repeat(before, np.diff(np.append(starts, len(line))))


def _days_reached(shipped: ShippedSoFar, wanted: Integers) -> Integers:
    """The first day number on which what was shipped of each line reached what is wanted of it; NO_DAY for none."""
    line, day, so_far = shipped
    reached = np.full(len(wanted), NO_DAY)
    complete = np.flatnonzero(so_far >= wanted[line])
    lines, first = np.unique(line[complete], return_index=True)
    reached[lines] = day[complete[first]]
    return reached


def _last_days(shipped: ShippedSoFar, lines: int) -> Integers:
    """The day number of each line's last shipment, NO_DAY for none."""
    last = np.full(lines, NO_DAY)
    line, day, _ = shipped
    last[line] = day
    return last
