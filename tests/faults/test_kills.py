"""Killed at any moment of an import or a save, the store is as it was before or as it should be after, never between.

Six kills per engine as a rule, fifty where BACKORDERS_TEST_LONG is set.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, select

from dashboard.domain.plan import make_plan
from data_access import schema
from data_access.book import read_book
from data_access.engine import reading, writing
from tests import processes
from tests.data_access.imports.taking import everything, revision
from tests.faults.work import (
    DOCUMENTS,
    IMPORTS,
    LINES,
    MOVES,
    ORDERS,
    PROMISES,
    PURCHASES,
    SAVES,
    TODAY,
    Task,
    die_in_a_statement,
    die_writing,
    done,
    work,
)
from tests.random_cases import IS_LONG

KILLS = 50 if IS_LONG else 6
LONGEST_SECONDS = 0.8
AT_ONCE_SECONDS = 5
"""Far less than a writer waits for another; a server looks every other second whether its client is there."""

Rows = list[Any]


@dataclass(frozen=True)
class Told:
    """What one process told before it was killed: the tasks that it finished, and the one that it was at."""

    finished: list[tuple[Task, int]]
    unfinished: Task | None


@contextmanager
def running(target: Any, *arguments: Any) -> Iterator[tuple[Any, Connection]]:
    """A process that has the program loaded already, and what it tells. It is killed at the end."""
    ours, theirs = processes.forking().Pipe()
    process = processes.start(target, *arguments, theirs)
    theirs.close()
    try:
        assert ours.poll(30)
        yield process, ours
    finally:
        process.kill()
        process.join()
        ours.close()


def killed_after(seconds: float, database_url: str, seed: int) -> Told:
    """What the process told that was killed then."""
    with running(work, database_url, seed) as (process, told):
        assert told.recv() == "ready"
        time.sleep(seconds)
        assert process.is_alive()
        process.kill()
        process.join()
        return understood(list(heard(told)))


def heard(told: Connection) -> Iterator[Any]:
    try:
        while True:
            yield told.recv()
    except (EOFError, ConnectionResetError):
        return


def understood(messages: list[Any]) -> Told:
    tasks, revisions = messages[::2], messages[1::2]
    finished = list(zip(tasks, revisions, strict=False))
    return Told(finished, tasks[-1] if len(tasks) > len(revisions) else None)


@pytest.mark.long
def test_after_a_kill_at_any_moment_nothing_is_lost_or_half_written_and_the_same_task_completes(
    engine: Engine, database_url: str
) -> None:
    chance, interrupted = random.Random(20260316), Counter[str]()  # noqa: S311 (no secret)
    for document in range(DOCUMENTS):
        for kind in (PURCHASES, ORDERS):
            done(engine, Task(kind, document, TODAY, 5))
    for seed in range(KILLS):
        before = Ledgers.of(engine)
        told = killed_after(chance.uniform(0, LONGEST_SECONDS), database_url, seed)
        assert_nothing_is_locked(engine)
        after = Ledgers.of(engine)
        assert_each_revision_is_one_write(before, after, told)
        assert_documents_are_whole(engine)
        assert_ledgers_lead_to_the_present_dates(engine)
        assert_every_unit_is_accounted_for(engine)
        if told.unfinished is not None:
            interrupted[told.unfinished.kind] += 1
            assert_it_completes(engine, told.unfinished)
    print(f"killed {KILLS} times, during {dict(interrupted)}")
    assert sum(interrupted.values()) >= KILLS / 2
    for kinds in (IMPORTS, SAVES):
        assert sum(interrupted[kind] for kind in kinds) >= KILLS / 6


def test_the_lock_of_a_writer_that_was_killed_is_gone_at_once(engine: Engine, database_url: str) -> None:
    with running(die_writing, database_url) as (process, told):
        assert told.recv() == "writing"
        process.kill()
        process.join()
        assert_nothing_is_locked(engine)
    assert revision(engine) == 0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_server_that_works_for_a_writer_that_was_killed_stops_soon(engine: Engine, database_url: str) -> None:
    with running(die_in_a_statement, database_url) as (process, told):
        assert told.recv() == "writing"
        time.sleep(0.2)
        process.kill()
        process.join()
        assert_nothing_is_locked(engine)
    assert revision(engine) == 0


@dataclass(frozen=True)
class Ledgers:
    """The revision, and all that was ever noted: each batch of a ledger, and each import that changed anything."""

    revision: int
    writes: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, engine: Engine) -> Ledgers:
        noted = {
            MOVES: select(schema.moves.c.batch_id),
            PROMISES: select(schema.promise_changes.c.batch_id).where(schema.promise_changes.c.batch_id != ""),
            "imports": select(schema.imports.c.import_id).where(
                schema.imports.c.new_rows + schema.imports.c.changed_rows > 0
            ),
        }
        with reading(engine) as connection:
            writes = {
                (kind, str(mark))
                for kind, statement in noted.items()
                for mark in connection.execute(statement).scalars()
            }
        return cls(revision(engine), frozenset(writes))


def assert_nothing_is_locked(engine: Engine) -> None:
    start = time.monotonic()
    with writing(engine):
        pass
    assert time.monotonic() - start < AT_ONCE_SECONDS


def assert_each_revision_is_one_write(before: Ledgers, after: Ledgers, told: Told) -> None:
    """Nothing noted before is gone; what was told as done is there; at most the unfinished task came to it."""
    assert before.writes <= after.writes
    assert after.revision - before.revision == len(after.writes - before.writes)
    revisions = [before.revision, *(number for _, number in told.finished)]
    assert revisions == sorted(revisions)
    assert after.revision - revisions[-1] in ({0, 1} if told.unfinished else {0})


def assert_documents_are_whole(engine: Engine) -> None:
    """Every document has all its lines, and all of them the quantity and the due date of one import."""
    for document, quantity, dated in (
        (schema.po_lines.c.po_id, schema.po_lines.c.ordered_qty, schema.po_lines.c.due_date),
        (schema.order_lines.c.order_id, schema.order_lines.c.ordered_qty, None),
    ):
        columns = [document, quantity] if dated is None else [document, quantity, dated]
        with reading(engine) as connection:
            found = Counter(tuple(row) for row in connection.execute(select(*columns)))
        assert set(found.values()) <= {LINES}
        assert len({row[0] for row in found}) == len(found)


def assert_ledgers_lead_to_the_present_dates(engine: Engine) -> None:
    """Each entry begins where the one before it ended, and the last one ends at what stands in the line."""
    due = last_of(rows(engine, schema.due_changes), "po_id")
    promised = last_of(rows(engine, schema.promise_changes), "order_id")
    moved = {(entry.document_id, entry.line_no): entry for entry in rows(engine, schema.moves)}
    for line in rows(engine, schema.po_lines):
        key = (line.po_id, line.line_no)
        assert line.due_date == due.get(key, line.first_due_date)
        entry = moved.get(key)
        stands = (entry.to_date, entry.due_date) if entry is not None and entry.is_manual else (None, None)
        assert (line.manual_restock_date, line.due_date_when_moved) == stands
    for line in rows(engine, schema.order_lines):
        assert line.promise_date == promised.get((line.order_id, line.line_no), line.first_promise_date)


def last_of(entries: Rows, document: str) -> dict[tuple[str, str], date | None]:
    """The date to which the entries of each line lead."""
    dates: dict[tuple[str, str], date | None] = {}
    for entry in entries:
        key = (getattr(entry, document), entry.line_no)
        assert dates.get(key, entry.from_date) == entry.from_date
        dates[key] = entry.to_date
    return dates


def rows(engine: Engine, table: Any) -> Rows:
    with reading(engine) as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key)))


def assert_every_unit_is_accounted_for(engine: Engine) -> None:
    backlog = make_plan(read_book(engine, TODAY), ("priority", "promise_date")).backlog
    parts = backlog["ready_qty"] + backlog["inbound_qty"] + backlog["uncovered_qty"]
    assert np.array_equal(parts, backlog["open_qty"])


def assert_it_completes(engine: Engine, task: Task) -> None:
    """Done again it is done, and done once more it changes nothing."""
    done(engine, task)
    once = everything(engine)
    done(engine, task)
    assert everything(engine) == once
    imported = {
        PURCHASES: select(schema.po_lines.c.ordered_qty).where(schema.po_lines.c.po_id == f"PO-{task.document}"),
        ORDERS: select(schema.order_lines.c.ordered_qty).where(schema.order_lines.c.order_id == f"SO-{task.document}"),
    }
    if task.kind in imported:
        with reading(engine) as connection:
            assert set(connection.execute(imported[task.kind]).scalars()) == {task.qty * 1_000}
