"""Frames as files: CSV, XLSX and JSON that a spreadsheet opens without running anything. Knows no table's meaning."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

import pandas as pd
import xlsxwriter

from dashboard.domain.errors import SettingsError

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A cell that begins so, also in full width, may be run as a formula by a spreadsheet (OWASP, "CSV Injection")."""

MOST_SHEET_ROWS = 1_048_575
SHEET_EPOCH = pd.Timestamp("1899-12-30")
"""The day from which spreadsheets count days."""
DAY_FORMAT, INSTANT_FORMAT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"

MIME_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


def to_bytes(frame: pd.DataFrame, file_format: str, sheet: str = "table") -> bytes:
    """The frame as a file of that format: csv, xlsx or json. Dates are ISO; what is missing is empty (null in JSON)."""
    writers: dict[str, Callable[[pd.DataFrame], bytes]] = {
        "csv": to_csv,
        "xlsx": lambda each: to_xlsx(each, sheet),
        "json": to_json,
    }
    return writers[file_format](frame)


def to_csv(frame: pd.DataFrame) -> bytes:
    """UTF-8 with a byte order mark, by which Excel knows the encoding; text that could be a formula gets a quote first.

    Lines end in CR LF (RFC 4180): with LF alone, a CR inside a text would not be quoted and would break its line.

    >>> to_csv(pd.DataFrame({"name": ["=1+1"], "qty": [-2.5]})).decode("utf-8-sig")
    "name,qty\\r\\n'=1+1,-2.5\\r\\n"
    """
    texts = {name: _guarded(column) for name, column in _as_plain(frame).items()}
    return pd.DataFrame(texts).to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def to_json(frame: pd.DataFrame) -> bytes:
    """A list with one object per row."""
    plain = _as_plain(frame).astype(object)
    rows = plain.where(plain.notna(), None).to_dict(orient="records")
    return json.dumps(rows, ensure_ascii=False, indent=1).encode()


def to_xlsx(frame: pd.DataFrame, sheet: str = "table") -> bytes:
    """One sheet with a frozen, filterable header; text stays text, whatever it looks like.

    Raises SettingsError for more rows than a sheet can hold.
    """
    return to_workbook({sheet: frame})


def to_workbook(
    sheets: Mapping[str, pd.DataFrame], formats: Mapping[str, str] | None = None, made_on: date | None = None
) -> bytes:
    """Several sheets, each as in to_xlsx.

    formats: how the numbers of a column are written, by its name. made_on: the day that the file says it is of; without
    it the moment, which makes each file another one. Raises SettingsError for more rows than a sheet can hold.
    """
    for sheet, frame in sheets.items():
        if len(frame) > MOST_SHEET_ROWS:
            raise SettingsError(
                f"The table {sheet} has {len(frame):,} rows, and a sheet holds {MOST_SHEET_ROWS:,} below its header. "
                "Take it as CSV."
            )
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"constant_memory": True}) as book:
        if made_on is not None:
            book.set_properties({"created": datetime(made_on.year, made_on.month, made_on.day)})
        heading = book.add_format({"bold": True, "bottom": 1})
        for sheet, frame in sheets.items():
            _write_sheet(book, sheet, frame, heading, formats or {})
    return target.getvalue()


def _write_sheet(
    book: xlsxwriter.Workbook, sheet: str, frame: pd.DataFrame, heading: object, formats: Mapping[str, str]
) -> None:
    page = book.add_worksheet(sheet)
    for position, name in enumerate(frame.columns):
        page.write_string(0, position, str(name), heading)
    _write_rows(book, page, frame, formats)
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, max(len(frame), 1), max(len(frame.columns) - 1, 0))


def _write_rows(
    book: xlsxwriter.Workbook, page: xlsxwriter.worksheet.Worksheet, frame: pd.DataFrame, formats: Mapping[str, str]
) -> None:
    """All rows, one after the other, so that none needs to stay in memory."""
    columns = [_cells(frame[name]) for name in frame.columns]
    writers = []
    for position, (name, cells) in enumerate(zip(frame.columns, columns, strict=True)):
        page.set_column(position, position, _width(frame[name], cells))
        writers.append((position, _writer(page, frame[name], cells), _format(book, frame[name], formats)))
    for row, values in enumerate(zip(*columns, strict=True), start=1):
        for (position, write, form), value in zip(writers, values, strict=True):
            if value is not None:
                write(row, position, value, form)


def _writer(page: xlsxwriter.worksheet.Worksheet, column: pd.Series, cells: list[Any]) -> Callable[..., object]:
    if pd.api.types.is_bool_dtype(column):
        return page.write_boolean
    if _is_time(column) or pd.api.types.is_numeric_dtype(column):
        return page.write_number
    return partial(_write_markup, page) if any(map(_is_markup, cells)) else page.write_string


def _is_markup(text: str | None) -> bool:
    """Whether XlsxWriter would take the text for its own markup, and put it into the file unescaped."""
    return text is not None and text.startswith("<r>") and text.endswith("</r>")


def _write_markup(page: xlsxwriter.worksheet.Worksheet, row: int, position: int, text: str, _form: None) -> None:
    if _is_markup(text):
        page.write_rich_string(row, position, text[:1], text[1:2], text[2:])
    else:
        page.write_string(row, position, text)


def _format(book: xlsxwriter.Workbook, column: pd.Series, formats: Mapping[str, str]) -> object:
    if not _is_time(column):
        asked = formats.get(str(column.name))
        return book.add_format({"num_format": asked}) if asked and pd.api.types.is_numeric_dtype(column) else None
    return book.add_format({"num_format": INSTANT_FORMAT if _has_hours(column) else DAY_FORMAT})


def _cells(column: pd.Series) -> list[Any]:
    """What a sheet holds for each row: numbers (also for days), truths, text, or None."""
    values = column
    if _is_time(column):
        values = (column - SHEET_EPOCH) / pd.Timedelta(days=1)
    elif not pd.api.types.is_numeric_dtype(column):
        values = column.astype("str")
    return values.astype(object).where(column.notna(), None).tolist()


def _width(column: pd.Series, cells: list[Any]) -> int:
    """Wide enough for the header and for most of the first rows [characters]."""
    longest = max((len(str(cell)) for cell in cells[:200] if cell is not None), default=0)
    longest = (19 if _has_hours(column) else 10) if _is_time(column) else longest
    return min(max(longest, len(str(column.name)), 8) + 2, 40)


def _as_plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Days and instants as ISO text, categories as text."""
    return pd.DataFrame({name: _plain(column) for name, column in frame.items()}, index=frame.index)


def _plain(column: pd.Series) -> pd.Series:
    if _is_time(column):
        return column.dt.strftime("%Y-%m-%dT%H:%M:%S" if _has_hours(column) else "%Y-%m-%d")
    return column if pd.api.types.is_numeric_dtype(column) else column.astype("str")


def _guarded(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column):
        return column
    return column.where(~column.str.startswith(FORMULA_STARTS, na=False), "'" + column)


def _is_time(column: pd.Series) -> bool:
    return pd.api.types.is_datetime64_any_dtype(column)


def _has_hours(column: pd.Series) -> bool:
    """Whether these are instants: days alone are midnight throughout."""
    there = column.dropna()
    return bool((there != there.dt.normalize()).any())
