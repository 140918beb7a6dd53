"""Cached reads for the pages: the plan of the store's present revision, made once for all sessions."""

from __future__ import annotations

from datetime import date

import streamlit as st
from sqlalchemy import Engine

from dashboard import settings
from dashboard.domain.plan import Plan, make_plan
from data_access.book import current_revision, read_book
from data_access.engine import open_store
from data_access.imports import row_counts as row_counts_of
from data_access.problems import Problem, data_problems


def store() -> Engine:
    """The store of the settings, ready to use. Raises StoreError."""
    return open_store(settings.database_url())


def plan() -> Plan:
    """The plan of the present revision, shared by all sessions: take columns from its frames, never write to them."""
    return _plan(settings.database_url(), current_revision(store()), settings.today(), settings.priority_rule())


def revision() -> int:
    """The store's present data revision."""
    return current_revision(store())


def row_counts() -> dict[str, int]:
    """How many rows the store holds of each table."""
    return _row_counts(settings.database_url(), revision())


def problems() -> list[Problem]:
    """The data problems of the present revision."""
    return _problems(settings.database_url(), current_revision(store()), settings.today())


@st.cache_resource(max_entries=4, show_spinner="Reading the open lines ...")
def _plan(database_url: str, revision: int, today: date, rule: tuple[str, ...]) -> Plan:  # noqa: ARG001, the revision is the key
    return make_plan(read_book(open_store(database_url), today), rule)


@st.cache_resource(max_entries=4, show_spinner=False)
def _row_counts(database_url: str, revision: int) -> dict[str, int]:  # noqa: ARG001, the revision is the key
    return row_counts_of(open_store(database_url))


@st.cache_resource(max_entries=4, show_spinner="Looking for data problems ...")
def _problems(database_url: str, revision: int, today: date) -> list[Problem]:  # noqa: ARG001, the revision is the key
    return data_problems(open_store(database_url), today)
