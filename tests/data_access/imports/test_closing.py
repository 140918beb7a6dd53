from __future__ import annotations

import pytest
from sqlalchemy import Engine

from dashboard.domain.errors import RefusedDataError
from data_access import schema
from data_access.imports import import_readings, recent_imports, rejects_of
from tests.data_access.imports.taking import (
    AT,
    ORDERS,
    PURCHASES,
    cells,
    counts,
    everything,
    given,
    refused,
    revision,
    rows_of,
    take,
)


def test_a_full_extract_closes_what_is_open_and_no_longer_listed(engine: Engine) -> None:
    shipped = "SO-0,1,C-1,VALVE,2026-01-02,2026-01-12,4,4,19.9\n"
    take(engine, "order_lines", ORDERS + shipped)

    result = take(engine, "order_lines", ORDERS.replace("SO-1,1,", "SO-4,1,"), complete=True)

    assert counts(result) == (1, 0, 2, 1, 0)
    assert cells(result) == [("SO-1/1", "closed_qty", "0", "29.5")]
    assert rows_of(engine, "order_lines", "order_id", "line_no", "closed_qty", "open_qty") == [
        ("SO-0", "1", 0, 0),
        ("SO-1", "1", 29_500, 0),
        ("SO-1", "2", 0, 5_000),
        ("SO-2", "1", 0, 1_000),
        ("SO-4", "1", 0, 29_500),
    ]


def test_a_full_extract_of_purchase_orders_closes_what_will_not_come(engine: Engine) -> None:
    take(engine, "po_lines", PURCHASES)

    result = take(engine, "po_lines", PURCHASES.replace("PO-1,1", "PO-2,1"), complete=True)

    assert counts(result) == (1, 0, 1, 1, 0)
    assert rows_of(engine, "po_lines", "po_id", "line_no", "closed_qty", "open_qty", "version") == [
        ("PO-1", "1", 150_000, 0, 2),
        ("PO-1", "2", 0, 10_000, 1),
        ("PO-2", "1", 0, 150_000, 1),
    ]


def test_a_full_extract_empties_stock_and_drops_sources_that_are_not_listed(engine: Engine) -> None:
    take(engine, "stock", "sku,stock_qty\nVALVE,4\nHOSE,0\nPIPE,2")
    take(engine, "item_suppliers", "sku,supplier_id,rank\nVALVE,S-1,1\nVALVE,S-2,2")

    stock = take(engine, "stock", "sku,stock_qty\nVALVE,4", complete=True)
    sources = take(engine, "item_suppliers", "sku,supplier_id\nVALVE,S-2", complete=True)

    assert (counts(stock), cells(stock)) == ((0, 0, 1, 1, 0), [("PIPE/MAIN", "stock_qty", "2", "0")])
    assert rows_of(engine, "stock") == [("HOSE", "MAIN", 0), ("PIPE", "MAIN", 0), ("VALVE", "MAIN", 4_000)]
    assert (counts(sources), cells(sources)) == ((0, 0, 1, 1, 0), [("VALVE/S-1", "rank", "1", "")])
    assert rows_of(engine, "item_suppliers", "supplier_id") == [("S-2",)]


def test_a_full_extract_means_nothing_for_customers(engine: Engine) -> None:
    with pytest.raises(RefusedDataError, match="means nothing for customers"):
        take(engine, "customers", "customer_id,name\nC-1,Brightwater", complete=True)

    assert rows_of(engine, "customers") == []
    assert recent_imports(engine).empty


def test_a_full_extract_with_refused_rows_closes_nothing(engine: Engine) -> None:
    take(engine, "order_lines", ORDERS)
    before = everything(engine)
    broken = ORDERS.replace("10.5", "ten").replace("SO-2", "SO-3")

    whole = take(engine, "order_lines", broken, complete=True)

    assert everything(engine) == before
    assert (whole.was_written, whole.is_refused, whole.closed_rows, whole.refused_rows) == (False, True, 0, 1)
    assert recent_imports(engine)["refused_rows"].tolist() == [1, 0]


@pytest.mark.parametrize("dry_run", [True, False])
def test_the_good_rows_of_a_full_extract_are_not_taken_alone_and_the_refused_ones_are_told(
    engine: Engine, dry_run: bool
) -> None:
    take(engine, "order_lines", ORDERS)
    before = everything(engine)
    broken = ORDERS.replace("10.5", "ten").replace("SO-2", "SO-3")

    result = take(engine, "order_lines", broken, complete=True, partial=True, dry_run=dry_run)

    assert everything(engine) == before
    assert (result.was_written, result.is_refused, result.closed_rows) == (False, True, 0)
    assert result.notes[0] == (
        "This cannot be a full extract of order_lines: 1 of its rows is refused, and what is listed there would be "
        "closed. Mend the file, or import it as a part (not complete)."
    )
    assert refused(result) == [(2, "shipped_qty", "ten", "shipped_qty is not a number")]
    assert len(recent_imports(engine)) == (1 if dry_run else 2)
    if result.import_id:
        assert rejects_of(engine, result.import_id).equals(result.refusals)


def test_a_full_extract_without_rows_is_refused(engine: Engine) -> None:
    take(engine, "order_lines", ORDERS)
    before = everything(engine)

    with pytest.raises(RefusedDataError, match="would close everything"):
        take(engine, "order_lines", ORDERS.strip().splitlines()[0], complete=True)

    assert everything(engine) == before


def test_of_several_readings_the_named_ones_may_be_full_extracts(engine: Engine) -> None:
    take(engine, "stock", "sku,stock_qty\nPIPE,2")
    readings = [given("stock", "sku,stock_qty\nVALVE,4"), given("customers", "customer_id,name\nC-1,Brightwater")]

    results = import_readings(engine, readings, by="ada", at=AT, complete=["stock"])

    assert [result.closed_rows for result in results] == [1, 0]


def test_a_line_that_is_listed_again_is_open_again(engine: Engine) -> None:
    take(engine, "order_lines", ORDERS)
    without = ORDERS.replace("SO-2,1,C-2,VALVE,2026-03-03,2026-03-20,1,0,0\n", "")
    take(engine, "order_lines", without, complete=True)
    assert rows_of(engine, "order_lines", "closed_qty", "open_qty")[2] == (1_000, 0)

    back = "order_id,line_no,customer_id,sku,ordered_date,ordered_qty\nSO-2,1,C-2,VALVE,2026-03-03,1"
    result = take(engine, "order_lines", back)

    assert counts(result) == (0, 1, 0, 0, 0)
    assert cells(result) == [("SO-2/1", "closed_qty", "1", "0")]
    assert rows_of(engine, "order_lines", "closed_qty", "open_qty")[2] == (0, 1_000)
    assert revision(engine) == 3
    assert counts(take(engine, "order_lines", back)) == (0, 0, 1, 0, 0)


def test_a_purchase_order_line_that_is_listed_again_is_to_come_again(engine: Engine) -> None:
    take(engine, "po_lines", PURCHASES)
    take(engine, "po_lines", PURCHASES.replace("PO-1,1,S-1,VALVE,2026-02-20,2026-03-20,200,50\n", ""), complete=True)

    result = take(engine, "po_lines", PURCHASES.replace("200,50", "200,60"), complete=True)

    assert counts(result) == (0, 1, 1, 0, 0)
    assert cells(result) == [("PO-1/1", "closed_qty", "150", "0"), ("PO-1/1", "received_qty", "50", "60")]
    assert rows_of(engine, "po_lines", "closed_qty", "open_qty", "version") == [(0, 140_000, 3), (0, 10_000, 1)]


@pytest.mark.parametrize(("table", "right"), [("order_lines", ORDERS), ("po_lines", PURCHASES)])
def test_a_stale_extract_followed_by_the_right_one_loses_nothing(engine: Engine, table: str, right: str) -> None:
    take(engine, table, right)
    noted = ("version", "changed_by", "changed_at")
    columns = [column.name for column in schema.metadata.tables[table].c if column.name not in noted]
    before = rows_of(engine, table, *columns)
    header, *rows = right.strip().splitlines()

    stale = take(engine, table, "\n".join([header, rows[0]]), complete=True)
    mended = take(engine, table, right, complete=True)

    assert (stale.closed_rows, mended.changed_rows) == (len(rows) - 1, len(rows) - 1)
    assert rows_of(engine, table, *columns) == before


def test_a_line_that_was_shipped_while_it_was_closed_is_no_more_than_complete(engine: Engine) -> None:
    take(engine, "order_lines", ORDERS)
    take(engine, "order_lines", "\n".join(ORDERS.strip().splitlines()[:3]), complete=True)

    take(engine, "order_lines", ORDERS.replace("1,0,0", "1,1,0"))

    assert rows_of(engine, "order_lines", "shipped_qty", "closed_qty", "open_qty")[2] == (1_000, 0, 0)
