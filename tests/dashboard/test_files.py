"""What is in a frame is in the file, as text, number or day, and nothing in it runs when a spreadsheet opens it."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
import zipfile
from datetime import datetime
from typing import Any

import openpyxl
import pandas as pd
import pytest
from openpyxl.utils.escape import unescape

from dashboard import files
from dashboard.domain.errors import SettingsError
from dashboard.files import to_bytes, to_csv, to_json, to_xlsx

HOSTILE = [
    "=1+1",
    '=cmd|" /C calc"!A0',
    "+49 30 1234",
    "-5",
    "@SUM(A1)",
    "\tindented",
    "\rreturned",
    "\nbroken",
    "＝1+1",  # noqa: RUF001 (a full-width sign, which some spreadsheets take for the plain one)
    "<script>alert(1)</script>",
    "two\r=1+1",
    "two\n=1+1",
    "[x](javascript:1)",
    ":red[x]",
    "{=1+1}",
    "http://example.com/?a=1&b=2",
    "<r>& not markup</r>",
    "_x0041_",
    "00042",
    "1e5",
    " spaced ",
    "Žluťoučký 株式会社 🚚",
]
IN_CSV = ["'" + text if text.startswith(files.FORMULA_STARTS) else text for text in HOSTILE]


def frame() -> pd.DataFrame:
    """One row per kind of gap: whole, empty, whole again."""
    return pd.DataFrame(
        {
            "order_id": pd.Categorical(["007", None, "SO-2"]),
            "name": pd.Series(["Brightwater", None, "Žižkov"], dtype="str"),
            "open_qty": [-2.5, float("nan"), 3.0],
            "lines": [1, 2, -3],
            "is_moved": [True, False, True],
            "promise_date": pd.Series(["2026-03-16", None, "1996-07-04"], dtype="datetime64[s]"),
            "moved_at": pd.Series(["2026-03-16 07:30:05", None, "2026-03-16"], dtype="datetime64[us]"),
        }
    )


def sheet_of(content: bytes) -> openpyxl.worksheet.worksheet.Worksheet:
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert len(book.sheetnames) == 1
    return book.active


def rows_of(content: bytes) -> list[tuple[Any, ...]]:
    return list(sheet_of(content).iter_rows(values_only=True))


def test_a_csv_holds_days_in_iso_and_nothing_for_what_is_missing() -> None:
    assert to_csv(frame()).decode("utf-8-sig").splitlines() == [
        "order_id,name,open_qty,lines,is_moved,promise_date,moved_at",
        "007,Brightwater,-2.5,1,True,2026-03-16,2026-03-16T07:30:05",
        ",,,2,False,,",
        "SO-2,Žižkov,3.0,-3,True,1996-07-04,2026-03-16T00:00:00",
    ]


def test_a_csv_begins_with_the_mark_by_which_spreadsheets_know_its_encoding() -> None:
    assert to_csv(frame()).startswith(b"\xef\xbb\xbforder_id")


@pytest.mark.parametrize("kind", ["str", "object", "category"])
def test_text_that_could_be_a_formula_is_quoted_in_a_csv_and_other_text_is_as_it_was(kind: str) -> None:
    column = pd.Series([*HOSTILE, None], dtype=kind)

    written = to_csv(pd.DataFrame({"name": column, "no": range(len(column))})).decode("utf-8-sig")

    assert [name for name, _ in csv.reader(io.StringIO(written, newline=""))] == ["name", *IN_CSV, ""]


def test_json_holds_every_text_exactly_and_null_for_what_is_missing() -> None:
    assert json.loads(to_json(frame())) == [
        {
            "order_id": "007",
            "name": "Brightwater",
            "open_qty": -2.5,
            "lines": 1,
            "is_moved": True,
            "promise_date": "2026-03-16",
            "moved_at": "2026-03-16T07:30:05",
        },
        {
            "order_id": None,
            "name": None,
            "open_qty": None,
            "lines": 2,
            "is_moved": False,
            "promise_date": None,
            "moved_at": None,
        },
        {
            "order_id": "SO-2",
            "name": "Žižkov",
            "open_qty": 3.0,
            "lines": -3,
            "is_moved": True,
            "promise_date": "1996-07-04",
            "moved_at": "2026-03-16T00:00:00",
        },
    ]
    assert [row["name"] for row in json.loads(to_json(pd.DataFrame({"name": HOSTILE})))] == HOSTILE


def test_a_sheet_holds_numbers_days_truths_and_text_as_what_they_are() -> None:
    assert rows_of(to_xlsx(frame())) == [
        ("order_id", "name", "open_qty", "lines", "is_moved", "promise_date", "moved_at"),
        ("007", "Brightwater", -2.5, 1, True, datetime(2026, 3, 16), datetime(2026, 3, 16, 7, 30, 5)),
        (None, None, None, 2, False, None, None),
        ("SO-2", "Žižkov", 3, -3, True, datetime(1996, 7, 4), datetime(2026, 3, 16)),
    ]
    sheet = sheet_of(to_xlsx(frame()))
    assert [cell.number_format for cell in sheet[2]][-2:] == ["yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"]


def test_text_in_a_sheet_stays_text_whatever_it_looks_like() -> None:
    sheet = sheet_of(to_xlsx(pd.DataFrame({"=name": HOSTILE})))

    cells = [sheet.cell(row, 1) for row in range(1, len(HOSTILE) + 2)]

    # openpyxl leaves the sheet's own way to write control characters, _x000D_, to its reader
    assert [unescape(cell.value) for cell in cells] == ["=name", *HOSTILE]
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
    assert [cell.hyperlink for cell in cells] == [None] * len(cells)


def test_a_sheet_holds_no_formula_no_link_and_only_well_formed_xml() -> None:
    with zipfile.ZipFile(io.BytesIO(to_xlsx(pd.DataFrame({"name": HOSTILE})))) as archive:
        parts = {name: ET.fromstring(archive.read(name)) for name in archive.namelist()}  # noqa: S314 (our own file)
    [sheet] = [part for name, part in parts.items() if name.startswith("xl/worksheets/")]
    tags = {element.tag.rpartition("}")[2] for element in sheet.iter()}
    assert not tags & {"f", "hyperlink", "hyperlinks"}


def test_the_header_of_a_sheet_stays_in_sight_and_filters() -> None:
    sheet = sheet_of(to_xlsx(frame()))
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:G4")
    assert all(cell.font.bold for cell in sheet[1])


def test_columns_are_as_wide_as_what_they_hold_within_reason() -> None:
    sheet = sheet_of(to_xlsx(pd.DataFrame({"a": ["x" * 500], "b": ["y"], "day": pd.to_datetime(["2026-03-16"])})))
    assert [round(sheet.column_dimensions[letter].width) for letter in "ABC"] == [41, 11, 13]


@pytest.mark.parametrize("file_format", ["csv", "xlsx", "json"])
def test_an_empty_table_is_a_file_with_its_header(file_format: str) -> None:
    content = to_bytes(frame().iloc[:0], file_format)
    if file_format == "json":
        assert json.loads(content) == []
    elif file_format == "csv":
        assert content.decode("utf-8-sig") == ",".join(frame()) + "\r\n"
    else:
        assert rows_of(content) == [tuple(frame())]


@pytest.mark.parametrize("file_format", ["csv", "xlsx", "json"])
def test_a_column_without_any_value_is_empty(file_format: str) -> None:
    nothing = pd.DataFrame({"a": pd.Series([None], dtype="str"), "b": [float("nan")], "c": [pd.NaT], "d": ["x"]})
    content = to_bytes(nothing, file_format)
    if file_format == "json":
        assert json.loads(content) == [{"a": None, "b": None, "c": None, "d": "x"}]
    elif file_format == "csv":
        assert content.decode("utf-8-sig") == "a,b,c,d\r\n,,,x\r\n"
    else:
        assert rows_of(content)[1] == (None, None, None, "x")


def test_a_cell_longer_than_a_sheet_allows_is_cut_there_and_whole_in_a_csv() -> None:
    long = pd.DataFrame({"name": ["x" * 1_000_000]})
    assert rows_of(to_xlsx(long))[1] == ("x" * 32_767,)
    assert len(to_csv(long)) > 1_000_000


def test_more_rows_than_a_sheet_holds_are_refused_with_another_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_SHEET_ROWS", 2)
    with pytest.raises(SettingsError, match=r"backlog has 3 rows, and a sheet holds 2 .* Take it as CSV\."):
        to_xlsx(frame(), "backlog")
