"""What is exported has the columns that were agreed, and the figures that one works out by hand."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from sqlalchemy import Engine, insert

from dashboard import exports
from dashboard.domain.allocation import DEFAULT_RULE
from dashboard.domain.book import PURCHASE_ORDER
from dashboard.domain.decided import ORDER_LINE, Draft, Figures, Link
from dashboard.domain.errors import SettingsError
from data_access import schema
from data_access.decisions import add_decision, change_decision
from data_access.engine import writing
from data_access.imports import import_readings, row_counts
from data_access.reading import read_file
from data_access.records import MOVES, RECORDS
from tests.dashboard import companies
from tests.dashboard.conftest import Say
from tests.pages.companies import write_small_company

EXPECTED = {"backlog": companies.BACKLOG, "allocations": companies.ALLOCATIONS, "orders": companies.ORDERS}
KEYS = {"backlog": ["order_id", "line_no"], "allocations": ["order_id", "line_no", "available_date"], "orders": []}


def frame_of(csv: bytes | str, name: str) -> pd.DataFrame:
    """A CSV as a frame, in the order of its keys."""
    text = csv.decode("utf-8-sig") if isinstance(csv, bytes) else csv
    texts = dict.fromkeys(("order_id", "line_no", "supply_id"), "str")
    frame = pd.read_csv(io.StringIO(text), dtype=texts)
    return frame.sort_values(KEYS[name] or ["order_id"]).reset_index(drop=True)


def make(name: str, file_format: str, engine: Engine, today: date) -> bytes:
    return exports.make(name, file_format, engine, today, DEFAULT_RULE)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_figures_are_those_worked_out_by_hand(name: str, company: Engine, today: date) -> None:
    made, expected = (frame_of(csv, name) for csv in (make(name, "csv", company, today), EXPECTED[name]))
    pd.testing.assert_frame_equal(made, expected, check_dtype=False)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_rows_come_by_order_and_line_as_text_whatever_order_the_store_has(
    name: str, company: Engine, today: date
) -> None:
    table = pd.read_csv(io.BytesIO(make(name, "csv", company, today)), dtype="str", encoding="utf-8-sig")
    ids = list(zip(*(table[column] for column in ("order_id", "line_no") if column in table), strict=True))
    assert ids == sorted(ids)


@pytest.mark.parametrize("name", EXPECTED)
def test_every_format_holds_the_same_rows(name: str, company: Engine, today: date) -> None:
    rows = frame_of(make(name, "csv", company, today), name)

    objects = pd.DataFrame(json.loads(make(name, "json", company, today)), columns=list(rows))
    sheet = openpyxl.load_workbook(io.BytesIO(make(name, "xlsx", company, today)))[name]
    header, *cells = sheet.iter_rows(values_only=True)

    for other in (objects, pd.DataFrame(cells, columns=list(header))):
        pd.testing.assert_frame_equal(frame_of(other.to_csv(index=False), name), rows, check_dtype=False)


@pytest.mark.parametrize("name", [*EXPECTED, "problems"])
def test_an_empty_store_exports_a_table_without_rows(name: str, engine: Engine, today: date) -> None:
    header, *rows = make(name, "csv", engine, today).decode("utf-8-sig").splitlines()
    assert rows == []
    expected = EXPECTED.get(name, "problem,table\n").splitlines()[0]
    assert header == expected


def test_data_problems_come_with_their_rows_as_numbers_and_days(company: Engine, today: date) -> None:
    rows = json.loads(make("problems", "json", company, today))

    told = pd.Series([(row["problem"], row["table"]) for row in rows]).value_counts()
    assert told.to_dict() == companies.PROBLEMS
    [stock] = [row for row in rows if row["table"] == "stock"]
    assert {name: value for name, value in stock.items() if value is not None} == {
        "problem": "Stock below zero", "table": "stock", "sku": "PIPE", "location_id": "EAST", "stock_qty": -3.0,
    }  # fmt: skip
    assert "Stock below zero,stock,PIPE,EAST,-3.0," in make("problems", "csv", company, today).decode("utf-8-sig")


def test_all_moves_are_exported_oldest_first_with_the_columns_that_were_agreed(engine: Engine, today: date) -> None:
    of_all = {
        "supply_kind": PURCHASE_ORDER,
        "document_id": "PO-7",
        "was_manual": False,
        "is_manual": True,
        "batch_id": "b",
    }
    with writing(engine) as connection:
        connection.execute(
            insert(schema.moves),
            [
                of_all | {
                    "line_no": str(n), "supply_id": f"PO-7/{n}", "from_date": None, "to_date": date(2026, 3, 20 + n),
                    "reason": "customs", "note": "=1+1", "moved_by": "a.weber", "how": "form",
                    "moved_at": datetime(2026, 3, 16 - n, 9, 30),
                }
                for n in (1, 2)
            ],
        )  # fmt: skip

    assert make("moves", "csv", engine, today).decode("utf-8-sig").splitlines() == [
        "move_id,batch_id,supply_id,from_date,to_date,reason,note,moved_by,moved_at,how",
        "1,b,PO-7/1,,2026-03-21,customs,'=1+1,a.weber,2026-03-15T09:30:00,form",
        "2,b,PO-7/2,,2026-03-22,customs,'=1+1,a.weber,2026-03-14T09:30:00,form",
    ]


def test_a_name_that_is_no_export_is_answered_with_the_names(engine: Engine, today: date) -> None:
    with pytest.raises(SettingsError, match=r"no export 'backlogs'\. There are: backlog, allocations, .*templates"):
        make("backlogs", "csv", engine, today)


def test_there_is_a_template_for_each_table_with_all_columns_and_an_example(tmp_path: Path) -> None:
    paths = exports.write_templates(tmp_path / "new" / "folder")

    records = {**RECORDS, "moves": MOVES}
    assert [path.stem for path in paths] == list(records)
    for path in paths:
        header, example = path.read_text(encoding="utf-8").splitlines()
        assert header.split(",") == [field.name for field in records[path.stem].fields]
        assert example


def test_decisions_are_exported_with_what_they_are_about_then_and_now(engine: Engine, today: date) -> None:
    write_small_company(engine)
    at, by = datetime(2026, 3, 9, 9, 30), "ada"
    drafts = {
        Draft("=Call", "bo", date(2026, 3, 16), "A date", Link(ORDER_LINE, "SO-1", "2")): Figures(2, 1, 21, 99.5, 1),
        Draft("Agree on a rule", "cy"): None,
    }
    for draft, figures in drafts.items():
        add_decision(engine, draft, figures, by=by, at=at, today=date(2026, 3, 9))
    change_decision(engine, 1, 1, due_date=date(2026, 3, 23), note="Ill", by="cy", at=at, today=today)

    header, first, second = make("decisions", "csv", engine, today).decode("utf-8-sig").splitlines()

    assert header.split(",") == exports.DECISION_COLUMNS
    assert first == (
        "1,open,'=Call,bo,2026-03-23,A date,order line,SO-1,2,2026-03-09,ada,2026-03-09T09:30:00,"
        "2,1,1,1,1,0,21,10,99.5,60.0,1,cy,2026-03-09T09:30:00,Ill"
    )
    assert second == "2,open,Agree on a rule,cy,,,,,,2026-03-09,ada,2026-03-09T09:30:00,,,,,,,,,,,0,,,"


def test_no_decision_is_exported_as_a_table_without_rows(engine: Engine, today: date) -> None:
    [header] = make("decisions", "csv", engine, today).decode("utf-8-sig").splitlines()
    assert header.split(",") == exports.DECISION_COLUMNS


@pytest.mark.parametrize("table", RECORDS)
def test_a_template_can_be_imported_as_it_is(table: str, engine: Engine, tmp_path: Path) -> None:
    [path] = [path for path in exports.write_templates(tmp_path) if path.stem == table]

    reading = read_file(RECORDS[table], path, path.name)
    [result] = import_readings(engine, [reading], by="ada", at=datetime(2026, 3, 16, tzinfo=UTC))

    assert (result.new_rows, result.refused_rows, result.surplus) == (1, 0, ())
    assert list(result.matched) == [field.name for field in RECORDS[table].fields]
    assert row_counts(engine)[table] == 1


def test_all_templates_together_are_one_consistent_company(engine: Engine, tmp_path: Path, today: date) -> None:
    paths = {path.stem: path for path in exports.write_templates(tmp_path)}
    for table, record in RECORDS.items():
        reading = read_file(record, paths[table], paths[table].name)
        import_readings(engine, [reading], by="ada", at=datetime(2026, 3, 16, tzinfo=UTC))

    assert row_counts(engine) == dict.fromkeys(RECORDS, 1)
    backlog = frame_of(make("backlog", "csv", engine, today), "backlog")
    assert backlog[["order_id", "open_qty", "ready_qty", "state"]].values.tolist() == [["SO-5001", 30, 30, "ready"]]


def test_templates_that_cannot_be_written_are_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"taken cannot be written \(File exists\)\. Name another folder\."):
        exports.write_templates(tmp_path / "taken")
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "a file"


@pytest.mark.parametrize("text", ["monday", "09.03.2026"])
def test_a_day_that_is_none_is_refused_in_a_sentence(company: Engine, say: Say, text: str) -> None:
    told = (2, "", f"'{text}' is not a day. Write it as 2026-03-09.\n")
    assert say("export", "backlog", "--as-of", text) == told


def test_the_help_names_every_export(say: Say) -> None:
    told = " ".join(say("export", "--help")[1].replace("\u2502", " ").split())
    assert f"{', '.join(exports.EXPORTS)}, or templates." in told
