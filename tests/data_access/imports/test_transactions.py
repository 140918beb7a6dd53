from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, inspect

from data_access.engine import connect, reading, writing
from data_access.imports import import_readings, recent_imports, row_counts
from data_access.records import RECORDS
from tests.data_access.imports.taking import (
    AT,
    ORDERS,
    PURCHASES,
    cells,
    counts,
    everything,
    given,
    revision,
    rows_of,
    take,
)


def test_a_dry_run_says_the_same_and_leaves_no_trace(engine: Engine) -> None:
    take(engine, "order_lines", ORDERS)
    before = everything(engine)
    changed = ORDERS.replace("2026-03-12", "2026-03-19") + "SO-3,1,C-3,NEW,2026-03-04,2026-03-21,1,0,0\n"

    tried = take(engine, "order_lines", changed, dry_run=True)

    assert everything(engine) == before
    assert len(recent_imports(engine)) == 1
    assert not tried.was_written
    assert tried.import_id is None
    done = take(engine, "order_lines", changed)
    assert (counts(tried), cells(tried), tried.created) == (counts(done), cells(done), done.created)


def test_several_readings_are_written_together_or_not_at_all(engine: Engine) -> None:
    customers = "customer_id,name\nC-1,Brightwater\nC-2,Moorside"
    readings = [given("order_lines", ORDERS.replace("10.5", "ten")), given("customers", customers)]

    results = import_readings(engine, readings, by="ada", at=AT)

    assert [result.was_written for result in results] == [False, False]
    assert row_counts(engine) == dict.fromkeys(RECORDS, 0)
    assert revision(engine) == 0
    readings = [given("order_lines", ORDERS), given("customers", customers)]
    orders, own = import_readings(engine, readings, by="ada", at=AT)
    assert (orders.table, orders.created) == ("order_lines", {"items": 2})
    assert (own.table, own.new_rows, own.data_revision) == ("customers", 2, 1)
    assert row_counts(engine) == dict.fromkeys(RECORDS, 0) | {"customers": 2, "items": 2, "order_lines": 3}


def test_progress_goes_from_the_first_row_to_done(engine: Engine) -> None:
    told: list[tuple[float, str]] = []

    take(engine, "order_lines", ORDERS, progress=lambda share, words: told.append((share, words)))

    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert told[-1] == (1.0, "done")


def test_others_may_write_while_a_file_is_being_read(engine: Engine) -> None:
    def note_that_somebody_calls(share: float, words: str) -> None:
        if "rows read" in words:
            take(engine, "customers", f"customer_id,name\nC-9,Caller at {share}")

    take(engine, "order_lines", ORDERS, progress=note_that_somebody_calls)

    assert rows_of(engine, "customers", "customer_id") == [("C-1",), ("C-2",), ("C-9",)]


def test_no_temporary_table_stays_behind(engine: Engine) -> None:
    take(engine, "order_lines", ORDERS)
    with reading(engine) as connection:
        assert inspect(connection).get_temp_table_names() == []


def test_a_dry_run_works_while_another_writes_and_writes_nothing(engine: Engine, database_url: str) -> None:
    take(engine, "order_lines", ORDERS)
    take(engine, "po_lines", PURCHASES)
    before = everything(engine)
    changed = ORDERS.replace("SO-2,1", "SO-3,1").replace("2026-03-12", "2026-03-19")
    readings = [given("order_lines", changed), given("stock", "sku,stock_qty\nNEW,1")]

    with writing(connect(database_url)):
        orders, stock = import_readings(engine, readings, by="ada", at=AT, dry_run=True, complete=["order_lines"])

    assert (counts(orders), counts(stock), stock.created) == ((1, 1, 1, 1, 0), (1, 0, 0, 0, 0), {"items": 1})
    assert cells(orders) == [
        ("SO-1/1", "promise_date", "2026-03-12", "2026-03-19"),
        ("SO-2/1", "closed_qty", "0", "1"),
    ]
    assert everything(engine) == before
    assert (len(recent_imports(engine)), orders.data_revision, orders.was_written) == (2, 2, False)


@pytest.mark.parametrize("same", [True, False], ids=["the same file", "different files"])
def test_two_files_that_come_at_the_same_time_are_both_taken_in(engine: Engine, same: bool) -> None:
    """Both refer to the same 2,000 customers and SKUs that nobody knows yet."""
    header = "order_id,line_no,customer_id,sku,ordered_date,ordered_qty\n"
    files = [
        header + "".join(f"{name}-{n},1,C-{n},SKU-{n},2026-03-02,{n + 1}\n" for n in range(2_000))
        for name in ("A", "A" if same else "B")
    ]

    with ThreadPoolExecutor(2) as threads:
        results = list(threads.map(lambda content: take(engine, "order_lines", content), files))

    assert sorted(result.new_rows for result in results) == [0 if same else 2_000, 2_000]
    assert sorted(sum(result.created.values()) for result in results) == [0, 4_000]
    expected = {"customers": 2_000, "items": 2_000, "order_lines": 2_000 if same else 4_000}
    assert row_counts(engine) == dict.fromkeys(RECORDS, 0) | expected
    assert revision(engine) == (1 if same else 2)
