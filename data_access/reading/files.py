"""From a file of any kind to its raw rows. Knows what kinds of files there are, but no column and no value."""

from __future__ import annotations

import shutil
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from dashboard.domain.errors import UnreadableFileError
from data_access.reading import sheets, texts
from data_access.reading.extents import largest_extent
from data_access.reading.raw import Opener, RawTable

_SPREADSHEET_PART = "xl/workbook.xml"
_KEPT_IN_MEMORY = 32 * 1024 * 1024
_HEAD = 4096
_MOST_NULS = 0.05
"""A larger share of zero bytes than this is no text; a single one is left to the row that holds it."""

_SIGNATURES = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"II*\x00", "an image"),
    (b"MM\x00*", "an image"),
    (b"RIFF", "an image or a recording"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"BZh", "a compressed archive"),
    (b"\xfd7zXZ", "a compressed archive"),
    (b"7z\xbc\xaf", "a compressed archive"),
    (b"Rar!", "a compressed archive"),
    (b"SQLite format 3", "a database"),
    (b"PAR1", "a Parquet file"),
    (b"{\\rtf", "a text document"),
)
_WEB_PAGES = (b"<html", b"<!doctype", b"<?xml", b"<table")
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_SAVE_AS = "Save the table itself as CSV or XLSX and take that."


def raw_file(source: Path | BinaryIO, name: str, sheet: str | None = None) -> RawTable:
    """The rows of a CSV or XLSX file as they stand in it; the content decides which it is, not the name.

    name is what people call the file. Raises UnreadableFileError where there is no table to read.
    """
    open_file = _opener(source, name)
    with open_file() as file:
        head = file.read(_HEAD)
    if not head:
        raise UnreadableFileError(f"{name} is empty. Export it again, or choose another file.")
    if head.startswith(b"PK\x03\x04"):
        _refuse_other_archives(open_file, name)
        return sheets.raw_sheet(open_file, name, sheet)
    _refuse_other_kinds(head, name)
    return texts.raw_text(open_file, name)


def _opener(source: Path | BinaryIO, name: str) -> Opener:
    """What opens the source from its beginning, as often as it is asked to."""
    if isinstance(source, Path):
        _refuse_no_file(source, name)
        return lambda: _reopened(source, name)
    replayable = source if source.seekable() else _copied(source)

    def reopened() -> AbstractContextManager[IO[bytes]]:
        return _rewound(replayable)

    if replayable is not source:
        weakref.finalize(reopened, replayable.close)
    return reopened


@contextmanager
def _reopened(path: Path, name: str) -> Iterator[IO[bytes]]:
    try:
        file = path.open("rb")
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise UnreadableFileError(f"{name} cannot be opened: {reason}. Check the file and its permissions.") from error
    with file:
        yield file


@contextmanager
def _rewound(file: IO[bytes]) -> Iterator[IO[bytes]]:
    file.seek(0)
    yield file


def _copied(stream: BinaryIO) -> IO[bytes]:
    # Lives as long as the reading that holds it: it is read twice, once for evidence and once for rows.
    copy = tempfile.SpooledTemporaryFile(max_size=_KEPT_IN_MEMORY)  # noqa: SIM115
    shutil.copyfileobj(stream, copy)
    return copy


def _refuse_no_file(path: Path, name: str) -> None:
    if path.is_dir():
        raise UnreadableFileError(f"{name} is a folder. Name one file in it.")
    if not path.exists():
        raise UnreadableFileError(f"There is no file {path}. Check the folder and the spelling.")


def _refuse_other_kinds(head: bytes, name: str) -> None:
    if head.startswith(_OLD_OFFICE):
        _refuse_old_office(head, name)
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            raise UnreadableFileError(f"{name} is {kind}, not a table. {_SAVE_AS}")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_WEB_PAGES):
        raise UnreadableFileError(f"{name} is a web page or XML, not a table. {_SAVE_AS}")
    if texts.utf_16(head) is None and head.count(0) > 2 + _MOST_NULS * len(head):
        raise UnreadableFileError(f"{name} is not a text file: it holds binary data. {_SAVE_AS}")


def _refuse_old_office(head: bytes, name: str) -> None:
    """Old Excel files and password-protected XLSX files share one container; the names inside tell them apart."""
    if "EncryptedPackage".encode("utf-16-le") in head:
        raise UnreadableFileError(f"{name} is protected by a password. Save it without one and try again.")
    raise UnreadableFileError(
        f"{name} is in the old Excel format (.xls) or protected by a password. Save it as XLSX without a password."
    )


def _refuse_other_archives(open_file: Opener, name: str) -> None:
    try:
        with open_file() as file, zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            if not any(part.filename == _SPREADSHEET_PART for part in parts):
                raise UnreadableFileError(f"{name} is a ZIP archive or another kind of document, not XLSX. {_SAVE_AS}")
            if sum(part.file_size for part in parts) > sheets.LARGEST_UNPACKED:
                raise UnreadableFileError(f"{name} is too large for a spreadsheet to be read. Save the sheet as CSV.")
            if largest_extent(archive) > sheets.MOST_CELLS:
                raise UnreadableFileError(
                    f"{name} has a sheet of more than {sheets.MOST_CELLS:,} cells, empty ones between others counted. "
                    "Delete what stands far below or beside the table, or save the sheet as CSV."
                )
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, EOFError) as error:
        raise UnreadableFileError(f"{name} is damaged: it begins like an XLSX file but cannot be unpacked.") from error
