"""From the text of a day to the day. A text that could mean two days is read only by an order that was settled."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date

ORDERS = {"dmy": "day/month/year", "mdy": "month/day/year", "ymd": "year/month/day"}
FIRST_YEAR, LAST_YEAR = 1990, 2100
NO_DATE = -(2**63)
"""The integer that numpy keeps for "no date"."""

_EPOCH = date(1970, 1, 1).toordinal()
_PIVOT = 69
"""Two-digit years below this are 20xx, the others 19xx, as in POSIX."""

_TIME = re.compile(
    r"(?:T|,?\s+)[0-9]{1,2}[:.h][0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?"
    r"\s*(?:Z|UTC|GMT|[+-][0-9]{2}:?(?:[0-9]{2})?)?$"
)
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T?[0-9]{6}Z?)?")
_OPEN = re.compile(r"([0-9]{1,2})\s?([-/. ])\s?([0-9]{1,2})\2\s?([0-9]{4}|[0-9]{2})\.?")
_DAY_NAME_YEAR = re.compile(r"([0-9]{1,2})\.?[-/ ]?([^\W\d_]{3,9})\.?[-/, ]*([0-9]{4}|[0-9]{2})")
_NAME_DAY_YEAR = re.compile(r"([^\W\d_]{3,9})\.?[- ]([0-9]{1,2}),?[- ]([0-9]{4}|[0-9]{2})")
_YEAR_NAME_DAY = re.compile(r"([0-9]{4})[-/. ]([^\W\d_]{3,9})\.?[-/. ]([0-9]{1,2})")

_MONTHS = (
    "jan january januar janvier janv jaenner janner",
    "feb february februar fevrier fevr fev",
    "mar march marz maerz mars mrz",
    "apr april avril avr",
    "may mai",
    "jun june juni juin",
    "jul july juli juillet juil",
    "aug august aout",
    "sep sept september septembre",
    "oct october oktober octobre okt",
    "nov november novembre",
    "dec december dezember decembre dez",
)
_MONTH_NO = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}


def is_no_date(text: str) -> bool:
    """Whether the text stands for no day: 0000-00-00, 00000000, 00.00.0000, or the NULL of a database export."""
    return not text.strip("0./-: ") or text.upper() in ("NULL", r"\N")


def readings(text: str) -> Mapping[str, date]:
    """The days that a text can mean, by the order of day, month and year; the same under all orders where it is plain.

    >>> readings("03/04/2026")
    {'dmy': datetime.date(2026, 4, 3), 'mdy': datetime.date(2026, 3, 4)}
    """
    text = _TIME.sub("", text) if len(text) > 10 else text
    if found := _OPEN.fullmatch(text):
        return _open_readings(found[1], found[3], found[4])
    day = _plain_day(text)
    return dict.fromkeys(ORDERS, day) if day is not None else {}


def _open_readings(first: str, second: str, third: str) -> dict[str, date]:
    read = {"dmy": _day(third, second, first), "mdy": _day(third, first, second)}
    if len(third) == 2:
        read["ymd"] = _day(first, second, third)
    return {order: day for order, day in read.items() if day is not None}


def _plain_day(text: str) -> date | None:
    if found := _YEAR_FIRST.fullmatch(text):
        return _day(found[1], found[3], found[4])
    if found := _COMPACT.fullmatch(text):
        return _day(found[1], found[2], found[3])
    if found := _DAY_NAME_YEAR.fullmatch(text):
        return _day(found[3], _month(found[2]), found[1])
    if found := _NAME_DAY_YEAR.fullmatch(text):
        return _day(found[3], _month(found[1]), found[2])
    if found := _YEAR_NAME_DAY.fullmatch(text):
        return _day(found[1], _month(found[2]), found[3])
    return None


def _month(name: str) -> int:
    """The number of a month's English, German or French name; 0 for any other word."""
    ascii_name = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return _MONTH_NO.get(ascii_name, 0)


def _day(year: str, month: str | int, day: str) -> date | None:
    full_year = int(year) if len(year) > 2 else int(year) + (2000 if int(year) < _PIVOT else 1900)
    try:
        return date(full_year, int(month), int(day))
    except ValueError:
        return None


def read_date(cell: str | date, order: str) -> int:
    """Seconds from 1970-01-01 to the day, or NO_DATE. Raises ValueError with the reason."""
    if isinstance(cell, date):
        return _seconds(cell)
    if is_no_date(cell):
        return NO_DATE
    read = readings(cell)
    if order in read:
        return _seconds(read[order])
    if read:
        raise ValueError(f"is no day when read as {ORDERS[order]}")
    if re.fullmatch(r"[0-9]{5}", cell):
        raise ValueError("is a number, not a date; if it is a spreadsheet's count of days, format the column as a date")
    raise ValueError("is not a date, or there is no such day")


def _seconds(day: date) -> int:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(
            f"is not a plausible day: years from {FIRST_YEAR} to {LAST_YEAR} are taken; "
            "if it stands for no date, leave the cell empty"
        )
    return (day.toordinal() - _EPOCH) * 86_400
