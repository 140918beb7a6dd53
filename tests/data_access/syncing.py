"""What the tests of sources share: a source taken in, and what the store then holds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from data_access import schema
from data_access.engine import reading
from data_access.imports import ImportResult, import_readings
from data_access.sync import load_sync, read_sync

AT = datetime(2026, 3, 16, 7, 30, tzinfo=UTC)


def sync(engine: Engine, path: Path) -> dict[str, ImportResult]:
    understood = load_sync(path)
    how: dict[str, Any] = {"partial": understood.partial, "complete": understood.complete}
    return {result.table: result for result in import_readings(engine, read_sync(understood), by="ada", at=AT, **how)}


def rows_of(engine: Engine, table: str, *columns: str) -> list[tuple[Any, ...]]:
    stored = schema.metadata.tables[table]
    with reading(engine) as connection:
        chosen = select(*(stored.c[name] for name in columns)).order_by(*stored.primary_key.columns)
        return [tuple(row) for row in connection.execute(chosen)]
