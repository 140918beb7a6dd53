"""A supplier's rates in words: each with its interval, its n, its rivals, and why there is none where there is none."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import tables
from dashboard.domain.rival_rates import in_full_due_now, in_full_of_received, on_time_of_received
from dashboard.domain.statistics import wilson
from dashboard.messages import count

NO_DATA = "no data"
"""No line is due."""
NOT_YET = "not yet"
"""Lines are due, but too few have come to say."""
NOT_DUE = "not due yet"
"""No line is due by the current due date."""
NOT_KNOWN = "not known"
"""Lines have come, but the day that the figure needs is not known."""
_NONE_WHY = (
    f"“{NO_DATA}”: no line is due. “{NOT_YET}”: too few of those due have come. "
    f"“{NOT_KNOWN}”: they have come, on days that nobody wrote down."
)
_JUDGED_BY = {"otif": "lines_judged", "on_time": "lines_judged", "in_full": "lines_due"}
"""The n of each rate."""
_DAYS_HELP = (
    "Received whole less first due, by Kaplan-Meier: a line not received counts as late at least until today. "
    f"“{NOT_YET}” for the median where fewer than half of the lines have come, for the 80 % where fewer than 80 % have."
)


def percent(rate: float, none: str = NO_DATA) -> str:
    """A rate as it is written: "94 %", or why there is none. Never 0 or 100 % unless it is that.

    >>> percent(0.944), percent(199 / 200), percent(0.99999), percent(1.0)
    ('94 %', '99.5 %', '99.9 %', '100 %')
    """
    return none if math.isnan(rate) else f"{_number(rate)} %"


def percents(rates: pd.Series) -> pd.Series:
    """The same as numbers, for a column of a table; NaN where there is none."""
    return rates.map(lambda rate: rate if math.isnan(rate) else float(_number(rate)))


def days_in_words(days: float, none: str = NO_DATA) -> str:
    """Days as they are written: "3 days", or why there are none."""
    return none if math.isnan(days) else count(days, "day")


def why_none(row: Mapping[str, Any] | pd.Series, *, is_lead: bool = False) -> str:
    """Why a supplier has no figure: no line due, the day not known, or too few have come. A lead needs the order's."""
    if not row["lines_due"]:
        return NO_DATA
    is_unknown = not row["lines_judged"] or (is_lead and row["in_full_rate"] > 0)
    return NOT_KNOWN if is_unknown else NOT_YET


def shown(figures: pd.DataFrame) -> pd.DataFrame:
    """The figures as the table writes them: rates with their intervals, and days that may be missing, as text."""
    rows = figures[["lines_due", "lines_judged", "in_full_rate"]].to_dict("records")
    return figures.assign(
        **{f"{name}_told": _with_intervals(figures, name, n) for name, n in _JUDGED_BY.items()},
        median_late_told=_aligned(figures["median_days_late"], [why_none(row) for row in rows]),
        lead_told=_aligned(figures["lead_time_days"], [why_none(row, is_lead=True) for row in rows]),
        po_lines_open=figures["lines_open"],
    )


def intervals(
    figures: pd.DataFrame, name: str = "otif", n: str = "lines_judged", whys: Iterable[str] | None = None
) -> list[str]:
    """Each supplier's interval with its n, "86 to 98 %, n 70", or why there is none."""
    if whys is None and "lines_due" in figures:
        whys = [NOT_KNOWN if due else NO_DATA for due in figures["lines_due"]]
    ends = zip(
        figures[f"{name}_low"], figures[f"{name}_high"], figures[n], whys or [NO_DATA] * len(figures), strict=True
    )
    return [_told(low, high, lines, why) for low, high, lines, why in ends]


def _with_intervals(figures: pd.DataFrame, name: str, n: str) -> list[str]:
    """Each supplier's rate with its interval and n, "98 %, 92 to 100 %, n 66", or why there is none.

    Rates below 100 % are led by two spaces a digit, so that as texts they stand and sort as the numbers do.
    """
    told = zip(figures[f"{name}_rate"].map(percent), intervals(figures, name, n), figures[f"{name}_low"], strict=True)
    return [why if math.isnan(low) else f"{_spaces(rate) * 2}{rate}, {why}" for rate, why, low in told]


def show_tiles(row: pd.Series, lines: pd.DataFrame, days: int, today: date) -> None:
    """A supplier's figures, one tile each. lines: those that count in the window of so many days before today."""
    tiles = st.grid(6, min_column_width=150, border=True)
    row = _with_in_full_now(row, lines, today)
    helps = _helps(row, lines, days, today)
    for label, name, n_now in (
        ("OTIF", "otif", "lines_judged_now"),
        ("On time, in units", "on_time", "lines_judged_now"),
        ("In full", "in_full", "lines_due_now"),
    ):
        with tiles.cell():
            _show_rate(row, label, name, n_now, helps[name])
    with tiles.cell():
        st.metric("Days late", days_in_words(row["median_days_late"], why_none(row)), help=_DAYS_HELP)
        st.caption(_late_in_words(row))
    with tiles.cell():
        none = why_none(row, is_lead=True)
        st.metric("Lead time", days_in_words(row["lead_time_days"], none), help=helps["lead"])
        if not math.isnan(row["lead_time_days"]):
            st.caption(f"median; half of them {row['lead_low_days']:,.0f} to {days_in_words(row['lead_high_days'])}")
    with tiles.cell():
        st.metric("Rejected", percent(row["reject_rate"], why_none(row)), help=helps["reject"])
        st.caption(f"of {row['inspected_qty']:,.0f} units delivered")


def _with_in_full_now(row: pd.Series, lines: pd.DataFrame, today: date) -> pd.Series:
    """The figures with in full against the current due date, its interval and n: the lines due by it, or whole."""
    rate, n = in_full_due_now(lines, today)
    low, high = wilson([rate * n], [n])
    now = {"in_full_now_rate": rate, "in_full_now_low": low[0], "in_full_now_high": high[0], "lines_due_now": n}
    return pd.concat([row, pd.Series(now)])


def _show_rate(row: pd.Series, label: str, name: str, n_now: str, how: str) -> None:
    n = _JUDGED_BY[name]
    none = NOT_KNOWN if row["lines_due"] else NO_DATA
    st.metric(label, percent(row[f"{name}_rate"], none), help=how)
    st.caption(_told(row[f"{name}_low"], row[f"{name}_high"], row[n], none))
    now = f"{name}_now"
    if row["lines_due"]:
        interval = _told(row[f"{now}_low"], row[f"{now}_high"], row[n_now], "")
        rate = percent(row[f"{now}_rate"], NOT_DUE if row[n] else NOT_KNOWN)
        st.caption(f"Current due date: **{rate}**{f', {interval}' if interval else ''}")


def _helps(row: pd.Series, lines: pd.DataFrame, days: int, today: date) -> dict[str, str]:
    """For each tile the formula, n, what is left out, and the rivals' values."""
    window = f"Lines first due in the {days} days before today. Left out: lines without a first due date{_gone(row)}"
    unknown = f"{count(row['lines_unknown'], 'line')} received whole on an unknown day"
    judged = f"n = {count(row['lines_judged'], 'line')}. {window}, and {unknown}."
    now = f"(n = {row['lines_judged_now']:,.0f}; lines not yet due by it are left out)"
    none_now = NOT_DUE if row["lines_judged"] else why_none(row)
    got, on_time, in_full = why_none(row), on_time_of_received(lines), in_full_of_received(lines)
    due_now = in_full_due_now(lines, today)
    return {
        "otif": "Lines received whole by the first due date, divided by lines due; overdue ones not received count "
        f"against it. {judged} Rivals: of lines of which anything has been received "
        f"{percent(row['otif_received_rate'], got)} (n = {row['lines_received']:,.0f}); against the current due date "
        f"{percent(row['otif_now_rate'], none_now)} {now}. {_NONE_WHY}",
        "on_time": "Good units received by the first due date, at most what was ordered, divided by units ordered less "
        f"cancelled. {judged} The interval counts lines, not units, as independent. Rivals: of lines of which anything "
        f"has been received {percent(on_time.rate, got)} (n = {on_time.n:,}); against the current due date "
        f"{percent(row['on_time_now_rate'], none_now)} {now}. {_NONE_WHY}",
        "in_full": f"Lines received whole by now, whenever they came, divided by lines due. "
        f"n = {count(row['lines_due'], 'line')}. {window}. Rivals: of lines of which anything has been received "
        f"{percent(in_full.rate, got)} (n = {in_full.n:,}); of lines due by the current due date or whole "
        f"{percent(due_now.rate, NOT_DUE)} (n = {due_now.n:,}). {_NONE_WHY}",
        "lead": "Days from ordered to received whole, of lines received whole; those without a day of order or of "
        f"receipt are left out. {window}. {_NONE_WHY}",
        "reject": "Rejected units, divided by good and rejected units delivered on these lines. "
        f"n = {row['inspected_qty']:,.0f} units. {window}. Only what was received counts, and no due date moves it. "
        f"{_NONE_WHY}",
    }


def _gone(row: pd.Series) -> str:
    """What is left out for being cancelled, with its number where that is known."""
    if "lines_cancelled" not in row:
        return ", lines wholly cancelled"
    return f", {count(row['lines_cancelled'], 'line')} wholly cancelled"


def _late_in_words(row: pd.Series) -> str:
    none = why_none(row)
    if math.isnan(row["median_days_late"]):
        return "median; fewer than half have come" if none == NOT_YET else none
    late = row["p80_days_late"]
    return f"median; 80 %: {NOT_YET}" if math.isnan(late) else f"median; 80 % within {days_in_words(late)}"


def _aligned(values: pd.Series, nones: Iterable[str]) -> list[str]:
    """Whole numbers as text that sorts as the numbers do, or why there is none."""
    return [
        none if math.isnan(value) else tables.as_number(round(value), f"{round(value)}")
        for value, none in zip(values, nones, strict=True)
    ]


def _spaces(rate: str) -> str:
    """A space for each digit that the whole part of a rate has less than 100 % has."""
    return " " * (3 - len(rate.removesuffix(" %").partition(".")[0]))


def _told(low: float, high: float, n: float, none: str) -> str:
    return none if math.isnan(low) else f"{_number(low)} to {_number(high)} %, n {n:,.0f}"


def _number(rate: float) -> str:
    """A rate as a whole number of percent; near the ends with one decimal, so that it never seems to be there."""
    per_cent = round(rate * 100, 9)
    whole = round(per_cent)
    is_near_end = whole in (0, 100) and per_cent != whole
    return f"{min(max(per_cent, 0.1), 99.9):.1f}" if is_near_end else f"{whole}"
