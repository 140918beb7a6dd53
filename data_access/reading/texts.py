"""From a delimited text file to its raw rows: its encoding, its delimiter, its lines.

The encoding is the first that the whole file obeys: a byte order mark, UTF-16 by its zero bytes, UTF-8, and then
Windows-1252, unless long runs of other bytes show a script that is not Latin, which charset-normalizer then names.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median_low

import charset_normalizer

from dashboard.domain.errors import UnreadableFileError
from data_access.reading.raw import Opener, RawRow, RawTable, is_blank

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "pipes"}

_LONGEST_CELL = 10_000_000
_BLOCK = 1024 * 1024
_SAMPLE = 64 * 1024
_SAMPLE_ROWS = 200
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ENCODING_NAMES = {"utf-8-sig": "UTF-8", "utf-8": "UTF-8", "cp1252": "Windows-1252"}
_DELIMITER_LINE = re.compile(r'"?sep=([,;\t|])"?\s*', re.IGNORECASE)

# The module's limit (131,072) would make one long cell refuse a whole file; here it is the row that is refused.
csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))


def raw_text(open_file: Opener, name: str) -> RawTable:
    """The rows of a text file with commas, semicolons, tabs or pipes, numbered by the line they begin on.

    Raises UnreadableFileError where the bytes are no text.
    """
    encoding = _encoding(open_file, name)
    sample = _sample(open_file, encoding)
    delimiter = _told_delimiter(sample) or _delimiter(sample)
    notes = [f"Read as {_ENCODING_NAMES.get(encoding, encoding.upper())} text with {DELIMITERS[delimiter]}."]
    if not encoding.startswith("utf"):
        notes.append("If letters with accents look wrong, save the file as UTF-8 and read it again.")
    return RawTable(name, "line", lambda: _rows(open_file, name, encoding, delimiter), tuple(notes))


def utf_16(head: bytes) -> str | None:
    """The encoding that a byte order mark or the pattern of zero bytes shows; None for one byte per letter."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return encoding
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) > 0.3 * len(head) / 2 and min(even, odd) < 0.05 * len(head) / 2 + 1:
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def _encoding(open_file: Opener, name: str) -> str:
    with open_file() as file:
        head = file.read(_SAMPLE)
    marked = utf_16(head)
    for encoding in [marked] if marked else ["utf-8", *_one_byte_encodings(open_file)]:
        if _decodes(open_file, encoding):
            return encoding
    raise UnreadableFileError(f"{name} is neither UTF-8, UTF-16 nor Windows-1252 text. Save it as CSV UTF-8.")


def _decodes(open_file: Opener, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with open_file() as file:
        try:
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeError:
            return False
    return True


def _one_byte_encodings(open_file: Opener) -> Iterator[str]:
    """Windows-1252, before or after the guess that charset-normalizer makes from the lines that are not ASCII.

    On a few accents it names Central European or Japanese sets for German names, so that it is asked first only where
    letters outside ASCII follow each other, as they do in Greek, Cyrillic, Chinese or Japanese.
    """
    with open_file() as file:
        lines = [line for line in file.read(_BLOCK).splitlines() if not line.isascii()]
    evidence = b"\n".join(lines)[:_SAMPLE]
    best = charset_normalizer.from_bytes(evidence).best() if evidence else None
    guesses = [best.encoding] if best is not None else []
    runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", evidence)]
    yield from [*guesses, "cp1252"] if runs and median_low(runs) >= 3 else ["cp1252", *guesses]


def _sample(open_file: Opener, encoding: str) -> str:
    with _decoded(open_file, encoding) as text:
        sample = text.read(_SAMPLE)
    return sample if len(sample) < _SAMPLE else sample[: sample.rfind("\n") + 1] or sample


@contextmanager
def _decoded(open_file: Opener, encoding: str) -> Iterator[io.TextIOWrapper]:
    """A file as text whose lines keep their ends; a caller's buffer stays open afterwards."""
    with open_file() as file:
        text = io.TextIOWrapper(file, encoding=encoding, newline="")
        try:
            yield text
        finally:
            text.detach()


def _told_delimiter(sample: str) -> str | None:
    """The delimiter in a first line "sep=;", which Excel writes and reads."""
    told = _DELIMITER_LINE.fullmatch(sample.splitlines()[0] if sample else "")
    return told.group(1) if told else None


def _delimiter(sample: str) -> str:
    """The delimiter that cuts most rows, and the first one, into the same number of cells; comma if none does."""
    return max(DELIMITERS, key=lambda delimiter: _evenness(sample, delimiter))


def _evenness(sample: str, delimiter: str) -> tuple[float, int]:
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    widths = [len(cells) for _, cells in zip(range(_SAMPLE_ROWS), reader, strict=False) if not is_blank(cells)]
    if not widths:
        return 0.0, 0
    width, count = max(Counter(widths).items(), key=lambda item: (item[1], item[0]))
    if width == 1:
        return 0.0, 0
    return (widths[0] == width) + count / len(widths), width


def _rows(open_file: Opener, name: str, encoding: str, delimiter: str) -> Iterator[RawRow]:
    with _decoded(open_file, encoding) as text:
        yield from _records(text, name, delimiter)


def _records(text: io.TextIOWrapper, name: str, delimiter: str) -> Iterator[RawRow]:
    """The records with the line they begin on; a line that only names the delimiter is none."""
    is_at_end = False

    def lines() -> Iterator[str]:
        nonlocal is_at_end
        for line in text:  # noqa: UP028 (closing a generator that yields from the file would close a caller's buffer)
            yield line
        is_at_end = True

    reader = csv.reader(lines(), delimiter=delimiter)
    row_no = 1
    try:
        for cells in reader:
            if is_at_end:  # the reader asked for another line in the middle of a record
                raise UnreadableFileError(_never_closed(name, row_no))
            if any(map(str.strip, cells)) and not (row_no == 1 and _DELIMITER_LINE.fullmatch(delimiter.join(cells))):
                yield RawRow(row_no, cells)
            row_no = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableFileError(_never_closed(name, row_no)) from error
    except UnicodeError as error:
        raise UnreadableFileError(f"{name} changes its encoding after line {row_no}. Save it as CSV UTF-8.") from error


def _never_closed(name: str, row_no: int) -> str:
    return f"{name}, line {row_no}: a quotation mark is opened and never closed. Close it or take it out."
