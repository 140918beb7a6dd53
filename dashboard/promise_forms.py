"""Setting promises: how the new dates are asked for, what they do, the saving, its conflicts, and the way back.

What was seen is kept in the session: a page reads its data anew on every run, and what it reads was not yet seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd
import streamlit as st

from dashboard import as_of, effect_views, live, messages, people, saving, settings, tables, typed_dates
from dashboard.domain.effects import Effect
from dashboard.domain.errors import BackordersError, ConflictError
from dashboard.domain.plan import Plan
from dashboard.domain.promises import (
    LineKey,
    PromiseChange,
    broken_by_their_promise,
    days_of,
    effect_of_promises,
    promises_after_expected,
    promises_sentence,
    why_refused,
    without_expected,
)
from dashboard.domain.restocks import FORM, TABLE, UNDO, last_day
from dashboard.messages import count, day, plain

PROMISE, TOLD = FORMS = ("promise", "told")
"""The forms with dates typed beside lines, of which one line may stand in both."""
AFTER, TYPE = WAYS = ("Expected date plus days", "Type dates")
MOST_TYPED = 200
MOST_DAYS = 365
MOST_NOTE = 500
"""Characters of a note."""
TYPED = [
    "order_id", "line_no", "customer_name", "sku", "promise_date", "expected_date", "new_promise_date", "days_late",
    "backordered_value", "state",
]  # fmt: skip
HOW_PROMISES_ARE_KEPT = (
    "Each change stands in the history with who set it and when; the first promise stays as it is. An import may bring "
    "another promise date later: the order system then decides, and the history says so."
)
HOW_PROMISES_ORDER = (
    "By the priority rule a line promised earlier is served earlier, unless the settings say otherwise: a later "
    "promise may give a line's place in the queue to others, an earlier one may take theirs."
)
Done = Callable[[Sequence[PromiseChange]], None]
NEW = "new_promise_date"
"""The column in which new promises are typed."""
_NAMED = 3
_SAVED, _UNDOING, _TIMES_DONE = "promises-saved", "promises-undoing", "promises-done"


@dataclass(frozen=True)
class _Done:
    """What was saved last, as long as the page tells of it."""

    batch_id: str
    told: str


def show(plan: Plan, lines: pd.DataFrame, *, done: Done, renew: Callable[[], None]) -> None:
    """Ask for the new promises of these lines, show what they do, and save them.

    lines: rows of to_promise as they were chosen. done: called with what was saved. renew: sees them anew.
    """
    st.subheader(f"Promise {count(len(lines), 'line')}", anchor=False, help=HOW_PROMISES_ARE_KEPT)
    way = st.segmented_control(
        "How", WAYS, default=AFTER, required=True, key="promise-way", label_visibility="collapsed"
    )
    changes = _after_expected(lines) if way == AFTER else with_note(ask_dates(lines, PROMISE), PROMISE)
    offer_save(plan, changes, FORM if way == AFTER else TABLE, key=PROMISE, done=done, renew=renew)


def ask_dates(lines: pd.DataFrame, key: str, columns: Sequence[str] = TYPED) -> list[PromiseChange]:
    """The promises as typed beside the lines. A line may bring a date to begin with, as new_promise_date."""
    if len(lines) > MOST_TYPED:
        st.info(f"Dates are typed for at most {MOST_TYPED} lines. Choose fewer, or promise the expected dates.")
        return []
    begun = lines[NEW] if NEW in lines else pd.Series(pd.NaT, index=lines.index)
    frame = lines.assign(**{NEW: begun.astype("datetime64[s]")})[list(columns)]
    look, today = tables.LOOKS[NEW], settings.today()
    new_date = st.column_config.DateColumn(
        look.label, format="YYYY-MM-DD", min_value=today, max_value=last_day(today), width=look.width, help=look.help
    )
    names = (frame["order_id"].astype("str") + "/" + frame["line_no"].astype("str")).tolist()
    typed = typed_dates.ask(frame, names, NEW, new_date, key=_dates_of(key))
    rows = zip(
        frame["order_id"].astype("str"), frame["line_no"].astype("str"), typed, days_of(frame["promise_date"]),
        strict=True,
    )  # fmt: skip
    return [PromiseChange(order, line, to, seen) for order, line, to, seen in rows if to not in (None, seen)]


def as_seen(changes: Sequence[PromiseChange], seen: Mapping[LineKey, date | None]) -> list[PromiseChange]:
    """The changes by the promises that were seen since, after a conflict."""
    return [replace(change, seen_date=seen.get(change.key, change.seen_date)) for change in changes]


def with_note(changes: Sequence[PromiseChange], key: str) -> list[PromiseChange]:
    """Ask for a note that goes with all of the changes."""
    note = st.text_input("Note", key=_key(f"{key}-note"), max_chars=MOST_NOTE, placeholder="For whoever asks later")
    return [replace(change, note=(note or "").strip()) for change in changes]


def offer_save(
    plan: Plan,
    changes: Sequence[PromiseChange],
    how: str,
    *,
    key: str,
    done: Done,
    renew: Callable[[], None],
) -> None:
    """Draw what the new promises do, then the button that saves them; for a viewer, nothing.

    key: of its widgets, one per form. done: called after saving, with what was saved: the user may leave some out.
    renew: called where the user takes the new state after a conflict, to see its lines anew.
    """
    if not people.signed_in().may("editor"):
        return
    asked, changes = changes, _without_left_out(changes, key)
    if not changes or _show_refusals(changes):
        return
    with st.spinner("Working out the effect ..."):
        effect = effect_of_promises(plan, changes)
    st.markdown(f"**{plain(promises_sentence(effect, changes))}**", help=HOW_PROMISES_ORDER)
    if how != UNDO:
        broken = broken_by_their_promise(effect, changes)
        kept = {change.key for change in changes} - {change.key for change in broken}
        _offer_to_leave_out(len(broken), asked, kept, key)
    wanted = _wanted(changes)
    drawn = st.session_state.get(f"{key}-drawn")
    st.session_state[f"{key}-drawn"] = (wanted, effect)
    if not _show_conflicts(plan, changes, key, renew) and _ask_to_save(changes, how, key):
        if drawn is None or drawn[0] != wanted:
            st.warning("What is to be saved changed after the effect that you saw. Look at the effect now, then save.")
        else:
            _save(changes, how, key, drawn[1], done)
    if not effect.lines.empty:
        effect_views.show_effect(effect, key)


def show_saved(plan: Plan) -> None:
    """What was saved last, with its way back; nothing once it is closed."""
    saved: _Done | None = st.session_state.get(_SAVED)
    if saved is None or as_of.is_past():
        return
    with st.container(border=True):
        st.markdown(f":material/check: {plain(saved.told)}")
        undoing: list[PromiseChange] | None = st.session_state.get(_UNDOING)
        with st.container(horizontal=True):
            if saved.batch_id and people.signed_in().may("editor"):
                st.button(
                    "Undo", key="undo-promises", on_click=_begin_undo, args=(saved.batch_id,),
                    help="See what taking it back does, then decide.",
                    disabled=undoing is not None,  # and still there: no other button comes under a double click
                )  # fmt: skip
            st.button("Close", key="close-promises", on_click=close)
        if undoing is not None:
            offer_save(plan, undoing, UNDO, key="promise-undo", done=lambda _: _end_undo(), renew=_end_undo)


def close() -> None:
    """Tell no longer of what was saved last."""
    st.session_state.pop(_SAVED, None)
    _end_undo()


def _after_expected(lines: pd.DataFrame) -> list[PromiseChange]:
    """The expected date and so many days, asked for once for all lines."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        days = st.number_input(
            "Days after the expected date", min_value=0, max_value=MOST_DAYS, value=0, step=1,
            key=_key("promise-days"), width=210,
        )  # fmt: skip
        by_working_days = st.checkbox(
            "Working days", key=_key("promise-working"), help="Weekends and holidays do not count."
        )
        note = st.text_input(
            "Note", key=_key("promise-note"), max_chars=MOST_NOTE, placeholder="For whoever asks later", width=420
        )
    undated = without_expected(lines)
    if undated:
        keep = "keeps what it has" if undated == 1 else "keep what they have"
        st.caption(f"{count(undated, 'line')} without an expected date {keep}: nothing can be promised yet.")
    calendar = settings.calendar() if by_working_days else None
    changes = promises_after_expected(lines, int(days), calendar, note=(note or "").strip())
    changes = [change for change in changes if change.to_date != change.seen_date]
    if not changes and undated < len(lines):
        st.caption("These promises stand already.")
    return changes


def _key(name: str) -> str:
    """A widget's key until the form is saved."""
    return f"{name}-{st.session_state.get(_TIMES_DONE, 0)}"


def _dates_of(form: str) -> str:
    return f"{form}-dates"


def _begin_undo(batch_id: str) -> None:
    try:
        st.session_state[_UNDOING] = saving.promises_back(batch_id)
    except BackordersError as error:
        messages.say_after_rerun(plain(error))


def _end_undo() -> None:
    st.session_state.pop(_UNDOING, None)


def _show_refusals(changes: Sequence[PromiseChange]) -> bool:
    """Tell which changes cannot be taken; whether there are any."""
    pairs = [(change, why_refused(change, settings.today())) for change in changes]
    refused = [f"{change.line} {why}." for change, why in pairs if why]
    if refused:
        more = f" And {len(refused) - _NAMED:,} more." if len(refused) > _NAMED else ""
        st.warning(plain(" ".join(refused[:_NAMED]) + more))
    return bool(refused)


def _without_left_out(changes: Sequence[PromiseChange], key: str) -> list[PromiseChange]:
    """The changes but for those that the user leaves out, as long as the same are asked for."""
    asked, left_out = st.session_state.get(f"{key}-left-out", ((), set()))
    if not left_out or asked != _wanted(changes):
        return list(changes)
    with st.container(horizontal=True, vertical_alignment="center"):
        one = len(left_out) == 1
        st.caption(f"{count(len(left_out), 'line')} left out: {'it keeps its promise' if one else 'they keep theirs'}.")
        st.button("Take in again", key=f"{key}-take-in", on_click=_leave_out, args=(key, (), set()))
    return [change for change in changes if change.key not in left_out]


def _offer_to_leave_out(broken: int, asked: Sequence[PromiseChange], kept: set[LineKey], key: str) -> None:
    """A new promise that takes its own line's goods away need not be given: the others can be saved without it."""
    if not broken:
        return
    which = "line that becomes" if broken == 1 else f"{broken:,} lines that become"
    st.button(
        f"Leave out the {which} late or undated by it",
        key=f"{key}-leave-out", on_click=_leave_out,
        args=(key, _wanted(asked), {change.key for change in asked} - kept),
        help="By its new promise it goes after others, who take its units. Left out, it keeps the promise that it has; "
        "you see what the other promises do before you save.",
    )  # fmt: skip


def _leave_out(key: str, asked: Sequence[tuple[LineKey, date | None]], left_out: set[LineKey]) -> None:
    st.session_state[f"{key}-left-out"] = (asked, left_out)


def _wanted(changes: Sequence[PromiseChange]) -> tuple[tuple[LineKey, date | None], ...]:
    """What decides the effect: which lines are promised what."""
    return tuple((change.key, change.to_date) for change in changes)


def _ask_to_save(changes: Sequence[PromiseChange], how: str, key: str) -> bool:
    """The question for days on which nobody works, and the button; whether it was pressed."""
    is_sure = how == UNDO or _is_sure_of_free_days(changes, key)
    what = count(len(changes), "promise")
    label = f"Take {what} back" if how == UNDO else f"Save {what}"
    return st.button(label, type="primary", key=f"{key}-save", disabled=not is_sure)


def _is_sure_of_free_days(changes: Sequence[PromiseChange], key: str) -> bool:
    calendar = settings.calendar()
    free = sorted(each.to_date for each in changes if each.to_date is not None and calendar.is_free(each.to_date))
    if not free:
        return True
    first: date = free[0]
    are = "is" if len(free) == 1 else "are"
    return st.checkbox(
        f"{count(len(free), 'promise')} {are} for a weekend or a holiday, the first for {first:%A}, "
        f"{plain(day(first))}. Save it anyway.",
        key=tables.key_of(f"{key}-free", [*free]),
    )


def _save(changes: Sequence[PromiseChange], how: str, key: str, seen: Effect, done: Done) -> None:
    try:
        with st.spinner("Saving ..."):
            saved = saving.save_promises(changes, how, seen)
    except ConflictError as error:
        st.session_state[f"{key}-conflicts"] = {conflict.line: conflict.sentence for conflict in error.conflicts}
        st.rerun()
    except BackordersError as error:
        messages.show_error(error)
        return
    close()
    what = f"Took {count(saved.moved, 'promise')} back." if how == UNDO else f"Saved {count(saved.moved, 'promise')}."
    st.session_state[_SAVED] = _Done(saved.batch_id, f"{what} {promises_sentence(seen, changes)}")
    st.session_state[_TIMES_DONE] = st.session_state.get(_TIMES_DONE, 0) + 1
    for name in ("drawn", "conflicts", "left-out"):
        st.session_state.pop(f"{key}-{name}", None)
    for form in FORMS:
        typed_dates.forget(_dates_of(form), {change.line for change in changes})
    done(changes)
    live.show_own()


def _show_conflicts(plan: Plan, changes: Sequence[PromiseChange], key: str, renew: Callable[[], None]) -> bool:
    """After a refused save: who changed what to what, and the offer to take the new state. Whether any is left."""
    told: dict[str, str] = st.session_state.get(f"{key}-conflicts", {})
    now = promises_now(plan, [change.key for change in changes if change.line in told])
    left = [change for change in changes if change.key in now and now[change.key] != change.seen_date]
    if not left:
        return False
    with st.container(border=True):
        sentences = [plain(told[change.line]) for change in left]
        more = [f"And {len(sentences) - 10:,} more."] if len(sentences) > 10 else []
        st.warning("  \n".join(["Nothing was saved; somebody was faster:", *sentences[:10], *more]))
        st.button(
            "Take the new state", key=f"{key}-take", type="primary", on_click=_take, args=(key, renew),
            help="Your input is kept; you see the effect again before you save.",
        )  # fmt: skip
    return True


def _take(key: str, renew: Callable[[], None]) -> None:
    st.session_state.pop(f"{key}-conflicts", None)
    renew()


def promises_now(plan: Plan, keys: Sequence[LineKey]) -> dict[LineKey, date | None]:
    """The promise of each of these lines by the present data, of those that are open."""
    wanted = set(keys)
    lines = plan.backlog[plan.backlog["order_id"].isin({order_id for order_id, _ in wanted})]
    found = zip(lines["order_id"].astype("str"), lines["line_no"].astype("str"), strict=True)
    return {key: seen for key, seen in zip(found, days_of(lines["promise_date"]), strict=True) if key in wanted}
