"""The log of imports against a real store."""

from __future__ import annotations

import io

from sqlalchemy import Engine

from data_access.imports import import_readings
from data_access.reading import read_file
from data_access.records import RECORDS
from tests.data_access.imports.taking import AT, rows_of


def test_the_name_of_a_file_is_noted_without_what_no_store_can_keep(engine: Engine) -> None:
    named = "a\x00b\x1b[2J" + "c" * 2_000 + ".csv"
    reading = read_file(RECORDS["suppliers"], io.BytesIO(b"supplier_id\nS-1\n"), named)
    import_readings(engine, [reading], by="ada", at=AT)
    assert rows_of(engine, "imports", "source") == [(("a?b?[2J" + "c" * 2_000)[:1_000],)]
