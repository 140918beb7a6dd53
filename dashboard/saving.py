"""Writes for the pages: check the role, check the rule, save. Every write of a page goes through here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import PurePath

from dashboard import loading, people, settings
from data_access.demo import write_demo
from data_access.imports import ImportResult, import_readings
from data_access.reading import ReadOptions, read_file
from data_access.records import RECORDS

Progress = Callable[[float, str], None]


def import_upload(
    table: str,
    content: bytes,
    name: str,
    options: ReadOptions,
    *,
    dry_run: bool,
    partial: bool,
    complete: bool,
    progress: Progress | None = None,
) -> ImportResult:
    """Take an uploaded file into a table, or with dry_run tell what would happen.

    Raises NotAllowedError for a viewer, and RefusedDataError where the file cannot be taken at all.
    """
    person = people.require("editor")
    reading = read_file(RECORDS[table], BytesIO(content), PurePath(name.replace("\\", "/")).name, options)
    [result] = import_readings(
        loading.store(),
        [reading],
        by=person.name,
        at=datetime.now(UTC),
        dry_run=dry_run,
        partial=partial,
        complete=complete,
        progress=progress,
    )
    return result


def fill_with_demo() -> dict[str, int]:
    """Fill an empty store with the demo company; the rows written per table. Raises NotAllowedError, StoreError."""
    person = people.require("editor")
    return write_demo(loading.store(), settings.today(), by=person.name)
