"""What moves and promises changed since something was read: only that is read again.

An import changes anything, so that after one everything is read anew: it raises the facts revision. A move or a promise
stands in its ledger, and the number of the last one tells how far a reader has come (docs/decisions/0015-renewal.md).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, tzinfo
from typing import Generic, TypeVar

import pandas as pd
from sqlalchemy import Connection, Engine, select

from dashboard.domain.backlog import names_of
from dashboard.domain.book import Book
from dashboard.domain.ledger import Ledger
from dashboard.domain.order_history import OrderHistory
from dashboard.domain.purchasing import Purchasing
from dashboard.domain.renewal import renewed_book
from dashboard.domain.version import Version
from data_access.book import book_within, moved_supplies
from data_access.columnar import Taker, read_frame, texts
from data_access.engine import reading, refuse_other_version
from data_access.ledger import ledger_within, renewed_ledger
from data_access.order_history import changed_promises, order_history_within, renewed_history
from data_access.purchasing import purchasing_within, renewed_purchasing
from data_access.schema import moves
from data_access.versions import version_within

_Read = TypeVar("_Read")


def current_version(engine: Engine) -> Version:
    """The present version of the store. Raises StoreUnreachableError, and StoreVersionError as reach_store does."""
    with reading(engine) as connection:
        refuse_other_version(connection, engine)
        return version_within(connection)


@dataclass(frozen=True)
class Reader(Generic[_Read]):
    """How something is read within a transaction, and made as it is now from what was read at an earlier version."""

    read: Callable[[Connection], _Read]
    renew: Callable[[Connection, _Read, Version], _Read]


Held = tuple[Version, _Read]
"""What was read, and the version that it belongs to."""


def read_whole(engine: Engine, reader: Reader[_Read]) -> Held[_Read]:
    """What the reader brings, all of it, in one transaction."""
    with reading(engine) as connection:
        return version_within(connection), reader.read(connection)


def renewed(engine: Engine, reader: Reader[_Read], held: Held[_Read]) -> Held[_Read] | None:
    """What was read as it is now, from what the ledgers tell since; None where it has to be read anew."""
    since, read = held
    with reading(engine) as connection:
        now = version_within(connection)
        if not now.has_facts_of(since):
            return None
        return now, read if now.whole == since.whole else reader.renew(connection, read, since)


def book_reader(today: date) -> Reader[Book]:
    """The book for plans made on the given day."""
    return Reader(lambda connection: _named(book_within(connection, today)), _renew_book)


def history_reader(today: date, since: date | None) -> Reader[OrderHistory]:
    """The order history since a day."""
    return Reader(
        lambda connection: order_history_within(connection, today, since),
        lambda connection, history, version: renewed_history(connection, history, version.promise_id),
    )


def purchasing_reader() -> Reader[Purchasing]:
    """What was bought and when it came."""
    return Reader(
        purchasing_within,
        lambda connection, purchasing, version: renewed_purchasing(connection, purchasing, version.move_id),
    )


def ledger_reader(zone: tzinfo) -> Reader[Ledger]:
    """The ledger; zone: the company's, in which its days begin and end."""
    return Reader(
        lambda connection: ledger_within(connection, zone),
        lambda connection, ledger, version: renewed_ledger(connection, ledger, version.move_id, zone),
    )


def _named(book: Book) -> Book:
    """The book with its names, which each renewed one keeps."""
    return replace(book, names=names_of(book))


def _renew_book(connection: Connection, book: Book, since: Version) -> Book:
    return renewed_book(
        book,
        version_within(connection),
        _moved_keys(connection, since.move_id),
        moved_supplies(connection, since.move_id),
        changed_promises(connection, since.promise_id),
    )


_KEY_COLUMNS: dict[str, Taker] = {"supply_kind": texts, "document_id": texts, "line_no": texts}


def _moved_keys(connection: Connection, after_move: int) -> pd.DataFrame:
    """Every supply that a later move names: one row each."""
    move = moves.c
    wanted = select(move.supply_kind, move.document_id, move.line_no).where(move.move_id > after_move).distinct()
    return read_frame(connection, wanted, _KEY_COLUMNS)
