"""Data problems on screen: the list on the Data page, and the quiet note beside figures that depend on one."""

from __future__ import annotations

import streamlit as st

from dashboard import downloads, exports, loading, settings, tables
from dashboard.messages import count, plain

VIEW = "Data problems"
DATA_PAGE = settings.PROJECT_ROOT / "pages" / "data.py"


def sentence() -> str:
    """What a manager would say of the data: "9 kinds of data problems make figures doubtful, 214 rows in all"."""
    if not any(loading.row_counts().values()):
        return "The store is empty."
    found = loading.problems()
    if not found:
        return "No data problems found."
    rows = sum(problem.count for problem in found)
    make = "makes" if len(found) == 1 else "make"
    return f"{count(len(found), 'kind')} of data problems {make} figures doubtful, {count(rows, 'row')} in all."


def show_holdings() -> None:
    """How much the store holds of each table."""
    counts = loading.row_counts()
    if any(counts.values()):
        names = {"po_lines": "purchase-order lines", "stock": "stock rows", "item_suppliers": "sources of SKUs"}
        told = [f"{rows:,} {names.get(table, table.replace('_', ' '))}" for table, rows in counts.items() if rows]
        st.caption(" · ".join(told))


def show_problems() -> None:
    """Each problem with what it makes doubtful and its rows."""
    found = loading.problems()
    if not found:
        st.success("No data problems found: no negative stock, no promise before its order, no unknown reference.")
        return
    with st.container(horizontal=True):
        downloads.offer("problems", lambda: exports.as_rows(loading.problems()), key="problems")
    for problem in found:
        with st.expander(f"{plain(problem.title)}: {count(problem.count, 'row')}"):
            st.caption(plain(problem.why))
            tables.show(problem.rows, list(problem.rows.columns), key=f"problem-{problem.kind}")
            if problem.count > len(problem.rows):
                st.caption(f"The first {len(problem.rows):,} are shown.")


def show_note(*concepts: str) -> None:
    """A quiet note where the page's figures depend on doubtful data: what of, and the way to it."""
    touching = [p for p in loading.problems() if not concepts or set(concepts) & set(p.affects)]
    if not touching:
        return
    rows = sum(problem.count for problem in touching)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"These figures rest on data with {count(len(touching), 'kind')} of problems ({count(rows, 'row')}).",
            width="content",
        )
        st.page_link(DATA_PAGE, label=":primary[See them]", query_params={"show": VIEW})
