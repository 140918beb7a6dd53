"""Which header is taken for which of our columns, and what is said where that cannot be told."""

from __future__ import annotations

from io import BytesIO

import pytest

from dashboard.domain.errors import ColumnsError
from data_access.reading import ReadOptions, TableReading, read_file
from data_access.reading.columns import match_columns, normalised
from data_access.records import CUSTOMERS, ITEMS, MOVES, ORDER_LINES, PO_LINES, RECORDS, STOCK, Record
from data_access.templates import template_csv


def matched(record: Record, *headers: str) -> dict[str, str]:
    match = match_columns(record, headers)
    return {name: headers[place] for name, place in match.positions.items()}


def read(record: Record, header: str, options: ReadOptions | None = None) -> TableReading:
    return read_file(record, BytesIO(f"{header}\n".encode()), "file.csv", options)


def test_names_are_compared_without_case_spaces_underscores_punctuation_and_accents() -> None:
    assert normalised(" Qty._ORDERED # ") == normalised("qtyordered") == "qtyordered"
    assert matched(STOCK, "S K U", "LOCATION-ID", "Stock.Qty") == {
        "sku": "S K U",
        "location_id": "LOCATION-ID",
        "stock_qty": "Stock.Qty",
    }


# In the order of our columns, nothing where the export has none: order, line, customer, SKU, location, ordered,
# requested, first promised, promised, quantities ordered, shipped, cancelled, price, priority.
ORDER_EXPORTS = """
Order No|Line|Customer No|Item|Warehouse|Order Date|Required Date||Due Date|Qty Ordered|Qty Shipped||Price|Prio
VBELN|POSNR|KUNNR|MATNR|WERKS|AUDAT|VDATU||EDATU|KWMENG|LFIMG||NETPR|
Sales Document|Item|Sold-To Party|Material|Plant|Document Date|Requested delivery date|||Order Quantity|||Net price|
Document No.|Line No.|Sell-to Customer No.|Item No.|Location Code|Order Date|||Promised Delivery Date|Quantity||||
Order Reference||Customer|Product|Warehouse|Order Date|||Commitment Date|Product UoM Qty|Qty Delivered||Price Unit|
parent|idx|customer|item_code|warehouse|transaction_date|delivery_date|||qty|delivered_qty||rate|
Document Number|Line ID|Customer|Item|Location|Date|||Expected Ship Date|Quantity|Quantity Fulfilled||Item Rate|
SalesOrderNo||CustomerNo|ItemCode|WarehouseCode|OrderDate|||PromiseDate|QuantityOrdered|QuantityShipped||UnitPrice|
Num||Customer|Item||Date|||Ship By|Ordered|Shipped||Sales Price|
Id||Email|Lineitem sku||Created at||||Lineitem quantity|||Lineitem price|
"""
PURCHASE_EXPORTS = """
EBELN|EBELP|LIFNR|MATNR|WERKS|BEDAT||EINDT|MENGE|WEMNG||NETPR
Document No.|Line No.|Buy-from Vendor No.|Item No.||Order Date||Expected Receipt Date|Quantity|||Direct Unit Cost
PO Number|Line|Vendor|Part No|Site|PO Date||Due|Order Qty|Qty Received||Unit Price
"""


@pytest.mark.parametrize(
    ("record", "headers"),
    [(ORDER_LINES, line) for line in ORDER_EXPORTS.split("\n")[1:-1]]
    + [(PO_LINES, line) for line in PURCHASE_EXPORTS.split("\n")[1:-1]],
)
def test_the_names_of_common_exports_are_known(record: Record, headers: str) -> None:
    expected = {field.name: header for field, header in zip(record.fields, headers.split("|"), strict=True) if header}
    assert matched(record, *expected.values(), "Some Other Column") == expected
    assert matched(record, *reversed(expected.values())) == expected


def test_an_exact_name_beats_a_synonym_and_an_earlier_synonym_a_later_one() -> None:
    assert matched(STOCK, "Available", "Item", "On Hand")["stock_qty"] == "On Hand"
    assert matched(STOCK, "On Hand", "Item", "stock qty")["stock_qty"] == "stock qty"


def test_a_header_is_used_once_and_a_required_column_has_the_first_choice() -> None:
    assert matched(CUSTOMERS, "Customer", "Email") == {"customer_id": "Customer", "email": "Email"}
    assert matched(CUSTOMERS, "No", "Customer") == {"customer_id": "No", "name": "Customer"}


def test_two_headers_of_equal_rank_are_refused_and_both_named() -> None:
    with pytest.raises(ColumnsError, match="two columns for stock_qty: 'On Hand' and 'on_hand'"):
        read(STOCK, "sku,On Hand,on_hand")


def test_a_header_twice_is_refused_if_it_would_be_read_and_allowed_if_not() -> None:
    with pytest.raises(ColumnsError, match="two columns for sku: 'sku' and 'sku'"):
        read(STOCK, "sku,sku,stock_qty")
    assert read(STOCK, "sku,stock_qty,note,note").surplus == ("note", "note")


def test_a_told_column_wins_over_matching() -> None:
    options = ReadOptions(columns={"stock_qty": "free", "sku": "EAN"})
    reading = read(STOCK, "sku,EAN,stock_qty,free", options)
    assert reading.matched == {"sku": "EAN", "stock_qty": "free"}
    assert reading.surplus == ("sku", "stock_qty")


def test_a_told_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(ColumnsError, match="has no column 'EAN' to be read as sku"):
        read(STOCK, "sku,stock_qty", ReadOptions(columns={"sku": "EAN"}))
    with pytest.raises(ColumnsError, match="stock has no column colour"):
        read(STOCK, "sku,stock_qty", ReadOptions(columns={"colour": "sku"}))


def test_a_missing_required_column_is_named_with_the_names_it_could_have_and_the_headers_seen() -> None:
    with pytest.raises(ColumnsError) as refused:
        read(STOCK, "colour,location_id")
    assert str(refused.value) == (
        "file.csv cannot be read as stock: it has no column for sku (or item sku, product sku, lineitem sku, "
        "variant sku, sku code, material …) and stock_qty (or stock, stock quantity, stock level, on hand, "
        "on hand qty, qty on hand …). Its columns are: colour, location_id. Rename a column or say which one it is; "
        "what stands in another file must be joined to this one first."
    )


@pytest.mark.parametrize("asked", RECORDS.values(), ids=lambda record: record.table)
@pytest.mark.parametrize("given", RECORDS.values(), ids=lambda record: record.table)
def test_the_template_of_another_table_is_refused_by_naming_the_table_that_it_is(asked: Record, given: Record) -> None:
    content = BytesIO(template_csv(given).encode())
    if asked is given:
        assert list(read_file(asked, content, "file.csv").matched) == [field.name for field in asked.fields]
        return
    if (given.table, asked.table) == ("item_suppliers", "items"):
        return  # also a list of SKUs with their cost
    with pytest.raises(ColumnsError, match=rf"(looks like|holds) {given.table}\b"):
        read_file(asked, content, "file.csv")


def test_a_template_is_a_row_that_can_be_read() -> None:
    for record in RECORDS.values():
        (chunk,) = read_file(record, BytesIO(template_csv(record).encode()), "template.csv").chunks()
        assert (len(chunk.rows), chunk.refusals) == (1, [])
    assert template_csv(STOCK) == "sku,location_id,stock_qty\nVALVE-25,MAIN,120\n"


def test_no_column_lists_a_name_twice() -> None:
    for record in (*RECORDS.values(), MOVES):
        for field in record.fields:
            names = [normalised(name) for name in (field.name, *field.synonyms)]
            assert len(names) == len(set(names)), (record.table, field.name)


def test_a_count_without_any_number_is_left_out_and_told() -> None:
    content = BytesIO(b"customer_id,tier\nA,Commercial\nB,\n")
    reading = read_file(CUSTOMERS, content, "customers.csv")
    assert reading.matched == {"customer_id": "customer_id"}
    assert "tier is not read: none of its cells is a number, e.g. 'Commercial'." in reading.notes


def test_optional_columns_that_the_file_lacks_are_absent() -> None:
    (chunk,) = read_file(ITEMS, BytesIO(b"sku,name\nA,Bolt\n"), "items.csv").chunks()
    assert list(chunk.rows.columns) == ["row_no", "sku", "name"]
