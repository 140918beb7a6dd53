"""Files that nobody should send: each is refused with a sentence, or stored as the plain text that it is.

Two hundred as a rule, two thousand where BACKORDERS_TEST_LONG is set.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from dashboard.domain.allocation import DEFAULT_RULE
from dashboard.domain.errors import BackordersError
from dashboard.domain.plan import make_plan
from dashboard.domain.restocks import DEFAULT_REASONS, Calendar
from dashboard.move_files import check_moves, in_words
from data_access import schema
from data_access.book import read_book
from data_access.engine import reading
from data_access.imports import import_readings
from data_access.reading import ReadOptions, read_file
from data_access.records import MOVES, RECORDS
from tests import stores
from tests.conftest import TODAY
from tests.hostile.files import HOSTILE, NAMES, files
from tests.pages.companies import write_small_company
from tests.random_cases import tries

AT = datetime(2026, 3, 16, 7, 30, tzinfo=UTC)
LONGEST_SENTENCE = 4_000
often = tries(10, long=100, suppress_health_check=list(HealthCheck), database=None)
"""Files for each of the ten tables, on each database."""


@pytest.fixture(scope="module", params=stores.BOTH)
def company(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A store that takes in what is good of all these files."""
    with stores.opened(request.param, request, tmp_path_factory.mktemp("hostile")) as engine:
        write_small_company(engine)
        yield engine


@st.composite
def options(draw: st.DrawFn, table: str) -> ReadOptions:
    """How somebody says that the file is to be read."""
    names = [field.name for field in (RECORDS.get(table) or MOVES).fields]
    told = st.dictionaries(st.sampled_from([*names, "no_such_column"]), st.sampled_from([*names, *HOSTILE]), max_size=2)
    return ReadOptions(
        dates=draw(st.sampled_from([None, None, "dmy", "mdy", "ymd"])),
        decimal=draw(st.sampled_from([None, None, "comma", "point"])),
        fill_down=draw(st.booleans()),
        sheet=draw(st.sampled_from([None, None, None, "Sheet1", HOSTILE[0]])),
        columns=draw(st.one_of(st.just({}), st.just({}), told)),
    )


def everything(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """All that the store holds but the log of imports; fails where a table is gone."""
    kept_apart = {"imports", "import_rejects"}
    with reading(engine) as connection:
        return {
            name: [tuple(row) for row in connection.execute(select(table))]
            for name, table in schema.metadata.tables.items()
            if name not in kept_apart
        }


def must_be_a_sentence(error: BackordersError) -> None:
    told = str(error)
    assert told.endswith((".", "?"))
    assert len(told) < LONGEST_SENTENCE


@pytest.mark.long
@pytest.mark.parametrize("table", list(RECORDS))
def test_an_import_of_any_file_is_taken_whole_or_refused_in_a_sentence(company: Engine, table: str) -> None:
    last = everything(company)

    @often
    @given(files(RECORDS[table]), st.sampled_from(NAMES), options(table), st.booleans(), st.booleans())
    def hold(content: bytes, name: str, how: ReadOptions, partial: bool, dry_run: bool) -> None:
        nonlocal last
        before, result = last, None
        try:
            read = read_file(RECORDS[table], io.BytesIO(content), name, how)
            (result,) = import_readings(company, [read], by="ada", at=AT, partial=partial, dry_run=dry_run)
        except BackordersError as error:
            must_be_a_sentence(error)
        last = everything(company)
        if result is None or not result.was_written:
            assert last == before
        else:
            assert len(last[table]) == len(before[table]) + result.new_rows

    hold()


@pytest.mark.long
def test_a_file_of_moves_is_understood_or_refused_in_a_sentence(company: Engine) -> None:
    plan = make_plan(read_book(company, TODAY), DEFAULT_RULE)

    @often
    @given(files(MOVES), st.sampled_from(NAMES), options(MOVES.table))
    def hold(content: bytes, name: str, how: ReadOptions) -> None:
        try:
            read = check_moves(read_file(MOVES, io.BytesIO(content), name, how), plan.book, DEFAULT_REASONS)
        except BackordersError as error:
            must_be_a_sentence(error)
        else:
            assert all(told for _, told in in_words(read, plan, Calendar(), "EUR"))

    hold()
