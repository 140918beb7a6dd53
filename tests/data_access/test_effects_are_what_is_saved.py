"""The effect shown before saving is what the store says afterwards: random books and moves, line by line.

One store serves all examples: each closes what the one before brought, since nothing is taken out of a ledger.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from sqlalchemy import Engine, Table, delete, insert

from dashboard.domain.allocation import DEFAULT_RULE
from dashboard.domain.book import NO_PRIORITY, PLANNED_RESTOCK, PURCHASE_ORDER, STOCK, SUPPLY_KINDS, Book
from dashboard.domain.effects import effect_of
from dashboard.domain.plan import make_plan
from dashboard.domain.restocks import FORM, Change, Move, NewRestock, keys_of, rows_of
from data_access import schema
from data_access.book import read_book
from data_access.engine import raise_revision, writing
from data_access.moving import save_changes
from tests import stores
from tests.books import TODAY, Row
from tests.domain.test_allocation_on_random_books import TIERS
from tests.domain.test_effects_on_random_books import assert_tells_the_difference, rows_and_changes
from tests.random_cases import tries

AT = datetime(2026, 3, 16, 9, 30)
REFILLED = (schema.order_lines, schema.stock, schema.po_lines, schema.planned_restocks)


@pytest.fixture(scope="module", params=stores.BOTH)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A store that knows the customers, suppliers and SKUs of the random books."""
    with stores.opened(request.param, request, tmp_path_factory.mktemp("effects")) as engine:
        _fill(engine)
        yield engine


def _fill(engine: Engine) -> None:
    customers = [{"customer_id": name, "name": name, "tier": tier} for name, tier in TIERS.items()]
    with writing(engine) as connection:
        connection.execute(insert(schema.customers), customers)
        connection.execute(insert(schema.suppliers), [{"supplier_id": "S-1", "name": "Northgate"}])
        connection.execute(insert(schema.items), [{"sku": sku, "name": sku} for sku in ("VALVE-25", "PUMP-3")])


def refill(engine: Engine, lines: list[Row], supplies: list[Row]) -> None:
    """The store holds these order lines and supplies, and no others."""
    of_kind = {kind: [row for row in supplies if row["supply_kind"] == kind] for kind in SUPPLY_KINDS}
    rows: list[list[Row]] = [
        [row | {"priority": None if row["priority"] == NO_PRIORITY else row["priority"]} for row in lines],
        [row | {"stock_qty": row["supply_qty"]} for row in of_kind[STOCK]],
        [row | {"po_id": row["document_id"], "ordered_qty": row["supply_qty"]} for row in of_kind[PURCHASE_ORDER]],
        [row | {"plan_id": row["document_id"], "planned_qty": row["supply_qty"]} for row in of_kind[PLANNED_RESTOCK]],
    ]
    with writing(engine) as connection:
        for table, wanted in zip(REFILLED, rows, strict=True):
            connection.execute(delete(table))
            if wanted:
                connection.execute(insert(table), [_stored(table, row) for row in wanted])
        raise_revision(connection)


def _stored(table: Table, row: Row) -> Row:
    """The row as the store takes it: whole thousandths and ten-thousandths, dates or None."""
    names = [column.name for column in table.columns if column.name in row and column.computed is None]
    return {name: _stored_value(name, row[name]) for name in names}


def _stored_value(name: str, value: Any) -> Any:
    if name.endswith("_qty"):
        return round(value * 1_000)
    if name == "unit_price":
        return round(value * 10_000)
    return (date.fromisoformat(value) if value else None) if "_date" in name else value


def as_seen(book: Book, changes: list[Change]) -> list[Change]:
    """The changes with the versions that the book shows; without those that the store would refuse."""
    versions = book.supplies["version"].to_numpy()
    held = rows_of(book.supplies, [change.key for change in changes])
    return [
        replace(change, version=int(versions[held[change.key]])) if isinstance(change, Move) else change
        for change in changes
        if isinstance(change, NewRestock) or change.key in held
    ]


@tries(20, long=250)
@given(rows_and_changes())
def test_the_effect_shown_is_what_is_saved(store: Engine, drawn: tuple[list[Row], list[Row], list[Change]]) -> None:
    refill(store, *drawn[:2])
    before = make_plan(read_book(store, TODAY), DEFAULT_RULE)
    changes = as_seen(before.book, drawn[2])
    shown = effect_of(before, changes)

    save_changes(store, changes, by="ada", at=AT, how=FORM, today=TODAY, seen=shown.version)
    after = make_plan(read_book(store, TODAY), DEFAULT_RULE)
    assert_tells_the_difference(shown, before, after)
    assert set(keys_of(after.book.supplies)) >= {change.key for change in changes if isinstance(change, NewRestock)}
