"""What the weekly review needs of the command line: a snapshot a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import pandas as pd
import typer

from dashboard import events, people, settings
from dashboard.domain.overview import BACKORDERED, OPEN
from dashboard.domain.texts import why_no_name
from dashboard.messages import count
from dashboard.terminal import out, present_store
from data_access.snapshots import Snapshot, snapshots, take_snapshot, totals_over_time


def snapshot(
    by: Annotated[
        str, typer.Option("--by", metavar="NAME", help="Who keeps it; the user of this machine where nobody is named.")
    ] = "",
) -> None:
    """Keep today's state for the weekly review: once a day, by a schedule. Again on the same day replaces it."""
    if why_no_name(by):
        raise typer.BadParameter("write a name, in one line: the snapshot keeps it.", param_hint="--by")
    engine, person = present_store(), people.checked(people.local(), "editor")
    who = by.strip() or person.name
    with events.doing("snapshot", who):
        taken = take_snapshot(
            engine, settings.today(), settings.rules(), by=who, at=datetime.now(UTC),
            whole_weeks=settings.snapshot_weeks(),
        )  # fmt: skip
    out.print(_in_words(taken, totals_over_time(engine), snapshots(engine)))


def _in_words(taken: Snapshot, totals: pd.DataFrame, kept: Sequence[Snapshot]) -> str:
    """What was kept, and how many days are."""
    lines = totals[totals["snapshot_date"] == pd.Timestamp(taken.snapshot_date)].set_index("concept")["lines"]
    whole = sum(each.is_whole for each in kept)
    others = ", the others in totals" if whole < len(kept) else ""
    return (
        f"Kept {taken.snapshot_date}: {count(lines[OPEN], 'open line')}, {lines[BACKORDERED]:,} of them backordered. "
        f"{whole:,} of {count(len(kept), 'day')} {'is' if whole == 1 else 'are'} kept whole{others}."
    )
