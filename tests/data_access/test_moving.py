"""Moves of restock dates against a real store: what is written, what is refused, and that nothing is lost."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd
import pytest
from sqlalchemy import Engine, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from dashboard.domain.book import PLANNED_RESTOCK, PURCHASE_ORDER
from dashboard.domain.errors import ConflictError, RefusedChangeError, StaleError
from dashboard.domain.restocks import FORM, UNDO, Change, Move, NewRestock, SupplyKey, changed_book
from dashboard.domain.version import Version
from data_access import schema
from data_access.book import current_revision, read_book
from data_access.changes import current_version
from data_access.engine import reading, writing
from data_access.moving import Saved, save_changes, way_back
from data_access.users import set_user
from tests.data_access.imports.taking import take

TODAY = date(2026, 3, 16)
AT = datetime(2026, 3, 16, 9, 30)
DUE = date(2026, 3, 30)
FIRST, SECOND = SupplyKey(PURCHASE_ORDER, "PO-7", "1"), SupplyKey(PURCHASE_ORDER, "PO-7", "2")
DONE = SupplyKey(PURCHASE_ORDER, "PO-7", "3")


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """Two purchase-order lines to come, due on the 30th, and one that has come."""
    with writing(engine) as connection:
        connection.execute(insert(schema.suppliers), [{"supplier_id": "S-1", "name": "Northgate"}])
        connection.execute(insert(schema.items), [{"sku": "VALVE-25", "name": "Valve"}])
        line = {"po_id": "PO-7", "supplier_id": "S-1", "sku": "VALVE-25", "ordered_qty": 10_000}
        line |= {"first_due_date": date(2026, 3, 20), "due_date": DUE}
        connection.execute(
            insert(schema.po_lines),
            [line | {"line_no": number, "received_qty": came} for number, came in (("1", 0), ("2", 0), ("3", 10_000))],
        )
    return engine


def move(key: SupplyKey, to: date | None, version: int = 1, **others: object) -> Move:
    return Move(key, to, version, "carrier", **others)  # type: ignore[arg-type]


def save(engine: Engine, *changes: Change, by: str = "ada", how: str = FORM, seen: Version | None = None) -> Saved:
    return save_changes(engine, changes, by=by, at=AT, how=how, today=TODAY, seen=seen)


def restock_dates(engine: Engine) -> dict[str, date | None]:
    supplies = read_book(engine, TODAY).supplies
    dates = [None if day != day else day.date() for day in supplies["restock_date"]]
    return dict(zip(supplies["supply_id"], dates, strict=True))


def ledger(engine: Engine) -> list[tuple[object, ...]]:
    entries = schema.moves.c
    columns = (entries.supply_id, entries.from_date, entries.to_date, entries.reason, entries.moved_by, entries.how)
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(entries.move_id))]


def test_a_move_is_planned_with_and_noted(filled: Engine) -> None:
    later = date(2026, 4, 6)
    saved = save(filled, move(FIRST, later))

    assert restock_dates(filled) == {"PO-7/1": later, "PO-7/2": DUE}
    assert ledger(filled) == [("PO-7/1", DUE, later, "carrier", "ada", "form")]
    assert (saved.moved, saved.data_revision) == (1, current_revision(filled))


def test_a_date_cleared_returns_to_the_due_date(filled: Engine) -> None:
    save(filled, move(FIRST, date(2026, 4, 6)))
    save(filled, move(FIRST, None, version=2))

    assert restock_dates(filled)["PO-7/1"] == DUE
    assert [entry[1:3] for entry in ledger(filled)] == [(DUE, date(2026, 4, 6)), (date(2026, 4, 6), DUE)]


def test_a_change_that_changes_nothing_is_not_noted(filled: Engine) -> None:
    save(filled, move(FIRST, date(2026, 4, 6)))
    before = current_revision(filled)
    saved = save(filled, move(FIRST, date(2026, 4, 6), version=2), move(SECOND, None))

    assert (saved.moved, saved.batch_id, current_revision(filled), len(ledger(filled))) == (0, "", before, 1)


def test_two_who_saw_the_same_state_cannot_both_save_and_the_second_hears_of_the_first(filled: Engine) -> None:
    save(filled, move(FIRST, date(2026, 4, 6)), by="ada")
    with pytest.raises(ConflictError) as refused:
        save(filled, move(SECOND, date(2026, 4, 9)), move(FIRST, date(2026, 4, 8)), by="ben")

    assert [conflict.sentence for conflict in refused.value.conflicts] == [
        "ada moved PO-7/1 from 2026-03-30 to 2026-04-06 on 2026-03-16 09:30 UTC."
    ]
    assert restock_dates(filled) == {"PO-7/1": date(2026, 4, 6), "PO-7/2": DUE}
    assert len(ledger(filled)) == 1


def test_an_import_that_changed_a_line_is_a_conflict_too(filled: Engine) -> None:
    take(filled, "po_lines", "po_id,line_no,supplier_id,sku,ordered_qty,due_date\nPO-7,1,S-1,VALVE-25,10,2026-04-02\n")
    with pytest.raises(ConflictError, match=r"PO-7/1 by an import: due from 2026-03-30 to 2026-04-02, 10 still "):
        save(filled, move(FIRST, date(2026, 4, 8)))
    assert ledger(filled) == []


def test_of_an_import_that_left_the_due_date_only_what_is_still_to_come_is_told(filled: Engine) -> None:
    take(filled, "po_lines", "po_id,line_no,supplier_id,sku,ordered_qty,due_date\nPO-7,1,S-1,VALVE-25,9,2026-03-30\n")
    with pytest.raises(ConflictError, match=r"changed PO-7/1 by an import: due 2026-03-30, 9 still to come on "):
        save(filled, move(FIRST, date(2026, 4, 8)))


def test_what_others_change_of_other_skus_does_not_keep_a_save_back(filled: Engine) -> None:
    with writing(filled) as connection:
        connection.execute(insert(schema.items), [{"sku": "PUMP-3", "name": "Pump"}])
        others = {"po_id": "PO-8", "line_no": "1", "supplier_id": "S-1", "sku": "PUMP-3", "ordered_qty": 10_000}
        connection.execute(insert(schema.po_lines), [others])
    seen = current_version(filled)
    save(filled, move(SupplyKey(PURCHASE_ORDER, "PO-8", "1"), date(2026, 4, 1)))
    save(filled, NewRestock("PLAN-1", "PUMP-3", "MAIN", 5, date(2026, 4, 1), "estimate"))
    save(filled, move(FIRST, date(2026, 4, 8)), seen=seen)
    assert restock_dates(filled)["PO-7/1"] == date(2026, 4, 8)


def test_a_restock_planned_meanwhile_of_the_same_sku_keeps_a_save_back(filled: Engine) -> None:
    seen = current_version(filled)
    save(filled, NewRestock("PLAN-1", "VALVE-25", "MAIN", 5, date(2026, 4, 1), "estimate"))
    with pytest.raises(StaleError):
        save(filled, move(FIRST, date(2026, 4, 8)), seen=seen)
    assert restock_dates(filled)["PO-7/1"] == DUE


def test_an_import_meanwhile_keeps_a_save_back_whatever_it_brought(filled: Engine) -> None:
    seen = current_version(filled)
    take(filled, "suppliers", "supplier_id,name\nS-9,Old Mill\n")
    with pytest.raises(StaleError):
        save(filled, move(FIRST, date(2026, 4, 8)), seen=seen)
    assert restock_dates(filled)["PO-7/1"] == DUE


def test_nothing_is_saved_where_the_data_changed_since_the_effect_was_shown(filled: Engine) -> None:
    seen = current_version(filled)
    save(filled, move(SECOND, date(2026, 4, 1)))
    with pytest.raises(StaleError):
        save(filled, move(FIRST, date(2026, 4, 8)), seen=seen)
    assert restock_dates(filled)["PO-7/1"] == DUE


@pytest.mark.parametrize(
    ("key", "day", "why"),
    [
        (FIRST, date(2026, 3, 15), "already over"),
        (FIRST, date(2031, 3, 17), "more than 5 years ahead"),
        (DONE, date(2026, 4, 1), "nothing still to come"),
        (SupplyKey(PURCHASE_ORDER, "PO-9", "1"), date(2026, 4, 1), "not in the store"),
    ],
)
def test_one_broken_rule_keeps_the_whole_batch_from_being_saved(
    filled: Engine, key: SupplyKey, day: date, why: str
) -> None:
    with pytest.raises(RefusedChangeError, match=why):
        save(filled, move(SECOND, date(2026, 4, 1)), move(key, day))
    assert (restock_dates(filled), ledger(filled)) == ({"PO-7/1": DUE, "PO-7/2": DUE}, [])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a\x00b", "holds a NUL byte"),
        ("a\x1b[2Jb", "holds a control character"),
        ("a\ud800b", "holds a control character"),
        ("a" * 1_001, r"is longer than 1,000 characters \(it has 1,001\)"),
    ],
)
def test_what_no_store_can_keep_in_a_text_is_refused(filled: Engine, text: str, why: str) -> None:
    later, before = date(2026, 4, 1), current_revision(filled)
    broken = [
        move(FIRST, later, note=text),
        Move(FIRST, later, 1, text),
        NewRestock("PR-1", "VALVE-25", text, 2, later, "estimate"),
        NewRestock("PR-1", "VALVE-25", "MAIN", 2, later, "estimate", note=text),
    ]
    for change in broken:
        with pytest.raises(
            RefusedChangeError, match="that (holds|is longer)" if change.note != text else f"that {why}"
        ):
            save(filled, change)
    assert (ledger(filled), current_revision(filled)) == ([], before)


def test_a_location_that_only_looks_like_another_is_refused(filled: Engine) -> None:
    with pytest.raises(RefusedChangeError, match=r"a location that holds an invisible character .U\+200B."):
        save(filled, NewRestock("PR-1", "VALVE-25", "MA\u200bIN", 2, date(2026, 4, 1), "estimate"))
    assert ledger(filled) == []


@pytest.mark.parametrize("note", ["two\nlines\tand a tab", "a" * 1_000, "\u202ežluť \U0001f69a"])
def test_any_other_text_is_kept_as_it_was_written(filled: Engine, note: str) -> None:
    save(filled, move(FIRST, date(2026, 4, 1), note=note))
    with reading(filled) as connection:
        assert connection.execute(select(schema.moves.c.note)).scalar_one() == note


@pytest.mark.parametrize("day", [TODAY, date(2031, 3, 16)])
def test_today_and_five_years_ahead_are_taken(filled: Engine, day: date) -> None:
    save(filled, move(FIRST, day))
    assert restock_dates(filled)["PO-7/1"] == day


def test_an_undo_restores_every_date_of_a_batch_and_is_a_move_itself(filled: Engine) -> None:
    save(filled, move(FIRST, date(2026, 4, 6)))
    batch = save(filled, move(FIRST, date(2026, 4, 20), version=2), move(SECOND, date(2026, 4, 20)))
    save(filled, *way_back(filled, batch.batch_id), by="ben", how=UNDO)

    assert restock_dates(filled) == {"PO-7/1": date(2026, 4, 6), "PO-7/2": DUE}
    assert [entry[4:] for entry in ledger(filled)][-2:] == [("ben", "undo"), ("ben", "undo")]


def test_an_undo_may_restore_a_date_that_is_over(filled: Engine) -> None:
    overdue = date(2026, 3, 2)
    with writing(filled) as connection:
        connection.execute(update(schema.po_lines).values(manual_restock_date=overdue))
    batch = save(filled, move(FIRST, date(2026, 4, 20)))
    save(filled, *way_back(filled, batch.batch_id), how=UNDO)
    assert restock_dates(filled)["PO-7/1"] == overdue


def test_a_move_on_which_later_ones_stand_cannot_be_taken_back(filled: Engine) -> None:
    batch = save(filled, move(FIRST, date(2026, 4, 20)), move(SECOND, date(2026, 4, 20)))
    save(filled, move(SECOND, date(2026, 4, 21), version=2), by="ben")
    with pytest.raises(RefusedChangeError, match=r"PO-7/2 cannot be moved back: ben moved it to 2026-04-21"):
        way_back(filled, batch.batch_id)


def test_moves_are_taken_back_one_by_one_and_again_forth(filled: Engine) -> None:
    first, second = date(2026, 4, 6), date(2026, 4, 20)
    batches = [save(filled, move(FIRST, first)), save(filled, move(FIRST, second, version=2))]
    undone = save(filled, *way_back(filled, batches[1].batch_id), how=UNDO)
    save(filled, *way_back(filled, batches[0].batch_id), how=UNDO)
    assert restock_dates(filled)["PO-7/1"] == DUE

    with pytest.raises(RefusedChangeError, match="PO-7/1 cannot be moved back: ada moved it to 2026-03-30"):
        way_back(filled, undone.batch_id)
    with pytest.raises(RefusedChangeError, match="moved back already"):
        way_back(filled, batches[0].batch_id)


def test_a_move_whose_undo_was_taken_back_can_be_moved_back_once_more(filled: Engine) -> None:
    batch = save(filled, move(FIRST, date(2026, 4, 6)))
    undone = save(filled, *way_back(filled, batch.batch_id), how=UNDO)
    save(filled, *way_back(filled, undone.batch_id), how=UNDO)
    assert restock_dates(filled)["PO-7/1"] == date(2026, 4, 6)

    save(filled, *way_back(filled, batch.batch_id), how=UNDO)
    assert restock_dates(filled)["PO-7/1"] == DUE


def test_of_a_batch_what_was_moved_back_already_is_left_out(filled: Engine) -> None:
    batch = save(filled, move(FIRST, date(2026, 4, 20)), move(SECOND, date(2026, 4, 20)))
    save(filled, *way_back(filled, batch.batch_id, [1]), how=UNDO)
    save(filled, move(FIRST, date(2026, 4, 9), version=3))
    rest = way_back(filled, batch.batch_id)
    save(filled, *rest, how=UNDO)

    assert [change.key for change in rest] == [SECOND]
    assert restock_dates(filled) == {"PO-7/1": date(2026, 4, 9), "PO-7/2": DUE}


@pytest.mark.parametrize("answer", [date(2026, 4, 6), None], ids=["ours kept", "the supplier's taken"])
def test_an_answer_to_the_supplier_that_is_taken_back_leaves_the_question_open_again(
    filled: Engine, answer: date | None
) -> None:
    ours, theirs = date(2026, 4, 6), date(2026, 4, 2)
    save(filled, move(FIRST, ours))
    take(filled, "po_lines", f"po_id,line_no,supplier_id,sku,ordered_qty,due_date\nPO-7,1,S-1,VALVE-25,10,{theirs}\n")
    answered = save(filled, move(FIRST, answer, version=3))
    back = way_back(filled, answered.batch_id)
    shown = changed_book(read_book(filled, TODAY), back)
    undone = save(filled, *back, how=UNDO)

    columns = ["supply_id", "restock_date", "due_date", "due_date_when_moved", "is_moved"]
    saved = read_book(filled, TODAY).supplies[columns]
    days = [pd.Timestamp(day) for day in (ours, theirs, DUE)]
    assert undone.moved == 1
    assert saved.set_index("supply_id").loc["PO-7/1"].tolist() == [*days, True]
    assert shown.supplies[columns].values.tolist() == saved.values.tolist()

    save(filled, *way_back(filled, undone.batch_id), how=UNDO)
    assert not leaves_a_question(filled)


def leaves_a_question(engine: Engine) -> bool:
    supply = read_book(engine, TODAY).supplies.set_index("supply_id").loc["PO-7/1"]
    return bool(supply["is_moved"] and supply["due_date_when_moved"] != supply["due_date"])


def test_who_changed_the_units_of_a_planned_restock_or_gave_it_up_is_named(filled: Engine) -> None:
    plan, day = SupplyKey(PLANNED_RESTOCK, "PR-1"), date(2026, 4, 1)
    save(filled, NewRestock("PR-1", "VALVE-25", "MAIN", 12, day, "estimate"))
    for version, quantity, told in (
        (1, 8.0, "ben changed PR-1 from 12 to 8 units on 2026"),
        (2, 0.0, "ben no longer expects PR-1, which was 8 units on 2026"),
    ):
        save(filled, move(plan, day, version=version, to_qty=quantity), by="ben")
        with pytest.raises(ConflictError, match=told):
            save(filled, move(plan, date(2026, 4, 8), version=version))


def test_an_import_by_which_a_line_has_come_is_named_to_who_would_still_move_it(filled: Engine) -> None:
    line = "PO-7,1,S-1,VALVE-25,10,10,2026-03-30"
    take(filled, "po_lines", f"po_id,line_no,supplier_id,sku,ordered_qty,received_qty,due_date\n{line}\n")
    with pytest.raises(ConflictError, match=r"changed PO-7/1 by an import: due 2026-03-30, nothing still to come"):
        save(filled, move(FIRST, date(2026, 4, 8)))


def test_many_lines_at_once_are_saved_and_one_that_is_there_twice_is_named(filled: Engine) -> None:
    line = {"po_id": "PO-8", "supplier_id": "S-1", "sku": "VALVE-25", "ordered_qty": 1_000, "due_date": DUE}
    numbers = [str(number) for number in range(1_000)]
    with writing(filled) as connection:
        connection.execute(insert(schema.po_lines), [line | {"line_no": number} for number in numbers])
    many = [move(SupplyKey(PURCHASE_ORDER, "PO-8", number), date(2026, 4, 8)) for number in numbers]
    with pytest.raises(RefusedChangeError, match=r"saved: PO-8/7 is there twice: keep one row\.$"):
        save(filled, *many, many[7])
    assert save(filled, *many).moved == 1_000


def test_an_import_never_overwrites_a_move_and_the_due_date_it_brings_is_noted(filled: Engine) -> None:
    save(filled, move(FIRST, date(2026, 4, 6)))
    take(filled, "po_lines", "po_id,line_no,supplier_id,sku,ordered_qty,due_date\nPO-7,1,S-1,VALVE-25,10,2026-04-02\n")

    supply = read_book(filled, TODAY).supplies.set_index("supply_id").loc["PO-7/1"]
    assert [str(supply[name].date()) for name in ("restock_date", "due_date", "due_date_when_moved")] == [
        "2026-04-06",
        "2026-04-02",
        "2026-03-30",
    ]
    changes = schema.due_changes.c
    with reading(filled) as connection:
        noted = connection.execute(select(changes.po_id, changes.line_no, changes.from_date, changes.to_date)).all()
    assert [tuple(row) for row in noted] == [("PO-7", "1", DUE, date(2026, 4, 2))]


def test_keeping_ones_own_date_answers_the_supplier(filled: Engine) -> None:
    save(filled, move(FIRST, date(2026, 4, 6)))
    take(filled, "po_lines", "po_id,line_no,supplier_id,sku,ordered_qty,due_date\nPO-7,1,S-1,VALVE-25,10,2026-04-02\n")
    saved = save(filled, move(FIRST, date(2026, 4, 6), version=3))

    supply = read_book(filled, TODAY).supplies.set_index("supply_id").loc["PO-7/1"]
    assert (saved.moved, str(supply["due_date_when_moved"].date())) == (1, "2026-04-02")


def test_a_planned_restock_is_added_changed_removed_and_expected_again(filled: Engine) -> None:
    plan = SupplyKey(PLANNED_RESTOCK, "PR-1")
    save(filled, NewRestock("PR-1", "VALVE-25", "MAIN", 2.5, date(2026, 4, 1), "estimate"))
    save(filled, move(plan, date(2026, 4, 3), to_qty=4.0))
    removed = save(filled, move(plan, date(2026, 4, 3), version=2, to_qty=0.0))
    assert "PR-1" not in restock_dates(filled)

    save(filled, *way_back(filled, removed.batch_id), how=UNDO)
    supply = read_book(filled, TODAY).supplies.set_index("supply_id").loc["PR-1"]
    assert (supply["supply_qty"], str(supply["restock_date"].date())) == (4.0, "2026-04-03")


def test_a_planned_restock_of_an_unknown_sku_is_refused(filled: Engine) -> None:
    with pytest.raises(RefusedChangeError, match="the SKU NONE-1, which is not known"):
        save(filled, NewRestock("PR-1", "NONE-1", "MAIN", 2, date(2026, 4, 1), "estimate"))


@pytest.mark.parametrize("table", [ledger.name for ledger in schema.LEDGERS])
@pytest.mark.parametrize("statement", ["UPDATE {} SET changed_by = 'bo'", "DELETE FROM {}"])
def test_the_engine_itself_refuses_to_rewrite_a_ledger(filled: Engine, table: str, statement: str) -> None:
    save(filled, move(FIRST, date(2026, 4, 6)))
    changed = "po_id,line_no,supplier_id,sku,ordered_qty,due_date\nPO-7,1,S-1,VALVE-25,10,2026-04-02\n"
    take(filled, "po_lines", changed)
    with writing(filled) as connection:
        noted = {"order_id": "SO-1", "line_no": "1", "changed_by": "ada", "changed_at": AT, "how": "form"}
        connection.execute(insert(schema.promise_changes), [noted])
        decided = {"decided_date": TODAY, "decided_by": "ada", "decided_at": AT}
        connection.execute(insert(schema.decisions), [{"decision_id": 1, "text": "Call", "state": "open"} | decided])
        made = {"decision_id": 1, "what": "state", "changed_by": "ada", "changed_at": AT}
        connection.execute(insert(schema.decision_changes), [made])
    set_user(filled, "ada@example.com", "admin", by="ops", at=AT)
    if table == "moves":
        statement = statement.replace("changed_by", "moved_by")

    with filled.connect() as connection, pytest.raises(DBAPIError, match="never changed or removed"):
        connection.execute(text(statement.format(table)))
    with reading(filled) as connection:
        assert connection.execute(select(schema.metadata.tables[table])).all()


def test_a_ledger_row_cannot_be_replaced(filled: Engine) -> None:
    save(filled, move(FIRST, date(2026, 4, 6)))
    if filled.dialect.name != "sqlite":
        pytest.skip("only SQLite has INSERT OR REPLACE")
    replace = "INSERT OR REPLACE INTO moves SELECT * FROM moves WHERE move_id = 1"
    with filled.connect() as connection, pytest.raises(DBAPIError, match="never changed or removed"):
        connection.execute(text(replace))
