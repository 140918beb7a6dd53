"""What the command line writes to: text from data made harmless, progress, files. Knows no command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import Engine

from dashboard import settings
from dashboard.domain.errors import SettingsError
from data_access.engine import open_store

out = Console(highlight=False, emoji=False, soft_wrap=True)
err = Console(highlight=False, emoji=False, soft_wrap=True, stderr=True)


def store() -> Engine:
    """The store of the settings, all of which can be used."""
    settings.check_all()
    return open_store(settings.database_url())


@contextmanager
def progress() -> Iterator[Callable[[float, str], None]]:
    """A bar on a terminal, and whom to tell the share that is done and what is being done."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("reading", total=1.0)
        yield lambda share, what: bar.update(task, completed=share, description=shown(what))


def shown(text: object) -> str:
    """Text from data as the terminal may have it: no markup, and nothing that could steer it."""
    return escape("".join(sign if sign.isprintable() else " " for sign in str(text)))


def day(text: str) -> date:
    """A day as it is written on the command line, such as 2026-03-09. Raises SettingsError for what is none."""
    with suppress(ValueError):
        found = date.fromisoformat(text)
        if found.isoformat() == text:  # 20260309 and 2026-W11-1 are read too
            return found
    raise SettingsError(f"{text!r} is not a day. Write it as 2026-03-09.")


def write_file(path: Path, content: bytes) -> None:
    """Write a file that somebody asked for. Raises SettingsError where it cannot be written."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written ({error.strerror}). Name another file.") from error
