"""The list of what is still to come: which of it is shown, and which of it is chosen to be moved.

The chosen rows are kept in the session as they were seen when they were chosen, with their versions.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import decision_views, filters, history_views, loading, moving_forms, people, settings, tables
from dashboard.domain.book import PLANNED_RESTOCK, PURCHASE_ORDER
from dashboard.domain.decided import PURCHASE_ORDER_LINE, Link
from dashboard.domain.exact import total_value
from dashboard.domain.plan import Plan
from dashboard.domain.restock_list import RestockChoices
from dashboard.domain.restocks import keys_of
from dashboard.filters import Positions, choose_ids
from dashboard.messages import count, money

PAGE_ROWS = 1_000
MOST_CHIPS = 200
"""So many chosen lines are named one by one; more are counted."""
MARKS = {
    "is_overdue": "Overdue",
    "is_undated": "Undated",
    "is_due_changed": "Supplier changed",
    "is_moved": "Moved",
}
"""What a line is marked with, by its flag."""
COLUMNS = [
    "supply_id", "restock_mark", "supplier_name", "sku", "supply_qty", "restock_date", "days_overdue", "due_date",
    "waiting_value", "order_lines", "customers", "item_name", "location_id", "first_due_date", "waiting_qty",
    "moved_by", "moved_at", "move_reason", "note",
]  # fmt: skip
SEARCHED = ("supply_id", "sku", "item_name", "supplier_name")
_FILTERS: dict[str, object] = {
    "marks": [], "find": "", "from_supplier": [], "of_sku": [], "on_po": [], "at_location": [], "mine": False,
}  # fmt: skip
"""What each filter is without being asked, by its name in the address."""
_DRAWN, _CHOSEN, _BY_HAND, _REDRAWN = "restocks-drawn", "restocks-chosen", "restocks-by-hand", "restocks-redrawn"


def sentence(restocks: pd.DataFrame) -> str:
    """What is overdue, what has no date, what waits for both, and which suppliers changed their dates."""
    overdue, undated = restocks[restocks["is_overdue"]], restocks[restocks["is_undated"]]
    noun = "purchase-order line"
    if (pd.concat([overdue, undated])["supply_kind"] == PLANNED_RESTOCK).any():
        noun = "restock"
    if restocks.empty:
        return "Nothing is on order, and no restock is planned."
    parts = [f"{count(len(overdue), noun)} {'is' if len(overdue) == 1 else 'are'} overdue"] if len(overdue) else []
    if len(undated):
        parts.append(f"{len(undated):,} {'has' if len(undated) == 1 else 'have'} no date")
    if len(parts) == 1 and overdue.empty:
        parts = [f"{count(len(undated), noun)} {'has' if len(undated) == 1 else 'have'} no date"]
    waiting = total_value(overdue["waiting_value"]) + total_value(undated["waiting_value"])
    it = "it" if len(overdue) + len(undated) == 1 else "them"
    told = (
        f"{', '.join(parts)}; {money(waiting)} wait for {it}." if parts else f"No {noun} is overdue; each has a date."
    )
    suppliers = restocks.loc[restocks["is_due_changed"], "supplier_id"].nunique()
    if suppliers:
        their = "its date" if suppliers == 1 else "their dates"
        told += f" {count(suppliers, 'supplier')} changed {their} after we set ours."
    return told


def show(plan: Plan) -> None:
    """The list with its filters; for who may move dates, the choice of lines and the form that moves them."""
    restocks = loading.open_restocks()
    if restocks.empty:
        st.info("Nothing is on order. Import purchase-order lines on the page Data, or plan a restock here.")
        st.page_link(settings.PROJECT_ROOT / "pages" / "data.py", label="Go to Data")
        return
    known = loading.restock_choices()
    st.session_state[_DRAWN] = restocks, known.labels
    rows = _ask(restocks, known)
    if not len(rows):
        st.info("Nothing that is still to come fits these filters. Take one away, or start again.")
        st.button("Clear filters", on_click=_clear_filters)
    elif not people.signed_in().may("editor"):
        tables.show(_shown(restocks, _page(rows)), COLUMNS, key="restocks-seen", most=18)
    else:
        _choose_rows(restocks, known.labels, rows)
    seen = chosen()
    if len(seen) and people.signed_in().may("editor"):
        moving_forms.show(plan, seen, done=lambda: _keep(seen.iloc[:0]), renew=_see_anew)
        if len(seen) == 1 and seen["supply_kind"].iloc[0] == PURCHASE_ORDER:
            decision_views.show_about(Link(PURCHASE_ORDER_LINE, *seen[["document_id", "line_no"]].iloc[0]), "restock")
        if len(seen) == 1 and st.toggle("Show the story of this line", key="restock-story"):
            history_views.show_events(keys_of(seen)[0], loading.our_dates())


def chosen() -> pd.DataFrame:
    """The lines to be moved, as they were seen when they were chosen: rows of open_restocks, by their label."""
    kept = st.session_state.get(_CHOSEN)
    return pd.DataFrame() if kept is None else kept


def _ask(restocks: pd.DataFrame, known: RestockChoices) -> Positions:
    """Draw the filters, their values kept in the address, and return the rows that fit, in the order of the list."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        marks = st.pills(
            "Marked", list(MARKS.values()), selection_mode="multi", key="marks", bind="query-params",
            help="With several chosen, lines that bear any of them. With none, all that is still to come.",
        )  # fmt: skip
        mine = st.checkbox("Moved by me", key="mine", bind="query-params", help="Whose last move was yours.")
    row = st.grid(5, min_column_width=180, gap="small", vertical_alignment="bottom")
    find = row.text_input(
        "Search", key="find", placeholder="Number, SKU, supplier", bind="query-params", type="search",
        help="Finds any part of a purchase-order line, SKU, item or supplier.",
    )  # fmt: skip
    suppliers = filters.choices_of("restocks", restocks, "supplier")
    asked = {
        "supplier_id": choose_ids(row, "Supplier", "from_supplier", suppliers),
        "sku": filters.choose(row, "SKU", "of_sku", known.skus),
        "document_id": filters.choose(row, "Purchase order", "on_po", known.documents),
        "location_id": filters.choose(row, "Location", "at_location", known.locations),
    }
    keep = np.ones(len(restocks), dtype=bool)
    for name, values in asked.items():
        if values:
            keep &= restocks[name].isin(values).to_numpy()
    if marks:
        keep &= restocks[[flag for flag, mark in MARKS.items() if mark in marks]].any(axis=1).to_numpy()
    if mine:
        keep &= (restocks["moved_by"] == people.signed_in().name).to_numpy()
    if find and find.strip():
        texts = filters.searched_present("restocks", restocks, SEARCHED)
        keep &= filters.found(find, texts)
    return np.flatnonzero(keep)


def _clear_filters() -> None:
    for key, value in _FILTERS.items():
        st.session_state[key] = value


def _page(rows: Positions) -> Positions:
    """The part of the rows that is drawn at once."""
    pages = math.ceil(len(rows) / PAGE_ROWS)
    page = st.pagination(pages, key="part", bind="query-params") if pages > 1 else 1
    return rows[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]


def _shown(restocks: pd.DataFrame, rows: Positions) -> pd.DataFrame:
    """Some rows as the table shows them, with their marks in words."""
    frame = restocks.iloc[rows]
    flags = zip(*(frame[flag].tolist() for flag in MARKS), strict=True)
    return frame.assign(restock_mark=[_marks(row) for row in flags], move_reason=frame["reason"])


@functools.cache
def _marks(flags: tuple[bool, ...]) -> str:
    """What a line is marked with, in words: "Overdue, moved"."""
    return ", ".join(itertools.compress(MARKS.values(), flags)).capitalize()


def _choose_rows(restocks: pd.DataFrame, labels: pd.Index, rows: Positions) -> None:
    """The table, in which rows are chosen, and beside it the same choice by typing."""
    visible = _page(rows)
    frame, names = _shown(restocks, visible), labels[visible]
    now = chosen()
    key = tables.key_of("restocks", [*names, st.session_state.get(_REDRAWN, 0)])
    tables.show(
        frame, COLUMNS, key=key, most=12, on_select=lambda: _choose_in_table(key, names), selection_mode="multi-row",
        selection_default={"selection": {"rows": np.flatnonzero(names.isin(now.index)).tolist()}},
    )  # fmt: skip
    _choose_by_hand(names, now)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(f"Choose all {len(rows):,} that fit", key="choose-all", on_click=_choose_all, args=(rows,))
        if len(now):
            st.button("Choose none", key="choose-none", on_click=_choose, args=([],))
        waiting = money(total_value(restocks["waiting_value"].iloc[rows]))
        st.caption(f"{count(len(rows), 'line')} of {len(restocks):,} fit the filters; {waiting} wait for them.")


def _choose_by_hand(names: pd.Index, now: pd.DataFrame) -> None:
    if len(now) > MOST_CHIPS:
        st.markdown(f"**{count(len(now), 'line')} to move**")
        return
    st.session_state[_BY_HAND] = list(now.index)
    st.multiselect(
        "Lines to move", [*now.index, *names[~names.isin(now.index)]], key=_BY_HAND, filter_mode="contains",
        on_change=lambda: _choose(st.session_state[_BY_HAND], is_redrawn=True), select_all=False,
        placeholder="Choose rows above, or type a number or a SKU", wrap=False,
    )  # fmt: skip


def _choose_in_table(key: str, names: pd.Index) -> None:
    """Those chosen in the table, and those chosen before that it does not show."""
    elsewhere = [name for name in chosen().index if name not in names]
    _choose([*elsewhere, *names[st.session_state[key].selection.rows]], is_redrawn=False)


def _choose_all(rows: Positions) -> None:
    """All rows that fit, beside those chosen before."""
    _, labels = st.session_state[_DRAWN]
    _choose([*chosen().index, *labels[rows]])


def _choose(wanted: Sequence[str], *, is_redrawn: bool = True) -> None:
    """Choose these lines: those chosen before stay as they were seen then, the others are as drawn last."""
    before = chosen()
    new = pd.Index(wanted, dtype="str").difference(before.index, sort=False)
    added = _as_drawn(new)
    kept = before[before.index.isin(wanted)]
    _keep(pd.concat([kept, added]) if len(kept) else added, is_redrawn=is_redrawn)


def _see_anew() -> None:
    """The chosen lines as they were drawn last; those that are no longer to come are chosen no more."""
    _keep(_as_drawn(chosen().index))


def _as_drawn(wanted: pd.Index) -> pd.DataFrame:
    """The wanted rows as they were drawn last, in the order in which they are wanted."""
    restocks, labels = st.session_state[_DRAWN]
    rows = labels.get_indexer_for(wanted)
    rows = rows[rows >= 0]
    return restocks.iloc[rows].set_axis(labels[rows])


def _keep(rows: pd.DataFrame, *, is_redrawn: bool = True) -> None:
    """Keep the chosen rows; is_redrawn: the table is drawn anew, so that its chosen rows follow."""
    st.session_state[_CHOSEN] = rows
    if is_redrawn:
        st.session_state[_REDRAWN] = st.session_state.get(_REDRAWN, 0) + 1
