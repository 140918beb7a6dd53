"""What was read and then renewed is what reading everything anew brings, whatever moves and promises came between."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from sqlalchemy import Engine, insert, select

from dashboard.domain.allocation import DEFAULT_RULE
from dashboard.domain.book import PLANNED_RESTOCK, PURCHASE_ORDER, Book
from dashboard.domain.ledger import Ledger
from dashboard.domain.order_history import HISTORY_DAYS, NO_LINE, OrderHistory
from dashboard.domain.plan import make_plan
from dashboard.domain.promises import PromiseChange
from dashboard.domain.purchasing import Purchasing
from dashboard.domain.restocks import FORM, Move, NewRestock, keys_of
from dashboard.domain.suppliers import supplier_statistics
from data_access import schema
from data_access.book import read_book
from data_access.changes import (
    Reader,
    book_reader,
    current_version,
    history_reader,
    ledger_reader,
    purchasing_reader,
    read_whole,
    renewed,
)
from data_access.demo import write_demo
from data_access.engine import reading, writing
from data_access.ledger import read_ledger
from data_access.moving import save_changes, way_back
from data_access.order_history import read_order_history
from data_access.promising import save_promises
from data_access.purchasing import read_purchasing
from tests.data_access.imports.taking import take
from tests.random_cases import IS_LONG

TODAY = date(2026, 3, 16)
SINCE = TODAY - timedelta(days=HISTORY_DAYS)
STEPS = 6 if IS_LONG else 3


@pytest.fixture
def company(engine: Engine) -> Engine:
    write_demo(engine, TODAY)
    return engine


def same(left: pd.DataFrame, right: pd.DataFrame, *keys: str) -> None:
    """The same rows, in whatever order and however their texts are coded."""
    assert_frame_equal(plain(left, keys), plain(right, keys))


def plain(frame: pd.DataFrame, keys: tuple[str, ...]) -> pd.DataFrame:
    texts = {name: "str" for name in frame if isinstance(frame[name].dtype, pd.CategoricalDtype)}
    return frame.astype(texts).sort_values(list(keys), ignore_index=True)


def with_keys(history: OrderHistory) -> pd.DataFrame:
    """The changes of promises with the line that each is of, instead of its place."""
    changes = history.promise_changes
    at = changes["line"].to_numpy()
    named = (history.lines["order_id"].astype("str") + "/" + history.lines["line_no"].astype("str")).to_numpy()
    return changes.assign(line=[named[row] if row != NO_LINE else "" for row in at])


def move_something(engine: Engine, chance: random.Random, at: datetime) -> None:
    """Moves of purchase-order lines and planned restocks, one that begins, one that ends, one taken back."""
    supplies = read_book(engine, TODAY).supplies
    keys = dict(zip(keys_of(supplies), supplies["version"], strict=True))
    orders = [key for key in keys if key.supply_kind == PURCHASE_ORDER]
    plans = [key for key in keys if key.supply_kind == PLANNED_RESTOCK]
    day = TODAY + timedelta(days=chance.randrange(90))
    changes: list[Any] = [
        Move(key, chance.choice([day, None]), int(keys[key]), "estimate") for key in chance.sample(orders, 5)
    ]
    changes += [Move(key, day, int(keys[key]), "estimate", to_qty=chance.choice([0, 7])) for key in plans[:2]]
    changes.append(NewRestock(f"PLAN-{at:%H%M}", str(supplies["sku"].iloc[0]), "MAIN", 12.5, day, "estimate"))
    saved = save_changes(engine, changes, by="ada", at=at, how=FORM, today=TODAY)
    if chance.random() < 0.5:
        save_changes(engine, way_back(engine, saved.batch_id), by="bo", at=at, how="undo", today=TODAY)


def promise_something(engine: Engine, chance: random.Random, at: datetime) -> None:
    lines = read_book(engine, TODAY).lines
    changes = [
        PromiseChange(
            str(row["order_id"]), str(row["line_no"]), TODAY + timedelta(days=chance.randrange(60)),
            None if pd.isna(row["promise_date"]) else row["promise_date"].date(),
        )
        for _, row in lines.iloc[chance.sample(range(len(lines)), 8)].iterrows()
    ]  # fmt: skip
    save_promises(engine, changes, by="ada", at=at, how=FORM, today=TODAY)


@pytest.mark.long
def test_what_was_renewed_is_what_reading_anew_brings(company: Engine) -> None:
    chance = random.Random(20260316)  # noqa: S311 (no secret)
    readers = (book_reader(TODAY), history_reader(TODAY, SINCE), purchasing_reader(), ledger_reader(UTC))
    held: list[Any] = [read_whole(company, reader) for reader in readers]
    supplier_statistics(held[2][1], TODAY)
    for step in range(STEPS):
        at = datetime(2026, 3, 16, 9, step)
        chance.choice([move_something, promise_something])(company, chance, at)
        move_something(company, chance, at + timedelta(hours=1))
        held = [_renewed(company, reader, each) for reader, each in zip(readers, held, strict=True)]
        book, history, bought, told = (each for _, each in held)

        _assert_same_book(book, read_book(company, TODAY))
        _assert_same_history(history, read_order_history(company, TODAY, SINCE))
        _assert_same_purchasing(bought, read_purchasing(company))
        _assert_same_ledger(told, read_ledger(company))


def _renewed(engine: Engine, reader: Reader[Any], held: Any) -> Any:
    found = renewed(engine, reader, held)
    assert found is not None
    assert found[0] == current_version(engine)
    return found


def _assert_same_book(book: Book, anew: Book) -> None:
    assert book.data_revision == anew.data_revision
    same(book.lines, anew.lines, "order_id", "line_no")
    same(book.supplies, anew.supplies, "supply_kind", "document_id", "line_no", "sku", "location_id")
    backlogs = [make_plan(each, DEFAULT_RULE).backlog for each in (book, anew)]
    same(*backlogs, "order_id", "line_no")


def _assert_same_history(history: OrderHistory, anew: OrderHistory) -> None:
    assert history.data_revision == anew.data_revision
    same(history.lines, anew.lines, "order_id", "line_no")
    # In the order in which they were made: that is what the history says of them.
    assert_frame_equal(
        *(plain(with_keys(each).reset_index(), ("index",)) for each in (history, anew)), check_dtype=False
    )


def _assert_same_purchasing(bought: Purchasing, anew: Purchasing) -> None:
    assert bought.data_revision == anew.data_revision
    same(bought.po_lines, anew.po_lines, "po_id", "line_no")
    assert_frame_equal(bought.moves, anew.moves)
    assert_frame_equal(supplier_statistics(bought, TODAY), supplier_statistics(anew, TODAY))


def _assert_same_ledger(told: Ledger, anew: Ledger) -> None:
    assert told.data_revision == anew.data_revision
    assert_frame_equal(plain(told.moves, ("move_id",)), plain(anew.moves, ("move_id",)))
    assert_frame_equal(told.due_changes, anew.due_changes)


def test_the_names_that_a_renewed_book_has_are_those_worked_out_anew(company: Engine) -> None:
    chance, at = random.Random(20260317), datetime(2026, 3, 17, 9, 0)  # noqa: S311 (no secret)
    held = read_whole(company, book_reader(TODAY))
    move_something(company, chance, at)
    promise_something(company, chance, at)
    renewed_one = renewed(company, book_reader(TODAY), held)
    assert renewed_one is not None
    _, book = renewed_one
    assert book.names is not None
    backlogs = [make_plan(each, DEFAULT_RULE).backlog for each in (book, replace(book, names=None))]
    assert_frame_equal(*backlogs)
    assert book.of_skus(["none such"]).names is None


def test_after_an_import_everything_is_read_anew(company: Engine) -> None:
    held = read_whole(company, book_reader(TODAY))
    take(company, "suppliers", "supplier_id,name\nS-NEW,Northgate\n")
    assert renewed(company, book_reader(TODAY), held) is None


def test_a_move_and_a_promise_leave_the_facts_as_they_are(company: Engine) -> None:
    versions = [current_version(company)]
    for change in (move_something, promise_something):
        change(company, random.Random(1), datetime(2026, 3, 16, 9, 30))  # noqa: S311
        versions.append(current_version(company))
    before, moved, promised = versions
    assert before.facts == moved.facts == promised.facts
    assert (before.promised, moved.moved) == (moved.promised, promised.moved)
    assert before.moved != moved.moved
    assert moved.promised != promised.promised
    assert before.data_revision < moved.data_revision < promised.data_revision


def test_what_nothing_happened_to_is_not_made_anew(company: Engine) -> None:
    held = read_whole(company, book_reader(TODAY))
    with writing(company) as connection:
        connection.execute(insert(schema.users).values(
            email="ada@example.com", role="viewer", changed_by="bo", changed_at=datetime(2026, 3, 16)
        ))  # fmt: skip
    found = renewed(company, book_reader(TODAY), held)
    assert found is not None
    assert found[1] is held[1]
    with reading(company) as connection:
        assert connection.execute(select(schema.users.c.email)).scalars().all() == ["ada@example.com"]
