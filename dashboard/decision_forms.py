"""Deciding: the form, what it is prefilled with, the changing and settling, and the way back for what was just done.

What was seen is kept by the buttons that were drawn: a page reads its data anew on every run, which nobody saw yet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
import streamlit as st

from dashboard import deciding, loading, messages, people, saving, settings, tables
from dashboard.domain.decided import (
    DONE,
    DROPPED,
    MOST_OWNER,
    MOST_TEXT,
    OPEN,
    Draft,
    Link,
    figures_of,
    link_of,
    what_became,
)
from dashboard.domain.decision_links import name_of
from dashboard.domain.errors import BackordersError
from dashboard.messages import day, money, plain
from data_access.decisions import decision_history

DAYS_BETWEEN_REVIEWS = 7
HISTORY = ["changed_at", "changed_by", "decision_column", "from_value", "to_value", "decision_note"]
HOW_KEPT = "On its day, and after, it stands first in the review until it is done or dropped, with what became of it."
_LAST, _ERROR = "decisions-last", "decisions-error"
_ASKED, _TIMES_ASKED = "decisions-asked", "decisions-times-asked"
_DONE_HERE = "decisions-done-here"
CARRY = "carry"
_Act = tuple[int, int, str]
"""What was done to a decision: its number, the version that was seen, the state that it was given, or CARRY."""
_DONE_TO_IT = {OPEN: "Open again", DONE: "Done", DROPPED: "Dropped"}


@dataclass(frozen=True)
class _Last:
    """What was decided last, and where on the page."""

    place: str
    told: str
    decision_id: int


def next_review(today: date) -> date:
    """The day on which people meet again, as far as is known: a week from today."""
    return today + timedelta(days=DAYS_BETWEEN_REVIEWS)


def decide(link: Link, suggestion: str, key: str, *, label: str = "Decide", tells: bool = True) -> None:
    """A button for editors that opens the form of a decision about the link; for a viewer, nothing.

    suggestion: what the text begins as. tells: below the button stands, for a while, what was decided there last, with
    its undo; else the caller has show_decided tell it elsewhere.
    """
    if not people.signed_in().may("editor"):
        return
    place = _place_of(key)
    st.button(
        label, key=place, icon=":material/gavel:", help="Who does what by when, kept until it is settled.",
        on_click=open_form, args=(place,),
    )  # fmt: skip
    if is_asked(place):
        _ask(link, suggestion, place)
    if tells:
        show_decided(key)


def show_decided(key: str) -> bool:
    """What was decided last by the button of this key, with its undo; whether there is any.

    A refusal is told there too. What is settled or carried is told in passing, and taken back in its own card: a row
    that came or went above the cards would put another card under the second click of a slow double click.
    """
    place = _place_of(key)
    show_refused(place)
    last: _Last | None = st.session_state.get(_LAST)
    if last is None or last.place != place or not people.signed_in().may("editor"):
        return False
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/check: {plain(last.told)}", width="content")
        st.button("Undo", key=f"{place}-undo", type="tertiary", on_click=_undo, args=(last,))
    return True


def show_refused(place: str) -> None:
    """Why what was asked for last at this place of the page was refused, once."""
    if place in (refused := st.session_state.get(_ERROR, {})):
        messages.show_error(refused.pop(place))


def _place_of(key: str) -> str:
    return f"decide-{key}"


def open_form(place: str) -> None:
    """Open the form at this place of the page, empty of what was typed before: for the callback of a button."""
    st.session_state[_ASKED] = place
    st.session_state[_TIMES_ASKED] = st.session_state.get(_TIMES_ASKED, 0) + 1


def is_asked(place: str) -> bool:
    """Whether the form at this place is open."""
    return bool(st.session_state.get(_ASKED) == place)


def _close_form() -> None:
    st.session_state.pop(_ASKED, None)


def settle(place: str, decision: pd.Series, state: str) -> None:
    """Settle a decision as it was drawn, or open it again: for the callback of a button."""
    told = f"{_DONE_TO_IT[state]}: {plain(decision['text'])}"
    act = int(decision["decision_id"]), int(decision["version"]), state
    _change(place, act, told, lambda: saving.change_decision(act[0], act[1], state=state))


def carry(place: str, decision: pd.Series, to_day: date) -> None:
    """Put the due date of a decision off as it was drawn: for the callback of a button."""
    told = f"Carried to {plain(day(to_day))}: {plain(decision['text'])}"
    act = int(decision["decision_id"]), int(decision["version"]), CARRY
    _change(place, act, told, lambda: saving.change_decision(act[0], act[1], due_date=to_day))


def is_carried_here(decision: pd.Series) -> bool:
    """Whether it stands as it was put off here, till its day comes: a double click must not put it off twice."""
    due = decision["due_date"]
    is_to_come = not pd.isna(due) and due.date() > settings.today()
    return is_to_come and _is_done_here(_last_act(decision, CARRY))


def is_settled_here(decision: pd.Series) -> bool:
    """Whether it stands as it was done or dropped here today."""
    act = _last_act(decision, str(decision["state"]))
    return act[2] != OPEN and st.session_state.get(_DONE_HERE, {}).get(act) == settings.today()


def _undo(last: _Last) -> None:
    act = last.decision_id, 1, DROPPED
    told = f"Taken back: {plain(last.told)}"
    _change(last.place, act, told, lambda: saving.change_decision(act[0], act[1], state=DROPPED))


def _change(place: str, act: _Act, told: str, save: Callable[[], None]) -> None:
    """Save what is done to a decision, once, and say it."""
    if _is_done_here(act):
        return
    try:
        save()
    except BackordersError as error:
        _refuse(place, error)
    else:
        _note(act)
        messages.say_after_rerun(told)
        last: _Last | None = st.session_state.get(_LAST)
        if last is not None and last.decision_id == act[0]:
            del st.session_state[_LAST]


def _is_done_here(act: _Act) -> bool:
    """Whether just this was done to just this state of the decision: the second half of a double click asks for it."""
    return act in st.session_state.get(_DONE_HERE, {})


def _last_act(decision: pd.Series, what: str) -> _Act:
    """What was done to a decision last, if it was this."""
    return int(decision["decision_id"]), int(decision["version"]) - 1, what


def _note(act: _Act) -> None:
    """Keep what was done here, and on which day."""
    st.session_state.setdefault(_DONE_HERE, {})[act] = settings.today()


def _refuse(place: str, error: BackordersError) -> None:
    """Say why at its place once the page is drawn."""
    st.session_state.setdefault(_ERROR, {})[place] = error


@st.dialog("Decide", width="medium", on_dismiss=_close_form)
def _ask(link: Link, suggestion: str, place: str) -> None:
    """The form of a new decision."""
    if link.kind:
        st.caption(_standing(link))
    begun = Draft(suggestion[:MOST_TEXT], "", next_review(settings.today()), "", link)
    draft = _ask_draft(begun, _form_key(), "Decide")
    if draft is None:
        return
    try:
        with st.spinner("Saving ..."):
            decision_id = saving.decide(draft)
    except BackordersError as error:
        messages.show_error(error)
        return
    told = f"Decided: {draft.text} ({draft.owner}, due {day(draft.due_date)})"
    st.session_state[_LAST] = _Last(place, told, decision_id)
    _close_form()
    st.rerun()


@st.dialog("Change the decision", width="medium", on_dismiss=_close_form)
def change(decision: pd.Series) -> None:
    """The form that changes a decision as it was seen when the form was opened, with every change so far below."""
    key = _form_key()
    seen = st.session_state.setdefault(f"{key}-seen", decision)
    number, due = int(seen["decision_id"]), None if pd.isna(seen["due_date"]) else seen["due_date"].date()
    begun = Draft(str(seen["text"]), str(seen["owner"]), due, str(seen["expected"]), link_of(seen))
    draft = _ask_draft(begun, key, "Save", has_note=True)
    history = decision_history(loading.store(), number)
    told = history.assign(decision_column=history["what"].str.replace("_", " "), decision_note=history["note"])
    tables.show(told, HISTORY, key=f"{key}-history", most=6)
    if draft is None:
        return
    try:
        with st.spinner("Saving ..."):
            saving.change_decision(
                number, int(seen["version"]), text=draft.text, owner=draft.owner, due_date=draft.due_date,
                expected=draft.expected, note=st.session_state[f"{key}-note"] or "",
            )  # fmt: skip
    except BackordersError as error:
        messages.show_error(error)
        return
    messages.say_after_rerun(f"Saved: {plain(draft.text)}")
    _close_form()
    st.rerun()


def _form_key() -> str:
    """What the keys of the open form begin with: another one each time that a form is opened."""
    return f"decision-{st.session_state.get(_TIMES_ASKED, 0)}"


def _ask_draft(begun: Draft, key: str, label: str, *, has_note: bool = False) -> Draft | None:
    """Ask for what a decision is made of, beginning with what is given; None until it is sent."""
    with st.form(key, border=False):
        text = st.text_area(
            "What is to be done", value=begun.text, max_chars=MOST_TEXT, height=68, key=f"{key}-text",
            placeholder="Call the supplier, ship in parts, buy elsewhere ...",
        )  # fmt: skip
        left, right = st.columns(2, gap="small")
        with left:
            owner = _ask_owner(begun.owner, key)
        with right:
            due_date = st.date_input("Due", value=begun.due_date, format="YYYY-MM-DD", key=f"{key}-due")
        expected = st.text_input(
            "What is expected of it", value=begun.expected, max_chars=MOST_TEXT, key=f"{key}-expected",
            placeholder="A confirmed date, all of it shipped ...",
        )  # fmt: skip
        if has_note:
            st.text_input("Note", max_chars=MOST_TEXT, key=f"{key}-note", placeholder="For whoever asks later")
        st.caption(HOW_KEPT)
        if not st.form_submit_button(label, type="primary"):
            return None
    return Draft((text or "").strip(), (owner or "").strip(), due_date, (expected or "").strip(), begun.link)


def _ask_owner(owner: str, key: str) -> str | None:
    known = known_owners()
    options = known if not owner or owner in known else [owner, *known]
    return st.selectbox(
        "Who sees to it", options, index=options.index(owner) if owner else None, accept_new_options=True,
        key=f"{key}-owner", filter_mode="contains", placeholder="Choose, or type a name",
    )  # fmt: skip


def known_owners() -> list[str]:
    """Who may be meant: whoever is at work, and owners of earlier decisions, the latest first.

    Not all who have a role: their addresses are nothing that every editor sees.
    """
    frame = deciding.decisions().sort_values("decision_id", ascending=False)
    names = [people.signed_in().name, *frame["owner"]]
    return [name for name in dict.fromkeys(map(str, names)) if 0 < len(name) <= MOST_OWNER]


def _standing(link: Link) -> str:
    """What is decided about, and how it stands: "About customer Old Mill (C-2). 1 of 3 lines late ... now."."""
    plan = loading.plan()
    figures = figures_of(plan, link)
    value = f" {money(figures.backordered_value)} backordered." if figures and figures.backordered_value else ""
    return f"About {plain(name_of(plan, link))}. {what_became(None, figures)}{value}"
