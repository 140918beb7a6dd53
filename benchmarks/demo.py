"""What the demo company costs, against writing the same rows as they are.

    python -m benchmarks.demo

Steps, timed on fresh SQLite stores:

    insert       the limit: the demo's rows, which stand ready, by one plain executemany per table
    demo         write_demo: two years of trade drawn, settled and written, with the snapshots of its last weeks

The demo company takes at most 5 s on a quiet machine and at most 60 times the plain insert; a broken limit of the ratio
is named and the exit status is 1.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.books import TODAY
from benchmarks.run import seconds
from benchmarks.snapshots import RULES
from data_access.demo import write_demo
from data_access.demo.company import build_company
from data_access.engine import open_store

LIMIT = 60.0
RUNS = 3


def main() -> int:
    """Time both, print them, and return 1 if the limit is broken."""
    with tempfile.TemporaryDirectory() as folder:
        tables = _rows()
        plain = min(seconds(partial(_insert, Path(folder) / f"plain-{run}.db", tables)) for run in range(RUNS))
        ours = min(seconds(partial(_demo, Path(folder) / f"demo-{run}.db")) for run in range(RUNS))
    print(f"insert       {plain * 1_000:>8.1f} ms")
    print(f"demo         {ours * 1_000:>8.1f} ms   {ours / plain:.1f} plain inserts")
    if ours / plain > LIMIT:
        print(f"BROKEN: the demo company took {ours / plain:.1f} plain inserts; {LIMIT} are allowed.")
    return int(ours / plain > LIMIT)


def _rows() -> dict[str, tuple[int, list[tuple[object, ...]]]]:
    """Each table's width and rows, as text and numbers."""
    frames = build_company(TODAY)
    return {
        name: (
            len(frame.columns),
            [
                tuple(cell if isinstance(cell, int) else str(cell) for cell in row)
                for row in frame.itertuples(index=False)
            ],
        )
        for name, frame in frames.items()
    }


def _insert(path: Path, tables: dict[str, tuple[int, list[tuple[object, ...]]]]) -> None:
    connection = sqlite3.connect(path)
    with connection:
        for name, (width, rows) in tables.items():
            connection.execute(f"CREATE TABLE {name} ({', '.join(f'c{number}' for number in range(width))})")
            connection.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * width)})", rows)  # noqa: S608
    connection.close()


def _demo(path: Path) -> None:
    engine = open_store(f"sqlite:///{path}")
    write_demo(engine, TODAY, rules=RULES)
    engine.dispose()


if __name__ == "__main__":
    sys.exit(main())
