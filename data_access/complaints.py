"""What a driver says of a store that does not do what it should, as a sentence for the person in front of it."""

from __future__ import annotations

import re
import sqlite3
from urllib.parse import quote

from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError, TimeoutError

from dashboard.domain.errors import StoreBusyError, StoreError, StoreUnreachableError

_LOCK_NOT_AVAILABLE = "55P03"
_NO_TEXT = "Could not decode to UTF-8"
"""How Python tells of a text in a damaged SQLite file: as of one that does not answer."""
_QUERY = re.compile(r"\w+=(?!.*@[^&]*[/?]).*")
"""What may follow the ? of an address as its query, and is no end of a password with host and database behind it."""
_IN_USE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def address(engine: Engine) -> str:
    """The store's address as it may be shown."""
    return address_shown(engine.url)


def address_shown(url: URL) -> str:
    """An address without its password, which may stand in the query too."""
    shown = url.set(query={}).render_as_string(hide_password=True)
    # Of a password that holds an @, a part is taken for the host, or for the host and the database.
    return re.sub(r":\*\*\*@.*(?:@|%40)", ":***@", shown)


def holds_stray_at(written: str) -> bool:
    """Whether more than one @ stands in an address: nobody can tell which of them ends its password.

    The values of a query may hold them, where it follows a database: `ada:x@host/orders?user=ada@example.com`.
    """
    rest = written.partition("://")[2]
    before, _, query = rest.partition("?")
    user = before.partition("@")[0]
    is_read_so = ":" in user or ":" not in before  # else what follows the port's : up to an @ is taken for a password
    read = before if is_read_so and _QUERY.fullmatch(query) else rest
    return not rest.startswith("/") and read.count("@") > 1


def words_shown(error: object, url: URL, most: int = 200) -> str:
    """The driver's own words in one line, without any secret of the address, and cut to so many characters.

    A secret is masked where it stands alone, as in `:x@`, `password=x` or "x". Within a word it is none, and masking
    the x of "exist" would tell it.
    """
    words = str(error)
    for secret in _secrets(url):
        words = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "***", words)
    return " ".join(words.split()).partition(" CONTEXT: ")[0][:most]


def told(error: Exception, engine: Engine) -> StoreError:
    """The sentence for what a driver says; its own words stand in brackets."""
    original, driver = _original(error), engine.dialect.loaded_dbapi
    is_garbled = isinstance(original, UnicodeDecodeError) or str(original).startswith(_NO_TEXT)
    words = "it holds a text that cannot be read" if is_garbled else words_shown(original, engine.url)
    where = f"The store at {address(engine)}"
    if isinstance(error, (IntegrityError, driver.IntegrityError)):
        return StoreError(f"{where} refused what was to be written ({words}). Nothing was written.", address(engine))
    if getattr(_original(error), "sqlstate", None) == _LOCK_NOT_AVAILABLE or _sqlite_code(error) in _IN_USE:
        return StoreBusyError(
            f"Somebody else is writing to the store at {address(engine)}. Try again in a moment.", address(engine)
        )
    is_away = isinstance(error, (OperationalError, InterfaceError, TimeoutError, driver.OperationalError))
    is_damaged = is_garbled or _sqlite_code(error) == sqlite3.SQLITE_ERROR  # which tells of a table that is not there
    if is_away and not is_damaged:
        return StoreUnreachableError(
            f"{where} does not answer ({words}). Check that it is there, that its server runs, "
            "that the disk has room and that this program may read and write there."
        )
    return StoreError(
        f"{where} cannot be used ({words}). Check that this is the dashboard's own store, or a backup of it.",
        address(engine),
    )


def _original(error: Exception) -> object:
    return getattr(error, "orig", None) or error


def _sqlite_code(error: Exception) -> int | None:
    """SQLite's kind of error, without what it adds of how it came about; none of another engine."""
    code = getattr(_original(error), "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _secrets(url: URL) -> list[str]:
    """What of an address nobody may see, as it is and as addresses and drivers write it; the longest first."""
    host, database = url.host or "", url.database or ""
    is_torn = bool(host) and "@" in database
    in_query = [each for value in url.query.values() for each in ([value] if isinstance(value, str) else value)]
    given = [url.password, host if is_torn else host.rpartition("@")[0], database.rpartition("@")[0] if is_torn else ""]
    plain = {str(each) for each in [*given, *in_query] if each and str(each).strip()}
    quoted = {each.replace("\\", r"\\").replace("'", r"\'") for each in plain}
    return sorted({*plain, *quoted, *(quote(each, safe="") for each in plain)}, key=len, reverse=True)
