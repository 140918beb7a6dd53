"""Which header of a file means which of our columns. Knows names, but no value."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from dashboard.domain.errors import ColumnsError
from data_access.records import RECORDS, Field, Record

_SHOWN_HEADERS = 30
_SHOWN_SYNONYMS = 6
_LONGEST_SHOWN = 40


@dataclass(frozen=True)
class Match:
    """What the headers of a file mean. positions: our column -> place of its header; doubled: columns with two."""

    record: Record
    headers: tuple[str, ...]
    positions: dict[str, int] = field(default_factory=dict)
    doubled: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def missing(self) -> list[Field]:
        """The required columns that no header fits."""
        taken = self.positions.keys() | self.doubled.keys()
        return [wanted for wanted in self.record.fields if wanted.is_required and wanted.name not in taken]

    @property
    def fits(self) -> bool:
        """Whether every required column is there, once."""
        return not self.missing and not self.doubled


def normalised(name: str) -> str:
    """A name without case, accents, spaces, underscores and punctuation.

    >>> normalised("Qty._Ordered ")
    'qtyordered'
    """
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in decomposed if letter.isalnum())


def match_columns(record: Record, headers: Sequence[str], told: Mapping[str, str] | None = None) -> Match:
    """The headers given to our columns: those that were told, then our own names, then synonyms, required first.

    A header is used once. An earlier synonym beats a later one. Raises nothing: what is amiss is in the match.
    """
    match = Match(record, tuple(headers))
    places: dict[str, list[int]] = {}
    for place, header in enumerate(headers):
        places.setdefault(normalised(header), []).append(place)
    for name, header in (told or {}).items():
        exact = [place for place, other in enumerate(headers) if other == header]
        _take(match, name, exact or places.get(normalised(header), []))
    for _, wanted, name in _ranked(record):
        if wanted.name not in (told or {}):
            _take(match, wanted.name, places.get(name, []))
    in_order = {wanted.name: match.positions[wanted.name] for wanted in record.fields if wanted.name in match.positions}
    return replace(match, positions=in_order)


def _ranked(record: Record) -> list[tuple[tuple[int, int, int], Field, str]]:
    """Every name of every column, the surest first: own names, synonyms of required columns, other synonyms."""
    ranked = []
    for place, wanted in enumerate(record.fields):
        ranked.append(((0, 0, place), wanted, normalised(wanted.name)))
        for rank, synonym in enumerate(wanted.synonyms):
            ranked.append(((1 if wanted.is_required else 2, rank, place), wanted, normalised(synonym)))
    return sorted(ranked, key=lambda entry: entry[0])


def _take(match: Match, name: str, places: Sequence[int]) -> None:
    used = match.positions.values()
    free = [place for place in places if place not in used]
    if not free or name in match.positions or name in match.doubled:
        return
    if len(free) > 1:
        match.doubled[name] = (match.headers[free[0]], match.headers[free[1]])
    else:
        match.positions[name] = free[0]


def checked(match: Match, source: str, told: Mapping[str, str]) -> Match:
    """The match, if the file can be read by it.

    Raises ColumnsError where a told or required column is missing, one is there twice, or another table fits better.
    """
    _check_told(match, source, told)
    if match.doubled:
        name, (first, second) = next(iter(match.doubled.items()))
        raise ColumnsError(
            f"{source} has two columns for {name}: '{_cut(first)}' and '{_cut(second)}'. Rename or delete one of them."
        )
    better = better_table(match)
    if match.missing:
        raise ColumnsError(f"{_missing_text(match, source)}{_better_text(better)}")
    if better is not None and not told:
        raise ColumnsError(
            f"{source} holds {better.table} rather than {match.record.table}: only {', '.join(match.positions)} would "
            f"be read from it. Import it as {better.table}, or name its columns if it is meant."
        )
    return match


def _check_told(match: Match, source: str, told: Mapping[str, str]) -> None:
    ours = [wanted.name for wanted in match.record.fields]
    for name, header in told.items():
        if name not in ours:
            raise ColumnsError(f"{match.record.table} has no column {name}. Its columns are: {', '.join(ours)}.")
        if name not in match.positions and name not in match.doubled:
            raise ColumnsError(
                f"{source} has no column '{_cut(header)}' to be read as {name}, or it is told for two columns. "
                f"{_headers_text(match.headers)}"
            )


def better_table(match: Match) -> Record | None:
    """The table that the headers fit clearly better than the one asked for, if there is one.

    Files that are no table to import have nothing to be mistaken for.
    """
    if match.record.table not in RECORDS:
        return None
    others = [match_columns(other, match.headers) for other in RECORDS.values() if other is not match.record]
    fitting = [other for other in others if other.fits and len(other.positions) > len(match.positions)]
    best = max(fitting, key=lambda other: len(other.positions), default=None)
    if best is None:
        return None
    if match.missing:
        return best.record
    is_clear = len(best.positions) >= len(match.positions) + 2 and 2 * len(match.positions) < len(match.headers)
    return best.record if is_clear else None


def _missing_text(match: Match, source: str) -> str:
    wanted = " and ".join(f"{column.name}{_also_known_as(column)}" for column in match.missing)
    cannot = f"{source} cannot be read as {match.record.table}: it has no column for {wanted}."
    return f"{cannot} {_headers_text(match.headers)}"


def _also_known_as(column: Field) -> str:
    known = ", ".join(column.synonyms[:_SHOWN_SYNONYMS])
    return f" (or {known} …)" if known else ""


def _headers_text(headers: Sequence[str]) -> str:
    shown = ", ".join(_cut(header) for header in headers[:_SHOWN_HEADERS])
    more = f" and {len(headers) - _SHOWN_HEADERS} more" if len(headers) > _SHOWN_HEADERS else ""
    return f"Its columns are: {shown}{more}."


def _better_text(better: Record | None) -> str:
    if better is None:
        return " Rename a column or say which one it is; what stands in another file must be joined to this one first."
    return f" It looks like {better.table} ({better.what}): import it as that."


def _cut(text: str) -> str:
    visible = text if text.isprintable() else ascii(text)[1:-1]
    return visible if len(visible) <= _LONGEST_SHOWN else f"{visible[:_LONGEST_SHOWN]}…"
