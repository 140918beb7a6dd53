"""Moves of restock dates from a file, on the page: every refused row first, then what the file does, then saving."""

from __future__ import annotations

from io import BytesIO
from pathlib import PurePath

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard import as_of, downloads, effect_views, importing, messages, people, settings, tables
from dashboard.domain.errors import RefusedDataError
from dashboard.domain.plan import Plan
from dashboard.domain.restocks import FILE
from dashboard.messages import count, plain
from dashboard.move_files import REFUSAL_COLUMNS, MoveFile, check_moves
from data_access.reading import ReadOptions, read_file
from data_access.records import MOVES
from data_access.templates import template_csv

_TAKEN, _TIMES_DONE = "moves-file", "moves-files-done"
"""The file as it was checked when it was taken; how many were saved, which gives the next one an empty field."""


def show(plan: Plan) -> None:
    """Take a file, show which rows are refused or what all of them do, and save it."""
    if as_of.is_past():
        st.info("Dates are moved in the figures of today: go back to today first.")
        return
    if not people.signed_in().may("editor"):
        st.info("Your role here is viewer: you can see restock dates, but not move them.")
        return
    how, file = st.columns([1, 2], gap="large")
    with how:
        options = _ask_how()
    with file:
        upload = st.file_uploader(
            "File", type=["csv", "txt", "tsv", "xlsx"], key=f"moves-upload-{st.session_state.get(_TIMES_DONE, 0)}",
            help="CSV, text or XLSX with po_id, line_no, restock_date, reason and, if you like, note.",
        )  # fmt: skip
    st.caption(
        f"An empty restock date returns a line to the supplier's due date. Reasons are "
        f"{plain(messages.listed(settings.move_reasons()))}. Nothing is saved before you have seen what it does."
    )
    if upload is None:
        return
    try:
        read = _taken(plan, upload, options)
    except RefusedDataError as error:
        importing.show_refusal(error)
        return
    _show(plan, read)


def _ask_how() -> ReadOptions:
    st.download_button(
        "Template", data=lambda: template_csv(MOVES), file_name="moves.csv", mime="text/csv", on_click="ignore",
        help="An empty CSV with the column names and one example row.",
    )  # fmt: skip
    orders = importing.DATE_ORDERS
    return ReadOptions(dates=st.selectbox(importing.ASKED["dates"], list(orders), format_func=orders.__getitem__))


def _taken(plan: Plan, upload: UploadedFile, options: ReadOptions) -> MoveFile:
    """The file, checked once against the lines as they were when it was taken. Raises RefusedDataError."""
    key = (upload.file_id, repr(options))
    kept = st.session_state.get(_TAKEN)
    if kept is None or kept[0] != key:
        name = PurePath(upload.name.replace("\\", "/")).name
        reading = read_file(MOVES, BytesIO(upload.getvalue()), name, options)
        kept = (key, check_moves(reading, plan.book, settings.move_reasons()))
        st.session_state[_TAKEN] = kept
    return kept[1]


def _show(plan: Plan, read: MoveFile) -> None:
    if not read.refusals.empty:
        st.warning(
            f"{count(read.refused_rows, 'row')} of {plain(read.source)} {'is' if read.refused_rows == 1 else 'are'} "
            "refused, and nothing is saved as long as any is. Mend the file and take it again."
        )
        tables.show(read.refusals.head(1_000), REFUSAL_COLUMNS)
        with st.container(horizontal=True):
            downloads.offer("refused-moves", lambda: read.refusals, key="refused-moves", formats=("csv",))
    elif not read.moves:
        st.warning("The file has no rows below its column names. There is nothing to move.")
    else:
        st.markdown(f"**{count(len(read.moves), 'restock date')}** in {plain(read.source)}")
        effect_views.offer_save(plan, read.moves, FILE, key="file", done=_end, renew=_forget)
    st.caption("  \n".join(plain(note) for note in read.notes))


def _forget() -> None:
    """See the lines of the file anew."""
    st.session_state.pop(_TAKEN, None)


def _end() -> None:
    """After saving: the next file gets an empty field."""
    _forget()
    st.session_state[_TIMES_DONE] = st.session_state.get(_TIMES_DONE, 0) + 1
