"""From an XLSX file to the raw rows of one of its sheets."""

from __future__ import annotations

from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from dashboard.domain.errors import UnreadableFileError
from data_access.reading.raw import Opener, RawTable, numbered

LARGEST_UNPACKED = 2 * 1024**3
"""Bytes that an XLSX file may hold when unpacked; a full sheet of order lines holds about half of that."""

MOST_CELLS = 30_000_000
"""Cells that a sheet may span: a full sheet of 28 columns, which takes about a gigabyte of memory."""


def raw_sheet(open_file: Opener, name: str, sheet: str | None = None) -> RawTable:
    """The rows of the sheet of that name, or of the first sheet that holds anything.

    Raises UnreadableFileError where the file is damaged or protected, or has no such sheet.
    """
    with open_file() as file:
        chosen, others = _chosen(_workbook(file, name), name, sheet)
    notes = [f"Sheet '{chosen.name}' is read."] if others else []
    if others:
        notes.append(f"Sheets not read: {', '.join(others)}.")
    return RawTable(name, "row", lambda: numbered(chosen.iter_rows(), first_row_no=1), tuple(notes))


def _workbook(file: Any, name: str) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_filelike(file)
    except PasswordError as error:
        raise UnreadableFileError(f"{name} is protected by a password. Save it without one and try again.") from error
    except (CalamineError, OSError, ValueError) as error:
        raise _damaged(name, error) from error


def _chosen(workbook: CalamineWorkbook, name: str, sheet: str | None) -> tuple[CalamineSheet, list[str]]:
    names = workbook.sheet_names
    if sheet is not None and sheet not in names:
        raise UnreadableFileError(f"{name} has no sheet '{sheet}'. Its sheets are: {', '.join(names)}.")
    unread: Exception | None = None
    for candidate in names if sheet is None else [sheet]:
        try:
            found = workbook.get_sheet_by_name(candidate)
        except (CalamineError, OSError, ValueError) as error:  # also a sheet that is only a chart
            unread = error
            continue
        if found.height:
            return found, [other for other in names if other != candidate]
    if unread is not None:
        raise _damaged(name, unread) from unread
    where = f"its sheet '{sheet}' holds nothing" if sheet else f"none of its sheets holds anything ({', '.join(names)})"
    raise UnreadableFileError(f"{name} is empty: {where}.")


def _damaged(name: str, error: Exception) -> UnreadableFileError:
    return UnreadableFileError(f"{name} is damaged and cannot be read as XLSX ({error}). Save it again from Excel.")
