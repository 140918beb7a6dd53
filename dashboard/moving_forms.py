"""The form that moves restock dates: one date for all, a shift, dates typed line by line, or back to the supplier's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pandas as pd
import streamlit as st

from dashboard import effect_views, settings, tables, typed_dates
from dashboard.domain.book import PURCHASE_ORDER
from dashboard.domain.plan import Plan
from dashboard.domain.restocks import FORM, TABLE, Move, keys_of, last_day
from dashboard.messages import count

SET, SHIFT, TYPE, BACK = WAYS = ("Set one date", "Shift by days", "Type dates", "Back to the supplier's date")
MOST_TYPED = 200
MOST_DAYS = 5 * 366
"""Of a shift: no date may be farther ahead."""
MOST_NOTE = 500
"""Characters of a note."""
EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)
"""What the box for a date takes: a day outside the rule is told in a sentence, which a box that refuses it cannot."""
TYPED = ["supply_id", "supplier_name", "sku", "due_date", "restock_date", "new_date", "waiting_value", "item_name"]
_TIMES_DONE, _DATES = "moves-saved", "move-dates"

NewDates = dict[int, date | None]
"""The day that each chosen line is to have, by its position; None is the supplier's date."""


def show(plan: Plan, seen: pd.DataFrame, *, done: Callable[[], None], renew: Callable[[], None]) -> None:
    """Ask how the chosen lines move and why, show what that does, and save it.

    seen: rows of open_restocks as they were chosen. done: called once they are saved. renew: sees them anew.
    """
    st.subheader(f"Move {count(len(seen), 'line')}", anchor=False)
    way = st.segmented_control(
        "How", WAYS, default=SET, required=True, key="move-way", label_visibility="collapsed", persist_state="session"
    )
    *beside, why, what_else = st.columns([1, 3] if way == TYPE else [1, 1, 2], gap="small")
    with why:
        reason = st.selectbox(
            "Reason", settings.move_reasons(), index=None, key=_key("reason"), placeholder="Why does it move?",
            persist_state="session",
        )  # fmt: skip
    with what_else:
        note = st.text_input(
            "Note", key=_key("note"), max_chars=MOST_NOTE, placeholder="For whoever asks later", persist_state="session"
        )
    with beside[0] if beside else st.container():
        dates = {SET: _one_date, SHIFT: _shifted, TYPE: _typed, BACK: _suppliers_date}[way](seen)
    keys, versions = keys_of(seen), seen["version"].tolist()
    moves = [
        Move(keys[row], to, int(versions[row]), reason or "", (note or "").strip()) for row, to in dates.items()
    ]  # fmt: skip
    how = TABLE if way == TYPE else FORM
    effect_views.offer_save(plan, moves, how, key="move", done=lambda: _end(seen, done), renew=renew)


def _end(seen: pd.DataFrame, done: Callable[[], None]) -> None:
    """After saving: the next form begins empty, but for the dates typed beside lines that were let go of."""
    st.session_state[_TIMES_DONE] = st.session_state.get(_TIMES_DONE, 0) + 1
    typed_dates.forget(_DATES, set(seen.index))
    done()


def _key(name: str) -> str:
    """A widget's key until the form is saved."""
    return f"move-{name}-{st.session_state.get(_TIMES_DONE, 0)}"


def _one_date(seen: pd.DataFrame) -> NewDates:
    day = st.date_input(
        "New restock date", value=None, min_value=EARLIEST, max_value=LATEST, format="YYYY-MM-DD", key=_key("date"),
        help=f"From today to {last_day(settings.today())}.", persist_state="session",
    )  # fmt: skip
    return dict.fromkeys(range(len(seen)), day) if day else {}


def _shifted(seen: pd.DataFrame) -> NewDates:
    days = st.number_input(
        "Days later", min_value=-MOST_DAYS, max_value=MOST_DAYS, value=0, step=1, key=_key("days"),
        help="Below zero is earlier.", persist_state="session",
    )  # fmt: skip
    by_working_days = st.checkbox(
        "Working days", key=_key("working"), help="Weekends and holidays do not count.", persist_state="session"
    )
    begins = _begins(seen)
    if not days:
        return {}
    calendar = settings.calendar()
    return {
        row: calendar.shifted(day, days) if by_working_days else day + timedelta(days=days)
        for row, day in begins.items()
    }


def _begins(seen: pd.DataFrame) -> dict[int, date]:
    """The day from which each line is shifted: its restock date, or today where the user wants that for those over."""
    today = settings.today()
    dated = {row: day.date() for row, day in enumerate(seen["restock_date"]) if pd.notna(day)}
    begins = {row: max(day, today) for row, day in dated.items()}
    undated = len(seen) - len(dated)
    late = undated + sum(begins[row] != day for row, day in dated.items())
    if late and st.checkbox(
        f"From today where the date is over or missing ({count(late, 'line')})", key=_key("from-today"),
        persist_state="session",
    ):  # fmt: skip
        return dict.fromkeys(range(len(seen)), today) | begins
    if undated:
        st.caption(f"{count(undated, 'line')} without a date cannot be shifted and will stay so.")
    return dated


def _typed(seen: pd.DataFrame) -> NewDates:
    if len(seen) > MOST_TYPED:
        st.info(f"Dates are typed for at most {MOST_TYPED} lines. Choose fewer, or bring a file.")
        return {}
    frame = seen.assign(new_date=pd.Series(pd.NaT, index=seen.index, dtype="datetime64[s]"))[TYPED]
    new_date = st.column_config.DateColumn(
        tables.LOOKS["new_date"].label, format="YYYY-MM-DD", width=140, help=tables.LOOKS["new_date"].help
    )
    days = typed_dates.ask(frame, list(seen.index), "new_date", new_date, key=_DATES)
    st.caption("Write the new dates beside the lines; those left empty stay as they are.")
    return {row: day for row, day in enumerate(days) if day is not None}


def _suppliers_date(seen: pd.DataFrame) -> NewDates:
    is_ours = (seen["supply_kind"] == PURCHASE_ORDER) & seen["is_moved"]
    ours = int(is_ours.sum())
    rest = len(seen) - ours
    stays = f" {count(rest, 'line')} without a date of ours will stay as now." if rest else ""
    st.caption(f"{count(ours, 'line')} will follow the supplier's due date again.{stays}")
    return {row: None for row, each in enumerate(is_ours) if each}
