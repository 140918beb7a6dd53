"""What belongs to a document as a whole: cells left blank below its first line, and the numbers of its lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence
from typing import Any

from data_access.reading.raw import as_text
from data_access.records import Record

DOCUMENT_COLUMNS = (
    "customer_id",
    "supplier_id",
    "location_id",
    "ordered_date",
    "requested_date",
    "first_promise_date",
    "promise_date",
    "first_due_date",
    "due_date",
)
Columns = dict[str, Sequence[Any]]


def numbers_lines(record: Record, matched: Container[str]) -> bool:
    """Whether the lines of a document are numbered in file order: its lines have numbers, but the file has none."""
    return "line_no" not in matched and any(f.name == "line_no" and not f.is_required for f in record.fields)


class DocumentLines:
    """Completes the cells of a source, batch by batch in file order; remembers what stood above."""

    def __init__(self, record: Record, matched: Container[str], fill_down: bool) -> None:
        self._document = record.keys[0]
        self._above: dict[str, Any] = {}
        self._filled = [name for name in DOCUMENT_COLUMNS if name in matched and name != self._document]
        self._fills_down = fill_down
        self._numbers = numbers_lines(record, matched)
        self._lines: Counter[str] = Counter()

    def completed(self, columns: Columns) -> Columns:
        """The columns with blank cells filled from above, if that was asked for, and lines numbered, if they are not.

        Every row counts as a line, also one that is refused later, so that a corrected file keeps its numbers.
        """
        if self._fills_down:
            columns = self._with_cells_from_above(columns)
        return columns | {"line_no": self._line_nos(columns[self._document])} if self._numbers else columns

    def _with_cells_from_above(self, columns: Columns) -> Columns:
        filled = {name: list(columns[name]) for name in (self._document, *self._filled)}
        documents = filled[self._document]
        for place, document in enumerate(documents):
            above = self._above.get(self._document, "")
            if _is_blank(document):
                document = documents[place] = above
            if _same(document, above):
                for name in self._filled:
                    if _is_blank(filled[name][place]):
                        filled[name][place] = self._above.get(name, "")
            self._above = {name: cells[place] for name, cells in filled.items()}
        return columns | filled

    def _line_nos(self, documents: Sequence[Any]) -> list[str]:
        numbers = []
        for document in documents:
            key = as_text(document).strip()
            self._lines[key] += 1
            numbers.append(str(self._lines[key]))
        return numbers


def _is_blank(cell: Any) -> bool:
    return isinstance(cell, str) and not cell.strip()


def _same(document: Any, above: Any) -> bool:
    return as_text(document).strip() == as_text(above).strip()
