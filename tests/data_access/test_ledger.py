"""The ledger as it is read from a real store: what was saved there comes back, with what its supply is."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import Engine, insert

from dashboard.domain.book import PLANNED_RESTOCK, PURCHASE_ORDER
from dashboard.domain.ledger import last_moves
from dashboard.domain.restocks import FORM, UNDO, Move, NewRestock, SupplyKey
from data_access import schema
from data_access.engine import writing
from data_access.ledger import read_ledger
from data_access.moving import save_changes, way_back
from tests.conftest import TODAY
from tests.data_access.imports.taking import take
from tests.replaying import replay, replay_due

AT = datetime(2026, 3, 16, 9, 30)
DUE, LATER = date(2026, 3, 30), date(2026, 4, 6)
LINE = SupplyKey(PURCHASE_ORDER, "PO-7", "1")
PLAN = SupplyKey(PLANNED_RESTOCK, "PLAN-3")


def fill(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(insert(schema.suppliers), [{"supplier_id": "S-1", "name": "Northgate"}])
        connection.execute(insert(schema.items), [{"sku": "VALVE-25", "name": "Valve"}])
        line = {"po_id": "PO-7", "line_no": "1", "supplier_id": "S-1", "sku": "VALVE-25", "ordered_qty": 10_000}
        connection.execute(insert(schema.po_lines), [line | {"first_due_date": DUE, "due_date": DUE}])


def test_an_empty_store_is_an_empty_ledger(engine: Engine) -> None:
    ledger = read_ledger(engine)

    assert (ledger.data_revision, len(ledger.moves), len(ledger.due_changes)) == (0, 0, 0)
    assert last_moves(ledger).empty


def test_moves_come_back_with_what_their_supply_is_oldest_first(engine: Engine) -> None:
    fill(engine)
    saved = save_changes(
        engine,
        [Move(LINE, LATER, 1, "customs", "papers"), NewRestock("PLAN-3", "VALVE-25", "MAIN", 2.5, LATER, "estimate")],
        by="ada", at=AT, how=FORM, today=TODAY,
    )  # fmt: skip
    [back] = way_back(engine, saved.batch_id, [1])
    save_changes(engine, [back], by="bea", at=AT, how=UNDO, today=TODAY)
    ledger = read_ledger(engine)

    columns = ["move_id", "supply_id", "sku", "supplier_id", "location_id", "reason", "note", "moved_by", "how"]
    assert ledger.moves[columns].values.tolist() == [
        [1, "PO-7/1", "VALVE-25", "S-1", "MAIN", "customs", "papers", "ada", "form"],
        [2, "PLAN-3", "VALVE-25", "", "MAIN", "estimate", "", "ada", "form"],
        [3, "PO-7/1", "VALVE-25", "S-1", "MAIN", "moved back", "", "bea", "undo"],
    ]
    assert ledger.moves[["was_manual", "is_manual", "undoes"]].values.tolist() == [
        [False, True, 0], [False, True, 0], [True, False, 1],
    ]  # fmt: skip
    assert ledger.moves["from_date"].tolist() == [pd.Timestamp(DUE), pd.NaT, pd.Timestamp(LATER)]
    assert ledger.moves["to_date"].tolist() == [pd.Timestamp(LATER), pd.Timestamp(LATER), pd.Timestamp(DUE)]
    assert ledger.moves["to_qty"].fillna(-1).tolist() == [-1, 2.5, -1]
    assert ledger.moves["moved_at"].tolist() == [pd.Timestamp(AT)] * 3
    assert last_moves(ledger)[["document_id", "line_no", "moved_by", "reason"]].values.tolist() == [
        ["PLAN-3", "", "ada", "estimate"],
        ["PO-7", "1", "bea", "moved back"],
    ]


def test_the_day_of_a_move_is_the_companys(engine: Engine) -> None:
    fill(engine)
    late = datetime(2026, 3, 16, 23, 30)
    save_changes(engine, [Move(LINE, LATER, 1, "customs")], by="ada", at=late, how=FORM, today=TODAY)

    days = [read_ledger(engine, ZoneInfo(zone)).moves["moved_day"].item() for zone in ("UTC", "Europe/Berlin")]
    assert days == [pd.Timestamp("2026-03-16"), pd.Timestamp("2026-03-17")]


def test_a_suppliers_new_date_is_noted_and_a_cleared_line_replays_to_it(engine: Engine) -> None:
    fill(engine)
    move = Move(LINE, LATER, 1, "customs")
    save_changes(engine, [move], by="ada", at=AT, how=FORM, today=TODAY)
    take(engine, "po_lines", "po_id,line_no,supplier_id,sku,due_date,ordered_qty\nPO-7,1,S-1,VALVE-25,2026-04-20,10\n")
    moved = read_ledger(engine)
    save_changes(engine, [Move(LINE, None, 3, "correction")], by="ada", at=AT, how=FORM, today=TODAY)
    cleared = read_ledger(engine)

    columns = ["po_id", "line_no", "sku", "supplier_id", "from_date", "to_date", "how"]
    assert moved.due_changes[columns].values.tolist() == [
        ["PO-7", "1", "VALVE-25", "S-1", pd.Timestamp(DUE), pd.Timestamp("2026-04-20"), "import"]
    ]
    assert replay(DUE, moved.due_changes, moved.moves) == pd.Timestamp(LATER)
    assert replay(DUE, cleared.due_changes, cleared.moves) == pd.Timestamp("2026-04-20")
    assert replay_due(DUE, cleared.due_changes.iloc[:0]) == pd.Timestamp(DUE)
