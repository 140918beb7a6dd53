"""Saving changes of restock dates: compare with what was seen, write, and note each in the ledger, all or nothing.

One transaction holds the comparison and the writing, and writers queue, so that no change is lost. Knows no effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar, cast
from uuid import uuid4

from sqlalchemy import (
    Connection,
    Engine,
    Row,
    Select,
    Update,
    and_,
    func,
    insert,
    literal,
    null,
    select,
    tuple_,
    update,
)

from dashboard.domain.book import PLANNED_RESTOCK, PURCHASE_ORDER
from dashboard.domain.errors import Conflict, ConflictError, RefusedChangeError, StaleError
from dashboard.domain.exact import QUANTITY_SCALE, to_thousandths
from dashboard.domain.restocks import UNDONE, Change, Move, NewRestock, SupplyKey, why_refused
from data_access.engine import data_revision, raise_revision, reading, writing
from data_access.imports.log import utc
from data_access.schema import changed_again, due_changes, items, moves, planned_restocks, po_lines

_Wanted = TypeVar("_Wanted")
KEYS_AT_A_TIME = 400
"""Keys in one statement: engines limit how many values it may bind."""
_SHOWN_REFUSALS = 5


@dataclass(frozen=True)
class Saved:
    """What was written: the batch's id in the ledger, "" for none, how many supplies it moved, the revision since."""

    batch_id: str
    moved: int
    data_revision: int


@dataclass(frozen=True)
class _Held:
    """A supply as the store holds it. Quantities in whole thousandths; the due date is none of planned restocks."""

    key: SupplyKey
    sku: str
    location_id: str
    version: int
    open_qty: int
    due_date: date | None
    manual_date: date | None
    due_date_when_moved: date | None
    changed_by: str
    changed_at: datetime | None

    @property
    def restock_date(self) -> date | None:
        """The day planned with."""
        return self.manual_date or self.due_date


def save_changes(
    engine: Engine,
    changes: Sequence[Change],
    *,
    by: str,
    at: datetime,
    how: str,
    today: date,
    seen_revision: int | None = None,
) -> Saved:
    """Write changes of restock dates and planned restocks as one batch of the ledger, or nothing at all.

    A change that leaves everything as it is writes nothing. at is the instant [UTC]. seen_revision: that of the data
    for which the effect was shown; None where none was.

    Raises RefusedChangeError where a rule is broken, ConflictError where somebody changed a line since it was seen,
    StaleError where the data is of another revision than seen_revision.
    """
    batch_id = uuid4().hex
    with writing(engine) as connection:
        held = _held(connection, [change.key for change in changes])
        _refuse_broken(connection, changes, held, today)
        _refuse_changed(connection, changes, held)
        if seen_revision is not None and data_revision(connection) != seen_revision:
            raise StaleError("The data changed since you saw the effect. Look at it again, then save.")
        noted = [_noted(change, held.get(change.key)) for change in changes if _differs(change, held.get(change.key))]
        stamp = {"batch_id": batch_id, "moved_by": by, "moved_at": utc(at), "how": how}
        if noted:
            _write(connection, changes, held, by, utc(at))
            connection.execute(insert(moves), [entry | stamp for entry in noted])
            raise_revision(connection)
        return Saved(batch_id if noted else "", len(noted), data_revision(connection))


def way_back(engine: Engine, batch_id: str, move_ids: Iterable[int] | None = None) -> list[Move]:
    """The moves that take a batch back, or some of its moves alone: to be saved with how="undo".

    Raises RefusedChangeError where there is no such batch, or where later moves stand on it.
    """
    ledger = moves.c
    with reading(engine) as connection:
        wanted = select(moves).where(ledger.batch_id == batch_id).order_by(ledger.move_id)
        entries = [row for row in connection.execute(wanted) if move_ids is None or row.move_id in set(move_ids)]
        if not entries:
            raise RefusedChangeError("There is no such move in the history. Reload the page and choose again.")
        _refuse_overtaken(connection, entries)
        held = _held(connection, [_key(entry) for entry in entries])
        return [_back(entry, held[_key(entry)]) for entry in entries]


def _back(entry: Row[Any], held: _Held) -> Move:
    is_order = entry.supply_kind == PURCHASE_ORDER
    return Move(
        key=_key(entry),
        to_date=entry.from_date if entry.was_manual or not is_order else None,
        version=held.version,
        reason=UNDONE,
        to_qty=None if entry.from_qty is None else entry.from_qty / QUANTITY_SCALE,
        undoes=entry.move_id,
        sku=held.sku,
        location_id=held.location_id,
    )


def _refuse_overtaken(connection: Connection, entries: Sequence[Row[Any]]) -> None:
    """Refuse to take back moves of supplies that were moved again."""
    latest = {entry.move_id for entry in _latest_moves(connection, [_key(entry) for entry in entries]).values()}
    for entry in entries:
        if entry.move_id not in latest:
            later = _latest_moves(connection, [_key(entry)])[_key(entry)]
            raise RefusedChangeError(
                f"{entry.supply_id} cannot be moved back: {later.moved_by} moved it to {_day(later.to_date)} on "
                f"{_instant(later.moved_at)}, after this move. Move that one back first, or set a new date."
            )


def _refuse_broken(
    connection: Connection, changes: Sequence[Change], held: dict[SupplyKey, _Held], today: date
) -> None:
    """Refuse changes that the rules do not allow, the first few by name."""
    known = _known_skus(connection, [change.sku for change in changes if isinstance(change, NewRestock)])
    keys = [change.key for change in changes]
    reasons = [_why_not(change, held.get(change.key), known, today) for change in changes]
    told = [f"{key.supply_id} {why}." for key, why in zip(keys, reasons, strict=True) if why]
    told += [f"{key.supply_id} is there twice: keep one row." for key in sorted({k for k in keys if keys.count(k) > 1})]
    if told:
        more = f" And {len(told) - _SHOWN_REFUSALS} more." if len(told) > _SHOWN_REFUSALS else ""
        raise RefusedChangeError(f"Nothing was saved: {' '.join(told[:_SHOWN_REFUSALS])}{more}")


def _why_not(change: Change, held: _Held | None, known: set[str], today: date) -> str | None:
    if isinstance(change, NewRestock):
        if held is not None:
            return "is there already: add it under another id"
        return why_refused(change, today) if change.sku in known else f"names the SKU {change.sku}, which is not known"
    if held is None:
        return "is not in the store: check the purchase order and line number"
    if held.open_qty <= 0 and change.undoes is None:
        return "has nothing still to come: its restock date means nothing any more"
    return why_refused(change, today)


def _refuse_changed(connection: Connection, changes: Sequence[Change], held: dict[SupplyKey, _Held]) -> None:
    """Refuse where the version that was seen is no longer the present one, and say who changed what."""
    overtaken = [held[c.key] for c in changes if isinstance(c, Move) and c.version != held[c.key].version]
    if overtaken:
        keys = [each.key for each in overtaken]
        latest, dues = _latest_moves(connection, keys), _latest_due_changes(connection, keys)
        raise ConflictError([_conflict(each, latest.get(each.key), dues.get(each.key)) for each in overtaken])


def _conflict(held: _Held, latest: Row[Any] | None, due_change: Row[Any] | None) -> Conflict:
    """Who changed it last: a manager who moved it, or an import, which may have brought another due date."""
    line = held.key.supply_id
    if latest is not None and latest.moved_at == held.changed_at:
        what = f"moved {line} from {_day(latest.from_date)} to {_day(latest.to_date)}"
    else:
        is_due_changed = due_change is not None and due_change.changed_at == held.changed_at
        before = f"from {_day(due_change.from_date)} to " if is_due_changed and due_change is not None else ""
        to_come = f"{held.open_qty / QUANTITY_SCALE:,g} still to come"
        what = f"changed {line} by an import: due {before}{_day(held.due_date)}, {to_come}"
    when = f" on {_instant(held.changed_at)}" if held.changed_at else ""
    return Conflict(line, f"{held.changed_by or 'somebody'} {what}{when}.")


def _differs(change: Change, held: _Held | None) -> bool:
    """Whether a change would leave anything other than it is. Answering a supplier's new date counts."""
    if isinstance(change, NewRestock) or held is None:
        return True
    is_requantified = change.to_qty is not None and _thousandths(change.to_qty) != held.open_qty
    is_unanswered = held.manual_date is not None and held.due_date != held.due_date_when_moved
    return change.to_date != held.manual_date or is_requantified or (is_unanswered and change.to_date is not None)


def _noted(change: Change, held: _Held | None) -> dict[str, Any]:
    """One row of the ledger, but for what a batch has in common."""
    key = change.key
    of_supply = {
        "supply_kind": key.supply_kind, "supply_id": key.supply_id, "document_id": key.document_id,
        "line_no": key.line_no, "reason": change.reason, "note": change.note,
    }  # fmt: skip
    if isinstance(change, Move) and held is not None:
        return of_supply | _noted_move(change, held)
    new = cast(NewRestock, change)
    return of_supply | {
        "from_date": None, "to_date": new.restock_date, "was_manual": False, "is_manual": True, "due_date": None,
        "from_qty": 0, "to_qty": _thousandths(new.planned_qty), "undoes": None,
    }  # fmt: skip


def _noted_move(move: Move, held: _Held) -> dict[str, Any]:
    is_plan = move.key.supply_kind == PLANNED_RESTOCK
    to_qty = held.open_qty if move.to_qty is None else _thousandths(move.to_qty)
    return {
        "from_date": held.restock_date,
        "to_date": move.to_date or held.due_date,
        "was_manual": held.manual_date is not None,
        "is_manual": move.to_date is not None,
        "due_date": held.due_date,
        "from_qty": held.open_qty if is_plan else None,
        "to_qty": to_qty if is_plan else None,
        "undoes": move.undoes,
    }


def _write(
    connection: Connection, changes: Sequence[Change], held: dict[SupplyKey, _Held], by: str, at: datetime
) -> None:
    for change in changes:
        if isinstance(change, NewRestock):
            connection.execute(insert(planned_restocks).values(
                plan_id=change.plan_id, sku=change.sku, location_id=change.location_id, reason=change.reason,
                planned_qty=_thousandths(change.planned_qty), restock_date=change.restock_date,
                changed_by=by, changed_at=at,
            ))  # fmt: skip
        elif _differs(change, held[change.key]):
            connection.execute(_rewritten(change, held[change.key], by, at))


def _rewritten(change: Move, held: _Held, by: str, at: datetime) -> Update:
    key = change.key
    if key.supply_kind == PLANNED_RESTOCK:
        quantity = {} if change.to_qty is None else {"planned_qty": _thousandths(change.to_qty)}
        return update(planned_restocks).where(planned_restocks.c.plan_id == key.document_id).values(
            restock_date=change.to_date, **quantity, **changed_again(planned_restocks, by, at)
        )  # fmt: skip
    same = and_(po_lines.c.po_id == key.document_id, po_lines.c.line_no == key.line_no)
    return update(po_lines).where(same).values(
        manual_restock_date=change.to_date, due_date_when_moved=None if change.to_date is None else held.due_date,
        **changed_again(po_lines, by, at),
    )  # fmt: skip


def _held(connection: Connection, keys: Sequence[SupplyKey]) -> dict[SupplyKey, _Held]:
    """The supplies of these keys that the store holds."""
    rows = [row for part in _parts(keys) for statement in _statements(part) for row in connection.execute(statement)]
    found = {SupplyKey(row.supply_kind, row.document_id, row.line_no): row for row in rows}
    return {key: _Held(key, *row[3:]) for key, row in found.items()}


def _statements(keys: Sequence[SupplyKey]) -> list[Select[Any]]:
    po, plan, nothing = po_lines.c, planned_restocks.c, literal("")
    lines = [(key.document_id, key.line_no) for key in keys if key.supply_kind == PURCHASE_ORDER]
    plans = [key.document_id for key in keys if key.supply_kind == PLANNED_RESTOCK]
    on_order = select(
        literal(PURCHASE_ORDER).label("supply_kind"), po.po_id.label("document_id"), po.line_no, po.sku,
        po.location_id, po.version, po.open_qty, po.due_date, po.manual_restock_date, po.due_date_when_moved,
        po.changed_by, po.changed_at,
    ).where(tuple_(po.po_id, po.line_no).in_(lines))  # fmt: skip
    planned = select(
        literal(PLANNED_RESTOCK).label("supply_kind"), plan.plan_id.label("document_id"), nothing.label("line_no"),
        plan.sku, plan.location_id, plan.version, plan.planned_qty, null(), plan.restock_date, null(),
        plan.changed_by, plan.changed_at,
    ).where(plan.plan_id.in_(plans))  # fmt: skip
    return [statement for statement, wanted in ((on_order, lines), (planned, plans)) if wanted]


def _latest_moves(connection: Connection, keys: Sequence[SupplyKey]) -> dict[SupplyKey, Row[Any]]:
    """The latest move of each of these supplies that was ever moved."""
    ledger = moves.c
    found: dict[SupplyKey, Row[Any]] = {}
    for part in _parts(keys):
        wanted = tuple_(ledger.supply_kind, ledger.document_id, ledger.line_no).in_(
            [(key.supply_kind, key.document_id, key.line_no) for key in part]
        )
        last = select(func.max(ledger.move_id)).where(wanted).group_by(
            ledger.supply_kind, ledger.document_id, ledger.line_no
        )  # fmt: skip
        found |= {_key(row): row for row in connection.execute(select(moves).where(ledger.move_id.in_(last)))}
    return found


def _latest_due_changes(connection: Connection, keys: Sequence[SupplyKey]) -> dict[SupplyKey, Row[Any]]:
    """The latest change of the supplier's due date of each of these lines that has any."""
    change = due_changes.c
    found: dict[SupplyKey, Row[Any]] = {}
    for part in _parts([key for key in keys if key.supply_kind == PURCHASE_ORDER]):
        wanted = tuple_(change.po_id, change.line_no).in_([(key.document_id, key.line_no) for key in part])
        last = select(func.max(change.change_id)).where(wanted).group_by(change.po_id, change.line_no)
        rows = connection.execute(select(due_changes).where(change.change_id.in_(last)))
        found |= {SupplyKey(PURCHASE_ORDER, row.po_id, row.line_no): row for row in rows}
    return found


def _known_skus(connection: Connection, skus: Sequence[str]) -> set[str]:
    known = select(items.c.sku)
    return {sku for part in _parts(skus) for sku in connection.execute(known.where(items.c.sku.in_(part))).scalars()}


def _parts(wanted: Sequence[_Wanted]) -> list[Sequence[_Wanted]]:
    return [wanted[start : start + KEYS_AT_A_TIME] for start in range(0, len(wanted), KEYS_AT_A_TIME)]


def _key(entry: Row[Any]) -> SupplyKey:
    return SupplyKey(entry.supply_kind, entry.document_id, entry.line_no)


def _thousandths(units: float) -> int:
    return int(to_thousandths([units])[0])


def _day(day: date | None) -> str:
    return f"{day:%Y-%m-%d}" if day else "no date"


def _instant(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "an unknown day"
