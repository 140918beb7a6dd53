"""Real exports of SAP, AdventureWorks and four ERP systems are read, or refused by naming what they lack."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.domain.errors import ColumnsError
from data_access.reading import TableReading, raw_table, read_file
from data_access.records import RECORDS

DATA = Path(__file__).parents[4] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real data sets stand beside the project, not in it")

ERP_FILES = sorted([*DATA.glob("erp/*/csv/*.csv"), *DATA.glob("erp/frepple/odoo_csv/*.csv")])


def read(table: str, *path: str) -> TableReading:
    file = DATA.joinpath(*path)
    return read_file(RECORDS[table], file, file.name)


def counts(reading: TableReading) -> tuple[int, int]:
    """Rows taken and cells refused."""
    chunks = list(reading.chunks())
    return sum(len(chunk.rows) for chunk in chunks), sum(len(chunk.refusals) for chunk in chunks)


@pytest.mark.parametrize("file", ERP_FILES, ids=lambda file: f"{file.parts[-3]}-{file.stem}")
def test_every_table_of_the_erp_systems_is_read_without_a_refusal(file: Path) -> None:
    _, rows = raw_table(file, file.name)
    assert counts(read_file(RECORDS[file.stem], file, file.name)) == (len(list(rows)), 0)


@pytest.mark.parametrize(
    ("table", "path", "rows"),
    [
        ("customers", ("sap", "content_BusinessPartners.csv"), 40),
        ("customers", ("sap", "bikes_BusinessPartners.csv"), 40),
        ("items", ("sap", "bikes_Products.csv"), 42),
        ("items", ("adventureworks", "Product.csv"), 504),
        ("stock", ("adventureworks", "ProductInventory.csv"), 1_069),
        ("item_suppliers", ("adventureworks", "ProductVendor.csv"), 460),
        ("suppliers", ("adventureworks", "Vendor.csv"), 104),
    ],
)
def test_master_data_of_sap_and_adventureworks_is_read(table: str, path: tuple[str, str], rows: int) -> None:
    assert counts(read(table, *path)) == (rows, 0)


@pytest.mark.parametrize(
    ("table", "path", "missing"),
    [
        ("order_lines", ("sap", "content_SalesOrderItems.csv"), ["customer_id", "ordered_date"]),
        ("order_lines", ("sap", "bikes_SalesOrderItems.csv"), ["customer_id", "ordered_date"]),
        ("order_lines", ("sap", "content_SalesOrders.csv"), ["sku", "ordered_qty"]),
        ("order_lines", ("sap", "bikes_SalesOrders.csv"), ["sku", "ordered_qty"]),
        ("po_lines", ("adventureworks", "PurchaseOrderDetail.csv"), ["supplier_id"]),
        ("receipts", ("adventureworks", "PurchaseOrderDetail.csv"), ["received_date"]),
    ],
)
def test_a_file_of_lines_without_their_headers_is_refused_by_naming_what_is_missing(
    table: str, path: tuple[str, str], missing: list[str]
) -> None:
    with pytest.raises(ColumnsError, match=rf"no column for {missing[0]} \(or ") as refused:
        read(table, *path)
    assert [name for name in missing if f"{name} (or " in str(refused.value)] == missing
    assert "looks like" not in str(refused.value)


def test_leading_zeros_of_sap_ids_are_kept() -> None:
    (chunk,) = read("customers", "sap", "bikes_BusinessPartners.csv").chunks()
    assert chunk.rows["customer_id"].tolist()[:2] == ["0100000000", "0100000001"]
