"""Random typed rows written in a random dialect are read back equal; random bytes are never more than a refusal."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.errors import BackordersError
from data_access.reading import ReadOptions, read_file
from data_access.records import ORDER_LINES, RECORDS
from tests.random_cases import tries

LETTERS = st.sampled_from("abzÄéñß'\",;| 0189-/.=")
IDS = st.text(LETTERS, min_size=1, max_size=12).map(str.strip).filter(lambda text: text and not text.startswith("="))
DAYS = st.integers(0, 20_000).map(lambda days: date(2000, 1, 1) + timedelta(days))
DATE_STYLES = {"dmy": "%d/%m/%Y", "mdy": "%m-%d-%Y", "ymd": "%Y-%m-%d"}
THOUSANDS = {"point": ["", ",", " ", "'"], "comma": ["", ".", " ", "\u00a0"]}


@st.composite
def dialects(draw: st.DrawFn) -> dict[str, str]:
    decimal = draw(st.sampled_from(["point", "comma"]))
    return {
        "delimiter": draw(st.sampled_from(",;\t|")),
        "lineterminator": draw(st.sampled_from(["\n", "\r\n", "\r"])),
        "encoding": draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])),
        "dates": draw(st.sampled_from(list(DATE_STYLES))),
        "decimal": decimal,
        "thousands": draw(st.sampled_from(THOUSANDS[decimal])),
    }


def written_number(whole: int, places: int, dialect: dict[str, str]) -> str:
    digits = f"{whole // 10**places:,}".replace(",", dialect["thousands"])
    decimal_sign = "," if dialect["decimal"] == "comma" else "."
    return f"{digits}{decimal_sign}{whole % 10**places:0{places}d}"


@tries(40, long=150)
@given(
    st.lists(st.tuples(IDS, IDS, IDS, DAYS, DAYS | st.none(), st.integers(0, 10**12 - 1)), min_size=1, max_size=8),
    dialects(),
)
def test_rows_come_back_from_any_dialect_as_they_were(rows: list[tuple], dialect: dict[str, str]) -> None:  # type: ignore[type-arg]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=dialect["delimiter"], lineterminator=dialect["lineterminator"])
    writer.writerow(["Order No", "Line", "Customer", "Item", "Order Date", "Due Date", "Qty", "Price"])
    style = DATE_STYLES[dialect["dates"]]
    for number, (order, customer, sku, ordered, promised, quantity) in enumerate(rows):
        dates = [day.strftime(style) if day else "" for day in (ordered, promised)]
        amounts = [written_number(quantity, places, dialect) for places in (3, 4)]
        writer.writerow([order, number, customer, sku, *dates, *amounts])
    options = ReadOptions(dates=dialect["dates"])  # type: ignore[arg-type]
    encoded = text.getvalue().encode(dialect["encoding"])
    reading = read_file(ORDER_LINES, io.BytesIO(encoded), "orders.csv", options)
    chunks = list(reading.chunks(3))
    assert [refusal for chunk in chunks for refusal in chunk.refusals] == []
    read = [row for chunk in chunks for row in chunk.rows.drop(columns="row_no").astype(object).to_numpy().tolist()]
    assert [[str(value) for value in row] for row in read] == [
        [
            order,
            str(number),
            customer,
            sku,
            f"{ordered} 00:00:00",
            f"{promised} 00:00:00" if promised else "NaT",
            str(quantity),
            str(quantity),
        ]
        for number, (order, customer, sku, ordered, promised, quantity) in enumerate(rows)
    ]


WORDS = (
    b'sku name order_id po_id stock_qty 1 - % e9 2026-03-02 1.234 NaN , ; " \xe4 \x00 \xff\xfe \xef\xbb\xbf PK\x03\x04'
)
PIECES = st.sampled_from([*WORDS.split(b" "), b"\t", b"\n", b"\r\n", b"\r"])


def is_a_sentence(refused: BackordersError) -> bool:
    return str(refused)[-1] in ".)" and len(str(refused)) > 20


@tries(75, long=300)
@given(
    st.binary(max_size=300) | st.lists(PIECES, max_size=60).map(b"".join),
    st.sampled_from(list(RECORDS.values())),
)
def test_random_bytes_are_a_table_or_a_sentence(content: bytes, record) -> None:  # type: ignore[no-untyped-def]
    try:
        for chunk in read_file(record, io.BytesIO(content), "noise.csv").chunks(5):
            assert all(refusal.reason and refusal.value.isprintable() for refusal in chunk.refusals)
    except BackordersError as refused:
        assert is_a_sentence(refused)  # noqa: PT017


@tries(40, long=150)
@given(st.lists(PIECES, max_size=40).map(b"".join))
def test_random_cells_below_good_column_names_are_rows_or_reasons(content: bytes) -> None:
    head = b"po_id,supplier_id,sku,ordered_qty,due_date,unit_cost\n"
    try:
        for chunk in read_file(RECORDS["po_lines"], io.BytesIO(head + content), "noise.csv").chunks(5):
            assert not chunk.rows[["po_id", "supplier_id", "sku"]].isin([""]).any(axis=None)
    except BackordersError as refused:
        assert is_a_sentence(refused)  # noqa: PT017
