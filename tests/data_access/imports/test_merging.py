from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Engine

from data_access import schema
from data_access.records import RECORDS
from tests.data_access.imports.taking import ORDERS, cells, counts, everything, revision, rows_of, take


def test_new_rows_are_stored_exactly_with_defaults_for_absent_columns(engine: Engine) -> None:
    result = take(engine, "order_lines", ORDERS)

    assert counts(result) == (3, 0, 0, 0, 0)
    assert result.was_written
    assert result.data_revision == revision(engine) == 1
    day, promise = date(2026, 3, 2), date(2026, 3, 12)
    assert rows_of(engine, "order_lines") == [
        ("SO-1", "1", "C-1", "VALVE", "MAIN", day, None, promise, promise, 40_000, 10_500, 0, 0, 29_500, 199_000, None),
        ("SO-1", "2", "C-1", "HOSE", "MAIN", day, None, None, None, 5_000, 0, 0, 0, 5_000, 30_000, None),
        ("SO-2", "1", "C-2", "VALVE", "MAIN", date(2026, 3, 3), None, date(2026, 3, 20), date(2026, 3, 20),
         1_000, 0, 0, 0, 1_000, 0, None),
    ]  # fmt: skip


def test_the_same_file_twice_changes_nothing_and_does_not_raise_the_revision(engine: Engine) -> None:
    take(engine, "order_lines", ORDERS)
    before = everything(engine)

    again = take(engine, "order_lines", ORDERS)

    assert counts(again) == (0, 0, 3, 0, 0)
    assert again.was_written
    assert again.data_revision == 1
    assert everything(engine) == before


def test_a_changed_row_is_counted_shown_and_written_and_the_others_are_not(engine: Engine) -> None:
    take(engine, "order_lines", ORDERS)

    result = take(engine, "order_lines", ORDERS.replace("40,10.5,19.9", "40,12,19.95"))

    assert counts(result) == (0, 1, 2, 0, 0)
    assert cells(result) == [("SO-1/1", "shipped_qty", "10.5", "12"), ("SO-1/1", "unit_price", "19.9", "19.95")]
    assert result.data_revision == 2
    assert rows_of(engine, "order_lines", "shipped_qty", "unit_price")[0] == (12_000, 199_500)


def test_columns_that_the_file_does_not_have_are_left_alone(engine: Engine) -> None:
    take(engine, "customers", "customer_id,name,email,tier\nC-1,Brightwater,buy@bright.example,1")

    result = take(engine, "customers", "customer_id,name\nC-1,Brightwater Ltd")

    assert cells(result) == [("C-1", "name", "Brightwater", "Brightwater Ltd")]
    assert rows_of(engine, "customers") == [("C-1", "Brightwater Ltd", "buy@bright.example", 1, False)]


def test_an_emptied_cell_is_a_change_to_nothing(engine: Engine) -> None:
    take(engine, "order_lines", ORDERS)

    result = take(engine, "order_lines", ORDERS.replace("2026-03-20,1", ",1"))

    assert cells(result) == [("SO-2/1", "promise_date", "2026-03-20", "")]


@pytest.mark.parametrize("table", RECORDS)
def test_the_store_fills_an_absent_column_with_the_default_of_its_record(table: str) -> None:
    defaults = {field.name: field.default for field in RECORDS[table].fields if field.default and not field.is_key}
    columns = schema.metadata.tables[table].c
    stored = {name: str(getattr(columns[name].server_default, "arg", "")) for name in defaults}
    assert stored == defaults


def test_a_file_with_keys_alone_adds_what_is_new_and_changes_nothing_else(engine: Engine) -> None:
    take(engine, "item_suppliers", "sku,supplier_id,rank\nVALVE,S-1,2")

    result = take(engine, "item_suppliers", "sku,supplier_id\nVALVE,S-1\nVALVE,S-2")

    assert counts(result) == (1, 0, 1, 0, 0)
    assert rows_of(engine, "item_suppliers", "supplier_id", "rank") == [("S-1", 2), ("S-2", 1)]
