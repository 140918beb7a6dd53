"""What the command line writes to: text from data made harmless, progress, files. Knows no command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import Engine

from dashboard import settings
from dashboard.domain.errors import SettingsError, StoreError
from data_access.complaints import address
from data_access.engine import connect, has_store, open_store

out = Console(highlight=False, emoji=False, soft_wrap=True)
err = Console(highlight=False, emoji=False, soft_wrap=True, stderr=True)


def store() -> Engine:
    """The store of the settings, all of which can be used; one that has to be made first is told."""
    settings.check_all()
    url = settings.database_url()
    is_new = not has_store(url)
    engine = open_store(url)
    if is_new:
        out.print(f"A new store was made at {shown(address(engine))}, since there was none.")
    return engine


def present_store() -> Engine:
    """The same for what would make no sense without data: a store that has to be made first is refused.

    Raises StoreError.
    """
    settings.check_all()
    url = settings.database_url()
    if not has_store(url):
        raise StoreError(
            f"There is no store at {address(connect(url))}, and this command makes none. Check the setting "
            "BACKORDERS_DATABASE_URL. A new store is made by: serve, demo, import, sync, restore, copy, users add."
        )
    return open_store(url)


@contextmanager
def store_to_try() -> Iterator[Engine]:
    """The store for what writes nothing: where there is none an empty one elsewhere, which is gone afterwards."""
    settings.check_all()
    url = settings.database_url()
    if has_store(url):
        yield open_store(url)
        return
    out.print(
        f"There is no store at {shown(address(connect(url)))}, and a dry run makes none: told as of an empty one."
    )
    with TemporaryDirectory(prefix="backorders-") as folder:
        engine = open_store(f"sqlite:///{folder}/store.db")
        try:
            yield engine
        finally:
            engine.dispose()


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
