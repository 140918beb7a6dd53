"""The demo company has a past: what its store would have held on days before, and the snapshots of its last weeks."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Engine, select

from dashboard.domain.overview import BACKORDERED, OPEN
from data_access import schema
from data_access.book import current_revision
from data_access.demo import write_demo
from data_access.demo.company import Company, draw_company, tables_of
from data_access.demo.past import PAST_WEEKS, Past, live_through
from data_access.engine import open_store, reading
from data_access.snapshots import left_between, read_book_of, read_state, snapshots, totals_over_time
from tests.conftest import TODAY
from tests.data_access.test_snapshots import RULES

DAYS = [TODAY - timedelta(days=days) for days in (400, 21, 7, 1, 0)]


@pytest.fixture(scope="module")
def company() -> Company:
    return draw_company(TODAY)


def rows_of(engine: Engine, table: Any) -> list[tuple[Any, ...]]:
    names = [column for column in table.columns if column.computed is None]
    with reading(engine) as connection:
        return sorted((tuple(row) for row in connection.execute(select(*names))), key=repr)


def test_today_is_the_last_day_of_the_past(company: Company) -> None:
    found, expected = tables_of(Past(company).on(TODAY)), tables_of(company)
    assert list(found) == list(expected)
    for name, frame in expected.items():
        pd.testing.assert_frame_equal(found[name], frame)


@pytest.mark.parametrize("day", DAYS[:3])
def test_on_a_past_day_nothing_has_happened_that_came_later(company: Company, day: date) -> None:
    tables = tables_of(Past(company).on(day))
    happened = {
        "order_lines": "ordered_date", "shipments": "shipped_date", "po_lines": "ordered_date",
        "receipts": "received_date", "moves": "moved_at", "due_changes": "changed_at", "promise_changes": "changed_at",
    }  # fmt: skip
    for table, column in happened.items():
        assert pd.to_datetime(tables[table][column]).dt.date.max() <= day if len(tables[table]) else True, table
    assert tables["order_lines"]["shipped_qty"].sum() == tables["shipments"]["shipped_qty"].sum()
    assert tables["po_lines"]["received_qty"].sum() == tables["receipts"]["received_qty"].sum()


def test_a_store_that_lives_through_its_days_holds_in_the_end_what_is_written_at_once(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data_access.demo.writing.draw_company", lambda _: company)
    lived, written = (open_store(f"sqlite:///{tmp_path / name}.db") for name in ("lived", "written"))
    assert list(live_through(lived, company, DAYS)) == DAYS
    write_demo(written, TODAY)
    for name in tables_of(company):
        table = schema.metadata.tables[name]
        assert rows_of(lived, table) == rows_of(written, table), name
    for engine in (lived, written):
        engine.dispose()


def test_the_last_weeks_have_their_snapshots(engine: Engine) -> None:
    write_demo(engine, TODAY, rules=RULES)
    kept = snapshots(engine)
    assert [each.snapshot_date for each in kept] == [TODAY - timedelta(weeks=week) for week in range(PAST_WEEKS, 0, -1)]
    assert {(each.taken_by, each.is_whole, each.rules) for each in kept} == {("schedule", True, RULES)}
    assert {each.data_revision for each in kept} == {0}
    assert current_revision(engine) == 1

    lines = totals_over_time(engine).pivot_table("lines", "snapshot_date", "concept")
    assert lines[OPEN].between(700, 1_200).all()
    assert lines[BACKORDERED].between(150, 400).all()

    last = kept[-1]
    assert len(read_state(engine, last).lines) == len(read_book_of(engine, last).lines) == lines[OPEN].iloc[-1]
    gone = left_between(engine, kept[-2], last)
    assert 50 < len(gone) < 400
    assert (gone["open_qty"] <= 0).all()
    assert ((gone["shipped_qty"] + gone["cancelled_qty"]) >= gone["ordered_qty"]).all()
