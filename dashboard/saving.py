"""Writes for the pages: check the role, check the rule, save. Every write of a page goes through here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import PurePath

from dashboard import events, loading, people, settings
from dashboard.domain.effects import Effect, effect_of
from dashboard.domain.errors import StaleError
from dashboard.domain.plan import Plan
from dashboard.domain.promises import PromiseChange, effect_of_promises
from dashboard.domain.restocks import Change, Move
from data_access import moving, promising
from data_access.demo import write_demo
from data_access.imports import ImportResult, import_readings
from data_access.moving import Saved
from data_access.reading import ReadOptions, read_file
from data_access.records import RECORDS
from data_access.users import known_as, remove_user, set_user

Progress = Callable[[float, str], None]
_ATTEMPTS = 5
"""How often a save is tried while others change data that does not concern it."""


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
    with events.doing("import", is_told=not dry_run) as event:
        person = people.require("editor")
        reading = read_file(RECORDS[table], BytesIO(content), PurePath(name.replace("\\", "/")).name, options)
        results = import_readings(
            loading.store(),
            [reading],
            by=person.name,
            at=datetime.now(UTC),
            dry_run=dry_run,
            partial=partial,
            complete=complete,
            progress=progress,
            check=people.still(person, "editor"),
        )
        event.imported(results)
    return results[0]


def save_changes(changes: Sequence[Change], how: str, seen: Effect) -> Saved:
    """Save changes of restock dates and planned restocks whose effect was shown, as one batch, or nothing at all.

    Where the data changed since, they are saved only if their effect is still the one that was shown.

    Raises NotAllowedError for a viewer, RefusedChangeError, ConflictError, and StaleError where the effect is another.
    """
    with events.doing("save") as event:
        person = people.require("editor")
        saved = _as_seen(
            lambda revision: moving.save_changes(
                loading.store(), changes, by=person.name, at=datetime.now(UTC), how=how, today=settings.today(),
                seen_revision=revision, check=people.still(person, "editor"),
            ),
            lambda plan: effect_of(plan, changes),
            seen,
        )  # fmt: skip
        event.saved(saved)
    return saved


def save_promises(changes: Sequence[PromiseChange], how: str, seen: Effect) -> Saved:
    """Save changes of promises whose effect was shown, as one batch, or nothing at all; stale as in save_changes.

    Raises NotAllowedError for a viewer, RefusedChangeError, ConflictError, and StaleError where the effect is another.
    """
    with events.doing("save") as event:
        person = people.require("editor")
        saved = _as_seen(
            lambda revision: promising.save_promises(
                loading.store(), changes, by=person.name, at=datetime.now(UTC), how=how, today=settings.today(),
                seen_revision=revision, check=people.still(person, "editor"),
            ),
            lambda plan: effect_of_promises(plan, changes),
            seen,
        )  # fmt: skip
        event.saved(saved)
    return saved


def promises_back(batch_id: str) -> list[PromiseChange]:
    """The changes that take a saved batch of promises back: to be saved by save_promises as "undo".

    Raises NotAllowedError for a viewer, and RefusedChangeError where a promise was changed again since.
    """
    people.require("editor")
    return promising.way_back(loading.store(), batch_id)


def _as_seen(save: Callable[[int], Saved], effect_now: Callable[[Plan], Effect], seen: Effect) -> Saved:
    """Save at the revision that was seen, or at a later one where the effect is still the same."""
    revision = seen.data_revision
    for _ in range(_ATTEMPTS):
        try:
            return save(revision)
        except StaleError:
            plan = loading.plan()
            if not effect_now(plan).is_same_as(seen):
                raise
            revision = plan.book.data_revision
    raise StaleError("Others are saving all the time. Look at the effect once more, then save.")


def way_back(batch_id: str, move_ids: Iterable[int] | None = None) -> list[Move]:
    """The moves that take a saved batch back, or some of its moves: to be saved by save_changes as "undo".

    Raises NotAllowedError for a viewer, and RefusedChangeError where later moves stand on it.
    """
    people.require("editor")
    return moving.way_back(loading.store(), batch_id, move_ids)


def fill_with_demo() -> dict[str, int]:
    """Fill an empty store with the demo company; the rows written per table. Raises NotAllowedError, StoreError."""
    with events.doing("import") as event:
        person = people.require("editor")
        rows = write_demo(loading.store(), settings.today(), by=person.name, check=people.still(person, "editor"))
        event.demo(rows)
    return rows


def give_role(email: str, role: str) -> None:
    """Give a person a role, or another one. Raises NotAllowedError for all but admins, and RefusedChangeError."""
    with events.doing("role") as event:
        person = people.require("admin")
        event.facts |= {"whom": known_as(email), "role": role}
        set_user(
            loading.store(), email, role, by=person.name, at=datetime.now(UTC), check=people.still(person, "admin")
        )


def take_role(email: str) -> None:
    """Take a person's role away. Raises NotAllowedError for all but admins, and RefusedChangeError."""
    with events.doing("role") as event:
        person = people.require("admin")
        event.facts |= {"whom": known_as(email), "role": "none"}
        remove_user(loading.store(), email, check=people.still(person, "admin"))
