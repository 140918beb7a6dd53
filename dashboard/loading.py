"""Cached reads for the pages: what depends on the data alone is made once per version of it, for all sessions.

Each is keyed on what it is made from: the supplier statistics do not change with a promise, nor the order history with
a move. Where only moves or promises lie between two versions, what was read is renewed and not read again. Where a kept
day is looked at, all of it is made from what was read then (docs/decisions/0016-as-of.md).
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Hashable
from datetime import date, timedelta
from typing import Any, TypeVar

import pandas as pd
import streamlit as st
from sqlalchemy import Engine

from dashboard import as_of, events, settings, versions
from dashboard.domain import customers, overview
from dashboard.domain.aging import Waits, age_split, age_table, backorder_waits, quarter_of, waits_of
from dashboard.domain.errors import StoreError, StoreUnreachableError
from dashboard.domain.known_customers import known_customers as known_customers_of
from dashboard.domain.ledger import Ledger, date_quality, last_moves, move_history
from dashboard.domain.order_history import HISTORY_DAYS, OrderHistory
from dashboard.domain.overview import Clock
from dashboard.domain.plan import Plan, make_plan
from dashboard.domain.promises import to_promise as to_promise_of
from dashboard.domain.purchasing import Purchasing
from dashboard.domain.restock_list import RestockChoices
from dashboard.domain.restock_list import open_restocks as open_restocks_of
from dashboard.domain.restock_list import restock_choices as restock_choices_of
from dashboard.domain.supplier_lines import open_po_lines as open_po_lines_of
from dashboard.domain.supplier_lines import resting_on, with_resting
from dashboard.domain.supplier_sources import known_sources
from dashboard.domain.suppliers import supplier_statistics
from dashboard.domain.version import Version
from dashboard.moment import Moment, moment_kept, moment_of, version_kept
from data_access.changes import (
    Held,
    Reader,
    book_reader,
    current_version,
    history_reader,
    ledger_reader,
    purchasing_reader,
    read_whole,
    renewed,
)
from data_access.engine import connect, open_store, reach_store
from data_access.imports import row_counts as row_counts_of
from data_access.problems import OF_IMPORTS, OF_MOVES, OF_PROMISES, Problem, data_problems, in_order
from data_access.snapshots import (
    Snapshot,
    read_book_of,
    read_decisions_of,
    read_ledger_of,
    read_order_history_of,
    read_problems_of,
    read_purchasing_of,
    read_row_counts_of,
    whole_days,
    whole_snapshot,
)

_Made, _Read = TypeVar("_Made"), TypeVar("_Read")

KEPT_READS = 14
"""So many of the seven reads of kept days are held at once: all of two days, most of three."""
SMALL, LARGE = 120, 12
"""So many small things are held at once, such as sentences, choices and charts; and of those as long as the backlog."""


def store() -> Engine:
    """The store of the settings, ready to use; made if it is not there when the program starts, never later.

    A run that shows a version of it has reached it already. Raises StoreError.
    """
    url = settings.database_url()
    _open_once(url)
    return connect(url) if versions.pinned(url) else reach_store(url)


def snapshot() -> Snapshot | None:
    """The kept day that this run looks at, None for the present. Raises NoSnapshotError where it is not kept whole."""
    asked = as_of.asked()
    return as_of.fixed() or (whole_snapshot(store(), asked) if asked else None)


def kept_days() -> list[date]:
    """The days that can be looked at, latest first."""
    return whole_days(store())


def version() -> Version:
    """The version of the data that this run shows: what all that is cached here is keyed on."""
    url, kept = settings.database_url(), snapshot()
    if kept is not None:
        return events.at_version(version_kept(kept))
    _open_once(url)
    return events.at_version(versions.pinned(url) or versions.to_show(url, connect(url)))


def present_version() -> Version:
    """The version of this very moment, or a later one: what this session shows from now on."""
    wrote()
    return version()


def wrote() -> None:
    """This session has written, or asks for what others wrote: its next run shows that."""
    url = settings.database_url()
    _open_once(url)
    versions.at_least(url, current_version(connect(url)))


def is_newer_than(shown: Version | None) -> bool:
    """Whether the store holds a later version than the one that is shown; a page that is being drawn shows its own."""
    url = settings.database_url()
    _open_once(url)
    return (versions.pinned(url) or current_version(connect(url))) != shown


def answers() -> bool:
    """Whether the store answers; whatever else may be wrong with it is for the page to say."""
    try:
        reach_store(settings.database_url())
    except StoreError as error:
        return not isinstance(error, StoreUnreachableError)
    return True


def moment() -> Moment:
    """The moment that this run shows: its version, day and rules, the same from its first figure to its last."""
    url, kept = settings.database_url(), snapshot()
    if kept is not None:
        return moment_kept(url, version(), kept)
    return versions.once_a_run(url, lambda: moment_of(url, version()))


def today() -> date:
    """The day that the figures are of."""
    kept = snapshot()
    return settings.today() if kept is None else kept.snapshot_date


def age_buckets() -> tuple[int, ...]:
    """The last day of each age bucket but the open one [days], as they were on that day."""
    kept = snapshot()
    return settings.age_buckets() if kept is None else kept.rules.age_buckets


def risk_weights() -> dict[str, float]:
    """What each piece of evidence weighs in a customer's risk score, as it did on that day."""
    kept = snapshot()
    return settings.risk_weights() if kept is None else dict(kept.rules.risk_weights)


def plan() -> Plan:
    """The plan of the present data, shared by all sessions: take columns from its frames, never write to them."""
    shown = moment()
    return _plan(shown.whole, shown)


def order_history() -> OrderHistory:
    """The order history of the present data, two years back, shared by all sessions: never write to its frames."""
    shown = moment()
    return _order_history(shown.promised, shown)


def day_sentence() -> str:
    """The sentence of the day of the present data."""
    shown = moment()
    return _day_sentence(shown.whole, shown)


def decisions() -> pd.DataFrame:
    """What needs a decision now by the present data: one row per decision."""
    shown = moment()
    return _decisions(shown.whole, shown)


def totals() -> pd.DataFrame:
    """Where the present data stands: one row per concept."""
    shown = moment()
    return _totals(shown.whole, shown)


def by_state() -> pd.DataFrame:
    """The backlog of the present data by state: one row per state."""
    shown = moment()
    return _by_state(shown.whole, shown)


def costly_suppliers() -> pd.DataFrame:
    """Whose purchase orders cost the most days by the present data: one row per supplier, most first."""
    shown = moment()
    return _costly_suppliers(shown.whole, shown)


def ages() -> pd.DataFrame:
    """How old the backlog of the present data is: one row per clock and bucket."""
    shown = moment()
    return _ages(shown.whole, shown)


def ages_by(clock: Clock, split: str) -> pd.DataFrame:
    """What each age bucket of the present data is made of: one row per bucket and group of the split."""
    shown = moment()
    return _ages_by(shown.whole, shown, clock, split)


def waits() -> tuple[Waits, Waits]:
    """How long backorders last by the present data: of this quarter, and of the one before."""
    shown = moment()
    return _waits(shown.promised, shown)


def customer_risk() -> pd.DataFrame:
    """The customers at risk of the present data, shared by all sessions: never write to it."""
    shown = moment()
    return _customer_risk(shown.whole, shown)


def known_customers() -> pd.DataFrame:
    """Every customer of the present data, those at risk first: one row each."""
    shown = moment()
    return _known_customers(shown.whole, shown)


def purchasing() -> Purchasing:
    """Purchase-order lines and receipts of the present data, shared by all sessions: never write to its frames."""
    shown = moment()
    return _purchasing(shown.moved, shown)


def ledger() -> Ledger:
    """Every move and every change of a due date of the present data, shared by all sessions: never write to it."""
    shown = moment()
    return _ledger(shown.moved, shown)


def moves() -> pd.DataFrame:
    """All moves of the present data, latest first, shared by all sessions: never write to it."""
    shown = moment()
    return _moves(shown.moved, shown)


def our_dates() -> pd.DataFrame:
    """How each of our own dates turned out by the present data, shared by all sessions: never write to it."""
    shown = moment()
    return _our_dates(shown.moved, shown)


def open_po_lines() -> pd.DataFrame:
    """What is still to come at the present data, and what hangs on it: one row per open purchase-order line."""
    shown = moment()
    return _open_po_lines(shown.whole, shown)


def supplier_figures(window_days: int) -> pd.DataFrame:
    """How far each supplier can be relied on, and what rests on it: one row per supplier, the most reliable first."""
    shown = moment()
    return _supplier_figures(shown.whole, shown, window_days)


def open_restocks() -> pd.DataFrame:
    """What is still to come, with its last move: one row per purchase-order line or planned restock; never write."""
    shown = moment()
    return _open_restocks(shown.whole, shown)


def to_promise() -> pd.DataFrame:
    """The lines of the present data whose promise wants a decision, shared by all sessions: never write to it."""
    shown = moment()
    return _to_promise(shown.whole, shown)


def restock_choices() -> RestockChoices:
    """What the list of what is still to come can be narrowed down to by the present data; never write to it."""
    shown = moment()
    return _restock_choices(shown.whole, shown)


def row_counts() -> dict[str, int]:
    """How many rows the store holds of each table that can be imported."""
    shown = moment()
    return _row_counts(shown.facts, shown)


def once(what: str, make: Callable[[], _Made], *by: Hashable, is_large: bool = False) -> _Made:
    """What is made of the present data alone, once for all sessions, and that nobody writes to.

    what: its name, which nothing else has. by: all else that it depends on but the currency, such as a choice on the
    page. It is made for this run alone where a save has brought a later version in its midst: what it is made from may
    be of the one before. is_large: whether it is as long as the backlog, so that few of its kind are held.
    """
    if not versions.is_one():
        return make()
    held = _once_large if is_large else _once
    made: _Made = held(moment().whole, what, (settings.currency(), *by), make)
    return made


def problems() -> list[Problem]:
    """The data problems of the present data."""
    shown = moment()
    if shown.snapshot is not None:
        return _of_day(read_problems_of, shown, shown.snapshot)
    marks = {OF_IMPORTS: shown.facts, OF_MOVES: shown.moved, OF_PROMISES: shown.promised}
    return in_order(problem for depends_on, mark in marks.items() for problem in _problems(mark, shown, depends_on))


def kept_decisions(kept: Snapshot) -> pd.DataFrame:
    """The decisions as they stood on a kept day, shared by all sessions: never write to it."""
    return _of_day(read_decisions_of, moment(), kept)


@functools.cache
def _open_once(database_url: str) -> None:
    """A refusal is not remembered: the next call tries again."""
    open_store(database_url)


@st.cache_resource
def _latest() -> dict[tuple[str, str], tuple[date, Held[Any]]]:
    """What was read last of each kind, with the day that it was read for: where renewing begins."""
    return {}


def _up_to_date(kind: str, moment: Moment, reader: Reader[_Read]) -> _Read:
    """What a reader brings at a version not before the moment's: what was read last, renewed, where that will do."""
    engine, slot = reach_store(moment.url), (moment.url, kind)
    day, last = _latest().get(slot, (None, None))
    found = renewed(engine, reader, last) if last is not None and day == moment.today else None
    if found is None:
        found = read_whole(engine, reader)
    _latest()[slot] = moment.today, found
    return found[1]


# What is cached is made from the moment; its mark, which comes first, is the key.
# ruff: noqa: ARG001


@st.cache_resource(max_entries=KEPT_READS, show_spinner="Reading the kept day ...")
@events.timed
def _kept(mark: str, what: str, _read: Callable[[Engine, Snapshot], Any], _url: str, _snapshot: Snapshot) -> Any:
    return _read(reach_store(_url), _snapshot)


def _of_day(read: Callable[[Engine, Snapshot], _Read], moment: Moment, snapshot: Snapshot) -> _Read:
    """What a reader of kept days brings of this one: held apart from what is read of the present."""
    found: _Read = _kept(moment.whole, read.__name__, read, moment.url, snapshot)
    return found


@st.cache_resource(max_entries=SMALL, show_spinner=False)
def _once(mark: str, what: str, by: tuple[Hashable, ...], _make: Callable[[], Any]) -> Any:
    return events.timed(_make, what)()


@st.cache_resource(max_entries=LARGE, show_spinner=False)
def _once_large(mark: str, what: str, by: tuple[Hashable, ...], _make: Callable[[], Any]) -> Any:
    return events.timed(_make, what)()


@st.cache_resource(max_entries=4, show_spinner="Reading the open lines ...")
@events.timed
def _plan(mark: str, _moment: Moment) -> Plan:
    if _moment.snapshot is not None:
        return make_plan(_of_day(read_book_of, _moment, _moment.snapshot), _moment.priority_rule)
    book = _up_to_date("book", _moment, book_reader(_moment.today))
    start = time.thread_time()
    plan = make_plan(book, _moment.priority_rule)
    versions.note_plan(_moment.url, len(book.lines), time.thread_time() - start)
    return plan


@st.cache_resource(max_entries=2, show_spinner="Reading the order history ...")
@events.timed
def _order_history(mark: str, _moment: Moment) -> OrderHistory:
    if _moment.snapshot is not None:
        return _of_day(read_order_history_of, _moment, _moment.snapshot)
    since = _moment.today - timedelta(days=HISTORY_DAYS)
    return _up_to_date("order history", _moment, history_reader(_moment.today, since))


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _day_sentence(mark: str, _moment: Moment) -> str:
    plan = _plan(_moment.whole, _moment)
    return overview.day_sentence(plan.backlog, is_empty_store=plan.book.is_empty)


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _decisions(mark: str, _moment: Moment) -> pd.DataFrame:
    return overview.decisions(_plan(_moment.whole, _moment).backlog)


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _totals(mark: str, _moment: Moment) -> pd.DataFrame:
    return overview.totals(_plan(_moment.whole, _moment).backlog)


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _by_state(mark: str, _moment: Moment) -> pd.DataFrame:
    return overview.by_state(_plan(_moment.whole, _moment).backlog)


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _costly_suppliers(mark: str, _moment: Moment) -> pd.DataFrame:
    plan = _plan(_moment.whole, _moment)
    return overview.costly_suppliers(plan.backlog, plan.allocation)


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _ages(mark: str, _moment: Moment) -> pd.DataFrame:
    return age_table(_plan(_moment.whole, _moment).backlog, _moment.age_buckets)


@st.cache_resource(max_entries=40, show_spinner=False)
@events.timed
def _ages_by(mark: str, _moment: Moment, clock: Clock, split: str) -> pd.DataFrame:
    return age_split(_plan(_moment.whole, _moment).backlog, _moment.age_buckets, clock, split)


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _waits(mark: str, _moment: Moment) -> tuple[Waits, Waits]:
    history = _order_history(_moment.promised, _moment)
    waits, quarter = backorder_waits(history.lines, history.shipments, _moment.today), quarter_of(_moment.today)
    return waits_of(quarter, waits), waits_of(quarter.before, waits)


@st.cache_resource(max_entries=2, show_spinner="Reading purchase orders and receipts ...")
@events.timed
def _purchasing(mark: str, _moment: Moment) -> Purchasing:
    if _moment.snapshot is not None:
        return _of_day(read_purchasing_of, _moment, _moment.snapshot)
    return _up_to_date("purchasing", _moment, purchasing_reader())


@st.cache_resource(max_entries=2, show_spinner="Reading the history of moves ...")
@events.timed
def _ledger(mark: str, _moment: Moment) -> Ledger:
    if _moment.snapshot is not None:
        return _of_day(read_ledger_of, _moment, _moment.snapshot)
    return _up_to_date(f"ledger, {_moment.zone}", _moment, ledger_reader(_moment.zone))


@st.cache_resource(max_entries=2, show_spinner=False)
@events.timed
def _moves(mark: str, _moment: Moment) -> pd.DataFrame:
    return move_history(_ledger(_moment.moved, _moment))


@st.cache_resource(max_entries=2, show_spinner=False)
@events.timed
def _our_dates(mark: str, _moment: Moment) -> pd.DataFrame:
    return date_quality(_ledger(_moment.moved, _moment), _purchasing(_moment.moved, _moment), _moment.today)


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _open_po_lines(mark: str, _moment: Moment) -> pd.DataFrame:
    return open_po_lines_of(_plan(_moment.whole, _moment))


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _open_restocks(mark: str, _moment: Moment) -> pd.DataFrame:
    return open_restocks_of(_plan(_moment.whole, _moment), last_moves(_ledger(_moment.moved, _moment)))


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _to_promise(mark: str, _moment: Moment) -> pd.DataFrame:
    return to_promise_of(_plan(_moment.whole, _moment).backlog)


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _restock_choices(mark: str, _moment: Moment) -> RestockChoices:
    return restock_choices_of(_open_restocks(_moment.whole, _moment))


@st.cache_resource(max_entries=12, show_spinner=False)
@events.timed
def _supplier_figures(mark: str, _moment: Moment, window_days: int) -> pd.DataFrame:
    statistics = supplier_statistics(_purchasing(_moment.moved, _moment), _moment.today, window_days)
    return with_resting(statistics, _resting(_moment.whole, _moment))


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _resting(mark: str, _moment: Moment) -> pd.DataFrame:
    sources = known_sources(_plan(_moment.whole, _moment).book, _purchasing(_moment.moved, _moment))
    return resting_on(_open_po_lines(_moment.whole, _moment), sources)


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _row_counts(mark: str, _moment: Moment) -> dict[str, int]:
    if _moment.snapshot is not None:
        return _of_day(read_row_counts_of, _moment, _moment.snapshot)
    return row_counts_of(reach_store(_moment.url))


@st.cache_resource(max_entries=12, show_spinner="Looking for data problems ...")
@events.timed
def _problems(mark: str, _moment: Moment, depends_on: str) -> list[Problem]:
    return data_problems(reach_store(_moment.url), _moment.today, depends_on)


@st.cache_resource(max_entries=4, show_spinner="Weighing what is at risk ...")
@events.timed
def _customer_risk(mark: str, _moment: Moment) -> pd.DataFrame:
    backlog, history = _plan(_moment.whole, _moment).backlog, _order_history(_moment.promised, _moment)
    return customers.customer_risk(backlog, history, _moment.today, dict(_moment.risk_weights))


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _known_customers(mark: str, _moment: Moment) -> pd.DataFrame:
    book = _plan(_moment.whole, _moment).book
    lines = _order_history(_moment.promised, _moment).lines
    return known_customers_of(book.customers, lines, _customer_risk(_moment.whole, _moment))
