"""The program as a process of its own, forked from one that has it loaded: to load it takes two seconds each time.

What a command says from its first word on, and what it imports, is tested with a Python that was started for it.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
_POLL_SECONDS = 0.02
_PORTS = iter(range(10_000 + os.getpid() % 200 * 100, 32_768))


def free_port() -> int:
    """A port on which nothing is served, and below 32,768: those above may be any connection's the next moment.

    None is given twice in a process. Those that run tests side by side begin a hundred apart, unless their numbers are
    the same modulo 200, so that they seldom look at the same one.
    """
    for port in _PORTS:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free any more from where this process began up to 32,767")


def forking() -> ForkServerContext:
    """Whence such processes come: one server of forks for all tests of this process."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.loaded"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))  # wherever the test that is the first to ask stands
        forkserver.ensure_running()
    return context


def start(target: Any, *arguments: Any) -> Any:
    """A process that is at work on that. It ends with this one."""
    process = forking().Process(target=target, args=arguments, daemon=True)
    with pytest.MonkeyPatch.context() as patch:
        # A page that was tested before in this process calls itself the main program, which a new process would run.
        patch.setitem(sys.modules, "__main__", ModuleType("__main__"))
        process.start()
    return process


class Program:
    """`python -m dashboard` with these arguments, in that folder and those surroundings, which speaks to a file."""

    def __init__(self, arguments: Sequence[str], folder: Path, surroundings: Mapping[str, str], told: Path) -> None:
        told.touch()
        self._told = told
        self._process = start(_become, list(arguments), folder, dict(surroundings), told)
        self.pid: int = self._process.pid

    @property
    def returncode(self) -> int | None:
        return int(self._process.exitcode) if self._process.exitcode is not None else None

    def poll(self) -> int | None:
        """Its exit status where it has ended."""
        return self.returncode

    def told(self) -> str:
        """All that it has said so far."""
        return self._told.read_text(encoding="utf-8")

    def first_line(self, patience_seconds: float) -> str:
        """What it says first; whatever it said where it ended before."""
        end = time.monotonic() + patience_seconds
        while "\n" not in self.told() and self.returncode is None:
            assert time.monotonic() < end, "it says nothing"
            time.sleep(_POLL_SECONDS)
        return self.told().partition("\n")[0] + "\n"

    def send_signal(self, sign: signal.Signals) -> None:
        os.kill(self.pid, sign)

    def wait(self, patience_seconds: float) -> int | None:
        """Its exit status, once it has ended."""
        self._process.join(patience_seconds)
        return self.returncode

    def kill(self) -> None:
        self._process.kill()
        self._process.join()


def _become(arguments: list[str], folder: Path, surroundings: dict[str, str], told: Path) -> None:
    os.environ.clear()
    os.environ.update(surroundings)
    os.chdir(folder)
    with told.open("wb") as file:
        for number in (1, 2):
            os.dup2(file.fileno(), number)
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(os.fdopen(number, "wb", 0, closefd=False), encoding="utf-8", write_through=True)
        for number in (1, 2)
    )
    sys.argv = ["dashboard", *arguments]
    importlib.import_module("dashboard.__main__").main()
