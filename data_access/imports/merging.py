"""Staged rows against the store: what is new, changed and unchanged, and the statements that write it.

Only columns that the file has are compared and written. A first date is set once and never rewritten. Counts and
differences are taken before anything is written, so that they can be had without writing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Table,
    and_,
    case,
    false,
    func,
    insert,
    literal,
    literal_column,
    null,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from data_access import schema
from data_access.imports.display import key_text, shown
from data_access.imports.staging import Staged
from data_access.records import Kind

FIRST_DATES = {"first_promise_date": "promise_date", "first_due_date": "due_date"}
"""Each first date and the date that it is the first of."""

LISTED: dict[str, ColumnElement[Any]] = {"is_placeholder": false(), "closed_qty": literal_column("0", Integer)}
"""Columns that no file has, and what they become of every row that a file lists: it is known, and it is not closed."""

SHOWN_DIFFERENCES = 200


class Counts(NamedTuple):
    """Rows of a file by what the store says of them."""

    new: int
    changed: int
    unchanged: int


class Difference(NamedTuple):
    """One changed cell, as text."""

    key: str
    column: str
    old: str
    new: str


@dataclass(frozen=True)
class Merge:
    """Staged rows and the table of the store that they are for."""

    staged: Staged

    @cached_property
    def target(self) -> Table:
        """The table of the store."""
        return schema.metadata.tables[self.staged.record.table]

    @cached_property
    def has_placeholders(self) -> bool:
        """Whether rows of the table may have been created by reference alone."""
        return "is_placeholder" in self.target.c

    @cached_property
    def listed(self) -> dict[str, ColumnElement[Any]]:
        """The columns of the table that change by being listed alone, and what they become."""
        return {name: value for name, value in LISTED.items() if name in self.target.c}

    @cached_property
    def incoming(self) -> dict[str, ColumnElement[Any]]:
        """What the file says of each column to write, the keys left out."""
        rows = self.staged.table
        columns: dict[str, ColumnElement[Any]] = {
            name: rows.c[name] for name in self.staged.columns if name not in self.staged.record.keys
        }
        if self.has_placeholders:
            key = rows.c[self.staged.record.keys[0]]
            columns["name"] = func.coalesce(func.nullif(rows.c.name, ""), key) if "name" in columns else key
        for first, current in FIRST_DATES.items():
            if first in columns or current in columns:
                # NULL because coalesce wants two arguments
                columns[first] = func.coalesce(*(columns[name] for name in (first, current) if name in columns), null())
        return columns

    @cached_property
    def compared(self) -> dict[str, ColumnElement[Any]]:
        """The incoming columns that may replace what the store holds: all but the first dates, and names that came."""
        return {
            name: value
            for name, value in self.incoming.items()
            if name not in FIRST_DATES and (name in self.staged.columns)
        }

    @cached_property
    def joined(self) -> FromClause:
        """Each staged row beside the row of the store with its key, if there is one."""
        rows, target = self.staged.table, self.target
        return rows.outerjoin(target, and_(*(rows.c[key] == target.c[key] for key in self.staged.record.keys)))

    @cached_property
    def is_known(self) -> ColumnElement[bool]:
        """Whether the store has a row with the key, in the joined rows."""
        return self.target.c[self.staged.record.keys[0]].is_not(None)

    def differs(self, incoming: Mapping[str, ColumnElement[Any]]) -> ColumnElement[bool]:
        """Whether writing the incoming values would change the row of the store."""
        target = self.target
        reasons = [target.c[name].is_distinct_from(incoming[name]) for name in self.compared]
        reasons += [
            and_(target.c[name].is_(None), incoming[name].is_not(None)) for name in FIRST_DATES if name in incoming
        ]
        reasons += [target.c[name] != value for name, value in self.listed.items()]
        return or_(false(), *reasons)


def count_rows(connection: Connection, merge: Merge) -> Counts:
    """How many staged rows are new, changed and unchanged."""
    is_changed = and_(merge.is_known, merge.differs(merge.incoming))
    counted = select(
        func.count(),
        func.count(case((merge.is_known, 1))),
        func.count(case((is_changed, 1))),
    ).select_from(merge.joined)
    every, known, changed = connection.execute(counted).one()
    return Counts(every - known, changed, known - changed)


def first_differences(connection: Connection, merge: Merge) -> list[Difference]:
    """The first changed cells in the order of the file, old and new."""
    record, target = merge.staged.record, merge.target
    cells = dict(merge.listed)
    cells |= {name: new for name, new in merge.incoming.items() if name in merge.compared or name in FIRST_DATES}
    changed = (
        select(
            *(merge.staged.table.c[key] for key in record.keys),
            *(target.c[name].label(f"old_{name}") for name in cells),
            *(new.label(f"new_{name}") for name, new in cells.items()),
        )
        .select_from(merge.joined)
        .where(merge.is_known, merge.differs(merge.incoming))
        .order_by(merge.staged.table.c.row_no)
        .limit(SHOWN_DIFFERENCES)
    )
    found: list[Difference] = []
    width = len(record.keys)
    for row in connection.execute(changed):
        key, olds, news = key_text(row[:width]), row[width : width + len(cells)], row[width + len(cells) :]
        for name, old, new in zip(cells, olds, news, strict=True):
            is_kept = name in FIRST_DATES and old is not None
            if old != new and not is_kept:
                kind = Kind.QUANTITY if name in LISTED else record.field(name).kind
                found.append(Difference(key, name, shown(old, kind), shown(new, kind)))
    return found[:SHOWN_DIFFERENCES]


def kept_first_dates(connection: Connection, merge: Merge) -> list[str]:
    """A sentence for each first date that the file would have changed."""
    notes = []
    for first, current in FIRST_DATES.items():
        if first in merge.staged.columns:
            brought, kept = merge.staged.table.c[first], merge.target.c[first]
            others = select(func.count()).select_from(merge.joined).where(kept.is_not(None), brought != kept)
            count = connection.execute(others).scalar_one()
            if count:
                what = current.replace("_", " ")
                rows = "1 row brings" if count == 1 else f"{count:,} rows bring"
                notes.append(f"{rows} another first {what}; the first one stays.")
    return notes


_MOVED = {
    "order_lines": (schema.promise_changes, "promise_date", "first_promise_date"),
    "po_lines": (schema.due_changes, "due_date", "first_due_date"),
}
"""The ledger of each table that has one, the date that it follows, and the first one."""


def record_moved_dates(connection: Connection, merge: Merge, by: str, at: datetime, import_id: int) -> None:
    """Note each promise or due date that the file moves, withdraws or gives again. The first one is not a move."""
    if merge.target.name not in _MOVED:
        return
    ledger, current, first = _MOVED[merge.target.name]
    if current not in merge.staged.columns:
        return
    keys = merge.staged.record.keys
    old, new = merge.target.c[current], merge.incoming[current]
    moved = (
        select(
            *(merge.target.c[key] for key in keys),
            old,
            new,
            literal(by),
            literal(at),
            literal("import"),
            literal(import_id),
        )
        .select_from(merge.joined)
        .where(old.is_distinct_from(new), or_(old.is_not(None), merge.target.c[first].is_not(None)))
        .order_by(merge.staged.table.c.row_no)
    )
    columns = [*keys, "from_date", "to_date", "changed_by", "changed_at", "how", "import_id"]
    connection.execute(insert(ledger).from_select(columns, moved))


def write_rows(connection: Connection, merge: Merge, by: str, at: datetime) -> None:
    """Write the staged rows: new ones are added, changed ones replaced column by column, unchanged ones skipped.

    Where a row's changes are counted, it says who made the last one, when.
    """
    keys = merge.staged.record.keys
    rows = merge.staged.table
    dialect_insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    # SQLite reads "FROM rows ON CONFLICT" as a join condition unless a WHERE stands between.
    selected = select(*(rows.c[key] for key in keys), *merge.incoming.values()).where(rows.c.row_no.is_not(None))
    statement = dialect_insert(merge.target).from_select([*keys, *merge.incoming], selected)
    replaced = _replacements(merge, statement.excluded)
    if replaced and "version" in merge.target.c:
        replaced |= schema.changed_again(merge.target, by, at)
    if replaced:
        excluded = {name: statement.excluded[name] for name in merge.incoming}
        statement = statement.on_conflict_do_update(
            index_elements=list(keys), set_=replaced, where=merge.differs(excluded)
        )
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(keys))
    connection.execute(statement)


def _replacements(merge: Merge, excluded: Any) -> dict[str, Any]:
    replaced: dict[str, Any] = {name: excluded[name] for name in merge.compared}
    for name in FIRST_DATES:
        if name in merge.incoming:
            replaced[name] = func.coalesce(merge.target.c[name], excluded[name])
    return replaced | merge.listed
