"""What a year of weekly snapshots takes, on disk and in time, at 100,000 open lines with their history (SQLite).

    python -m benchmarks.snapshots                 a year: about ten minutes
    python -m benchmarks.snapshots 4 [LINES]       four weeks, and the year extrapolated

Each week 8 % of the open lines change: half of them are shipped whole, the others in part, cancelled, promised anew or
ordered at another quantity; as many orders come as go; 8 % of the purchase-order lines to come are received and as many
are ordered; the stock of 8 % of the shelves is counted. All weeks are kept whole, twice as many as by default.

    take         one snapshot: everything read, the plan made, written
    state        the state of a day a year ago, as the review reads it
    left         what left between that day and the last, and between the last and now
    totals       the totals of every day, for the trend
    review       the page of a review a week after the last day, on a real server (benchmarks/reviews.py)

A year may take 1 GB on disk, and opening the review 1 s on a quiet machine, be it compared with the last week or with
the first day; a broken limit is named, and the exit status is 1. With fewer weeks the year on disk is extrapolated: the
first week, and 51 times the mean of the others; a year ago more lines have left than some weeks ago.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine, bindparam, func, insert, select, text, update

from benchmarks.books import SEED, TODAY, random_book, write_store
from benchmarks.histories import write_history
from benchmarks.reviews import FIRST_DAY, LAST_WEEK, time_reviews
from benchmarks.run import seconds
from dashboard.domain.allocation import DEFAULT_RULE
from dashboard.domain.customers import DEFAULT_WEIGHTS
from dashboard.domain.rules import Rules
from data_access.engine import open_store, raise_revision, reading, writing
from data_access.schema import (
    frame_chunks,
    is_open,
    order_lines,
    po_lines,
    receipts,
    shipments,
    snapshot_frames,
    stock,
)
from data_access.snapshots import left_between, read_state, snapshots, take_snapshot, totals_over_time

YEAR = 52
LINES = 100_000
CHANGED = 0.08
MOST_BYTES = 1_000_000_000
MOST_SECONDS = 1.0
RULES = Rules(DEFAULT_RULE, (3, 7, 14, 21, 30, 45), DEFAULT_WEIGHTS, "UTC", (5, 6), ())

Key = tuple[str, str]
Row = dict[str, Any]


def main(weeks: int = YEAR, lines: int = LINES) -> int:
    """Live through the weeks, print what they took, and return 1 if a limit is broken."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'store.db'}"
        engine, random = open_store(url), np.random.default_rng(SEED)
        book = random_book(lines)
        write_store(engine, book)
        write_history(engine, book)
        sizes = _live_through(engine, random, weeks)
        year = sizes[0] + (sum(sizes[1:]) / max(len(sizes) - 1, 1)) * (YEAR - 1)
        _read(engine)
        today = TODAY + timedelta(weeks=weeks)
        _live_a_week(engine, random, today, weeks)
        reviews = time_reviews(url, today, TODAY)
    for step, took in reviews.items():
        print(f"{step:44} {took * 1_000:>8.0f} ms")
    how = "a year" if weeks == YEAR else f"a year, extrapolated from {weeks} weeks"
    print(f"{how}: {year / 1e6:,.0f} MB; the first {sizes[0] / 1e6:.1f} MB, the last {sizes[-1] / 1e6:.1f} MB")
    broken = [
        f"opening the {what} took {reviews[what]:.2f} s; {MOST_SECONDS:g} s are allowed."
        for what in (LAST_WEEK, FIRST_DAY)
        if reviews[what] > MOST_SECONDS
    ]
    if year > MOST_BYTES:
        broken.append(f"{how} takes {year / 1e6:,.0f} MB; {MOST_BYTES / 1e6:,.0f} are allowed.")
    for sentence in broken:
        print(f"BROKEN: {sentence}")
    return int(bool(broken))


def _live_through(engine: Engine, random: np.random.Generator, weeks: int) -> list[int]:
    """What each week's snapshot added to the file [bytes], beyond what the week's own rows did."""
    sizes = []
    for week in range(weeks):
        day = TODAY + timedelta(weeks=week)
        if week:
            _live_a_week(engine, random, day, week)
        before = _size(engine)
        at = datetime.now(UTC)
        take = partial(take_snapshot, engine, day, RULES, by="benchmark", at=at, whole_weeks=10 * YEAR)
        took = seconds(take)
        sizes.append(_size(engine) - before)
        print(f"take         {took * 1_000:>8.1f} ms   {sizes[-1] / 1e6:>6.1f} MB   week {week + 1}", flush=True)
    with reading(engine) as connection:
        pieces = connection.execute(select(func.count(), func.sum(func.length(frame_chunks.c.content)))).one()
        used = connection.execute(select(func.count()).select_from(snapshot_frames)).scalar_one()
    print(f"{pieces[0]:,} pieces of {pieces[1] / 1e6:,.1f} MB, referred to {used:,} times", flush=True)
    return sizes


def _size(engine: Engine) -> int:
    """The pages of the file that are in use [bytes]."""
    with reading(engine) as connection:
        pages, free, page = (
            connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("page_count", "freelist_count", "page_size")
        )
    return int((pages - free) * page)


def _read(engine: Engine) -> None:
    """Print what the review reads first, between the first day and the last, takes."""
    first, *_, last = snapshots(engine)
    steps = {
        "state": partial(read_state, engine, first),
        "left": partial(left_between, engine, first, last),
        "left now": partial(left_between, engine, last, None),
        "totals": partial(totals_over_time, engine),
    }
    for name, step in steps.items():
        print(f"{name:12} {min(seconds(step) for _ in range(3)) * 1_000:>8.1f} ms")


def _live_a_week(engine: Engine, random: np.random.Generator, day: date, week: int) -> None:
    with writing(engine) as connection:
        lines = connection.execute(select(order_lines).where(is_open(order_lines))).mappings().all()
        to_come = connection.execute(select(po_lines).where(is_open(po_lines))).mappings().all()
        shelves = connection.execute(select(stock)).mappings().all()
        _change_lines(connection, random, [dict(row) for row in _some(random, lines)], day, week)
        _receive(connection, random, [dict(row) for row in _some(random, to_come)], day, week)
        counted = update(stock).where(stock.c.sku == bindparam("k"), stock.c.location_id == bindparam("l"))
        rows = [
            {"k": row["sku"], "l": row["location_id"], "q": int(random.integers(0, 500_000))}
            for row in _some(random, shelves)
        ]
        connection.execute(counted.values(stock_qty=bindparam("q")), rows)
        raise_revision(connection)


def _some(random: np.random.Generator, rows: Any) -> list[Any]:
    return [rows[place] for place in random.permutation(len(rows))[: int(len(rows) * CHANGED)].tolist()]


def _change_lines(connection: Any, random: np.random.Generator, rows: list[Row], day: date, week: int) -> None:
    """Half are shipped, an eighth each shipped in part, cancelled, promised anew, and ordered at another quantity."""
    shipped, others = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    changed = [row | {"shipped_qty": row["shipped_qty"] + row["open_qty"]} for row in shipped]
    sent = [_sent(row, day, row["open_qty"]) for row in shipped]
    for place, row in enumerate(others):
        part = max(row["open_qty"] // 2, 1)
        changes = (
            {"shipped_qty": row["shipped_qty"] + part},
            {"cancelled_qty": row["cancelled_qty"] + row["open_qty"]},
            {"promise_date": day + timedelta(days=int(random.integers(1, 60)))},
            {"ordered_qty": row["ordered_qty"] + 1_000},
        )
        changed.append(row | changes[place % 4])
        if place % 4 == 0:
            sent.append(_sent(row, day, part))
    columns = ("shipped_qty", "cancelled_qty", "promise_date", "ordered_qty")
    key = (order_lines.c.order_id == bindparam("k"), order_lines.c.line_no == bindparam("l"))
    connection.execute(
        update(order_lines).where(*key).values({name: bindparam(f"new_{name}") for name in columns}),
        [
            {"k": row["order_id"], "l": row["line_no"]} | {f"new_{name}": row[name] for name in columns}
            for row in changed
        ],
    )
    connection.execute(insert(shipments), sent)
    gone = len(shipped) + len(others) // 4
    connection.execute(insert(order_lines), [_ordered(row, day, week, n) for n, row in enumerate(rows[:gone])])


def _sent(row: Row, day: date, qty: int) -> Row:
    return {"order_id": row["order_id"], "line_no": row["line_no"], "shipped_date": day, "shipped_qty": qty}


def _ordered(row: Row, day: date, week: int, number: int) -> Row:
    """A new order line like another one."""
    kept = {name: row[name] for name in ("customer_id", "sku", "location_id", "ordered_qty", "unit_price", "priority")}
    promise = day + timedelta(days=5 + number % 60)
    return kept | {
        "order_id": f"SO-W{week}-{number // 3}", "line_no": str(number % 3 + 1), "ordered_date": day,
        "first_promise_date": promise, "promise_date": promise,
    }  # fmt: skip


def _receive(connection: Any, random: np.random.Generator, rows: list[Row], day: date, week: int) -> None:
    key = (po_lines.c.po_id == bindparam("k"), po_lines.c.line_no == bindparam("l"))
    connection.execute(
        update(po_lines).where(*key).values(received_qty=bindparam("q")),
        [{"k": row["po_id"], "l": row["line_no"], "q": row["received_qty"] + row["open_qty"]} for row in rows],
    )
    came = [
        {"po_id": row["po_id"], "line_no": row["line_no"], "received_date": day, "received_qty": row["open_qty"]}
        for row in rows
    ]
    connection.execute(insert(receipts), came)
    due = day + timedelta(days=int(random.integers(10, 60)))
    kept = ("supplier_id", "sku", "location_id", "ordered_qty", "unit_cost")
    new = [
        {name: row[name] for name in kept}
        | {"po_id": f"PO-W{week}-{number // 3}", "line_no": str(number % 3 + 1), "ordered_date": day,
           "first_due_date": due, "due_date": due}
        for number, row in enumerate(rows)
    ]  # fmt: skip
    connection.execute(insert(po_lines), new)


if __name__ == "__main__":
    sys.exit(main(*(int(number) for number in sys.argv[1:])))
