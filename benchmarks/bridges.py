"""What it costs to say what changed between two days, against limits measured in the same run.

    python -m benchmarks.bridges             100,000 open lines on both days; takes some seconds
    python -m benchmarks.bridges --runs 9

Figures, each the median of several runs on random states (benchmarks/books.py). Between the two days one line in seven
left, as many came, half of the others were shipped in part, cancelled, repriced or came under another supplier:

    allocate    what they are measured against: the closing's book allocated, which every change of the data costs
    first       the two days laid side by side, and the open part in whole
    bridges     both parts, in whole and in every split: eight bridges, the two days laid side by side anew
    lines       all lines behind the open part, by customer
    redated     the lines that are expected on another day, and why

Limits. All bridges cost at most BRIDGES_LIMIT times the allocation, re-dated lines REDATED_LIMIT times; and the bridges
take under 0.4 s at 100,000 lines. A broken limit is named and the exit status is 1.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd

from benchmarks.books import SEED, TODAY, random_book
from benchmarks.run import Seconds, median_seconds
from dashboard.domain.allocation import DEFAULT_RULE, allocate
from dashboard.domain.book import Book
from dashboard.domain.bridge import OPEN, PARTS, SPLITS, Comparison, State, state_of
from dashboard.domain.plan import make_plan
from dashboard.domain.redated import redated_lines

BRIDGES_LIMIT = 10.0
REDATED_LIMIT = 7.0
BRIDGES_LIMIT_SECONDS = 0.4
SIZE = 100_000
WEEK = timedelta(days=7)
LEFT_SHARE = 7
"""One line in so many leaves."""

NO_MOVES = pd.DataFrame(
    {
        **{name: pd.Series(dtype="str") for name in ("supply_kind", "document_id", "line_no", "moved_by")},
        "moved_day": pd.Series(dtype="datetime64[s]"),
    }
)


def main(arguments: list[str] | None = None) -> int:
    """Time the size, print the table, and name the limits that are broken; 1 if any is."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bridges", description="Bridges against limits.")
    parser.add_argument("size", nargs="?", type=int, default=SIZE, help="open order lines on both days")
    parser.add_argument("--runs", type=int, default=5, help="runs per figure (default: 5)")
    asked = parser.parse_args(arguments)
    timed = time_size(asked.size, asked.runs)
    for name, seconds in timed.items():
        print(f"{name:<10}{seconds * 1_000:>10.1f} ms{seconds / timed['allocate']:>8.2f} x allocate")
    broken = broken_limits(timed, asked.size)
    for sentence in broken:
        print(f"BROKEN: {sentence}")
    return 1 if broken else 0


def time_size(size: int, runs: int) -> Seconds:
    """Seconds of each figure between two days of so many lines."""
    book = week_later(random_book(size))
    opening, closing = (state_of(make_plan(each, DEFAULT_RULE)) for each in (random_book(size), book))
    left = left_of(opening, closing)
    compared = Comparison(opening, closing, left)
    compared.lines(OPEN, "customer")
    return {
        "allocate": median_seconds(lambda: allocate(book), runs),
        "first": median_seconds(lambda: Comparison(opening, closing, left).bridge(OPEN), runs),
        "bridges": median_seconds(lambda: all_bridges(opening, closing, left), runs),
        "lines": median_seconds(lambda: compared.lines(OPEN, "customer"), runs),
        "redated": median_seconds(lambda: redated_lines(opening, closing, NO_MOVES), runs),
    }


def all_bridges(opening: State, closing: State, left: pd.DataFrame) -> None:
    """Both parts, in whole and in every split."""
    compared = Comparison(opening, closing, left)
    for part in PARTS:
        for split in (None, *SPLITS):
            compared.bridge(part, split)


def week_later(book: Book) -> Book:
    """The same company a week on."""
    random = np.random.default_rng(SEED)
    count = len(book.lines)
    is_new = random.random(count) < 1 / LEFT_SHARE
    chance = random.random(count)
    lines = book.lines
    shipped = np.where((chance < 0.3) & ~is_new, np.floor(lines["open_qty"] * 500) / 1_000, 0.0)
    cancelled = np.where((chance > 0.3) & (chance < 0.4) & ~is_new, np.floor(lines["open_qty"] * 250) / 1_000, 0.0)
    names = np.where(is_new, "NEW-" + lines["order_id"].astype(str).to_numpy(dtype=object), lines["order_id"])
    changed = lines.assign(
        order_id=pd.Categorical(names),
        ordered_date=lines["ordered_date"].where(~is_new, pd.Timestamp(TODAY + timedelta(days=3))),
        shipped_qty=shipped,
        cancelled_qty=cancelled,
        open_qty=np.round(lines["open_qty"] - shipped - cancelled, 3),
        unit_price=lines["unit_price"].where(chance < 0.9, np.round(lines["unit_price"] * 1.1, 4)),
    )
    return replace(book, today=TODAY + WEEK, data_revision=2, lines=changed)


def left_of(opening: State, closing: State) -> pd.DataFrame:
    """The lines that left, shipped whole."""
    key = ["order_id", "line_no"]
    still = pd.MultiIndex.from_frame(closing.lines[key].astype(str))
    is_gone = ~pd.MultiIndex.from_frame(opening.lines[key].astype(str)).isin(still)
    gone = opening.lines[is_gone][[*key, "ordered_qty", "cancelled_qty"]]
    return gone.assign(shipped_qty=gone["ordered_qty"]).reset_index(drop=True)


def broken_limits(timed: Seconds, size: int) -> list[str]:
    """The limits that these timings break, one sentence each."""
    limits = {"bridges": BRIDGES_LIMIT, "redated": REDATED_LIMIT}
    broken = [
        f"{name} cost {timed[name] / timed['allocate']:.1f} times the allocation; {limit} times are allowed."
        for name, limit in limits.items()
        if timed[name] > limit * timed["allocate"]
    ]
    if size <= SIZE and timed["bridges"] > BRIDGES_LIMIT_SECONDS:
        broken.append(f"all bridges took {timed['bridges']:.2f} s; {BRIDGES_LIMIT_SECONDS} s are allowed.")
    return broken


if __name__ == "__main__":
    sys.exit(main())
