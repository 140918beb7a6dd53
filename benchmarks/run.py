"""How long the book, the allocation and the backlog take, against limits measured in the same run.

    python -m benchmarks.run                      10k, 100k and 1M open lines; takes about a minute and a half
    python -m benchmarks.run 10000 100000         other sizes
    python -m benchmarks.run --runs 9             more runs per step; each figure is their median

Steps, timed on one random book per size (benchmarks/books.py), its rows in random order:

    lexsort    the limit for allocation: one np.lexsort of the same keys as whole numbers: SKU and location, priority,
               promise date, ordered date, order, line
    allocate   from the book's frames to the arrays line_index, supply_index and allocated (one entry per order line
               and supply) and to ready, inbound and uncovered per line; reading the keys out of the frames, the sort of
               the supplies and the natural order of ids are inside
    splits     the frame of allocations, which is made from those arrays when it is first asked for
    backlog    the backlog frame from the book and its allocation
    orders     the frame of whole orders from the backlog
    c scan     the limit for reading: sums over the open lines of the SQLite file, in the server alone
    fetchall   all columns of the open lines into Python objects by the driver's cursor
    read       read_book: open lines, supplies and dimensions of the SQLite file into a book

Limits. Allocation costs at most 2.0 times the lexsort, at the largest size of a million lines or more. No step of ours
grows faster than n log n from one size to ten times that size or more: its time may grow with n log n times a tolerance
of 1.8, for caches that no longer hold the larger book, and steps below 20 ms at the smaller size are only shown.
Reading, allocation and backlog together take under 1 s at 100,000 lines on SQLite. A broken limit is named and the exit
status is 1.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from sqlalchemy import Engine, text

from benchmarks.books import TODAY, random_book, write_store
from dashboard.domain.allocation import DEFAULT_RULE, PRIORITY_KEYS, allocate
from dashboard.domain.backlog import build_backlog, whole_orders
from dashboard.domain.book import Book
from dashboard.domain.exact import Integers
from dashboard.domain.ids import natural_rank
from data_access.book import read_book
from data_access.engine import open_store, reading

REFERENCES = ("lexsort", "c scan", "fetchall")
"""Steps that are not ours: what the others are measured against."""

ALLOCATION_LIMIT = 2.0
ALLOCATION_SIZE = 1_000_000
GROWTH_TOLERANCE = 1.8
LEAST_SECONDS = 0.02
BACKLOG_LIMIT_SECONDS = 1.0
BACKLOG_SIZE = 100_000

Seconds = dict[str, float]
"""Median seconds by step."""


def main(arguments: list[str] | None = None) -> int:
    """Time each size, print the table, and name the limits that are broken; 1 if any is."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description="Timings against limits.")
    parser.add_argument("sizes", nargs="*", type=int, default=[10_000, 100_000, 1_000_000], help="open order lines")
    parser.add_argument("--runs", type=int, default=5, help="runs per step (default: 5)")
    asked = parser.parse_args(arguments)
    timed = {size: time_size(size, asked.runs) for size in sorted(asked.sizes)}
    print_table(timed)
    broken = broken_limits(timed)
    for sentence in broken:
        print(f"BROKEN: {sentence}")
    return 1 if broken else 0


def time_size(lines: int, runs: int) -> Seconds:
    """Median seconds of each step for a book of so many open lines."""
    book = random_book(lines)
    return time_arithmetic(book, runs) | time_reading(book, runs)


def time_arithmetic(book: Book, runs: int) -> Seconds:
    """The steps that need no store. The lexsort and the allocation take turns, so that both meet the same machine."""
    keys = sort_keys(book)
    sorts, allocations = [], []
    for _ in range(runs):
        sorts.append(seconds(lambda: np.lexsort(keys)))
        allocations.append(seconds(lambda: allocate(book)))
    allocation = allocate(book)
    backlog = build_backlog(book, allocation)
    return {
        "lexsort": statistics.median(sorts),
        "allocate": statistics.median(allocations),
        "splits": median_seconds(lambda: replace(allocation).allocations, runs),
        "backlog": median_seconds(lambda: build_backlog(book, allocation), runs),
        "orders": median_seconds(lambda: whole_orders(backlog), runs),
    }


def time_reading(book: Book, runs: int) -> Seconds:
    """The steps that read the book from a SQLite file."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_store(f"sqlite:///{Path(folder) / 'benchmark.db'}")
        write_store(engine, book)
        found = {
            "c scan": median_seconds(lambda: scan(engine), runs),
            "fetchall": median_seconds(lambda: fetch(engine), runs),
            "read": median_seconds(lambda: read_book(engine, TODAY), runs),
        }
        engine.dispose()
    return found


def sort_keys(book: Book) -> tuple[Integers, ...]:
    """The keys of the default rule as whole numbers, as np.lexsort wants them: the last one first."""
    lines = book.lines
    place = [natural_rank(lines[name]) for name in ("line_no", "order_id")]
    ranked = [PRIORITY_KEYS[key](book) for key in reversed(DEFAULT_RULE)]
    group = natural_rank(lines["sku"], lines["location_id"])
    return (*place, *ranked, group)


def scan(engine: Engine) -> None:
    """What the server alone needs to see every open line."""
    with reading(engine) as connection:
        connection.execute(text("select sum(open_qty), count(*) from order_lines where open_qty > 0")).one()


def fetch(engine: Engine) -> None:
    """What the driver alone needs to hand over every open line."""
    with reading(engine) as connection:
        cursor = connection.connection.cursor()
        cursor.execute("select * from order_lines where open_qty > 0")
        cursor.fetchall()
        cursor.close()


def median_seconds(step: Callable[[], object], runs: int) -> float:
    """The median of several runs."""
    return statistics.median(seconds(step) for _ in range(runs))


def seconds(step: Callable[[], object]) -> float:
    """One run, with the garbage of the runs before it cleared away."""
    gc.collect()
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def print_table(timed: dict[int, Seconds]) -> None:
    """One row per step, one column per size [ms], and how the two ratios stand."""
    sizes = list(timed)
    print("median ms   " + "".join(f"{size:>14,}" for size in sizes))
    for step in timed[sizes[0]]:
        print(f"{step:<12}" + "".join(f"{timed[size][step] * 1_000:>14.1f}" for size in sizes))
    for above, below in (("allocate", "lexsort"), ("read", "c scan"), ("read", "fetchall")):
        ratios = "".join(f"{timed[size][above] / timed[size][below]:>14.2f}" for size in sizes)
        print(f"{above} / {below}".ljust(16) + ratios[4:])


def broken_limits(timed: dict[int, Seconds]) -> list[str]:
    """The limits that these timings break, one sentence each."""
    broken = [*_broken_growth(timed)]
    largest = max(timed)
    ratio = timed[largest]["allocate"] / timed[largest]["lexsort"]
    if largest >= ALLOCATION_SIZE and ratio > ALLOCATION_LIMIT:
        broken.append(
            f"allocation took {ratio:.2f} times one lexsort of {largest:,} lines; {ALLOCATION_LIMIT} is allowed."
        )
    if BACKLOG_SIZE in timed:
        whole = sum(timed[BACKLOG_SIZE][step] for step in ("read", "allocate", "backlog"))
        if whole > BACKLOG_LIMIT_SECONDS:
            broken.append(f"the backlog of {BACKLOG_SIZE:,} lines took {whole:.2f} s from SQLite; 1 s is allowed.")
    return broken


def _broken_growth(timed: dict[int, Seconds]) -> list[str]:
    sizes = list(timed)
    broken = []
    for small, large in itertools.pairwise(sizes):
        allowed = GROWTH_TOLERANCE * (large * math.log(large)) / (small * math.log(small))
        for step, before in timed[small].items():
            growth = timed[large][step] / before
            is_told = step not in REFERENCES and before >= LEAST_SECONDS and large >= 10 * small
            if is_told and growth > allowed:
                broken.append(
                    f"{step} grew {growth:.1f} times from {small:,} to {large:,} lines; {allowed:.1f} is n log n."
                )
    return broken


if __name__ == "__main__":
    sys.exit(main())
