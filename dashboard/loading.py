"""Cached reads for the pages: what depends on the data alone is made once per version of it, for all sessions."""

from __future__ import annotations

import functools
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st
from sqlalchemy import Engine

from dashboard import settings
from dashboard.domain import customers
from dashboard.domain.aging import Waits, age_split, age_table, backorder_waits, quarter_of, waits_of
from dashboard.domain.ledger import Ledger, date_quality, last_moves, move_history
from dashboard.domain.order_history import HISTORY_DAYS, OrderHistory
from dashboard.domain.overview import Clock
from dashboard.domain.plan import Plan, make_plan
from dashboard.domain.purchasing import Purchasing
from dashboard.domain.restock_list import open_restocks as open_restocks_of
from dashboard.domain.supplier_lines import open_po_lines as open_po_lines_of
from dashboard.domain.supplier_lines import resting_on, with_past_due, with_resting
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
    return current_version(store())


def plan() -> Plan:
    """The plan of the present data, shared by all sessions: take columns from its frames, never write to them."""
    return _plan(*_plan_key())


def order_history() -> OrderHistory:
    """The order history of the present data, two years back, shared by all sessions: never write to its frames."""
    return _order_history(settings.database_url(), version(), settings.today())


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
    weights = tuple(settings.risk_weights().items())
    return _customer_risk(settings.database_url(), version(), settings.today(), settings.priority_rule(), weights)


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


@functools.cache
def _open_once(database_url: str) -> None:
    """A refusal is not remembered: the next call tries again."""
    open_store(database_url)


# The version is no argument that the work needs: it is the key.
# ruff: noqa: ARG001


@st.cache_resource(max_entries=4, show_spinner="Reading the open lines ...")
def _plan(database_url: str, version: str, today: date, rule: tuple[str, ...]) -> Plan:
    return make_plan(read_book(reach_store(database_url), today), rule)


@st.cache_resource(max_entries=2, show_spinner="Reading the order history ...")
def _order_history(database_url: str, version: str, today: date) -> OrderHistory:
    return read_order_history(reach_store(database_url), today, today - timedelta(days=HISTORY_DAYS))


@st.cache_resource(max_entries=4, show_spinner=False)
def _ages(
    database_url: str, version: str, today: date, rule: tuple[str, ...], buckets: tuple[int, ...]
) -> pd.DataFrame:
    return age_table(_plan(database_url, version, today, rule).backlog, buckets)


@st.cache_resource(max_entries=40, show_spinner=False)
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
def _waits(database_url: str, version: str, today: date) -> tuple[Waits, Waits]:
    history = _order_history(database_url, version, today)
    waits, quarter = backorder_waits(history.lines, history.shipments, today), quarter_of(today)
    return waits_of(quarter, waits), waits_of(quarter.before, waits)


@st.cache_resource(max_entries=2, show_spinner="Reading purchase orders and receipts ...")
def _purchasing(database_url: str, version: str) -> Purchasing:
    return read_purchasing(reach_store(database_url))


@st.cache_resource(max_entries=2, show_spinner="Reading the history of moves ...")
def _ledger(database_url: str, version: str, zone: ZoneInfo) -> Ledger:
    return read_ledger(reach_store(database_url), zone)


@st.cache_resource(max_entries=2, show_spinner=False)
def _moves(database_url: str, version: str, zone: ZoneInfo) -> pd.DataFrame:
    return move_history(_ledger(database_url, version, zone))


@st.cache_resource(max_entries=2, show_spinner=False)
def _our_dates(database_url: str, version: str, today: date, zone: ZoneInfo) -> pd.DataFrame:
    return date_quality(_ledger(database_url, version, zone), _purchasing(database_url, version), today)


@st.cache_resource(max_entries=4, show_spinner=False)
def _open_po_lines(database_url: str, version: str, today: date, rule: tuple[str, ...]) -> pd.DataFrame:
    return open_po_lines_of(_plan(database_url, version, today, rule))


@st.cache_resource(max_entries=4, show_spinner=False)
def _open_restocks(database_url: str, version: str, today: date, rule: tuple[str, ...]) -> pd.DataFrame:
    return open_restocks_of(_plan(database_url, version, today, rule), last_moves(ledger()))


@st.cache_resource(max_entries=12, show_spinner=False)
def _supplier_figures(
    database_url: str, version: str, today: date, rule: tuple[str, ...], window_days: int
) -> pd.DataFrame:
    statistics = supplier_statistics(_purchasing(database_url, version), today, window_days)
    open_lines = _open_po_lines(database_url, version, today, rule)
    resting = resting_on(_plan(database_url, version, today, rule), open_lines)
    return with_past_due(with_resting(statistics, resting), open_lines)


@st.cache_resource(max_entries=4, show_spinner=False)
def _row_counts(database_url: str, version: str) -> dict[str, int]:
    return row_counts_of(reach_store(database_url))


@st.cache_resource(max_entries=4, show_spinner="Looking for data problems ...")
def _problems(database_url: str, version: str, today: date) -> list[Problem]:
    return data_problems(reach_store(database_url), today)


@st.cache_resource(max_entries=4, show_spinner="Weighing what is at risk ...")
def _customer_risk(
    database_url: str, version: str, today: date, rule: tuple[str, ...], weights: tuple[tuple[str, float], ...]
) -> pd.DataFrame:
    backlog = _plan(database_url, version, today, rule).backlog
    return customers.customer_risk(backlog, _order_history(database_url, version, today), today, dict(weights))
