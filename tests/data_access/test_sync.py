from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Engine, select

from dashboard.domain.allocation import allocate
from dashboard.domain.errors import ColumnsError, RefusedDataError, UnreadableFileError
from data_access import schema
from data_access.book import read_book
from data_access.engine import reading
from data_access.imports import ImportResult, import_readings, row_counts
from data_access.problems import count_problems
from data_access.records import RECORDS
from data_access.sync import load_sync, read_sync

AT = datetime(2026, 3, 16, 7, 30, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "docs" / "sources"
DATA = ROOT.parent / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the example databases of shared/data are not here")


def source(folder: Path, content: str) -> Path:
    path = folder / "source.toml"
    path.write_text(content, encoding="utf-8")
    return path


def sync(engine: Engine, path: Path) -> dict[str, ImportResult]:
    understood = load_sync(path)
    how: dict[str, Any] = {"partial": understood.partial, "complete": understood.complete}
    return {result.table: result for result in import_readings(engine, read_sync(understood), by="ada", at=AT, **how)}


def rows_of(engine: Engine, table: str, *columns: str) -> list[tuple[Any, ...]]:
    stored = schema.metadata.tables[table]
    with reading(engine) as connection:
        chosen = select(*(stored.c[name] for name in columns)).order_by(*stored.primary_key.columns)
        return [tuple(row) for row in connection.execute(chosen)]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with a small database and the same company's files."""
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("CREATE TABLE stock (code TEXT, units REAL)")
        connection.executemany("INSERT INTO stock VALUES (?, ?)", [("007", 1.5), ("HOSE", None), ("PIPE", 3)])
    connection.close()
    (tmp_path / "heads.csv").write_text("No;Who;Day\n0001;C-1;02.03.2026\n0002;C-2;13.03.2026\n", encoding="utf-8")
    (tmp_path / "lines.csv").write_text(
        "No,Pos,What,Many\n0001,1,007,4\n0001,2,HOSE,5\n0002,1,007,6\n", encoding="utf-8"
    )
    return tmp_path


def test_a_query_on_a_database_beside_the_source_file(engine: Engine, shop: Path) -> None:
    path = source(shop, """
        url = "sqlite:///shop.db"
        [tables.stock]
        query = "SELECT code AS sku, coalesce(units, 0) AS stock_qty FROM stock"
    """)  # fmt: skip

    results = sync(engine, path)

    assert results["stock"].source == "source.toml, stock"
    assert rows_of(engine, "stock", "sku", "stock_qty") == [("007", 1_500), ("HOSE", 0), ("PIPE", 3_000)]


def test_a_url_of_one_table_goes_before_the_one_at_the_top(engine: Engine, shop: Path) -> None:
    path = source(shop, """
        url = "sqlite:///nowhere.db"
        [tables.stock]
        url = "sqlite:///shop.db"
        query = "SELECT code AS sku, 1 AS stock_qty FROM stock"
    """)  # fmt: skip

    assert sync(engine, path)["stock"].new_rows == 3


def test_environment_variables_stand_in_for_what_is_not_written_down(
    engine: Engine, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = source(shop, """
        [tables.stock]
        url = "sqlite:///${SHOP_FOLDER}/shop.db"
        query = "SELECT code AS sku, 1 AS stock_qty FROM stock"
    """)  # fmt: skip
    monkeypatch.setenv("SHOP_FOLDER", str(shop))

    assert sync(engine, path)["stock"].new_rows == 3

    monkeypatch.delenv("SHOP_FOLDER")
    with pytest.raises(RefusedDataError, match=r"source.toml, stock uses \$\{SHOP_FOLDER\}.* Set it\."):
        load_sync(path)


def test_a_file_with_its_own_names_for_columns(engine: Engine, shop: Path) -> None:
    path = source(shop, """
        [tables.shipments]
        file = "lines.csv"
        columns = {order_id = "No", line_no = "Pos", shipped_qty = "Many", shipped_date = "What"}
        [tables.stock]
        file = "lines.csv"
        columns = {sku = "Pos", stock_qty = "Many", location_id = "No"}
    """)  # fmt: skip

    results = sync(engine, path)

    assert [result.was_written for result in results.values()] == [False, False]
    assert results["shipments"].refusals["column"].unique().tolist() == ["shipped_date"]
    assert (results["stock"].new_rows, results["stock"].surplus) == (3, ("What",))
    assert row_counts(engine) == dict.fromkeys(RECORDS, 0)


def test_a_query_over_files_joins_them_as_tables_of_text(engine: Engine, shop: Path) -> None:
    path = source(shop, """
        [options]
        dates = "dmy"
        [tables.order_lines]
        files = {heads = "heads.csv", lines = "lines.csv"}
        query = '''
        SELECT No AS order_id, Pos AS line_no, Who AS customer_id, What AS sku, Day AS ordered_date, Many AS ordered_qty
        FROM lines JOIN heads USING (No)
        '''
    """)  # fmt: skip

    sync(engine, path)

    first, second = date(2026, 3, 2), date(2026, 3, 13)
    columns = ("order_id", "line_no", "customer_id", "sku", "ordered_date", "ordered_qty")
    assert rows_of(engine, "order_lines", *columns) == [
        ("0001", "1", "C-1", "007", first, 4_000),
        ("0001", "2", "C-1", "HOSE", first, 5_000),
        ("0002", "1", "C-2", "007", second, 6_000),
    ]


def test_a_full_extract_closes_in_the_tables_where_that_means_something(engine: Engine, shop: Path) -> None:
    tables = """
        [tables.stock]
        url = "sqlite:///shop.db"
        query = "SELECT code AS sku, 1 AS stock_qty FROM stock WHERE code <> '007'"
        [tables.customers]
        file = "heads.csv"
        columns = {customer_id = "Who"}
    """
    assert load_sync(source(shop, "[options]\ncomplete = true\n" + tables)).complete == ("stock",)
    assert load_sync(source(shop, tables)).complete == ()

    path = source(shop, tables.replace("[tables.stock]", "[tables.stock]\ncomplete = true"))
    assert load_sync(path).complete == ("stock",)
    assert sync(engine, path)["stock"].closed_rows == 0
    path.write_text(path.read_text(encoding="utf-8").replace("<> '007'", "= '007'"), encoding="utf-8")
    assert sync(engine, path)["stock"].closed_rows == 2


def test_a_source_is_never_written_to(shop: Path) -> None:
    path = source(shop, """
        [tables.stock]
        url = "sqlite:///shop.db"
        query = "DELETE FROM stock RETURNING code AS sku, 1 AS stock_qty"
    """)  # fmt: skip

    with pytest.raises(RefusedDataError, match="attempt to write a readonly database"):
        read_sync(load_sync(path))

    connection = sqlite3.connect(shop / "shop.db")
    assert connection.execute("SELECT count(*) FROM stock").fetchone() == (3,)
    connection.close()


def test_a_source_file_that_is_missing_or_broken(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"There is no file .*nothing\.toml"):
        load_sync(tmp_path / "nothing.toml")
    with pytest.raises(UnreadableFileError, match=r"source\.toml is not valid TOML .*line 1"):
        load_sync(source(tmp_path, "url = \n"))


STOCK_QUERY = "query = 'SELECT code AS sku, 1 AS stock_qty FROM stock'\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "source.toml names no table"),
        ("[tables.inventory]\nfile = 'lines.csv'", 'a table "inventory". The tables are customers, suppliers'),
        ("[tables]\nstock = 1", '"stock" in .tables. of source.toml must be a section'),
        ("[tables.stock]\nquerry = 'SELECT 1'", 'source.toml, stock has "querry", which means nothing there'),
        ("colour = 1", 'source.toml has "colour", which means nothing'),
        ("[tables.stock]\nsheet = 'Stock'", "source.toml, stock does not say where its rows are"),
        ("[tables.stock]\n" + STOCK_QUERY, "source.toml, stock does not say where its rows are"),
        ("[tables.stock]\nfile = 1", '"file" in source.toml, stock must be a text'),
        ("[tables.stock]\nfile = 'none.csv'", r"source.toml, stock: there is no file .*none\.csv"),
        ("[tables.stock]\nurl = 'sqlite:///none.db'\n" + STOCK_QUERY, r"stock: there is no file .*none\.db"),
        ("[tables.stock]\nurl = 'shop.db'\n" + STOCK_QUERY, "its url is not an address of a database"),
        ("[tables.stock]\nurl = 'oracle+oracledb://x/y'\n" + STOCK_QUERY, "the driver of its url is not installed"),
        ("[options]\ndates = 'british'\n[tables.stock]\nfile = 'lines.csv'", '"british". It may be dmy, mdy, ymd'),
    ],
)  # fmt: skip
def test_a_source_file_that_cannot_be_meant(shop: Path, content: str, message: str) -> None:
    with pytest.raises(RefusedDataError, match=message):
        load_sync(source(shop, content))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            "url = 'sqlite:///shop.db'\nquery = 'SELECT sku FROM goods'",
            "stock: the query failed .*no such table: goods",
        ),
        ("url = 'sqlite:///shop.db'\nquery = 'SELECT 1 FRM stock'", "stock: the query failed .*syntax error"),
        ("url = 'sqlite:///lines.csv'\n" + STOCK_QUERY, "stock: the query failed .*file is not a database"),
        ("files = {stock = 'lines.csv'}\nquery = 'SELECT code FROM stock'", "the query failed .no such column: code"),
        ("files = {stock = 'lines.csv'}\nquery = 'DELETE FROM stock'", "the query failed .*readonly"),
    ],
)
def test_a_query_that_fails_says_so_in_the_words_of_its_database(shop: Path, table: str, message: str) -> None:
    understood = load_sync(source(shop, f"[tables.stock]\n{table}"))
    with pytest.raises(RefusedDataError, match=message):
        read_sync(understood)


def test_a_query_without_a_required_column(shop: Path) -> None:
    path = source(shop, "[tables.stock]\nurl = 'sqlite:///shop.db'\nquery = 'SELECT code AS sku FROM stock'")
    with pytest.raises(ColumnsError, match="stock_qty"):
        read_sync(load_sync(path))


def test_a_database_that_does_not_answer_is_named_without_its_password(shop: Path) -> None:
    url = "postgresql+psycopg://reader:s3cret@127.0.0.1:1/erp?application_name=s3cret"
    path = source(shop, f"[tables.stock]\nurl = '{url}'\n" + STOCK_QUERY)
    with pytest.raises(RefusedDataError, match="stock: the database does not answer at postgresql") as refusal:
        read_sync(load_sync(path))
    assert "s3cret" not in str(refusal.value)
    assert "reader:***@127.0.0.1:1/erp" in str(refusal.value)


@needs_data
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
    assert set(count_problems(engine, today)) == {"undated_po_lines"}
    again = sync(engine, SOURCES / "northwind.toml")
    assert {result.unchanged_rows for result in again.values()} == set(row_counts(engine).values()) - {0}
    assert {result.data_revision for result in again.values()} == {1}


@needs_data
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
    assert set(count_problems(engine, date(2006, 6, 23))) == {"no_promise", "undated_po_lines"}


@needs_data
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


@needs_data
def test_the_sales_orders_of_sap_say_which_items_have_no_order(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAP_DATA", str(DATA / "sap"))

    lines = sync(engine, SOURCES / "sap_content.toml")["order_lines"]

    assert (lines.new_rows, lines.refused_rows) == (12_940, 4_878)
    assert set(lines.refusals["column"]) == {"customer_id", "ordered_date"}
    assert row_counts(engine)["order_lines"] == 12_940
