from __future__ import annotations

from sqlalchemy import Engine

from data_access.imports import import_readings
from tests.data_access.imports.taking import AT, ORDERS, PURCHASES, cells, counts, given, rows_of, take


def test_unknown_references_are_created_and_become_real_with_their_own_data(engine: Engine) -> None:
    result = take(engine, "order_lines", ORDERS)
    assert result.created == {"customers": 2, "items": 2}
    assert rows_of(engine, "customers") == [("C-1", "C-1", "", 3, True), ("C-2", "C-2", "", 3, True)]

    own = take(engine, "customers", "customer_id,name\nC-1,Brightwater\nC-2,C-2")

    assert counts(own) == (0, 2, 0, 0, 0)
    assert cells(own) == [
        ("C-1", "is_placeholder", "yes", "no"),
        ("C-1", "name", "C-1", "Brightwater"),
        ("C-2", "is_placeholder", "yes", "no"),
    ]
    assert rows_of(engine, "customers") == [("C-1", "Brightwater", "", 3, False), ("C-2", "C-2", "", 3, False)]
    assert take(engine, "order_lines", ORDERS).created == {}


def test_a_record_without_a_name_is_named_by_its_id(engine: Engine) -> None:
    take(engine, "items", "sku,unit_price\nVALVE,19.9")
    take(engine, "suppliers", "supplier_id,name\nS-1,\nS-2,Northgate")
    take(engine, "suppliers", "supplier_id,email\nS-2,sales@north.example")

    assert rows_of(engine, "items", "sku", "name") == [("VALVE", "VALVE")]
    assert rows_of(engine, "suppliers", "supplier_id", "name") == [("S-1", "S-1"), ("S-2", "Northgate")]


def test_a_refused_row_creates_nothing_by_reference(engine: Engine) -> None:
    result = take(engine, "order_lines", ORDERS.replace("2026-03-03", "soon"), partial=True)

    assert result.created == {"customers": 1, "items": 2}
    assert rows_of(engine, "customers", "customer_id") == [("C-1",)]


def test_what_several_readings_refer_to_is_created_once_and_told_once(engine: Engine) -> None:
    take(engine, "items", "sku,name\nHOSE,Hose")
    readings = [
        given("po_lines", PURCHASES),
        given("order_lines", ORDERS),
        given("stock", "sku,stock_qty\nVALVE,1\nPIPE,2"),
        given("customers", "customer_id,name\nC-1,Brightwater"),
    ]
    for dry_run in (True, False):
        results = import_readings(engine, readings, by="ada", at=AT, dry_run=dry_run)
        created = {result.table: result.created for result in results}
        assert created == {
            "po_lines": {"suppliers": 1},
            "order_lines": {"customers": 1},
            "stock": {"items": 2},
            "customers": {},
        }

    assert rows_of(engine, "items", "sku", "is_placeholder") == [("HOSE", False), ("PIPE", True), ("VALVE", True)]
    assert rows_of(engine, "customers", "customer_id", "is_placeholder") == [("C-1", False), ("C-2", True)]
    assert rows_of(engine, "suppliers", "supplier_id", "is_placeholder") == [("S-1", True)]
