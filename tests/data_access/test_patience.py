"""Whether a server that says nothing is still there. Servers here are sockets that answer as PostgreSQL does."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from data_access import patience

PORT = 5432


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "ANSWER_SECONDS", 1.0)


@contextmanager
def answering(server: socket.socket, *, after: int = 0) -> Iterator[None]:
    """It hangs up on the first few, and says to the next one that it has no TLS."""

    def answer() -> None:
        for number in range(after + 1):
            with server.accept()[0] as asked:
                if number == after:
                    asked.recv(8)
                    asked.sendall(b"N")

    at_work = threading.Thread(target=answer, daemon=True)
    at_work.start()
    yield
    at_work.join(5)
    assert not at_work.is_alive()


def test_a_server_that_hangs_up_once_is_asked_again() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server, answering(server, after=2):
        assert patience.is_there("127.0.0.1", server.getsockname()[1])


def test_a_server_whose_machine_turns_the_first_try_down_is_asked_again() -> None:
    server = socket.socket()
    server.bind(("127.0.0.1", 0))  # bound, so that nobody else has the port, but refused until it listens

    def listen_late() -> None:
        time.sleep(0.3)
        server.listen()
        with server.accept()[0] as asked:
            asked.sendall(b"N")

    with closing(server):
        late = threading.Thread(target=listen_late, daemon=True)
        late.start()
        assert patience.is_there("127.0.0.1", server.getsockname()[1])
        late.join(5)


@pytest.mark.parametrize("listens", [False, True])
def test_a_server_that_never_says_a_word_is_given_up_in_time(listens: bool) -> None:
    with closing(socket.socket()) as server:
        server.bind(("127.0.0.1", 0))
        if listens:
            server.listen()
        start = time.monotonic()
        assert not patience.is_there("127.0.0.1", server.getsockname()[1])
    assert 0.9 < time.monotonic() - start < 3


def test_a_server_is_found_by_a_name_that_lies_in_no_folder() -> None:
    name = f"backorders-{time.monotonic_ns()}"
    with closing(socket.socket(socket.AF_UNIX)) as server:
        server.bind(f"\0{name}/.s.PGSQL.{PORT}")
        server.listen()
        with answering(server):
            assert patience.is_there(f"@{name}", PORT)
