"""Files that are made to break the reader, and cells that are made to be run: refused, or kept as the text they are."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import UTC, datetime

import pytest
import xlsxwriter
from sqlalchemy import Engine, select

from dashboard.domain.errors import BackordersError, ColumnsError, UnreadableFileError
from dashboard.domain.texts import LONGEST_TEXT
from data_access import schema
from data_access.engine import reading
from data_access.imports import import_readings
from data_access.reading import read_file
from data_access.records import RECORDS
from tests.hostile.files import HOSTILE

AT = datetime(2026, 3, 16, 7, 30, tzinfo=UTC)
SHEET = "xl/worksheets/sheet1.xml"
CELL = '<c r="{}" t="inlineStr"><is><t>{}</t></is></c>'
BILLION_LAUGHS = """<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY f SYSTEM "file:///etc/hostname">]>"""


def workbook(sheet: str = "") -> bytes:
    """A stock list as XLSX; its sheet replaced where one is given."""
    target, changed = io.BytesIO(), io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["sku", "stock_qty"])
        page.write_row(1, 0, ["VALVE", 1])
    with zipfile.ZipFile(target) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, sheet if sheet and part == SHEET else old.read(part))
    return changed.getvalue()


def sheet_of(rows: str, before: str = "") -> str:
    return (
        f'{before}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{rows}</sheetData></worksheet>"
    )


def refused(content: bytes, kind: type[BackordersError] = UnreadableFileError) -> str:
    with pytest.raises(kind) as error:
        list(read_file(RECORDS["stock"], io.BytesIO(content), "stock.xlsx").chunks())
    return str(error.value)


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        "<row r='1'><c r='A1'/><c s='1' r = 'XFD1'><v>1</v></c></row><row r='1048576'><c><v>1</v></c></row>",
        '<row r="1">' + "<c><v>1</v></c>" * 16_000 + '</row><row r="900000"><c><v>1</v></c></row>',
        '<x:row xmlns:x="x" r="1"><x:c r="ZZ999999"><x:v>1</x:v></x:c></x:row>',
    ],
    ids=["far corner", "other quotes", "without places", "prefixed"],
)
def test_a_small_workbook_that_spans_more_cells_than_memory_holds_is_refused_before_it_is_opened(rows: str) -> None:
    content = workbook(sheet_of(rows))
    assert len(content) < 20_000
    assert refused(content).startswith("stock.xlsx has a sheet of more than 30,000,000 cells, empty ones between ")


def test_a_workbook_that_unpacks_to_more_than_it_may_is_refused() -> None:
    content = bytearray(workbook())
    entry = content.index(b"PK\x01\x02")
    struct.pack_into("<I", content, entry + 24, 2**32 - 2)  # the unpacked size, as the archive's directory tells it
    assert refused(bytes(content)) == "stock.xlsx is too large for a spreadsheet to be read. Save the sheet as CSV."


def test_a_workbook_that_unpacks_to_more_than_it_tells_is_refused() -> None:
    content = bytearray(workbook(sheet_of(" " * 5_000_000)))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        told = archive.getinfo(SHEET).file_size
    for place in [at for at in range(len(content) - 4) if content[at : at + 4] == struct.pack("<I", told)]:
        struct.pack_into("<I", content, place, 300)
    assert "stock.xlsx is damaged" in refused(bytes(content))


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.9])
def test_a_workbook_that_was_cut_off_is_refused(cut: float) -> None:
    whole = workbook()
    assert "stock.xlsx is damaged" in refused(whole[: int(len(whole) * cut)])


def test_entities_of_a_workbook_are_neither_expanded_nor_fetched() -> None:
    rows = f'<row r="1">{CELL.format("A1", "sku")}{CELL.format("B1", "stock_qty")}</row>'
    rows += f'<row r="2">{CELL.format("A2", "&c;&f;")}{CELL.format("B2", "1")}</row>'
    try:
        read = read_file(RECORDS["stock"], io.BytesIO(workbook(sheet_of(rows, BILLION_LAUGHS))), "stock.xlsx")
        seen = "".join(str(cell) for chunk in read.chunks() for cell in chunk.rows["sku"])
    except UnreadableFileError as error:
        seen = str(error)
    assert "haha" not in seen
    assert len(seen) < 500


def test_ten_thousand_columns_and_a_cell_of_a_million_letters_are_told_in_a_short_sentence() -> None:
    names = ",".join(f"column {number}" for number in range(10_000))
    told = refused(f"{names}\n{names}\n".encode(), ColumnsError)
    assert "it has no column for sku" in told
    assert told.endswith(".")
    assert len(told) < 2_500
    wide = f"sku,stock_qty,{names}\nVALVE,1\n".encode()
    assert read_file(RECORDS["stock"], io.BytesIO(wide), "stock.csv").row_count == 1
    assert len(refused(f"{'x' * 1_000_000},stock_qty\n1,2\n".encode(), ColumnsError)) < 1_500


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32", "cp1252"])
def test_each_hostile_cell_is_kept_as_it_is_or_refused_by_name(engine: Engine, encoding: str) -> None:
    cells = [cell for cell in HOSTILE if cell.strip() and cell.encode(encoding, "ignore").decode(encoding) == cell]
    quoted = [cell.replace('"', '""') for cell in cells]
    text = "customer_id,name\n" + "".join(f'C-{number},"{cell}"\n' for number, cell in enumerate(quoted))
    read = read_file(RECORDS["customers"], io.BytesIO(text.encode(encoding)), "customers.csv")

    (result,) = import_readings(engine, [read], by="ada", at=AT, partial=True)

    with reading(engine) as connection:
        customers = schema.customers.c
        rows = connection.execute(select(customers.customer_id, customers.name))
        stored = {row.customer_id: row.name for row in rows}
    kept = {f"C-{number}": cell.strip() for number, cell in enumerate(cells)}
    assert stored == {key: kept[key] for key in stored}
    left = [kept[key] for key in kept.keys() - stored.keys()]
    assert all(len(cell) > LONGEST_TEXT or not cell.replace("\n", "").isprintable() for cell in left)
    assert result.refused_rows == len(left)
