"""What is behind a book: order lines that are complete, purchase orders that came, and promises that were moved.

Per open order line there are three complete ones, with their shipments, over two years; six tenths of a purchase-order
line that was received, a few days early or late, some of them months; and every tenth promise was moved. One seed gives
one history.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from benchmarks.books import SEED, TODAY, Array, fill
from dashboard.domain.book import Book
from data_access import schema

COMPLETE_PER_OPEN_LINE = 3
RECEIVED_PER_OPEN_LINE = 0.6
DAYS = 730
LINES_PER_DOCUMENT = 3
MOVED_SHARE = 0.1
SPLIT_SHARE = 0.2
LONG_LATE_SHARE = 0.05
MOST_DAYS_LATE = 300


def write_history(engine: Engine, book: Book, seed: int = SEED) -> None:
    """Put a history behind a book that the store holds already."""
    random = np.random.default_rng(seed)
    lines = _complete_lines(random, book, int(len(book.lines) * COMPLETE_PER_OPEN_LINE))
    po_lines = _received_lines(random, book, int(len(book.lines) * RECEIVED_PER_OPEN_LINE))
    shipped = lines.rename(columns={"last_date": "shipped_date"})
    received = po_lines.rename(columns={"last_date": "received_date"})
    fill(
        engine,
        [
            (schema.order_lines, lines),
            (schema.shipments, _in_parts(random, shipped, "shipped_date", "shipped_qty")),
            (schema.promise_changes, _promise_changes(random, lines)),
            (schema.po_lines, po_lines),
            (schema.receipts, _in_parts(random, received, "received_date", "received_qty")),
        ],
    )


def _complete_lines(random: np.random.Generator, book: Book, count: int) -> pd.DataFrame:
    ordered = _days_ago(random, count)
    promise = ordered + random.integers(3, 40, count)
    quantity = random.integers(1, 200, count).astype(np.float64)
    place = random.integers(0, len(book.lines), count)
    is_moved = random.random(count) < MOVED_SHARE
    return pd.DataFrame(
        {
            **_documents(count, "SO-DONE-", "order_id"),
            **{name: _taken(book.lines[name], place) for name in ("customer_id", "sku", "location_id")},
            "ordered_date": _dates(ordered),
            "requested_date": _dates(promise),
            "first_promise_date": _dates(promise),
            "promise_date": _dates(promise + np.where(is_moved, random.integers(-3, 20, count), 0)),
            "ordered_qty": quantity,
            "shipped_qty": quantity,
            "cancelled_qty": 0.0,
            "unit_price": random.integers(1, 5_000_000, count) / 10_000,
            "last_date": _dates(np.minimum(promise + _days_late(random, count), _day(TODAY))),
        }
    )


def _received_lines(random: np.random.Generator, book: Book, count: int) -> pd.DataFrame:
    first_due = _days_ago(random, count)
    quantity = random.integers(1, 500, count).astype(np.float64)
    place = random.integers(0, len(book.item_suppliers), count)
    is_moved = random.random(count) < MOVED_SHARE
    return pd.DataFrame(
        {
            **_documents(count, "PO-DONE-", "po_id"),
            **{name: _taken(book.item_suppliers[name], place) for name in ("supplier_id", "sku")},
            "location_id": "MAIN",
            "ordered_date": _dates(first_due - random.integers(10, 60, count)),
            "first_due_date": _dates(first_due),
            "due_date": _dates(first_due + np.where(is_moved, random.integers(1, 30, count), 0)),
            "ordered_qty": quantity,
            "received_qty": quantity,
            "cancelled_qty": 0.0,
            "unit_cost": 1.0,
            "last_date": _dates(np.minimum(first_due + _days_late(random, count), _day(TODAY))),
        }
    )


def _promise_changes(random: np.random.Generator, lines: pd.DataFrame) -> pd.DataFrame:
    """From the first promise to the present one, some days before that."""
    moved = lines[lines["promise_date"] != lines["first_promise_date"]]
    days = moved["first_promise_date"].to_numpy().astype("datetime64[D]") - random.integers(1, 4, len(moved))
    return pd.DataFrame(
        {
            **{name: moved[name] for name in ("order_id", "line_no")},
            "from_date": moved["first_promise_date"],
            "to_date": moved["promise_date"],
            "changed_by": "someone",
            "changed_at": [f"{day} 09:30:00.000000" for day in days.astype("str")],
            "how": "import",
        }
    )


def _in_parts(random: np.random.Generator, lines: pd.DataFrame, day: str, quantity: str) -> pd.DataFrame:
    """What came or left of each line: mostly at once, at times one unit the day before."""
    is_split = (random.random(len(lines)) < SPLIT_SHARE) & (lines[quantity] > 1).to_numpy()
    early = lines[is_split].assign(**{day: lines.loc[is_split, day] - pd.Timedelta(days=1), quantity: 1.0})
    rest = lines.assign(**{quantity: lines[quantity] - is_split})
    return pd.concat([early, rest], ignore_index=True).assign(rejected_qty=0.0)


def _documents(count: int, prefix: str, name: str) -> dict[str, list[str]]:
    document, line_no = np.divmod(np.arange(count), LINES_PER_DOCUMENT)
    return {
        name: [f"{prefix}{number}" for number in document.tolist()],
        "line_no": [str(number + 1) for number in line_no.tolist()],
    }


def _taken(column: pd.Series, place: Array) -> pd.Series:
    return column.iloc[place].reset_index(drop=True)


def _days_late(random: np.random.Generator, count: int) -> Array:
    """Most a few days early or late, some months."""
    late = random.normal(0, 3, count).round().astype(np.int64)
    return late + np.where(random.random(count) < LONG_LATE_SHARE, random.integers(1, MOST_DAYS_LATE, count), 0)


def _days_ago(random: np.random.Generator, count: int) -> Array:
    return _day(TODAY) - random.integers(1, DAYS, count)


def _day(day: object) -> Array:
    return np.datetime64(day, "D").astype(np.int64)


def _dates(days: Array) -> Array:
    return days.astype("datetime64[D]").astype("datetime64[s]")
