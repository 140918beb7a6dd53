from __future__ import annotations

from datetime import date, datetime

import pandas as pd
from sqlalchemy import Engine, insert

from dashboard.domain.suppliers import supplier_statistics
from data_access import schema
from data_access.engine import raise_revision, writing
from data_access.purchasing import read_purchasing
from tests.conftest import TODAY
from tests.data_access.imports.taking import take


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
            {"batch_id": "b", "supply_kind": "purchase order", "supply_id": "P-2/1", "document_id": "P-2",
             "line_no": "1", "to_date": date(2026, 4, 6), "was_manual": False, "is_manual": True, "reason": "told",
             "moved_by": "anna", "moved_at": datetime(2026, 3, 2, 9, 30), "how": "form"},
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
    assert purchasing.outcomes(TODAY).lines.empty


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


_HEAD = "po_id,line_no,supplier_id,sku,ordered_date,first_due_date,due_date,ordered_qty,received_qty,cancelled_qty\n"
_ARRIVED = "".join(f"PO-A,{n},S-1,VALVE,2026-01-05,2026-02-02,2026-02-02,10,10,0\n" for n in range(10))
_RECEIPTS = "po_id,line_no,received_date,received_qty\n" + "".join(f"PO-A,{n},2026-02-02,10\n" for n in range(10))


def _overdue(cancelled_qty: int) -> str:
    return "".join(f"PO-B,{n},S-1,VALVE,2026-01-05,2026-02-02,2026-02-02,10,0,{cancelled_qty}\n" for n in range(10))


def _figures(engine: Engine) -> list[float]:
    columns = ["otif_rate", "in_full_rate", "lines_due", "lines_cancelled"]
    return [float(each) for each in supplier_statistics(read_purchasing(engine), TODAY)[columns].iloc[0]]


def test_failures_stay_failures_when_a_full_extract_closes_their_lines(engine: Engine) -> None:
    take(engine, "po_lines", _HEAD + _ARRIVED + _overdue(0))
    take(engine, "receipts", _RECEIPTS)
    assert _figures(engine) == [0.5, 0.5, 20, 0]

    result = take(engine, "po_lines", _HEAD + _ARRIVED, complete=True)

    assert result.closed_rows == 10
    assert _figures(engine) == [0.5, 0.5, 20, 0]
    assert (read_purchasing(engine).po_lines["open_qty"] == 0).all()


def test_lines_that_their_source_cancels_are_left_out_and_counted_those_in_part_keep_the_rest(engine: Engine) -> None:
    take(engine, "receipts", _RECEIPTS)
    take(engine, "po_lines", _HEAD + _ARRIVED + _overdue(10))
    assert _figures(engine) == [1, 1, 10, 10]

    take(engine, "po_lines", _HEAD + _ARRIVED + _overdue(4))
    assert _figures(engine) == [0.5, 0.5, 20, 0]
