"""The demo company as it was on days before, and the snapshots that would have been taken then.

What happened has its day in the company's own books, so that the past is what is there less what came later.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, insert, select

from dashboard.domain.rules import Rules
from data_access import schema
from data_access.demo.company import Company, tables_of
from data_access.demo.demand import OrderLine
from data_access.demo.flaws import Extras
from data_access.demo.managers import Move, due_on
from data_access.demo.trading import PurchaseLine
from data_access.engine import open_store, raise_revision, reading, writing
from data_access.snapshots import take_snapshot

PAST_WEEKS = 4
"""For so many weeks back the demo company has a snapshot of each."""
_BY, _HOUR = "schedule", 5
_KEPT = (schema.snapshots, schema.snapshot_totals, schema.frame_chunks, schema.snapshot_frames)
_ONCE = ("customers", "suppliers", "items", "item_suppliers")
_WHEN = {"moves": "moved_at", "due_changes": "changed_at", "promise_changes": "changed_at"}
_AT_A_TIME = 500
_Shelf = tuple[int, int]


def write_past(connection: Connection, company: Company, today: date, rules: Rules, weeks: int = PAST_WEEKS) -> None:
    """Write the snapshots of the weeks before today, each of the same day of the week, early in the morning."""
    days = [today - timedelta(weeks=week) for week in range(weeks, 0, -1)]
    with tempfile.TemporaryDirectory() as folder:
        scratch = open_store(f"sqlite:///{Path(folder) / 'past.db'}")
        with scratch.connect():  # the last connection to leave would tidy up the file, each time
            for day in live_through(scratch, company, days):
                take_snapshot(scratch, day, rules, by=_BY, at=datetime.combine(day, time(_HOUR)))
            _carry_over(scratch, connection)
        scratch.dispose()


def live_through(engine: Engine, company: Company, days: Iterable[date]) -> Iterator[date]:
    """Have an empty SQLite store hold the company as it was on each of these days, one after the other, in order."""
    before, past = date.min, Past(company)
    for day in days:
        tables = tables_of(past.on(day, before))
        with writing(engine) as connection:
            for name, frame in tables.items():
                rows = _new_rows(name, frame, before)
                if rows:
                    connection.execute(insert(schema.metadata.tables[name]).prefix_with("OR REPLACE"), rows)
            raise_revision(connection)
        before = day
        yield day


class Past:
    """What a company was on days before."""

    def __init__(self, company: Company) -> None:
        self._company = company
        moved: dict[int, int] = {id(move.purchase): move.day for move in company.extras.moves}
        self._lines = [(line.ordered, _last_day(line), key, line) for key, line in company.lines]
        self._purchases = [
            (line.ordered, max(_last_day(line), moved.get(id(line), 0)), line) for line in company.purchases
        ]
        self._taken = [
            *((day, _shelf(line), qty) for _, line in company.lines for day, qty in line.shipments.items()),
            *((day, _shelf(line), -good) for line in company.purchases for day, (good, _) in line.receipts.items()),
        ]

    def on(self, day: date, since: date = date.min) -> Company:
        """The company on the evening of a day; of its lines those alone to which something happened after since."""
        company, end, start = self._company, day.toordinal(), since.toordinal()
        moves = [move for move in company.extras.moves if move.day <= end]
        last_moves = {id(move.purchase): move for move in moves}
        return replace(
            company,
            lines=[
                (key, line if last <= end else _order_line(line, end))
                for ordered, last, key, line in self._lines
                if last > start and ordered <= end
            ],
            purchases=[
                _purchase(line, last_moves.get(id(line)), end)
                for ordered, last, line in self._purchases
                if last > start and ordered <= end
            ],
            stock=self._stock(end),
            extras=Extras(moves, [plan for plan in company.extras.plans if plan.made <= end]),
        )

    def _stock(self, end: int) -> dict[_Shelf, int]:
        """What lay on each shelf: what lies there, and what was shipped since, less what came since."""
        stock = dict(self._company.stock)
        for day, shelf, qty in self._taken:
            if day > end:
                stock[shelf] += qty
        return stock


def _shelf(line: OrderLine | PurchaseLine) -> _Shelf:
    return line.sku, line.location


def _last_day(line: OrderLine | PurchaseLine) -> int:
    """The last day on which something happened to a line, but for moves of its restock date."""
    if isinstance(line, OrderLine):
        happened: Iterable[int] = (*line.shipments, *(day for day, _, _ in line.promise_changes))
    else:
        happened = (*line.receipts, *(day for day, _, _ in line.due_changes))
    return max(line.ordered, line.cancelled or 0, *happened)


def _order_line(line: OrderLine, end: int) -> OrderLine:
    changes = [change for change in line.promise_changes if change[0] <= end]
    is_cancelled = line.cancelled is not None and line.cancelled <= end
    return replace(
        line,
        promise=changes[-1][2] if changes else line.first_promise,
        cancelled_qty=line.cancelled_qty if is_cancelled else 0,
        shipments={day: qty for day, qty in line.shipments.items() if day <= end},
        promise_changes=changes,
    )


def _purchase(line: PurchaseLine, last: Move | None, end: int) -> PurchaseLine:
    ours = last if last and last.is_manual else None
    is_cancelled = line.cancelled is not None and line.cancelled <= end
    return replace(
        line,
        due=due_on(line, end),
        due_changes=[change for change in line.due_changes if change[0] <= end],
        receipts={day: units for day, units in line.receipts.items() if day <= end},
        cancelled_qty=line.cancelled_qty if is_cancelled else 0,
        manual=ours.after if ours else None,
        due_when_moved=ours.due if ours else None,
    )


def _new_rows(name: str, frame: pd.DataFrame, before: date) -> list[dict[str, Any]]:
    """The rows of a table that may have come or changed after a day; ledgers are only ever added to."""
    is_first = before == date.min
    if name in _ONCE and not is_first:
        return []
    if name in _WHEN and not is_first:
        frame = frame[[at.date() > before for at in frame[_WHEN[name]]]]
    names = frame.columns.tolist()
    return [dict(zip(names, row, strict=True)) for row in zip(*(frame[name].tolist() for name in names), strict=True)]


def _carry_over(scratch: Engine, connection: Connection) -> None:
    """Copy the snapshots, and nothing else, into the store, from before the first revision of its data."""
    with reading(scratch) as read:
        for table in _KEPT:
            first = {"data_revision": 0} if table is schema.snapshots else {}
            rows = [row._asdict() | first for row in read.execute(select(table))]
            for start in range(0, len(rows), _AT_A_TIME):
                connection.execute(insert(table), rows[start : start + _AT_A_TIME])
