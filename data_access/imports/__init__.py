"""Taking rows that were read into the store: what would change, then all good rows or none.

    staging     rows into temporary tables of the connection, duplicate keys set aside
    merging     what is new, changed and unchanged, and the one statement that writes it
    references  what the rows refer to and nobody knows
    closing     what a full extract no longer lists
    log         every attempt with its refused rows
    importing   the order of these steps

Knows no file format and no page.
"""

from data_access.imports.closing import CLOSABLE
from data_access.imports.importing import ImportResult, import_readings
from data_access.imports.log import recent_imports, rejects_of, row_counts, row_counts_within

__all__ = [
    "CLOSABLE",
    "ImportResult",
    "import_readings",
    "recent_imports",
    "rejects_of",
    "row_counts",
    "row_counts_within",
]
