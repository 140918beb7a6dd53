"""Deciding: the form, what it is prefilled with, and the way back. What was seen is kept in the session."""

from __future__ import annotations

from dashboard.domain.decided import Link


def decide(link: Link, suggestion: str, key: str, *, label: str = "Decide") -> None:
    """A button for editors that opens the form of a decision about the link; for a viewer, nothing.

    suggestion: what the text begins as. Below the button, for a while, what was decided there last, with its undo.
    """
    raise NotImplementedError
