"""Which version of the data a page shows: the present one or, in a large company, that of a few seconds ago.

With many people at work somebody saves every other second, and to make every figure anew for each of them would leave
no time for anything else. So all sessions share one version, which follows the store at most every few seconds where
there are many open lines. Nobody waits for what is his own: a session never sees an earlier version than it has seen or
written, and an import shows at once (docs/decisions/0015-renewal.md). Within one run the version stays the same.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import streamlit as st
from sqlalchemy import Engine
from streamlit.runtime.scriptrunner import get_script_run_ctx

from data_access.changes import Version, current_version

FEW_LINES = 5_000
"""Up to so many open lines every change shows at once."""
LINES_A_SECOND = 20_000
LONGEST_LAG = 15
"""[seconds]: as long as a browser takes to look whether the data changed."""

_LEAST = "least-revision"
_pinned: ContextVar[dict[str, Version] | None] = ContextVar("_pinned", default=None)


@dataclass
class _Shared:
    """What all sessions of one store show at present, since when [seconds], and for how long at least."""

    version: Version | None = None
    since: float = 0.0
    lag: float = 0.0


@contextmanager
def one_run() -> Iterator[None]:
    """A run of a page: what it shows is of one version from its first figure to its last."""
    token = _pinned.set({})
    try:
        yield
    finally:
        _pinned.reset(token)


def pinned(database_url: str) -> Version | None:
    """The version that the run under way shows already; None where it has not asked yet."""
    return (_pinned.get() or {}).get(database_url)


def to_show(database_url: str, engine: Engine) -> Version:
    """The version to show: the one that all share, or the present one where this session knows of a later one."""
    present, shared = current_version(engine), _shared(database_url)
    if shared.version is None or _is_due(shared.version, present, shared):
        shared.version, shared.since = present, time.monotonic()
    version = present if shared.version.data_revision < _least(present.store_id) else shared.version
    _pin(database_url, version)
    return version


def present(database_url: str, engine: Engine) -> Version:
    """The present version, which this session shows from now on."""
    version = current_version(engine)
    _pin(database_url, version)
    return version


def wrote(database_url: str, engine: Engine) -> None:
    """This session has written: it shows what it wrote from now on."""
    present(database_url, engine)


def note_lines(database_url: str, lines: int) -> None:
    """How many lines are open, which tells how long it takes to make the figures of a version."""
    _shared(database_url).lag = 0.0 if lines <= FEW_LINES else min(LONGEST_LAG, lines / LINES_A_SECOND)


def _is_due(shown: Version, now: Version, shared: _Shared) -> bool:
    """Whether all sessions shall follow the store: after an import at once, after a move when the lag is over."""
    if shown == now:
        return False
    return not now.has_facts_of(shown) or time.monotonic() - shared.since >= shared.lag


def _pin(database_url: str, version: Version) -> None:
    pins = _pinned.get()
    if pins is not None:
        pins[database_url] = version
    if get_script_run_ctx() is not None:
        st.session_state[_LEAST] = (version.store_id, version.data_revision)


def _least(store_id: str) -> int:
    """The revision that this session has seen or written of this store, 0 for none."""
    if get_script_run_ctx() is None:
        return 0
    of_store, revision = st.session_state.get(_LEAST, ("", 0))
    return int(revision) if of_store == store_id else 0


@st.cache_resource
def _shared(database_url: str) -> _Shared:  # noqa: ARG001 - one for each store
    return _Shared()
