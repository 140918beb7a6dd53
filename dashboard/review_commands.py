"""What the weekly review needs of the command line: a snapshot a day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import pandas as pd
import typer

from dashboard import events, people, settings
from dashboard.domain.overview import BACKORDERED, OPEN
from dashboard.terminal import out, store
from data_access.snapshots import snapshots, take_snapshot, totals_over_time


def snapshot(
    by: Annotated[
        str, typer.Option("--by", metavar="NAME", help="Who keeps it; the user of this machine where nobody is named.")
    ] = "",
) -> None:
    """Keep today's state for the weekly review: once a day, by a schedule. Again on the same day replaces it."""
    engine, person = store(), people.checked(people.local(), "editor")
    who = by.strip() or person.name
    with events.doing("snapshot", who):
        taken = take_snapshot(
            engine, settings.today(), settings.rules(), by=who, at=datetime.now(UTC),
            whole_weeks=settings.snapshot_weeks(),
        )  # fmt: skip
    totals = totals_over_time(engine)
    of_day = totals[totals["snapshot_date"] == pd.Timestamp(taken.snapshot_date)].set_index("concept")["lines"]
    kept = snapshots(engine)
    out.print(
        f"Kept {taken.snapshot_date}: {of_day[OPEN]:,} open lines, {of_day[BACKORDERED]:,} of them backordered. "
        f"{sum(each.is_whole for each in kept):,} of {len(kept):,} days are kept whole, the others in totals."
    )
