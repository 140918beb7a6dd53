"""Twenty people move the same lines at the same time, while imports bring due dates: nothing is lost.

Three seconds as a rule, thirty where BACKORDERS_TEST_LONG is set.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from dashboard.domain.book import PURCHASE_ORDER
from dashboard.domain.errors import ConflictError, RefusedChangeError
from dashboard.domain.restocks import FORM, UNDO, Move, SupplyKey
from data_access import schema
from data_access.engine import reading, writing
from data_access.moving import Saved, save_changes, way_back
from tests.data_access.imports.taking import take
from tests.random_cases import IS_LONG

TODAY = date(2026, 3, 16)
DUE = date(2026, 3, 30)
SECONDS = 30 if IS_LONG else 3
MOVERS = 20
LINES = 8

Key = tuple[str, str]
Dates = tuple[date | None, date | None, date | None]
"""Due date, the manager's date, and the due date that stood beside it when it was set."""


@dataclass
class Told:
    """What one mover was told: batches that were saved with how many moves, conflicts, undos refused."""

    saved: dict[str, int] = field(default_factory=dict)
    conflicts: int = 0
    refused: int = 0

    def note(self, saved: Saved) -> None:
        """Remember a batch that wrote anything."""
        if saved.batch_id:
            self.saved[saved.batch_id] = saved.moved


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """A purchase order of a few lines, all due on the 30th."""
    line = {"po_id": "PO-7", "supplier_id": "S-1", "sku": "VALVE-25", "ordered_qty": 10_000}
    with writing(engine) as connection:
        connection.execute(insert(schema.suppliers), [{"supplier_id": "S-1", "name": "Northgate"}])
        connection.execute(insert(schema.items), [{"sku": "VALVE-25", "name": "Valve"}])
        lines = [
            line | {"line_no": str(number), "first_due_date": DUE, "due_date": DUE} for number in range(1, LINES + 1)
        ]
        connection.execute(insert(schema.po_lines), lines)
    return engine


@pytest.mark.long
def test_twenty_movers_and_an_import_lose_no_move_and_the_ledger_replays_to_the_present_dates(
    filled: Engine,
) -> None:
    until = time.monotonic() + SECONDS
    with ThreadPoolExecutor(MOVERS + 1) as pool:
        movers = [pool.submit(move_at_random, filled, number, until) for number in range(MOVERS)]
        imports = pool.submit(import_at_random, filled, until)
        told = [mover.result() for mover in movers]
        brought = imports.result()

    ledger, due_changes = entries(filled, schema.moves), entries(filled, schema.due_changes)
    in_ledger = Counter(entry.batch_id for entry in ledger)
    assert in_ledger == Counter({batch: moved for each in told for batch, moved in each.saved.items()})
    assert len(due_changes) == brought
    assert replayed(ledger, due_changes) == present(filled)
    assert chained(ledger, due_changes)
    assert min(sum(each.conflicts for each in told), len(ledger), brought) > 0


def move_at_random(engine: Engine, number: int, until: float) -> Told:
    """Look, choose one to three lines, move, clear or take one's last batch back; note what was told."""
    chance, told = random.Random(number), Told()  # noqa: S311
    while time.monotonic() < until:
        if told.saved and chance.random() < 0.2:
            attempt(told, engine, lambda: way_back(engine, list(told.saved)[-1]), number, UNDO)
        else:
            attempt(told, engine, lambda: chosen(engine, chance), number, FORM)
    return told


def attempt(told: Told, engine: Engine, moves: Callable[[], list[Move]], number: int, how: str) -> None:
    at = datetime.now(UTC).replace(tzinfo=None)
    try:
        told.note(save_changes(engine, moves(), by=f"mover-{number}", at=at, how=how, today=TODAY))
    except ConflictError:
        told.conflicts += 1
    except RefusedChangeError:
        told.refused += 1


def chosen(engine: Engine, chance: random.Random) -> list[Move]:
    """One to three lines as they are seen now, each to a day of the next weeks, or cleared."""
    line = schema.po_lines.c
    with reading(engine) as connection:
        seen = connection.execute(select(line.po_id, line.line_no, line.version)).all()
    return [
        Move(SupplyKey(PURCHASE_ORDER, po_id, line_no), day_or_none(chance), version, "carrier")
        for po_id, line_no, version in chance.sample(seen, chance.randint(1, 3))
    ]


def day_or_none(chance: random.Random) -> date | None:
    return None if chance.random() < 0.25 else TODAY + timedelta(days=chance.randint(0, 60))


def import_at_random(engine: Engine, until: float) -> int:
    """Bring another due date for a line again and again; how many due dates changed."""
    chance, due, changes = random.Random(99), dict.fromkeys(range(1, LINES + 1), DUE), 0  # noqa: S311 (no secret)
    while time.monotonic() < until:
        number, day = chance.randint(1, LINES), TODAY + timedelta(days=chance.randint(0, 60))
        row = f"PO-7,{number},S-1,VALVE-25,10,{day}"
        take(engine, "po_lines", f"po_id,line_no,supplier_id,sku,ordered_qty,due_date\n{row}\n")
        changes += day != due[number]
        due[number] = day
        time.sleep(0.02)
    return changes


def entries(engine: Engine, ledger: Any) -> list[Any]:
    with reading(engine) as connection:
        return list(connection.execute(select(ledger).order_by(*ledger.primary_key)).all())


def present(engine: Engine) -> dict[Key, Dates]:
    line = schema.po_lines.c
    columns = (line.po_id, line.line_no, line.due_date, line.manual_restock_date, line.due_date_when_moved)
    with reading(engine) as connection:
        return {(row[0], row[1]): (row[2], row[3], row[4]) for row in connection.execute(select(*columns))}


def replayed(ledger: list[Any], due_changes: list[Any]) -> dict[Key, Dates]:
    """The dates that the ledgers lead to from the first due date, each in its own order."""
    dates: dict[Key, Dates] = {("PO-7", str(number)): (DUE, None, None) for number in range(1, LINES + 1)}
    for change in due_changes:
        key = (change.po_id, change.line_no)
        dates[key] = (change.to_date, *dates[key][1:])
    stood: dict[int, Dates] = {}
    for move in ledger:
        key = (move.document_id, move.line_no)
        stood[move.move_id] = dates[key]
        if move.undoes:
            manual = stood[move.undoes][1:]
        else:
            manual = (move.to_date, move.due_date) if move.is_manual else (None, None)
        dates[key] = (dates[key][0], *manual)
    return dates


def chained(ledger: list[Any], due_changes: list[Any]) -> bool:
    """Whether each entry begins where the one before it of the same line ended, in both ledgers.

    Without a manager's date the date planned with is the due date, which an import may have changed in between.
    """
    due, manual = {}, {}
    for change in due_changes:
        if due.get(change.line_no, DUE) != change.from_date:
            return False
        due[change.line_no] = change.to_date
    for move in ledger:
        before = manual.get(move.line_no)
        if move.was_manual != (before is not None) or (before is not None and before != move.from_date):
            return False
        if not move.was_manual and move.from_date != move.due_date:
            return False
        manual[move.line_no] = move.to_date if move.is_manual else None
    return True
