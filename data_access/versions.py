"""Which version of the data a transaction sees, and whether what was seen at an earlier one still stands."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, Select, and_, func, or_, select

from dashboard.domain.book import PLANNED_RESTOCK, PURCHASE_ORDER
from dashboard.domain.errors import StaleError
from dashboard.domain.version import Version
from data_access.schema import moves, order_lines, planned_restocks, po_lines, promise_changes, store

SKUS_AT_A_TIME = 400
"""SKUs in one statement: engines limit how many values it may bind."""


def version_within(connection: Connection) -> Version:
    """The version that the caller's transaction sees."""
    wanted = select(
        store.c.store_id,
        store.c.data_revision,
        store.c.facts_revision,
        select(func.coalesce(func.max(moves.c.move_id), 0)).scalar_subquery(),
        select(func.coalesce(func.max(promise_changes.c.change_id), 0)).scalar_subquery(),
    )
    return Version(*connection.execute(wanted).one())


def refuse_stale(connection: Connection, seen: Version | None, skus: Collection[str]) -> None:
    """Raise StaleError where somebody changed since then what decides who gets units of these SKUs.

    An allocation is made within one SKU: other people's moves and promises of other SKUs leave the effect that was
    shown as it is. Imports may change anything. seen: None where nothing was shown.
    """
    if seen is None:
        return
    now = version_within(connection)
    if now.data_revision == seen.data_revision and now.store_id == seen.store_id:
        return
    wanted = sorted(skus)
    parts = [wanted[start : start + SKUS_AT_A_TIME] for start in range(0, len(wanted), SKUS_AT_A_TIME)]
    if not now.has_facts_of(seen) or any(_is_touched(connection, seen, part) for part in parts):
        raise StaleError("The data changed since you saw the effect. Look at it again, then save.")


def _is_touched(connection: Connection, seen: Version, skus: Sequence[str]) -> bool:
    wanted = (_later_moves(seen, skus), _later_promises(seen, skus))
    return any(connection.execute(each.limit(1)).first() is not None for each in wanted)


def _later_moves(seen: Version, skus: Sequence[str]) -> Select[tuple[int]]:
    move, line, plan = moves.c, po_lines.c, planned_restocks.c
    of_line = and_(move.supply_kind == PURCHASE_ORDER, line.po_id == move.document_id, line.line_no == move.line_no)
    of_plan = and_(move.supply_kind == PLANNED_RESTOCK, plan.plan_id == move.document_id)
    return (
        select(move.move_id)
        .select_from(moves.outerjoin(po_lines, of_line).outerjoin(planned_restocks, of_plan))
        .where(move.move_id > seen.move_id, or_(line.sku.in_(skus), plan.sku.in_(skus)))
    )


def _later_promises(seen: Version, skus: Sequence[str]) -> Select[tuple[int]]:
    change, line = promise_changes.c, order_lines.c
    same = and_(line.order_id == change.order_id, line.line_no == change.line_no)
    return (
        select(change.change_id)
        .select_from(promise_changes.join(order_lines, same))
        .where(change.change_id > seen.promise_id, line.sku.in_(skus))
    )
