"""Work beside the server: a command of this program as a process of its own, so that nobody who looks waits for it.

One of a kind runs at a time, whoever asks for it. Knows no screen.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO

from dashboard import events, people, settings
from dashboard.domain.errors import BackordersError, StoreUnreachableError
from dashboard.messages import STORE_AWAY
from data_access.complaints import address
from data_access.engine import connect

_LONGEST_WORDS = 600
_REFUSED = (1, 2)
"""How a command ends that says why in a sentence."""
_CALM = "An error of the program ended it; whoever runs the dashboard finds where in the server's log."
_STORE_AWAY = re.compile("The (?:store at .+ does not answer|folder .+ for the store cannot be made) [(]")
"""How the sentence of a StoreUnreachableError begins: the driver's words in it say where the store is, too."""
_running: dict[str, Job] = {}
_lock = threading.Lock()
_folders: dict[str, Path] = {}
_left: deque[str] = deque()


@dataclass
class Job:
    """A command under way, or how it ended."""

    command: str
    process: subprocess.Popen[bytes]
    told: IO[bytes]
    """What it says, in a file: a pipe that nobody empties would hold it up."""
    started: float = field(default_factory=time.monotonic)

    @property
    def is_running(self) -> bool:
        """Whether it is still at work."""
        return self.process.poll() is None

    @property
    def has_failed(self) -> bool:
        """Whether it ended without having done its work."""
        return self.process.poll() not in (None, 0)

    @property
    def seconds(self) -> float:
        """For how long it has been at work [seconds]."""
        return time.monotonic() - self.started

    def words(self) -> str:
        """What it said last, on one line: its result, or why it failed. May hold what no screen is to show."""
        return " ".join(" ".join(self._lines()).split())[-_LONGEST_WORDS:]

    @cached_property
    def why_not(self) -> str:
        """Why it failed, in a sentence; where it left none, where it broke goes to the log, once."""
        lines = self._lines()
        is_told = self.process.poll() in _REFUSED and not any("Traceback" in line for line in lines)
        sentences = [line.strip() for line in lines if line.strip() and not _is_json(line)] if is_told else []
        if sentences:
            return _for_a_page(sentences[-1], self.command)[:_LONGEST_WORDS]
        way = [line.strip() for line in lines if line.startswith('  File "')]  # the words below them may quote data
        events.stopped(RuntimeError(), job=self.command, status=self.process.returncode, way=way)
        return _CALM

    def _lines(self) -> list[str]:
        self.told.seek(0)
        return self.told.read().decode(errors="replace").splitlines()


def start(name: str, arguments: Sequence[str], surroundings: Mapping[str, str] | None = None) -> Job:
    """Start `python -m dashboard ARGUMENTS`, or join the one of that name that is at work already.

    surroundings: the environment of the process, where it is not that of the server.
    """
    _end_what_was_left()
    with _lock:
        known = _running.get(name)
        if known is not None and known.is_running:
            return known
        if known is not None:
            known.told.close()
        told = tempfile.TemporaryFile()  # noqa: SIM115, it is closed with the job
        process = subprocess.Popen(  # noqa: S603, a command of this very program
            [sys.executable, "-m", "dashboard", *arguments], stdin=subprocess.DEVNULL, stdout=told,
            stderr=subprocess.STDOUT, env=_found(os.environ if surroundings is None else surroundings),
        )  # fmt: skip
        _running[name] = Job(arguments[0], process, told)
        return _running[name]


def of(name: str) -> Job | None:
    """The job of a name, at work or over; None where none was started."""
    _end_what_was_left()
    return _running.get(name)


def forget(name: str) -> None:
    """Let go of a job that is over."""
    with _lock:
        known = _running.get(name)
        if known is not None and not known.is_running:
            known.told.close()
            del _running[name]


def folder_for(name: str) -> Path:
    """A new folder for what a job writes, which only this server's user may read: it goes when the job is ended."""
    _folders[name] = Path(tempfile.mkdtemp(prefix="report-"))
    return _folders[name]


def end(name: str) -> None:
    """End a job, at work or not, and take its folder away."""
    known = _running.get(name)
    if known is not None and known.is_running:
        known.process.kill()
        known.process.wait()
    forget(name)
    if (folder := _folders.pop(name, None)) is not None:
        shutil.rmtree(folder, ignore_errors=True)


def leave(name: str) -> None:
    """Have a job ended by whoever next asks for one: for a finalizer, which must neither lock nor wait.

    The collector runs it in any thread, at any line: also in one that holds the lock.
    """
    _left.append(name)


def _end_what_was_left() -> None:
    while _left:
        with contextlib.suppress(IndexError):  # another thread was faster
            end(_left.popleft())


@atexit.register
def _end_all_with_folders() -> None:
    for name in list(_folders):
        end(name)


def _for_a_page(told: str, command: str) -> str:
    """A sentence as it may be shown: of a store that is away, where people sign in, the log alone tells the reason."""
    if _STORE_AWAY.match(told) and people.has_sign_in():
        events.stopped(StoreUnreachableError(told), job=command)
        return STORE_AWAY
    return _without_address(told)


def _without_address(told: str) -> str:
    """A sentence without where the store is: it is told on pages too."""
    try:
        return told.replace(f" at {address(connect(settings.database_url()))}", "")
    except BackordersError:  # one that cannot be read is not named either
        return told


def _is_json(line: str) -> bool:
    """Whether a line is one of the log, not one for a reader."""
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _found(surroundings: Mapping[str, str]) -> dict[str, str]:
    """The environment with the program in it: the folder to start in stays, since the settings may lie there."""
    path = os.pathsep.join(filter(None, (str(settings.PROJECT_ROOT), surroundings.get("PYTHONPATH"))))
    return dict(surroundings) | {"PYTHONPATH": path}
