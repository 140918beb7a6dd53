"""Offering what a page shows as files. The file is made when it is asked for, not when the page is drawn."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboard import as_of, loading, people
from dashboard.files import MIME_TYPES, to_bytes
from data_access.snapshots import Snapshot


def offer(name: str, make: Callable[[], pd.DataFrame], *, key: str, formats: tuple[str, ...] = ("csv", "xlsx")) -> None:
    """A button for each format; the file is called after the table and the day, "backlog-2026-03-16.csv"."""
    person, kept = people.require("viewer"), loading.snapshot()
    for file_format in formats:
        st.download_button(
            file_format.upper(),
            data=lambda file_format=file_format: _made(person, kept, make, file_format, name),
            file_name=f"{name}-{loading.today():%Y-%m-%d}.{file_format}",
            mime=MIME_TYPES[file_format],
            key=f"{key}-{file_format}",
            on_click="ignore",
            help=f"Download what is filtered as {file_format.upper()}.",
        )


def _made(
    person: people.Person, kept: Snapshot | None, make: Callable[[], pd.DataFrame], file_format: str, name: str
) -> bytes:
    """The file, of the day that was looked at, for whoever may still see it. Raises NotAllowedError."""
    people.checked(people.anew(person), "viewer")
    with as_of.looking_at(kept):
        return to_bytes(make(), file_format, sheet=name)
