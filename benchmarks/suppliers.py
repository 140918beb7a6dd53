"""What the supplier statistics cost, against one np.bincount over the same receipts.

    python -m benchmarks.suppliers                    5 million receipts, 2,000 suppliers; takes about a minute

Steps, timed on one random history (four million purchase-order lines, every fourth in two receipts, every twentieth up
to 700 days late, three years; two thousand moves of restock dates by managers):

    bincount     the limit: one np.bincount of supplier x days late, a whole number per receipt that stands ready
    statistics   supplier_statistics from the coded lines that stand ready to the ranked frame, over all lines
    last 365     the same over the last 365 days
    coding       the pass over the receipts that says how each line turned out, puts the lines in order and keeps
                 running sums of them: many bincounts. Once for each data revision and day, cached, beside the limit
    any order    the same, where the receipts do not come by line and day, so that they are sorted first

The statistics of coded lines cost at most 3.0 times the bincount; a broken limit is named and the exit status is 1.
They are that cheap because the coding has summed most of what they ask for: whoever asks first after a change of the
data waits for the coding too.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from benchmarks.books import TODAY
from benchmarks.run import median_seconds, seconds
from dashboard.domain.days import day_number
from dashboard.domain.purchasing import Purchasing, line_outcomes
from dashboard.domain.suppliers import supplier_statistics

LIMIT = 3.0
SUPPLIERS = 2_000
HISTORY_DAYS = 1_095
RECEIPTS_PER_LINE = 1.25
LONG_LATE_SHARE = 0.05
MOST_DAYS_LATE = 700
LINES_PER_ORDER = 5
MOVES = 2_000
CODINGS = 3
"""Runs of the coding, which is dear."""
SEED = 20260316


def main(arguments: list[str] | None = None) -> int:
    """Time the steps, print them, and return 1 if the limit is broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.suppliers", description="Timings against a limit.")
    parser.add_argument("receipts", nargs="?", type=int, default=5_000_000, help="receipts")
    parser.add_argument("--runs", type=int, default=9, help="runs per step (default: 9)")
    asked = parser.parse_args(arguments)
    purchasing = random_purchasing(asked.receipts)
    codes = _codes(purchasing)
    purchasing.outcomes(TODAY)
    plain, ours = [], []
    for _ in range(asked.runs):
        plain.append(seconds(lambda: np.bincount(codes)))
        ours.append(seconds(lambda: supplier_statistics(purchasing, TODAY, HISTORY_DAYS)))
    ratio = statistics.median(ours) / statistics.median(plain)
    print(f"median ms of {len(purchasing.receipts):,} receipts of {len(purchasing.po_lines):,} lines")
    print(f"bincount     {statistics.median(plain) * 1_000:>8.1f}")
    print(f"statistics   {statistics.median(ours) * 1_000:>8.1f}   {ratio:.2f} bincounts")
    year = median_seconds(lambda: supplier_statistics(purchasing, TODAY, 365), asked.runs)
    print(f"last 365     {year * 1_000:>8.1f}")
    for name, each in (("coding", purchasing), ("any order", _shuffled(purchasing))):
        coding = median_seconds(partial(line_outcomes, each, TODAY), CODINGS)
        coded = f"{coding / statistics.median(plain):.0f} bincounts, once for each revision and day, beside the limit"
        print(f"{name:<12} {coding * 1_000:>8.1f}   {coded}")
    if ratio > LIMIT:
        print(f"BROKEN: the statistics took {ratio:.2f} bincounts; {LIMIT} is allowed.")
    return int(ratio > LIMIT)


def random_purchasing(receipts: int) -> Purchasing:
    """Lines due over three years, most a few days early or late, some moved, some never received, some split."""
    random = np.random.default_rng(SEED)
    count = int(receipts / RECEIPTS_PER_LINE)
    first_due = day_number(TODAY) - random.integers(1, HISTORY_DAYS, count)
    late = _days_late(random, count)
    is_moved, is_received = random.random(count) < 0.2, random.random(count) < 0.98
    ordered_qty = random.integers(1, 500, count).astype(np.float64)
    names = pd.Index([f"S-{number:05}" for number in range(SUPPLIERS)])
    orders = pd.Index([f"PO-{number:07}" for number in range(count // LINES_PER_ORDER + 1)])
    order, line_no = np.divmod(np.arange(count), LINES_PER_ORDER)
    lines = pd.DataFrame(
        {
            "po_id": pd.Categorical.from_codes(order, categories=orders),
            "line_no": pd.Categorical.from_codes(line_no, categories=pd.Index([*"12345"])),
            "supplier_id": pd.Categorical.from_codes(random.integers(0, SUPPLIERS, count), categories=names),
            "ordered_date": _dates(first_due - random.integers(10, 60, count)),
            "first_due_date": _dates(first_due),
            "due_date": _dates(first_due + np.where(is_moved, random.integers(1, 30, count), 0)),
            "ordered_qty": ordered_qty,
            "received_qty": np.where(is_received, ordered_qty, 0.0),
            "cancelled_qty": 0.0,
        }
    )
    suppliers = pd.DataFrame({"supplier_id": names, "name": names, "email": ""})
    moved = [f"{orders[order[row]]}/{line_no[row] + 1}" for row in random.integers(0, count, MOVES)]
    moves = pd.DataFrame({"supply_id": pd.Series(moved, dtype="str"), "moved_at": pd.Timestamp(TODAY)})
    return Purchasing(
        1, lines, _receipts(random, receipts, first_due + late, ordered_qty, is_received), moves, suppliers
    )


def _days_late(random: np.random.Generator, count: int) -> np.ndarray:
    """Most a few days, and a tail of those that nobody had hoped for any more."""
    late = np.clip(random.normal(1, 6, count).round().astype(np.int64), -30, 120)
    return late + np.where(random.random(count) < LONG_LATE_SHARE, random.integers(1, MOST_DAYS_LATE, count), 0)


def _receipts(
    random: np.random.Generator, count: int, days: np.ndarray, ordered_qty: np.ndarray, is_received: np.ndarray
) -> pd.DataFrame:
    """So many receipts of the received lines, each at least one, the others in two halves a few days apart."""
    received = np.flatnonzero(is_received)
    again = random.choice(received, count - len(received), replace=True)
    position = np.concatenate([received, again])
    parts = np.bincount(position, minlength=len(days))
    earlier = np.concatenate([np.zeros(len(received), dtype=np.int64), random.integers(1, 10, len(again))])
    frame = pd.DataFrame(
        {
            "position": position,
            "received_date": _dates(days[position] - earlier),
            "received_qty": ordered_qty[position] / parts[position],
            "rejected_qty": np.where(random.random(count) < 0.02, 1.0, 0.0),
        }
    )
    return frame.sort_values(["position", "received_date"], ignore_index=True)


def _shuffled(purchasing: Purchasing) -> Purchasing:
    return replace(purchasing, receipts=purchasing.receipts.sample(frac=1, random_state=SEED, ignore_index=True))


def _codes(purchasing: Purchasing) -> np.ndarray:
    """Supplier x days late of each receipt, as a whole number."""
    lines, receipts = purchasing.po_lines, purchasing.receipts
    position = receipts["position"].to_numpy()
    late = (receipts["received_date"].to_numpy() - lines["first_due_date"].to_numpy()[position]).astype(
        "timedelta64[D]"
    )
    days = late.astype(np.int64) - int(late.astype(np.int64).min())
    return lines["supplier_id"].cat.codes.to_numpy().astype(np.int64)[position] * (int(days.max()) + 1) + days


def _dates(days: np.ndarray) -> np.ndarray:
    return days.astype("datetime64[D]").astype("datetime64[s]")


if __name__ == "__main__":
    sys.exit(main())
