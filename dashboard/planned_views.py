"""Planned restocks: units expected without a purchase order. Their list, and the forms to add, change and remove one.

The one to change is kept in the session as it was seen when it was chosen, with its version.
"""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pandas as pd
import streamlit as st

from dashboard import effect_views, loading, people, settings, tables
from dashboard.domain.book import PLANNED_RESTOCK, Book
from dashboard.domain.plan import Plan
from dashboard.domain.restocks import FORM, Change, Move, NewRestock, SupplyKey, last_day
from dashboard.messages import plain, units
from dashboard.moving_forms import EARLIEST, LATEST, MOST_NOTE

COLUMNS = [
    "supply_id", "supply_qty", "sku", "item_name", "location_id", "restock_date", "days_overdue", "waiting_value",
    "order_lines", "customers", "move_reason", "note", "moved_by", "moved_at",
]  # fmt: skip
CHANGE, REMOVE = WAYS = ("Change", "Expect it no more")
MAIN = "MAIN"
_LEAST_QTY = 0.001
_CHOSEN, _BY_HAND, _REDRAWN = "planned-chosen", "planned-by-hand", "planned-redrawn"
_NEW_ID, _TIMES_DONE = "planned-new-id", "planned-done"


def show(plan: Plan) -> None:
    """The list of planned restocks; for who may move dates, the form that adds one or changes the chosen one."""
    restocks = loading.open_restocks()
    planned = restocks[restocks["supply_kind"] == PLANNED_RESTOCK].rename(columns={"reason": "move_reason"})
    is_editor = people.signed_in().may("editor")
    if planned.empty:
        st.info("No units are expected without a purchase order." + (" Add them below." if is_editor else ""))
    if not is_editor:
        if len(planned):
            tables.show(planned, COLUMNS, key="planned-seen", most=18)
        return
    if len(planned):
        _choose_row(planned)
    seen = st.session_state.get(_CHOSEN)
    if seen is None:
        _add(plan)
    else:
        _change(plan, seen)


def _choose_row(planned: pd.DataFrame) -> None:
    """The table, in which one is chosen, and the same choice by typing."""
    names, seen = list(planned["supply_id"]), st.session_state.get(_CHOSEN)
    now = seen["supply_id"] if seen is not None else None
    key = tables.key_of("planned", [*names, st.session_state.get(_REDRAWN, 0)])
    tables.show(
        planned, COLUMNS, key=key, most=10, selection_mode="single-row",
        on_select=lambda: _choose(planned, [names[row] for row in st.session_state[key].selection.rows]),
        selection_default={"selection": {"rows": [names.index(now)]}} if now in names else None,
    )  # fmt: skip
    st.session_state[_BY_HAND] = now
    st.selectbox(
        "Planned restock to change", names if now in names or now is None else [now, *names], key=_BY_HAND, index=None,
        on_change=lambda: _choose(planned, [st.session_state[_BY_HAND]], is_redrawn=True), width=480,
        placeholder="Choose a row above, or type its number; with none, add one below", filter_mode="contains",
    )  # fmt: skip


def _choose(planned: pd.DataFrame, wanted: list[str], *, is_redrawn: bool = False) -> None:
    """Keep the chosen one as it is drawn."""
    rows = planned[planned["supply_id"].isin(wanted)]
    st.session_state[_CHOSEN] = rows.iloc[0] if len(rows) else None
    if is_redrawn:
        st.session_state[_REDRAWN] = st.session_state.get(_REDRAWN, 0) + 1


def _add(plan: Plan) -> None:
    st.subheader("Add a planned restock", anchor=False)
    skus = _skus(plan.book)
    what, where, how_many, when = st.columns([2, 1, 1, 1], gap="small", vertical_alignment="bottom")
    sku = what.selectbox(
        "SKU", list(skus), index=None, key=_key("sku"), placeholder="Type a SKU or a name", filter_mode="contains"
    )
    places = _locations(plan.book)
    location = where.selectbox(
        "Location", places, index=0 if len(places) == 1 else None, key=_key("location"), placeholder="Where to"
    )
    with how_many:
        quantity = _ask_quantity(None, _key("quantity"))
    with when:
        day = _ask_day(None, _key("day"))
    reason, note = _ask_why(_key)
    if sku is None or location is None or quantity is None:
        st.caption(
            "Choose a SKU, a location and a quantity to see what it does. "
            "Without a date, its units cover order lines but promise no day."
        )
        return
    plan_id = st.session_state.setdefault(_NEW_ID, f"PR-{uuid4().hex[:8]}")
    _offer(plan, NewRestock(plan_id, skus[sku], location, quantity, day, reason, note))


def _change(plan: Plan, seen: pd.Series) -> None:
    """seen: the row of the list, as it was when it was chosen."""
    st.subheader(f"{plain(seen['supply_id'])}: {_in_words(seen)}", anchor=False)
    key = SupplyKey(PLANNED_RESTOCK, str(seen["document_id"]))

    def named(name: str) -> str:
        return f"{_key(name)}-{key.document_id}"

    way = st.segmented_control(
        "How", WAYS, default=CHANGE, required=True, key=named("way"), label_visibility="collapsed"
    )
    before, day, quantity = _usable(_day_of(seen)), None, 0.0
    if way == CHANGE:
        how_many, when, _ = st.columns([1, 1, 3], gap="small", vertical_alignment="bottom")
        with how_many:
            quantity = _ask_quantity(float(seen["supply_qty"]), named("quantity"))
        with when:
            day = _ask_day(before, named("day"))
    reason, note = _ask_why(named)
    if quantity is None:
        st.caption("Write how many units are expected.")
    elif way == CHANGE and (day, quantity) == (before, float(seen["supply_qty"])):
        passed = "Its date has passed. " if _day_of(seen) != before else ""
        st.caption(f"{passed}Change the date or the quantity to see what it does.")
    else:
        _offer(plan, Move(key, day, int(seen["version"]), reason, note, to_qty=quantity))


def _offer(plan: Plan, change: Change) -> None:
    effect_views.offer_save(plan, [change], FORM, key=f"planned-{change.key.document_id}", done=_end)


def _ask_quantity(now: float | None, key: str) -> float | None:
    """Units to three decimals, more than none."""
    quantity = st.number_input(
        "Units", value=now, min_value=_LEAST_QTY, max_value=1e9, step=1.0, format="%.3f", key=key,
        placeholder="How many", help="To three decimals.",
    )  # fmt: skip
    return None if quantity is None else round(quantity, 3)


def _ask_day(now: date | None, key: str) -> date | None:
    return st.date_input(
        "Restock date", value=now, min_value=EARLIEST, max_value=LATEST, format="YYYY-MM-DD", key=key,
        help=f"From today to {last_day(settings.today())}; empty where nobody knows.",
    )  # fmt: skip


def _ask_why(key: object) -> tuple[str, str]:
    why, what_else = st.columns([1, 2], gap="small")
    reason = why.selectbox("Reason", settings.move_reasons(), index=None, key=key("reason"), placeholder="Why?")
    note = what_else.text_input(
        "Note", key=key("note"), max_chars=MOST_NOTE, placeholder="Where do these units come from?"
    )
    return reason or "", (note or "").strip()


def _skus(book: Book) -> dict[str, str]:
    """SKUs by what a person recognises: the SKU with its name behind, "VALVE-25 · Ball valve 25 mm"."""
    items = book.items
    return dict(zip((items["sku"] + " · " + items["name"]).tolist(), items["sku"].tolist(), strict=True))


def _locations(book: Book) -> list[str]:
    """Every location that orders or supplies name."""
    known = {*book.lines["location_id"].astype("str").unique(), *book.supplies["location_id"].astype("str").unique()}
    return sorted(known) or [MAIN]


def _in_words(seen: pd.Series) -> str:
    day = _day_of(seen)
    when = f"on {day:%Y-%m-%d}" if day else "on a day nobody knows"
    return f"{units(seen['supply_qty'])} of {plain(seen['item_name'])} for {plain(seen['location_id'])} {when}"


def _usable(day: date | None) -> date | None:
    """A day that can still be planned with; none where it has passed."""
    return day if day is not None and day >= settings.today() else None


def _day_of(seen: pd.Series) -> date | None:
    return None if pd.isna(seen["restock_date"]) else seen["restock_date"].date()


def _key(name: str) -> str:
    """A widget's key until the form is saved."""
    return f"planned-{name}-{st.session_state.get(_TIMES_DONE, 0)}"


def _end() -> None:
    """After saving: the next form begins empty."""
    for name in (_NEW_ID, _CHOSEN):
        st.session_state.pop(name, None)
    for name in (_TIMES_DONE, _REDRAWN):
        st.session_state[name] = st.session_state.get(name, 0) + 1
