"""What a process does until it is killed: imports and saves without end, each told before and after.

Every import brings one whole document, all its lines with the same quantity and the same day: half of one would show.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any

from sqlalchemy import Engine, select

from dashboard.domain.book import PURCHASE_ORDER
from dashboard.domain.promises import PromiseChange
from dashboard.domain.restocks import FORM, Move, SupplyKey
from data_access import schema
from data_access.engine import connect, raise_revision, reading, writing
from data_access.moving import save_changes
from data_access.promising import save_promises
from tests.data_access.imports.taking import take

TODAY = date(2026, 3, 16)
LINES = 100
DOCUMENTS = 6
PURCHASES, ORDERS, MOVES, PROMISES = "purchases", "orders", "moves", "promises"
IMPORTS, SAVES = (PURCHASES, ORDERS), (MOVES, PROMISES)


@dataclass(frozen=True)
class Task:
    """An import of one document, or a save; day and quantity are those of every line, document and lines by number."""

    kind: str
    document: int
    day: date
    qty: int
    lines: tuple[int, ...] = ()


def drawn(chance: random.Random, kinds: tuple[str, ...]) -> Task:
    """Any task of these kinds."""
    kind = chance.choice(kinds)
    lines = tuple(chance.sample(range(LINES), chance.randint(1, 20)))
    day = TODAY + timedelta(days=chance.randint(0, 300))
    return Task(kind, chance.randrange(DOCUMENTS), day, chance.randint(1, 10_000), lines)


def work(database_url: str, seed: int, told: Connection) -> None:
    """Go on until killed, every other process with imports, the others with saves.

    Tells "ready", then for each task the task itself, and the revision after it.
    """
    engine, chance = connect(database_url), random.Random(seed)  # noqa: S311 (no secret)
    told.send("ready")
    while True:
        task = drawn(chance, (IMPORTS, SAVES)[seed % 2])
        told.send(task)
        told.send(done(engine, task))


def die_writing(database_url: str, told: Connection) -> None:
    """Begin to write, say so, and wait to be killed."""
    with writing(connect(database_url)) as connection:
        raise_revision(connection)
        told.send("writing")
        told.recv()


def done(engine: Engine, task: Task) -> int:
    """Do it; the revision that it leaves."""
    how: dict[str, Callable[[Engine, Task], int]] = {
        PURCHASES: import_purchases, ORDERS: import_orders, MOVES: move, PROMISES: promise,
    }  # fmt: skip
    return how[task.kind](engine, task)


def import_purchases(engine: Engine, task: Task) -> int:
    rows = [f"PO-{task.document},{line},S-{line % 7},SKU-{line},{task.qty},{task.day}" for line in range(LINES)]
    head = "po_id,line_no,supplier_id,sku,ordered_qty,due_date"
    return take(engine, "po_lines", "\n".join([head, *rows])).data_revision


def import_orders(engine: Engine, task: Task) -> int:
    rows = [
        f"SO-{task.document},{line},C-{line % 7},SKU-{line},2026-03-02,{task.qty},{task.day}" for line in range(LINES)
    ]
    head = "order_id,line_no,customer_id,sku,ordered_date,ordered_qty,promise_date"
    return take(engine, "order_lines", "\n".join([head, *rows])).data_revision


def move(engine: Engine, task: Task) -> int:
    """Move lines of what stands in the store now, if it stands there."""
    line = schema.po_lines.c
    seen = _lines(engine, select(line.line_no, line.version).where(line.po_id == f"PO-{task.document}"))
    moves = [
        Move(SupplyKey(PURCHASE_ORDER, f"PO-{task.document}", str(number)), task.day, seen[str(number)], "carrier")
        for number in task.lines if str(number) in seen
    ]  # fmt: skip
    return save_changes(engine, moves, by="ada", at=_now(), how=FORM, today=TODAY).data_revision


def promise(engine: Engine, task: Task) -> int:
    line = schema.order_lines.c
    seen = _lines(engine, select(line.line_no, line.promise_date).where(line.order_id == f"SO-{task.document}"))
    changes = [
        PromiseChange(f"SO-{task.document}", str(number), task.day, seen[str(number)])
        for number in task.lines if str(number) in seen
    ]  # fmt: skip
    return save_promises(engine, changes, by="ada", at=_now(), how=FORM, today=TODAY).data_revision


def _lines(engine: Engine, statement: Any) -> dict[str, Any]:
    with reading(engine) as connection:
        return {row[0]: row[1] for row in connection.execute(statement)}


def _now() -> datetime:
    return datetime.now(UTC)


def die_in_a_statement(database_url: str, told: Connection) -> None:
    """Begin to write, say so, and have the server work on one statement for very long."""
    with writing(connect(database_url)) as connection:
        raise_revision(connection)
        told.send("writing")
        connection.exec_driver_sql("SELECT pg_sleep(600)")
