from __future__ import annotations

from datetime import date

from sqlalchemy import Engine

from data_access.engine import writing
from data_access.imports import recent_imports, rejects_of
from data_access.imports.log import log_import
from tests.data_access.imports.taking import AT, ORDERS, counts, everything, refused, revision, rows_of, take


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


def test_every_refused_row_is_kept_however_many_there_are_and_however_many_imports_follow(engine: Engine) -> None:
    many = 100_001
    bad = "sku,stock_qty\nA,1\n" + "\n".join(f"SKU-{number},many" for number in range(many))
    first = take(engine, "stock", bad)
    with writing(engine) as connection:
        for _ in range(200):
            log_import(connection, "stock", "other.csv", "ada", AT, (0, 0, 0, 0, 0))
    take(engine, "stock", "sku,stock_qty\nA,few")

    kept = rejects_of(engine, first.import_id or 0)

    assert (first.refused_rows, len(first.refusals), len(kept)) == (many, many, many)
    assert kept.iloc[-1].tolist() == [many + 2, "stock_qty", "many", "stock_qty is not a number"]
    assert kept["row_no"].is_monotonic_increasing
    assert len(recent_imports(engine, limit=1_000)) == 202
    assert revision(engine) == 0


def test_a_row_with_several_reasons_is_one_refused_row(engine: Engine) -> None:
    result = take(engine, "order_lines", ORDERS.replace("2026-03-02,2026-03-12,40,10.5", "soon,later,40,ten"))

    assert result.refused_rows == 1
    assert [row[:2] for row in refused(result)] == [(2, "ordered_date"), (2, "promise_date"), (2, "shipped_qty")]
