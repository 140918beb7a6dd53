"""Empty files to fill in: one CSV template for each table that can be imported."""

from __future__ import annotations

import csv
import io

from data_access.records import Record


def template_csv(record: Record) -> str:
    """A CSV text with the names of all columns and one example row, which is to be replaced by one's own rows."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in record.fields])
    writer.writerow([field.example for field in record.fields])
    return text.getvalue()
