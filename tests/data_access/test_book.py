from __future__ import annotations

from datetime import date

import pandas as pd
from sqlalchemy import Engine, insert, text, update

from data_access import schema
from data_access.book import _lines, current_revision, read_book
from data_access.engine import raise_revision, reading, writing

TODAY = date(2026, 3, 16)


def _fill(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(insert(schema.customers), [{"customer_id": "C1", "name": "Brightwater", "tier": 1}])
        connection.execute(insert(schema.suppliers), [{"supplier_id": "S1", "name": "Northgate"}])
        connection.execute(
            insert(schema.items), [{"sku": "A", "name": "Valve", "category": "Valves", "unit_cost": 124_000}]
        )
        connection.execute(insert(schema.stock), [{"sku": "A", "location_id": "MAIN", "stock_qty": 2_500}])
        connection.execute(insert(schema.stock), [{"sku": "A", "location_id": "SOUTH", "stock_qty": -1_000}])
        line = {"customer_id": "C1", "sku": "A", "ordered_date": date(2026, 3, 2), "unit_price": 199_000}
        connection.execute(
            insert(schema.order_lines),
            [
                {"order_id": "SO-1", "line_no": "1", "ordered_qty": 5_001, "shipped_qty": 1_000, "cancelled_qty": 0,
                 "promise_date": date(2026, 3, 20), "priority": 1, **line},
                {"order_id": "SO-1", "line_no": "2", "ordered_qty": 5_000, "shipped_qty": 4_000, "cancelled_qty": 1_000,
                 "promise_date": None, "priority": None, **line},
                {"order_id": "SO-2", "line_no": "1", "ordered_qty": 1_000, "shipped_qty": 2_000, "cancelled_qty": 0,
                 "promise_date": None, "priority": None, **line},
                {"order_id": "SO-3", "line_no": "1", "ordered_qty": 1_000, "shipped_qty": 0, "cancelled_qty": 0,
                 "promise_date": None, "priority": None, **line},
            ],
        )  # fmt: skip
        po = {"supplier_id": "S1", "sku": "A", "ordered_qty": 10_000, "due_date": date(2026, 3, 30)}
        connection.execute(
            insert(schema.po_lines),
            [
                {"po_id": "P1", "line_no": "1", "received_qty": 4_000, "manual_restock_date": None, **po},
                {"po_id": "P1", "line_no": "2", "received_qty": 0, "manual_restock_date": date(2026, 4, 6), **po},
                {"po_id": "P1", "line_no": "3", "received_qty": 10_000, "manual_restock_date": None, **po},
            ],
        )
        plan = {"plan_id": "PLAN-1", "sku": "A", "planned_qty": 3_000, "restock_date": date(2026, 5, 1)}
        connection.execute(insert(schema.planned_restocks), [plan])
        raise_revision(connection)


def test_an_empty_store_is_an_empty_book(engine: Engine) -> None:
    book = read_book(engine, TODAY)
    assert book.is_empty
    assert book.data_revision == 0
    assert list(book.lines.columns[:3]) == ["order_id", "line_no", "customer_id"]


def test_a_book_holds_the_lines_that_are_open_and_no_others(engine: Engine) -> None:
    _fill(engine)
    lines = read_book(engine, TODAY).lines.astype({"order_id": str, "line_no": str})
    taken = lines.sort_values(["order_id", "line_no"])[["order_id", "line_no", "open_qty", "unit_price", "priority"]]
    assert taken.values.tolist() == [["SO-1", "1", 4.001, 19.9, 1], ["SO-3", "1", 1.0, 19.9, 999_999]]


def test_what_a_full_extract_closed_counts_as_cancelled(engine: Engine) -> None:
    _fill(engine)
    with writing(engine) as connection:
        closed = update(schema.order_lines).values(cancelled_qty=200, closed_qty=300)
        connection.execute(closed.where(schema.order_lines.c.order_id == "SO-3"))
    lines = read_book(engine, TODAY).lines.set_index("order_id")
    assert lines.loc["SO-3", ["ordered_qty", "cancelled_qty", "open_qty"]].tolist() == [1.0, 0.5, 0.5]


def test_a_date_that_is_not_there_is_none(engine: Engine) -> None:
    _fill(engine)
    lines = read_book(engine, TODAY).lines.set_index("order_id")
    assert lines.loc["SO-1", "promise_date"] == pd.Timestamp("2026-03-20")
    assert pd.isna(lines.loc["SO-3", "promise_date"])


def test_supplies_are_stock_above_zero_and_what_is_still_to_come_on_its_restock_date(engine: Engine) -> None:
    _fill(engine)
    supplies = read_book(engine, TODAY).supplies.astype({"supply_kind": str, "location_id": str, "supplier_id": str})
    taken = supplies.sort_values("supply_id")[
        ["supply_kind", "supply_id", "location_id", "supply_qty", "restock_date", "supplier_id", "is_moved"]
    ]
    assert taken.assign(restock_date=taken["restock_date"].dt.strftime("%F").fillna("")).values.tolist() == [
        ["purchase order", "P1/1", "MAIN", 6.0, "2026-03-30", "S1", False],
        ["purchase order", "P1/2", "MAIN", 10.0, "2026-04-06", "S1", True],
        ["planned restock", "PLAN-1", "MAIN", 3.0, "2026-05-01", "", False],
        ["stock", "stock", "MAIN", 2.5, "", "", False],
    ]


def test_dimensions_come_with_their_units(engine: Engine) -> None:
    _fill(engine)
    book = read_book(engine, TODAY)
    assert book.customers.values.tolist() == [["C1", "Brightwater", "", 1]]
    assert book.items.values.tolist() == [["A", "Valve", "Valves", 12.4, 0.0]]


def test_the_revision_tells_that_the_book_has_changed(engine: Engine) -> None:
    _fill(engine)
    assert current_revision(engine) == read_book(engine, TODAY).data_revision == 1


def test_open_lines_are_read_from_the_partial_index_alone(engine: Engine) -> None:
    statement = str(_lines().compile(engine, compile_kwargs={"literal_binds": True}))
    with reading(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            connection.execute(text("SET LOCAL enable_bitmapscan = off"))
            plan = [row[-1].split("  (")[0].strip() for row in connection.execute(text(f"EXPLAIN {statement}"))]
            assert "Index Only Scan using ix_order_lines_open on order_lines" in "\n".join(plan)
        else:
            plan = [row[-1] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {statement}"))]
            assert plan == ["SCAN order_lines USING COVERING INDEX ix_order_lines_open"]
