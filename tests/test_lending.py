"""A database that was lent before is like a new one, or it is not lent again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import make_url, text

from data_access.engine import connect, open_store
from tests import postgres
from tests.data_access.imports.taking import everything, rows_of, take
from tests.lending import FEW_PAGES, Lending
from tests.pages.companies import write_small_company

PAGES_FULL = f"generate_series(1, {FEW_PAGES * 9})"
NAMES = "customer_id,name\nC-9,Nobody\n"


@pytest.fixture
def lending(postgres_server: str) -> Iterator[Lending]:
    with postgres.database(postgres_server) as url:
        open_store(url).dispose()
        with closing(Lending(postgres_server, str(make_url(url).database))) as lending:
            yield lending


def test_rows_and_numbers_of_the_one_before_are_gone(lending: Lending) -> None:
    with lending.lent() as first:
        new = everything(connect(first))
        take(connect(first), "customers", NAMES)
        write_small_company(connect(first))
        assert everything(connect(first)) != new
    with lending.lent() as second:
        assert (second, everything(connect(second))) == (first, new)
        take(connect(second), "customers", NAMES)
        assert rows_of(connect(second), "imports", "import_id") == [(1,)]


def test_two_are_lent_at_once(lending: Lending) -> None:
    with lending.lent() as first, lending.lent() as second:
        assert first != second


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE customers ADD COLUMN colour text",
        "DROP TRIGGER moves_kept ON moves",
        "ANALYZE customers",
        f"INSERT INTO suppliers (supplier_id, name) SELECT n::text, repeat('x', 900) FROM {PAGES_FULL} n",
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
)
def test_one_that_was_changed_is_not_lent_again(lending: Lending, change: str) -> None:
    with lending.lent() as first:
        write_small_company(connect(first))
        with connect(first).begin() as connection:
            connection.execute(text(change))
    with lending.lent() as second:
        assert second != first


def test_one_that_was_taken_away_is_not_lent_again(lending: Lending) -> None:
    with lending.lent() as first:
        postgres.take_away(first)
    with lending.lent() as second:
        assert second != first
