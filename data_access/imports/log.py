"""The log of imports: every attempt with its counts and every refused row. It is no part of the data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, Select, func, insert, literal, select

from dashboard.domain.texts import LONGEST_TEXT, printable
from data_access import schema
from data_access.engine import reading
from data_access.imports.staging import Staged
from data_access.records import RECORDS

_REJECT_COLUMNS = ["row_no", "column", "value", "reason"]
_ROWS_AT_A_TIME = 50_000


def utc(at: datetime) -> datetime:
    """An instant as the store keeps it: UTC, without saying so."""
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at


def log_import(connection: Connection, table: str, source: str, by: str, at: datetime, counts: Sequence[int]) -> int:
    """Note one attempt within the caller's transaction; its id.

    counts: new, changed, unchanged, closed and refused rows.
    """
    names = ("new_rows", "changed_rows", "unchanged_rows", "closed_rows", "refused_rows")
    values = dict(zip(names, counts, strict=True))
    noted = insert(schema.imports).values(
        table_name=table, source=printable(source)[:LONGEST_TEXT], imported_by=by, imported_at=utc(at), **values
    )
    return int(connection.execute(noted).inserted_primary_key[0])  # type: ignore[index]


def keep_refused(connection: Connection, import_id: int, staged: Staged) -> None:
    """Keep every refused row of an attempt, in file order, within the caller's transaction."""
    refused = staged.refused.c
    in_file_order = func.row_number().over(order_by=(refused.row_no, refused.refused_no))
    kept = select(literal(import_id), in_file_order, refused.row_no, refused.column_name, refused.value, refused.reason)
    columns = ["import_id", "reject_no", "row_no", "column_name", "value", "reason"]
    connection.execute(insert(schema.import_rejects).from_select(columns, kept))


def refusals_frame(connection: Connection, refusals: Select[Any]) -> pd.DataFrame:
    """One row per refused row and reason: row_no, column, value, reason. Memory holds a part as Python objects."""
    dtypes = {"row_no": "int64"} | dict.fromkeys(_REJECT_COLUMNS[1:], "str")
    parts = [
        pd.DataFrame([tuple(row) for row in rows], columns=_REJECT_COLUMNS).astype(dtypes)
        for rows in connection.execute(refusals).partitions(_ROWS_AT_A_TIME)
    ]
    none = pd.DataFrame(columns=_REJECT_COLUMNS).astype(dtypes)
    return pd.concat(parts, ignore_index=True) if parts else none


def recent_imports(engine: Engine, limit: int = 20) -> pd.DataFrame:
    """One row per attempt to import, the latest first, with its counts of rows; imported_at is in UTC.

    import_id, table, source, imported_by, imported_at, new_rows, changed_rows, unchanged_rows, closed_rows,
    refused_rows. An attempt that was refused counts no new, changed or unchanged row.
    """
    log = schema.imports.c
    latest = (
        select(
            log.import_id,
            log.table_name.label("table"),
            log.source,
            log.imported_by,
            log.imported_at,
            log.new_rows,
            log.changed_rows,
            log.unchanged_rows,
            log.closed_rows,
            log.refused_rows,
        )
        .order_by(log.import_id.desc())
        .limit(limit)
    )
    with reading(engine) as connection:
        result = connection.execute(latest)
        return pd.DataFrame(result.fetchall(), columns=list(result.keys()))


def rejects_of(engine: Engine, import_id: int) -> pd.DataFrame:
    """One row per refused row of an import and reason, in file order: row_no, column, value, reason."""
    rejects = schema.import_rejects.c
    of_import = (
        select(rejects.row_no, rejects.column_name, rejects.value, rejects.reason)
        .where(rejects.import_id == import_id)
        .order_by(rejects.reject_no)
    )
    with reading(engine) as connection:
        return refusals_frame(connection, of_import)


def row_counts(engine: Engine) -> dict[str, int]:
    """How many rows the store holds of each table that can be imported."""
    with reading(engine) as connection:
        return row_counts_within(connection)


def row_counts_within(connection: Connection) -> dict[str, int]:
    """The same within the caller's transaction."""
    return {
        table: int(connection.execute(select(func.count()).select_from(schema.metadata.tables[table])).scalar_one())
        for table in RECORDS
    }
