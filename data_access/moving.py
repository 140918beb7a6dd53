"""Saving changes of restock dates: compare with what was seen, write, and note each in the ledger, all or nothing.

One transaction holds the comparison and the writing, and writers queue, so that no change is lost. Knows no effect.
"""

from __future__ import annotations

from collections import Counter
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
from dashboard.domain.errors import Conflict, ConflictError, RefusedChangeError
from dashboard.domain.exact import QUANTITY_SCALE, to_thousandths
from dashboard.domain.ledger import ids_moved_back
from dashboard.domain.restocks import KEPT, UNDONE, Change, Move, NewRestock, SupplyKey, why_refused
from dashboard.domain.texts import why_no_id
from dashboard.domain.version import Version
from data_access.engine import Check, data_revision, raise_revision, reading, writing
from data_access.imports.log import utc
from data_access.schema import changed_again, due_changes, items, moves, planned_restocks, po_lines
from data_access.versions import refuse_stale

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
    seen: Version | None = None,
    check: Check | None = None,
) -> Saved:
    """Write changes of restock dates and planned restocks as one batch of the ledger, or nothing at all.

    A change that leaves everything as it is writes nothing. at is the instant [UTC]. seen: the version of the data
    for which the effect was shown; None where none was. check: asked within the transaction.

    Raises RefusedChangeError where a rule is broken, ConflictError where somebody changed a line since it was seen,
    StaleError where somebody changed since then what decides the effect (data_access.versions).
    """
    batch_id = uuid4().hex
    with writing(engine, check) as connection:
        held = _held(connection, [change.key for change in changes])
        _refuse_changed(connection, changes, held)
        _refuse_broken(connection, changes, held, today)
        refuse_stale(connection, seen, _skus(changes, held))
        noted = [_noted(change, held.get(change.key)) for change in changes if _differs(change, held.get(change.key))]
        stamp = {"batch_id": batch_id, "moved_by": by, "moved_at": utc(at), "how": how}
        if noted:
            _write(connection, changes, held, by, utc(at))
            connection.execute(insert(moves), [entry | stamp for entry in noted])
            raise_revision(connection, is_told=True)
        return Saved(batch_id if noted else "", len(noted), data_revision(connection))


def _skus(changes: Sequence[Change], held: dict[SupplyKey, _Held]) -> set[str]:
    """The SKUs whose units the changes concern."""
    return {change.sku for change in changes if change.sku} | {each.sku for each in held.values()}


def way_back(engine: Engine, batch_id: str, move_ids: Iterable[int] | None = None) -> list[Move]:
    """The moves that take a batch back, or some of its moves alone: to be saved with how="undo".

    What was moved back already is left out. Raises RefusedChangeError where there is no such batch, where nothing of it
    is left to move back, or where later moves stand on it.
    """
    chosen = None if move_ids is None else set(move_ids)
    ledger = moves.c
    with reading(engine) as connection:
        wanted = select(moves).where(ledger.batch_id == batch_id).order_by(ledger.move_id)
        entries = [row for row in connection.execute(wanted) if chosen is None or row.move_id in chosen]
        if not entries:
            raise RefusedChangeError("There is no such move in the history. Reload the page and choose again.")
        keys = [_key(entry) for entry in entries]
        stories = _stories(connection, keys)
        entries = _left_to_move_back(entries, stories)
        held = _held(connection, keys)
        return [_back(entry, held[_key(entry)], stories[_key(entry)]) for entry in entries]


def _back(entry: Row[Any], held: _Held, story: Sequence[Row[Any]]) -> Move:
    is_order = entry.supply_kind == PURCHASE_ORDER
    return Move(
        key=_key(entry),
        to_date=entry.from_date if entry.was_manual or not is_order else None,
        version=held.version,
        reason=UNDONE,
        to_qty=None if entry.from_qty is None else entry.from_qty / QUANTITY_SCALE,
        undoes=entry.move_id,
        due_date_when_moved=_due_date_before(entry, story),
        sku=held.sku,
        location_id=held.location_id,
    )


def _due_date_before(entry: Row[Any], story: Sequence[Row[Any]]) -> date | None:
    """The due date that stood beside the manager's date before a move; None where no such date stood."""
    before: dict[int, date | None] = {}
    beside: date | None = None
    for each in story:
        before[each.move_id] = beside
        beside = before.get(each.undoes) if each.undoes else each.due_date if each.is_manual else None
    return before[entry.move_id]


def _left_to_move_back(entries: Sequence[Row[Any]], stories: dict[SupplyKey, list[Row[Any]]]) -> list[Row[Any]]:
    """Those that were not moved back yet. Refuses where later moves stand on one of them, or where none is left."""
    left = []
    for entry in entries:
        story = stories[_key(entry)]
        back = ids_moved_back((each.move_id, each.undoes) for each in story)
        if entry.move_id in back:
            continue
        later = [each for each in story if each.move_id not in back and _stands_on(each, entry)]
        if later:
            raise RefusedChangeError(
                f"{entry.supply_id} cannot be moved back: {_moved_again(later[-1])} on "
                f"{_instant(later[-1].moved_at)}, after this move. Move that one back first, or set a new date."
            )
        left.append(entry)
    if not left:
        raise RefusedChangeError("This was moved back already. The history shows by whom.")
    return left


def _stands_on(later: Row[Any], entry: Row[Any]) -> bool:
    """Whether a move came after another. One that only takes back what came after it as well leaves it as it was."""
    return bool(later.move_id > entry.move_id and (later.undoes or 0) <= entry.move_id)


def _refuse_broken(
    connection: Connection, changes: Sequence[Change], held: dict[SupplyKey, _Held], today: date
) -> None:
    """Refuse changes that the rules do not allow, the first few by name."""
    known = _known_skus(connection, [change.sku for change in changes if isinstance(change, NewRestock)])
    keys = [change.key for change in changes]
    reasons = [_why_not(change, held.get(change.key), known, today) for change in changes]
    told = [f"{key.supply_id} {why}." for key, why in zip(keys, reasons, strict=True) if why]
    twice = sorted(key for key, often in Counter(keys).items() if often > 1)
    told += [f"{key.supply_id} is there twice: keep one row." for key in twice]
    if told:
        more = f" And {len(told) - _SHOWN_REFUSALS} more." if len(told) > _SHOWN_REFUSALS else ""
        raise RefusedChangeError(f"Nothing was saved: {' '.join(told[:_SHOWN_REFUSALS])}{more}")


def _why_not(change: Change, held: _Held | None, known: set[str], today: date) -> str | None:
    if isinstance(change, NewRestock):
        if held is not None:
            return "is there already: add it under another id"
        if why := why_no_id(change.location_id):
            return f"has a location that {why}: write another"
        return why_refused(change, today) if change.sku in known else f"names the SKU {change.sku}, which is not known"
    if held is None:
        return "is not in the store: check the purchase order and line number"
    if held.open_qty <= 0 and change.undoes is None:
        return "has nothing still to come: its restock date means nothing any more"
    return why_refused(change, today)


def _refuse_changed(connection: Connection, changes: Sequence[Change], held: dict[SupplyKey, _Held]) -> None:
    """Refuse where the version that was seen is no longer the present one, and say who changed what."""
    seen = {change.key: change.version for change in changes if isinstance(change, Move)}
    overtaken = [held[key] for key, version in seen.items() if key in held and held[key].version != version]
    if overtaken:
        keys = [each.key for each in overtaken]
        latest, dues = _latest_moves(connection, keys), _latest_due_changes(connection, keys)
        raise ConflictError([_conflict(each, latest.get(each.key), dues.get(each.key)) for each in overtaken])


def _conflict(held: _Held, latest: Row[Any] | None, due_change: Row[Any] | None) -> Conflict:
    """Who changed it last: a manager who moved it, or an import, which may have brought another due date."""
    line = held.key.supply_id
    if latest is not None and latest.moved_at == held.changed_at:
        what = _what_was_done(latest, line)
    else:
        due = _day(held.due_date)
        if due_change is not None and due_change.changed_at == held.changed_at:
            due = f"from {_day(due_change.from_date)} to {_day(due_change.to_date)}"
        to_come = _units(held.open_qty) if held.open_qty > 0 else "nothing"
        what = f"changed {line} by an import: due {due}, {to_come} still to come"
    when = f" on {_instant(held.changed_at)}" if held.changed_at else ""
    return Conflict(line, f"{held.changed_by or 'somebody'} {what}{when}.")


def _what_was_done(entry: Row[Any], line: str) -> str:
    """One move of the ledger in words: its dates, or the units of a planned restock, or that it left both."""
    day = _day(entry.to_date)
    dates = f"from {_day(entry.from_date)} to {day}"
    if entry.from_qty == entry.to_qty:
        if entry.from_date != entry.to_date:
            return f"moved {line} {dates}"
        return f"kept {line} at {day}" if entry.reason == KEPT else f"left {line} at {day}: {entry.reason}"
    if not entry.to_qty:
        return f"no longer expects {line}, which was {_units(entry.from_qty)} units"
    if not entry.from_qty:
        return f"expects {line}: {_units(entry.to_qty)} units on {day}"
    units = f"from {_units(entry.from_qty)} to {_units(entry.to_qty)} units"
    return f"changed {line} {units}" + (f" and moved it {dates}" if entry.from_date != entry.to_date else "")


def _moved_again(entry: Row[Any]) -> str:
    is_date = entry.from_qty == entry.to_qty and entry.from_date != entry.to_date
    return f"{entry.moved_by} " + (f"moved it to {_day(entry.to_date)}" if is_date else _what_was_done(entry, "it"))


def _differs(change: Change, held: _Held | None) -> bool:
    """Whether a change would leave anything other than it is. Answering a supplier's new date counts, and its undo."""
    if isinstance(change, NewRestock) or held is None:
        return True
    is_requantified = change.to_qty is not None and _thousandths(change.to_qty) != held.open_qty
    is_answer = _due_date_beside(change, held) != held.due_date_when_moved
    return change.to_date != held.manual_date or is_requantified or is_answer


def _due_date_beside(move: Move, held: _Held) -> date | None:
    """The due date that shall stand beside the manager's date; none where a move clears it."""
    if move.to_date is None:
        return None
    return held.due_date if move.undoes is None else move.due_date_when_moved


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
        manual_restock_date=change.to_date, due_date_when_moved=_due_date_beside(change, held),
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


def _stories(connection: Connection, keys: Sequence[SupplyKey]) -> dict[SupplyKey, list[Row[Any]]]:
    """Every move of each of these supplies, oldest first."""
    ledger = moves.c
    found: dict[SupplyKey, list[Row[Any]]] = {key: [] for key in keys}
    for part in _parts(list(found)):
        wanted = tuple_(ledger.supply_kind, ledger.document_id, ledger.line_no).in_(
            [(key.supply_kind, key.document_id, key.line_no) for key in part]
        )
        for row in connection.execute(select(moves).where(wanted).order_by(ledger.move_id)):
            found[_key(row)].append(row)
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


def _units(thousandths: int) -> str:
    return f"{thousandths / QUANTITY_SCALE:,g}"


def _day(day: date | None) -> str:
    return f"{day:%Y-%m-%d}" if day else "no date"


def _instant(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "an unknown day"
