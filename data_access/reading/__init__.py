"""Reading what a company brings: files as they come and rows of queries, as the typed rows of our tables."""

from data_access.reading.tables import (
    Chunk,
    ReadOptions,
    Refusal,
    TableReading,
    raw_table,
    read_file,
    read_rows,
)

__all__ = ["Chunk", "ReadOptions", "Refusal", "TableReading", "raw_table", "read_file", "read_rows"]
