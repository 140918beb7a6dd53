"""A snapshot shows its day again, whatever happened since; what is the same is kept once; totals stay for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, delete, func, insert, select, update

from dashboard.domain.bridge import State, state_of
from dashboard.domain.decided import Draft
from dashboard.domain.errors import NoSnapshotError
from dashboard.domain.overview import CONCEPTS, totals
from dashboard.domain.plan import Plan, make_plan
from dashboard.domain.rules import Rules
from dashboard.files import to_csv
from data_access import schema, snapshots
from data_access.book import read_book
from data_access.changes import current_version
from data_access.copying import copy_store
from data_access.decisions import add_decision
from data_access.engine import open_store, raise_revision, reading, writing
from data_access.imports import row_counts
from data_access.ledger import read_ledger
from data_access.order_history import read_order_history
from data_access.problems import data_problems
from data_access.purchasing import read_purchasing
from data_access.snapshots import (
    Snapshot,
    left_between,
    read_book_of,
    read_ledger_of,
    read_order_history_of,
    read_problems_of,
    read_purchasing_of,
    read_row_counts_of,
    read_state,
    snapshot_before,
    snapshot_of,
    take_snapshot,
    totals_over_time,
)
from tests.conftest import TODAY
from tests.dashboard.companies import ROWS
from tests.data_access.test_frames import assert_exactly

RULES = Rules(
    priority_rule=("promise_date", "ordered_date"),
    age_buckets=(3, 7),
    risk_weights={"late": 25.5, "tier": 10},
    time_zone="Europe/Berlin",
    weekend=(4, 5),
    holidays=(date(2026, 12, 25),),
)
AT = datetime(2026, 3, 16, 5, tzinfo=UTC)
WEEK_LATER = TODAY + timedelta(days=7)
LEFT = ["order_id", "line_no", "ordered_qty", "shipped_qty", "cancelled_qty", "open_qty", "unit_price"]


def take(engine: Engine, day: date = TODAY, *, by: str = "ada", whole_weeks: int = 26) -> Snapshot:
    return take_snapshot(engine, day, RULES, by=by, at=AT, whole_weeks=whole_weeks)


def write(engine: Engine, *statements: Any) -> None:
    with writing(engine) as connection:
        for statement in statements:
            connection.execute(statement)
        raise_revision(connection)


def line(order_id: str, line_no: str = "1") -> Any:
    """The update of an order line."""
    columns = schema.order_lines.c
    return update(schema.order_lines).where(columns.order_id == order_id, columns.line_no == line_no)


def rows_in(engine: Engine, *tables: Any) -> list[int]:
    with reading(engine) as connection:
        return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]


@pytest.fixture
def company(engine: Engine) -> Engine:
    """The small company, with something of every kind that a page is made from."""
    receipt = {"po_id": "PO-6", "line_no": "1", "received_date": date(2026, 3, 3), "received_qty": 6_000}
    old = {"po_id": "PO-6", "line_no": "1", "supplier_id": "S-1", "sku": "PIPE", "ordered_qty": 6_000,
           "received_qty": 6_000, "first_due_date": date(2026, 3, 3), "due_date": date(2026, 3, 3)}  # fmt: skip
    overdue = {**old, "po_id": "PO-5", "received_qty": 0, "first_due_date": date(2026, 3, 4)}
    change = {"from_date": date(2026, 3, 1), "to_date": None, "changed_by": "ada", "how": "import",
              "changed_at": datetime(2026, 3, 9, 12)}  # fmt: skip
    move = {
        "batch_id": "b", "supply_kind": "purchase order", "supply_id": "PO-7/1", "document_id": "PO-7", "line_no": "1",
        "from_date": None, "to_date": date(2026, 3, 18), "was_manual": False, "is_manual": True, "reason": "estimate",
        "moved_by": "ada", "moved_at": datetime(2026, 3, 10, 23, 30), "how": "form",
    }  # fmt: skip
    write(
        engine,
        *(insert(schema.metadata.tables[table]).values(row) for table, rows in ROWS.items() for row in rows),
        *(insert(schema.po_lines).values(row) for row in (old, overdue)),
        insert(schema.receipts).values(receipt),
        insert(schema.shipments).values(
            {"order_id": "SO-3", "line_no": "1", "shipped_date": date(2026, 3, 5), "shipped_qty": 1_000}
        ),
        insert(schema.promise_changes).values(change | {"order_id": "SO-1", "line_no": "1"}),
        insert(schema.due_changes).values(change | {"po_id": "PO-7", "line_no": "1"}),
        insert(schema.moves).values(move),
    )
    return engine


def plan_of(engine: Engine, day: date = TODAY) -> Plan:
    return make_plan(read_book(engine, day), RULES.priority_rule)


def change_everything(engine: Engine) -> None:
    """A week in which nothing stays as it was."""
    write(
        engine,
        line("SO-1").values(shipped_qty=12_000),
        line("SO-1", "2").values(cancelled_qty=1_000, unit_price=1),
        line("SO-2").values(promise_date=date(2026, 4, 1)),
        insert(schema.order_lines).values(
            {"order_id": "SO-0", "line_no": "1", "customer_id": "C-2", "sku": "HOSE", "ordered_qty": 500,
             "ordered_date": date(2026, 3, 18)}
        ),
        update(schema.customers).values(name="Renamed", tier=1),
        update(schema.suppliers).values(name="Renamed"),
        update(schema.items).values(name="Renamed", category="New"),
        update(schema.item_suppliers).values(rank=2),
        update(schema.stock).values(stock_qty=7),
        update(schema.po_lines).values(due_date=date(2026, 5, 5), supplier_id="S-1"),
        delete(schema.receipts),
        delete(schema.shipments),
        update(schema.planned_restocks).values(planned_qty=0),
    )  # fmt: skip


def everything(engine: Engine, day: date = TODAY) -> dict[str, Any]:
    """What the pages are made from, as the store holds it; with the version a change is saved, of no kept day."""
    return {
        "book": replace(read_book(engine, day), version=None),
        "history": read_order_history(engine, day, day - timedelta(days=730)),
        "purchasing": read_purchasing(engine),
        "ledger": read_ledger(engine, RULES.zone),
        "rows": row_counts(engine),
        "problems": data_problems(engine, day),
    }


def everything_of(engine: Engine, snapshot: Snapshot) -> dict[str, Any]:
    return {
        "book": read_book_of(engine, snapshot),
        "history": read_order_history_of(engine, snapshot),
        "purchasing": read_purchasing_of(engine, snapshot),
        "ledger": read_ledger_of(engine, snapshot),
        "rows": read_row_counts_of(engine, snapshot),
        "problems": read_problems_of(engine, snapshot),
    }


def assert_same(found: Any, expected: Any) -> None:
    """The same to the bit, through whatever holds frames."""
    assert type(found) is type(expected)
    if isinstance(expected, pd.DataFrame):
        assert_exactly(found, expected)
    elif isinstance(expected, list):
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
    elif hasattr(expected, "__dataclass_fields__"):
        for name in expected.__dataclass_fields__:
            if not name.startswith("_"):
                assert_same(getattr(found, name), getattr(expected, name))
    elif isinstance(expected, dict):
        assert list(found) == list(expected)
        for name in expected:
            assert_same(found[name], expected[name])
    else:
        assert found == expected


def test_what_every_page_is_made_from_comes_back_exactly_whatever_happened_since(company: Engine) -> None:
    before = everything(company)
    assert not any(
        frame.empty for family in ("book", "history", "purchasing", "ledger") for frame in vars(before[family]).values()
        if isinstance(frame, pd.DataFrame)
    )  # fmt: skip
    taken = take(company)
    change_everything(company)
    assert_same(everything_of(company, taken), before)


def test_the_state_of_a_snapshot_is_what_was_shown_that_day(company: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = state_of(plan_of(company))
    taken = take(company)
    change_everything(company)
    monkeypatch.setattr(snapshots, "make_plan", None)  # a later version of the program may plan otherwise
    assert_same(read_state(company, taken), shown)
    assert isinstance(shown, State)


def test_an_export_as_of_a_day_is_the_export_of_that_day_byte_for_byte(company: Engine) -> None:
    exported = to_csv(plan_of(company).backlog), to_csv(plan_of(company).allocations)
    taken = take(company)
    change_everything(company)
    plan = make_plan(read_book_of(company, taken), taken.rules.priority_rule)
    assert (to_csv(plan.backlog), to_csv(plan.allocations)) == exported


def test_a_snapshot_says_when_by_whom_of_which_data_and_by_which_rules_it_was_taken(company: Engine) -> None:
    taken = take(company, by="schedule")
    mark = current_version(company).whole
    assert taken == Snapshot(1, TODAY, "schedule", datetime(2026, 3, 16, 5), 1, mark, RULES, True)
    assert snapshot_of(company, TODAY) == taken
    assert snapshots.snapshots(company) == [taken]


def test_its_mark_is_another_after_a_move_and_the_same_after_a_decision(company: Engine) -> None:
    first = take(company)
    draft = Draft("Call Kessler", "ada")
    add_decision(company, draft, None, by="ada", at=datetime(2026, 3, 16, 6), today=TODAY)
    decided = take(company)
    move = {"batch_id": "c", "supply_kind": "purchase order", "supply_id": "PO-7/1", "document_id": "PO-7",
            "line_no": "1", "was_manual": False, "is_manual": True, "reason": "estimate", "moved_by": "ada",
            "moved_at": datetime(2026, 3, 16, 7), "how": "form"}  # fmt: skip
    with writing(company) as connection:
        connection.execute(insert(schema.moves).values(move))
        raise_revision(connection, is_told=True)
    moved = take(company)
    assert decided.data_revision > first.data_revision
    assert decided.mark == first.mark != moved.mark


def test_a_snapshot_leaves_the_data_and_its_version_as_they_are(company: Engine) -> None:
    version, before = current_version(company), everything(company)
    take(company)
    assert current_version(company) == version
    assert_same(everything(company), before)


def test_taken_again_on_the_same_day_it_replaces_that_day_alone(company: Engine) -> None:
    earlier = take(company, TODAY - timedelta(days=1))
    first = take(company)
    change_everything(company)
    second = take(company, by="bob")
    assert snapshots.snapshots(company) == [earlier, second]
    assert sorted(read_state(company, second).lines["order_id"]) == ["SO-0", "SO-1", "SO-2"]
    assert second.snapshot_id > first.snapshot_id
    with pytest.raises(NoSnapshotError, match="2026-03-16"):
        read_state(company, first)


@pytest.mark.parametrize("is_changed", [True, False], ids=["of other data", "of the same data"])
def test_of_two_taken_at_once_the_later_look_stays(
    company: Engine, monkeypatch: pytest.MonkeyPatch, *, is_changed: bool
) -> None:
    plan, later = snapshots.make_plan, []

    def overtaken(*arguments: Any) -> Plan:
        """Between the look of the first and its writing another one looks and writes."""
        monkeypatch.setattr(snapshots, "make_plan", plan)
        if is_changed:
            change_everything(company)
        at = AT - timedelta(hours=1) if is_changed else AT + timedelta(seconds=1)
        later.append(take_snapshot(company, TODAY, RULES, by="bob", at=at))
        return plan(*arguments)

    monkeypatch.setattr(snapshots, "make_plan", overtaken)
    assert take(company) == later[0]
    assert snapshots.snapshots(company) == later
    assert_same(read_state(company, later[0]), state_of(plan_of(company)))


def test_what_did_not_change_is_kept_once(company: Engine) -> None:
    take(company)
    (before,) = rows_in(company, schema.frame_chunks)
    take(company, TODAY + timedelta(days=1))
    chunks, frames = rows_in(company, schema.frame_chunks, schema.snapshot_frames)
    # A day later only ages, the day from which the history counts, and what left (nothing, now known) are different.
    assert chunks - before <= 6
    assert frames > 1.9 * before


def test_snapshots_older_than_so_many_weeks_keep_their_totals_alone_and_nothing_is_left_behind(company: Engine) -> None:
    days = [TODAY, TODAY + timedelta(days=7), TODAY + timedelta(days=15)]
    first, *_ = (take(company, day) for day in days[:2])
    change_everything(company)
    over_time = totals_over_time(company)
    take(company, days[2], whole_weeks=2)
    assert [each.is_whole for each in snapshots.snapshots(company)] == [False, True, True]
    assert_exactly(totals_over_time(company).head(2 * len(CONCEPTS)), over_time)
    for read in (read_state, read_book_of, read_order_history_of, read_purchasing_of, read_ledger_of, read_problems_of):
        with pytest.raises(NoSnapshotError) as refused:
            read(company, first)
        assert str(refused.value).startswith("The snapshot of 2026-03-16 holds its totals alone")
    with reading(company) as connection:
        used = set(connection.execute(select(schema.snapshot_frames.c.chunk_hash)).scalars())
        assert used == set(connection.execute(select(schema.frame_chunks.c.chunk_hash)).scalars())
    assert snapshot_before(company, days[1]) is None


def test_a_snapshot_taken_while_others_write_is_of_one_moment(company: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything(company)
    read_lines = snapshots.order_history_within

    def meanwhile(*arguments: Any) -> Any:
        change_everything(company)
        return read_lines(*arguments)

    monkeypatch.setattr(snapshots, "order_history_within", meanwhile)
    taken = take(company)
    assert taken.data_revision == before["book"].data_revision
    assert_same(everything_of(company, taken), before)


def test_the_totals_are_those_of_the_overview_with_the_oldest_line_and_what_was_due(company: Engine) -> None:
    take(company)
    shown = totals(plan_of(company).backlog).drop(columns=["units", "money"]).astype({"concept": "str"})
    expected = shown.assign(oldest_days=14.0, due_lines=2.0, otif_lines=1.0)
    expected.insert(0, "snapshot_date", np.array([TODAY] * len(expected), dtype="datetime64[s]"))
    assert_exactly(totals_over_time(company), expected)


def test_an_empty_store_can_be_kept_too(engine: Engine) -> None:
    taken = take(engine)
    assert_same(everything_of(engine, taken), everything(engine))
    over_time = totals_over_time(engine)
    assert over_time["lines"].tolist() == [0] * len(CONCEPTS)
    assert over_time[["oldest_days", "due_lines", "otif_lines"]].isna().all(axis=None)


def test_where_nothing_was_kept_there_is_nothing_to_tell(engine: Engine) -> None:
    assert snapshots.snapshots(engine) == []
    assert snapshot_of(engine, TODAY) is None
    assert snapshot_before(engine, TODAY) is None
    assert totals_over_time(engine).empty


def test_the_snapshot_before_is_the_latest_whole_one_that_is_old_enough(company: Engine) -> None:
    days = [TODAY - timedelta(days=days) for days in (9, 6, 0)]
    for day in days:
        take(company, day)

    def before(at_least_days: int) -> date | None:
        found = snapshot_before(company, TODAY, at_least_days=at_least_days)
        return found and found.snapshot_date

    assert [before(days) for days in (0, 1, 6, 7, 9, 10)] == [TODAY, days[1], days[1], days[0], days[0], None]


def left(engine: Engine, opening: Snapshot, closing: Snapshot | None) -> list[list[Any]]:
    found = left_between(engine, opening, closing)
    assert found.columns.tolist() == LEFT
    assert [str(kind) for kind in found.dtypes] == ["str", "str", *["float64"] * 5]
    return found.sort_values(["order_id", "line_no"]).values.tolist()


def test_what_left_is_known_with_its_quantities_when_it_left(company: Engine) -> None:
    opening = take(company)
    write(company, line("SO-1").values(shipped_qty=12_000))
    take(company, TODAY + timedelta(days=1))
    write(company, line("SO-2").values(closed_qty=400, cancelled_qty=600), line("SO-1").values(shipped_qty=13_000))
    closing = take(company, TODAY + timedelta(days=2))
    expected = [["SO-1", "1", 12.0, 12.0, 0.0, 0.0, 2.0], ["SO-2", "1", 1.0, 0.0, 1.0, 0.0, 8.0]]
    assert left(company, opening, closing) == expected
    # Compared with now, it is what the store holds now.
    assert left(company, opening, None) == [["SO-1", "1", 12.0, 13.0, 0.0, -1.0, 2.0], expected[1]]


def test_an_order_s_number_is_data_whatever_signs_it_holds(company: Engine) -> None:
    orders = ["100% 'new'", ':id "%s" \\ ?', "%(x)s"]
    like = {"customer_id": "C-1", "sku": "HOSE", "ordered_date": TODAY, "ordered_qty": 1_000}
    write(company, insert(schema.order_lines).values([{"order_id": each, "line_no": "1", **like} for each in orders]))
    opening = take(company)
    write(company, *(line(each).values(shipped_qty=1_000) for each in orders))
    assert [row[0] for row in left(company, opening, None)] == sorted(orders)


def test_a_line_that_left_and_came_back_has_not_left(company: Engine) -> None:
    opening = take(company)
    write(company, line("SO-2").values(cancelled_qty=1_000))
    between = take(company, TODAY + timedelta(days=1))
    write(company, line("SO-2").values(cancelled_qty=0))
    closing = take(company, TODAY + timedelta(days=2))
    assert left(company, opening, between) == [["SO-2", "1", 1.0, 0.0, 1.0, 0.0, 8.0]]
    assert left(company, opening, closing) == []
    assert left(company, opening, None) == []


def test_what_left_a_day_that_was_taken_after_the_next_one_is_known_from_the_store(company: Engine) -> None:
    """A snapshot for an earlier day may be taken late, from a store whose clock was set back."""
    write(company, line("SO-2").values(cancelled_qty=1_000))
    closing = take(company, WEEK_LATER)
    write(company, line("SO-2").values(cancelled_qty=0))
    opening = take(company)
    write(company, line("SO-2").values(cancelled_qty=1_000))
    assert left(company, opening, closing) == [["SO-2", "1", 1.0, 0.0, 1.0, 0.0, 8.0]]


def test_a_line_that_the_store_no_longer_holds_is_left_out(company: Engine) -> None:
    opening = take(company)
    write(company, delete(schema.order_lines).where(schema.order_lines.c.order_id == "SO-2"))
    assert left(company, opening, take(company, WEEK_LATER)) == []
    assert left(company, opening, None) == []


def test_a_copy_of_the_store_shows_every_kept_day_as_the_store_does(company: Engine, tmp_path: Path) -> None:
    taken = take(company)
    change_everything(company)
    later = take(company, WEEK_LATER)
    copy = open_store(f"sqlite:///{tmp_path / 'copy.db'}")
    copy_store(company, copy)
    for snapshot in (taken, later):
        assert_same(everything_of(copy, snapshot), everything_of(company, snapshot))
        assert_same(read_state(copy, snapshot), read_state(company, snapshot))
    assert_exactly(totals_over_time(copy), totals_over_time(company))
    again = take(copy, WEEK_LATER + timedelta(days=7))
    assert snapshots.snapshots(copy) == [taken, later, again]


def test_rules_come_back_from_their_text() -> None:
    assert Rules.from_json(RULES.to_json()) == RULES
    assert replace(RULES, holidays=()).calendar.is_free(date(2026, 3, 20))
