"""Cached reads for the pages: what depends on the data alone is made once per version of it, for all sessions."""

from __future__ import annotations

import functools
from datetime import date

import streamlit as st
from sqlalchemy import Engine

from dashboard import settings
from dashboard.domain.plan import Plan, make_plan
from data_access.book import current_version, read_book
from data_access.engine import open_store, reach_store
from data_access.imports import row_counts as row_counts_of
from data_access.problems import Problem, data_problems


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
    return _plan(settings.database_url(), version(), settings.today(), settings.priority_rule())


def row_counts() -> dict[str, int]:
    """How many rows the store holds of each table."""
    return _row_counts(settings.database_url(), version())


def problems() -> list[Problem]:
    """The data problems of the present data."""
    return _problems(settings.database_url(), version(), settings.today())


@functools.cache
def _open_once(database_url: str) -> None:
    """A refusal is not remembered: the next call tries again."""
    open_store(database_url)


# The version is no argument that the work needs: it is the key.
# ruff: noqa: ARG001


@st.cache_resource(max_entries=4, show_spinner="Reading the open lines ...")
def _plan(database_url: str, version: str, today: date, rule: tuple[str, ...]) -> Plan:
    return make_plan(read_book(reach_store(database_url), today), rule)


@st.cache_resource(max_entries=4, show_spinner=False)
def _row_counts(database_url: str, version: str) -> dict[str, int]:
    return row_counts_of(reach_store(database_url))


@st.cache_resource(max_entries=4, show_spinner="Looking for data problems ...")
def _problems(database_url: str, version: str, today: date) -> list[Problem]:
    return data_problems(reach_store(database_url), today)
