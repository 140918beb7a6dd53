"""The parts of the page History: the moves, one line's own story with the way back, and how good our dates were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import downloads, effect_views, exports, filters, loading, people, tables
from dashboard.domain.book import PLANNED_RESTOCK
from dashboard.domain.dimensions import text_of
from dashboard.domain.ledger import (
    NOT_YET,
    RIGHT,
    RIGHT_WITHIN_DAYS,
    UNKNOWN,
    quality_by,
    quality_in_all,
    story_of,
)
from dashboard.domain.plan import Plan
from dashboard.domain.restocks import SupplyKey
from dashboard.messages import count, day, plain, units
from dashboard.supplier_rates import NO_DATA, intervals, percents

WINDOWS = (0, 7, 30, 90, 365)
"""How many days back moves are shown; 0 is all of them."""
SENTENCE_DAYS = 30
MOST_ROWS = 1_000
MOVE = "move"
"""The address's name for the chosen move: its move_id."""
COLUMNS = [
    "moved_at", "batch_told", "supply_id", "sku", "from_date", "to_date", "days_moved", "person", "move_why", "note",
    "supplier_name",
    "move_how", "back_mark", "expected_told",
]  # fmt: skip
STORY = [
    "at_told", "event", "from_date", "to_date", "days_moved", "came_told", "person", "move_why", "note", "move_how",
    "back_mark",
]  # fmt: skip
QUALITY = ["right_percent", "right_interval", "too_early", "too_late", "days_off_told", "not_yet"]
HOW_JUDGED = (
    f"Of each purchase-order line, our date that stood before the goods came whole. Right: they came at most "
    f"{RIGHT_WITHIN_DAYS} calendar days before or after it. Goods that have not come count as too early once our date "
    f"is further back; until then it is not yet known, and left out of n. Dates replaced or cleared before, and those "
    f"set on the day the goods came, do not count."
)
_FILTERS: dict[str, object] = {
    "since": 0, "on_po": [], "from_supplier": [], "of_sku": [], "by_person": [], "for_reason": [],
}  # fmt: skip
"""What each filter is without being asked, by its name in the address."""
_UNDO, _DRAWN = "history-undo", "history-drawn"


@dataclass(frozen=True)
class _Undo:
    """What is about to be moved back: one move of a batch, or all of them (no move_ids)."""

    batch_id: str
    move_ids: tuple[int, ...] | None


def sentence(moves: pd.DataFrame, our_dates: pd.DataFrame, today: date) -> str:
    """How much was moved by how many, and how good our dates were: what a manager would say."""
    recent = moves[_since(moves, today, SENTENCE_DAYS)]
    of_all = quality_in_all(our_dates)
    batches = recent["batch_id"].nunique()
    saved = f" in {count(batches, 'batch', 'batches')}" if batches < len(recent) else ""
    by = f" by {count(recent['moved_by'].nunique(), 'person', 'people')}" if len(recent) else ""
    moved = f"{count(len(recent), 'move') if len(recent) else 'No move'}{saved} in the last {SENTENCE_DAYS} days{by}"
    if not of_all["judged"]:
        return f"{moved}; no date of ours has proved right or wrong yet."
    return f"{moved}; {of_all['right_rate'] * 100:.0f} % of our own dates proved right, n {of_all['judged']:,.0f}."


def ask(moves: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Draw the filters, their values kept in the address, and return the moves that fit, latest first."""
    days = st.segmented_control(
        "Moved in the last", WINDOWS, default=0, required=True, key="since", bind="query-params",
        format_func=lambda each: f"{each} days" if each else "any time",
    )  # fmt: skip
    row = st.grid(5, min_column_width=180, gap="small", vertical_alignment="bottom")
    named = _named(moves, plan)
    suppliers = filters.choices(named[named["supplier_id"] != ""], "supplier_id", "supplier_name")
    asked = {
        "document_id": filters.choose(row, "Purchase order or plan", "on_po", _values(moves["document_id"])),
        "supplier_id": filters.choose_ids(row, "Supplier", "from_supplier", suppliers),
        "sku": filters.choose(row, "SKU", "of_sku", _values(moves["sku"])),
        "moved_by": filters.choose(row, "Person", "by_person", _values(moves["moved_by"])),
        "reason": filters.choose(row, "Reason", "for_reason", _values(moves["reason"])),
    }
    keep = _since(moves, plan.book.today, int(days or 0))
    for name, values in asked.items():
        if values:
            keep = keep & moves[name].isin(values).to_numpy()
    return named[keep].reset_index(drop=True)


def show_moves(moves: pd.DataFrame) -> int | None:
    """The moves that fit, and their download; the move_id of the one that was chosen, kept in the address."""
    if moves.empty:
        st.info("No move fits these filters. Take one away, or start again.")
        st.button("Clear filters", on_click=_clear_filters)
        return None
    shown = moves.head(MOST_ROWS)
    chosen = _asked_move()
    found = np.flatnonzero(shown["move_id"] == chosen)
    key = tables.key_of("history-moves", shown["move_id"])
    st.session_state[_DRAWN] = shown["move_id"].tolist()
    tables.show(
        shown.assign(
            move_why=shown["reason"], person=shown["moved_by"], move_how=shown["how"],
            back_mark=np.where(shown["is_moved_back"], "moved back", ""), expected_told=_expected(shown),
            batch_told=_places(shown),
        ),
        COLUMNS, key=key, most=12, on_select=lambda: _choose_row(key), selection_mode="single-row",
        selection_default={"selection": {"rows": [int(found[0])]}} if len(found) else None,
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        first = f", the latest {MOST_ROWS:,} of them shown" if len(moves) > MOST_ROWS else ""
        hint = "" if chosen else " Choose one to see its line's own story."
        st.caption(f"{count(len(moves), 'move')}{first}.{hint}")
        downloads.offer("moves", lambda: moves[exports.MOVE_COLUMNS].iloc[::-1], key="moves-file")
    return chosen


def show_story(plan: Plan, move_id: int, moves: pd.DataFrame, our_dates: pd.DataFrame) -> None:
    """What happened to the line of one move, and the way back. moves: all of them."""
    found = moves[moves["move_id"] == move_id]
    if found.empty:
        st.info("There is no such move in the history. Choose one above.")
        return
    move = found.iloc[0]
    key = SupplyKey(str(move["supply_kind"]), str(move["document_id"]), str(move["line_no"]))
    names = dict(zip(plan.book.items["sku"], plan.book.items["name"], strict=True))
    item = f": {names.get(move['sku'], move['sku'])} ({move['sku']})" if move["sku"] else ""
    st.subheader(f"The story of {plain(move['supply_id'])}{plain(item)}", anchor=False)
    show_events(key, our_dates)
    _offer_way_back(plan, move)


def show_events(key: SupplyKey, our_dates: pd.DataFrame) -> None:
    """All that happened to one supply, and how good our own dates for it were."""
    is_of_line = (our_dates["document_id"] == key.document_id) & (our_dates["line_no"] == key.line_no)
    for told in _outcome_in_words(our_dates[is_of_line]):
        st.markdown(told)
    columns = [*STORY, "expected_told"] if key.supply_kind == PLANNED_RESTOCK else STORY
    story = story_of(loading.ledger(), loading.purchasing(), key)
    tables.show(_story_told(story), columns, key=f"story-{key.supply_id}", most=14)


def show_quality(our_dates: pd.DataFrame) -> None:
    """How good our own dates were, by person and by reason."""
    st.subheader("How good our own dates were", anchor=False, help=HOW_JUDGED)
    if our_dates.empty:
        st.caption("No date of ours stood on a purchase-order line when its goods came, or stands on one to come.")
        return
    outcomes = our_dates["outcome"].value_counts()
    unknown = f" {count(outcomes[UNKNOWN], 'line')} came on an unknown day." if outcomes.get(UNKNOWN, 0) else ""
    st.caption(
        f"Right: the goods were whole within {RIGHT_WITHIN_DAYS} days of our date. "
        f"{count(outcomes.get(NOT_YET, 0), 'date')} not yet known.{unknown}"
    )
    panels = st.grid(2, min_column_width=420, gap="medium")
    for split, label in (("moved_by", "person"), ("reason", "move_why")):
        with panels.cell():
            told = quality_by(our_dates, split).rename(columns={split: label})
            tables.show(_quality_told(told), [label, *QUALITY], key=f"quality-{split}", most=10, placeholder=NO_DATA)


def _named(moves: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    suppliers = plan.book.suppliers
    return moves.assign(supplier_name=text_of(moves["supplier_id"], suppliers["supplier_id"], suppliers["name"]))


def _since(moves: pd.DataFrame, today: date, days: int) -> filters.Mask:
    """Which moves were made in so many days up to today; all for 0."""
    if not days:
        return np.ones(len(moves), dtype=bool)
    return (moves["moved_day"] >= pd.Timestamp(today) - pd.Timedelta(days=days)).to_numpy()


def _values(column: pd.Series) -> list[str]:
    return sorted(value for value in column.astype("str").unique() if value)


def _clear_filters() -> None:
    for key, value in _FILTERS.items():
        st.session_state[key] = value


def _asked_move() -> int | None:
    asked = st.query_params.get(MOVE, "")
    return int(asked) if asked.isdecimal() else None


def _choose_row(key: str) -> None:
    rows = st.session_state[key].selection.rows
    _forget_undo()
    if rows:
        st.query_params[MOVE] = str(st.session_state[_DRAWN][rows[0]])
    else:
        st.query_params.pop(MOVE, None)


def _story_told(story: pd.DataFrame) -> pd.DataFrame:
    """The events as the table writes them: days without an hour, units with what was rejected."""
    is_instant = story["at"].dt.normalize() != story["at"]
    return story.assign(
        at_told=np.where(is_instant, story["at"].dt.strftime("%Y-%m-%d %H:%M"), story["at"].dt.strftime("%Y-%m-%d")),
        expected_told=_expected(story),
        came_told=[_came(*each) for each in zip(story["received_qty"], story["rejected_qty"], strict=True)],
        move_why=story["reason"],
        person=story["by"],
        move_how=story["how"],
        back_mark=np.where(story["is_moved_back"], "moved back", ""),
    )


def _expected(moves: pd.DataFrame) -> list[str]:
    """The units of planned restocks, before and after where they differ: "0 to 12"; "" for purchase-order lines."""
    pairs = zip(moves["from_qty"], moves["to_qty"], strict=True)
    return [
        "" if np.isnan(after) else units(after) if before == after else f"{units(before)} to {units(after)}"
        for before, after in pairs
    ]


def _places(moves: pd.DataFrame) -> list[str]:
    """Which of its batch each move is: "1 of 174"; "" where it was saved alone."""
    pairs = zip(moves["batch_place"], moves["batch_moves"], strict=True)
    return [f"{place:,} of {size:,}" if size > 1 else "" for place, size in pairs]


def _came(received: float, rejected: float) -> str:
    if np.isnan(received):
        return ""
    return units(received) + (f", {units(rejected)} rejected" if rejected > 0 else "")


def _outcome_in_words(judged: pd.DataFrame) -> list[str]:
    """What came of our date on this line, in a sentence; none where no date of ours stood."""
    told = []
    for _, each in judged.iterrows():
        ours, outcome = f"Our date {day(each['to_date'])}", each["outcome"]
        if outcome == NOT_YET:
            told.append(
                f"Whether {ours[0].lower()}{ours[1:]} is right is not yet known: the goods have not come whole."
            )
        elif outcome == UNKNOWN:
            told.append(f"{ours} stood when the goods came, on a day that nobody wrote down.")
        else:
            off = "" if outcome == RIGHT else f" by {count(abs(each['days_off']), 'day')}"
            whole = (
                "have not come whole"
                if pd.isna(each["complete_date"])
                else f"were whole on {day(each['complete_date'])}"
            )
            told.append(f"{ours} proved {outcome}{off}: the goods {whole}.")
    return told


def _offer_way_back(plan: Plan, move: pd.Series) -> None:
    """For who may move dates: the buttons that begin to move it or its whole batch back, then its effect and Save."""
    if not people.signed_in().may("editor"):
        return
    if move["is_moved_back"]:
        st.caption("This move was moved back.")
        return
    begun: _Undo | None = st.session_state.get(_UNDO)
    is_begun = begun is not None and begun.batch_id == move["batch_id"]
    with st.container(horizontal=True):
        # Those that began it stay, so that no other button comes under a double click.
        one = _Undo(str(move["batch_id"]), (int(move["move_id"]),))
        st.button(_back_to(move), key="undo-one", on_click=_begin_undo, args=(one,), disabled=is_begun)
        if move["batch_standing"] > 1:
            whole = _Undo(str(move["batch_id"]), None)
            batch = "its whole batch" if move["batch_standing"] == move["batch_moves"] else "the rest of its batch"
            label = f"Move {batch} back ({count(move['batch_standing'], 'line')})"
            st.button(label, key="undo-batch", on_click=_begin_undo, args=(whole,), disabled=is_begun)
        if is_begun:
            st.button("Do not move it back", key="undo-cancel", on_click=_forget_undo)
    if begun is not None and is_begun:
        effect_views.offer_undo(plan, begun.batch_id, key=_UNDO, move_ids=begun.move_ids)


def _back_to(move: pd.Series) -> str:
    if move["from_qty"] == 0:
        return "Move it back: expect it no more"
    return f"Move it back to {day(move['from_date']) if pd.notna(move['from_date']) else 'no date'}"


def _begin_undo(undo: _Undo) -> None:
    _forget_undo()
    st.session_state[_UNDO] = undo


def _forget_undo() -> None:
    st.session_state.pop(_UNDO, None)
    effect_views.forget_undo(_UNDO)


def _quality_told(quality: pd.DataFrame) -> pd.DataFrame:
    whys, medians = [NO_DATA] * len(quality), quality["median_days_off"]
    return quality.assign(
        right_percent=percents(quality["right_rate"]),
        right_interval=intervals(quality, "right", "judged", whys),
        days_off_told=[
            NO_DATA if np.isnan(days) else tables.as_number(days, f"{days:+g}" if days else "0") for days in medians
        ],
    )
