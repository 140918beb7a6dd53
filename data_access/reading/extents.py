"""How large the sheets of a workbook say they are, before a reader sets the memory for all of their cells aside.

A file of a few kilobytes may name a cell in the last row and one in the last column; a full table between them would
take more memory than there is, and end the program for everybody. Knows tags, but no value.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import IO

_BLOCK = 1024 * 1024
_TAG = rb"<(?:[^\s<>:/]+:)?"
_PLACE = re.compile(rb"""\sr\s*=\s*["']\s*([A-Za-z]{0,9})([0-9]{0,12})""")
_ROW = re.compile(_TAG + rb"row(?=[\s/>])")
_UNPLACED = re.compile(_TAG + rb"c(?=[\s/>])(?![^<>]*\sr\s*=)")
"""A cell that stands behind the one before it, without saying where."""
_SHEET = re.compile(_TAG + rb"sheetData[\s/>]")


def largest_extent(archive: zipfile.ZipFile) -> int:
    """The most cells that a part of the workbook may span, empty ones between others counted."""
    return max((_extent(archive, part) for part in archive.infolist()), default=0)


def _extent(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """Cells from the first to the last row and column of a sheet; 0 for a part that is none."""
    is_sheet, rows, columns, in_row = False, 0, 0, 0
    with archive.open(part) as file:
        for block in _blocks(file):
            is_sheet = is_sheet or _SHEET.search(block) is not None
            if not is_sheet:
                continue
            places = _PLACE.findall(block)
            columns = max([columns, *map(_column, {letters for letters, _ in places})])
            rows = max([rows, *(int(number or 0) for number in {number for _, number in places})])
            if _UNPLACED.search(block):
                counts = [len(_UNPLACED.findall(row)) for row in _ROW.split(block)]
                counts[0] += in_row
                in_row = counts[-1]
                columns, rows = max(columns, *counts), rows + len(counts)
    return rows * columns


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    """The content in pieces that end before a tag."""
    left = b""
    while block := file.read(_BLOCK):
        left += block
        end = left.rfind(b"<")
        yield left[:end] if end > 0 else left
        left = left[end:] if end > 0 else b""
    yield left


def _column(letters: bytes) -> int:
    """The number of a column: 1 for A, 27 for AA."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number
