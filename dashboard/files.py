"""Frames as files: CSV, XLSX and JSON that a spreadsheet opens without running anything. Knows no table's meaning."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pandas as pd
import xlsxwriter

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A cell that begins so may be run as a formula by a spreadsheet (OWASP, "CSV Injection")."""

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

    >>> to_csv(pd.DataFrame({"name": ["=1+1"], "qty": [-2.5]})).decode("utf-8-sig")
    "name,qty\\n'=1+1,-2.5\\n"
    """
    texts = {name: _guarded(column) for name, column in _as_plain(frame).items()}
    return pd.DataFrame(texts).to_csv(index=False, lineterminator="\n").encode("utf-8-sig")


def to_json(frame: pd.DataFrame) -> bytes:
    """A list with one object per row."""
    plain = _as_plain(frame).astype(object)
    rows = plain.where(plain.notna(), None).to_dict(orient="records")
    return json.dumps(rows, ensure_ascii=False, indent=1).encode()


def to_xlsx(frame: pd.DataFrame, sheet: str = "table") -> bytes:
    """One sheet with a frozen, filterable header; text stays text, whatever it looks like."""
    target = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
        "default_date_format": "yyyy-mm-dd",
    }
    with xlsxwriter.Workbook(target, options) as book:
        page = book.add_worksheet(sheet)
        page.write_row(0, 0, list(frame.columns), book.add_format({"bold": True, "bottom": 1}))
        for position, name in enumerate(frame.columns):
            _write_column(page, position, frame[name])
        page.freeze_panes(1, 0)
        page.autofilter(0, 0, max(len(frame), 1), max(len(frame.columns) - 1, 0))
    return target.getvalue()


def _write_column(page: xlsxwriter.worksheet.Worksheet, position: int, column: pd.Series) -> None:
    is_date = pd.api.types.is_datetime64_any_dtype(column)
    values = [value.to_pydatetime() if is_date and value is not pd.NaT else value for value in column]
    write = page.write_datetime if is_date else _writer(page, column)
    for row, value in enumerate(values, start=1):
        if not pd.isna(value):
            write(row, position, value)
    page.set_column(position, position, _width(column, is_date))


def _writer(page: xlsxwriter.worksheet.Worksheet, column: pd.Series) -> Callable[..., object]:
    if pd.api.types.is_bool_dtype(column):
        return page.write_boolean
    return page.write_number if pd.api.types.is_numeric_dtype(column) else page.write_string


def _width(column: pd.Series, is_date: bool) -> int:
    """Wide enough for the header and for most of the first rows [characters]."""
    longest = 10 if is_date else int(column.head(200).astype(str).str.len().max()) if len(column) else 0
    return min(max(longest, len(str(column.name)), 8) + 2, 40)


def _as_plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Dates as ISO text, categories as text."""
    return pd.DataFrame({name: _plain(column) for name, column in frame.items()}, index=frame.index)


def _plain(column: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(column):
        return column.dt.strftime("%Y-%m-%d")
    return column.astype("str") if isinstance(column.dtype, pd.CategoricalDtype) else column


def _guarded(column: pd.Series) -> pd.Series:
    if not pd.api.types.is_string_dtype(column):
        return column
    return column.where(~column.fillna("").str.startswith(FORMULA_STARTS), "'" + column.fillna(""))
