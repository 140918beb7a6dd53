"""One import from staged rows to a revision: all good rows of all readings in one transaction, or none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pandas as pd
from sqlalchemy import Connection, Engine

from dashboard.domain.errors import RefusedDataError, RefusedRowsError
from data_access.engine import data_revision, raise_revision, reachable
from data_access.imports.closing import CLOSABLE, close_unlisted, closing_differences
from data_access.imports.log import log_import, refusals_frame
from data_access.imports.merging import (
    SHOWN_DIFFERENCES,
    Counts,
    Difference,
    Merge,
    count_rows,
    create_referenced,
    first_differences,
    kept_first_dates,
    record_moved_promises,
    write_rows,
)
from data_access.imports.staging import Staged, stage
from data_access.reading import TableReading
from data_access.records import RECORDS

Progress = Callable[[float, str], None]

_STAGING_SHARE = 0.7
"""Reading and staging take about this share of an import's time."""


@dataclass(frozen=True)
class ImportResult:
    """What an import did, or would do where was_written is false.

    new_rows, changed_rows, unchanged_rows: good rows of the file. closed_rows: rows of the store that a full extract
    no longer lists. refused_rows: rows, not reasons. created: ids created because they were referred to but unknown,
    by table. differences: the first changed cells; key, column, old, new as text. refusals: one row per refused row
    and reason; row_no, column, value, reason. import_id: the entry in the log, none for a dry run.
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
    was_written: bool
    import_id: int | None
    data_revision: int


@dataclass(frozen=True)
class _Terms:
    """How the caller wants the import done, and how it is going."""

    by: str
    at: datetime
    is_kept: bool
    closing: frozenset[str]
    progress: Progress
    steps: int = field(default=1)

    def told(self, step: int, base: float, span: float) -> Progress:
        """A teller for one of the steps, whose own share from 0 to 1 is a part of the whole."""
        return lambda share, words: self.progress(base + span * (step + share) / self.steps, words)


def import_reading(
    engine: Engine,
    reading: TableReading,
    *,
    by: str,
    at: datetime,
    dry_run: bool = False,
    partial: bool = False,
    complete: bool | Collection[str] = False,
    progress: Progress | None = None,
) -> ImportResult:
    """Take the rows of one file or query into the store: all good rows or none (see import_readings)."""
    return import_readings(
        engine, [reading], by=by, at=at, dry_run=dry_run, partial=partial, complete=complete, progress=progress
    )[0]


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
) -> list[ImportResult]:
    """Take the rows of several files or queries into the store in one transaction; one result per reading.

    With refused rows nothing is written, unless partial keeps the good ones. complete: a full extract closes what it
    no longer lists, of every table or of the named ones. at is the instant [UTC] to note; progress is told a share
    from 0 to 1 and what is being done. The revision is raised only where something changed.

    Raises RefusedDataError where complete means nothing for a table or would close everything, RefusedRowsError where
    rows of a full extract are refused, StoreUnreachableError where the store does not answer.
    """
    closing = _tables_to_close(readings, complete)
    terms = _Terms(by, _utc(at), not dry_run, closing, progress or _tell_nobody, max(len(readings), 1))
    with reachable(engine), engine.connect() as connection:
        connection.detach()  # so that the temporary tables go with it
        staged = _stage(connection, readings, terms)
        is_refused = any(rows.refusals for rows in staged) and not partial
        broken = _broken_extract(staged, closing, partial)
        if broken is None:
            results = _merge(connection, staged, terms, is_written=not (dry_run or is_refused))
        if (is_refused or broken) and terms.is_kept:
            ids = _log_refused(connection, staged, terms)
    if broken is not None:
        raise broken
    if is_refused and terms.is_kept:
        results = [replace(result, import_id=import_id) for result, import_id in zip(results, ids, strict=True)]
    return results


def _tell_nobody(_share: float, _words: str) -> None:
    pass


def _utc(at: datetime) -> datetime:
    """The instant as the store keeps it: UTC, without saying so."""
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at


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
    with connection.begin():
        return [
            stage(connection, reading, number, terms.told(number, 0.0, _STAGING_SHARE))
            for number, reading in enumerate(readings)
        ]


def _broken_extract(staged: Sequence[Staged], closing: frozenset[str], partial: bool) -> RefusedDataError | None:
    """The reason why a full extract must not close anything: closing on an incomplete list would cancel real orders."""
    for rows in staged:
        table, source = rows.record.table, rows.reading.source
        if table in closing and rows.refusals and partial:
            return RefusedRowsError(
                f"{source} cannot be a full extract of {table}: {rows.refused_rows:,} of its rows are refused, and what"
                " they list would be closed. Mend them, or import it as a part (not complete). Nothing was written."
            )
        if table in closing and not rows.refusals and not rows.rows:
            return RefusedDataError(
                f"{source} lists no rows, and as a full extract of {table} it would close everything. "
                "Check the file or the query, or import it as a part (not complete). Nothing was written."
            )
    return None


def _merge(connection: Connection, staged: Sequence[Staged], terms: _Terms, *, is_written: bool) -> list[ImportResult]:
    """Write all readings in one transaction, referenced tables first; rolled back where nothing is to be written."""
    order = list(RECORDS)
    by_reference = sorted(range(len(staged)), key=lambda number: order.index(staged[number].record.table))
    results: dict[int, ImportResult] = {}
    with connection.execution_options(is_writing=True).begin() as transaction:
        for step, number in enumerate(by_reference):
            terms.told(step, _STAGING_SHARE, 1 - _STAGING_SHARE)(0.0, f"{staged[number].record.table}: writing")
            results[number] = _merge_one(connection, staged[number], terms, is_written=is_written)
        if is_written and any(_has_changed(result) for result in results.values()):
            raise_revision(connection)
        if not is_written:
            transaction.rollback()
    revision = _revision(connection)
    terms.progress(1.0, "done")
    return [replace(results[number], data_revision=revision) for number in range(len(staged))]


def _merge_one(connection: Connection, staged: Staged, terms: _Terms, *, is_written: bool) -> ImportResult:
    merge = Merge(staged)
    created = create_referenced(connection, merge)
    counts = count_rows(connection, merge)
    differences = first_differences(connection, merge) if counts.changed else []
    closed = 0
    if staged.record.table in terms.closing and not staged.refusals:
        differences += closing_differences(connection, merge)
        closed = close_unlisted(connection, merge)
    notes = kept_first_dates(connection, merge)
    import_id = _log(connection, staged, terms, (*counts, closed, staged.refused_rows)) if is_written else None
    if counts.new or counts.changed:
        if import_id is not None:
            record_moved_promises(connection, merge, terms.by, terms.at, import_id)
        write_rows(connection, merge)
    return _result(staged, counts, closed, created, differences, notes, import_id)


def _result(
    staged: Staged,
    counts: Counts,
    closed: int,
    created: Mapping[str, int],
    differences: Sequence[Difference],
    notes: Sequence[str],
    import_id: int | None,
) -> ImportResult:
    return ImportResult(
        table=staged.record.table,
        source=staged.reading.source,
        new_rows=counts.new,
        changed_rows=counts.changed,
        unchanged_rows=counts.unchanged,
        closed_rows=closed,
        refused_rows=staged.refused_rows,
        created=created,
        differences=pd.DataFrame(differences[:SHOWN_DIFFERENCES], columns=list(Difference._fields), dtype="str"),
        refusals=refusals_frame(staged.refusals),
        matched=staged.reading.matched,
        surplus=staged.reading.surplus,
        notes=(*staged.reading.notes, *notes),
        was_written=import_id is not None,
        import_id=import_id,
        data_revision=0,
    )


def _has_changed(result: ImportResult) -> bool:
    return bool(result.new_rows or result.changed_rows or result.closed_rows or result.created)


def _log(connection: Connection, staged: Staged, terms: _Terms, counts: Sequence[int]) -> int:
    table, source = staged.record.table, staged.reading.source
    return log_import(connection, table, source, terms.by, terms.at, counts, staged.refusals)


def _log_refused(connection: Connection, staged: Sequence[Staged], terms: _Terms) -> list[int]:
    """Note an attempt of which nothing was written; a log entry is no data and raises no revision."""
    with connection.execution_options(is_writing=True).begin():
        return [_log(connection, rows, terms, (0, 0, 0, 0, rows.refused_rows)) for rows in staged]


def _revision(connection: Connection) -> int:
    with connection.execution_options(is_writing=False).begin():
        return data_revision(connection)
