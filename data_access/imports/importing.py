"""One import from staged rows to a revision: what would happen, then all good rows of all readings at once, or none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, Engine

from dashboard.domain.errors import RefusedDataError
from data_access.engine import Check, data_revision, raise_revision, reachable, read_transaction, write_transaction
from data_access.imports.closing import CLOSABLE, close_unlisted, closing_differences, count_unlisted
from data_access.imports.log import keep_refused, log_import, refusals_frame, utc
from data_access.imports.merging import (
    SHOWN_DIFFERENCES,
    Difference,
    Merge,
    count_rows,
    first_differences,
    kept_first_dates,
    record_moved_dates,
    write_rows,
)
from data_access.imports.references import count_unknown, create_unknown
from data_access.imports.staging import Staged, stage
from data_access.reading import TableReading
from data_access.records import RECORDS

Progress = Callable[[float, str], None]

_STAGED, _COMPARED = 0.7, 0.8
"""Which share of an import's time has passed, about, when its rows are staged, and when they are compared."""


@dataclass(frozen=True)
class ImportResult:
    """What an import did, or would do where was_written is false.

    new_rows, changed_rows, unchanged_rows: good rows of the file. closed_rows: rows of the store that a full extract
    no longer lists. refused_rows: rows, not reasons. created: ids created because they were referred to but unknown,
    by table. differences: the first changed cells; key, column, old, new as text. refusals: one row per refused row
    and reason; row_no, column, value, reason. is_refused: refused rows, of this reading or of another one in the same
    import, keep all of it from being written. import_id: the entry in the log, none for a dry run.
    """

    table: str
    source: str
    new_rows: int
    changed_rows: int
    unchanged_rows: int
    closed_rows: int
    refused_rows: int
    created: Mapping[str, int]
    differences: pd.DataFrame
    refusals: pd.DataFrame
    matched: Mapping[str, str]
    surplus: tuple[str, ...]
    notes: tuple[str, ...]
    is_refused: bool
    was_written: bool
    import_id: int | None
    data_revision: int


@dataclass(frozen=True)
class _Terms:
    """How the caller wants the import done, and whom to tell how it is going."""

    by: str
    at: datetime
    partial: bool
    closing: frozenset[str]
    progress: Progress
    check: Check | None

    def told(self, step: int, steps: int, start: float, end: float) -> Progress:
        """A teller for one of the steps, whose own share from 0 to 1 is a part of the whole."""
        return lambda share, words: self.progress(start + (end - start) * (step + share) / steps, words)

    def is_broken_extract(self, staged: Staged) -> bool:
        """Whether good rows alone must not be taken, since what the refused ones list would be closed."""
        return self.partial and bool(staged.refused_rows) and staged.record.table in self.closing

    def refuses(self, staged: Sequence[Staged]) -> bool:
        """Whether refused rows keep all of it from being written."""
        return any((rows.refused_rows and not self.partial) or self.is_broken_extract(rows) for rows in staged)


def import_readings(
    engine: Engine,
    readings: Sequence[TableReading],
    *,
    by: str,
    at: datetime,
    dry_run: bool = False,
    partial: bool = False,
    complete: bool | Collection[str] = False,
    progress: Progress | None = None,
    check: Check | None = None,
) -> list[ImportResult]:
    """Take the rows of several files or queries, each for another table, into the store; one result per reading.

    All is one transaction. With refused rows nothing is written, unless partial keeps the good ones. complete: a full
    extract closes what it no longer lists, of every table or of the named ones; one with refused rows is not written
    in part. at is the instant [UTC] to note; progress is told a share from 0 to 1 and what is being done. The revision
    is raised only where something changed. A dry run only reads, and so waits for no writer and holds none up.
    check: asked within the transaction that writes.

    Raises RefusedDataError where complete means nothing for a table or would close everything, StoreUnreachableError
    where the store does not answer.
    """
    terms = _Terms(by, utc(at), partial, _tables_to_close(readings, complete), progress or _tell_nobody, check)
    with reachable(engine), engine.connect() as connection:
        connection.detach()  # so that the temporary tables go with it
        staged = _stage(connection, readings, terms)
        empty = _empty_extract(staged, terms)
        is_refused = terms.refuses(staged)
        if not (dry_run or is_refused or empty):
            results = _take_in(connection, staged, terms)
        else:
            results = _look_at(connection, staged, terms, is_refused=is_refused)
            if not dry_run:
                results = _note_refused(connection, staged, results, terms)
    if empty:
        raise empty
    terms.progress(1.0, "done")
    return results


def _tell_nobody(_share: float, _words: str) -> None:
    pass


def _tables_to_close(readings: Sequence[TableReading], complete: bool | Collection[str]) -> frozenset[str]:
    given = {reading.record.table for reading in readings}
    named = frozenset(given if complete is True else complete or ())
    for table in sorted(named - set(CLOSABLE)):
        raise RefusedDataError(
            f'"complete" means nothing for {table}: only {", ".join(CLOSABLE)} can be closed by a full extract. '
            "Import it without."
        )
    return named & given


def _stage(connection: Connection, readings: Sequence[TableReading], terms: _Terms) -> list[Staged]:
    """Stage before the store is locked: reading a large file takes far longer than writing its rows."""
    steps = len(readings)
    with read_transaction(connection, is_long=True):
        return [
            stage(connection, reading, number, terms.told(number, steps, 0.0, _STAGED))
            for number, reading in enumerate(readings)
        ]


def _empty_extract(staged: Sequence[Staged], terms: _Terms) -> RefusedDataError | None:
    """Why an extract without any row must not close anything."""
    for rows in staged:
        if rows.record.table in terms.closing and not rows.refused_rows and not rows.rows:
            return RefusedDataError(
                f"{rows.reading.source} lists no rows, and as a full extract of {rows.record.table} it would close "
                "everything. Check the file or the query, or import it as a part (not complete). Nothing was written."
            )
    return None


def _look_at(
    connection: Connection, staged: Sequence[Staged], terms: _Terms, *, is_refused: bool
) -> list[ImportResult]:
    """What would happen, for each reading. Writes nothing and locks nothing."""
    with read_transaction(connection):
        return _compared(connection, staged, terms, is_refused=is_refused)


def _take_in(connection: Connection, staged: Sequence[Staged], terms: _Terms) -> list[ImportResult]:
    """Compare and write all readings in one transaction, referenced tables first."""
    with write_transaction(connection, terms.check):
        results = _compared(connection, staged, terms, is_refused=False)
        ids: dict[int, int] = {}
        for step, number in enumerate(_by_reference(staged)):
            terms.told(step, len(staged), _COMPARED, 1.0)(0.0, f"{staged[number].record.table}: writing")
            ids[number] = _write(connection, staged[number], results[number], terms)
        has_changed = any(map(_has_changed, results))
        revision = raise_revision(connection) if has_changed else data_revision(connection)
    return [
        replace(result, was_written=True, import_id=ids[number], data_revision=revision)
        for number, result in enumerate(results)
    ]


def _note_refused(
    connection: Connection, staged: Sequence[Staged], results: Sequence[ImportResult], terms: _Terms
) -> list[ImportResult]:
    """Note an attempt of which nothing was written; a log entry is no data and raises no revision."""
    with write_transaction(connection, terms.check):
        return [
            replace(result, import_id=_log(connection, rows, terms, (0, 0, 0, 0, rows.refused_rows)))
            for rows, result in zip(staged, results, strict=True)
        ]


def _by_reference(staged: Sequence[Staged]) -> list[int]:
    """The places of the readings, in an order in which references point backwards."""
    order = list(RECORDS)
    return sorted(range(len(staged)), key=lambda number: order.index(staged[number].record.table))


def _compared(
    connection: Connection, staged: Sequence[Staged], terms: _Terms, *, is_refused: bool
) -> list[ImportResult]:
    """What taking in each reading would do, none of them written yet."""
    revision = data_revision(connection)
    results: dict[int, ImportResult] = {}
    before: list[Merge] = []
    for step, number in enumerate(_by_reference(staged)):
        rows = staged[number]
        terms.told(step, len(staged), _STAGED, _COMPARED)(0.0, f"{rows.record.table}: comparing")
        merge = Merge(rows)
        result = _compare(connection, merge, before, terms)
        results[number] = replace(result, is_refused=is_refused, data_revision=revision)
        before.append(merge)
    return [results[number] for number in range(len(staged))]


def _compare(connection: Connection, merge: Merge, before: Sequence[Merge], terms: _Terms) -> ImportResult:
    """What taking in one reading would do once those before it are written."""
    staged, reading = merge.staged, merge.staged.reading
    counts = count_rows(connection, merge)
    differences = first_differences(connection, merge) if counts.changed else []
    closed = 0
    if _closes(staged, terms):
        closed = count_unlisted(connection, merge)
        differences += closing_differences(connection, merge)
    return ImportResult(
        table=staged.record.table,
        source=reading.source,
        new_rows=counts.new,
        changed_rows=counts.changed,
        unchanged_rows=counts.unchanged,
        closed_rows=closed,
        refused_rows=staged.refused_rows,
        created=count_unknown(connection, merge, before),
        differences=pd.DataFrame(differences[:SHOWN_DIFFERENCES], columns=list(Difference._fields), dtype="str"),
        refusals=refusals_frame(connection, staged.refusals()),
        matched=reading.matched,
        surplus=reading.surplus,
        notes=(*_broken_extract(staged, terms), *reading.notes, *kept_first_dates(connection, merge)),
        is_refused=False,
        was_written=False,
        import_id=None,
        data_revision=0,
    )


def _closes(staged: Staged, terms: _Terms) -> bool:
    return staged.record.table in terms.closing and not staged.refused_rows


def _broken_extract(staged: Staged, terms: _Terms) -> list[str]:
    """The reason why the good rows of a full extract are not taken in alone."""
    if not terms.is_broken_extract(staged):
        return []
    rows = "1 of its rows is" if staged.refused_rows == 1 else f"{staged.refused_rows:,} of its rows are"
    return [
        f"This cannot be a full extract of {staged.record.table}: {rows} refused, and what is listed there would be "
        "closed. Mend the file, or import it as a part (not complete)."
    ]


def _write(connection: Connection, staged: Staged, result: ImportResult, terms: _Terms) -> int:
    """Write one reading as it was compared, and note it in the log; its id there."""
    merge = Merge(staged)
    counts = (result.new_rows, result.changed_rows, result.unchanged_rows, result.closed_rows, result.refused_rows)
    import_id = _log(connection, staged, terms, counts)
    if result.created:
        create_unknown(connection, merge)
    if result.closed_rows:
        close_unlisted(connection, merge, terms.by, terms.at)
    if result.new_rows or result.changed_rows:
        record_moved_dates(connection, merge, terms.by, terms.at, import_id)
        write_rows(connection, merge, terms.by, terms.at)
    return import_id


def _has_changed(result: ImportResult) -> bool:
    return bool(result.new_rows or result.changed_rows or result.closed_rows or result.created)


def _log(connection: Connection, staged: Staged, terms: _Terms, counts: Sequence[int]) -> int:
    import_id = log_import(connection, staged.record.table, staged.reading.source, terms.by, terms.at, counts)
    if staged.refused_rows:
        keep_refused(connection, import_id, staged)
    return import_id
