"""Lines of documents without numbers or with blank cells, and the rows of queries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

import pytest

from dashboard.domain.errors import ColumnsError
from data_access.reading import ReadOptions, TableReading, read_file, read_rows
from data_access.records import ORDER_LINES, PO_LINES, STOCK

HEADERS = ["order_id", "line_no", "customer_id", "sku", "ordered_date", "promise_date", "ordered_qty", "unit_price"]


def rows_of(reading: TableReading, size: int = 50_000, without: str = "row_no") -> list[list[object]]:
    frames = [chunk.rows.drop(columns=without) for chunk in reading.chunks(size)]
    return [[str(value) for value in row] for frame in frames for row in frame.astype(object).to_numpy().tolist()]


def test_lines_without_numbers_are_numbered_in_file_order_across_chunks_and_gaps() -> None:
    text = "po_id,supplier_id,sku,ordered_qty\nP1,V,A,1\nP1,V,B,1\nP2,V,A,1\nP1,V,C,1\nP2,V,B,1\n"
    reading = read_file(PO_LINES, BytesIO(text.encode()), "po.csv")
    expected = [["P1", "1", "A"], ["P1", "2", "B"], ["P2", "1", "A"], ["P1", "3", "C"], ["P2", "2", "B"]]
    for size in (1, 2, 100):
        assert [[row[0], row[1], row[3]] for row in rows_of(reading, size)] == expected
    assert "The file has no line numbers: the lines of a document are numbered in file order." in reading.notes


def test_a_refused_line_keeps_its_number_so_that_the_others_keep_theirs() -> None:
    text = "po_id,supplier_id,sku,ordered_qty\nP1,V,A,1\nP1,V,B,many\nP1,V,C,1\n"
    reading = read_file(PO_LINES, BytesIO(text.encode()), "po.csv")
    assert [[row[1], row[3]] for row in rows_of(reading)] == [["1", "A"], ["3", "C"]]


def test_an_empty_column_of_line_numbers_is_no_column_of_line_numbers() -> None:
    text = "po_id,line_no,supplier_id,sku,ordered_qty\nP1,,V,A,1\nP1, ,V,B,1\n"
    reading = read_file(PO_LINES, BytesIO(text.encode()), "po.csv")
    assert [row[1] for row in rows_of(reading)] == ["1", "2"]


def test_a_line_number_missing_among_others_is_refused() -> None:
    text = "po_id,line_no,supplier_id,sku,ordered_qty\nP1,10,V,A,1\nP1,,V,B,1\n"
    (chunk,) = read_file(PO_LINES, BytesIO(text.encode()), "po.csv").chunks()
    assert chunk.refusals == [(3, "line_no", "", "line_no is empty")]


def test_cells_left_blank_below_a_first_line_are_filled_from_above_within_a_document() -> None:
    text = (
        "order_id,line_no,customer_id,sku,ordered_date,promise_date,ordered_qty\n"
        "O1,1,C1,A,2026-03-02,2026-03-09,1\n"
        ",2,,B,,,2\n"
        "\n"
        "O1,3,,C,,2026-03-10,3\n"
        "O2,1,C2,A,2026-03-03,,4\n"
        ",2,,B,,,5\n"
    )
    reading = read_file(ORDER_LINES, BytesIO(text.encode()), "orders.csv", ReadOptions(fill_down=True))
    first, second = "2026-03-02 00:00:00", "2026-03-03 00:00:00"
    for size in (1, 100):
        assert rows_of(reading, size) == [
            ["O1", "1", "C1", "A", first, "2026-03-09 00:00:00", "1000"],
            ["O1", "2", "C1", "B", first, "2026-03-09 00:00:00", "2000"],
            ["O1", "3", "C1", "C", first, "2026-03-10 00:00:00", "3000"],
            ["O2", "1", "C2", "A", second, "NaT", "4000"],
            ["O2", "2", "C2", "B", second, "NaT", "5000"],
        ]


def test_nothing_is_filled_from_another_document_or_without_being_asked() -> None:
    text = "order_id,line_no,customer_id,sku,ordered_date,ordered_qty\nO1,1,C1,A,2026-03-02,1\nO2,1,,A,2026-03-02,1\n"
    for options in (ReadOptions(), ReadOptions(fill_down=True)):
        (chunk,) = read_file(ORDER_LINES, BytesIO(text.encode()), "orders.csv", options).chunks()
        assert chunk.refusals == [(3, "customer_id", "", "customer_id is empty")]


def test_native_values_of_a_query_come_without_loss() -> None:
    rows = [
        (1001, 1, "0042", 7.0, date(2026, 3, 2), datetime(2026, 3, 9, 23, 59), 0.1 + 0.2, Decimal("1.2340")),
        ("1002", "2", 42, "V", "2026-03-02", None, Decimal("1.234"), 1.234),
        ("1003", "1", "C", "V", 20260302, "2026-03-09 00:00:00", "1.234", 2),
    ]
    reading = read_rows(ORDER_LINES, HEADERS, rows, "orders", ReadOptions(decimal="point"))
    day, later = "2026-03-02 00:00:00", "2026-03-09 00:00:00"
    assert rows_of(reading) == [
        ["1001", "1", "0042", "7", day, later, "300", "12340"],
        ["1002", "2", "42", "V", day, "NaT", "1234", "12340"],
        ["1003", "1", "C", "V", day, later, "1234", "20000"],
    ]
    assert [chunk.rows["row_no"].tolist() for chunk in reading.chunks()] == [[1, 2, 3]]


def test_texts_in_rows_are_read_by_the_evidence_of_their_column_and_asked_about_without_any() -> None:
    headers = ["sku", "stock_qty"]
    reading = read_rows(STOCK, headers, [("A", "1.234"), ("B", "2,5"), ("C", 0.5)], "stock")
    assert rows_of(reading) == [["A", "1234000"], ["B", "2500"], ["C", "500"]]
    with pytest.raises(ColumnsError, match=r"stock_qty could have thousands or decimals: '1\.234' is"):
        read_rows(STOCK, headers, [("A", "1.234"), ("B", 2.5)], "stock")


def test_rows_that_come_only_once_can_be_read_more_than_once() -> None:
    def once() -> Iterator[tuple[str, int]]:
        yield from ((f"S{number}", number) for number in range(25_000))

    reading = read_rows(STOCK, ["sku", "stock_qty"], once(), "stock")
    first, second = rows_of(reading), rows_of(reading, 10_000)
    assert first == second
    assert (len(first), first[-1]) == (25_000, ["S24999", "24999000"])


def test_what_is_no_number_in_a_query_is_refused() -> None:
    rows = [("A", float("nan")), ("B", float("inf")), ("C", Decimal("NaN")), ("D", b"7"), ("E", None), ("F", 1e300)]
    (chunk,) = read_rows(STOCK, ["sku", "stock_qty"], rows, "stock").chunks()
    assert chunk.rows["sku"].tolist() == ["D"]
    assert [(refusal.row_no, refusal.reason) for refusal in chunk.refusals] == [
        (1, "stock_qty is not a finite number"),
        (2, "stock_qty is not a finite number"),
        (3, "stock_qty is not a finite number"),
        (5, "stock_qty is empty"),
        (6, "stock_qty is above 999,999,999.999, the most that is kept"),
    ]


def test_an_id_that_a_spreadsheet_has_rounded_is_refused() -> None:
    (chunk,) = read_rows(STOCK, ["sku", "stock_qty"], [(1234567890123456789.0, 1)], "stock").chunks()
    assert [refusal.reason for refusal in chunk.refusals] == [
        "sku is a number of more than 15 digits, which a spreadsheet rounds; keep the column as text"
    ]
