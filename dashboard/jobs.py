"""Work beside the server: a command of this program as a process of its own, so that nobody who looks waits for it.

One of a kind runs at a time, whoever asks for it. Knows no screen.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

from dashboard import settings

_LONGEST_WORDS = 600
_running: dict[str, Job] = {}
_lock = threading.Lock()


@dataclass
class Job:
    """A command under way, or how it ended."""

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
        """What it said last, on one line: its result, or why it failed."""
        self.told.seek(0)
        return " ".join(self.told.read().decode(errors="replace").split())[-_LONGEST_WORDS:]


def start(name: str, arguments: Sequence[str], surroundings: Mapping[str, str] | None = None) -> Job:
    """Start `python -m dashboard ARGUMENTS`, or join the one of that name that is at work already.

    surroundings: the environment of the process, where it is not that of the server.
    """
    with _lock:
        known = _running.get(name)
        if known is not None and known.is_running:
            return known
        told = tempfile.TemporaryFile()  # noqa: SIM115, it is closed with the job
        process = subprocess.Popen(  # noqa: S603, a command of this very program
            [sys.executable, "-m", "dashboard", *arguments], stdin=subprocess.DEVNULL, stdout=told,
            stderr=subprocess.STDOUT, env=_found(os.environ if surroundings is None else surroundings),
        )  # fmt: skip
        _running[name] = Job(process, told)
        return _running[name]


def of(name: str) -> Job | None:
    """The job of a name, at work or over; None where none was started."""
    return _running.get(name)


def forget(name: str) -> None:
    """Let go of a job that is over."""
    with _lock:
        known = _running.get(name)
        if known is not None and not known.is_running:
            known.told.close()
            del _running[name]


def _found(surroundings: Mapping[str, str]) -> dict[str, str]:
    """The environment with the program in it: the folder to start in stays, since the settings may lie there."""
    path = os.pathsep.join(filter(None, (str(settings.PROJECT_ROOT), surroundings.get("PYTHONPATH"))))
    return dict(surroundings) | {"PYTHONPATH": path}
