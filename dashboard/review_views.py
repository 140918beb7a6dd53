"""The review on screen: which two days it compares, its opening and closing, and the point that tells the week."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pandas as pd
import streamlit as st

from dashboard import (
    deciding,
    decision_forms,
    decision_views,
    downloads,
    exports,
    loading,
    people,
    review_agenda,
    reviewing,
    saving,
)
from dashboard.bridge_charts import MINUS
from dashboard.domain import overview
from dashboard.domain.decided import DONE, DROPPED, OPEN, Link, settled_days, with_now
from dashboard.domain.plan import Plan
from dashboard.jobs import Job
from dashboard.messages import count, day, headline, listed, money, plain, say_after_rerun, units
from dashboard.overviews import TILES
from dashboard.reviewing import WEEK_DAYS, Pair
from data_access.snapshots import Snapshot

FROM, TO = "from", "to"
"""The two days in the address, as 2026-03-09."""
NOW = "now"
KEEP_EVERY = 1
"""How often is looked whether the state of today is kept [seconds]."""
NOTHING_KEPT = (
    "The review compares two days, so a day must be kept first. Open the review: the state of today is kept, and next "
    "week's review compares with it. Or have every day kept by a schedule: python -m dashboard snapshot."
)
FIRST_KEPT = (
    "The state of today is the first that is kept. From the next day on, this shows what changed since: every order "
    "that came, was shipped or cancelled, and every date that moved."
)


def ask_pair() -> Pair | None:
    """Ask which two days are compared; None where no day is kept to compare with."""
    kept = [each for each in reviewing.snapshots() if each.is_whole]
    today = loading.today()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        pair = _ask_days(kept)
        review_agenda.show_toggles()
        _show_opening(pair, kept)
    if pair is None and kept and kept[-1].snapshot_date == today:
        st.info(FIRST_KEPT)
    elif pair is None:
        st.info(NOTHING_KEPT)
    return pair


def _ask_days(kept: Sequence[Snapshot]) -> Pair | None:
    """A kept day, and a later one or now."""
    by_day = {each.snapshot_date.isoformat(): each for each in reversed(kept)}
    today = loading.today()
    earliest = kept[0].snapshot_date if kept else today
    later = {iso: iso for iso, each in by_day.items() if earliest < each.snapshot_date <= today}
    if earliest >= today:
        return None
    closing = by_day.get(review_agenda.chosen(TO, [NOW, *later]))
    end = today if closing is None else closing.snapshot_date
    usual = reviewing.usual_opening(kept, end)
    if usual is None:
        return None
    first = usual.snapshot_date.isoformat()
    offered = [first, *(iso for iso, each in by_day.items() if each.snapshot_date < end and iso != first)]
    opening = review_agenda.ask_listed(
        "Compared with", FROM, {iso: _before(by_day[iso].snapshot_date, end) for iso in offered},
        "The days that are kept. Of itself it is the day of the last review, else the one a week before.",
    )  # fmt: skip
    review_agenda.ask_listed("Up to", TO, {NOW: f"now ({day(today)})"} | later)
    return Pair(by_day[opening], closing)


def _before(first: date, last: date) -> str:
    return f"{day(first)}, {count((last - first).days, 'day')} before"


def _show_opening(pair: Pair | None, kept: Sequence[Snapshot]) -> None:
    """The button that opens the review, or since when it is open; how far the keeping of today is."""
    review = reviewing.review_of_today()
    if review is not None:
        closed = f", closed by {plain(review.closed_by)}" if review.is_closed else ""
        st.caption(f"Review of today opened by {plain(review.opened_by)}{closed}", width="content")
    elif people.signed_in().may("editor"):
        how = "Keeps the state of today, beside the server, and notes that the review was held."
        if st.button("Open the review", key="open-review", type="primary", shortcut="O", help=how):
            saving.open_review(pair.opening_day if pair else None)
            saving.keep_today()
            st.rerun()
    job = reviewing.keeping()
    if job is not None and not job.has_failed:
        st.fragment(_show_keeping, run_every=KEEP_EVERY)()
    elif review is not None and not _is_kept_since(review.closed_at or review.opened_at, kept):
        _offer_keeping(job)


def _is_kept_since(opened_at: datetime, kept: Sequence[Snapshot]) -> bool:
    """Whether the state of today was kept after this, be it by a schedule. opened_at: [UTC]; kept: whole ones."""
    today = loading.today()
    return any(each.snapshot_date == today and each.taken_at >= opened_at for each in kept)


def _offer_keeping(failed: Job | None) -> None:
    """The state of the review is not kept: what editors are told and can do; why it failed, if it was tried.

    A server that was started anew knows nothing of a keeping that its end broke off.
    """
    if not people.signed_in().may("editor"):
        return
    if failed is not None:
        st.warning(f"The state of today could not be kept: {plain(failed.why_not)}")
    how = "Keeps the state of today, beside the server: next week's review compares with it."
    if st.button("Keep today", key="keep-today", help=how):
        saving.keep_today()
        st.rerun()


def _show_keeping() -> None:
    """Runs alone, without the page, until the state of today is kept, or cannot be."""
    job = reviewing.keeping()
    if job is None or job.has_failed:
        st.rerun(scope="app")
    elif job.is_running:
        st.caption(f":material/hourglass_top: Keeping the state of today, {job.seconds:.0f} s", width="content")
    else:
        reviewing.forget_keeping()
        say_after_rerun("The state of today is kept.")
        st.rerun(scope="app")


def show_week(pair: Pair) -> None:
    """The week in a sentence, and where both days stand."""
    first, _, rest = reviewing.sentence(pair).partition(". ")
    headline(
        f"{first.rstrip('.')}.", "Lines in the backlog, and what they came and went by. The bridge tells it whole."
    )
    if rest:
        st.header(plain(rest), anchor=False)
    then, now = reviewing.totals(pair)
    ends = f"{day(pair.opening_day)} and {'now' if pair.closing is None else day(pair.closing_day)}"
    st.subheader(
        f"Where we stood and where we stand: {ends}",
        help="Every open order line counts once in Open; those past the promise are in their state too.",
    )
    tiles = st.grid(3, min_column_width=220, border=True)
    for concept, (label, how) in TILES.items():
        with tiles.cell():
            _show_tile(label, how, then.loc[concept], now.loc[concept], concept)


def _show_tile(label: str, how: str, then: pd.Series, now: pd.Series, concept: str) -> None:
    """One figure now, with what it was: the difference told by sign and arrow, not by colour."""
    part = "open" if concept in (overview.OPEN, overview.PAST_PROMISE) else "backordered"
    change = int(now["lines"] - then["lines"])
    st.metric(
        label, count(now["lines"], "line"), delta=f"{signed(change)} from {then['lines']:,.0f}", delta_color="off",
        delta_arrow="up" if change > 0 else "down" if change < 0 else "off", help=how,
    )  # fmt: skip
    qty, value = f"{part}_qty", f"{part}_value"
    st.caption(
        plain(f"{units(now[qty])} units, {units(then[qty])} then")
        + "  \n"
        + plain(f"{money(now[value])}, {money(then[value])} then")
    )


def signed(change: float) -> str:
    """A change with its sign: "+12", "no change"."""
    return f"{'+' if change > 0 else MINUS}{abs(change):,.0f}" if change else "no change"


def show_due(plan: Plan) -> None:
    """The decisions that were made before today and are not settled: those due first."""
    today = pd.Timestamp(loading.today())
    frame = deciding.decisions()
    frame = frame[frame["decided_date"] < today]
    is_open = frame["state"] == OPEN
    is_due = is_open & (frame["due_date"] <= today)
    stays_due, stays_later = decision_views.stays(frame, "due"), decision_views.stays(frame, "later")
    is_settled = bool((~is_open & (stays_due | stays_later)).any())
    headline(
        _due_sentence(int(is_due.sum()), int(is_open.sum()), is_settled=is_settled),
        "Decisions made before today that are neither done nor dropped. Due: their day is today or over.",
    )
    if not is_open.any() and not is_settled:
        st.caption("What is decided in this review stands here in the next one, until it is done or dropped.")
    due = is_due | stays_due
    later = (is_open & ~due) | stays_later
    decision_views.show_decisions(frame[due], plan, key="due", has_shortcuts=True)
    if later.any():
        st.subheader("Open, not due yet")
    decision_views.show_decisions(frame[later], plan, key="later")


def _due_sentence(due: int, all_open: int, *, is_settled: bool) -> str:
    """is_settled: whether one was settled just now."""
    if not all_open:
        return "Each decision from before is settled." if is_settled else "No decision is carried over from before."
    later = all_open - due
    told = f"{count(due, 'decision')} {'is' if due == 1 else 'are'} due" if due else "No decision is due"
    return f"{told}; {later:,} {'is' if later == 1 else 'are'} open and due later." if later else f"{told}."


def show_close(plan: Plan) -> None:
    """What was decided today, what was settled, when the next review is; and the closing."""
    today = loading.today()
    frame = deciding.decisions()
    made = frame[frame["decided_date"] == pd.Timestamp(today)]
    settled = _settled_today(frame)
    carried = int((frame["state"] == OPEN).sum())
    kept_at = reviewing.kept_before_the_close()
    headline(_close_sentence(made, settled, carried, kept_at))
    if kept_at is not None:
        st.caption(f"As kept at {kept_at:%H:%M}; what was decided after that is not in it.")
    decision_forms.decide(Link(), "", key="decide-freely", label="Decide something else")
    st.subheader(f"Decided today ({len(made):,})")
    if made.empty and kept_at is None:
        st.caption("Nothing was decided today.")
    decision_views.show_decisions(made, plan, key="today", has_file=False)
    st.subheader(f"Settled today ({len(settled):,})", help="Done or dropped today, whenever it was decided.")
    if settled.empty and kept_at is None:
        st.caption("Nothing was done or dropped today.")
    decision_views.show_decisions(settled, plan, key="settled-today", has_file=False)
    _show_closing(frame, plan, carried)


def _settled_today(frame: pd.DataFrame) -> pd.DataFrame:
    """The decisions that were done or dropped today, by the company's day."""
    return frame[settled_days(frame, loading.moment().zone) == pd.Timestamp(loading.today())]


def _close_sentence(made: pd.DataFrame, settled: pd.DataFrame, carried: int, kept_at: datetime | None) -> str:
    """kept_at: up to when all of this is known, in the company's zone; None: the whole day."""
    until = "today" if kept_at is None else f"by {kept_at:%H:%M}"
    told = [
        f"{count(len(made), 'decision')} made {until}" if len(made) else f"Nothing decided {until}",
        *(
            f"{(settled['state'] == state).sum():,} {state}"
            for state in (DONE, DROPPED)
            if (settled["state"] == state).any()
        ),
    ]
    left = f"{carried:,} {'is' if carried == 1 else 'are'} open" if carried else "none is open"
    return f"{listed(told)}; {left}."


def _show_closing(frame: pd.DataFrame, plan: Plan, carried: int) -> None:
    """When the next review is, the file of all decisions, and the button that closes this one."""
    today, review = loading.today(), reviewing.review_of_today()
    st.subheader("Next time")
    st.markdown(
        plain(f"The next review, a week from today, is on {day(today + timedelta(days=WEEK_DAYS))}.")
        + (f" {count(carried, 'open decision')} will stand in it until settled." if carried else "")
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if review is not None and not review.is_closed and people.signed_in().may("editor"):
            if st.button("Close the review", key="close-review", type="primary", shortcut="X"):
                saving.close_review(review.review_id)
                saving.keep_today()  # again: what was decided in the review belongs to its day
                say_after_rerun("The review is closed.")
                st.rerun()
        elif review is not None and review.is_closed:
            st.caption(f"Closed by {plain(review.closed_by)}.", width="content")
        else:
            st.caption("The review of today is not open.", width="content")
        if len(frame):
            st.caption("All decisions", width="content")
            downloads.offer("decisions", lambda: with_now(frame, plan)[exports.DECISION_COLUMNS], key="decisions-file")
