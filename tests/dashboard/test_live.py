"""What an open browser costs while nothing happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import streamlit as st
from sqlalchemy import Engine, event

from dashboard import live, loading
from data_access.engine import raise_revision, reach_store, writing


@pytest.fixture
def asked(company: Engine, database_url: str) -> Iterator[list[str]]:
    """Every statement that the store is asked: its version, then the revision of its data."""
    statements: list[str] = []
    engine = reach_store(database_url)

    def note(*given: object) -> None:
        statements.append(str(given[2]))

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def test_a_look_reads_one_row_twice_and_offers_nothing_while_nothing_changed(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    offered: list[str] = []
    monkeypatch.setattr(st, "button", lambda label, **_: offered.append(label))
    monkeypatch.setattr(st, "session_state", {"shown-version": loading.version()})
    asked.clear()
    live.look()
    of_data = [statement for statement in asked if not statement.startswith(("BEGIN", "SET TRANSACTION"))]
    assert [statement.rpartition("FROM ")[2] for statement in of_data] == ["store", "store"]
    assert offered == []

    with writing(loading.store()) as connection:
        raise_revision(connection)
    live.look()
    assert offered == ["The data has changed: show it"]


@pytest.mark.usefixtures("company")
def test_who_has_saved_is_told_so_while_the_figures_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    @contextmanager
    def spinner(words: str) -> Iterator[None]:
        done.append(words)
        yield
        done.append("end of the words")

    monkeypatch.setattr(st, "spinner", spinner)
    monkeypatch.setattr(loading, "version", lambda: done.append("the version with it"))
    monkeypatch.setattr(st, "rerun", lambda: done.append("drawn anew"))
    live.show_own()
    assert done == ["Saved. The figures follow ...", "the version with it", "end of the words", "drawn anew"]
