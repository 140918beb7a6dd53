"""Before changes of restock dates are saved: what they do, to whom; then the saving, its conflicts, and the way back.

What was seen is kept in the session: a page reads its data anew on every run, and what it reads was not yet seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd
import streamlit as st

from dashboard import as_of, downloads, live, messages, people, saving, settings, tables
from dashboard.domain.effects import (
    STAY_ON_TIME,
    Effect,
    effect_customers,
    effect_of,
    effect_sentence,
    effect_sums,
)
from dashboard.domain.errors import BackordersError, ConflictError
from dashboard.domain.plan import Plan
from dashboard.domain.restocks import UNDO, Change, Move, SupplyKey, rows_of, why_refused
from dashboard.messages import count, day, listed, plain

MOST_LINES = 1_000
"""Order lines shown before and after, and supplies shown in their new state."""
LEAST_WIDTH = 420
"""Of a table beside another [pixels]; on a narrow screen they stand one below the other."""
_NAMED = 3
SUMS = ["effect", "lines", "orders", "affected_customers", "backordered_qty", "backordered_value"]
CUSTOMERS = [
    "customer_name", "tier", "worse_value", "backordered_value", "become_late", "lose_date", "lose_supply",
    "get_supply", "get_date", "become_on_time",
]  # fmt: skip
_SUM_LOOKS = {
    "customers": "affected_customers", "units": "backordered_qty", "value": "backordered_value",
    "units_before": "backordered_qty_before", "value_before": "backordered_value_before",
}  # fmt: skip
"""What the sums of an effect are called in a table."""
_BEFORE = {
    "promise_date": "promise_before",
    "backordered_qty": "backordered_qty_before",
    "backordered_value": "backordered_value_before",
}
"""Where what was stands, of the columns that hold what will be."""
LINES = [
    "effect", "order_id", "line_no", "customer_name", "promise_date", "expected_before", "expected_after", "days_moved",
    "backordered_value", "backordered_qty", "sku", "days_late_after", "state_before", "state_after", "tier",
    "item_name", "location_id",
]  # fmt: skip
REFUSED = ["supply_id", "reason"]
NEW_STATE = ["supply_id", "sku", "supply_qty", "due_date", "restock_date"]
_SAVED, _UNDOING, _TIMES_SAVED = "changes-saved", "changes-undoing", "changes-times-saved"


@dataclass(frozen=True)
class _Done:
    """What was saved last, as long as the page tells of it."""

    batch_id: str
    told: str
    to_be_told: pd.DataFrame


def offer_save(
    plan: Plan,
    changes: Sequence[Change],
    how: str,
    *,
    key: str,
    done: Callable[[], None] | None = None,
    renew: Callable[[], None] | None = None,
) -> None:
    """Draw what the changes do, then the button that saves them; for a viewer, nothing.

    key: of its widgets, one per form. done: called after saving, to clear the input. renew: called where the user
    takes the new state after a conflict, to see its rows anew; without it the new versions alone are taken.
    """
    if not changes or not people.signed_in().may("editor"):
        return
    changes = _without_refused(_as_seen(changes, key), key)
    if not changes:
        return
    with st.spinner("Working out the effect ..."):
        effect = effect_of(plan, changes)
    _show_sums(effect, key)
    drawn = st.session_state.get(f"{key}-drawn")
    st.session_state[f"{key}-drawn"] = (_wanted(changes), effect)
    if not _show_conflicts(plan, changes, key, renew) and _ask_to_save(changes, how, key):
        _save(changes, how, key, drawn, done)
    _show_lines(effect, key)


def offer_undo(plan: Plan, batch_id: str, *, key: str, move_ids: Sequence[int] | None = None) -> bool:
    """Draw what moving a batch back does, or some of its moves alone, and the button that does it.

    The versions are those at the first call; `forget_undo` ends it. Whether it can be moved back.
    """
    kept = f"{key}-way-back"
    try:
        if kept not in st.session_state:
            st.session_state[kept] = saving.way_back(batch_id, move_ids)
    except BackordersError as error:
        messages.show_error(error)
        return False
    offer_save(
        plan, st.session_state[kept], UNDO, key=key, done=lambda: forget_undo(key), renew=lambda: forget_undo(key)
    )
    return True


def forget_undo(key: str) -> None:
    """Forget what would be moved back: the next `offer_undo` of this key looks at it anew."""
    st.session_state.pop(f"{key}-way-back", None)


def show_saved(plan: Plan, show_to_be_told: Callable[[Plan, pd.DataFrame], None] | None = None) -> None:
    """What was saved last, with its way back, and the customers who must be told; nothing once it is closed."""
    saved: _Done | None = st.session_state.get(_SAVED)
    if saved is None or as_of.is_past():
        return
    with st.container(border=True):
        st.markdown(f":material/check: {plain(saved.told)}")
        with st.container(horizontal=True):
            is_undoing = bool(st.session_state.get(_UNDOING))
            if saved.batch_id and people.signed_in().may("editor"):
                st.button(
                    "Undo", key="undo", on_click=_begin_undo, help="See what moving it back does, then decide.",
                    disabled=is_undoing,  # and still there: no other button comes under a double click
                )  # fmt: skip
            if is_undoing:
                st.button("Leave it as saved", key="no-undo", on_click=_end_undo)
            st.button("Close", key="close-saved", on_click=_close)
        if st.session_state.get(_UNDOING):
            offer_undo(plan, saved.batch_id, key="undo-changes")
        elif show_to_be_told is not None and not saved.to_be_told.empty:
            _fold_to_be_told(plan, saved, show_to_be_told)


def _fold_to_be_told(plan: Plan, saved: _Done, show_to_be_told: Callable[[Plan, pd.DataFrame], None]) -> None:
    """Who must be told, folded: what new promises do is worked out where somebody asks."""
    lines = saved.to_be_told
    whom = count(lines["customer_id"].nunique(), "customer")
    told = st.expander(
        f"Who must be told of a later date ({whom}, {count(len(lines), 'line')} by this save)", on_change="rerun",
        key=f"to-be-told-{st.session_state[_TIMES_SAVED]}",
    )  # fmt: skip
    if told.open:
        with told:
            show_to_be_told(plan, lines)


def _begin_undo() -> None:
    forget_undo("undo-changes")
    st.session_state[_UNDOING] = True


def _end_undo() -> None:
    st.session_state.pop(_UNDOING, None)


def _close() -> None:
    st.session_state.pop(_SAVED, None)
    _end_undo()


def _as_seen(changes: Sequence[Change], key: str) -> list[Change]:
    """The changes by the versions that were seen: after a conflict, those that were taken since."""
    taken: dict[SupplyKey, int] = st.session_state.get(f"{key}-taken", {})
    return [
        replace(change, version=max(change.version, taken.get(change.key, 0))) if isinstance(change, Move) else change
        for change in changes
    ]


def _wanted(changes: Sequence[Change]) -> tuple[Change, ...]:
    """What decides the effect: the changes without reason, note and version."""
    return tuple(
        replace(change, reason="", note="", **({"version": 0} if isinstance(change, Move) else {}))
        for change in changes
    )


def _without_refused(changes: Sequence[Change], key: str) -> list[Change]:
    """The changes that can be taken, once the user has left out those that cannot; until then none of them."""
    refused = _refusals(changes)
    if not refused:
        return list(changes)
    good = [change for change in changes if change not in refused]
    if good and st.session_state.get(f"{key}-left-out") == _wanted(list(refused)):
        stays = "it stays as it is" if len(refused) == 1 else "they stay as they are"
        st.caption(f"{count(len(refused), 'line')} left out: {stays}.")
        return good
    _show_refusals(refused, len(changes))
    if good:
        st.button(
            f"Leave {'this one' if len(refused) == 1 else f'these {len(refused):,}'} out", key=f"{key}-leave-out",
            on_click=_leave_out, args=(key, list(refused)),
            help="They stay as they are. You see what the others do before you save.",
        )  # fmt: skip
    return []


def _refusals(changes: Sequence[Change]) -> dict[Change, str]:
    """The changes that cannot be taken, whatever their reason, and why."""
    today = settings.today()
    pairs = [(change, why_refused(replace(change, reason=change.reason or "?"), today)) for change in changes]
    return {change: why for change, why in pairs if why}


def _show_refusals(refused: dict[Change, str], asked: int) -> None:
    """One in a sentence, more in a table."""
    if len(refused) == 1:
        [(change, why)] = refused.items()
        named = change.key.supply_id if isinstance(change, Move) else "The planned restock"
        st.warning(plain(f"{named} {why}."))
        return
    st.warning(f"{len(refused):,} of {count(asked, 'line')} cannot move like this:")
    told = pd.DataFrame({
        "supply_id": [change.key.supply_id for change in refused],
        "reason": [why[0].upper() + why[1:] for why in refused.values()],
    })  # fmt: skip
    tables.show(told, REFUSED, most=6)


def _leave_out(key: str, refused: Sequence[Change]) -> None:
    st.session_state[f"{key}-left-out"] = _wanted(refused)


def show_effect(effect: Effect, key: str) -> None:
    """What changes of any kind do: in a sentence, by what happens, by customer, and line by line."""
    _show_sums(effect, key)
    _show_lines(effect, key)


def _show_sums(effect: Effect, key: str) -> None:
    """The effect in a sentence, by what happens, and by customer, worst first."""
    st.markdown(f"**{plain(effect_sentence(effect))}**")
    sums, customers = effect_sums(effect), effect_customers(effect)
    sums = sums[(sums["lines"] > 0) & (sums["effect"] != STAY_ON_TIME)]
    if sums.empty:
        return
    row = st.grid(2, min_column_width=LEAST_WIDTH, gap="medium")
    with row.container():
        st.markdown("What happens to order lines")
        told = sums.rename(columns=_SUM_LOOKS)
        tables.show(told, _with_before(told, SUMS), key=f"{key}-sums")
    with row.container():
        st.markdown(f"To whom, worst first ({count(len(customers), 'customer')})")
        told = customers.rename(columns=_SUM_LOOKS)
        shown = [name for name in _with_before(told, CUSTOMERS) if told[name].any()]
        tables.show(told, shown, key=f"{key}-customers", most=6)
    if not sums["units"].equals(sums["units_before"]):
        st.caption("Backordered units and money are those after saving; what stands now is named before.")


def _with_before(frame: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """The columns, each after what was in it where that is another in any row."""
    shown = []
    for name in columns:
        was = _BEFORE.get(name)
        if was is not None and not frame[was].equals(frame[name]):
            shown.append(was)
        shown.append(name)
    return shown


def _show_lines(effect: Effect, key: str) -> None:
    """Each order line before and after."""
    if effect.lines.empty:
        return
    more = f", the first {MOST_LINES:,}" if len(effect.lines) > MOST_LINES else ""
    st.markdown(f"**Before and after** ({count(len(effect.lines), 'order line')}{more})")
    columns = _with_before(effect.lines, LINES)
    tables.show(effect.lines.head(MOST_LINES), columns, key=f"{key}-lines", most=10)
    with st.container(horizontal=True):
        downloads.offer("before-and-after", lambda: effect.lines[columns], key=f"{key}-file", formats=("csv",))


def _ask_to_save(changes: Sequence[Change], how: str, key: str) -> bool:
    """The question for days on which nothing comes in, and the button; whether it was pressed."""
    is_sure = how == UNDO or _is_sure_of_free_days(changes, key)
    has_reason = all(change.reason for change in changes)
    with st.container(horizontal=True, vertical_alignment="center"):
        label = f"Move {count(len(changes), 'line')} back" if how == UNDO else f"Save {count(len(changes), 'change')}"
        pressed = st.button(label, type="primary", key=f"{key}-save", disabled=not (is_sure and has_reason))
        if not has_reason:
            st.caption("Choose a reason, then save.")
    return pressed


def _is_sure_of_free_days(changes: Sequence[Change], key: str) -> bool:
    calendar = settings.calendar()
    free = sorted({to for to in map(_to_date, changes) if to is not None and calendar.is_free(to)})
    if not free:
        return True
    named = listed([f"{each:%A}, {day(each)}" for each in free[:_NAMED]])
    more = f" and {count(len(free) - _NAMED, 'more day')}" if len(free) > _NAMED else ""
    return st.checkbox(
        f"Nothing comes in on {plain(named)}{more}: a weekend or a holiday. Save it anyway.",
        key=tables.key_of(f"{key}-free", [*free, st.session_state.get(_TIMES_SAVED, 0)]), persist_state="page",
    )  # fmt: skip


def _to_date(change: Change) -> date | None:
    return change.to_date if isinstance(change, Move) else change.restock_date


def _save(
    changes: Sequence[Change],
    how: str,
    key: str,
    drawn: tuple[tuple[Change, ...], Effect] | None,
    done: Callable[[], None] | None,
) -> None:
    """Save what was seen, and nothing else."""
    if drawn is None or drawn[0] != _wanted(changes):
        st.warning("Your input changed after the effect that you saw. This is the effect now: look at it, then save.")
        return
    seen = drawn[1]
    try:
        with st.spinner("Saving ..."):
            saved = saving.save_changes(changes, how, seen)
    except ConflictError as error:
        st.session_state[f"{key}-conflicts"] = {conflict.line: conflict.sentence for conflict in error.conflicts}
        st.rerun()
    except BackordersError as error:
        messages.show_error(error)
        return
    _close()
    st.session_state[_SAVED] = _Done(
        saved.batch_id, _told(saved.moved, how, seen), seen.lines[seen.lines["must_be_told"]].reset_index(drop=True)
    )
    st.session_state[_TIMES_SAVED] = st.session_state.get(_TIMES_SAVED, 0) + 1
    for name in ("drawn", "taken", "conflicts", "left-out"):
        st.session_state.pop(f"{key}-{name}", None)
    if done is not None:
        done()
    live.show_own()


def _told(moved: int, how: str, effect: Effect) -> str:
    if not moved:
        return "Nothing was changed: these dates stand already."
    what = f"Moved {count(moved, 'line')} back." if how == UNDO else f"Saved {count(moved, 'change')}."
    return f"{what} {effect_sentence(effect)}"


def _show_conflicts(plan: Plan, changes: Sequence[Change], key: str, renew: Callable[[], None] | None) -> bool:
    """After a refused save: who changed what, the new state, and the offer to take it. Whether any is left to take."""
    told: dict[str, str] = st.session_state.get(f"{key}-conflicts", {})
    moves = [change for change in changes if isinstance(change, Move) and change.key.supply_id in told]
    rows = rows_of(plan.book.supplies, [move.key for move in moves])
    now = plan.book.supplies.iloc[list(rows.values())]
    versions = dict(zip(rows, now["version"].tolist(), strict=True))
    left = [move for move in moves if versions.get(move.key) != move.version]
    if not left:
        return False
    with st.container(border=True):
        sentences = [plain(told[move.key.supply_id]) for move in left]
        more = [f"And {len(sentences) - 10:,} more."] if len(sentences) > 10 else []
        st.warning("  \n".join(["Nothing was saved; somebody was faster:", *sentences[:10], *more]))
        if not now.empty:
            st.markdown("The new state, with which your input is kept:")
            tables.show(now.head(MOST_LINES), NEW_STATE, key=f"{key}-new-state", most=6)
        st.button("Take the new state", key=f"{key}-take", type="primary", on_click=_take, args=(key, versions, renew))
    return True


def _take(key: str, versions: dict[SupplyKey, int], renew: Callable[[], None] | None) -> None:
    """From now on these versions are those that were seen."""
    st.session_state.pop(f"{key}-conflicts", None)
    if renew is not None:
        renew()
    else:
        taken = f"{key}-taken"
        st.session_state[taken] = st.session_state.get(taken, {}) | versions
