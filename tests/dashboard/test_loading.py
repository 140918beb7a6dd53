"""What is made of one version of the data once, for all sessions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st
from sqlalchemy import Engine

from dashboard import loading, versions
from data_access.demo import write_demo
from data_access.engine import open_store, raise_revision, writing


@pytest.fixture
def engine(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    st.cache_resource.clear()
    monkeypatch.setenv("BACKORDERS_DATABASE_URL", database_url)
    yield open_store(database_url)
    st.cache_resource.clear()


class Made:
    """How often something was made."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> int:
        self.times += 1
        return self.times


def in_a_run(made: Made, *by: str, is_large: bool = False) -> int:
    with versions.one_run():
        return loading.once("what is counted", made, *by, is_large=is_large)


def somebody_saves(engine: Engine) -> None:
    with writing(engine) as connection:
        raise_revision(connection)


@pytest.mark.parametrize("is_large", [False, True])
def test_it_is_made_once_for_a_version_and_a_choice_and_anew_for_another(engine: Engine, is_large: bool) -> None:
    made = Made()
    assert [in_a_run(made, choice, is_large=is_large) for choice in ("a", "a", "b", "a")] == [1, 1, 2, 1]
    somebody_saves(engine)
    assert in_a_run(made, "a", is_large=is_large) == 3


@pytest.mark.usefixtures("engine")
def test_it_is_made_anew_in_another_currency(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Made()
    told = []
    for currency in ("EUR", "USD", "EUR"):
        monkeypatch.setenv("BACKORDERS_CURRENCY", currency)
        told.append(in_a_run(made))
    assert told == [1, 2, 1]


def test_a_run_that_went_on_to_a_later_version_keeps_what_it_makes_to_itself(engine: Engine) -> None:
    """What it makes may be made of what it had fetched before."""
    made = Made()
    with versions.one_run():
        loading.version()
        somebody_saves(engine)
        loading.present_version()
        assert loading.once("what is counted", made) == 1
    assert in_a_run(made) == 2
    assert in_a_run(made) == 2


@pytest.mark.parametrize(("few_lines", "is_shared_longer"), [(0, True), (versions.FEW_LINES, False)])
def test_a_plan_tells_how_long_its_version_is_shared(
    engine: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch, few_lines: int, is_shared_longer: bool
) -> None:
    write_demo(engine, loading.today())
    monkeypatch.setattr(versions, "FEW_LINES", few_lines)
    with versions.one_run():
        loading.plan()
    assert (versions._shared(database_url).lag > 0) == is_shared_longer
