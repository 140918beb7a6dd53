"""Offering what a page shows as files. The file is made when it is asked for, not when the page is drawn.

It is made outside the page, where nothing can be said on screen. So a click draws its buttons anew besides, alone: what
keeps the file from being made, a role that was taken away or a store that is away, is met there too and said.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboard import as_of, events, loading, people
from dashboard.domain.errors import BackordersError
from dashboard.files import MIME_TYPES, to_bytes
from dashboard.messages import in_words, plain
from data_access.snapshots import Snapshot


def offer(
    name: str,
    make: Callable[[], pd.DataFrame],
    *,
    key: str,
    formats: tuple[str, ...] = ("csv", "xlsx"),
    role: str = people.VIEWER,
) -> None:
    """A button for each format; the file is called after the table and the day, "backlog-2026-03-16.csv".

    role: what whoever takes the file must hold, when the page is drawn and when the file is made.
    """
    person, kept, day = people.require(role), loading.snapshot(), loading.today()

    def buttons() -> None:
        for file_format in formats:
            st.download_button(
                file_format.upper(),
                data=lambda file_format=file_format: made_for(
                    person, name, lambda: _made(kept, make, file_format, name), role
                ),
                file_name=f"{name}-{day:%Y-%m-%d}.{file_format}",
                mime=MIME_TYPES[file_format],
                key=f"{key}-{file_format}",
                help=f"Download what is filtered as {file_format.upper()}.",
            )

    say_below(buttons, person, role)


def say_below(buttons: Callable[[], object], person: people.Person, role: str = people.VIEWER) -> None:
    """Draw buttons whose files are made for the person; below them, after a click, what keeps one from being made."""
    is_clicked = False

    def draw() -> None:
        nonlocal is_clicked
        with st.container(horizontal=True):
            buttons()
        if is_clicked:
            _say_why_not(person, role)
        is_clicked = True

    with st.container(width="content"):
        st.fragment(draw)()


def made_for(person: people.Person, name: str, make: Callable[[], bytes], role: str = people.VIEWER) -> bytes:
    """A file for whoever may still see it; what keeps it from being made is a line of the log.

    Raises NotAllowedError, and what make raises.
    """
    try:
        people.checked(people.anew(person), role)
        return make()
    except Exception as error:
        events.stopped(error, user=person.name, file=name)
        raise


def _made(kept: Snapshot | None, make: Callable[[], pd.DataFrame], file_format: str, name: str) -> bytes:
    """The file of the day that was looked at."""
    with as_of.looking_at(kept):
        return to_bytes(make(), file_format, sheet=name)


def _say_why_not(person: people.Person, role: str) -> None:
    try:
        loading.store()
        people.checked(people.anew(person), role)
    except BackordersError as error:  # no page is under way that would say it
        st.warning(plain(in_words(error, tells_where=not people.has_sign_in())))
