"""How long PostgreSQL takes to hand over and to take in order lines, the plain way and in bulk.

    python -m benchmarks.postgres                 100k order lines; takes a minute or two
    python -m benchmarks.postgres 1000000         a million; takes many minutes
    python -m benchmarks.postgres 10000 --runs 9  another size; each figure is the median of so many runs

It runs on the server that BACKORDERS_TEST_POSTGRES_URL names, else on one of its own, in a database of its own.

    server     the limit for reading: the 12 columns summed up in the server, nothing handed over
    cursor     12 columns of the order lines into a frame by the driver's own cursor
    arrow      the same into the same frame over ADBC, in a transaction of its own: both connections are inside
    read       read_book: open lines, supplies and dimensions into a book
    insert     the rows of an import into the staging table by the driver's executemany
    copy       the same by COPY
    plain      a file of as many new order lines, read, staged by executemany, compared and written
    import     the same, staged by COPY
    again      the same file once more, which changes nothing

The two ways of a pair take turns, so that both meet the same machine.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import pandas as pd
from sqlalchemy import Column, Connection, Engine, MetaData, Table, insert, select, text

from benchmarks.books import TODAY, random_book, stored, write_store
from benchmarks.run import Seconds, median_seconds, seconds
from dashboard.domain.book import Book
from data_access import columnar, schema
from data_access.book import read_book
from data_access.columnar import Taker, categories, days, money, read_frame, units
from data_access.engine import open_store, reading, writing
from data_access.imports import import_readings, staging
from data_access.postgres import copy_rows
from data_access.reading import read_file
from data_access.records import RECORDS
from tests import postgres

COLUMNS: dict[str, Taker] = {
    **dict.fromkeys(("order_id", "line_no", "customer_id", "sku", "location_id"), categories),
    **dict.fromkeys(("ordered_date", "requested_date", "promise_date"), days),
    **dict.fromkeys(("ordered_qty", "shipped_qty", "open_qty"), units),
    "unit_price": money,
}
IMPORTED = tuple(name for name in COLUMNS if name != "open_qty")
Columns = Mapping[str, Sequence[Any]]
Write = Callable[[Connection, Table, Columns], None]
STATEMENT = select(*(schema.order_lines.c[name] for name in COLUMNS))
AT = datetime(2026, 3, 16, 7, 30, tzinfo=UTC)


def main(arguments: list[str] | None = None) -> int:
    """Time each size and print one column for it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.postgres", description="Timings on PostgreSQL.")
    parser.add_argument("sizes", nargs="*", type=int, default=[100_000], help="order lines")
    parser.add_argument("--runs", type=int, default=5, help="runs per step (default: 5)")
    asked = parser.parse_args(arguments)
    with postgres.server(f"bench-{time.time_ns():x}"[:12]) as server:
        for size in sorted(asked.sizes):
            print(f"median ms at {size:,} order lines", flush=True)
            for step, found in time_size(server, size, asked.runs).items():
                print(f"{step:<12}{found * 1_000:>14.1f}", flush=True)
    return 0


def time_size(server: str, lines: int, runs: int) -> Seconds:
    """Median seconds of each step for so many order lines."""
    book = random_book(lines)
    with postgres.database(server) as url:
        engine = open_store(url)
        write_store(engine, book)
        return time_reading(engine, runs) | time_writing(engine, book, runs)


def time_reading(engine: Engine, runs: int) -> Seconds:
    """The steps that read."""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("VACUUM ANALYZE"))
    by_cursor, by_arrow = _turns(lambda: frame(engine, by_cursor=True), lambda: frame(engine, by_cursor=False), runs)
    return {
        "server": median_seconds(lambda: scan(engine), runs),
        "cursor": by_cursor,
        "arrow": by_arrow,
        "read": median_seconds(lambda: read_book(engine, TODAY), runs),
    }


def frame(engine: Engine, *, by_cursor: bool) -> pd.DataFrame:
    """The 12 columns, each read a transaction of its own."""
    least = sys.maxsize if by_cursor else 0
    with mock.patch.object(columnar, "BULK_ROWS", least), reading(engine) as connection:
        return read_frame(connection, STATEMENT, COLUMNS)


def scan(engine: Engine) -> None:
    """What the server alone needs to see the 12 columns."""
    every = ", ".join(f"count({name})" for name in COLUMNS)
    with reading(engine) as connection:
        connection.execute(text(f"select {every} from order_lines")).one()  # noqa: S608 (our columns)


def time_writing(engine: Engine, book: Book, runs: int) -> Seconds:
    """The steps that write, into a store that has lost its order lines."""
    lines = book.lines[list(IMPORTED)]
    columns = {name: stored(lines[name]) for name in lines}
    by_insert, by_copy = _turns(
        lambda: stage(engine, columns, insert_rows), lambda: stage(engine, columns, copy_rows), runs
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "order_lines.csv"
        lines.to_csv(file, index=False)
        plain, by_import = _turns(lambda: take_new(engine, file, insert_rows), lambda: take_new(engine, file), runs)
        again = median_seconds(lambda: take(engine, file), runs)
    return {"insert": by_insert, "copy": by_copy, "plain": plain, "import": by_import, "again": again}


def take_new(engine: Engine, file: Path, write: Write = copy_rows) -> None:
    """Import the file where the store has no order lines; emptying it is inside, and takes no time to speak of."""
    with writing(engine) as connection:
        connection.execute(text("TRUNCATE order_lines"))
    with mock.patch.object(staging, "copy_rows", write):
        take(engine, file)


def stage(engine: Engine, columns: Columns, write: Write) -> None:
    """The columns in a temporary table, which goes with its connection."""
    kinds = (Column(name, schema.order_lines.c[name].type) for name in columns)
    table = Table("staged", MetaData(), *kinds, prefixes=["TEMPORARY"])
    with engine.connect() as connection, connection.begin():
        connection.detach()
        table.create(connection)
        write(connection, table, columns)


def insert_rows(connection: Connection, table: Table, columns: Columns) -> None:
    """Rows by the driver's executemany."""
    statement = insert(table).compile(dialect=connection.dialect, column_keys=list(columns))
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    connection.exec_driver_sql(str(statement), rows)


def take(engine: Engine, file: Path) -> None:
    """Import the file."""
    import_readings(engine, [read_file(RECORDS["order_lines"], file, file.name)], by="benchmark", at=AT)


def _turns(one: Callable[[], object], other: Callable[[], object], runs: int) -> tuple[float, float]:
    """The median seconds of each, run in turns."""
    pairs = [(seconds(one), seconds(other)) for _ in range(runs)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


if __name__ == "__main__":
    sys.exit(main())
