"""Customers, suppliers and SKUs that rows refer to and nobody knows: created by their id until their own data comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Column, CompoundSelect, Connection, Table, except_, func, select, true
from sqlalchemy.dialects import postgresql, sqlite

from data_access import schema
from data_access.imports.merging import Merge


def count_unknown(connection: Connection, merge: Merge, before: Sequence[Merge]) -> dict[str, int]:
    """How many ids the rows refer to that nobody knows, by the table that they are ids of.

    before: what is written before these rows, so that the ids which it brings or refers to are known by then.
    """
    counts = {}
    for ids, table in _references(merge):
        known = [ids_of for other in before for ids_of in _ids_of(other, table)]
        unknown = _unknown(ids, table, known).subquery()
        if count := int(connection.execute(select(func.count()).select_from(unknown)).scalar_one()):
            counts[table.name] = count
    return counts


def create_unknown(connection: Connection, merge: Merge) -> None:
    """Create each customer, supplier and SKU that the rows refer to and the store does not know."""
    dialect_insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    for ids, table in _references(merge):
        unknown = _unknown(ids, table, []).subquery()
        named = select(unknown.c[ids.name], unknown.c[ids.name], true()).where(unknown.c[ids.name].is_not(None))
        statement = dialect_insert(table).from_select([_key(table).name, "name", "is_placeholder"], named)
        connection.execute(statement.on_conflict_do_nothing())


def _references(merge: Merge) -> Iterator[tuple[Column[str], Table]]:
    """The staged columns that refer to another table, with that table."""
    for field in merge.staged.record.fields:
        if field.refers_to and field.name in merge.staged.columns:
            yield merge.staged.table.c[field.name], schema.metadata.tables[field.refers_to]


def _ids_of(merge: Merge, table: Table) -> Iterator[Column[str]]:
    if merge.target is table:
        yield merge.staged.table.c[_key(table).name]
    yield from (ids for ids, referred in _references(merge) if referred is table)


def _unknown(ids: Column[str], table: Table, known: Sequence[Column[str]]) -> CompoundSelect[tuple[str]]:
    """Each id once that is neither in the table nor among the known ones."""
    return except_(select(ids), select(_key(table)), *(select(others) for others in known))


def _key(table: Table) -> Column[str]:
    return next(iter(table.primary_key.columns))
