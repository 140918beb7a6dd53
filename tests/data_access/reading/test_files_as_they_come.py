"""Which files are read as tables, where their rows stand, and which files are refused with which words."""

from __future__ import annotations

import codecs
import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter

from dashboard.domain.errors import BackordersError, ColumnsError, UnreadableFileError
from data_access.reading import ReadOptions, TableReading, raw_table, read_file
from data_access.records import CUSTOMERS, ITEMS, ORDER_LINES, STOCK

ROWS = [["S-1", "Müller & Söhne", "12.5"], ["S-2", "Café, Noël; 5|6", "7"]]


def rows_of(reading: TableReading) -> list[list[object]]:
    """Row numbers and values of every accepted row."""
    return [row for chunk in reading.chunks() for row in chunk.rows.astype(object).to_numpy().tolist()]


def workbook(*sheets: tuple[str, list[list[object]]]) -> io.BytesIO:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "dd.mm.yyyy"})
    for name, rows in sheets:
        sheet = book.add_worksheet(name)
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)
    book.close()
    buffer.seek(0)
    return buffer


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_every_delimiter_line_end_and_encoding_gives_the_same_rows(delimiter: str, end: str, encoding: str) -> None:
    table = [["sku", "name", "unit_cost"], *ROWS]
    text = end.join(delimiter.join(f'"{cell}"' for cell in row) for row in table) + end
    reading = read_file(ITEMS, io.BytesIO(text.encode(encoding)), "items.csv")
    assert rows_of(reading) == [[2, "S-1", "Müller & Söhne", 125_000], [3, "S-2", "Café, Noël; 5|6", 70_000]]


def test_decimal_commas_do_not_pass_for_the_delimiter() -> None:
    text = "sku;unit_cost\nA;1,5\nB;2,5\nC;3,5\n"
    assert rows_of(read_file(ITEMS, io.BytesIO(text.encode()), "items.csv")) == [
        [2, "A", 15_000],
        [3, "B", 25_000],
        [4, "C", 35_000],
    ]


def test_a_first_line_that_tells_the_delimiter_is_obeyed() -> None:
    reading = read_file(ITEMS, io.BytesIO(b"sep=;\nsku;name\nA;one, two\n"), "items.csv")
    assert rows_of(reading) == [[3, "A", "one, two"]]


def test_greek_and_russian_files_are_read_in_their_own_encoding() -> None:
    names = "Иванов и сыновья", "Завод Металлург", "Стройматериалы Восток"
    text = "sku;name\n" + "".join(f"{number};{name}\n" for number, name in enumerate(names))
    reading = read_file(ITEMS, io.BytesIO(text.encode("cp1251")), "items.csv")
    assert [name for *_, name in rows_of(reading)] == list(names)


def test_a_few_accents_among_many_plain_rows_are_windows_1252() -> None:
    text = "id;name\n" + "".join(f"{number};Kunde {number}\n" for number in range(300)) + "301;Bäckerei Weiß\n"
    reading = read_file(CUSTOMERS, io.BytesIO(text.encode("cp1252")), "customers.csv")
    assert rows_of(reading)[-1] == [302, "301", "Bäckerei Weiß"]
    assert reading.notes[0] == "Read as Windows-1252 text with semicolons."


def test_row_numbers_are_the_lines_of_the_file_with_quoted_newlines_and_blank_lines() -> None:
    text = 'sku,name\n\nA,"two\nlines"\n,\nB,one\n"C","a\r\nb\nc"\n  \nD,one\n,nothing\n'
    reading = read_file(ITEMS, io.BytesIO(text.encode()), "items.csv")
    assert [(row_no, sku) for row_no, sku, _ in rows_of(reading)] == [(3, "A"), (6, "B"), (7, "C"), (11, "D")]
    assert [refusal[:2] for chunk in reading.chunks() for refusal in chunk.refusals] == [(12, "sku")]


def test_row_numbers_do_not_depend_on_the_size_of_the_chunks() -> None:
    text = "sku,name\n" + "".join(f'S{number},"a\nb"\n\n' for number in range(50))
    reading = read_file(ITEMS, io.BytesIO(text.encode()), "items.csv")
    small = [row for chunk in reading.chunks(7) for row in chunk.rows.to_numpy().tolist()]
    assert small == rows_of(reading)
    assert [row[0] for row in small] == list(range(2, 152, 3))
    assert [chunk.share_done for chunk in reading.chunks(20)] == [0.4, 0.8, 1.0]


def test_a_totals_row_at_the_end_is_left_out_and_told() -> None:
    text = "sku,location_id,stock_qty\nA,MAIN,4\nB,MAIN,6\n\nTotal:,,10\n\n"
    reading = read_file(STOCK, io.BytesIO(text.encode()), "stock.csv")
    assert [row[1] for row in rows_of(reading)] == ["A", "B"]
    assert "Line 5, the last one, is left out as a totals row." in reading.notes


def test_a_last_row_of_numbers_alone_is_a_totals_row_and_no_evidence_for_the_decimal_sign() -> None:
    reading = read_file(STOCK, io.BytesIO(b'sku,stock_qty\nA,4\nB,1230\n,"1,234"\n'), "stock.csv")
    assert [row[1] for row in rows_of(reading)] == ["A", "B"]
    assert reading.row_count == 2


def test_a_customer_called_total_is_no_totals_row() -> None:
    reading = read_file(CUSTOMERS, io.BytesIO(b"customer_id,name\nC1,Shell\nC2,Total\n"), "customers.csv")
    assert [row[1:] for row in rows_of(reading)] == [["C1", "Shell"], ["C2", "Total"]]


def test_a_title_above_the_column_names_is_left_out_and_told() -> None:
    text = "Stock list, March 2026\n\nPrinted by,Anna\nItem,On Hand\nA,4\n"
    reading = read_file(STOCK, io.BytesIO(text.encode()), "stock.csv")
    assert rows_of(reading) == [[5, "A", 4_000]]
    assert "The column names stand in line 4; what stands above is left out." in reading.notes


def test_cells_missing_at_the_end_of_a_row_are_empty_and_cells_too_many_refuse_it() -> None:
    text = "sku,name,category\nA\nB,Bolt, M8, steel\nC,Nut,Parts,,\n"
    reading = read_file(ITEMS, io.BytesIO(text.encode()), "items.csv")
    assert rows_of(reading) == [[2, "A", "", ""], [4, "C", "Nut", "Parts"]]
    (chunk,) = reading.chunks()
    assert chunk.refusals == [
        (3, "", " steel", "the row has 4 cells for 3 column names; put cells with a delimiter in quotes")
    ]


def test_a_header_alone_gives_no_rows_and_says_so() -> None:
    reading = read_file(ITEMS, io.BytesIO(b"sku,name\n"), "items.csv")
    assert (list(reading.chunks()), reading.row_count) == ([], 0)
    assert "There are no rows below the column names." in reading.notes


def test_a_sheet_gives_numbers_dates_and_ids_as_its_cells_hold_them() -> None:
    names = ["order_id", "line_no", "customer_id", "sku", "ordered_date", "promise_date", "ordered_qty", "unit_price"]
    first = [1001, 1, "0042", 7.5, date(2026, 4, 3), "2026-04-05", 0.1 + 0.2, 1.234]
    second = ["1002", 2, 42, "V", datetime(2026, 4, 3, 10, 30), None, 1.234, "5"]
    book = workbook(("Notes", []), ("Orders", [names, first, [], second]))
    reading = read_file(ORDER_LINES, book, "orders.xlsx")
    rows = [[str(value) for value in row] for row in rows_of(reading)]
    day = "2026-04-03 00:00:00"
    assert rows == [
        ["2", "1001", "1", "0042", "7.5", day, "2026-04-05 00:00:00", "300", "12340"],
        ["4", "1002", "2", "42", "V", day, "NaT", "1234", "50000"],
    ]
    assert "Sheet 'Orders' is read." in reading.notes


def test_a_sheet_can_be_chosen_and_an_unknown_one_is_answered_with_the_names() -> None:
    sheets = ("One", [["sku"], ["A"]]), ("Two", [["sku"], ["B"]])
    assert rows_of(read_file(ITEMS, workbook(*sheets), "i.xlsx", ReadOptions(sheet="Two"))) == [[2, "B"]]
    with pytest.raises(UnreadableFileError, match=r"no sheet 'Three'\. Its sheets are: One, Two"):
        read_file(ITEMS, workbook(*sheets), "i.xlsx", ReadOptions(sheet="Three"))


def test_an_xlsx_file_is_known_by_its_content_and_not_by_its_name() -> None:
    assert rows_of(read_file(ITEMS, workbook(("One", [["sku"], ["A"]])), "items.csv")) == [[2, "A"]]


def test_a_file_is_read_from_its_path_as_from_a_buffer_that_stays_open(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_bytes(b"sku\nA\n")
    buffer = io.BytesIO(b"sku\nA\n")
    assert rows_of(read_file(ITEMS, path, path.name)) == rows_of(read_file(ITEMS, buffer, "items.csv")) == [[2, "A"]]
    assert not buffer.closed


class _Pipe(io.BytesIO):
    """A stream that can be read only once."""

    def seekable(self) -> bool:
        return False

    def seek(self, *where: int) -> int:
        raise io.UnsupportedOperation(f"seek {where}")


def test_a_stream_that_comes_only_once_is_read_like_a_file() -> None:
    reading = read_file(ITEMS, _Pipe(b"sku\nA\n"), "items.csv")
    assert rows_of(reading) == rows_of(reading) == [[2, "A"]]


def _archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("readme.txt", "hello")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "items.csv is empty"),
        (b"\n\n  \n", "nothing but blank lines"),
        (codecs.BOM_UTF8, "is empty"),
        (b"%PDF-1.7\n%\xe2\xe3", "is a PDF document, not a table"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "is an image, not a table"),
        (b"\xff\xd8\xff\xe0", "is an image, not a table"),
        (_archive(), "is a ZIP archive or another kind of document"),
        (b"PK\x03\x04 broken", "is damaged"),
        (b"\x1f\x8b\x08\x00", "is a compressed archive"),
        (b"SQLite format 3\x00", "is a database"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Excel format"),
        (b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (b"<html><table>", "is a web page"),
        (b"\x07\x00\x00\x00" * 50, "holds binary data"),
        (b"\x81\x8d\x8f,\x90\x9d\n", "neither UTF-8, UTF-16 nor Windows-1252"),
        (b'sku,name\nA,"never closed\nB,two\n', "line 2: a quotation mark is opened and never closed"),
    ],
)
def test_what_is_no_table_is_answered_with_a_sentence(content: bytes, words: str) -> None:
    with pytest.raises(UnreadableFileError, match=words):
        read_file(ITEMS, io.BytesIO(content), "items.csv")


def test_no_file_and_a_folder_are_answered_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"There is no file .*missing\.csv"):
        read_file(ITEMS, tmp_path / "missing.csv", "missing.csv")
    with pytest.raises(UnreadableFileError, match="is a folder"):
        read_file(ITEMS, tmp_path, "folder")


def test_a_raw_table_is_text_of_equal_width() -> None:
    headers, rows = raw_table(io.BytesIO(b"A;B;\n1;x\n\n2;y;z\n"), "any.csv")
    assert (headers, list(rows)) == (["A", "B", "column_3"], [["1", "x", ""], ["2", "y", "z"]])


def test_a_raw_table_loses_no_cell_and_no_column() -> None:
    _, rows = raw_table(io.BytesIO(b"A;B\n1;x;z\n"), "any.csv")
    with pytest.raises(UnreadableFileError, match=r"any\.csv, line 2: the row has 3 cells for 2 column names"):
        list(rows)
    with pytest.raises(ColumnsError, match="two columns named 'A'"):
        raw_table(io.BytesIO(b"A;A\n"), "any.csv")


def test_every_refusal_is_an_error_of_the_program() -> None:
    assert issubclass(UnreadableFileError, BackordersError)
    assert issubclass(ColumnsError, BackordersError)
