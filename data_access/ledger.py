"""Reading the ledger: every move of a restock date and every change of a due date, in one consistent transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, tzinfo
from typing import Any

import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection, Engine, Select, and_, case, func, select

from dashboard.domain.book import PLANNED_RESTOCK, PURCHASE_ORDER
from dashboard.domain.exact import QUANTITY_SCALE, Floats
from dashboard.domain.frames import appended
from dashboard.domain.ledger import Ledger
from data_access.columnar import Taker, categories, days, flags, instants, integers, numbers, read_frame, texts
from data_access.engine import data_revision, reading
from data_access.schema import due_changes, moves, planned_restocks, po_lines


def read_ledger(engine: Engine, zone: tzinfo = UTC) -> Ledger:
    """The whole ledger, at the store's present revision. zone: the company's, in which its days begin and end.

    Raises StoreUnreachableError where the store does not answer.
    """
    with reading(engine) as connection:
        return ledger_within(connection, zone)


def ledger_within(connection: Connection, zone: tzinfo = UTC) -> Ledger:
    """The same within the caller's transaction."""
    told = read_frame(connection, _moves(), _MOVE_COLUMNS)
    return Ledger(
        data_revision=data_revision(connection),
        moves=told.assign(moved_day=_days_in(zone, told["moved_at"])),
        due_changes=read_frame(connection, _due_changes(), _DUE_CHANGE_COLUMNS),
    )


def renewed_ledger(connection: Connection, ledger: Ledger, after_move: int, zone: tzinfo = UTC) -> Ledger:
    """The ledger with the moves that came after one of its moves, whatever else is as it was."""
    later = read_frame(connection, _moves().where(moves.c.move_id > after_move), _MOVE_COLUMNS)
    return replace(
        ledger,
        data_revision=data_revision(connection),
        moves=appended(ledger.moves, later.assign(moved_day=_days_in(zone, later["moved_at"]))),
    )


def _days_in(zone: tzinfo, instants: pd.Series) -> pd.Series:
    """The day of each UTC instant where the company is."""
    days: pd.Series = instants.dt.tz_localize(UTC).dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()
    return days


def _some_units(array: pa.ChunkedArray) -> Floats:
    """Quantities [units] from the store's whole thousandths, NaN where there is none."""
    return numbers(array) / QUANTITY_SCALE


_MOVE_COLUMNS: dict[str, Taker] = {
    "move_id": integers,
    "batch_id": texts,
    "supply_kind": categories,
    "supply_id": texts,
    "document_id": texts,
    "line_no": texts,
    "sku": categories,
    "supplier_id": categories,
    "location_id": categories,
    "from_date": days,
    "to_date": days,
    "was_manual": flags,
    "is_manual": flags,
    "due_date": days,
    "from_qty": _some_units,
    "to_qty": _some_units,
    "reason": categories,
    "note": texts,
    "moved_by": categories,
    "moved_at": instants,
    "how": categories,
    "undoes": integers,
}
_DUE_CHANGE_COLUMNS: dict[str, Taker] = {
    "change_id": integers,
    "po_id": texts,
    "line_no": texts,
    "sku": categories,
    "supplier_id": categories,
    "from_date": days,
    "to_date": days,
    "changed_by": categories,
    "changed_at": instants,
    "how": categories,
}


def _moves() -> Select[Any]:
    """Every move with what its supply is, oldest first; a supply that the store does not hold is "" of everything."""
    move, line, plan = moves.c, po_lines.c, planned_restocks.c
    is_order = move.supply_kind == PURCHASE_ORDER
    of_line = and_(is_order, line.po_id == move.document_id, line.line_no == move.line_no)
    of_plan = and_(move.supply_kind == PLANNED_RESTOCK, plan.plan_id == move.document_id)
    told = select(
        move.move_id, move.batch_id, move.supply_kind, move.supply_id, move.document_id, move.line_no,
        func.coalesce(line.sku, plan.sku, ""), func.coalesce(line.supplier_id, ""),
        func.coalesce(line.location_id, plan.location_id, ""), move.from_date, move.to_date,
        case((move.was_manual, 1), else_=0), case((move.is_manual, 1), else_=0), move.due_date, move.from_qty,
        move.to_qty, move.reason, move.note, move.moved_by, move.moved_at, move.how, func.coalesce(move.undoes, 0),
    )  # fmt: skip
    return told.select_from(moves.outerjoin(po_lines, of_line).outerjoin(planned_restocks, of_plan)).order_by(
        move.move_id
    )


def _due_changes() -> Select[Any]:
    """Every change of a due date with what its line is, oldest first."""
    change, line = due_changes.c, po_lines.c
    of_line = and_(line.po_id == change.po_id, line.line_no == change.line_no)
    told = select(
        change.change_id, change.po_id, change.line_no, func.coalesce(line.sku, ""),
        func.coalesce(line.supplier_id, ""), change.from_date, change.to_date, change.changed_by, change.changed_at,
        change.how,
    )  # fmt: skip
    return told.select_from(due_changes.outerjoin(po_lines, of_line)).order_by(change.change_id)
