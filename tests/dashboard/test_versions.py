"""Which version of the data is shown: the shared one follows the store by its lag, one's own never waits."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import streamlit as st
from sqlalchemy import Engine

from dashboard import versions
from dashboard.domain.version import Version
from data_access.changes import current_version
from data_access.engine import open_store, raise_revision, writing

MANY, PLAN_SECONDS = 100_000, 0.1
"""A plan of so many lines that takes so long is kept for 4 seconds."""


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(versions, "time", clock)
    return clock


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    st.cache_resource.clear()
    yield open_store(database_url)
    st.cache_resource.clear()


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """What one session remembers; another one is this emptied."""
    remembered: dict[str, object] = {}
    monkeypatch.setattr(versions, "get_script_run_ctx", lambda **_: SimpleNamespace())
    monkeypatch.setattr(st, "session_state", remembered)
    return remembered


def move(engine: Engine) -> Version:
    """What a save does to the version."""
    with writing(engine) as connection:
        raise_revision(connection, is_told=True)
    return current_version(engine)


def show(engine: Engine) -> Version:
    return versions.to_show(str(engine.url), engine)


def test_with_few_open_lines_every_change_shows_at_once(engine: Engine, clock: Clock, session: object) -> None:
    versions.note_plan(str(engine.url), versions.FEW_LINES, PLAN_SECONDS)
    show(engine)
    assert show(engine) != (now := move(engine))
    assert show(engine) == now


def test_with_many_lines_what_others_save_shows_when_the_lag_is_over(
    engine: Engine, clock: Clock, session: dict[str, object]
) -> None:
    versions.note_plan(str(engine.url), MANY, PLAN_SECONDS)
    show(engine)
    first = move(engine)
    clock.now += 60
    assert show(engine) == first

    second = move(engine)
    clock.now += 3.9
    assert show(engine) == first
    clock.now += 0.1
    assert show(engine) == second


def test_who_saves_while_others_save_waits_until_all_share_what_he_wrote(
    engine: Engine, clock: Clock, session: dict[str, object]
) -> None:
    url = str(engine.url)
    versions.note_plan(url, MANY, PLAN_SECONDS)
    before = show(engine)
    own = move(engine)
    session.clear()
    clock.now += 1
    assert show(engine) == before
    versions.at_least(url, own)
    start = clock.now
    assert show(engine) == own
    assert clock.now - start == 3
    session.clear()
    assert show(engine) == own


def test_who_saves_alone_does_not_wait(engine: Engine, clock: Clock, session: dict[str, object]) -> None:
    url = str(engine.url)
    versions.note_plan(url, MANY, PLAN_SECONDS)
    show(engine)
    clock.now += 60
    own = move(engine)
    versions.at_least(url, own)
    start = clock.now
    assert (show(engine), clock.now) == (own, start)


def test_an_import_shows_at_once_to_all(engine: Engine, clock: Clock, session: object) -> None:
    versions.note_plan(str(engine.url), MANY, PLAN_SECONDS)
    show(engine)
    with writing(engine) as connection:
        raise_revision(connection)
    assert show(engine) == current_version(engine)


def test_within_one_run_the_version_stays_unless_the_run_writes(engine: Engine, clock: Clock, session: object) -> None:
    url = str(engine.url)
    with versions.one_run():
        assert versions.pinned(url) is None
        shown = show(engine)
        now = move(engine)
        assert versions.pinned(url) == shown
        assert versions.pinned(url) == shown
        versions.at_least(url, now)
        assert versions.pinned(url) is None
        assert show(engine) == now == versions.pinned(url)
    assert versions.pinned(url) is None


@pytest.mark.parametrize(
    ("lines", "seconds", "lag"),
    [(0, 0.001, 0.0), (5_000, 0.2, 0.0), (5_001, 0.0025, 0.1), (100_000, 0.06, 2.4), (1_000_000, 0.7, 10.0)],
)
def test_the_lag_grows_with_the_time_that_a_plan_of_many_lines_takes(
    engine: Engine, lines: int, seconds: float, lag: float
) -> None:
    versions.note_plan(str(engine.url), lines, seconds)
    assert versions._shared(str(engine.url)).lag == pytest.approx(lag)


def test_what_a_run_made_of_its_version_is_made_anew_where_it_goes_on_to_a_later_one(engine: Engine) -> None:
    url = str(engine.url)
    with versions.one_run():
        first = versions.once_a_run(url, lambda: versions.to_show(url, engine))
        assert versions.is_one()
        later = move(engine)
        assert versions.once_a_run(url, lambda: versions.to_show(url, engine)) == first
        versions.at_least(url, later)
        assert versions.once_a_run(url, lambda: versions.to_show(url, engine)) == later
        assert not versions.is_one()
    assert not versions.is_one()
