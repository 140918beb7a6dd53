"""Moves from a file on the command line: all good rows at once, or none, and each refused row by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import Engine, select, update

from data_access import schema
from data_access.engine import reading, writing
from tests.dashboard.conftest import Say

HEADER = "po_id,line_no,restock_date,reason,note\n"
REASONS = "supplier confirmed, supplier late, customs, quality hold, carrier, estimate, correction"

Bring = Callable[..., Path]


@pytest.fixture
def bring(tmp_path: Path) -> Bring:
    """Write a file of moves."""

    def write(*rows: str, header: str = HEADER) -> Path:
        path = tmp_path / "moves.csv"
        path.write_text(header + "".join(f"{row}\n" for row in rows), encoding="utf-8")
        return path

    return write


def manual_dates(engine: Engine) -> list[date | None]:
    lines = schema.po_lines.c
    with reading(engine) as connection:
        return list(connection.execute(select(lines.manual_restock_date).order_by(lines.line_no)).scalars())


def ledger(engine: Engine) -> list[tuple[object, ...]]:
    entries = schema.moves.c
    columns = (entries.supply_id, entries.from_date, entries.to_date, entries.reason, entries.note, entries.moved_by)
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(select(*columns, entries.how).order_by(entries.move_id))]


def test_the_dates_of_a_file_are_saved_as_one_batch_by_the_person_named(
    say: Say, company: Engine, bring: Bring
) -> None:
    file = bring("PO-7,1,2026-03-24,supplier late,called them", "PO-7,2,2026-03-27,Estimate,")
    code, told, complaint = say("move", file, "--by", "ada")

    assert (code, complaint) == (0, "")
    assert manual_dates(company) == [date(2026, 3, 24), date(2026, 3, 27)]
    assert ledger(company) == [
        ("PO-7/1", date(2026, 3, 18), date(2026, 3, 24), "supplier late", "called them", "ada", "file"),
        ("PO-7/2", None, date(2026, 3, 27), "estimate", "", "ada", "file"),
    ]
    assert told.splitlines() == [
        "moves.csv",
        "  note      Read as UTF-8 text with commas.",
        "  change    PO-7/1: 2026-03-18 -> 2026-03-24 (supplier late)",
        "  change    PO-7/2: none -> 2026-03-27 (estimate)",
        "  effect    1 order line of 1 customer is affected: 1 gets a date.",
        "  effect    get a date: 1 order line, 1 order, 1 customer, 3 units, 6 EUR",
        "Moved 2 restock dates.",
    ]


def test_a_dry_run_shows_the_effect_and_saves_nothing(say: Say, company: Engine, bring: Bring) -> None:
    code, told, _ = say("move", bring("PO-7,2,2026-03-27,estimate,"), "--by", "ada", "--dry-run")

    assert (code, manual_dates(company), ledger(company)) == (0, [None, None], [])
    assert "1 order line of 1 customer is affected: 1 gets a date." in told
    assert told.endswith("Nothing was saved: this was a dry run.\n")


def test_an_empty_date_returns_to_the_due_date(say: Say, company: Engine, bring: Bring) -> None:
    assert say("move", bring("PO-7,1,2026-03-24,carrier,"), "--by", "ada")[0] == 0
    code, told, _ = say("move", bring("PO-7,1,,correction,"), "--by", "ada")

    assert (code, manual_dates(company)) == (0, [None, None])
    assert "PO-7/1: 2026-03-24 -> 2026-03-18, the supplier's due date (correction)" in told


def test_what_is_there_already_is_not_moved_again(say: Say, company: Engine, bring: Bring) -> None:
    file = bring("PO-7,1,2026-03-24,carrier,", "PO-7,2,,carrier,")
    assert say("move", file, "--by", "ada")[1].endswith("Moved 1 restock date; 1 is as it was.\n")
    assert say("move", file, "--by", "ada")[1].endswith("Moved 0 restock dates; 2 are as they were.\n")
    assert len(ledger(company)) == 1


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("PO-7,2,2026-03-15,estimate,", "restock_date", "PO-7/2 would move to 2026-03-15, which is already over"),
        ("PO-7,2,2031-03-17,estimate,", "restock_date", "PO-7/2 would move to 2031-03-17, more than 5 years ahead"),
        ("PO-7,2,soon,estimate,", "restock_date", "restock_date is not a date, or there is no such day (soon)"),
        ("PO-7,2,2026-03-27,,", "reason", f"reason is empty: write one of {REASONS}"),
        ("PO-7,2,2026-03-27,weather,", "reason", f"reason is not one of them: write one of {REASONS} (weather)"),
        ("PO-7,9,2026-03-27,estimate,", "po_id, line_no", "is complete, or there is no such line"),
        ("PO-7,3,2026-03-27,estimate,", "po_id, line_no", "is complete, or there is no such line"),
        ("PO-7,1,2026-03-27,estimate,", "po_id, line_no", "is there already, in row 2: keep one of them (PO-7/1)"),
        ("PO-7,,2026-03-27,estimate,", "line_no", "line_no is empty"),
    ],
)
def test_a_refused_row_is_told_and_nothing_is_saved(
    say: Say, company: Engine, bring: Bring, row: str, column: str, reason: str
) -> None:
    with writing(company) as connection:
        done = {"po_id": "PO-7", "line_no": "3", "supplier_id": "S-1", "sku": "PIPE", "ordered_qty": 1_000}
        connection.execute(schema.po_lines.insert(), done | {"received_qty": 1_000})
    code, told, complaint = say("move", bring("PO-7,1,2026-03-24,carrier,", row), "--by", "ada")

    assert (code, manual_dates(company), ledger(company)) == (1, [None, None, None], [])
    [refused] = [line for line in told.splitlines() if "refused" in line]
    assert refused.startswith(f"  refused   row 3, {column}: {reason}")
    assert complaint.startswith("Nothing was saved, since 1 row is refused.")


def test_reasons_are_those_of_the_settings(
    say: Say, company: Engine, bring: Bring, settings: pytest.MonkeyPatch
) -> None:
    settings.setenv("BACKORDERS_MOVE_REASONS", "strike, weather")
    assert say("move", bring("PO-7,1,2026-03-24,carrier,"), "--by", "ada")[0] == 1
    assert say("move", bring("PO-7,1,2026-03-24,strike,"), "--by", "ada")[0] == 0


def test_weekends_and_holidays_are_noted_and_taken(
    say: Say, company: Engine, bring: Bring, settings: pytest.MonkeyPatch
) -> None:
    settings.setenv("BACKORDERS_HOLIDAYS", "2026-03-25")
    rows = ("PO-7,1,2026-03-21,carrier,", "PO-7,2,2026-03-25,carrier,")
    code, told, _ = say("move", bring(*rows), "--by", "ada")
    assert (code, manual_dates(company)) == (0, [date(2026, 3, 21), date(2026, 3, 25)])
    assert "  note      Weekend or holiday: PO-7/1 on 2026-03-21, PO-7/2 on 2026-03-25." in told


def test_dates_that_can_be_read_in_two_ways_are_asked_about(say: Say, company: Engine, bring: Bring) -> None:
    file = bring("PO-7,1,04/05/2026,carrier,")
    code, _, complaint = say("move", file, "--by", "ada")
    assert (code, "--dates dmy or --dates mdy" in complaint, manual_dates(company)) == (1, True, [None, None])
    assert say("move", file, "--by", "ada", "--dates", "dmy")[0] == 0
    assert manual_dates(company) == [date(2026, 5, 4), None]


def test_columns_of_other_systems_are_known_and_further_ones_left_out(
    say: Say, company: Engine, bring: Bring, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    for row in (
        ["Purchase Order", "Pos", "Vendor", "SKU", "Qty", "Due date", "New ETA", "Reason code"],
        ["PO-7", 1, "S-1", "VALVE", 4, date(2026, 3, 18), date(2026, 3, 24), "carrier"],
    ):
        book.active.append(row)
    book.save(tmp_path / "moves.xlsx")
    assert say("move", tmp_path / "moves.xlsx", "--by", "ada")[0] == 0
    assert manual_dates(company) == [date(2026, 3, 24), None]


@pytest.mark.parametrize("missing", ["restock_date", "reason"])
def test_a_file_without_dates_or_reasons_is_refused_and_clears_nothing(
    say: Say, company: Engine, bring: Bring, missing: str
) -> None:
    columns = [name for name in ("po_id", "line_no", "restock_date", "reason") if name != missing]
    code, _, complaint = say("move", bring("PO-7,1,2026-03-24", header=",".join(columns) + "\n"), "--by", "ada")
    assert (code, manual_dates(company)) == (1, [None, None])
    assert f"moves.csv cannot be read as moves: it has no column for {missing} (or " in complaint


def test_nobody_moves_dates_without_a_name_or_as_a_viewer(
    say: Say, company: Engine, bring: Bring, settings: pytest.MonkeyPatch
) -> None:
    file = bring("PO-7,1,2026-03-24,carrier,")
    assert say("move", file)[0] == 2
    for nobody in (" ", "a\x1b[2J", "a\udcff", "a" * 201):
        assert say("move", file, "--by", nobody)[0] == 2
    settings.setenv("BACKORDERS_ROLE", "viewer")
    code, _, complaint = say("move", file, "--by", "ada")
    assert (code, "Your role here is viewer" in complaint, manual_dates(company)) == (1, True, [None, None])


def test_a_date_set_again_answers_the_suppliers_new_date(say: Say, company: Engine, bring: Bring) -> None:
    file = bring("PO-7,1,2026-03-24,carrier,")
    assert say("move", file, "--by", "ada")[0] == 0
    with writing(company) as connection:
        first = schema.po_lines.c.line_no == "1"
        connection.execute(update(schema.po_lines).where(first).values(due_date=date(2026, 4, 2)))
    assert say("move", file, "--by", "ada")[1].endswith("Moved 1 restock date.\n")
    assert len(ledger(company)) == 2


def test_the_template_is_a_file_of_moves(say: Say, company: Engine, tmp_path: Path) -> None:
    assert say("export", "templates", "-o", tmp_path)[0] == 0
    template = (tmp_path / "moves.csv").read_text(encoding="utf-8")
    assert template.startswith(HEADER)
    (tmp_path / "moves.csv").write_text(template.replace("PO-881,1", "PO-7,1"), encoding="utf-8")
    assert say("move", tmp_path / "moves.csv", "--by", "ada")[0] == 0
    assert [entry[:3] for entry in ledger(company)] == [("PO-7/1", date(2026, 3, 18), date(2026, 3, 27))]


def test_a_file_without_rows_moves_nothing(say: Say, company: Engine, bring: Bring) -> None:
    code, told, _ = say("move", bring(), "--by", "ada")
    assert (code, "There are no rows below the column names." in told, ledger(company)) == (0, True, [])
    assert told.endswith("The file holds no moves. Nothing was saved.\n")
    assert "effect" not in told
