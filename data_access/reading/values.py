"""From the cells of one column to its typed values. Each different text is read once, whatever its number of rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from dashboard.domain.exact import MONEY_SCALE, QUANTITY_SCALE
from dashboard.domain.texts import why_no_id, why_no_text
from data_access.reading import dates, numbers
from data_access.reading.raw import as_text
from data_access.records import Field, Kind

_REMEMBERED = 200_000
_PLACES = {Kind.QUANTITY: 3, Kind.MONEY: 4, Kind.INTEGER: 0}
_SCALES = {Kind.QUANTITY: QUANTITY_SCALE, Kind.MONEY: MONEY_SCALE, Kind.INTEGER: 1}
_LARGEST_INTEGER = 999_999
_SPREADSHEET_TEXT = re.compile(r'="([^"]*)"')
_LOST_DIGITS = re.compile(r"[0-9][.,][0-9]+[eE]\+[0-9]+")
_LARGEST_EXACT_FLOAT = 1e15


class ColumnReader:
    """Reads the cells of one column, by the style that was settled for it. Remembers what it has read."""

    def __init__(self, field: Field, style: str = "") -> None:
        self.field = field
        self._style = style
        self._read = {Kind.ID: self._id, Kind.TEXT: self._text, Kind.DATE: self._date}.get(field.kind, self._number)
        self._values: dict[Any, Any] = {}
        self._reasons: dict[Any, str] = {}
        self._nothing = {Kind.ID: "", Kind.TEXT: "", Kind.DATE: dates.NO_DATE}.get(field.kind)
        self._default = self._nothing if field.default is None else ColumnReader._default_of(field)

    @staticmethod
    def _default_of(field: Field) -> Any:
        """The value of the default's text, which is written with a decimal point."""
        if field.kind in (Kind.ID, Kind.TEXT):
            return field.default
        return int(field.default or 0) * _SCALES[field.kind]

    def read(self, cells: Sequence[Any]) -> tuple[Any, dict[int, str]]:
        """The values, of the column's dtype, and the reasons against the cells that cannot be taken, by their place.

        What stands in the place of a refused cell means nothing.
        """
        if len(self._values) > _REMEMBERED:
            self._values.clear()
            self._reasons.clear()
        for cell in dict.fromkeys(cells):
            if cell not in self._values:
                self._learn(cell)
        values = [self._values[cell] for cell in cells]
        refused = {}
        if self._reasons:
            refused = {place: self._reasons[cell] for place, cell in enumerate(cells) if cell in self._reasons}
        return self._typed(values), refused

    def _learn(self, cell: Any) -> None:
        stripped = cell.strip() if isinstance(cell, str) else cell
        self._values[cell] = self._nothing
        try:
            self._values[cell] = self._read(stripped)
        except ValueError as reason:
            self._values[cell] = 0 if self._nothing is None else self._nothing
            self._reasons[cell] = str(reason)

    def _typed(self, values: list[Any]) -> Any:
        if self.field.kind in (Kind.ID, Kind.TEXT):
            return pd.array(values, dtype="str")
        if self.field.kind is Kind.INTEGER:
            return pd.array(values, dtype="Int64")
        whole = np.fromiter(values, dtype=np.int64, count=len(values))
        return whole.view("datetime64[s]") if self.field.kind is Kind.DATE else whole

    def _empty(self) -> Any:
        is_needed = self.field.is_required and not self.field.may_be_empty
        if is_needed or (self.field.is_key and self.field.default is None):
            raise ValueError("is empty")
        return self._default

    def _id(self, cell: Any) -> str:
        if isinstance(cell, float) and abs(cell) >= _LARGEST_EXACT_FLOAT:
            raise ValueError("is a number of more than 15 digits, which a spreadsheet rounds; keep the column as text")
        text = as_text(cell)
        if "=" in text and (quoted := _SPREADSHEET_TEXT.fullmatch(text)):
            text = quoted[1].strip()
        if why := why_no_id(text):
            raise ValueError(why)
        if _LOST_DIGITS.fullmatch(text):
            raise ValueError("has lost its digits in a spreadsheet; format the column as text and export it again")
        return text or str(self._empty())

    def _text(self, cell: Any) -> str:
        text = as_text(cell)
        if why := why_no_text(text):
            raise ValueError(why)
        return text or str(self._empty())

    def _date(self, cell: Any) -> int:
        seconds = dates.read_date(cell if isinstance(cell, date) else as_text(cell), self._style)
        return int(self._empty()) if seconds == dates.NO_DATE else seconds

    def _number(self, cell: Any) -> int | None:
        if isinstance(cell, str):
            if numbers.is_no_number(cell):
                empty: int | None = self._empty()
                return empty
        elif isinstance(cell, date):
            raise ValueError("is a date, not a number")
        kind = self.field.kind
        number = numbers.read_number(cell, self._style, kind is Kind.MONEY)
        if kind is Kind.INTEGER:
            self._check_integer(number)
        elif number < 0 and not self.field.may_be_negative:
            raise ValueError("is below zero")
        return numbers.scaled(number, _PLACES[kind], may_round=kind is Kind.MONEY)

    def _check_integer(self, number: Any) -> None:
        if number != int(number):
            raise ValueError("is not a whole number")
        if self.field.minimum is not None and number < self.field.minimum:
            raise ValueError(f"is below {self.field.minimum}")
        largest = _LARGEST_INTEGER if self.field.maximum is None else self.field.maximum
        if number > largest:
            raise ValueError(f"is above {largest:,}")
