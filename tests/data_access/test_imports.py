from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, text, update

from dashboard.domain.errors import RefusedDataError, RefusedRowsError
from data_access import schema
from data_access.engine import data_revision, reading, writing
from data_access.imports import (
    ImportResult,
    import_reading,
    import_readings,
    log,
    recent_imports,
    rejects_of,
    row_counts,
)
from data_access.reading import TableReading, read_file
from data_access.records import RECORDS

AT = datetime(2026, 3, 16, 7, 30, tzinfo=UTC)
ERP = Path(__file__).parents[3] / "shared" / "data" / "erp"
FOLDERS = ("erpnext15/csv", "frepple/odoo_csv", "odoo18/csv", "tryton8/csv", "woocommerce/csv")


def given(table: str, content: str) -> TableReading:
    return read_file(RECORDS[table], io.BytesIO(content.strip().encode()), f"{table}.csv")


def take(engine: Engine, table: str, content: str, **how: Any) -> ImportResult:
    return import_reading(engine, given(table, content), by="ada", at=AT, **how)


def rows_of(engine: Engine, table: str, *columns: str) -> list[tuple[Any, ...]]:
    stored = schema.metadata.tables[table]
    chosen = [stored.c[name] for name in columns] or list(stored.c)
    keys = list(stored.primary_key.columns)
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(select(*chosen).order_by(*keys))]


def revision(engine: Engine) -> int:
    with reading(engine) as connection:
        return data_revision(connection)


def everything(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """All that the store holds except the log of imports."""
    kept_apart = {"imports", "import_rejects"}
    return {name: rows_of(engine, name) for name in schema.metadata.tables if name not in kept_apart}


def counts(result: ImportResult) -> tuple[int, int, int, int, int]:
    return (result.new_rows, result.changed_rows, result.unchanged_rows, result.closed_rows, result.refused_rows)


def cells(result: ImportResult) -> list[tuple[str, ...]]:
    return list(result.differences.itertuples(index=False, name=None))


def refused(result: ImportResult) -> list[tuple[Any, ...]]:
    return list(result.refusals.itertuples(index=False, name=None))


ORDERS = """
order_id,line_no,customer_id,sku,ordered_date,promise_date,ordered_qty,shipped_qty,unit_price
SO-1,1,C-1,VALVE,2026-03-02,2026-03-12,40,10.5,19.9
SO-1,2,C-1,HOSE,2026-03-02,,5,0,3
SO-2,1,C-2,VALVE,2026-03-03,2026-03-20,1,0,0
"""
PURCHASES = """
po_id,line_no,supplier_id,sku,ordered_date,due_date,ordered_qty,received_qty
PO-1,1,S-1,VALVE,2026-02-20,2026-03-20,200,50
PO-1,2,S-1,HOSE,2026-02-20,2026-03-20,10,0
"""


def test_new_rows_are_stored_exactly_with_defaults_for_absent_columns(engine: Engine) -> None:
    result = take(engine, "order_lines", ORDERS)

    assert counts(result) == (3, 0, 0, 0, 0)
    assert result.was_written
    assert result.data_revision == revision(engine) == 1
    day, promise = date(2026, 3, 2), date(2026, 3, 12)
    assert rows_of(engine, "order_lines") == [
        ("SO-1", "1", "C-1", "VALVE", "MAIN", day, None, promise, promise, 40_000, 10_500, 0, 29_500, 199_000, None),
        ("SO-1", "2", "C-1", "HOSE", "MAIN", day, None, None, None, 5_000, 0, 0, 5_000, 30_000, None),
        ("SO-2", "1", "C-2", "VALVE", "MAIN", date(2026, 3, 3), None, date(2026, 3, 20), date(2026, 3, 20),
         1_000, 0, 0, 1_000, 0, None),
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


def test_with_a_refused_row_nothing_is_written_but_the_attempt_is_logged(engine: Engine) -> None:
    take(engine, "order_lines", ORDERS)
    before = everything(engine)

    result = take(engine, "order_lines", ORDERS.replace("10.5", "ten").replace("SO-2", "SO-9"))

    assert counts(result) == (1, 0, 1, 0, 1)
    assert not result.was_written
    assert result.data_revision == 1
    assert everything(engine) == before
    assert result.import_id is not None
    rejects = rejects_of(engine, result.import_id)
    assert rejects.to_dict("records") == result.refusals.to_dict("records")
    assert rejects[["row_no", "column", "value"]].to_numpy().tolist() == [[2, "shipped_qty", "ten"]]
    latest = recent_imports(engine).iloc[0].to_dict()
    assert (latest["table"], latest["imported_by"], latest["imported_at"]) == (
        "order_lines",
        "ada",
        AT.replace(tzinfo=None),
    )
    assert (latest["new_rows"], latest["changed_rows"], latest["unchanged_rows"], latest["refused_rows"]) == (
        0,
        0,
        0,
        1,
    )


def test_partial_keeps_the_good_rows(engine: Engine) -> None:
    result = take(engine, "order_lines", ORDERS.replace("10.5", "ten"), partial=True)

    assert counts(result) == (2, 0, 0, 0, 1)
    assert result.was_written
    assert rows_of(engine, "order_lines", "order_id", "line_no") == [("SO-1", "2"), ("SO-2", "1")]
    assert len(rejects_of(engine, result.import_id or 0)) == 1


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


def test_rows_with_the_same_key_are_all_refused_and_name_each_other(engine: Engine) -> None:
    stock = "sku,location_id,stock_qty\nVALVE,EAST,1\nHOSE,EAST,2\nVALVE,EAST,3\nVALVE,WEST,4\nVALVE,EAST,3"

    result = take(engine, "stock", stock, partial=True)

    columns, reason = "sku, location_id", "the same sku, location_id stands in row {} too"
    assert refused(result) == [
        (2, columns, "VALVE/EAST", reason.format(4)),
        (4, columns, "VALVE/EAST", reason.format(2)),
        (6, columns, "VALVE/EAST", reason.format(4)),
    ]
    assert rows_of(engine, "stock") == [("HOSE", "EAST", 2_000), ("VALVE", "WEST", 4_000)]


def test_a_day_in_a_key_is_part_of_it(engine: Engine) -> None:
    shipments = (
        "order_id,line_no,shipped_date,shipped_qty\nSO-1,1,2026-03-05,4\nSO-1,1,2026-03-06,5\nSO-1,1,2026-03-06,6"
    )

    result = take(engine, "shipments", shipments, partial=True)

    assert [row[2] for row in refused(result)] == ["SO-1/1/2026-03-06"] * 2
    assert rows_of(engine, "shipments") == [("SO-1", "1", date(2026, 3, 5), 4_000)]


def test_a_moved_promise_is_recorded_and_the_first_one_stays(engine: Engine) -> None:
    take(engine, "order_lines", ORDERS)

    result = take(engine, "order_lines", ORDERS.replace("2026-03-12", "2026-03-19"))

    old, new = date(2026, 3, 12), date(2026, 3, 19)
    assert cells(result) == [("SO-1/1", "promise_date", "2026-03-12", "2026-03-19")]
    assert rows_of(engine, "order_lines", "first_promise_date", "promise_date")[0] == (old, new)
    at = AT.replace(tzinfo=None)
    assert rows_of(engine, "promise_changes") == [(1, "SO-1", "1", old, new, "ada", at, "import", result.import_id)]


def test_a_first_promise_is_no_move_and_a_withdrawn_one_is(engine: Engine) -> None:
    take(engine, "order_lines", ORDERS)

    take(engine, "order_lines", ORDERS.replace("HOSE,2026-03-02,,", "HOSE,2026-03-02,2026-04-01,"))
    take(engine, "order_lines", ORDERS)

    first = date(2026, 4, 1)
    assert rows_of(engine, "order_lines", "first_promise_date", "promise_date")[1] == (first, None)
    assert rows_of(engine, "promise_changes", "line_no", "from_date", "to_date") == [("2", first, None)]


def test_another_first_date_in_the_file_is_ignored_and_told(engine: Engine) -> None:
    header = "order_id,line_no,customer_id,sku,ordered_date,first_promise_date,promise_date,ordered_qty\n"
    row = "SO-1,1,C-1,VALVE,2026-03-02,{},2026-03-14,40"
    take(engine, "order_lines", header + row.format("2026-03-12"))

    result = take(engine, "order_lines", header + row.format("2026-03-11"))

    assert counts(result) == (0, 0, 1, 0, 0)
    assert "1 row brings another first promise date; the first one stays." in result.notes
    assert rows_of(engine, "order_lines", "first_promise_date", "promise_date") == [
        (date(2026, 3, 12), date(2026, 3, 14))
    ]


def test_a_first_date_that_comes_later_is_taken_once(engine: Engine) -> None:
    header = "po_id,line_no,supplier_id,sku,due_date,ordered_qty\n"
    row = "PO-1,1,S-1,VALVE,{},40"
    take(engine, "po_lines", header + row.format(""))
    take(engine, "po_lines", header + row.format("2026-04-01"))
    take(engine, "po_lines", header + row.format("2026-04-08"))

    assert rows_of(engine, "po_lines", "first_due_date", "due_date", "version") == [
        (date(2026, 4, 1), date(2026, 4, 8), 3)
    ]


def test_a_manual_restock_date_survives_and_only_changed_lines_get_a_new_version(engine: Engine) -> None:
    take(engine, "po_lines", PURCHASES)
    manual = date(2026, 4, 6)
    with writing(engine) as connection:
        connection.execute(update(schema.po_lines).values(manual_restock_date=manual))

    take(engine, "po_lines", PURCHASES.replace("2026-03-20,200", "2026-03-27,200"))

    assert rows_of(engine, "po_lines", "due_date", "manual_restock_date", "version") == [
        (date(2026, 3, 27), manual, 2),
        (date(2026, 3, 20), manual, 1),
    ]


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


def test_a_full_extract_cancels_what_is_open_and_no_longer_listed(engine: Engine) -> None:
    shipped = "SO-0,1,C-1,VALVE,2026-01-02,2026-01-12,4,4,19.9\n"
    take(engine, "order_lines", ORDERS + shipped)

    result = take(engine, "order_lines", ORDERS.replace("SO-1,1,", "SO-4,1,"), complete=True)

    assert counts(result) == (1, 0, 2, 1, 0)
    assert cells(result) == [("SO-1/1", "cancelled_qty", "0", "29.5")]
    assert rows_of(engine, "order_lines", "order_id", "line_no", "cancelled_qty", "open_qty") == [
        ("SO-0", "1", 0, 0),
        ("SO-1", "1", 29_500, 0),
        ("SO-1", "2", 0, 5_000),
        ("SO-2", "1", 0, 1_000),
        ("SO-4", "1", 0, 29_500),
    ]


def test_a_full_extract_of_purchase_orders_cancels_what_will_not_come(engine: Engine) -> None:
    take(engine, "po_lines", PURCHASES)

    result = take(engine, "po_lines", PURCHASES.replace("PO-1,1", "PO-2,1"), complete=True)

    assert counts(result) == (1, 0, 1, 1, 0)
    assert rows_of(engine, "po_lines", "po_id", "line_no", "cancelled_qty", "open_qty", "version") == [
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

    with pytest.raises(RefusedRowsError, match="cannot be a full extract of order_lines: 1 of its rows"):
        take(engine, "order_lines", broken, complete=True, partial=True)
    whole = take(engine, "order_lines", broken, complete=True)

    assert everything(engine) == before
    assert (whole.was_written, whole.closed_rows, whole.refused_rows) == (False, 0, 1)
    assert recent_imports(engine)["refused_rows"].tolist() == [1, 1, 0]


def test_a_full_extract_without_rows_is_refused(engine: Engine) -> None:
    take(engine, "order_lines", ORDERS)
    before = everything(engine)

    with pytest.raises(RefusedDataError, match="would close everything"):
        take(engine, "order_lines", ORDERS.strip().splitlines()[0], complete=True)

    assert everything(engine) == before


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


def test_of_several_readings_the_named_ones_may_be_full_extracts(engine: Engine) -> None:
    take(engine, "stock", "sku,stock_qty\nPIPE,2")
    readings = [given("stock", "sku,stock_qty\nVALVE,4"), given("customers", "customer_id,name\nC-1,Brightwater")]

    results = import_readings(engine, readings, by="ada", at=AT, complete=["stock"])

    assert [result.closed_rows for result in results] == [1, 0]


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


def test_the_refused_rows_of_old_imports_are_forgotten(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "KEPT_IMPORTS", 2)
    monkeypatch.setattr(log, "KEPT_REJECTS", 3)
    bad = "sku,stock_qty\n" + "\n".join(f"SKU-{number},many" for number in range(5))

    ids = [take(engine, "stock", bad).import_id or 0 for _ in range(3)]

    assert [len(rejects_of(engine, import_id)) for import_id in ids] == [0, 3, 3]
    assert recent_imports(engine, limit=2)["import_id"].tolist() == [ids[2], ids[1]]
    assert revision(engine) == 0


def test_no_temporary_table_stays_behind(engine: Engine) -> None:
    take(engine, "order_lines", ORDERS)
    with reading(engine) as connection:
        assert connection.execute(text("SELECT name FROM sqlite_temp_master")).all() == []


def _lines_in(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


@pytest.mark.skipif(not ERP.is_dir(), reason="the ERP exports of shared/data are not here")
@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("order", [list(reversed(RECORDS)), sorted(RECORDS)], ids=["backwards", "by name"])
def test_the_exports_of_an_erp_come_in_any_order(engine: Engine, folder: str, order: list[str]) -> None:
    files = {table: ERP / folder / f"{table}.csv" for table in RECORDS}

    first = {table: _from_file(engine, table, files[table]) for table in order}
    again = {table: _from_file(engine, table, files[table]) for table in order}

    lines = {table: _lines_in(path) for table, path in files.items()}
    assert {
        table: result.new_rows + result.changed_rows + result.refused_rows for table, result in first.items()
    } == lines
    assert {table: result.unchanged_rows + result.refused_rows for table, result in again.items()} == lines
    assert {result.data_revision for result in again.values()} == {first[order[-1]].data_revision}
    refusals = [row for result in first.values() for row in refused(result)]
    assert {row[1] for row in refusals} <= {"tier"}, refusals[:3]


def _from_file(engine: Engine, table: str, path: Path) -> ImportResult:
    return import_reading(engine, read_file(RECORDS[table], path, path.name), by="ada", at=AT, partial=True)
