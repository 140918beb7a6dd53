"""What the review shows: the days that are kept, two of them laid side by side, and the trend; cached for all sessions.

What is now is known by the mark of the moment, which no decision changes, a kept day by its snapshot and when it was
taken: a snapshot raises no revision, since it changes no figure.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import streamlit as st

from dashboard import deciding, events, jobs, loading, settings
from dashboard.domain import trend as trends
from dashboard.domain.bridge import Comparison, State, gone_between, state_of, week_sentence
from dashboard.domain.redated import redated_lines
from dashboard.domain.suppliers import DEFAULT_WINDOW_DAYS, supplier_statistics
from dashboard.jobs import Job
from data_access.engine import reach_store
from data_access.reviews import Review
from data_access.reviews import reviews as read_reviews
from data_access.snapshots import (
    Snapshot,
    left_between,
    read_ledger_of,
    read_purchasing_of,
    read_state,
    totals_over_time,
)
from data_access.snapshots import snapshots as read_snapshots

WEEK_DAYS = 7
"""How far back a review looks that has none before it."""
StateKey = tuple[str | int | datetime, ...]


@dataclass(frozen=True)
class Pair:
    """The two states that are compared: a kept day with a later one, or with now (None)."""

    opening: Snapshot
    closing: Snapshot | None

    @property
    def opening_day(self) -> date:
        """The day of the first."""
        return self.opening.snapshot_date

    @property
    def closing_day(self) -> date:
        """The day of the second."""
        return loading.today() if self.closing is None else self.closing.snapshot_date

    @property
    def closing_kept(self) -> Snapshot | None:
        """The second as it is kept; None where it is the present."""
        return loading.snapshot() if self.closing is None else self.closing

    @property
    def key(self) -> tuple[StateKey, StateKey]:
        """What tells this pair from every other, and from itself at another version of the data."""
        return _key(self.opening), _key(self.closing)


def snapshots() -> list[Snapshot]:
    """The days that are kept, oldest first, up to the one that is looked at; those with totals alone among them."""
    return [each for each in read_snapshots(loading.store()) if each.snapshot_date <= loading.today()]


def review_of_today() -> Review | None:
    """The review that was opened today."""
    today = loading.today()
    return next((each for each in _reviews() if each.review_date == today), None)


def kept_before_the_close() -> datetime | None:
    """When the day that is looked at was kept, where its review went on after that: in the company's zone of that day.

    None for the present, and for a day that was kept when its review was closed, or on which none was held.
    """
    kept = loading.snapshot()
    if kept is None:
        return None
    held = next((each for each in read_reviews(loading.store()) if each.review_date == kept.snapshot_date), None)
    if held is None or (held.closed_at is not None and held.closed_at <= kept.taken_at):
        return None
    return kept.taken_at.replace(tzinfo=UTC).astimezone(kept.rules.zone)


def usual_opening(kept: Sequence[Snapshot], closing_day: date) -> Snapshot | None:
    """The day that a review of this day compares with, unless another is asked for, of those that are kept whole.

    That of the review of this day; else of the last review before; else the last one a week before; else the earliest.
    """
    earlier = {each.snapshot_date: each for each in kept if each.is_whole and each.snapshot_date < closing_day}
    present = review_of_today()
    if present is not None and present.review_date == closing_day and present.compared_date in earlier:
        return earlier[present.compared_date]
    last = max((each.review_date for each in _reviews() if each.review_date < closing_day), default=None)
    if last in earlier:
        return earlier[last]
    week_before = [day for day in earlier if day <= closing_day - timedelta(days=WEEK_DAYS)]
    return earlier[max(week_before)] if week_before else next((earlier[day] for day in sorted(earlier)), None)


def sentence(pair: Pair) -> str:
    """What changed between the two, as plain text."""
    return _sentence(*_where(), pair.key, pair)


def bridge(pair: Pair, part: str, split: str | None = None) -> pd.DataFrame:
    """From the one to the other in steps: one row per step, and per group with a split. Never write to it."""
    return _bridge(*_where(), pair.key, part, split, pair)


def step_lines(pair: Pair, part: str, step: str, split: str | None = None, group: str | None = None) -> pd.DataFrame:
    """The lines behind one step of the bridge, of one group alone with a split: one row each. Never write to it."""
    return _step_lines(*_where(), pair.key, part, step, split, group, pair)


def redated(pair: Pair) -> pd.DataFrame:
    """The lines that are expected on another day: one row each, the worst slip first. Never write to it."""
    return _redated(*_where(), pair.key, pair)


def totals(pair: Pair) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Where both stand: one row per concept of the Overview, by concept; the columns of dashboard.domain.overview."""
    over_time = _over_time()
    then = _totals_of(over_time, pair.opening)
    return then, loading.totals().set_index("concept") if pair.closing is None else _totals_of(over_time, pair.closing)


def trend() -> pd.DataFrame:
    """How the backlog went from week to week, up to now: one row per week of which a day is kept, and the present one.

    Empty where no day is kept. Never write to it.
    """
    kept = tuple((each.snapshot_id, each.taken_at) for each in snapshots())
    return _trend(*_where(), _key(None), deciding.mark(), kept, settings.week_start())


def worse_suppliers(opening: Snapshot | None) -> pd.DataFrame:
    """The suppliers that are getting worse by the present data: one row each, told which of them are so anew."""
    return _worse_suppliers(*_where(), loading.moment().moved, opening and _key(opening), opening)


def keep_today(by: str) -> Job:
    """Have the state of today kept by a process beside the server, which nobody has to wait for.

    by: who asked for it, and was found to be an editor: the process itself knows the user of the machine alone.
    """
    surroundings = {
        "BACKORDERS_DATABASE_URL": settings.database_url(), "BACKORDERS_TODAY": settings.today().isoformat(),
        "BACKORDERS_ROLE": "editor",
    }  # fmt: skip
    return jobs.start(_job_name(), ["snapshot", f"--by={by}"], os.environ | surroundings)


def keeping() -> Job | None:
    """The keeping of the state of today, at work or over; None where it was not asked for."""
    return jobs.of(_job_name())


def forget_keeping() -> None:
    """It is over and told."""
    jobs.forget(_job_name())


def _job_name() -> str:
    return f"snapshot of {settings.today()} in {settings.database_url()}"


def _where() -> tuple[str]:
    return (settings.database_url(),)


def _key(state: Snapshot | None) -> StateKey:
    if state is None:
        return "now", loading.moment().whole
    return state.snapshot_id, state.taken_at, state.data_revision


def _reviews() -> list[Review]:
    """The reviews, oldest first; of a kept day as they were known then: opened, and closed, before it was taken."""
    found, kept = read_reviews(loading.store()), loading.snapshot()
    if kept is None:
        return found
    is_closed = [each.closed_at is not None and each.closed_at <= kept.taken_at for each in found]
    return [
        each if was_closed else replace(each, closed_by="", closed_at=None)
        for each, was_closed in zip(found, is_closed, strict=True)
        if each.opened_at <= kept.taken_at
    ]


def _over_time() -> pd.DataFrame:
    """The totals of the days that are kept, up to the one that is looked at."""
    over_time = totals_over_time(loading.store())
    return over_time[over_time["snapshot_date"] <= pd.Timestamp(loading.today())].reset_index(drop=True)


def _totals_of(over_time: pd.DataFrame, snapshot: Snapshot) -> pd.DataFrame:
    is_of_it = over_time["snapshot_date"] == pd.Timestamp(snapshot.snapshot_date)
    return over_time[is_of_it].set_index("concept")


# What is behind the underscore is made anew from what the key tells.
# ruff: noqa: ARG001


@st.cache_resource(max_entries=4, show_spinner="Reading the kept day ...")
@events.timed
def _kept_state(database_url: str, key: StateKey, _snapshot: Snapshot) -> State:
    return read_state(reach_store(database_url), _snapshot)


@st.cache_resource(max_entries=2, show_spinner=False)
@events.timed
def _present_state(database_url: str, key: StateKey) -> State:
    return state_of(loading.plan())


@st.cache_resource(max_entries=4, show_spinner="Comparing the two days ...")
@events.timed
def _comparison(database_url: str, key: tuple[StateKey, StateKey], _pair: Pair) -> Comparison:
    opening = _kept_state(database_url, key[0], _pair.opening)
    closing = (
        _present_state(database_url, key[1])
        if _pair.closing is None
        else _kept_state(database_url, key[1], _pair.closing)
    )
    gone = gone_between(opening, closing)
    left = left_between(reach_store(database_url), _pair.opening, _pair.closing_kept, gone)
    return Comparison(opening, closing, left)


@st.cache_resource(max_entries=24, show_spinner=False)
@events.timed
def _bridge(
    database_url: str, key: tuple[StateKey, StateKey], part: str, split: str | None, _pair: Pair
) -> pd.DataFrame:
    return _comparison(database_url, key, _pair).bridge(part, split)


@st.cache_resource(max_entries=8, show_spinner="Looking for its lines ...")
@events.timed
def _step_lines(
    database_url: str,
    key: tuple[StateKey, StateKey],
    part: str,
    step: str,
    split: str | None,
    group: str | None,
    _pair: Pair,
) -> pd.DataFrame:
    return _comparison(database_url, key, _pair).lines(part, split, step=step, group=group)


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _redated(database_url: str, key: tuple[StateKey, StateKey], _pair: Pair) -> pd.DataFrame:
    compared = _comparison(database_url, key, _pair)
    kept = _pair.closing
    ledger = loading.ledger() if kept is None else read_ledger_of(reach_store(database_url), kept)
    return redated_lines(compared.opening, compared.closing, ledger.moves)


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _sentence(database_url: str, key: tuple[StateKey, StateKey], _pair: Pair) -> str:
    whole = [_bridge(database_url, key, part, None, _pair) for part in ("open", "backordered")]
    return week_sentence(*whole, _redated(database_url, key, _pair))


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _trend(
    database_url: str, key: StateKey, decided: str, kept: tuple[tuple[int, datetime], ...], week_start: int
) -> pd.DataFrame:
    over_time = trends.with_now(
        _over_time(), loading.today(), loading.totals(), loading.plan().backlog,
        loading.supplier_figures(DEFAULT_WINDOW_DAYS),
    )  # fmt: skip
    return trends.trend(over_time, loading.ledger().moves, deciding.decisions(), week_start)


@st.cache_resource(max_entries=4, show_spinner="Reading the kept day ...")
@events.timed
def _statistics_of(database_url: str, key: StateKey, _snapshot: Snapshot) -> pd.DataFrame:
    bought = read_purchasing_of(reach_store(database_url), _snapshot)
    return supplier_statistics(bought, _snapshot.snapshot_date)


@st.cache_resource(max_entries=2, show_spinner="Comparing the suppliers ...")
@events.timed
def _worse_suppliers(
    database_url: str, mark: str, opening_key: StateKey | None, _opening: Snapshot | None
) -> pd.DataFrame:
    before = None
    if _opening is not None and opening_key is not None:
        before = _statistics_of(database_url, opening_key, _opening)
    return trends.worse_suppliers(loading.supplier_figures(DEFAULT_WINDOW_DAYS), before)
