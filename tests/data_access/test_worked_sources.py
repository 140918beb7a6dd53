"""The worked examples of docs/sources, run on the databases and files that they are written for."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine

from dashboard.domain.allocation import allocate
from data_access.book import read_book
from data_access.imports import row_counts
from data_access.problems import data_problems
from tests.data_access.syncing import rows_of, sync

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "docs" / "sources"
DATA = ROOT.parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the example databases of shared/data are not here")


def test_northwind_shows_its_unshipped_orders_and_its_units_on_order(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NORTHWIND_DB", str(DATA / "northwind" / "northwind.db"))

    results = sync(engine, SOURCES / "northwind.toml")

    assert {table: result.refused_rows for table, result in results.items() if result.refused_rows} == {}
    assert row_counts(engine) == {
        "customers": 93, "suppliers": 29, "items": 77, "item_suppliers": 77, "stock": 77,
        "order_lines": 2155, "shipments": 2082, "po_lines": 17, "receipts": 0,
    }  # fmt: skip
    today = date(1998, 5, 6)
    book = read_book(engine, today)
    assert (len(book.lines), book.lines["order_id"].nunique()) == (73, 21)
    on_order = book.supplies[book.supplies["supply_kind"] == "purchase order"]
    assert (on_order["supply_qty"].sum(), on_order["restock_date"].notna().sum()) == (780, 0)
    assert {problem.kind for problem in data_problems(engine, today)} == {"undated_po_lines"}
    again = sync(engine, SOURCES / "northwind.toml")
    assert {result.unchanged_rows for result in again.values()} == set(row_counts(engine).values()) - {0}
    assert {result.data_revision for result in again.values()} == {1}


def test_mywind_shows_its_waiting_line_on_the_purchase_order_that_it_names(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MYWIND_DB", str(DATA / "mywind" / "mywind.db"))

    sync(engine, SOURCES / "mywind.toml")

    book = read_book(engine, date(2006, 6, 23))
    open_lines = book.lines[["order_id", "line_no", "sku", "open_qty"]].astype({"open_qty": "int64"})
    assert sorted(open_lines.itertuples(index=False, name=None)) == [
        ("41", "42", "43", 300), ("43", "46", "80", 20), ("43", "47", "81", 50), ("44", "48", "1", 25),
        ("44", "49", "43", 25), ("44", "50", "81", 25), ("80", "86", "56", 10),
    ]  # fmt: skip
    to_come = book.supplies[book.supplies["supply_kind"] == "purchase order"]
    assert (len(to_come), to_come["restock_date"].notna().sum()) == (12, 0)
    assert "102/272" in set(to_come["supply_id"])
    shelf = book.supplies[book.supplies["supply_kind"] == "stock"].set_index("sku")["supply_qty"]
    assert shelf.loc[["43", "80", "81", "1", "56"]].tolist() == [25, 20, 125, 25, 120]
    inbound = allocate(book).allocations.astype({"supply_id": "str", "order_id": "str"}).query("supply_id != 'stock'")
    assert inbound[["order_id", "supply_id", "allocated_qty"]].values.tolist() == [["41", "102/272", 300.0]]
    sources = rows_of(engine, "item_suppliers", "sku", "supplier_id", "rank")
    assert [row for row in sources if row[0] == "6"] == [("6", "2", 1), ("6", "6", 2)]
    assert {problem.kind for problem in data_problems(engine, date(2006, 6, 23))} == {"no_promise", "undated_po_lines"}


def test_the_bikes_of_sap_come_joined_with_leading_zeros_and_their_suppliers(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAP_DATA", str(DATA / "sap"))

    results = sync(engine, SOURCES / "sap_bikes.toml")

    assert {table: result.refused_rows for table, result in results.items() if result.refused_rows} == {}
    counts = row_counts(engine)
    assert (counts["customers"], counts["items"], counts["item_suppliers"], counts["order_lines"]) == (40, 42, 42, 1930)
    first = rows_of(engine, "order_lines", "order_id", "line_no", "customer_id", "sku", "ordered_date", "unit_price")[0]
    assert first == ("0500000000", "0000000010", "0100000022", "MB-1034", date(2018, 1, 11), 5_466_563)
    orders = pd.read_csv(DATA / "sap" / "bikes_SalesOrders.csv", dtype="str")
    still_open = set(orders.loc[orders["DELIVERYSTATUS"] == "I", "SALESORDERID"])
    assert set(read_book(engine, date(2019, 6, 30)).lines["order_id"]) == still_open


def test_the_sales_orders_of_sap_say_which_items_have_no_order(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAP_DATA", str(DATA / "sap"))

    lines = sync(engine, SOURCES / "sap_content.toml")["order_lines"]

    assert (lines.new_rows, lines.refused_rows) == (12_940, 4_878)
    assert set(lines.refusals["column"]) == {"customer_id", "ordered_date"}
    assert row_counts(engine)["order_lines"] == 12_940
