"""How dates, numbers, ids and texts are read, and which are refused with which words."""

from __future__ import annotations

from io import BytesIO

import pytest

from dashboard.domain.errors import ColumnsError
from data_access.reading import ReadOptions, Refusal, TableReading, read_file
from data_access.records import ITEM_SUPPLIERS, ITEMS, ORDER_LINES, STOCK


def lines(column: str, *cells: str, options: ReadOptions | None = None) -> TableReading:
    """A tab-separated file of order lines in which one column holds these cells."""
    columns = {"order_id": "A", "line_no": "", "customer_id": "C", "sku": "S", "ordered_date": "2026-03-02"}
    columns |= {"ordered_qty": "1", column: ""}
    rows = ["\t".join(columns)]
    for number, cell in enumerate(cells, 1):
        rows.append("\t".join((columns | {"line_no": str(number), column: cell}).values()))
    return read_file(ORDER_LINES, BytesIO("\n".join(rows).encode()), "lines.csv", options)


def taken(reading: TableReading, column: str) -> list[object]:
    return [value for chunk in reading.chunks() for value in chunk.rows[column].tolist()]


def days(reading: TableReading, column: str) -> list[str]:
    return [str(day) for chunk in reading.chunks() for day in chunk.rows[column].dt.strftime("%Y-%m-%d").fillna("")]


def refusals(reading: TableReading) -> list[Refusal]:
    return [refusal for chunk in reading.chunks() for refusal in chunk.refusals]


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02",
        "2026/3/2",
        "2026.03.02",
        "20260302",
        "20260302104500",
        "2026-03-02 10:45:00.000",
        "2026-03-02T10:45:00Z",
        "2026-03-02T10:45:00+02:00",
        "02-Mar-26",
        "2 March 2026",
        "March 2, 2026",
        "2. März 2026",
        "2 mars 2026",
    ],
)
def test_a_plain_date_is_read_whatever_its_form(text: str) -> None:
    assert days(lines("promise_date", text), "promise_date") == ["2026-03-02"]


@pytest.mark.parametrize("text", ["", " ", "0000-00-00", "00000000", "00.00.0000", "0000-00-00 00:00:00", "NULL"])
def test_a_date_of_zeros_is_no_date(text: str) -> None:
    assert days(lines("promise_date", text), "promise_date") == [""]


def test_one_day_above_twelve_settles_the_whole_column_even_in_the_last_row() -> None:
    reading = lines("promise_date", "03/04/2026", "05/06/2026", "28/02/2026")
    assert days(reading, "promise_date") == ["2026-04-03", "2026-06-05", "2026-02-28"]
    assert "Dates in promise_date are read as day/month/year, as '28/02/2026' shows." in reading.notes


def test_month_first_is_settled_in_the_same_way() -> None:
    assert days(lines("promise_date", "3-4-2026", "2-28-2026"), "promise_date") == ["2026-03-04", "2026-02-28"]


def test_a_date_that_fits_both_orders_is_asked_about_and_never_guessed() -> None:
    with pytest.raises(ColumnsError) as refused:
        lines("promise_date", "03/04/2026")
    assert str(refused.value) == (
        "promise_date could be day/month or month/day: e.g. '03/04/2026'. Say which with --dates dmy or --dates mdy."
    )


def test_days_in_both_orders_in_one_column_are_asked_about() -> None:
    with pytest.raises(ColumnsError, match=r"exclude each other: '28/02/2026' and '02/28/2026'.*--dates"):
        lines("promise_date", "28/02/2026", "02/28/2026")


def test_the_same_day_and_month_is_no_question() -> None:
    assert days(lines("promise_date", "03/03/2026"), "promise_date") == ["2026-03-03"]


def test_the_answer_decides_and_refuses_what_does_not_fit_it() -> None:
    reading = lines("promise_date", "03/04/2026", "28/02/2026", options=ReadOptions(dates="mdy"))
    assert days(reading, "promise_date") == ["2026-03-04"]
    assert refusals(reading) == [
        Refusal(3, "promise_date", "28/02/2026", "promise_date is no day when read as month/day/year")
    ]


THREE_DATES = (
    "order_id,line_no,customer_id,sku,ordered_qty,ordered_date,requested_date,promise_date\n"
    "A,1,C,S,1,28/02/2026,05/03/2026,03/04/2026\n"
)


def test_an_unambiguous_column_does_not_settle_the_others_each_of_which_is_asked_about() -> None:
    with pytest.raises(ColumnsError) as refused:
        read_file(ORDER_LINES, BytesIO(THREE_DATES.encode()), "lines.csv")
    assert str(refused.value).startswith(
        "requested_date (e.g. '05/03/2026') and promise_date (e.g. '03/04/2026') could be day/month or month/day. "
        "Say which with --dates dmy or --dates mdy."
    )


def test_one_answer_settles_all_dates_of_the_file() -> None:
    reading = read_file(ORDER_LINES, BytesIO(THREE_DATES.encode()), "lines.csv", ReadOptions(dates="dmy"))
    assert [days(reading, name) for name in ("ordered_date", "requested_date", "promise_date")] == [
        ["2026-02-28"],
        ["2026-03-05"],
        ["2026-04-03"],
    ]


def test_two_digit_years_turn_at_69_and_may_come_first_only_where_nothing_else_fits() -> None:
    assert days(lines("promise_date", "28/02/99", "28/02/26"), "promise_date") == ["1999-02-28", "2026-02-28"]
    assert days(lines("promise_date", "98/12/31", "98/01/02"), "promise_date") == ["1998-12-31", "1998-01-02"]
    told = lines("promise_date", "26/04/03", options=ReadOptions(dates="ymd"))
    assert days(told, "promise_date") == ["2026-04-03"]


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "99991231", "1989-12-31", "2101-01-01"])
def test_an_implausible_day_is_refused_with_what_to_do(text: str) -> None:
    reason = (
        "promise_date is not a plausible day: years from 1990 to 2100 are taken; "
        "if it stands for no date, leave the cell empty"
    )
    assert refusals(lines("promise_date", text)) == [Refusal(2, "promise_date", text, reason)]


@pytest.mark.parametrize("text", ["soon", "31/04/2026", "2026-02-30", "KW 12"])
def test_what_is_no_day_is_refused(text: str) -> None:
    assert [refusal.reason for refusal in refusals(lines("promise_date", text))] == [
        "promise_date is not a date, or there is no such day"
    ]


@pytest.mark.parametrize(
    ("text", "thousandths"),
    [
        ("12", 12_000),
        ("1.234,56", 1_234_560),
        ("1,234.56", 1_234_560),
        ("1 234,56", 1_234_560),
        ("1\u00a0234,56", 1_234_560),
        ("1\u202f234,56", 1_234_560),
        ("1'234.56", 1_234_560),
        ("1.234.567", 1_234_567_000),
        ("1,234,567", 1_234_567_000),
        ("1,50,000", 150_000_000),
        ("1234,567", 1_234_567),
        ("0,125", 125),
        ("1.5000000", 1_500),
        (".5", 500),
        ("+7", 7_000),
        ("1e3", 1_000_000),
        ("999,999,999.999", 999_999_999_999),
    ],
)
def test_a_quantity_is_read_exactly_whatever_its_form(text: str, thousandths: int) -> None:
    assert taken(lines("ordered_qty", text), "ordered_qty") == [thousandths]


@pytest.mark.parametrize("text", ["-12", "12-", "(12)", "\u221212", "12.00-", "- 12"])
def test_a_minus_before_or_behind_is_a_minus(text: str) -> None:
    reading = read_file(STOCK, BytesIO(f"sku\tstock\nS\t{text}\n".encode()), "stock.csv")
    assert taken(reading, "stock_qty") == [-12_000]


@pytest.mark.parametrize("text", ["12,50 €", "€12.50", "EUR 12,50", "12.50 USD", "$12.50"])
def test_money_may_carry_its_currency(text: str) -> None:
    assert taken(lines("unit_price", text), "unit_price") == [125_000]


def test_prices_are_rounded_half_to_even_at_four_decimals_and_it_is_told_how_many() -> None:
    reading = lines("unit_price", "2186.66665", "0.00015", "1.50000")
    assert taken(reading, "unit_price") == [21_866_666, 2, 15_000]
    assert "2 values in unit_price with more than four decimals rounded to four." in reading.notes


def test_a_number_that_fits_both_decimal_signs_is_asked_about() -> None:
    with pytest.raises(ColumnsError) as refused:
        lines("ordered_qty", "1,234", "12")
    assert str(refused.value) == (
        "ordered_qty could have thousands or decimals: '1,234' is 1234 or 1.234. "
        "Say which with --decimal comma or --decimal point."
    )


def test_one_plain_number_settles_the_column_and_then_the_file() -> None:
    assert taken(lines("ordered_qty", "1.234", "0.500"), "ordered_qty") == [1_234, 500]
    text = "sku\tunit_cost\tunit_price\nS\t1.234\t12,5\n"
    reading = read_file(ITEMS, BytesIO(text.encode()), "items.csv")
    assert taken(reading, "unit_cost") == [12_340_000]
    assert "unit_cost could be read in two ways and is taken as the other columns are written." in reading.notes


def test_the_told_decimal_sign_decides() -> None:
    assert taken(lines("ordered_qty", "1,234", options=ReadOptions(decimal="comma")), "ordered_qty") == [1_234]
    assert taken(lines("ordered_qty", "1,234", options=ReadOptions(decimal="point")), "ordered_qty") == [1_234_000]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("many", "is not a number"),
        ("12 pcs", "is not a number"),
        ("1,2,3", "is not a number"),
        ("inf", "is not a finite number"),
        ("-Infinity", "is not a finite number"),
        ("NaN", "is not a finite number"),
        ("-1", "is below zero"),
        ("1.2345", "has more than 3 decimals, which are kept exactly; round it in the source"),
        ("1000000000", "is above 999,999,999.999, the most that is kept"),
        ("1e99", "is above 999,999,999.999, the most that is kept"),
        ("9" * 5_000, "is not a number"),
    ],
)
def test_what_is_no_quantity_is_refused_in_words(text: str, reason: str) -> None:
    expected = Refusal(2, "ordered_qty", text[:200], f"ordered_qty {reason}")
    assert refusals(lines("ordered_qty", text)) == [expected]


@pytest.mark.parametrize("text", ["0", "1.5", "-1", "1000000", "soon"])
def test_a_rank_is_a_whole_number_from_one(text: str) -> None:
    rows = f"sku\tsupplier_id\trank\nS\tV\t1\nS\tW\t{text}\n"
    reading = read_file(ITEM_SUPPLIERS, BytesIO(rows.encode()), "sources.csv")
    assert taken(reading, "rank") == [1]
    assert [(refusal.row_no, refusal.column) for refusal in refusals(reading)] == [(3, "rank")]


def test_a_priority_goes_up_to_9999_since_larger_ones_stand_for_none() -> None:
    reading = lines("priority", "0", "9999", "10000", "999999")
    assert taken(reading, "priority") == [0, 9_999]
    assert refusals(reading) == [
        Refusal(4, "priority", "10000", "priority is above 9,999"),
        Refusal(5, "priority", "999999", "priority is above 9,999"),
    ]


def test_an_id_is_text_with_its_leading_zeros_and_without_blanks_around() -> None:
    reading = lines("sku", " 000123 ", '="000124"', "1E5", "ÄÖ-7")
    assert taken(reading, "sku") == ["000123", "000124", "1E5", "ÄÖ-7"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("A" * 201, "is longer than 200 characters"),
        ("A\x00B", "holds a NUL byte, which an id cannot hold"),
        ("A\x07B", "holds a control character or a line break, which an id cannot hold"),
        ("A\u200bB", "holds an invisible character (U+200B), which an id cannot hold"),
        ("A\u202eB", "holds an invisible character (U+202E), which an id cannot hold"),
        ("A\u2066B", "holds an invisible character (U+2066), which an id cannot hold"),
        ("A\ufeffB", "holds an invisible character (U+FEFF), which an id cannot hold"),
        ("1.23457E+11", "has lost its digits in a spreadsheet; format the column as text and export it again"),
    ],
)
def test_what_is_no_id_is_refused_in_words(text: str, reason: str) -> None:
    (refusal,) = refusals(lines("sku", text, "OK"))
    assert (refusal.row_no, refusal.column, refusal.reason) == (2, "sku", f"sku {reason}")
    assert refusal.value.isprintable()
    assert len(refusal.value) <= 200


@pytest.mark.parametrize("name", ["=1+1", "<script>alert(1)</script>", "[x](javascript:1)", ":red[x]", "A\nB"])
def test_a_dangerous_name_is_kept_as_the_plain_text_it_is(name: str) -> None:
    reading = read_file(ITEMS, BytesIO(f'sku,name\nS,"{name}"\n'.encode()), "items.csv")
    assert taken(reading, "name") == [name]


def test_a_cell_of_a_million_characters_is_refused_and_the_rows_around_it_are_taken() -> None:
    text = f"sku,name\nA,one\nB,{'x' * 1_000_000}\nC,three\n"
    reading = read_file(ITEMS, BytesIO(text.encode()), "items.csv")
    assert taken(reading, "sku") == ["A", "C"]
    assert refusals(reading) == [
        Refusal(3, "name", "x" * 200, "name is longer than 1,000 characters (it has 1,000,000)")
    ]


def test_empty_cells_of_optional_columns_hold_the_default() -> None:
    text = "order_id,line_no,customer_id,sku,location_id,ordered_date,promise_date,ordered_qty,shipped_qty,priority\n"
    reading = read_file(ORDER_LINES, BytesIO(f"{text}A,1,C,S,,2026-03-02,,1,,\n".encode()), "lines.csv")
    (chunk,) = reading.chunks()
    row = chunk.rows.astype(object).where(chunk.rows.notna(), None).iloc[0].to_dict()
    assert (row["location_id"], row["promise_date"], row["shipped_qty"], row["priority"]) == ("MAIN", None, 0, None)


def test_every_bad_cell_of_a_row_is_told_and_the_row_is_not_taken() -> None:
    text = "order_id,line_no,customer_id,sku,ordered_date,ordered_qty\nA,1,,S,soon,x\nA,2,C,S,2026-03-02,1\n"
    reading = read_file(ORDER_LINES, BytesIO(text.encode()), "lines.csv")
    assert [(refusal.row_no, refusal.column) for refusal in refusals(reading)] == [
        (2, "customer_id"),
        (2, "ordered_date"),
        (2, "ordered_qty"),
    ]
    assert taken(reading, "line_no") == ["2"]
