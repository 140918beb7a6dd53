"""The commands for whoever runs the dashboard for a team: users, upgrade, copy, backup, restore."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from dashboard import events, people, settings
from dashboard.domain.errors import SettingsError
from dashboard.terminal import out, present_store, progress, shown, store
from data_access.complaints import address
from data_access.copying import CopiedTable, copy_store
from data_access.engine import connect, let_stand_alone, open_store
from data_access.sources import address_of, kept_as_it_is, open_backup, reach_source
from data_access.sync import with_environment
from data_access.upgrading import upgrade as upgrade_store
from data_access.users import ROLES, known_as, list_users, remove_user, set_user

Role = StrEnum("Role", {role: role for role in ROLES})  # type: ignore[misc]

users = typer.Typer(help="Who may use the dashboard, and as what: viewer, editor or admin.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The address that the sign-in vouches for.")]


@users.command("add")
def add_user(
    email: Email,
    role: Annotated[Role, typer.Option(help="What the person may do: look, change, or give roles too.")] = (
        Role.viewer  # type: ignore[attr-defined]
    ),
) -> None:
    """Give a person a role, or another one."""
    by = people.local().name
    with events.doing("role", by) as event:
        event.facts |= {"whom": known_as(email), "role": role.value}
        set_user(store(), email, role.value, by=by, at=datetime.now(UTC))
    out.print(f"{shown(email)} is {role.value} from the next click on.")


@users.command("list")
def show_users() -> None:
    """List everybody who has a role."""
    known = list_users(present_store())
    if known.empty:
        out.print("Nobody has a role yet. Begin with: python -m dashboard users add YOU@EXAMPLE.COM --role admin")
    for email, role in zip(known["email"], known["role"], strict=True):
        out.print(f"{role:7} {shown(email)}")


@users.command("remove")
def drop_user(email: Email) -> None:
    """Take a person's role away."""
    by = people.local().name
    with events.doing("role", by) as event:
        event.facts |= {"whom": known_as(email), "role": "none"}
        remove_user(present_store(), email, by=by, at=datetime.now(UTC))
    out.print(f"{shown(email)} has no role from the next click on.")


def upgrade(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Take the steps, see that they work, and take them back.")
    ] = False,
) -> None:
    """Bring the store's tables up to this version of the program."""

    settings.check_all()
    engine = connect(settings.database_url())
    steps = upgrade_store(engine, dry_run=dry_run)
    for step in steps:
        out.print(f"{'would take' if dry_run else 'took'} step {step.version}: {shown(step.what)}")
    if not steps:
        out.print(f"The store at {shown(address(engine))} is up to date.")


def copy(
    source: Annotated[str, typer.Argument(metavar="FROM_URL", help="The store to copy, e.g. sqlite:///backorders.db")],
    target: Annotated[str, typer.Argument(metavar="TO_URL", help="An empty store, e.g. postgresql+psycopg://host/db")],
) -> None:
    """Copy a whole store into an empty one, ledgers included; every table's rows and checksum are compared.

    ${NAME} in an address stands for that environment variable, so that no password is seen among the processes.
    """
    come_from, go_to = with_environment(source, "FROM_URL"), with_environment(target, "TO_URL")
    sent, kept = reach_source(come_from), open_store(go_to)
    _tell(_copy(sent, kept), sent, kept)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write; it must not be there yet.")],
) -> None:
    """Write the whole store into one file, consistent while it is in use, for nobody else to read."""
    settings.check_all()
    source = connect(settings.database_url())
    if file.exists():
        raise SettingsError(f"{file} is there already, and a backup never overwrites one. Name another file.")
    part = file.with_name(f"{file.name}.part")
    _remove(part)
    try:
        part.touch(mode=0o600)
        copied = None
        if not kept_as_it_is(source, part):
            target = open_store(address_of(part))
            copied = _copy(source, target)
            let_stand_alone(target)
        part.replace(file)
    except OSError as error:
        raise SettingsError(f"{file} cannot be written ({error.strerror}). Name another file.") from error
    finally:
        _remove(part)
    if copied is None:
        out.print(f"The store at {shown(address(source))} is of an older version, and was kept as it is.")
    else:
        _tell(copied, source, connect(address_of(file)))


def restore(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A file that `backup` wrote.", exists=True, dir_okay=False)
    ],
) -> None:
    """Bring a backup back into the store of the settings, which must be empty; one of an older version too."""
    with open_backup(file) as source:
        target = store()
        _tell(_copy(source, target), source, target)


def _copy(source: Engine, target: Engine) -> list[CopiedTable]:
    with progress() as told:
        return copy_store(source, target, told)


def _tell(copied: list[CopiedTable], source: Engine, target: Engine) -> None:
    """What was copied from where to where, once it stands there."""
    rows = sum(table.rows for table in copied)
    out.print(f"From {shown(address(source))}", f"to {shown(address(target))}:", sep="\n")
    for table in copied:
        out.print(f"{table.rows:>12,}  {table.table:18} {table.checksum[:16]}")
    out.print(f"{rows:>12,}  rows in {len(copied)} tables, each compared by its rows and its checksum.")


def _remove(part: Path) -> None:
    """Take away an unfinished file with what SQLite keeps beside it."""
    for name in (part.name, f"{part.name}-wal", f"{part.name}-shm"):
        with contextlib.suppress(OSError):  # of a folder that cannot be written, which is told already
            part.with_name(name).unlink()
