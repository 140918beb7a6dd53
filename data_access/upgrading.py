"""Bringing a store's tables up to this program's version, step by step, in one transaction.

The steps stand in data_access/migrations, one file per version of the schema, and are never changed once released.
They are Alembic's; where a store stands is told by its own store.schema_version alone, which whoever opens it reads.
Alembic is read where a step is taken: that takes a fifth of a second, which no other command need wait for.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, inspect, update

from dashboard.domain.errors import StoreVersionError
from data_access import schema
from data_access.complaints import address
from data_access.engine import reading, store_version, writing

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

STEPS = Path(__file__).parent / "migrations"


@dataclass(frozen=True)
class Step:
    """One version of the schema and what it brings."""

    version: int
    what: str


class _RolledBack(Exception):  # noqa: N818 - no error: the way out of a transaction that is not kept
    """Nothing of a dry run stays."""


def pending_steps(engine: Engine) -> list[Step]:
    """The steps that the store still needs, the next one first; none where it is up to date.

    Raises StoreVersionError where there is no store, or it is newer than this program.
    """
    with reading(engine) as connection:
        return _pending(connection, engine)


def upgrade(engine: Engine, *, dry_run: bool = False) -> list[Step]:
    """Bring the store up to this program's version, all or nothing; the steps that were taken.

    A dry run takes them too, and then takes them back, so that what could go wrong goes wrong without harm.
    Raises StoreVersionError as pending_steps does.
    """
    steps: list[Step] = []
    try:
        with writing(engine) as connection:
            steps = _pending(connection, engine)
            for step in steps:
                take_step(connection, step.version)
            if dry_run:
                raise _RolledBack
    except _RolledBack:
        pass
    return steps


def take_step(connection: Connection, version: int) -> None:
    """Bring a store of the version before to this one, within the caller's transaction."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    script: Any = _steps().get_revision(_revision(version))
    with Operations.context(MigrationContext.configure(connection)):
        script.module.upgrade()
    connection.execute(update(schema.store).values(schema_version=version))


def _revision(version: int) -> str:
    return f"{version:04}"


def _steps() -> ScriptDirectory:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(STEPS))
    return ScriptDirectory.from_config(config)


def _pending(connection: Connection, engine: Engine) -> list[Step]:
    if not inspect(connection).has_table(schema.store.name):
        raise StoreVersionError(
            f"There is no store at {address(engine)} yet. It is made by the first import: nothing is to be upgraded."
        )
    present = store_version(connection, engine)
    if present > schema.SCHEMA_VERSION:
        raise StoreVersionError(
            f"The store at {address(engine)} was written by a newer version of the dashboard (its tables are version "
            f"{present}, this program knows up to {schema.SCHEMA_VERSION}). Install the newer version."
        )
    return [_step(version) for version in range(present + 1, schema.SCHEMA_VERSION + 1)]


def _step(version: int) -> Step:
    script: Any = _steps().get_revision(_revision(version))
    return Step(version, script.doc)
