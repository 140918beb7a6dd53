"""What the tests themselves lean on: a store that is away comes back, and ports run out in a sentence."""

from __future__ import annotations

import socket
from contextlib import suppress

import pytest
from sqlalchemy import Engine

from data_access.engine import data_revision, reading
from tests import processes, stores


def test_a_store_that_was_away_is_back_also_after_a_test_that_failed(engine: Engine, database_url: str) -> None:
    with suppress(ZeroDivisionError), stores.away(database_url):
        raise ZeroDivisionError
    with reading(engine) as connection:
        assert data_revision(connection) == 0


def test_a_port_is_given_once_where_nothing_is_served_and_at_the_end_none(monkeypatch: pytest.MonkeyPatch) -> None:
    first = processes.free_port()
    with socket.create_server(("127.0.0.1", first)):
        monkeypatch.setattr(processes, "_PORTS", iter([first, other := processes.free_port()]))
        assert processes.free_port() == other != first
    with pytest.raises(AssertionError, match="no port is free"):
        processes.free_port()
