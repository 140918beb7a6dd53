"""Decisions on screen: each with what became of it, those that are due first, and the ways to settle them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd
import streamlit as st

from dashboard import deciding, decision_forms, downloads, exports, loading, people, settings, tables
from dashboard.decision_forms import DAYS_BETWEEN_REVIEWS
from dashboard.domain import backlog as states
from dashboard.domain.decided import (
    CUSTOMER,
    DONE,
    DROPPED,
    OPEN,
    ORDER,
    ORDER_LINE,
    PURCHASE_ORDER_LINE,
    SKU,
    SUPPLIER,
    Link,
    figures_of,
    figures_then,
    link_of,
    what_became,
)
from dashboard.domain.decision_links import beside, name_of, suggestion
from dashboard.domain.plan import Plan
from dashboard.messages import count, day, money, plain

MOST_CARDS, MOST_SETTLED = 50, 200
SETTLED = ["decision_text", "decision_state", "owner", "about", "became", "changed_by", "changed_at", "decision_note"]
PAGES = settings.PROJECT_ROOT / "pages"
HOW_FIGURES = (
    "Then: on the day it was decided; now: by the present data. Lines are open order lines of what it is about: of a "
    "supplier the backordered ones that wait for it, of a purchase-order line those that take units of it. A line that "
    "was shipped or cancelled since counts no more."
)


def show_decisions(
    frame: pd.DataFrame, plan: Plan, key: str = "decisions", *, has_shortcuts: bool = False, has_file: bool = True
) -> None:
    """Each decision with what became of it, those due first; for editors the buttons done, carry, drop and change.

    frame: rows of deciding.decisions(), as many as are to be shown. has_shortcuts: whether the first one that waits
    answers to the keys D, L and X: at one place of a page alone. has_file: whether they are offered as a file.
    """
    decision_forms.show_refused(key)
    if frame.empty:
        return
    is_card = (frame["state"] == OPEN) | stays(frame, key)
    _show_cards(frame[is_card], plan, key, has_shortcuts=has_shortcuts)
    if not is_card.all():
        _show_settled(frame[~is_card], plan, key)
    if has_file:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("These decisions", width="content")
            downloads.offer("decisions", lambda: exports.decisions_of(frame, plan), key=f"{key}-file")


def show_about(link: Link, key: str) -> None:
    """The decisions about what is looked at, open or just settled, and for editors the button that makes one."""
    plan, frame = loading.plan(), deciding.decisions()
    decision_forms.decide(link, suggestion(plan, link), key)
    own = f"{key}-decisions"
    frame = frame[(frame["state"] == OPEN) | stays(frame, own)]
    wanted = beside(plan, link) if len(frame) else set()
    about = [place for place, (_, decision) in enumerate(frame.iterrows()) if link_of(decision) in wanted]
    decision_forms.show_refused(own)
    _show_cards(frame.iloc[about], plan, own, seen=link)


def stays(frame: pd.DataFrame, key: str) -> pd.Series:
    """Which decisions were settled or put off at this place of the page: their cards stay as long as it is shown.

    The second half of a double click then comes upon a button that is over, and not upon that of the next decision.
    """
    drawn = [each for each in _drawn(key) if f"{key}-{each}-done" in st.session_state]  # in the run before this one
    cards = frame[frame["decision_id"].isin(drawn)]
    over = [int(decision["decision_id"]) for _, decision in cards.iterrows() if _is_over(decision)]
    return frame["decision_id"].isin(over)


def became(decision: pd.Series, plan: Plan) -> str:
    """What became of a decision, lines and money, in plain text; "" where it stands alone."""
    then, now = figures_then(decision), figures_of(plan, link_of(decision))
    if now is None:
        return ""
    before = f"{money(then.backordered_value)} then, " if then else ""
    return f"{what_became(then, now)} Backordered: {before}{money(now.backordered_value)} now."


def due_in_words(due_date: pd.Timestamp, today: date) -> str:
    """When a decision is due, as Markdown: what is over in red."""
    if pd.isna(due_date):
        return "no due date"
    days = (due_date.date() - today).days
    if days < 0:
        return f":red[**due {day(due_date)}, {count(-days, 'day')} ago**]"
    return f"**due today, {day(due_date)}**" if not days else f"due {day(due_date)}"


def _show_cards(
    frame: pd.DataFrame, plan: Plan, key: str, *, seen: Link | None = None, has_shortcuts: bool = False
) -> None:
    """Decisions one below the other, each with what can be done to it. seen: what is looked at, which no link names."""
    is_over = stays(frame, key)
    waiting = frame.loc[~is_over, "decision_id"].tolist()
    order = _in_their_places(waiting, frame.loc[is_over, "decision_id"].tolist(), key)[:MOST_CARDS]
    for number, decision in frame.set_index("decision_id", drop=False).loc[order].iterrows():
        shortcuts = ("D", "L", "X") if has_shortcuts and waiting[:1] == [number] else (None, None, None)
        _show_card(decision, plan, key, seen, shortcuts)
    st.session_state[_drawn_at(key)] = order
    if (more := len(frame) - MOST_CARDS) > 0:
        st.caption(f"And {count(more, 'open decision')} more, due later: the file of them holds all.")


def _in_their_places(waiting: Sequence[int], over: Sequence[int], key: str) -> list[int]:
    """The numbers of the decisions as their cards stand: those that are over where they stood."""
    order = list(waiting)
    for place, number in enumerate(_drawn(key)):
        if number in over:
            order.insert(place, number)
    return order


def _drawn(key: str) -> list[int]:
    """The numbers of the decisions as they were drawn at this place last, whenever that was."""
    numbers: list[int] = st.session_state.get(_drawn_at(key), [])
    return numbers


def _drawn_at(key: str) -> str:
    return f"{key}-cards"


def _is_over(decision: pd.Series) -> bool:
    """Whether it was settled or put off here, and nothing has been done to it since."""
    return decision_forms.is_carried_here(decision) or decision_forms.is_settled_here(decision)


def _show_card(decision: pd.Series, plan: Plan, key: str, seen: Link | None, shortcuts: tuple[str | None, ...]) -> None:
    link, number = link_of(decision), int(decision["decision_id"])
    with st.container(border=True, gap="xxsmall"):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="xsmall"
        ):
            st.markdown(f"**{plain(decision['text'])}**", width="content")
            is_open = decision["state"] == OPEN
            stands = due_in_words(decision["due_date"], loading.today()) if is_open else f"**{decision['state']}**"
            st.markdown(f"{plain(decision['owner'])} · {stands}", width="content")
        if told := became(decision, plan):
            st.markdown(plain(told), help=HOW_FIGURES)
        st.caption(_story(decision))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if people.signed_in().may("editor"):
                _offer_to_settle(decision, f"{key}-{number}", key, shortcuts)
            if link != seen:
                _show_link(plan, link)
            if decision["state"] != OPEN and people.signed_in().may("editor"):
                # The last in its row: nothing else comes below the second click of a double click when it is gone.
                st.button(
                    "Open again", key=f"{key}-{number}-again", type="tertiary", on_click=decision_forms.settle,
                    args=(key, decision, OPEN),
                )  # fmt: skip


def _story(decision: pd.Series) -> str:
    """What was expected, who decided it when, how often it was put off, and the last note."""
    carried = int(decision["times_carried"])
    parts = [
        f"Expected: {plain(decision['expected'])}" if decision["expected"] else "",
        f"decided on {day(decision['decided_date'])} by {plain(decision['decided_by'])}",
        f"carried {'once' if carried == 1 else count(carried, 'time')}" if carried else "",
        f"note: {plain(decision['note'])}" if decision["note"] else "",
    ]
    told = "; ".join(part for part in parts if part)
    return f"{told[0].upper()}{told[1:]}."


def _offer_to_settle(decision: pd.Series, own: str, place: str, shortcuts: tuple[str | None, ...]) -> None:
    """own: what its keys begin with."""
    today = settings.today()
    due = decision["due_date"]
    begins = today if pd.isna(due) else max(due.date(), today)
    later = begins + timedelta(days=DAYS_BETWEEN_REVIEWS)
    done, carry, drop = shortcuts
    is_settled, is_carried = decision["state"] != OPEN, decision_forms.is_carried_here(decision)
    # Those that are over do nothing: the browser may not yet have heard that they are disabled.
    settle = None if is_settled else decision_forms.settle
    st.button(
        "Done", key=f"{own}-done", shortcut=done, on_click=settle, args=(place, decision, DONE), disabled=is_settled
    )
    st.button(
        f"Carried to {day(due)}" if is_carried else f"Carry to {day(later)}", key=f"{own}-carry", shortcut=carry,
        on_click=None if is_carried or is_settled else decision_forms.carry, args=(place, decision, later),
        disabled=is_carried or is_settled, help="Not yet: a week later; “Change” takes any other day.",
    )  # fmt: skip
    st.button(
        "Drop", key=f"{own}-drop", shortcut=drop, on_click=settle, args=(place, decision, DROPPED), disabled=is_settled
    )
    st.button(
        "Change", key=f"{own}-change", type="tertiary", on_click=decision_forms.open_form, args=(own,),
        help="Its text, owner and day, a note; and every change so far.",
    )  # fmt: skip
    if decision_forms.is_asked(own):
        decision_forms.change(decision)


def _show_link(plan: Plan, link: Link) -> None:
    """What it is about, leading there."""
    every = list(states.STATES)
    where: dict[str, tuple[str, dict[str, str | list[str]]]] = {
        ORDER_LINE: ("open_backorders", {"state": every, "q": link.id, "line": link.number}),
        ORDER: ("open_backorders", {"state": every, "q": link.id}),
        SKU: ("open_backorders", {"state": every, "q": link.id}),
        CUSTOMER: ("customers", {"customer": link.id}),
        SUPPLIER: ("suppliers", {"supplier": link.id}),
        PURCHASE_ORDER_LINE: ("restock_dates", {"on_po": [link.id]}),
    }
    if link.kind in where:
        page, query = where[link.kind]
        st.page_link(PAGES / f"{page}.py", label=f":primary[{plain(name_of(plan, link))}]", query_params=query)


def _show_settled(frame: pd.DataFrame, plan: Plan, key: str) -> None:
    """The settled ones in a table; the chosen one can be opened again."""
    with st.expander(f"{count(len(frame), 'decision')} settled"):
        shown = frame.head(MOST_SETTLED)
        each = [decision for _, decision in shown.iterrows()]
        shown = shown.assign(
            about=[name_of(plan, link_of(decision)) for decision in each],
            became=[became(decision, plan) for decision in each],
        ).rename(columns={"text": "decision_text", "state": "decision_state", "note": "decision_note"})
        if not people.signed_in().may("editor"):
            tables.show(shown, SETTLED, key=f"{key}-settled", most=10)
            return
        table = tables.key_of(f"{key}-settled", frame["decision_id"])
        chosen = tables.show(shown, SETTLED, key=table, most=10, on_select="rerun", selection_mode="single-row")
        for row in chosen.selection.rows:
            st.button("Open again", key=f"{key}-again", on_click=decision_forms.settle, args=(key, each[row], OPEN))
