from __future__ import annotations

import csv
from pathlib import Path

import pytest
from sqlalchemy import Engine

from data_access.imports import ImportResult, import_readings
from data_access.reading import read_file
from data_access.records import RECORDS
from tests.data_access.imports.taking import AT, refused

ERP = Path(__file__).parents[4] / "shared" / "data" / "erp"
FOLDERS = ("erpnext15/csv", "frepple/odoo_csv", "odoo18/csv", "tryton8/csv", "woocommerce/csv")


def _lines_in(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


@pytest.mark.skipif(not ERP.is_dir(), reason="the ERP exports of shared/data are not here")
@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("order", [list(reversed(RECORDS)), sorted(RECORDS)], ids=["backwards", "by name"])
def test_the_exports_of_an_erp_come_in_any_order(engine: Engine, folder: str, order: list[str]) -> None:
    files = {table: ERP / folder / f"{table}.csv" for table in RECORDS}

    first = {table: _from_file(engine, table, files[table]) for table in order}
    again = {table: _from_file(engine, table, files[table]) for table in order}

    lines = {table: _lines_in(path) for table, path in files.items()}
    assert {
        table: result.new_rows + result.changed_rows + result.refused_rows for table, result in first.items()
    } == lines
    assert {table: result.unchanged_rows + result.refused_rows for table, result in again.items()} == lines
    assert {result.data_revision for result in again.values()} == {first[order[-1]].data_revision}
    refusals = [row for result in first.values() for row in refused(result)]
    assert {row[1] for row in refusals} <= {"tier"}, refusals[:3]


def _from_file(engine: Engine, table: str, path: Path) -> ImportResult:
    return import_readings(engine, [read_file(RECORDS[table], path, path.name)], by="ada", at=AT, partial=True)[0]
