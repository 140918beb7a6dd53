"""Offering what a page shows as files. The file is made when it is asked for, not when the page is drawn.

It is made outside the page, where nothing can be said on screen. So a click draws its buttons anew besides, alone, and
says there what kept the file from being made. The browser sends the click first and asks for the file after it, of the
buttons that it shows: they are drawn anew only once it asked, for then Streamlit forgets how those files are made.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Event

import pandas as pd
import streamlit as st

from dashboard import as_of, events, loading, people
from dashboard.domain.errors import BackordersError
from dashboard.files import MIME_TYPES, to_bytes
from dashboard.messages import in_words, plain
from data_access.snapshots import Snapshot

ASKED_SECONDS = 2.0
"""How long after a click the browser may take to ask for the file."""
_LOOK_SECONDS = 0.2


class Asking:
    """What became of the file of a row of buttons that was asked for last."""

    def __init__(self) -> None:
        self._is_asked = Event()
        self._last: Future[None] = Future()

    def make(self, make: Callable[[], bytes]) -> bytes:
        """The file, noting whether it could be made. Raises what make raises."""
        self._last = last = Future()
        self._is_asked.set()
        try:
            content = make()
        except BaseException as error:
            last.set_exception(error)
            raise
        last.set_result(None)
        return content

    def last(self) -> Future[None] | None:
        """Whether the file that was just clicked could be made, once it is known; none where nobody asks for it."""
        is_asked = self._is_asked.wait(ASKED_SECONDS)
        self._is_asked.clear()
        return self._last if is_asked else None


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

    def buttons(asking: Asking) -> None:
        for file_format in formats:
            st.download_button(
                file_format.upper(),
                data=lambda file_format=file_format: asking.make(
                    lambda: made_for(person, name, lambda: _made(kept, make, file_format, name), role)
                ),
                file_name=f"{name}-{day:%Y-%m-%d}.{file_format}",
                mime=MIME_TYPES[file_format],
                key=f"{key}-{file_format}",
                help=f"Download what is filtered as {file_format.upper()}.",
            )

    say_below(buttons)


def say_below(buttons: Callable[[Asking], object]) -> None:
    """Draw buttons whose files are made by the Asking; below them, after a click, what kept one from being made."""
    asking, is_clicked = Asking(), False

    def draw() -> None:
        nonlocal is_clicked
        last = asking.last() if is_clicked else None
        is_clicked = True
        with st.container(horizontal=True):
            buttons(asking)
        if last is not None:
            _say_why_not(last)

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


def _say_why_not(making: Future[None]) -> None:
    """Wait for the end of it; another click of the same person is heard at each look."""
    place = st.empty()
    while not wait([making], _LOOK_SECONDS).done:
        place.empty()
    error = making.exception()
    if isinstance(error, BackordersError):  # no page is under way that would say it
        place.warning(plain(in_words(error, tells_where=not people.has_sign_in())))
    elif error is not None:
        place.warning("This file could not be made; the reason is in the server's log.")
