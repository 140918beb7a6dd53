"""What a driver says of a store that does not do what it should, as a sentence for the person in front of it."""

from __future__ import annotations

import re
import sqlite3

from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError, TimeoutError

from dashboard.domain.errors import StoreError, StoreUnreachableError

_LOCK_NOT_AVAILABLE = "55P03"
_IN_USE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def address(engine: Engine) -> str:
    """The store's address as it may be shown: without its password, which may stand in the query too."""
    shown = engine.url.set(query={}).render_as_string(hide_password=True)
    return re.sub(r"://([^:/@]*):.*@", r"://\1:***@", shown)  # a password that holds an @ is taken for the host in part


def told(error: Exception, engine: Engine) -> StoreError:
    """The sentence for what a driver says; its own words stand in brackets."""
    words, driver = _reason(error, engine.url), engine.dialect.loaded_dbapi
    where = f"The store at {address(engine)}"
    if isinstance(error, (IntegrityError, driver.IntegrityError)):
        return StoreError(f"{where} refused what was to be written ({words}). Nothing was written.")
    if getattr(_original(error), "sqlstate", None) == _LOCK_NOT_AVAILABLE or _sqlite_code(error) in _IN_USE:
        return StoreUnreachableError(
            f"Somebody else is writing to the store at {address(engine)}. Try again in a moment."
        )
    is_away = isinstance(error, (OperationalError, InterfaceError, TimeoutError, driver.OperationalError))
    if is_away and _sqlite_code(error) != sqlite3.SQLITE_ERROR:  # which stands for a table that is not there
        return StoreUnreachableError(
            f"{where} does not answer ({words}). Check that it is there, that its server runs, "
            "that the disk has room and that this program may read and write there."
        )
    return StoreError(
        f"{where} cannot be used ({words}). Check that this is the dashboard's own store, or a backup of it."
    )


def _original(error: Exception) -> object:
    return getattr(error, "orig", None) or error


def _sqlite_code(error: Exception) -> int | None:
    """SQLite's kind of error, without what it adds of how it came about; none of another engine."""
    code = getattr(_original(error), "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _reason(error: Exception, url: URL) -> str:
    """The driver's own words, in one line, without the statement, its context and any secret of the address."""
    words = " ".join(str(_original(error)).split()).partition(" CONTEXT: ")[0][:200]
    for secret in (url.password, (url.host or "").rpartition("@")[0], *url.query.values()):
        words = words.replace(secret, "***") if isinstance(secret, str) and secret else words
    return words
