"""Stores of earlier versions are brought up to the present one, with everything that they hold."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, MetaData, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

from dashboard.domain.errors import StoreVersionError
from data_access import schema
from data_access.engine import connect, open_store, reach_store, reading, writing
from data_access.upgrading import pending_steps, take_step, upgrade
from data_access.users import read_role_changes, set_user

VERSIONS = range(1, schema.SCHEMA_VERSION)
AT = datetime(2026, 3, 16, 9, 30)
ROWS: dict[str, list[dict[str, Any]]] = {
    "customers": [{"customer_id": "C-1", "name": "Brightwater", "tier": 1}],
    "suppliers": [{"supplier_id": "S-1", "name": "Northgate"}],
    "items": [{"sku": "VALVE-25", "name": "Valve", "unit_cost": 124_000}],
    "item_suppliers": [{"sku": "VALVE-25", "supplier_id": "S-1", "rank": 1}],
    "stock": [{"sku": "VALVE-25", "location_id": "MAIN", "stock_qty": 2_500}],
    "order_lines": [
        {"order_id": "SO-1", "line_no": "1", "customer_id": "C-1", "sku": "VALVE-25", "ordered_qty": 5_001,
         "ordered_date": date(2026, 3, 2), "promise_date": date(2026, 3, 20)}
    ],
    "shipments": [
        {"order_id": "SO-1", "line_no": "1", "shipped_date": date(2026, 3, 3), "shipped_qty": 1}
    ],
    "po_lines": [
        {"po_id": "PO-1", "line_no": "1", "supplier_id": "S-1", "sku": "VALVE-25", "ordered_qty": 9_000,
         "due_date": date(2026, 3, 30), "manual_restock_date": date(2026, 4, 6), "version": 2}
    ],
    "receipts": [{"po_id": "PO-1", "line_no": "1", "received_date": date(2026, 3, 3), "received_qty": 1}],
    "planned_restocks": [{"plan_id": "PLAN-1", "sku": "VALVE-25", "planned_qty": 3_000}],
    "moves": [
        {"move_id": 7, "batch_id": "b", "supply_kind": "purchase order", "supply_id": "PO-1/1", "document_id": "PO-1",
         "line_no": "1", "from_date": date(2026, 3, 30), "to_date": date(2026, 4, 6), "was_manual": False,
         "is_manual": True, "reason": "customs", "moved_by": "ada", "moved_at": AT, "how": "form"}
    ],
    "promise_changes": [
        {"change_id": 3, "order_id": "SO-1", "line_no": "1", "to_date": date(2026, 3, 20), "changed_by": "ada",
         "changed_at": AT, "how": "import"}
    ],
}  # fmt: skip
"""A row of each table that every version has, by the columns that it has in the first one."""


def held(connection: Connection, names: list[str]) -> dict[str, list[dict[str, Any]]]:
    found = MetaData()
    found.reflect(connection, only=names)
    return {name: [dict(row._mapping) for row in connection.execute(select(found.tables[name]))] for name in names}


def fill(connection: Connection) -> None:
    present = MetaData()
    present.reflect(connection)
    for name, rows in ROWS.items():
        connection.execute(insert(present.tables[name]), rows)


def differences(connection: Connection) -> list[Any]:
    """What tells the store's tables from those of a new one; what a table says of itself does not count."""
    found = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), schema.metadata)
    return [each for each in found if not str(each[0]).endswith("_comment")]


@pytest.fixture
def empty(database_url: str) -> Engine:
    """A database without any table."""
    engine = open_store(database_url)
    with writing(engine) as connection:
        schema.metadata.drop_all(connection)
    return engine


@pytest.fixture(params=VERSIONS)
def old(request: pytest.FixtureRequest, empty: Engine) -> Engine:
    """A filled store of each earlier version."""
    with writing(empty) as connection:
        for version in range(1, request.param + 1):
            take_step(connection, version)
        connection.execute(text("INSERT INTO store VALUES (1, :version, 'mark', 41)"), {"version": request.param})
        fill(connection)
    return empty


def test_everything_that_an_old_store_holds_is_there_afterwards(old: Engine) -> None:
    with reading(old) as connection:
        before = held(connection, list(ROWS))
    upgrade(old)
    with reading(old) as connection:
        after = held(connection, list(ROWS))
        store = connection.execute(select(schema.store)).one()
    kept = {name: [{key: row[key] for key in before[name][0]} for row in rows] for name, rows in after.items()}
    assert kept == before
    assert (store.schema_version, store.store_id) == (schema.SCHEMA_VERSION, "mark")
    assert (store.data_revision, store.facts_revision) == (41, 41)


def test_an_upgraded_store_has_the_tables_of_a_new_one(old: Engine) -> None:
    upgrade(old)
    with reading(old) as connection:
        assert differences(connection) == []


def test_the_ledgers_of_an_upgraded_store_are_kept_too(old: Engine) -> None:
    upgrade(old)
    for ledger in ("moves", "promise_changes"):
        with old.connect() as connection, pytest.raises(DBAPIError, match="never changed or removed"):
            connection.execute(text(f"DELETE FROM {ledger}"))


def test_the_ledger_of_roles_begins_with_the_upgrade_and_is_kept(old: Engine) -> None:
    upgrade(old)
    set_user(old, "ada@example.com", "admin", by="ops", at=AT)
    assert read_role_changes(old)[["email", "from_role", "to_role"]].values.tolist() == [
        ["ada@example.com", "", "admin"]
    ]
    for rewrite in ("DELETE FROM role_changes", "UPDATE role_changes SET to_role = 'viewer'"):
        with old.connect() as connection, pytest.raises(DBAPIError, match="role_changes is a ledger"):
            connection.execute(text(rewrite))


def test_a_dry_run_takes_the_steps_and_takes_them_back(old: Engine) -> None:
    steps = pending_steps(old)
    assert upgrade(old, dry_run=True) == steps != []
    assert pending_steps(old) == steps
    assert upgrade(old) == steps
    assert pending_steps(old) == upgrade(old) == []


def test_an_outdated_store_is_not_opened_and_the_sentence_says_what_to_run(old: Engine) -> None:
    url = old.url.render_as_string(hide_password=False)
    with pytest.raises(StoreVersionError, match="python -m dashboard upgrade"):
        reach_store(url)
    upgrade(old)
    assert reach_store(url) is connect(url)


def test_a_store_of_a_newer_program_is_refused_and_left_alone(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("UPDATE store SET schema_version = 99"))
    with pytest.raises(StoreVersionError, match="newer version of the dashboard"):
        upgrade(engine)
    with reading(engine) as connection:
        assert connection.execute(select(schema.store.c.schema_version)).scalar_one() == 99


def test_where_there_is_no_store_nothing_is_upgraded(empty: Engine) -> None:
    with pytest.raises(StoreVersionError, match="There is no store"):
        upgrade(empty)
    with reading(empty) as connection:
        assert inspect(connection).get_table_names() == []
