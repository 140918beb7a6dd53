"""Writes for the pages: check the role, check the rule, save. Every write of a page goes through here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import PurePath

from dashboard import events, loading, people, reviewing, settings
from dashboard.domain.decided import Draft, figures_of
from dashboard.domain.effects import Effect, effect_of
from dashboard.domain.errors import StaleError
from dashboard.domain.plan import Plan
from dashboard.domain.promises import PromiseChange, effect_of_promises
from dashboard.domain.restocks import Change, Move
from dashboard.domain.version import Version
from data_access import decisions, moving, promising, reviews
from data_access.decisions import KEPT, Kept
from data_access.demo import write_demo
from data_access.imports import ImportResult, import_readings
from data_access.moving import Saved
from data_access.reading import ReadOptions, read_file
from data_access.records import RECORDS
from data_access.reviews import Review
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
        loading.wrote()
    return results[0]


def save_changes(changes: Sequence[Change], how: str, seen: Effect) -> Saved:
    """Save changes of restock dates and planned restocks whose effect was shown, as one batch, or nothing at all.

    Where the data changed since, they are saved only if their effect is still the one that was shown.

    Raises NotAllowedError for a viewer, RefusedChangeError, ConflictError, and StaleError where the effect is another.
    """
    with events.doing("save") as event:
        person = people.require("editor")
        saved = _as_seen(
            lambda version: moving.save_changes(
                loading.store(), changes, by=person.name, at=datetime.now(UTC), how=how, today=settings.today(),
                seen=version, check=people.still(person, "editor"),
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
            lambda version: promising.save_promises(
                loading.store(), changes, by=person.name, at=datetime.now(UTC), how=how, today=settings.today(),
                seen=version, check=people.still(person, "editor"),
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


def _as_seen(save: Callable[[Version | None], Saved], effect_now: Callable[[Plan], Effect], seen: Effect) -> Saved:
    """Save at the version that was seen, or at a later one where the effect is still the same."""
    version = seen.version
    for _ in range(_ATTEMPTS):
        try:
            saved = save(version)
        except StaleError:
            version = loading.present_version()
            if not effect_now(loading.plan()).is_same_as(seen):
                raise
        else:
            loading.wrote()
            return saved
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
        rows = write_demo(
            loading.store(), settings.today(), by=person.name, rules=settings.rules(),
            check=people.still(person, "editor"),
        )  # fmt: skip
        event.demo(rows)
        loading.wrote()
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
        remove_user(loading.store(), email, by=person.name, at=datetime.now(UTC), check=people.still(person, "admin"))


def decide(draft: Draft) -> int:
    """Make a decision, with the figures of what it is linked to as they stand; its number.

    Raises NotAllowedError for a viewer, and RefusedChangeError.
    """
    with events.doing("decision") as event:
        person = people.require("editor")
        event.user = person.name
        return decisions.add_decision(
            loading.store(), draft, figures_of(loading.plan(), draft.link), by=person.name, at=datetime.now(UTC),
            today=settings.today(), check=people.still(person, "editor"),
        )  # fmt: skip


def change_decision(
    decision_id: int,
    version: int,
    *,
    state: str | None = None,
    text: str | None = None,
    owner: str | None = None,
    due_date: date | Kept | None = KEPT,
    expected: str | None = None,
    note: str = "",
) -> None:
    """Change a decision as it was seen, or settle it; what is not named stays.

    Raises NotAllowedError for a viewer, RefusedChangeError, and ConflictError where somebody was faster.
    """
    with events.doing("decision") as event:
        person = people.require("editor")
        event.user = person.name
        decisions.change_decision(
            loading.store(), decision_id, version, state=state, text=text, owner=owner, due_date=due_date,
            expected=expected, note=note, by=person.name, at=datetime.now(UTC), today=settings.today(),
            check=people.still(person, "editor"),
        )  # fmt: skip


def open_review(compared: date | None) -> Review:
    """Open the review of today, compared with the snapshot of an earlier day; the one of today where there is one.

    Raises NotAllowedError for a viewer.
    """
    with events.doing("review") as event:
        person = people.require("editor")
        event.user = person.name
        return reviews.open_review(
            loading.store(), settings.today(), compared, by=person.name, at=datetime.now(UTC),
            check=people.still(person, "editor"),
        )  # fmt: skip


def close_review(review_id: int) -> None:
    """Close a review. Raises NotAllowedError for a viewer, and RefusedChangeError where there is none such."""
    with events.doing("review") as event:
        person = people.require("editor")
        event.user = person.name
        reviews.close_review(
            loading.store(), review_id, by=person.name, at=datetime.now(UTC), check=people.still(person, "editor")
        )


def keep_today() -> None:
    """Have the state of today kept beside the server, by the person at work. Raises NotAllowedError for a viewer."""
    reviewing.keep_today(people.require("editor").name)
