"""Promises against a real store: what is written, what is refused, and that nothing is lost."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert, select, update

from dashboard.domain.allocation import DEFAULT_RULE
from dashboard.domain.customer_evidence import customer_evidence
from dashboard.domain.customer_orders import customer_account
from dashboard.domain.errors import ConflictError, RefusedChangeError, StaleError
from dashboard.domain.plan import make_plan
from dashboard.domain.promises import PromiseChange, effect_of_promises
from dashboard.domain.restocks import FORM, TABLE, UNDO
from dashboard.domain.version import Version
from data_access import schema
from data_access.book import current_revision, read_book
from data_access.changes import current_version
from data_access.engine import reading, writing
from data_access.moving import Saved
from data_access.order_history import read_order_history
from data_access.promising import save_promises, way_back
from tests.data_access.imports.taking import take
from tests.domain.test_promises import assert_tells_what_changes

TODAY = date(2026, 3, 16)
AT = datetime(2026, 3, 16, 9, 30)
FIRST_TOLD, TOLD, LATER = date(2026, 3, 20), date(2026, 3, 25), date(2026, 4, 6)
HEADER = "order_id,line_no,customer_id,sku,ordered_qty,ordered_date,promise_date\n"


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """Three open lines, one of them without a promise, and one that was shipped."""
    line = {"order_id": "SO-1", "customer_id": "C-1", "sku": "VALVE", "ordered_date": date(2026, 3, 2)}
    promises = [("1", FIRST_TOLD, TOLD, 0), ("2", TOLD, TOLD, 0), ("3", None, None, 0), ("4", TOLD, TOLD, 10_000)]
    with writing(engine) as connection:
        connection.execute(insert(schema.customers), [{"customer_id": "C-1", "name": "Old Mill"}])
        connection.execute(insert(schema.items), [{"sku": "VALVE", "name": "Valve"}])
        connection.execute(
            insert(schema.order_lines),
            [
                line | {"line_no": number, "first_promise_date": first, "promise_date": told, "shipped_qty": shipped}
                | {"ordered_qty": 10_000}
                for number, first, told, shipped in promises
            ],
        )  # fmt: skip
    return engine


def change(line_no: str, to: date | None, seen: date | None = TOLD, note: str = "") -> PromiseChange:
    return PromiseChange("SO-1", line_no, to, seen, note)


def save(
    engine: Engine,
    *changes: PromiseChange,
    by: str = "ada",
    how: str = FORM,
    seen: Version | None = None,
    at: datetime = AT,
) -> Saved:
    return save_promises(engine, changes, by=by, at=at, how=how, today=TODAY, seen=seen)


def promises(engine: Engine) -> dict[str, tuple[date | None, date | None]]:
    """Of each line: the first promise and the present one."""
    line = schema.order_lines.c
    with reading(engine) as connection:
        rows = connection.execute(select(line.line_no, line.first_promise_date, line.promise_date))
        return {row.line_no: (row.first_promise_date, row.promise_date) for row in rows}


def ledger(engine: Engine) -> list[tuple[object, ...]]:
    entry = schema.promise_changes.c
    columns = (entry.line_no, entry.from_date, entry.to_date, entry.note, entry.changed_by, entry.how)
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(entry.change_id))]


def test_a_new_promise_is_told_and_noted_and_the_first_one_stays(filled: Engine) -> None:
    before = current_revision(filled)
    saved = save(filled, change("1", LATER, note="by telephone"), how=TABLE)

    assert promises(filled)["1"] == (FIRST_TOLD, LATER)
    assert ledger(filled) == [("1", TOLD, LATER, "by telephone", "ada", "table")]
    assert (saved.moved, saved.data_revision) == (1, before + 1)


def test_the_first_promise_of_a_line_is_set_once(filled: Engine) -> None:
    save(filled, change("3", TOLD, seen=None))
    save(filled, change("3", LATER))
    assert promises(filled)["3"] == (TOLD, LATER)
    assert [entry[1:3] for entry in ledger(filled)] == [(None, TOLD), (TOLD, LATER)]


def test_a_first_promise_is_no_move_in_what_is_held_against_a_customer(filled: Engine) -> None:
    take(filled, "po_lines", "po_id,supplier_id,sku,ordered_qty,due_date\nPO-1,S-1,VALVE,90,2026-04-20\n")
    save(filled, change("3", TOLD, seen=None), change("2", LATER))
    history, plan = read_order_history(filled, TODAY, None), make_plan(read_book(filled, TODAY), ["promise_date"])

    evidence = customer_evidence(plan.backlog, history, TODAY)
    assert evidence["promises_moved"].tolist() == [1]
    account = customer_account(plan, history, "C-1", TODAY)
    assert dict(zip(account.promises["line_no"], account.promises["times_moved"], strict=True))["3"] == 0
    assert len(account.changes) == 2


def test_a_promise_that_stands_already_is_not_noted(filled: Engine) -> None:
    before = current_revision(filled)
    saved = save(filled, change("1", TOLD), change("2", TOLD))
    assert (saved, ledger(filled)) == (Saved("", 0, before), [])


def test_two_who_saw_the_same_promise_cannot_both_save_and_the_second_hears_of_the_first(filled: Engine) -> None:
    save(filled, change("1", LATER), by="ada")
    with pytest.raises(ConflictError) as refused:
        save(filled, change("2", LATER), change("1", date(2026, 4, 8)), by="ben")

    assert [(conflict.line, conflict.sentence) for conflict in refused.value.conflicts] == [
        ("SO-1/1", "ada moved the promise of SO-1/1 from 2026-03-25 to 2026-04-06 on 2026-03-16 09:30 UTC.")
    ]
    assert (promises(filled)["2"], len(ledger(filled))) == ((TOLD, TOLD), 1)


@pytest.mark.parametrize(
    ("line_no", "seen", "told"),
    [
        ("2", TOLD, "ada moved the promise of SO-1/2 from 2026-03-25 to 2026-04-02 by an import on 2026-03-16 07:30"),
        ("3", None, "an import made 2026-04-02 the promise of SO-1/3."),
    ],
)
def test_a_promise_that_an_import_brought_meanwhile_is_a_conflict_too(
    filled: Engine, line_no: str, seen: date | None, told: str
) -> None:
    take(filled, "order_lines", f"{HEADER}SO-1,{line_no},C-1,VALVE,10,2026-03-02,2026-04-02\n")
    with pytest.raises(ConflictError, match=told):
        save(filled, change(line_no, LATER, seen=seen))
    assert promises(filled)[line_no][1] == date(2026, 4, 2)


def test_an_import_may_bring_another_promise_than_the_page_set_and_the_ledger_says_so(filled: Engine) -> None:
    save(filled, change("1", LATER))
    take(filled, "order_lines", f"{HEADER}SO-1,1,C-1,VALVE,10,2026-03-02,2026-04-02\n")
    assert promises(filled)["1"] == (FIRST_TOLD, date(2026, 4, 2))
    assert [entry[1:3] + entry[5:] for entry in ledger(filled)] == [
        (TOLD, LATER, "form"),
        (LATER, date(2026, 4, 2), "import"),
    ]


def test_the_effect_that_was_shown_is_what_is_saved(filled: Engine) -> None:
    """The ten of the 20th of March go to the line promised first; the others wait until the 20th of April."""
    orders = "PO-1,1,S-1,VALVE,10,2026-03-20\nPO-1,2,S-1,VALVE,20,2026-04-20\n"
    take(filled, "po_lines", f"po_id,line_no,supplier_id,sku,ordered_qty,due_date\n{orders}")
    save(filled, change("1", date(2026, 3, 24)))
    before = make_plan(read_book(filled, TODAY), DEFAULT_RULE)
    changes = [change("1", LATER, seen=date(2026, 3, 24)), change("3", date(2026, 4, 20), seen=None)]
    shown = effect_of_promises(before, changes)
    save(filled, *changes, seen=shown.version)

    after = make_plan(read_book(filled, TODAY), DEFAULT_RULE)
    assert_tells_what_changes(shown, before, after)
    assert set(shown.lines["line_no"]) == {"1", "2", "3"}


def test_a_promise_of_another_sku_does_not_keep_one_back(filled: Engine) -> None:
    with writing(filled) as connection:
        connection.execute(insert(schema.items), [{"sku": "PUMP-3", "name": "Pump"}])
        other = {"order_id": "SO-2", "line_no": "9", "customer_id": "C-1", "sku": "PUMP-3", "ordered_qty": 1_000}
        connection.execute(insert(schema.order_lines), [other | {"ordered_date": date(2026, 3, 2)}])
    seen = current_version(filled)
    save(filled, PromiseChange("SO-2", "9", LATER, None))
    save(filled, change("1", LATER), seen=seen)
    assert promises(filled)["1"] == (FIRST_TOLD, LATER)


def test_nothing_is_saved_where_the_data_changed_since_the_effect_was_shown(filled: Engine) -> None:
    seen = current_version(filled)
    save(filled, change("2", LATER))
    with pytest.raises(StaleError):
        save(filled, change("1", LATER), seen=seen)
    assert promises(filled)["1"] == (FIRST_TOLD, TOLD)


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (change("1", date(2026, 3, 15)), "SO-1/1 would be promised for 2026-03-15, which is already over"),
        (change("1", date(2031, 3, 17)), "more than 5 years ahead"),
        (change("1", None), "would have no promise any more"),
        (change("4", LATER), "SO-1/4 is not open any more"),
        (change("9", LATER), "SO-1/9 is not in the store"),
        (change("2", LATER), "SO-1/2 is there twice"),
        (change("1", LATER, note="a\x00b"), "SO-1/1 has a note that holds a NUL byte"),
        (change("1", LATER, note="a\x1b[2Jb"), "SO-1/1 has a note that holds a control character"),
        (change("1", LATER, note="a" * 1_001), "SO-1/1 has a note that is longer than 1,000 characters"),
    ],
)
def test_one_broken_rule_keeps_the_whole_batch_from_being_saved(
    filled: Engine, broken: PromiseChange, why: str
) -> None:
    before = promises(filled)
    with pytest.raises(RefusedChangeError, match=why):
        save(filled, change("2", LATER), broken)
    assert (promises(filled), ledger(filled)) == (before, [])


@pytest.mark.parametrize("day", [TODAY, date(2031, 3, 16)])
def test_today_and_five_years_ahead_are_taken(filled: Engine, day: date) -> None:
    save(filled, change("1", day))
    assert promises(filled)["1"] == (FIRST_TOLD, day)


def test_an_undo_restores_every_promise_of_a_batch_and_is_a_change_itself(filled: Engine) -> None:
    before = promises(filled)
    batch = save(filled, change("1", LATER), change("3", LATER, seen=None))
    save(filled, *way_back(filled, batch.batch_id), by="ben", how=UNDO)

    # The first promise that was ever told stays, though it was taken back.
    assert promises(filled) == before | {"3": (LATER, None)}
    assert [entry[1:3] + entry[4:] for entry in ledger(filled)][2:] == [
        (LATER, TOLD, "ben", "undo"),
        (LATER, None, "ben", "undo"),
    ]


def test_an_undo_may_restore_a_promise_that_is_over(filled: Engine) -> None:
    over = date(2026, 3, 2)
    with writing(filled) as connection:
        connection.execute(update(schema.order_lines).values(promise_date=over))
    batch = save(filled, change("1", LATER, seen=over))
    save(filled, *way_back(filled, batch.batch_id), how=UNDO)
    assert promises(filled)["1"] == (FIRST_TOLD, over)


def test_a_promise_that_was_changed_again_cannot_be_taken_back(filled: Engine) -> None:
    batch = save(filled, change("1", LATER), change("2", LATER))
    save(filled, change("2", date(2026, 4, 9), seen=LATER), by="ben")
    with pytest.raises(RefusedChangeError, match=r"SO-1/2 cannot be taken back: ben moved .* to 2026-04-09"):
        way_back(filled, batch.batch_id)
    with pytest.raises(RefusedChangeError, match="no such change"):
        way_back(filled, "")


def test_promises_are_taken_back_one_by_one(filled: Engine) -> None:
    batches = [save(filled, change("1", LATER)), save(filled, change("1", date(2026, 4, 9), seen=LATER))]
    save(filled, *way_back(filled, batches[1].batch_id), how=UNDO)
    save(filled, *way_back(filled, batches[0].batch_id), how=UNDO)

    assert promises(filled)["1"] == (FIRST_TOLD, TOLD)
    with pytest.raises(RefusedChangeError, match="taken back already"):
        way_back(filled, batches[0].batch_id)


def test_a_line_that_was_shipped_since_does_not_keep_a_batch_from_being_taken_back(filled: Engine) -> None:
    before = promises(filled)
    batch = save(filled, change("1", LATER), change("2", LATER))
    with writing(filled) as connection:
        line = schema.order_lines.c
        connection.execute(update(schema.order_lines).where(line.line_no == "2").values(shipped_qty=10_000))
    save(filled, *way_back(filled, batch.batch_id), how=UNDO)

    assert promises(filled) == before


def test_promises_of_many_lines_are_one_batch(filled: Engine) -> None:
    line = {"order_id": "SO-9", "customer_id": "C-1", "sku": "VALVE", "ordered_date": TODAY, "ordered_qty": 1_000}
    numbers = [str(number) for number in range(1_001)]
    with writing(filled) as connection:
        connection.execute(insert(schema.order_lines), [line | {"line_no": number} for number in numbers])
    days = {number: TODAY + timedelta(days=int(number)) for number in numbers}
    saved = save(filled, *(PromiseChange("SO-9", number, day, None) for number, day in days.items()))
    with reading(filled) as connection:
        row = schema.order_lines.c
        stored = connection.execute(select(row.line_no, row.promise_date).where(row.order_id == "SO-9"))
        assert {each.line_no: each.promise_date for each in stored} == days
    assert (saved.moved, len(ledger(filled))) == (1_001, 1_001)
