"""What PostgreSQL alone can do: whole columns as Arrow over ADBC, rows in bulk by COPY. Knows no table.

Never for SQLite: ADBC would bring a second copy of it into the process (docs/decisions/0003-reading-fast.md).
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

import adbc_driver_manager
import adbc_driver_postgresql
import pyarrow as pa
from adbc_driver_manager import AdbcConnection, AdbcDatabase, AdbcStatement
from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from data_access.patience import SilentError, beside, in_patience

NUMERIC = pa.decimal128(38, 10)
"""What sums of whole numbers come as; ADBC brings them as text."""

_READER = "snapshot_reader"

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")


class SnapshotReader:
    """Reads what one transaction sees over a second connection, opened when first needed and closed with it.

    The transaction must be REPEATABLE READ. It does not see what the transaction itself writes, nor temporary tables.
    """

    def __init__(self, connection: Connection, timeout_seconds: float) -> None:
        self._connection = connection
        self._timeout_seconds = timeout_seconds
        self._opened: AdbcConnection | None = None
        self._is_refused = False

    def columns(self, statement: str) -> list[pa.ChunkedArray] | None:
        """The statement's columns in order; None where no second connection is to be had."""
        if self._opened is None and not self._is_refused:
            self._open()
        opened = self._opened
        if opened is None:
            return None
        with _told_as_sqlalchemy():
            return self._in_patience(lambda: _columns(opened, statement), lambda _late: opened.close())

    def close(self) -> None:
        """Give the second connection back to the server."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _open(self) -> None:
        """A server that has no connection to spare is no reason to fail: the first one can read everything too."""
        snapshot = self._connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
        where = _same_address(self._connection)
        try:
            self._opened = self._in_patience(lambda: _opened(where, snapshot, self._timeout_seconds), _close_late)
        except adbc_driver_manager.Error as error:
            self._is_refused = True
            _log.warning("no second connection for reading in bulk (SQLSTATE %s): slower reads", error.sqlstate)

    def _in_patience(self, work: Callable[[], _Result], let_go: Callable[[Future[_Result]], None]) -> _Result:
        """What the work on the second connection brings; where the server is silent both connections are given up.

        let_go: closes the second one, where nobody waits for it any more: once the thread that works on it comes back.
        """
        driver: Any = self._connection.connection.driver_connection
        done = beside(work)
        try:
            return in_patience(done, driver.is_answered)
        except BaseException as stopped:
            if done.done() and done.exception() is stopped:
                raise
            self._opened = None
            if isinstance(stopped, SilentError):
                self._connection.invalidate(stopped)
            done.add_done_callback(let_go)
            raise


def _opened(where: str, snapshot: str, timeout_seconds: float) -> AdbcConnection:
    """A connection that sees the snapshot.

    It begins by hand: ADBC's own transactions have been lost after a read (apache/arrow-adbc, issue 4695).
    """
    opened = AdbcConnection(_database(where))
    try:
        with AdbcStatement(opened) as begin:
            begin.set_sql_query(
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "
                f"SET TRANSACTION SNAPSHOT '{snapshot}'; "
                f"SET LOCAL statement_timeout = {int(timeout_seconds * 1000)}"
            )
            begin.execute_update()
    except adbc_driver_manager.Error:
        opened.close()
        raise
    return opened


def _close_late(opening: Future[AdbcConnection]) -> None:
    """Close a connection that was opened when nobody waited for it any more."""
    if opening.exception() is None:
        opening.result().close()


def _columns(opened: AdbcConnection, statement: str) -> list[pa.ChunkedArray]:
    with AdbcStatement(opened) as asked:
        asked.set_sql_query(statement)
        stream, _ = asked.execute_query()
        return [_plain(array) for array in pa.RecordBatchReader.from_stream(stream).read_all().columns]


@contextmanager
def sharing_snapshot(connection: Connection, timeout_seconds: float) -> Iterator[None]:
    """Let what is read on the connection meanwhile find its SnapshotReader; no statement may take longer than this."""
    reader = SnapshotReader(connection, timeout_seconds)
    notes = connection.info
    notes[_READER] = reader
    try:
        yield
    finally:
        notes.pop(_READER, None)
        reader.close()


def snapshot_reader(connection: Connection) -> SnapshotReader | None:
    """The reader of the connection's transaction; none for SQLite and while writing."""
    return connection.info.get(_READER)


def estimated_rows(connection: Connection, statement: str) -> int:
    """How many rows the server expects a statement to bring."""
    plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}").scalar_one()
    return int(plan[0]["Plan"]["Plan Rows"])


def copy_rows(connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """Append rows to a table, given as one sequence of plain values per column."""
    name_of = connection.dialect.identifier_preparer
    names = ", ".join(name_of.quote(name) for name in columns)
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(f"COPY {name_of.format_table(table)} ({names}) FROM STDIN") as copy:
        for row in zip(*columns.values(), strict=True):
            copy.write_row(row)


@functools.cache
def _database(conninfo: str) -> AdbcDatabase:
    """Made once per address, since it asks the server for all its types. It holds no connection."""
    database: AdbcDatabase = adbc_driver_postgresql.connect(conninfo)
    return database


def _same_address(connection: Connection) -> str:
    """Where the connection leads, to the very server: a snapshot is known to no other."""
    driver: Any = connection.connection.driver_connection
    info = driver.info
    where = {"host": info.host, "port": info.port, "password": info.password}
    return make_conninfo(**{**info.get_parameters(), **where})


@contextmanager
def _told_as_sqlalchemy() -> Iterator[None]:
    """Errors as every other read raises them, without the statement that ADBC quotes."""
    try:
        yield
    except (adbc_driver_manager.Error, pa.ArrowException, OSError) as error:
        words = Exception(str(error).partition("Query was:")[0])
        raise _kind(error)(None, None, words) from error


def _kind(error: Exception) -> type[DBAPIError]:
    """SQLSTATE 42 is a table or column that is not there; all else is a server that did not answer to the end."""
    is_misfit = (getattr(error, "sqlstate", None) or "").startswith("42")
    return ProgrammingError if is_misfit else OperationalError


def _plain(array: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers without a limit come as text in a type of their own."""
    if not isinstance(array.type, pa.BaseExtensionType):
        return array
    return pa.chunked_array([chunk.storage for chunk in array.chunks], array.type.storage_type).cast(NUMERIC)
