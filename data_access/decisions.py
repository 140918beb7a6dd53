"""Decisions in the store: made, changed and settled, each change noted in their ledger, all or nothing.

One transaction holds the comparison with what was seen and the writing, and writers queue. Knows no figure's meaning.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    ScalarSelect,
    Select,
    and_,
    case,
    func,
    insert,
    select,
    update,
)

from dashboard.domain.decided import (
    CUSTOMER,
    OPEN,
    ORDER,
    ORDER_LINE,
    PURCHASE_ORDER_LINE,
    SKU,
    STATES,
    SUPPLIER,
    Draft,
    Figures,
    Link,
    why_refused,
    why_refused_day,
    why_refused_words,
)
from dashboard.domain.errors import Conflict, ConflictError, RefusedChangeError
from dashboard.domain.exact import MONEY_SCALE, to_ten_thousandths
from data_access import schema
from data_access.engine import Check, raise_revision, reading, writing
from data_access.imports.log import utc
from data_access.schema import changed_again, decision_changes

NOTE = "note"
"""What is noted in the ledger where a note alone was written."""
SETTLED_ALREADY = "It is settled already; Undo or Change it if that was wrong."
_NUMBERS = ("lines_then", "late_lines_then", "days_late_then", "without_date_then")


class Kept:
    """Stands for a due date that stays as it is, where None takes it away."""


KEPT = Kept()


def add_decision(
    engine: Engine,
    draft: Draft,
    figures: Figures | None,
    *,
    by: str,
    at: datetime,
    today: date,
    check: Check | None = None,
) -> int:
    """Write a decision, and return its number. figures: of what it is linked to, as they stand; at: [UTC];
    check: asked within the transaction.

    Raises RefusedChangeError where a rule is broken, or the store does not hold what it is linked to.
    """
    _refuse(why_refused(draft, today))
    values = {
        "text": draft.text.strip(), "owner": draft.owner.strip(), "due_date": draft.due_date, "state": OPEN,
        "expected": draft.expected.strip(),
    }  # fmt: skip
    link = {"link_kind": draft.link.kind, "link_id": draft.link.id, "link_line_no": draft.link.line_no}
    stamp = {"decided_date": today, "decided_by": by, "decided_at": utc(at)}
    with writing(engine, check) as connection:
        _refuse_unknown(connection, draft.link)
        written = connection.execute(insert(schema.decisions).values(**values, **link, **_then(figures), **stamp))
        decision_id = int(written.inserted_primary_key[0])  # type: ignore[index]
        _note(connection, decision_id, {**dict.fromkeys(values, ""), "link": ""},
              {**values, "link": draft.link.name}, note="", by=by, at=at)  # fmt: skip
        raise_revision(connection, is_told=True)
    return decision_id


def change_decision(
    engine: Engine,
    decision_id: int,
    version: int,
    *,
    state: str | None = None,
    text: str | None = None,
    owner: str | None = None,
    due_date: date | Kept | None = KEPT,
    expected: str | None = None,
    note: str = "",
    by: str,
    at: datetime,
    today: date,
    check: Check | None = None,
) -> None:
    """Change a decision, or settle it; what is not named stays. version: that which was seen; at: [UTC].

    A due date of None takes it away. What changes nothing, and has no note, writes nothing.
    Raises RefusedChangeError where a rule is broken, ConflictError where somebody changed it since it was seen.
    """
    named = {"state": state, "text": text, "owner": owner, "expected": expected}
    wanted: dict[str, Any] = {name: value.strip() for name, value in named.items() if value is not None}
    wanted |= {} if isinstance(due_date, Kept) else {"due_date": due_date}
    with writing(engine, check) as connection:
        held = connection.execute(
            select(schema.decisions).where(schema.decisions.c.decision_id == decision_id)
        ).one_or_none()
        if held is None:
            raise RefusedChangeError(f"There is no decision {decision_id}. Reload the page.")
        if held.version != version:
            conflicts = [_conflict(connection, held)]
            raise ConflictError(conflicts) if held.state == OPEN else ConflictError(conflicts, SETTLED_ALREADY)
        before = {name: value for name, value in held._mapping.items() if name in wanted}
        changed = {name: value for name, value in wanted.items() if value != before[name]}
        _refuse_broken(held, changed, note, today)
        if changed or note.strip():
            stamp = changed_again(schema.decisions, by, utc(at))
            of_it = schema.decisions.c.decision_id == decision_id
            connection.execute(update(schema.decisions).where(of_it).values(**changed, **stamp))
            _note(connection, decision_id, before, changed or {NOTE: None}, note=note.strip(), by=by, at=at)
            raise_revision(connection, is_told=True)


def decisions(engine: Engine) -> pd.DataFrame:
    """Every decision: one row each, open ones first by due date (none last), then the settled, latest first.

    decision_id, version [int64]; text, owner, state (decided.STATES), expected, link_kind, link_id, link_line_no,
    decided_by, changed_by, note [str, "" for none; the last note that was written]; due_date, decided_date [datetime64,
    NaT for none]; decided_at, changed_at [datetime64, UTC, NaT for never]; settled_at [the same, NaT while open: when
    its state was last changed, whatever was changed since]; lines_then, late_lines_then, days_late_then,
    without_date_then, backordered_value_then [float64, NaN where linked to nothing; lines, days, money]; times_carried
    [int64: how often its due date was put off].
    """
    with reading(engine) as connection:
        return decisions_within(connection)


def decisions_within(connection: Connection) -> pd.DataFrame:
    """The same within the caller's transaction."""
    rows = connection.execute(_decisions()).all()
    frame = pd.DataFrame([tuple(row) for row in rows], columns=[column.key for column in _decisions().selected_columns])
    return _typed(frame)


def decisions_mark(engine: Engine) -> str:
    """What tells the decisions of this moment from those of any other: the store, and the last row of their ledger.

    With the instant of that row: where a copy of a SQLite file was put back, its number may be given once more.
    """
    ledger = decision_changes.c
    last = select(ledger.change_id, ledger.changed_at).order_by(ledger.change_id.desc()).limit(1)
    with reading(engine) as connection:
        store_id, facts = connection.execute(select(schema.store.c.store_id, schema.store.c.facts_revision)).one()
        number, at = connection.execute(last).one_or_none() or (0, None)
    return f"{store_id}/{facts}/d{number}/{at}"


def decision_history(engine: Engine, decision_id: int) -> pd.DataFrame:
    """Each change of one decision, oldest first: one row per column that was set or changed.

    change_id; what [the column, "link" or "note"], from_value, to_value, note, changed_by [str]; changed_at [UTC].
    """
    change = decision_changes.c
    columns = (
        change.change_id, change.what, change.from_value, change.to_value, change.note, change.changed_by,
        change.changed_at,
    )  # fmt: skip
    told = select(*columns).where(change.decision_id == decision_id).order_by(change.change_id)
    with reading(engine) as connection:
        rows = connection.execute(told).all()
    frame = pd.DataFrame([tuple(row) for row in rows], columns=[column.key for column in columns])
    texts = dict.fromkeys(("what", "from_value", "to_value", "note", "changed_by"), "str")
    return frame.astype({"change_id": "int64", **texts, "changed_at": "datetime64[us]"})


def _decisions() -> Select[Any]:
    decision = schema.decisions.c
    is_open = decision.state == OPEN
    return (
        select(
            decision.decision_id, decision.version, decision.text, decision.owner, decision.due_date, decision.state,
            decision.expected, decision.link_kind, decision.link_id, decision.link_line_no, decision.decided_date,
            decision.decided_by, decision.decided_at, *(decision[name] for name in _NUMBERS),
            decision.backordered_value_then, decision.changed_by, decision.changed_at,
            _last_note().label("note"), _times_carried().label("times_carried"),
            case((decision.state != OPEN, _last_state_change())).label("settled_at"),
        )
        .order_by(
            case((is_open, 0), else_=1),
            case((and_(is_open, decision.due_date.is_(None)), 1), else_=0),
            case((is_open, decision.due_date)),
            case((is_open, None), else_=decision.changed_at).desc(),
            decision.decision_id,
        )
    )  # fmt: skip


def _last_note() -> ColumnElement[str]:
    """The last note that was written to each decision; changes without one leave it."""
    change = decision_changes.c
    of_it = select(change.note).where(change.decision_id == schema.decisions.c.decision_id, change.note != "")
    return func.coalesce(of_it.order_by(change.change_id.desc()).limit(1).scalar_subquery(), "")


def _last_state_change() -> ScalarSelect[datetime]:
    """When the state of each decision was last changed."""
    change = decision_changes.c
    of_it = (change.decision_id == schema.decisions.c.decision_id, change.what == "state")
    told = select(change.changed_at).where(*of_it).order_by(change.change_id.desc())
    return told.limit(1).scalar_subquery()


def _times_carried() -> ColumnElement[int]:
    """How often the due date of each decision was put off; days in the ledger are ISO text, which sorts as they do."""
    change = decision_changes.c
    is_later = and_(change.what == "due_date", change.from_value != "", change.to_value > change.from_value)
    of_it = change.decision_id == schema.decisions.c.decision_id
    return select(func.count()).select_from(decision_changes).where(of_it, is_later).scalar_subquery()


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    texts = (
        "text", "owner", "state", "expected", "link_kind", "link_id", "link_line_no", "decided_by", "changed_by",
        "note",
    )  # fmt: skip
    dtypes = {
        **dict.fromkeys(("decision_id", "version", "times_carried"), "int64"),
        **dict.fromkeys(texts, "str"),
        **dict.fromkeys(("due_date", "decided_date"), "datetime64[s]"),
        **dict.fromkeys(("decided_at", "changed_at", "settled_at"), "datetime64[us]"),
        **dict.fromkeys((*_NUMBERS, "backordered_value_then"), "float64"),
    }
    typed = frame.astype(dtypes)
    return typed.assign(backordered_value_then=typed["backordered_value_then"] / MONEY_SCALE)


def _then(figures: Figures | None) -> dict[str, int]:
    """The figures as the store keeps them; nothing where there are none."""
    if figures is None:
        return {}
    return {
        "lines_then": figures.lines,
        "late_lines_then": figures.late_lines,
        "days_late_then": figures.days_late,
        "without_date_then": figures.without_date,
        "backordered_value_then": int(to_ten_thousandths([figures.backordered_value])[0]),
    }


def _refuse(why: str | None) -> None:
    if why:
        raise RefusedChangeError(f"Nothing was saved: the decision {why}.")


def _refuse_broken(held: Row[Any], changed: dict[str, Any], note: str, today: date) -> None:
    if changed.get("state", OPEN) not in STATES:
        _refuse(f"would be {changed['state']!r}: it can be {', '.join(STATES)}")
    words = (changed.get(name, getattr(held, name)) for name in ("text", "owner", "expected"))
    _refuse(why_refused_words(*words, note) or why_refused_day(changed.get("due_date"), today))


def _refuse_unknown(connection: Connection, link: Link) -> None:
    """Refuse a link to what the store does not hold."""
    order, supply = schema.order_lines.c, schema.po_lines.c
    where: dict[str, ColumnElement[bool]] = {
        ORDER_LINE: and_(order.order_id == link.id, order.line_no == link.line_no),
        ORDER: order.order_id == link.id,
        CUSTOMER: schema.customers.c.customer_id == link.id,
        SUPPLIER: schema.suppliers.c.supplier_id == link.id,
        PURCHASE_ORDER_LINE: and_(supply.po_id == link.id, supply.line_no == link.line_no),
        SKU: schema.items.c.sku == link.id,
    }
    if link.kind and not connection.execute(select(select(1).where(where[link.kind]).exists())).scalar():
        _refuse(f"is about {link.name}, which is not in the store: check the number")


def _note(
    connection: Connection,
    decision_id: int,
    before: dict[str, Any],
    after: dict[str, Any],
    *,
    note: str,
    by: str,
    at: datetime,
) -> None:
    """One row of the ledger per column that is another one, or that was set at all."""
    stamp = {"decision_id": decision_id, "note": note, "changed_by": by, "changed_at": utc(at)}
    rows = [
        {"what": name, "from_value": _told(before.get(name)), "to_value": _told(value), **stamp}
        for name, value in after.items()
        if name == NOTE or _told(value) != _told(before.get(name))
    ]
    connection.execute(insert(decision_changes), rows)


def _told(value: object) -> str:
    """A value as the ledger keeps it: text as it is, days in ISO, "" for none."""
    return "" if value is None else str(value)


def _conflict(connection: Connection, held: Row[Any]) -> Conflict:
    """Who made the decision what it is now, and when."""
    change = decision_changes.c
    newest = select(decision_changes).where(change.decision_id == held.decision_id).order_by(change.change_id.desc())
    last = connection.execute(newest.limit(1)).one()
    told = f"{last.changed_by} changed the decision “{held.text}” on {last.changed_at:%Y-%m-%d %H:%M} UTC"
    words = "a note" if last.what == NOTE else f"its {last.what.replace('_', ' ')} is now {last.to_value or 'none'}"
    return Conflict(f"decision {held.decision_id}", f"{told}: {words}.")
