"""When to stop waiting for PostgreSQL: once it is silent, and answers nobody else either. Knows no table.

To the driver a frozen server, or a network that swallows everything, is no error: it would wait for ever. How long a
statement takes tells nothing; but a server at work on one answers others meanwhile. So it is asked, beside the
connection, whether it is there: where it says so it may take its time, else the connection is given up.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future, wait
from contextlib import closing
from threading import Thread
from typing import Any, TypeVar

import psycopg
from psycopg.abc import RV, PQGen

SILENT_SECONDS = 3.0
"""After so long without a word the server is asked whether it is there, and again after as long."""
ANSWER_SECONDS = 4.0
"""How long it has to say so: far longer than a busy machine takes to begin a process."""
_HAS_IT_TLS = struct.pack("!ii", 8, 80877103)
"""PostgreSQL's SSLRequest: answered with one letter before anybody signs in, also by a server without TLS."""
_LOOK_SECONDS = 0.1

_Result = TypeVar("_Result")


class SilentError(psycopg.OperationalError):
    """The server does not answer any more."""

    def __init__(self) -> None:
        super().__init__(f"it has not said a word for {SILENT_SECONDS + ANSWER_SECONDS:.0f} s")


class Connection(psycopg.Connection[Any]):
    """A connection of psycopg that is closed where its server no longer answers."""

    def wait(self, gen: PQGen[RV], interval: float = _LOOK_SECONDS, timeout: float | None = None) -> RV:
        """The one place where psycopg waits for what a statement brings. Raises SilentError."""
        return super().wait(self._watched(gen), interval, timeout)

    def _watched(self, gen: PQGen[RV]) -> Generator[Any, Any, RV]:
        """The driver's own steps. It goes on to the next one when something came, and every interval with nothing."""
        try:
            heard, step = time.monotonic(), next(gen)
            while True:
                came = yield step
                if came:
                    heard = time.monotonic()
                elif time.monotonic() - heard > SILENT_SECONDS:
                    if not self.is_answered():
                        self.close()
                        raise SilentError
                    heard = time.monotonic()
                step = gen.send(came)
        except StopIteration as end:
            brought: RV = end.value
            return brought

    def is_answered(self) -> bool:
        """Whether its server answers others."""
        return is_there(self.info.hostaddr or self.info.host, self.info.port)


def is_there(host: str, port: int) -> bool:
    """Whether a server of PostgreSQL answers there, also one that has no connection to spare.

    One that turns a try down may have its hands full, or this machine has: it is tried again as long as it may take.
    """
    end = time.monotonic() + ANSWER_SECONDS
    while (left := end - time.monotonic()) > 0:
        try:
            with closing(_reached(host, port, left)) as asked:
                asked.settimeout(max(_LOOK_SECONDS, end - time.monotonic()))
                asked.sendall(_HAS_IT_TLS)
                if asked.recv(1):
                    return True
        except OSError:
            pass
        time.sleep(_LOOK_SECONDS)
    return False


def in_patience(done: Future[_Result], is_answered: Callable[[], bool]) -> _Result:
    """What work beside this thread brings, which waits for the server and cannot be interrupted. Raises SilentError."""
    while not wait([done], SILENT_SECONDS).done:
        if not is_answered() and not done.done():
            raise SilentError
    return done.result()


def beside(work: Callable[[], _Result]) -> Future[_Result]:
    """Do the work on a thread of its own, which ends with the work whether or not somebody still waits for it.

    The end of the program does not wait for it.
    """
    done: Future[_Result] = Future()
    done.set_running_or_notify_cancel()  # nobody can call off what nothing interrupts

    def do() -> None:
        try:
            result = work()
        except BaseException as error:
            done.set_exception(error)
        else:
            done.set_result(result)

    Thread(target=do, daemon=True).start()
    return done


def _reached(host: str, port: int, seconds: float) -> socket.socket:
    """A connection to the server's machine; of PostgreSQL a host that begins like a path is a folder of sockets."""
    if not host.startswith(("/", "@")):
        return socket.create_connection((host, port), seconds)
    reached = socket.socket(socket.AF_UNIX)
    try:
        reached.settimeout(seconds)
        reached.connect(f"{_folder(host)}/.s.PGSQL.{port}")
    except OSError:
        reached.close()
        raise
    return reached


def _folder(host: str) -> str:
    """Where its sockets are: what begins with "@" lies in no folder, and the system writes it with a zero byte."""
    return "\0" + host[1:] if host.startswith("@") else host
