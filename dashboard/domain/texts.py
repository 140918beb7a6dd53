"""What a text or an id may hold that a store is to keep, whoever wrote it: a file, a form or a command."""

from __future__ import annotations

import re

LONGEST_ID = 200
LONGEST_TEXT = 1_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_INVISIBLE = re.compile(r"[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Signs without width, and those that turn the direction of reading: they make one id look like another."""
_CONTROL_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def why_no_id(text: str) -> str | None:
    """Why this cannot be an id, as the end of a sentence about it; None where it can."""
    if len(text) > LONGEST_ID:
        return f"is longer than {LONGEST_ID} characters"
    if _CONTROL.search(text):
        return _control_reason(text, "an id")
    if hidden := _INVISIBLE.search(text):
        return f"holds an invisible character (U+{ord(hidden[0]):04X}), which an id cannot hold"
    return None


def why_no_name(text: str) -> str | None:
    """Why this cannot be a person's name, as why_no_id; some scripts need joiners, which are invisible."""
    if len(text) > LONGEST_ID:
        return f"is longer than {LONGEST_ID} characters"
    return _control_reason(text, "a name") if _CONTROL.search(text) else None


def why_no_text(text: str) -> str | None:
    """Why this cannot be a text, which may have lines, as the end of a sentence about it; None where it can."""
    if len(text) > LONGEST_TEXT:
        return f"is longer than {LONGEST_TEXT:,} characters (it has {len(text):,})"
    return _control_reason(text, "a text") if _CONTROL_IN_TEXT.search(text) else None


def printable(text: str) -> str:
    """A name of something else, such as a file, without what cannot be written: ? for each such character."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def _control_reason(text: str, what: str) -> str:
    if "\x00" in text:
        return f"holds a NUL byte, which {what} cannot hold"
    return f"holds a control character or a line break, which {what} cannot hold"
