"""The Data page's import: upload a file, see exactly what would happen, then let it happen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard import downloads, loading, messages, people, saving, settings, tables
from dashboard.domain.errors import OpenQuestionError, RefusedDataError
from dashboard.messages import count, plain
from data_access.imports import CLOSABLE, ImportResult, recent_imports, rejects_of
from data_access.reading import ReadOptions
from data_access.records import PO_LINES, RECORDS
from data_access.templates import template_csv

RESTOCK_PAGE = settings.PROJECT_ROOT / "pages" / "restock_dates.py"
SUPPLIER_CHANGED = "Supplier changed its date"
"""The view of that page on which a manager answers them."""
DATE_ORDERS = {
    None: "As they show themselves",
    "dmy": "Day, month, year (31/12/2026)",
    "mdy": "Month, day, year (12/31/2026)",
    "ymd": "Year, month, day (2026/12/31)",
}
UPLOADS, DONE = "uploads", "import-done"
"""How many files were taken in, which gives the next one an empty field; and the table and result of the last one."""
DECIMAL_SIGNS = {None: "As they show themselves", "comma": "Comma (1.234,5)", "point": "Point (1,234.5)"}
HOW_WRITTEN = "How the file is written"
ASKED = {"dates": "Dates in this file", "decimal": "Decimals in this file"}
"""By what a file may leave open: where the page asks for it."""


def show_import() -> None:
    """Choose a table and a file, look at what would happen, import."""
    if not people.signed_in().may("editor"):
        st.info("Your role here is viewer: you can see the data, but not import it.")
        return
    if not any(loading.row_counts().values()):
        _offer_demo()
    left, right = st.columns([1, 2], gap="large")
    with left:
        table = _ask_table()
        options, partial, complete = _ask_how(table)
    with right:
        most = st.get_option("server.maxUploadSize")
        upload = st.file_uploader(
            "File", type=["csv", "txt", "tsv", "xlsx"], key=f"upload-{st.session_state.get(UPLOADS, 0)}",
            help=f"CSV, text or XLSX, at most {most} MB. Larger files: python -m dashboard import.",
        )  # fmt: skip
        if upload is None:
            if done := st.session_state.get(DONE):
                _show_done(*done)
            st.caption(
                "Nothing is written before you have seen what would change. Files may come in any order: "
                "what a file refers to and the store does not know yet is created under its number."
            )
        else:
            _preview_and_import(table, upload, options, partial=partial, complete=complete)


def show_refusal(error: RefusedDataError, where: str = "") -> None:
    """Why a file cannot be taken; what it leaves open is answered on the page. where: in which part of it, if any."""
    if isinstance(error, OpenQuestionError):
        error = OpenQuestionError(error.question, error.about, f"Say which at “{ASKED[error.about]}”{where}.")
    messages.show_error(error)


def show_past_imports() -> None:
    """What was imported, by whom, and what was refused."""
    past = recent_imports(loading.store())
    if past.empty:
        st.info("Nothing has been imported yet.")
        return
    event = tables.show(
        past,
        list(past.columns),
        key=tables.key_of("past-imports", past["import_id"]),
        on_select="rerun",
        selection_mode="single-row",
    )
    rows = event.selection.rows
    if not rows:
        st.caption("Choose an import to see the rows that were refused.")
        return
    chosen = past.iloc[rows[0]]
    _show_refusals(rejects_of(loading.store(), int(chosen["import_id"])), f"rejects-{chosen['import_id']}")


def _offer_demo() -> None:
    with st.container(border=True):
        st.markdown("**The store is empty.** Import your own files below, or look around in a demo company first.")
        if st.button("Fill with the demo company"):
            with st.spinner("Writing the demo company ..."):
                counts = saving.fill_with_demo()
            messages.say_after_rerun(f"The demo company is written: {counts['order_lines']:,} order lines.")
            st.rerun()


def _show_done(table: str, told: str) -> None:
    """What the last import did, and how many lines have a new due date of the supplier beside a manager's own."""
    st.success(told)
    lines = int(loading.open_restocks()["is_due_changed"].sum()) if table == PO_LINES.table else 0
    if lines:
        have = "has" if lines == 1 else "have"
        st.markdown(f"{count(lines, 'line')} {have} a new due date of the supplier beside a date of ours, which stays.")
        st.page_link(RESTOCK_PAGE, label=":primary[Answer]", query_params={"view": SUPPLIER_CHANGED})


def _ask_table() -> str:
    table = st.selectbox(
        "Table", list(RECORDS), format_func=lambda name: name.replace("_", " "), key="table", bind="query-params"
    )
    record = RECORDS[table]
    st.caption(f"{record.what[0].upper()}{record.what[1:]}.")
    st.download_button(
        "Template", data=lambda: template_csv(record), file_name=f"{table}.csv", mime="text/csv", on_click="ignore",
        help="An empty CSV with the column names and one example row.",
    )  # fmt: skip
    return table


def _ask_how(table: str) -> tuple[ReadOptions, bool, bool]:
    with st.expander(HOW_WRITTEN):
        dates = st.selectbox(ASKED["dates"], list(DATE_ORDERS), format_func=DATE_ORDERS.__getitem__)
        decimal = st.selectbox(ASKED["decimal"], list(DECIMAL_SIGNS), format_func=DECIMAL_SIGNS.__getitem__)
        sheet = st.text_input("Sheet", help="Which sheet of an XLSX file; the first one with data if left empty.")
        pairs = st.text_input(
            "Columns", placeholder="promise_date = Ship by; sku = Part",
            help="Only where a column is not recognised: ours = the file's, several with a semicolon between.",
        )  # fmt: skip
        fill_down = st.checkbox(
            "Repeated header cells were left blank", help="Order, customer and dates are filled from the row above."
        )
    partial = st.checkbox("Take the good rows alone", help="Import the rows that are good although others are refused.")
    complete = table in CLOSABLE and st.checkbox(
        "The file lists all that is open", help="What it no longer lists is closed, until a file lists it again."
    )
    return ReadOptions(dates, decimal, fill_down, sheet or None, _pairs(pairs)), partial, complete


def _pairs(text: str) -> dict[str, str]:
    """Our column -> the file's, of "promise_date = Ship by; sku = Part"."""
    halves = [pair.split("=", 1) for pair in text.split(";") if "=" in pair]
    return {ours.strip(): theirs.strip() for ours, theirs in halves if ours.strip() and theirs.strip()}


def _preview_and_import(
    table: str, upload: UploadedFile, options: ReadOptions, *, partial: bool, complete: bool
) -> None:
    asked = {"partial": partial, "complete": complete}
    try:
        preview = _preview(table, upload, options, **asked)
    except RefusedDataError as error:
        show_refusal(error, f" under “{HOW_WRITTEN}”")
        return
    _show_sentence(preview)
    writes = preview.new_rows + preview.changed_rows + preview.closed_rows
    if preview.is_refused:
        otherwise = "import it as one that does not list all" if partial else "take the good rows alone"
        st.warning(f"Nothing will be written while rows are refused. Mend the file, or {otherwise}.")
    elif not writes and not preview.unchanged_rows:
        st.warning("The file has no rows below its column names. There is nothing to import.")
    elif not writes:
        st.success("The store already holds all of this. There is nothing to import.")
    if st.button(f"Import {count(writes, 'row')}", type="primary", disabled=preview.is_refused or not writes):
        result = _with_progress(table, upload, options, dry_run=False, **asked)
        st.session_state.pop("preview", None)
        st.session_state[UPLOADS] = st.session_state.get(UPLOADS, 0) + 1
        st.session_state[DONE] = (
            table,
            f"Imported {plain(result.source)} into {table.replace('_', ' ')}: {result.new_rows:,} new, "
            f"{result.changed_rows:,} changed, {result.closed_rows:,} closed.",
        )
        st.rerun()
    _show_detail(preview)


def _preview(table: str, upload: UploadedFile, options: ReadOptions, **asked: bool) -> ImportResult:
    """What would happen, worked out once for a file, the way it is read, and a version of the store."""
    key = (table, upload.file_id, repr(options), tuple(asked.values()), loading.version())
    kept = st.session_state.get("preview")
    if kept is None or kept[0] != key:
        kept = (key, _with_progress(table, upload, options, dry_run=True, **asked))
        st.session_state["preview"] = kept
    return kept[1]


def _with_progress(table: str, upload: UploadedFile, options: ReadOptions, **asked: bool) -> ImportResult:
    bar = st.progress(0.0, "Reading the file ...")
    try:
        return saving.import_upload(
            table, upload.getvalue(), upload.name, options,
            progress=lambda share, what: bar.progress(min(max(share, 0.0), 1.0), plain(what)), **asked,
        )  # fmt: skip
    finally:
        bar.empty()


def _show_sentence(result: ImportResult) -> None:
    told = [
        count(result.new_rows, "new row"),
        f"{result.changed_rows:,} changed",
        f"{result.unchanged_rows:,} unchanged",
    ]
    if result.closed_rows:
        told.append(f"{result.closed_rows:,} closed")
    told.append(f"{result.refused_rows:,} refused" if result.refused_rows else "none refused")
    st.markdown(f"**{messages.listed(told)}** in {plain(result.source)}")


def _show_detail(result: ImportResult) -> None:
    """How the file was understood, what changes, and what is refused."""
    _show_refusals(result.refusals, "preview-rejects")
    if not result.differences.empty:
        st.markdown("**What changes**" + (" (the first 200)" if len(result.differences) >= 200 else ""))
        tables.show(result.differences, ["key", "column", "old", "new"])
    created = [
        f"{count(rows, 'unknown reference')} to {table}: created under their numbers until their data comes."
        for table, rows in result.created.items()
    ]
    notes = [_matched(result.matched) + _left_out(result.surplus), *(plain(note) for note in result.notes), *created]
    st.caption("  \n".join(notes))


def _matched(matched: Mapping[str, str]) -> str:
    """Which column was taken for which; those that bear our name need no word."""
    renamed = [f"{ours} = “{plain(theirs)}”" for ours, theirs in matched.items() if ours != theirs]
    same = len(matched) - len(renamed)
    by_name = [f"{count(same, 'column')} by name"] if same else []
    return f"Matched {messages.listed([*renamed, *by_name])}."


def _left_out(surplus: Sequence[str]) -> str:
    return f" Left out: {', '.join(plain(name) for name in surplus)}." if surplus else ""


def _show_refusals(refusals: pd.DataFrame, key: str) -> None:
    if refusals.empty:
        return
    rows = refusals["row_no"].nunique()
    st.markdown(f"**{count(rows, 'refused row')}**")
    tables.show(refusals.head(1_000), ["row_no", "column", "value", "reason"])
    with st.container(horizontal=True):
        downloads.offer("rejects", lambda: refusals, key=key, formats=("csv",))
