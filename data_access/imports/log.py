"""The log of imports: every attempt with its counts and refused rows. It is no part of the data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, Engine, delete, func, insert, select

from data_access import schema
from data_access.engine import reading
from data_access.reading import Refusal
from data_access.records import RECORDS

KEPT_IMPORTS = 200
KEPT_REJECTS = 100_000

_REJECT_COLUMNS = ["row_no", "column", "value", "reason"]


def log_import(
    connection: Connection,
    table: str,
    source: str,
    by: str,
    at: datetime,
    counts: Sequence[int],
    refusals: Sequence[Refusal],
) -> int:
    """Note one attempt within the caller's transaction, and forget the refused rows of old ones; its id.

    counts: new, changed, unchanged, closed and refused rows.
    """
    names = ("new_rows", "changed_rows", "unchanged_rows", "closed_rows", "refused_rows")
    values = dict(zip(names, counts, strict=True))
    noted = insert(schema.imports).values(table_name=table, source=source, imported_by=by, imported_at=at, **values)
    import_id = int(connection.execute(noted).inserted_primary_key[0])  # type: ignore[index]
    if refusals:
        connection.execute(insert(schema.import_rejects), _reject_rows(import_id, refusals))
    _forget_old_rejects(connection)
    return import_id


def _reject_rows(import_id: int, refusals: Sequence[Refusal]) -> list[dict[str, object]]:
    return [
        {
            "import_id": import_id,
            "reject_no": number,
            "row_no": refusal.row_no,
            "column_name": refusal.column,
            "value": refusal.value,
            "reason": refusal.reason,
        }
        for number, refusal in enumerate(refusals[:KEPT_REJECTS], start=1)
    ]


def _forget_old_rejects(connection: Connection) -> None:
    ids = schema.imports.c.import_id
    oldest_to_forget = select(ids).order_by(ids.desc()).offset(KEPT_IMPORTS).limit(1).scalar_subquery()
    connection.execute(delete(schema.import_rejects).where(schema.import_rejects.c.import_id <= oldest_to_forget))


def refusals_frame(refusals: Sequence[Refusal]) -> pd.DataFrame:
    """One row per refused row and reason: row_no, column, value, reason."""
    return pd.DataFrame(list(refusals), columns=_REJECT_COLUMNS).astype({"row_no": "int64"})


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
        return refusals_frame([Refusal(*row) for row in connection.execute(of_import)])


def row_counts(engine: Engine) -> dict[str, int]:
    """How many rows the store holds of each table that can be imported."""
    with reading(engine) as connection:
        return {
            table: int(connection.execute(select(func.count()).select_from(schema.metadata.tables[table])).scalar_one())
            for table in RECORDS
        }
