"""Saving changes of promise dates: compare with what was seen, write, and note each in the ledger, all or nothing.

One transaction holds the comparison and the writing, and writers queue, so that no change is lost. Knows no effect.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Column, Connection, Engine, Row, bindparam, func, insert, select, tuple_, update

from dashboard.domain.errors import Conflict, ConflictError, RefusedChangeError
from dashboard.domain.promises import LineKey, PromiseChange, why_refused
from dashboard.domain.restocks import UNDO
from dashboard.domain.version import Version
from data_access.engine import Check, data_revision, raise_revision, reading, writing
from data_access.imports.log import utc
from data_access.moving import KEYS_AT_A_TIME, Saved
from data_access.schema import order_lines, promise_changes
from data_access.versions import refuse_stale

_SHOWN_REFUSALS = 5
_IMPORT = "import"


def save_promises(
    engine: Engine,
    changes: Sequence[PromiseChange],
    *,
    by: str,
    at: datetime,
    how: str,
    today: date,
    seen: Version | None = None,
    check: Check | None = None,
) -> Saved:
    """Write changes of promise dates as one batch of the ledger, or nothing at all.

    A promise that stands already writes nothing. The first promise date is set where there is none, and never
    rewritten. at is the instant [UTC]. seen: the version of the data for which the effect was shown; None where none
    was. check: asked within the transaction.

    Raises RefusedChangeError where a rule is broken, ConflictError where somebody changed a promise since it was seen,
    StaleError where somebody changed since then what decides the effect (data_access.versions).
    """
    with writing(engine, check) as connection:
        held = _held(connection, [change.key for change in changes])
        _refuse_broken(changes, held, today)
        _refuse_changed(connection, changes, held)
        refuse_stale(connection, seen, {row.sku for row in held.values()})
        wanted = [change for change in changes if change.to_date != held[change.key].promise_date]
        batch_id = uuid4().hex if wanted else ""
        if wanted:
            _write(connection, wanted)
            stamp = {"batch_id": batch_id, "changed_by": by, "changed_at": utc(at), "how": how}
            connection.execute(insert(promise_changes), [_noted(change) | stamp for change in wanted])
            raise_revision(connection, is_told=True)
        return Saved(batch_id, len(wanted), data_revision(connection))


def way_back(engine: Engine, batch_id: str) -> list[PromiseChange]:
    """The changes that take a batch back: to be saved with how="undo".

    What was taken back already is left out. Raises RefusedChangeError where there is no such batch, where nothing of it
    is left to take back, or where a promise was changed again since and that change stands.
    """
    of_batch = select(promise_changes).where(promise_changes.c.batch_id == (batch_id or None))
    with reading(engine) as connection:
        entries = connection.execute(of_batch.order_by(promise_changes.c.change_id)).all()
        since = _changes_since(connection, entries)
    if not entries:
        raise RefusedChangeError("There is no such change of promises in the history. Reload the page.")
    standing = {entry.change_id: _standing(since[_key(entry)]) for entry in entries}
    left = [entry for entry in entries if entry in standing[entry.change_id]]
    for entry in left:
        later = standing[entry.change_id][-1]
        if later.change_id != entry.change_id:
            raise RefusedChangeError(
                f"The promise of {_line(entry)} cannot be taken back: {_what_was_done(later)} after this change. "
                "Set a new promise date instead."
            )
    if not left:
        raise RefusedChangeError("This was taken back already. The history of the order line shows by whom.")
    return [
        PromiseChange(entry.order_id, entry.line_no, entry.from_date, entry.to_date, is_undo=True) for entry in left
    ]


def _standing(changes: Sequence[Row[Any]]) -> list[Row[Any]]:
    """The changes of one promise without those that an undo took back, and without that undo. Oldest first."""
    standing: list[Row[Any]] = []
    for each in changes:
        last = standing[-1] if standing else None
        if last is not None and each.how == UNDO and (last.from_date, last.to_date) == (each.to_date, each.from_date):
            standing.pop()
        else:
            standing.append(each)
    return standing


def _refuse_broken(changes: Sequence[PromiseChange], held: dict[LineKey, Row[Any]], today: date) -> None:
    """Refuse changes that the rules do not allow, the first few by name."""
    reasons = [(change.line, _why_not(change, held.get(change.key), today)) for change in changes]
    told = [f"{line} {why}." for line, why in reasons if why]
    times = Counter(change.line for change in changes)
    told += [f"{line} is there twice: keep one row." for line, often in times.items() if often > 1]
    if told:
        more = f" And {len(told) - _SHOWN_REFUSALS} more." if len(told) > _SHOWN_REFUSALS else ""
        raise RefusedChangeError(f"Nothing was saved: {' '.join(told[:_SHOWN_REFUSALS])}{more}")


def _why_not(change: PromiseChange, held: Row[Any] | None, today: date) -> str | None:
    if held is None:
        return "is not in the store: check the order and line number"
    if held.open_qty <= 0 and not change.is_undo:
        return "is not open any more: its promise means nothing any more"
    return why_refused(change, today)


def _refuse_changed(connection: Connection, changes: Sequence[PromiseChange], held: dict[LineKey, Row[Any]]) -> None:
    """Refuse where the promise that was seen is no longer the present one, and say who changed it to what."""
    overtaken = [change for change in changes if held[change.key].promise_date != change.seen_date]
    if overtaken:
        latest = _latest_changes(connection, [change.key for change in overtaken])
        raise ConflictError([_conflict(held[change.key], latest.get(change.key)) for change in overtaken])


def _conflict(held: Row[Any], latest: Row[Any] | None) -> Conflict:
    """Who made the promise what it is. Imports do not note a line's first promise."""
    if latest is not None and latest.to_date == held.promise_date:
        return Conflict(_line(held), f"{_what_was_done(latest)}.")
    return Conflict(_line(held), f"an import made {_day(held.promise_date)} the promise of {_line(held)}.")


def _what_was_done(entry: Row[Any]) -> str:
    """One change of the ledger in words."""
    by_import = " by an import" if entry.how == _IMPORT else ""
    return (
        f"{entry.changed_by or 'somebody'} moved the promise of {_line(entry)} from {_day(entry.from_date)} to "
        f"{_day(entry.to_date)}{by_import} on {entry.changed_at:%Y-%m-%d %H:%M} UTC"
    )


def _noted(change: PromiseChange) -> dict[str, Any]:
    """One row of the ledger, but for what a batch has in common. What was seen is what stood: it was compared."""
    return {
        "order_id": change.order_id, "line_no": change.line_no, "from_date": change.seen_date,
        "to_date": change.to_date, "note": change.note,
    }  # fmt: skip


def _write(connection: Connection, changes: Sequence[PromiseChange]) -> None:
    line = order_lines.c
    promised = bindparam("promised", type_=line.promise_date.type)
    statement = (
        update(order_lines)
        .where(line.order_id == bindparam("of_order"), line.line_no == bindparam("of_line"))
        .values(promise_date=promised, first_promise_date=func.coalesce(line.first_promise_date, promised))
    )
    connection.execute(
        statement,
        [{"of_order": each.order_id, "of_line": each.line_no, "promised": each.to_date} for each in changes],
    )


def _held(connection: Connection, keys: Sequence[LineKey]) -> dict[LineKey, Row[Any]]:
    """The order lines of these keys that the store holds."""
    line = order_lines.c
    columns: list[Column[Any]] = [line.order_id, line.line_no, line.sku, line.promise_date, line.open_qty]
    wanted = select(*columns)
    return {
        _key(row): row
        for part in _parts(keys)
        for row in connection.execute(wanted.where(tuple_(line.order_id, line.line_no).in_(part)))
    }


def _latest_changes(connection: Connection, keys: Sequence[LineKey]) -> dict[LineKey, Row[Any]]:
    """The latest change of the promise of each of these order lines whose promise was ever changed."""
    entry = promise_changes.c
    found: dict[LineKey, Row[Any]] = {}
    for part in _parts(keys):
        of_lines = tuple_(entry.order_id, entry.line_no).in_(part)
        last = select(func.max(entry.change_id)).where(of_lines).group_by(entry.order_id, entry.line_no)
        found |= {
            _key(row): row for row in connection.execute(select(promise_changes).where(entry.change_id.in_(last)))
        }
    return found


def _changes_since(connection: Connection, entries: Sequence[Row[Any]]) -> dict[LineKey, list[Row[Any]]]:
    """Of each order line of a batch, its change in that batch and every later one, oldest first."""
    entry = promise_changes.c
    first = {_key(each): each.change_id for each in entries}
    found: dict[LineKey, list[Row[Any]]] = {key: [] for key in first}
    for part in _parts(list(first)):
        of_lines = select(promise_changes).where(tuple_(entry.order_id, entry.line_no).in_(part))
        for row in connection.execute(of_lines.order_by(entry.change_id)):
            if row.change_id >= first[_key(row)]:
                found[_key(row)].append(row)
    return found


def _parts(keys: Sequence[LineKey]) -> list[Sequence[LineKey]]:
    return [keys[start : start + KEYS_AT_A_TIME] for start in range(0, len(keys), KEYS_AT_A_TIME)]


def _key(row: Row[Any]) -> LineKey:
    return row.order_id, row.line_no


def _line(row: Row[Any]) -> str:
    return f"{row.order_id}/{row.line_no}"


def _day(day: date | None) -> str:
    return f"{day:%Y-%m-%d}" if day else "no date"
