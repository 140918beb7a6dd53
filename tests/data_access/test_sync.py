from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dashboard.domain.errors import ColumnsError, RefusedDataError, UnreadableFileError
from data_access.imports import row_counts
from data_access.records import RECORDS
from data_access.sync import load_sync, read_sync
from tests.data_access.syncing import rows_of, sync


def source(folder: Path, content: str) -> Path:
    path = folder / "source.toml"
    path.write_text(content, encoding="utf-8")
    return path


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


COUNTED = """
    [tables.stock]
    files = {counts = "counts.csv"}
    query = "SELECT sku, units AS stock_qty FROM counts"
"""


def test_numbers_that_a_query_takes_from_files_are_read_as_those_files_write_them(engine: Engine, shop: Path) -> None:
    (shop / "counts.csv").write_text("sku;units\n007;1.234\nHOSE;2,5\n", encoding="utf-8")

    sync(engine, source(shop, COUNTED))

    assert rows_of(engine, "stock", "sku", "stock_qty") == [("007", 1_234_000), ("HOSE", 2_500)]


def test_numbers_and_dates_of_files_that_could_be_read_in_two_ways_are_asked_about(engine: Engine, shop: Path) -> None:
    (shop / "counts.csv").write_text("sku;units;day\n007;1.234;03/04/2026\nHOSE;2;03/03/2026\n", encoding="utf-8")
    shipped = COUNTED.replace("tables.stock", "tables.shipments").replace(
        "SELECT sku, units AS stock_qty", "SELECT sku AS order_id, 1 AS line_no, day AS shipped_date, 1 AS shipped_qty"
    )

    with pytest.raises(ColumnsError, match="stock_qty could have thousands or decimals") as refused:
        sync(engine, source(shop, COUNTED))
    assert str(refused.value).endswith(' Say which in the source file: decimal = "comma" or decimal = "point".')
    with pytest.raises(ColumnsError, match="shipped_date could be day/month or month/day") as refused:
        sync(engine, source(shop, shipped))
    assert str(refused.value).endswith(' Say which in the source file: dates = "dmy" or dates = "mdy".')
    assert row_counts(engine) == dict.fromkeys(RECORDS, 0)

    sync(engine, source(shop, "[options]\ndecimal = 'comma'\n" + COUNTED))
    assert rows_of(engine, "stock", "sku", "stock_qty") == [("007", 1_234_000), ("HOSE", 2_000)]


def test_a_text_of_a_database_has_a_decimal_point_unless_told_otherwise(engine: Engine, shop: Path) -> None:
    texts = "[tables.stock]\nurl = 'sqlite:///shop.db'\nquery = \"SELECT '007' AS sku, '1.234' AS stock_qty\""

    sync(engine, source(shop, texts))
    assert rows_of(engine, "stock", "stock_qty") == [(1_234,)]

    sync(engine, source(shop, texts + "\ndecimal = 'comma'"))
    assert rows_of(engine, "stock", "stock_qty") == [(1_234_000,)]


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


@pytest.mark.parametrize("value", ["'false'", "'no'", "1", "0", "['stock']"])
@pytest.mark.parametrize(
    ("section", "key"),
    [("options", "complete"), ("options", "partial"), ("tables.stock", "complete"), ("tables.stock", "fill_down")],
)
def test_yes_or_no_is_true_or_false_and_nothing_else(shop: Path, section: str, key: str, value: str) -> None:
    sections = {"options": "", "tables.stock": "file = 'lines.csv'\n"}
    sections[section] += f"{key} = {value}\n"
    content = "".join(f"[{name}]\n{settings}" for name, settings in sections.items())
    where = "[options] of source.toml" if section == "options" else "source.toml, stock"

    with pytest.raises(RefusedDataError) as refused:
        load_sync(source(shop, content))

    assert str(refused.value) == f'"{key}" in {where} is {value}. It may be true or false, without quotes.'


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


@pytest.mark.parametrize("where", ["reader:my@s3cret@127.0.0.1:1/erp", "reader:my@s3?cret@db/erp", "ada@my@s3cret/erp"])
def test_of_a_password_that_holds_an_at_sign_nothing_is_shown(tmp_path: Path, where: str) -> None:
    path = source(tmp_path, f"[tables.stock]\nurl = 'postgresql+psycopg://{where}'\n" + STOCK_QUERY)
    with pytest.raises(RefusedDataError) as refused:
        load_sync(path)
    assert str(refused.value) == (
        "source.toml, stock: its url holds more than one @, so that nobody can tell where its password ends. "
        "Write each @ within a name or a password as %40."
    )


def test_an_at_sign_in_the_query_of_a_url_is_lawful(tmp_path: Path) -> None:
    url = "postgresql+psycopg://reader:x@db/erp?user=ada@example.com&application_name=a@b"
    [table] = load_sync(source(tmp_path, f"[tables.stock]\nurl = '{url}'\n" + STOCK_QUERY)).tables
    assert table.url is not None
    assert (table.url.host, table.url.query["user"]) == ("db", "ada@example.com")


@pytest.mark.parametrize("where", ["reader:my:s3cret@db:54x2/erp", "reader:my@se:s3cret/erp", "db:s3cret/erp"])
def test_a_port_that_is_no_number_is_told_without_the_address(tmp_path: Path, where: str) -> None:
    path = source(tmp_path, f"[tables.stock]\nurl = 'postgresql+psycopg://{where}'\n" + STOCK_QUERY)
    with pytest.raises(RefusedDataError) as refused:
        load_sync(path)
    assert str(refused.value) == (
        "source.toml, stock: its url is not an address of a database. "
        "Write it as in postgresql+psycopg://user@host/database."
    )
