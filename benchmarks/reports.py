"""The weekly report at a hundred thousand open lines, each format made by a process of its own, against limits.

    python -m benchmarks.reports                  100,000 open lines; takes about two minutes
    python -m benchmarks.reports 10000 --runs 5

A store with a history is kept on one day; a week goes by, in which a tenth of the orders are shipped, a hundredth are
cancelled, as many come anew and an eighth of the due dates move; then it is kept again. Timed is the whole command,
from the start of Python to its end: between the two days, and up to now with one decision made after the keeping, which
must not have all read anew. The program is compiled, as it is where it is installed. Limits at 100,000 lines: PDF 5 s,
HTML 5 s, XLSX 10 s. A broken limit is named and the exit status is 1.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine, text

from benchmarks.books import TODAY, fill, random_book, write_store
from benchmarks.histories import write_history
from dashboard import settings
from dashboard.domain.book import Book
from dashboard.domain.decided import Draft
from dashboard.domain.rules import Rules
from data_access import schema
from data_access.decisions import add_decision
from data_access.engine import open_store, raise_revision, writing
from data_access.snapshots import take_snapshot

LIMITS = {"pdf": 5.0, "html": 5.0, "xlsx": 10.0}
CASES = {"two days": ["--to", f"{TODAY}"], "up to now": []}
"""What the command is asked for besides."""
LIMIT_SIZE = 100_000
WEEK = timedelta(days=7)
NEW_SHARE = 0.11


def main(arguments: list[str] | None = None) -> int:
    """Make each format some times, print medians, and name the limits that are broken; 1 if any is."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reports", description="The weekly report, timed.")
    parser.add_argument("lines", nargs="?", type=int, default=LIMIT_SIZE, help="open order lines")
    parser.add_argument("--runs", type=int, default=3, help="runs per format (default: 3)")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'benchmark.db'}"
        write_two_weeks(url, random_book(asked.lines))
        found = {each: _median(url, Path(folder), *each, asked.runs) for each in product(CASES, LIMITS)}
    for (case, file_format), (seconds, size) in found.items():
        print(f"{case:9} {file_format:5} {seconds:6.2f} s  {size:12,} bytes")
    broken = [
        f"{file_format} of {case} took {seconds:.2f} s; {LIMITS[file_format]:g} s are allowed."
        for (case, file_format), (seconds, _) in found.items()
        if asked.lines >= LIMIT_SIZE and seconds > LIMITS[file_format]
    ]
    for sentence in broken:
        print(f"BROKEN: {sentence}")
    return 1 if broken else 0


def write_two_weeks(url: str, book: Book) -> None:
    """A store that was kept a week ago and today, with a week's trade in between, and one decision since."""
    engine = open_store(url)
    write_store(engine, book)
    write_history(engine, book)
    _keep(engine, -WEEK)
    _go_by(engine, book)
    _keep(engine, timedelta())
    draft, at = Draft("Call the supplier", "benchmark"), datetime(2026, 3, 16, 9, tzinfo=UTC)
    add_decision(engine, draft, None, by="benchmark", at=at, today=TODAY)
    engine.dispose()


def _keep(engine: Engine, back: timedelta) -> None:
    calendar = settings.calendar()
    rules = Rules(
        priority_rule=settings.priority_rule(), age_buckets=settings.age_buckets(),
        risk_weights=settings.risk_weights(), time_zone="UTC", weekend=tuple(sorted(calendar.weekend)), holidays=(),
    )  # fmt: skip
    take_snapshot(engine, TODAY + back, rules, by="benchmark", at=datetime(2026, 3, 16, 6, tzinfo=UTC))


def _go_by(engine: Engine, book: Book) -> None:
    """What happens in a week, chosen by the numbers of orders and purchase orders."""
    new = book.lines.head(int(len(book.lines) * NEW_SHARE))
    days = pd.Timestamp(TODAY) - pd.to_timedelta(pd.Series(range(len(new))) % WEEK.days, unit="D")
    fill(
        engine,
        [
            (
                schema.order_lines,
                new.assign(
                    order_id="SO-NEW-" + new["order_id"].astype("str"), priority=None, ordered_date=days.to_numpy()
                ),
            )
        ],
    )
    with writing(engine) as connection:
        for statement in (
            "update order_lines set shipped_qty = ordered_qty where open_qty > 0 and "
            "cast(substr(order_id, 4) as integer) % 10 = 1",
            "update order_lines set cancelled_qty = open_qty where open_qty > 0 and "
            "cast(substr(order_id, 4) as integer) % 100 = 2",
            "update po_lines set due_date = date(due_date, '+5 day') where open_qty > 0 and "
            "cast(substr(po_id, 4) as integer) % 8 = 3",
        ):
            connection.execute(text(statement))
        raise_revision(connection)


def _median(url: str, folder: Path, case: str, file_format: str, runs: int) -> tuple[float, int]:
    """The median of some runs [seconds], and how large the file is [bytes]."""
    path = folder / f"report.{file_format}"
    surroundings = os.environ | {
        "BACKORDERS_DATABASE_URL": url, "BACKORDERS_TODAY": TODAY.isoformat(), "PYTHONDONTWRITEBYTECODE": "",
    }  # fmt: skip
    command = [
        sys.executable, "-m", "dashboard", "report", "--from", f"{TODAY - WEEK}", *CASES[case], "--format", file_format,
        "--out", str(path),
    ]  # fmt: skip
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, env=surroundings, check=True, stdout=subprocess.DEVNULL)  # noqa: S603, ours
        times.append(time.perf_counter() - start)
    return statistics.median(times), path.stat().st_size


if __name__ == "__main__":
    sys.exit(main())
