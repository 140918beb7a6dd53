from __future__ import annotations

from datetime import date, datetime

import pandas as pd
from sqlalchemy import Engine, insert

from data_access import schema
from data_access.engine import raise_revision, writing
from data_access.purchasing import read_purchasing


def _fill(engine: Engine) -> None:
    line = {"supplier_id": "S-1", "sku": "A", "ordered_qty": 10_000, "unit_cost": 125_000}
    rows = {
        schema.suppliers: [{"supplier_id": "S-1", "name": "Northgate"}, {"supplier_id": "S-2", "name": "Idle"}],
        schema.items: [{"sku": "A", "name": "Valve"}],
        schema.po_lines: [
            {"po_id": "P-2", "line_no": "1", "due_date": date(2026, 3, 30), "received_qty": 0, **line},
            {"po_id": "P-1", "line_no": "1", "due_date": None, "received_qty": 10_000, **line},
        ],
        schema.receipts: [
            {"po_id": "P-2", "line_no": "1", "received_date": date(2026, 3, 2), "received_qty": -500},
            {"po_id": "P-1", "line_no": "1", "received_date": date(2026, 3, 1), "received_qty": 10_000},
            {"po_id": "P-9", "line_no": "1", "received_date": date(2026, 3, 3), "received_qty": 1_500},
        ],
        schema.moves: [
            {"batch_id": "b", "supply_id": "P-2/1", "to_date": date(2026, 4, 6), "reason": "told", "moved_by": "anna",
             "moved_at": datetime(2026, 3, 2, 9, 30), "how": "page"},
        ],
    }  # fmt: skip
    with writing(engine) as connection:
        for table, values in rows.items():
            connection.execute(insert(table), values)
        connection.execute(
            schema.po_lines.update()
            .where(schema.po_lines.c.po_id == "P-2")
            .values(manual_restock_date=date(2026, 4, 6))
        )
        raise_revision(connection)


def test_an_empty_store_is_empty_purchasing(engine: Engine) -> None:
    purchasing = read_purchasing(engine)

    assert purchasing.data_revision == 0
    assert [len(each) for each in (purchasing.po_lines, purchasing.receipts, purchasing.moves)] == [0, 0, 0]
    assert purchasing.outcomes.lines.empty


def test_every_line_is_read_whatever_its_state(engine: Engine) -> None:
    _fill(engine)
    lines = read_purchasing(engine).po_lines

    assert lines["po_id"].astype("str").tolist() == ["P-1", "P-2"]
    assert lines[["ordered_qty", "received_qty", "open_qty", "unit_cost", "is_moved"]].values.tolist() == [
        [10.0, 10.0, 0.0, 12.5, False],
        [10.0, 0.0, 10.0, 12.5, True],
    ]
    assert lines["restock_date"].tolist() == [pd.NaT, pd.Timestamp("2026-04-06")]


def test_each_receipt_knows_the_place_of_its_line(engine: Engine) -> None:
    _fill(engine)
    receipts = read_purchasing(engine).receipts.sort_values("received_date")

    assert receipts[["position", "received_qty", "rejected_qty"]].values.tolist() == [
        [0, 10, 0],
        [1, -0.5, 0],
        [-1, 1.5, 0],
    ]


def test_suppliers_without_lines_and_the_managers_moves_are_there(engine: Engine) -> None:
    _fill(engine)
    purchasing = read_purchasing(engine)

    assert purchasing.suppliers["supplier_id"].tolist() == ["S-1", "S-2"]
    assert purchasing.moves.iloc[0].tolist() == [
        "P-2/1", pd.NaT, pd.Timestamp("2026-04-06"), pd.Timestamp("2026-03-02 09:30")
    ]  # fmt: skip
