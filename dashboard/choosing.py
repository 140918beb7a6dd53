"""Asking for one customer or one supplier: by typing, or by its id in the address, which keeps it."""

from __future__ import annotations

import streamlit as st

from dashboard.filters import id_in
from dashboard.messages import plain


def ask_one(noun: str, labels: dict[str, str], how: str) -> str | None:
    """The id of the one that was chosen among all, None where none is.

    noun: what it is, and its name in the address. labels: what each is called, by id, in the order of the list. how:
    the help text. An address may also hold a label, current or not: its id takes its place.
    """
    asked = st.query_params.get(noun, "")
    chosen = _found(asked, labels)
    if chosen is not None and chosen != asked:
        keep(noun, chosen)
    key = f"{noun}-asked"
    st.session_state[key] = labels.get(chosen or "")
    ids = {label: number for number, label in labels.items()}
    st.selectbox(
        noun.capitalize(), list(ids), index=None, key=key, width=480, filter_mode="contains", help=how,
        placeholder="Choose or type a name or number", on_change=_keep_typed, args=(noun, ids),
    )  # fmt: skip
    return chosen


def show_unknown(noun: str) -> None:
    """Where none is chosen: say so if the address asks for one that is not known."""
    if asked := st.query_params.get(noun):
        st.info(f"No {noun} “{plain(asked)}” is known: here are all of them.")


def keep(noun: str, number: str | None) -> None:
    """Put the id of the chosen one into the address; None takes it out."""
    if number is None:
        st.query_params.pop(noun, None)
    else:
        st.query_params[noun] = str(number)


def times_typed(noun: str) -> int:
    """How often one was chosen by typing: a table whose key holds it is drawn anew, so that its chosen row follows."""
    return int(st.session_state.get(f"{noun}-typed", 0))


def _found(asked: str, labels: dict[str, str]) -> str | None:
    """The id that an address asks for, by itself or behind a name, which may no longer be the current one."""
    return next((number for number in (asked, id_in(asked)) if number in labels), None)


def _keep_typed(noun: str, ids: dict[str, str]) -> None:
    st.session_state[f"{noun}-typed"] = times_typed(noun) + 1
    keep(noun, ids.get(st.session_state[f"{noun}-asked"] or ""))
