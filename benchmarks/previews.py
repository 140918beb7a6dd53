"""What it costs to see the effect of moves before they are saved, against the limits that are promised.

    python -m benchmarks.previews          100,000 and 1,000,000 open lines; takes about half a minute
    python -m benchmarks.previews --runs 9

Figures, each the median of several runs on one random book per size (benchmarks/books.py), warm but for the first:

    first       the first preview of a plan, which looks up the rows of each SKU once
    one sku     all that the server computes for a move of one supply: the SKU found, its lines and supplies taken out,
                allocated anew and compared, the sums, the customers and the sentence. The SKU is an ordinary one.
    largest     the same for the SKU with the most open lines
    supplier    the same for all supplies of a supplier with 2,000 SKUs
    compute     the arithmetic alone of the ordinary SKU: the changed supplies, the allocation, dates and states
    all         the limit that they are measured against: all of the book allocated anew, as the backlog is

Limits. One SKU takes under 100 ms, the largest too, and a supplier with 2,000 SKUs under 300 ms, at 100,000 open lines.
The arithmetic of one SKU takes under 10 ms at a million, and at most a quarter of the whole at 100,000 lines and a
fiftieth at a million. A broken limit is named and the exit status is 1.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd

from benchmarks.books import TODAY, random_book
from benchmarks.run import Seconds, median_seconds, seconds
from dashboard.domain.allocation import DEFAULT_RULE, allocate
from dashboard.domain.backlog import promised
from dashboard.domain.book import PURCHASE_ORDER, Book
from dashboard.domain.effects import effect_customers, effect_of, effect_sentence, effect_sums, skus_concerned
from dashboard.domain.plan import Plan, make_plan
from dashboard.domain.restocks import Change, Move, changed_book, keys_of

SUPPLIER_SKUS = 2_000
LIMITS_MS = {
    (100_000, "first"): 100,
    (100_000, "one sku"): 100,
    (100_000, "largest"): 100,
    (100_000, "supplier"): 300,
    (1_000_000, "compute"): 10,
}
"""At most so many milliseconds, by open lines and figure."""
LIMITS_OF_ALL = {100_000: 0.25, 1_000_000: 0.02}
"""The part of the whole that the arithmetic of one SKU may cost, by open lines."""


def main(arguments: list[str] | None = None) -> int:
    """Time each size, print the table, and name the limits that are broken; 1 if any is."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.previews", description="Previews against limits.")
    parser.add_argument("sizes", nargs="*", type=int, default=[100_000, 1_000_000], help="open order lines")
    parser.add_argument("--runs", type=int, default=9, help="runs per figure (default: 9)")
    asked = parser.parse_args(arguments)
    timed = {size: time_size(random_book(size), asked.runs) for size in sorted(asked.sizes)}
    print_table(timed)
    broken = broken_limits(timed)
    for sentence in broken:
        print(f"BROKEN: {sentence}")
    return 1 if broken else 0


def time_size(book: Book, runs: int) -> Seconds:
    """Seconds of each figure for a book."""
    plan = make_plan(book, DEFAULT_RULE)
    by_size = book.lines["sku"].value_counts().index
    ordinary, largest = (moves_of(book, sku) for sku in (by_size[len(by_size) // 2], by_size[0]))
    supplier = moves_of(book, *by_size[np.linspace(0, len(by_size) - 1, SUPPLIER_SKUS).astype(int)])
    small = book.of_skus(skus_concerned(book, ordinary))
    cold = replace(plan, book=replace(book))
    return {
        "first": seconds(lambda: preview(cold, ordinary)),
        "one sku": median_seconds(lambda: preview(plan, ordinary), runs),
        "largest": median_seconds(lambda: preview(plan, largest), runs),
        "supplier": median_seconds(lambda: preview(plan, supplier), runs),
        "compute": median_seconds(lambda: compute(small, ordinary), runs),
        "all": median_seconds(lambda: compute(book, []), max(runs // 3, 1)),
    }


def moves_of(book: Book, *skus: str) -> list[Change]:
    """A slip of nine days for everything on order of these SKUs."""
    supplies = book.supplies
    rows = supplies["sku"].isin(skus) & (supplies["supply_kind"] == PURCHASE_ORDER)
    on_order = supplies[rows]
    days = on_order["restock_date"].fillna(pd.Timestamp(TODAY)).dt.date
    return [
        Move(key, max(day, TODAY) + timedelta(days=9), 1, "carrier")
        for key, day in zip(keys_of(on_order), days, strict=True)
    ]


def preview(plan: Plan, changes: list[Change]) -> str:
    """All that is shown before saving."""
    effect = effect_of(plan, changes)
    effect_sums(effect)
    effect_customers(effect)
    return effect_sentence(effect)


def compute(book: Book, changes: list[Change]) -> None:
    """The arithmetic alone."""
    changed = changed_book(book, changes)
    promised(changed, allocate(changed))


def print_table(timed: dict[int, Seconds]) -> None:
    """One row per figure, one column per size [ms], and what part of the whole the arithmetic of one SKU costs."""
    print("median ms   " + "".join(f"{size:>14,}" for size in timed))
    for name in next(iter(timed.values())):
        print(f"{name:<12}" + "".join(f"{of_size[name] * 1_000:>14.1f}" for of_size in timed.values()))
    print("compute / all " + "".join(f"{_part(of_size):>14.3f}" for of_size in timed.values())[2:])


def broken_limits(timed: dict[int, Seconds]) -> list[str]:
    """The limits that these timings break, one sentence each."""
    slow = [
        f"{name} took {timed[size][name] * 1_000:.0f} ms at {size:,} open lines; {limit} ms is allowed."
        for (size, name), limit in LIMITS_MS.items()
        if size in timed and timed[size][name] * 1_000 > limit
    ]
    dear = [
        f"one SKU took {_part(timed[size]):.3f} of the whole at {size:,} open lines; {limit} is allowed."
        for size, limit in LIMITS_OF_ALL.items()
        if size in timed and _part(timed[size]) > limit
    ]
    return slow + dear


def _part(of_size: Seconds) -> float:
    return of_size["compute"] / of_size["all"]


if __name__ == "__main__":
    sys.exit(main())
