"""Lines whose supplier changed its date after a manager had set another: keep ours, or take the supplier's.

The chosen lines are kept in the session as they were seen when they were chosen, with their versions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import effect_views, importing, loading, people, settings, tables
from dashboard.domain.exact import total_value
from dashboard.domain.plan import Plan
from dashboard.domain.restocks import FORM, KEPT, TAKEN, Move, keys_of
from dashboard.messages import count, money, plain

VIEW = importing.SUPPLIER_CHANGED
KEEP, TAKE = ANSWERS = ("Keep our date", "Take the supplier's date")
COLUMNS = [
    "supply_id", "supplier_name", "sku", "due_date_when_moved", "due_date", "restock_date", "waiting_value",
    "order_lines", "customers", "supply_qty", "item_name", "location_id", "moved_by", "moved_at", "move_reason", "note",
]  # fmt: skip
_MOST_NAMED = 3
_CHOSEN, _BY_HAND, _REDRAWN = "answers-chosen", "answers-by-hand", "answers-redrawn"


def show(plan: Plan) -> None:
    """The lines that wait for an answer, the choice among them, and the two answers with what each does."""
    restocks = loading.open_restocks()
    lines = restocks[restocks["is_due_changed"]]
    if lines.empty:
        st.info("No supplier has changed the date of a line after you had set your own.")
        return
    drawn = lines.set_axis(pd.Index(lines["supply_id"].astype("str"), dtype="str"))
    waiting = money(total_value(lines["waiting_value"]))
    st.markdown(
        f"{count(len(lines), 'line')} with a date of ours {'has' if len(lines) == 1 else 'have'} a new due date of the "
        f"supplier since; {waiting} wait for {'it' if len(lines) == 1 else 'them'}. Until you answer, ours is planned "
        "with."
    )
    if not people.signed_in().may("editor"):
        tables.show(_shown(drawn), COLUMNS, key="answers-seen", most=18)
        return
    _choose_rows(drawn)
    seen = _chosen()
    if len(seen):
        _answer(plan, seen, drawn)


def _choose_rows(drawn: pd.DataFrame) -> None:
    """The table, in which lines are chosen, and the same choice by typing."""
    now = _chosen()
    key = tables.key_of("answers", [*drawn.index, st.session_state.get(_REDRAWN, 0)])
    tables.show(
        _shown(drawn), COLUMNS, key=key, most=10, selection_mode="multi-row",
        on_select=lambda: _choose(drawn, list(drawn.index[st.session_state[key].selection.rows]), is_redrawn=False),
        selection_default={"selection": {"rows": np.flatnonzero(drawn.index.isin(now.index)).tolist()}},
    )  # fmt: skip
    st.session_state[_BY_HAND] = list(now.index)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.multiselect(
            "Lines to answer", [*now.index, *drawn.index.difference(now.index, sort=False)], key=_BY_HAND,
            on_change=lambda: _choose(drawn, st.session_state[_BY_HAND]), filter_mode="contains", select_all=False,
            placeholder="Choose rows above, or type a number",
        )  # fmt: skip
        st.button("Choose all", key="answers-all", on_click=_choose, args=(drawn, list(drawn.index)))


def _answer(plan: Plan, seen: pd.DataFrame, drawn: pd.DataFrame) -> None:
    """Ask for the answer to the chosen lines, show what it does, and save it."""
    answer = st.segmented_control("Answer", ANSWERS, key="answer", label_visibility="collapsed")
    note = st.text_input("Note", key="answer-note", max_chars=500, placeholder="For whoever asks later")
    if answer is None:
        st.caption("Choose an answer to see what it does.")
        return
    is_over = (answer == KEEP) & (seen["restock_date"].dt.date < settings.today())
    if is_over.any():
        named = ", ".join(seen.index[is_over][:_MOST_NAMED])
        st.warning(
            f"Our date is already over for {count(int(is_over.sum()), 'line')}, such as {plain(named)}: it cannot be "
            "kept. Take the supplier's date there, or set a new one under Restock dates."
        )
    effect_views.offer_save(
        plan, _moves(seen[~is_over], answer, (note or "").strip()), FORM, key=tables.key_of("answers", [answer]),
        done=_end, renew=lambda: _choose(drawn, list(seen.index), is_anew=True),
    )  # fmt: skip


def _moves(seen: pd.DataFrame, answer: str, note: str) -> list[Move]:
    """The answer as moves: to the same date, or back to the supplier's."""
    days = [day.date() if answer == KEEP else None for day in seen["restock_date"]]
    reason = KEPT if answer == KEEP else TAKEN
    return [
        Move(key, day, int(version), reason, note)
        for key, day, version in zip(keys_of(seen), days, seen["version"], strict=True)
    ]


def _chosen() -> pd.DataFrame:
    """The lines to answer, as they were seen when they were chosen, by their number."""
    kept = st.session_state.get(_CHOSEN)
    return pd.DataFrame() if kept is None else kept


def _choose(drawn: pd.DataFrame, wanted: Sequence[str], *, is_redrawn: bool = True, is_anew: bool = False) -> None:
    """Choose these lines: those chosen before stay as they were seen then, unless all are to be seen anew."""
    before = _chosen()
    kept = before[before.index.isin(wanted)] if len(before) and not is_anew else drawn.iloc[:0]
    added = drawn[drawn.index.isin(wanted) & ~drawn.index.isin(kept.index)]
    st.session_state[_CHOSEN] = pd.concat([kept, added]) if len(kept) else added
    if is_redrawn:
        st.session_state[_REDRAWN] = st.session_state.get(_REDRAWN, 0) + 1


def _end() -> None:
    """After saving: nothing is chosen any more."""
    st.session_state.pop(_CHOSEN, None)
    st.session_state[_REDRAWN] = st.session_state.get(_REDRAWN, 0) + 1


def _shown(lines: pd.DataFrame) -> pd.DataFrame:
    return lines.rename(columns={"reason": "move_reason"})
