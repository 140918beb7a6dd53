"""Cached reads for the pages: what depends on the data alone is made once per version of it, for all sessions."""

from __future__ import annotations

import functools
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st
from sqlalchemy import Engine

from dashboard import events, settings
from dashboard.domain import customers, overview
from dashboard.domain.aging import Waits, age_split, age_table, backorder_waits, quarter_of, waits_of
from dashboard.domain.known_customers import known_customers as known_customers_of
from dashboard.domain.ledger import Ledger, date_quality, last_moves, move_history
from dashboard.domain.order_history import HISTORY_DAYS, OrderHistory
from dashboard.domain.overview import Clock
from dashboard.domain.plan import Plan, make_plan
from dashboard.domain.purchasing import Purchasing
from dashboard.domain.restock_list import open_restocks as open_restocks_of
from dashboard.domain.supplier_lines import open_po_lines as open_po_lines_of
from dashboard.domain.supplier_lines import resting_on, with_resting
from dashboard.domain.supplier_sources import known_sources
from dashboard.domain.suppliers import supplier_statistics
from data_access.book import current_version, read_book
from data_access.engine import open_store, reach_store
from data_access.imports import row_counts as row_counts_of
from data_access.ledger import read_ledger
from data_access.order_history import read_order_history
from data_access.problems import Problem, data_problems
from data_access.purchasing import read_purchasing


def store() -> Engine:
    """The store of the settings, ready to use; made if it is not there when the program starts, never later.

    Raises StoreError.
    """
    _open_once(settings.database_url())
    return reach_store(settings.database_url())


def version() -> str:
    """What tells the present state of the store from every other: what all that is cached here is keyed on."""
    return events.at_version(current_version(store()))


def plan() -> Plan:
    """The plan of the present data, shared by all sessions: take columns from its frames, never write to them."""
    return _plan(*_plan_key())


def order_history() -> OrderHistory:
    """The order history of the present data, two years back, shared by all sessions: never write to its frames."""
    return _order_history(settings.database_url(), version(), settings.today())


def day_sentence() -> str:
    """The sentence of the day of the present data."""
    return _day_sentence(*_plan_key())


def decisions() -> pd.DataFrame:
    """What needs a decision now by the present data: one row per decision."""
    return _decisions(*_plan_key())


def totals() -> pd.DataFrame:
    """Where the present data stands: one row per concept."""
    return _totals(*_plan_key())


def by_state() -> pd.DataFrame:
    """The backlog of the present data by state: one row per state."""
    return _by_state(*_plan_key())


def costly_suppliers() -> pd.DataFrame:
    """Whose purchase orders cost the most days by the present data: one row per supplier, most first."""
    return _costly_suppliers(*_plan_key())


def ages() -> pd.DataFrame:
    """How old the backlog of the present data is: one row per clock and bucket."""
    return _ages(*_plan_key(), settings.age_buckets())


def ages_by(clock: Clock, split: str) -> pd.DataFrame:
    """What each age bucket of the present data is made of: one row per bucket and group of the split."""
    return _ages_by(*_plan_key(), settings.age_buckets(), clock, split)


def waits() -> tuple[Waits, Waits]:
    """How long backorders last by the present data: of this quarter, and of the one before."""
    return _waits(settings.database_url(), version(), settings.today())


def customer_risk() -> pd.DataFrame:
    """The customers at risk of the present data, shared by all sessions: never write to it."""
    return _customer_risk(*_risk_key())


def known_customers() -> pd.DataFrame:
    """Every customer of the present data, those at risk first: one row each."""
    return _known_customers(*_risk_key())


def purchasing() -> Purchasing:
    """Purchase-order lines and receipts of the present data, shared by all sessions: never write to its frames."""
    return _purchasing(settings.database_url(), version())


def ledger() -> Ledger:
    """Every move and every change of a due date of the present data, shared by all sessions: never write to it."""
    return _ledger(settings.database_url(), version(), settings.time_zone())


def moves() -> pd.DataFrame:
    """All moves of the present data, latest first, shared by all sessions: never write to it."""
    return _moves(settings.database_url(), version(), settings.time_zone())


def our_dates() -> pd.DataFrame:
    """How each of our own dates turned out by the present data, shared by all sessions: never write to it."""
    return _our_dates(settings.database_url(), version(), settings.today(), settings.time_zone())


def open_po_lines() -> pd.DataFrame:
    """What is still to come at the present data, and what hangs on it: one row per open purchase-order line."""
    return _open_po_lines(*_plan_key())


def supplier_figures(window_days: int) -> pd.DataFrame:
    """How far each supplier can be relied on, and what rests on it: one row per supplier, the most reliable first."""
    return _supplier_figures(*_plan_key(), window_days)


def open_restocks() -> pd.DataFrame:
    """What is still to come, with its last move: one row per purchase-order line or planned restock; never write."""
    return _open_restocks(*_plan_key())


def row_counts() -> dict[str, int]:
    """How many rows the store holds of each table."""
    return _row_counts(settings.database_url(), version())


def problems() -> list[Problem]:
    """The data problems of the present data."""
    return _problems(settings.database_url(), version(), settings.today())


def _plan_key() -> tuple[str, str, date, tuple[str, ...]]:
    return settings.database_url(), version(), settings.today(), settings.priority_rule()


def _risk_key() -> tuple[str, str, date, tuple[str, ...], tuple[tuple[str, float], ...]]:
    return *_plan_key(), tuple(settings.risk_weights().items())


@functools.cache
def _open_once(database_url: str) -> None:
    """A refusal is not remembered: the next call tries again."""
    open_store(database_url)


# The version is no argument that the work needs: it is the key.
# ruff: noqa: ARG001


@st.cache_resource(max_entries=4, show_spinner="Reading the open lines ...")
@events.timed
def _plan(database_url: str, version: str, today: date, rule: tuple[str, ...]) -> Plan:
    return make_plan(read_book(reach_store(database_url), today), rule)


@st.cache_resource(max_entries=2, show_spinner="Reading the order history ...")
@events.timed
def _order_history(database_url: str, version: str, today: date) -> OrderHistory:
    return read_order_history(reach_store(database_url), today, today - timedelta(days=HISTORY_DAYS))


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _day_sentence(database_url: str, version: str, today: date, rule: tuple[str, ...]) -> str:
    plan = _plan(database_url, version, today, rule)
    return overview.day_sentence(plan.backlog, is_empty_store=plan.book.is_empty)


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _decisions(database_url: str, version: str, today: date, rule: tuple[str, ...]) -> pd.DataFrame:
    return overview.decisions(_plan(database_url, version, today, rule).backlog)


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _totals(database_url: str, version: str, today: date, rule: tuple[str, ...]) -> pd.DataFrame:
    return overview.totals(_plan(database_url, version, today, rule).backlog)


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _by_state(database_url: str, version: str, today: date, rule: tuple[str, ...]) -> pd.DataFrame:
    return overview.by_state(_plan(database_url, version, today, rule).backlog)


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _costly_suppliers(database_url: str, version: str, today: date, rule: tuple[str, ...]) -> pd.DataFrame:
    plan = _plan(database_url, version, today, rule)
    return overview.costly_suppliers(plan.backlog, plan.allocation)


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _ages(
    database_url: str, version: str, today: date, rule: tuple[str, ...], buckets: tuple[int, ...]
) -> pd.DataFrame:
    return age_table(_plan(database_url, version, today, rule).backlog, buckets)


@st.cache_resource(max_entries=40, show_spinner=False)
@events.timed
def _ages_by(
    database_url: str,
    version: str,
    today: date,
    rule: tuple[str, ...],
    buckets: tuple[int, ...],
    clock: Clock,
    split: str,
) -> pd.DataFrame:
    return age_split(_plan(database_url, version, today, rule).backlog, buckets, clock, split)


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _waits(database_url: str, version: str, today: date) -> tuple[Waits, Waits]:
    history = _order_history(database_url, version, today)
    waits, quarter = backorder_waits(history.lines, history.shipments, today), quarter_of(today)
    return waits_of(quarter, waits), waits_of(quarter.before, waits)


@st.cache_resource(max_entries=2, show_spinner="Reading purchase orders and receipts ...")
@events.timed
def _purchasing(database_url: str, version: str) -> Purchasing:
    return read_purchasing(reach_store(database_url))


@st.cache_resource(max_entries=2, show_spinner="Reading the history of moves ...")
@events.timed
def _ledger(database_url: str, version: str, zone: ZoneInfo) -> Ledger:
    return read_ledger(reach_store(database_url), zone)


@st.cache_resource(max_entries=2, show_spinner=False)
@events.timed
def _moves(database_url: str, version: str, zone: ZoneInfo) -> pd.DataFrame:
    return move_history(_ledger(database_url, version, zone))


@st.cache_resource(max_entries=2, show_spinner=False)
@events.timed
def _our_dates(database_url: str, version: str, today: date, zone: ZoneInfo) -> pd.DataFrame:
    return date_quality(_ledger(database_url, version, zone), _purchasing(database_url, version), today)


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _open_po_lines(database_url: str, version: str, today: date, rule: tuple[str, ...]) -> pd.DataFrame:
    return open_po_lines_of(_plan(database_url, version, today, rule))


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _open_restocks(database_url: str, version: str, today: date, rule: tuple[str, ...]) -> pd.DataFrame:
    return open_restocks_of(_plan(database_url, version, today, rule), last_moves(ledger()))


@st.cache_resource(max_entries=12, show_spinner=False)
@events.timed
def _supplier_figures(
    database_url: str, version: str, today: date, rule: tuple[str, ...], window_days: int
) -> pd.DataFrame:
    statistics = supplier_statistics(_purchasing(database_url, version), today, window_days)
    return with_resting(statistics, _resting(database_url, version, today, rule))


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _resting(database_url: str, version: str, today: date, rule: tuple[str, ...]) -> pd.DataFrame:
    sources = known_sources(_plan(database_url, version, today, rule).book, _purchasing(database_url, version))
    return resting_on(_open_po_lines(database_url, version, today, rule), sources)


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _row_counts(database_url: str, version: str) -> dict[str, int]:
    return row_counts_of(reach_store(database_url))


@st.cache_resource(max_entries=4, show_spinner="Looking for data problems ...")
@events.timed
def _problems(database_url: str, version: str, today: date) -> list[Problem]:
    return data_problems(reach_store(database_url), today)


@st.cache_resource(max_entries=4, show_spinner="Weighing what is at risk ...")
@events.timed
def _customer_risk(
    database_url: str, version: str, today: date, rule: tuple[str, ...], weights: tuple[tuple[str, float], ...]
) -> pd.DataFrame:
    backlog = _plan(database_url, version, today, rule).backlog
    return customers.customer_risk(backlog, _order_history(database_url, version, today), today, dict(weights))


@st.cache_resource(max_entries=4, show_spinner=False)
@events.timed
def _known_customers(
    database_url: str, version: str, today: date, rule: tuple[str, ...], weights: tuple[tuple[str, float], ...]
) -> pd.DataFrame:
    book = _plan(database_url, version, today, rule).book
    lines = _order_history(database_url, version, today).lines
    return known_customers_of(book.customers, lines, _customer_risk(database_url, version, today, rule, weights))
