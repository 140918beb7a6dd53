"""Which version of the data a page shows: the present one or, in a large company, that of a moment ago.

With many people at work somebody saves every other second, and to make every figure anew for each of them would leave
no time for anything else. So all sessions share one version, which follows the store every two or three seconds
where there are many open lines. A session never sees an earlier version than it has seen or written: who saves while
others save too waits for the next one. An import shows at once (docs/decisions/0015-renewal.md). Within one run the
version stays the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar

import streamlit as st
from sqlalchemy import Engine
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.domain.version import Version
from data_access.changes import current_version

FEW_LINES = 5_000
"""Up to so many open lines every change shows at once."""
TIMES_AS_LONG = 40
"""A version is kept so many times as long as its plan took; what all pages make of it takes seven times as long."""
LONGEST_LAG = 10
"""[seconds]"""

_LEAST = "least-revision"
_Made = TypeVar("_Made")


@dataclass
class _Run:
    """What a run of a page shows: the version of each store by its address, and what was made of it for this run.

    is_one: whether all that the run has fetched is of these versions; not so any more where it went on to a later one.
    """

    versions: dict[str, Version] = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)
    is_one: bool = True


_run: ContextVar[_Run | None] = ContextVar("_run", default=None)


@dataclass
class _Shared:
    """What all sessions of one store show at present, since when [seconds], and for how long at least."""

    version: Version | None = None
    since: float = 0.0
    lag: float = 0.0
    lock: Lock = field(default_factory=Lock)

    def followed(self, present: Version) -> tuple[Version, float]:
        """The version to share, which follows the present one where that is due, and the seconds until it is."""
        with self.lock:
            left = self.since + self.lag - time.monotonic()
            if (
                self.version is None
                or not present.has_facts_of(self.version)
                or (self.version != present and left <= 0)
            ):
                self.version, self.since = present, time.monotonic()
            return self.version, max(0.0, left)


@contextmanager
def one_run() -> Iterator[None]:
    """A run of a page: what it shows is of one version from its first figure to its last."""
    token = _run.set(_Run())
    try:
        yield
    finally:
        _run.reset(token)


def pinned(database_url: str) -> Version | None:
    """The version that the run under way shows already; None where it has not asked yet."""
    run = _run.get()
    return run.versions.get(database_url) if run else None


def is_one() -> bool:
    """Whether a run is under way, and all that it has fetched so far is of the version that it shows."""
    run = _run.get()
    return run is not None and run.is_one


def once_a_run(database_url: str, make: Callable[[], _Made]) -> _Made:
    """What is made of the version that the run under way shows: once, as long as it shows that version."""
    run = _run.get()
    if run is None:
        return make()
    if database_url not in run.made:
        run.made[database_url] = make()
    made: _Made = run.made[database_url]
    return made


def to_show(database_url: str, engine: Engine) -> Version:
    """The version that all sessions share; where this one knows of a later one, it waits until they share that."""
    shared = _shared(database_url)
    while True:
        present = current_version(engine)
        version, wait = shared.followed(present)
        if version == present or _least(present.store_id) <= version.data_revision:
            break
        time.sleep(wait)
    _pin(database_url, version)
    return version


def at_least(database_url: str, version: Version) -> None:
    """This session has seen or written that version: from now on it sees none before."""
    if (run := _run.get()) is not None and run.versions.pop(database_url, None):
        run.made.clear()
        run.is_one = False
    _remember(version)


def note_plan(database_url: str, lines: int, seconds: float) -> None:
    """How many lines are open, and how long the processor worked on a plan of them [seconds]: the lag follows from it.

    Not the time by the clock: one plan that was made while much else was done would hold the next savers up.
    """
    _shared(database_url).lag = 0.0 if lines <= FEW_LINES else min(LONGEST_LAG, TIMES_AS_LONG * seconds)


def _pin(database_url: str, version: Version) -> None:
    if (run := _run.get()) is not None:
        run.versions[database_url] = version
    _remember(version)


def _remember(version: Version) -> None:
    if get_script_run_ctx(suppress_warning=True) is not None:
        st.session_state[_LEAST] = (version.store_id, version.data_revision)


def _least(store_id: str) -> int:
    """The revision that this session has seen or written of this store, 0 for none."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return 0
    of_store, revision = st.session_state.get(_LEAST, ("", 0))
    return int(revision) if of_store == store_id else 0


@st.cache_resource
def _shared(database_url: str) -> _Shared:  # noqa: ARG001 - one for each store
    return _Shared()
