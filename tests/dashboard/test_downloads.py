"""What is said below the buttons of a file that could not be made."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import downloads
from dashboard.domain.errors import NoSnapshotError

NOT_KEPT = "2026-03-02 is not kept any more."


def page() -> None:
    import streamlit as st

    from dashboard import downloads

    def buttons(asking: downloads.Asking) -> None:
        st.session_state["asking"] = asking

    downloads.say_below(buttons)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (None, []),
        (NoSnapshotError(NOT_KEPT), [NOT_KEPT]),
        (KeyError("bug"), ["This file could not be made; the reason is in the server's log."]),
    ],
)
def test_whatever_keeps_a_file_from_being_made_is_said_below_its_button(
    monkeypatch: pytest.MonkeyPatch, error: Exception | None, words: list[str]
) -> None:
    def make() -> bytes:
        if error is not None:
            raise error
        return b"made"

    def click(draw: Callable[[], None]) -> None:
        """What a browser does about a part of the page: it is drawn, the file asked for, and it is drawn anew."""
        draw()
        with suppress(NoSnapshotError, KeyError):
            st.session_state["asking"].make(make)
        draw()

    monkeypatch.setattr(st, "fragment", lambda draw: lambda: click(draw))
    app = AppTest.from_function(page).run()
    assert not app.exception
    assert [warning.value.replace("\\", "") for warning in app.warning] == words


def test_buttons_are_drawn_anew_though_nobody_asks_for_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "ASKED_SECONDS", 0.1)
    monkeypatch.setattr(st, "fragment", lambda draw: lambda: (draw(), draw()))
    app = AppTest.from_function(page).run()
    assert not app.exception
    assert not app.warning
