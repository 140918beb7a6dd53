"""PostgreSQL databases that are lent to one test after the other: making one takes longer than most tests run.

One that comes back is emptied. It is lent again only where it is then like a new one, to the planner too: where a test
changed its tables, let one grow or took it away, it is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
from sqlalchemy import make_url

from data_access.engine import connect
from tests import postgres

FEW_PAGES = 10
"""What the planner takes each table to have at least, so that one with fewer is like a new one to it."""

EMPTY = """
DO $$
DECLARE name text;
BEGIN
    PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend';
    SET LOCAL session_replication_role = replica;  -- no trigger: ledgers refuse to lose rows
    FOR name IN SELECT relname FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
    LOOP EXECUTE format('DELETE FROM %I', name); END LOOP;
    FOR name IN SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL
    LOOP PERFORM setval(format('%I', name)::regclass, 1, false); END LOOP;
END $$
"""
SAVED = "SELECT to_jsonb(store)::text FROM store"
RESTORE = "INSERT INTO store SELECT * FROM jsonb_populate_record(NULL::store, %s::jsonb)"
LARGEST = """
SELECT max(pg_relation_size(oid)) / 8192 FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""
LOOKS = """
SELECT md5(string_agg(what, ',' ORDER BY what)) FROM (
    SELECT concat_ws(' ', oid, relname, relnatts, relchecks, relhastriggers, reltuples, relpages, reloptions) AS what
        FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT concat_ws(' ', attrelid, attname, atttypid, attnotnull, atthasdef, attisdropped) FROM pg_attribute
        JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT concat_ws(' ', oid, tgenabled) FROM pg_trigger
    UNION ALL SELECT concat_ws(' ', oid, convalidated) FROM pg_constraint
    UNION ALL SELECT concat_ws(' ', oid, xmin) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT concat_ws(' ', oid, nspname) FROM pg_namespace WHERE nspname NOT LIKE 'pg_%'
    UNION ALL SELECT concat_ws(' ', setdatabase, setrole, setconfig) FROM pg_db_role_setting
) AS parts
"""


class Lending:
    """Databases that are copies of one, each lent to one test at a time."""

    def __init__(self, server_url: str, like: str) -> None:
        self._server_url, self._like = server_url, like
        self._free: list[tuple[str, str, str]] = []
        self._kept = ExitStack()

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The address of one that is like a new copy."""
        url, saved, looks = self._free.pop() if self._free else self._new()
        yield url
        connect(url).dispose()
        if _is_like_new(url, saved, looks):
            self._free.append((url, saved, looks))

    def _new(self) -> tuple[str, str, str]:
        url = self._kept.enter_context(postgres.database(self._server_url, like=self._like))
        with _opened(url) as connection:
            return url, _value(connection, SAVED), _value(connection, LOOKS)

    def close(self) -> None:
        """Drop them all."""
        self._kept.close()


def _is_like_new(url: str, saved: str, looks: str) -> bool:
    """Whether the database could be made so; where we may not do it, or cannot reach it, it is not."""
    try:
        with _opened(url) as connection:
            connection.execute(EMPTY)
            connection.execute(RESTORE, [saved])
            has_grown = _value(connection, LARGEST) >= FEW_PAGES
            return not has_grown and _value(connection, LOOKS) == looks and _value(connection, SAVED) == saved
    except psycopg.Error:
        return False


def _opened(url: str) -> psycopg.Connection:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


def _value(connection: psycopg.Connection, query: str) -> Any:
    found = connection.execute(query).fetchone()
    return found and found[0]
