"""Promises on screen: the lines that will miss theirs or have none, the choice among them, and who must be told."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import loading, people, promise_forms, tables
from dashboard.domain.backlog import STATES
from dashboard.domain.exact import total_value
from dashboard.domain.plan import Plan
from dashboard.domain.promises import LineKey, days_of
from dashboard.domain.restocks import TABLE
from dashboard.filters import Positions, choices_of, choose, choose_ids
from dashboard.messages import count, listed, money, plain

PAGE_ROWS = 1_000
MOST_CHIPS = 40
"""So many chosen lines are named one by one; more are counted."""
COLUMNS = [
    "order_id", "line_no", "customer_name", "sku", "state", "first_promise_date", "promise_date", "expected_date",
    "days_late", "backordered_qty", "backordered_value", "tier", "item_name", "location_id", "waits_for",
]  # fmt: skip
TOLD = [
    "order_id", "line_no", "customer_name", "sku", "promise_date", "expected_date", "new_promise_date", "days_late",
    "backordered_value",
]  # fmt: skip
HOW_MISSED = (
    "Open lines whose expected date is after their promise, and the backordered money on them; ready ones whose "
    "promise has passed are among them. Without a promise: open lines for which no day was told yet. Lines that "
    "nothing covers have no expected date: those with a promise stand on Open backorders alone."
)
_FILTERS: dict[str, object] = {"in_state": [], "of_customer": [], "for_sku": [], "on_order": []}
"""What each filter is without being asked, by its name in the address."""
_DRAWN, _CHOSEN, _BY_HAND, _REDRAWN = "promises-drawn", "promises-chosen", "promises-by-hand", "promises-redrawn"
_PROMISED = "told-promised"
_NAMED = 5


def sentence(lines: pd.DataFrame) -> str:
    """What a manager would say of the promises that want a decision."""
    missed = lines[lines["is_missed"]]
    unpromised = len(lines) - len(missed)
    customers = missed["customer_id"].nunique()
    whose = "1 customer's" if customers == 1 else f"{customers:,} customers'"
    value = money(total_value(missed["backordered_value"]))
    if missed.empty:
        told = "No line will miss its promise"
    elif len(missed) == 1:
        told = f"1 line will miss its promise, {value}"
    else:
        told = f"{whose} lines will miss their promise: {len(missed):,} lines, {value}"
    has = "has" if unpromised == 1 else "have"
    return f"{told}; {count(unpromised, 'line')} {has} no promise." if unpromised else f"{told}."


def show(plan: Plan, lines: pd.DataFrame) -> None:
    """The list with its filters; for who may set promises, the choice of lines and the form. lines: of to_promise."""
    rows = _ask(lines)
    if not len(rows):
        st.info("No such line fits these filters. Take one away, or start again.")
        st.button("Clear filters", on_click=_clear_filters)
    elif not people.signed_in().may("editor"):
        tables.show(lines.iloc[_page(rows)], COLUMNS, key="promises-seen", most=18)
    else:
        _choose_rows(lines, rows)
    chosen = _as_now(plan, _chosen())
    if len(chosen) and people.signed_in().may("editor"):
        promise_forms.show(plan, chosen, done=lambda _: _keep(chosen.iloc[:0]), renew=lambda: _see_anew(plan))


def show_to_be_told(plan: Plan, lines: pd.DataFrame) -> None:
    """The customers who must be told of a later date, and their new promises. lines: those of an effect."""
    done: set[tuple[LineKey, object]] = st.session_state.setdefault(_PROMISED, set())
    lines = _still_late(plan, lines)
    seen: dict[LineKey, object] = dict(zip(_keys(lines), days_of(lines["promise_date"]), strict=True))
    left = lines[[(key, promise) not in done for key, promise in seen.items()]]
    if left.empty:
        st.caption("Nobody is left to be told: each has a new promise, or is no longer late.")
        return
    st.markdown(f"**{_whom(left)}**", help=promise_forms.HOW_PROMISES_ARE_KEPT)
    frame = left
    if not people.signed_in().may("editor"):
        tables.show(frame, [name for name in TOLD if name != promise_forms.NEW], key="to-be-told")
        return
    now = st.session_state.get("told-seen", {})
    frame = frame.assign(new_promise_date=frame["expected_date"]).sort_values("customer_name", kind="stable")
    typed = promise_forms.ask_dates(frame, promise_forms.TOLD, TOLD)
    changes = promise_forms.as_seen(promise_forms.with_note(typed, promise_forms.TOLD), now)
    keys = [change.key for change in changes]

    def renew() -> None:
        st.session_state["told-seen"] = now | promise_forms.promises_now(plan, keys)

    promise_forms.offer_save(
        plan, changes, TABLE, key=promise_forms.TOLD, renew=renew,
        done=lambda saved: done.update((change.key, seen[change.key]) for change in saved),
    )  # fmt: skip


def _whom(lines: pd.DataFrame) -> str:
    """The customers, those with the most lines first: "3 customers must be told: Old Mill (2 lines), ..."."""
    customers = lines.groupby("customer_name", observed=True).size().sort_values(ascending=False, kind="stable")
    named = [f"{plain(name)} ({count(number, 'line')})" for name, number in customers.head(_NAMED).items()]
    more = [f"{len(customers) - _NAMED:,} more"] if len(customers) > _NAMED else []
    return f"{count(len(customers), 'customer')} must be told: {listed([*named, *more])}"


def _ask(lines: pd.DataFrame) -> Positions:
    """Draw the filters, their values kept in the address, and return the rows that fit, in the order of the list."""
    row = st.grid(4, min_column_width=180, gap="small", vertical_alignment="bottom")
    held = _held(lines, "state")
    asked = {
        "customer_id": choose_ids(row, "Customer", "of_customer", choices_of("promises", lines, "customer")),
        "sku": choose(row, "SKU", "for_sku", _held(lines, "sku")),
        "order_id": choose(row, "Order", "on_order", _held(lines, "order_id")),
        "state": choose(row, "State", "in_state", [state for state in STATES if state in held]),
    }
    keep = np.ones(len(lines), dtype=bool)
    for name, values in asked.items():
        if values:
            keep &= lines[name].isin(values).to_numpy()
    return np.flatnonzero(keep)


def _held(lines: pd.DataFrame, name: str) -> list[str]:
    """The distinct texts of a column of to_promise, in order: worked out once for all."""
    return loading.once("texts of the lines to promise", lambda: sorted(lines[name].unique()), name)


def _clear_filters() -> None:
    for key, value in _FILTERS.items():
        st.session_state[key] = value


def _page(rows: Positions) -> Positions:
    """The part of the rows that is drawn at once."""
    pages = math.ceil(len(rows) / PAGE_ROWS)
    page = st.pagination(pages, key="part", bind="query-params") if pages > 1 else 1
    return rows[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]


def _choose_rows(lines: pd.DataFrame, rows: Positions) -> None:
    """The table, in which rows are chosen, and beside it the same choice by typing."""
    visible = _page(rows)
    frame = lines.iloc[visible]
    names = _names(frame)
    st.session_state[_DRAWN] = lines
    now = _chosen()
    key = tables.key_of("promises", [*names, st.session_state.get(_REDRAWN, 0)])
    tables.show(
        frame, COLUMNS, key=key, most=14, on_select=lambda: _choose_in_table(key, names), selection_mode="multi-row",
        selection_default={"selection": {"rows": np.flatnonzero(names.isin(now.index)).tolist()}},
    )  # fmt: skip
    _choose_by_hand(names, now)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(f"Choose all {len(rows):,} that fit", key="choose-all", on_click=_choose_all, args=(rows,))
        if len(now):
            st.button("Choose none", key="choose-none", on_click=_choose, args=([],))
        value = money(total_value(lines["backordered_value"].iloc[rows]))
        st.caption(f"{count(len(rows), 'line')} of {len(lines):,} fit the filters, {value} backordered.")


def _choose_by_hand(names: pd.Index, now: pd.DataFrame) -> None:
    if len(now) > MOST_CHIPS:
        st.markdown(f"**{count(len(now), 'line')} to promise**")
        return
    st.session_state[_BY_HAND] = list(now.index)
    st.multiselect(
        "Lines to promise", [*now.index, *names[~names.isin(now.index)]], key=_BY_HAND, filter_mode="contains",
        on_change=lambda: _choose(st.session_state[_BY_HAND]), select_all=False,
        placeholder="Choose rows above, or type an order",
    )  # fmt: skip


def _chosen() -> pd.DataFrame:
    """The lines to promise, as they were seen when they were chosen: rows of to_promise, by their name."""
    kept = st.session_state.get(_CHOSEN)
    return pd.DataFrame() if kept is None else kept


def _choose_in_table(key: str, names: pd.Index) -> None:
    """Those chosen in the table, and those chosen before that it does not show."""
    elsewhere = [name for name in _chosen().index if name not in names]
    _choose([*elsewhere, *names[st.session_state[key].selection.rows]], is_redrawn=False)


def _choose_all(rows: Positions) -> None:
    """All rows that fit, beside those chosen before."""
    _choose([*_chosen().index, *_names(st.session_state[_DRAWN].iloc[rows])])


def _choose(wanted: Sequence[str], *, is_redrawn: bool = True) -> None:
    """Choose these lines: those chosen before stay as they were seen then, the others are as drawn last."""
    before, drawn = _chosen(), st.session_state[_DRAWN]
    names = _names(drawn)
    kept = before[before.index.isin(wanted)]
    added = drawn.set_axis(names).iloc[np.flatnonzero(names.isin(wanted) & ~names.isin(kept.index))]
    _keep(pd.concat([kept, added]) if len(kept) else added, is_redrawn=is_redrawn)


def _as_now(plan: Plan, seen: pd.DataFrame) -> pd.DataFrame:
    """The chosen lines that are still open, as they are now but for the promises, which are those that were seen."""
    if seen.empty:
        return seen
    lines = plan.backlog[plan.backlog["order_id"].isin(seen["order_id"].astype("str").unique())]
    lines = lines.set_axis(_names(lines))
    lines = lines.loc[seen.index[seen.index.isin(lines.index)]]
    return lines.assign(promise_date=seen["promise_date"].reindex(lines.index))


def _still_late(plan: Plan, lines: pd.DataFrame) -> pd.DataFrame:
    """Those of these lines that are expected after their promise by the present data, with their promises as seen."""
    now = _as_now(plan, lines.set_axis(_names(lines)))
    return now[now["days_late"] > 0] if len(now) else now


def _see_anew(plan: Plan) -> None:
    """The chosen lines with the promises that stand now."""
    chosen = _chosen()
    now = promise_forms.promises_now(plan, _keys(chosen))
    promises = pd.Series([now.get(key) for key in _keys(chosen)], index=chosen.index, dtype="datetime64[s]")
    _keep(chosen.assign(promise_date=promises))


def _keep(rows: pd.DataFrame, *, is_redrawn: bool = True) -> None:
    """Keep the chosen rows; is_redrawn: the table is drawn anew, so that its chosen rows follow."""
    st.session_state[_CHOSEN] = rows
    if is_redrawn:
        st.session_state[_REDRAWN] = st.session_state.get(_REDRAWN, 0) + 1


def _names(lines: pd.DataFrame) -> pd.Index:
    """Each line as it is chosen: "SO-5001/2"."""
    return pd.Index(lines["order_id"].astype("str") + "/" + lines["line_no"].astype("str"), dtype="str")


def _keys(lines: pd.DataFrame) -> list[LineKey]:
    return list(zip(lines["order_id"].astype("str"), lines["line_no"].astype("str"), strict=True))
