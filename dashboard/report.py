"""The figures of the weekly report, between a day that was kept and a later one or now. Knows no paper and no screen.

Each figure comes from the function that the pages take it from; what is worked out here is only put side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta, tzinfo

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from dashboard import settings
from dashboard.domain import bridge, overview
from dashboard.domain.aging import Waits, age_table, backorder_waits, quarter_of, waits_of
from dashboard.domain.bridge import Comparison, State, state_of
from dashboard.domain.customers import customer_risk
from dashboard.domain.days import day_number, day_numbers, days_between
from dashboard.domain.decided import OPEN, figures_of, figures_then, link_of, settled_days, what_became
from dashboard.domain.errors import NoSnapshotError, SettingsError
from dashboard.domain.ledger import Ledger
from dashboard.domain.order_history import HISTORY_DAYS, NO_LINE, OrderHistory
from dashboard.domain.plan import Plan, make_plan
from dashboard.domain.purchasing import Purchasing
from dashboard.domain.redated import redated_lines, redated_sums
from dashboard.domain.supplier_lines import open_po_lines, resting_on, with_resting
from dashboard.domain.supplier_sources import known_sources
from dashboard.domain.suppliers import supplier_statistics
from dashboard.domain.trend import trend, with_now
from dashboard.domain.version import Version
from data_access import snapshots as kept
from data_access.book import book_within
from data_access.decisions import decisions_within
from data_access.engine import reading
from data_access.ledger import ledger_within
from data_access.order_history import order_history_within
from data_access.purchasing import purchasing_within
from data_access.versions import version_within

USUAL_DAYS = 7
"""The report reaches back so far where nobody says otherwise."""
MOST_NAMED = 12
"""So many of the days that were kept are named where another was asked for."""
_FIGURES = ("lines", "units", "money")


@dataclass(frozen=True, eq=False)
class Closing:
    """The data of the closing's day: as it was kept, or as it stands now.

    snapshot: what it was read from; None where it was read from the store. decisions: as they stood then, or stand now.
    zone: that in which its days begin and end.
    """

    day: date
    is_now: bool
    snapshot: kept.Snapshot | None
    plan: Plan
    state: State
    history: OrderHistory
    purchasing: Purchasing
    ledger: Ledger
    decisions: pd.DataFrame
    buckets: tuple[int, ...]
    weights: Mapping[str, float]
    zone: tzinfo


@dataclass(frozen=True, eq=False)
class Report:
    """What the report tells: one frame for each of its tables.

    sentence: what changed, in a sentence or three. plan: that of the closing.
    totals: one row per concept of the Overview: concept; lines, units, money; the same with _then.
    comparison: both states side by side: bridges, and the lines behind them.
    redated, redated_sums: as dashboard.domain.redated has them.
    ages: one row per clock and bucket: clock, bucket; lines, units, value; the same with _then.
    waits: how long the backorders of the closing's quarter last.
    risk: the customers at risk; suppliers: their figures with what rests on them; open_po_lines; costs: whose purchase
    orders cost the most days; each as its page has it.
    decisions: one row per decision made by the closing's day that is open, or was settled after the opening's day; the
    columns of data_access.decisions and became [what became of it, in a sentence].
    trend: one row per week of which a day was kept, and the closing's, as dashboard.domain.trend has it.
    """

    opening: date
    closing: date
    opening_revision: int
    closing_revision: int
    is_now: bool
    sentence: str
    plan: Plan
    totals: pd.DataFrame
    comparison: Comparison
    redated: pd.DataFrame
    redated_sums: pd.DataFrame
    ages: pd.DataFrame
    buckets: tuple[int, ...]
    waits: Waits
    risk: pd.DataFrame
    suppliers: pd.DataFrame
    open_po_lines: pd.DataFrame
    costs: pd.DataFrame
    decisions: pd.DataFrame
    trend: pd.DataFrame


def make_report(engine: Engine, opening_day: date | None = None, closing_day: date | None = None) -> Report:
    """The report from a day that was kept to a later one, or to now where no closing is named, or today was not kept.

    Without an opening that of a week before, or the last before that. Raises NoSnapshotError, which says which days
    there are.
    """
    opening = _opening(engine, opening_day, closing_day or settings.today())
    now = closing_of(engine, closing_day)
    then = kept.read_state(engine, opening)
    comparison = Comparison(then, now.state, kept.left_between(engine, opening, now.snapshot))
    redated = redated_lines(then, now.state, now.ledger.moves)
    bridges = {part: comparison.bridge(part) for part in (bridge.OPEN, bridge.BACKORDERED)}
    lines = open_po_lines(now.plan)
    statistics = supplier_statistics(now.purchasing, now.day)
    return Report(
        opening=then.day,
        closing=now.day,
        opening_revision=then.data_revision,
        closing_revision=now.state.data_revision,
        is_now=now.is_now,
        sentence=bridge.week_sentence(*bridges.values(), redated),
        plan=now.plan,
        totals=_beside(overview.totals(now.plan.backlog), overview.totals(as_backlog(then)), ["concept"], _FIGURES),
        comparison=comparison,
        redated=redated,
        redated_sums=redated_sums(redated),
        ages=_beside(
            age_table(now.plan.backlog, now.buckets),
            age_table(as_backlog(then), now.buckets),
            ["clock", "bucket"],
            ("lines", "units", "value"),
        ),
        buckets=now.buckets,
        waits=quarter_waits(now.history, now.day),
        risk=customer_risk(now.plan.backlog, now.history, now.day, now.weights),
        suppliers=with_resting(statistics, resting_on(lines, known_sources(now.plan.book, now.purchasing))),
        open_po_lines=lines,
        costs=overview.costly_suppliers(now.plan.backlog, now.plan.allocation),
        decisions=decisions_since(now.decisions, now.plan, then.day, now.day, now.zone),
        trend=_trend(engine, now, statistics),
    )


def closing_of(engine: Engine, closing_day: date | None) -> Closing:
    """The data of a day that was kept; of now for no day, and for today where it was not kept.

    Raises NoSnapshotError for another day that was not kept whole.
    """
    day = closing_day or settings.today()
    snapshot = kept.snapshot_of(engine, day)
    if closing_day is None or (day == settings.today() and not _is_whole(snapshot)):
        return _present(engine, day, snapshot)
    if snapshot is None or not snapshot.is_whole:
        raise _not_kept(engine, day, snapshot)
    return _as_kept(engine, snapshot, kept.read_decisions_of(engine, snapshot))


def _as_kept(engine: Engine, snapshot: kept.Snapshot, decisions: pd.DataFrame) -> Closing:
    return Closing(
        day=snapshot.snapshot_date,
        is_now=False,
        snapshot=snapshot,
        plan=make_plan(kept.read_book_of(engine, snapshot), snapshot.rules.priority_rule),
        state=kept.read_state(engine, snapshot),
        history=kept.read_order_history_of(engine, snapshot),
        purchasing=kept.read_purchasing_of(engine, snapshot),
        ledger=kept.read_ledger_of(engine, snapshot),
        decisions=decisions,
        buckets=snapshot.rules.age_buckets,
        weights=snapshot.rules.risk_weights,
        zone=snapshot.rules.zone,
    )


def _present(engine: Engine, today: date, snapshot: kept.Snapshot | None) -> Closing:
    """The store as it stands, all of one moment; from the snapshot of today where only decisions were made since."""
    rule, zone = settings.priority_rule(), settings.time_zone()
    with reading(engine) as connection:
        version, decisions = version_within(connection), decisions_within(connection)
        is_kept = _shows_now(snapshot, version)
        if not is_kept:
            book = book_within(connection, today)
            history = order_history_within(connection, today, today - timedelta(days=HISTORY_DAYS))
            purchasing, ledger = purchasing_within(connection), ledger_within(connection, zone)
    if is_kept and snapshot is not None:
        found = _as_kept(engine, snapshot, decisions)
        return replace(found, is_now=True, state=replace(found.state, data_revision=version.data_revision))
    plan = make_plan(book, rule)
    return Closing(
        today, True, None, plan, state_of(plan), history, purchasing, ledger, decisions,
        settings.age_buckets(), settings.risk_weights(), zone,
    )  # fmt: skip


def _is_whole(snapshot: kept.Snapshot | None) -> bool:
    return snapshot is not None and snapshot.is_whole


def _shows_now(snapshot: kept.Snapshot | None, version: Version) -> bool:
    """Whether a snapshot of today shows what the pages show now, but for decisions: by data and rules."""
    if snapshot is None or not snapshot.is_whole or snapshot.mark != version.whole:
        return False
    rules, present = snapshot.rules, settings.rules()
    return (rules.priority_rule, dict(rules.risk_weights), rules.age_buckets, rules.zone) == (
        present.priority_rule, dict(present.risk_weights), present.age_buckets, present.zone,
    )  # fmt: skip


def as_backlog(state: State) -> pd.DataFrame:
    """The lines of a state with what the backlog tells besides: days_past_promise [days], is_past_promise."""
    past = days_between(day_number(state.day), day_numbers(state.lines["promise_date"]))
    return state.lines.assign(days_past_promise=past, is_past_promise=past > 0)


def quarter_waits(history: OrderHistory, day: date) -> Waits:
    """How long the backorders of a day's quarter last, from its own lines alone: less work than all quarters."""
    quarter = quarter_of(day)
    rows = np.flatnonzero((history.lines["ordered_date"] >= pd.Timestamp(quarter.start)).to_numpy())
    place = np.full(len(history.lines) + 1, NO_LINE)  # the last one is that of NO_LINE itself
    place[rows] = np.arange(len(rows))
    shipments = history.shipments.assign(line=place[history.shipments["line"].to_numpy()])
    return waits_of(quarter, backorder_waits(history.lines.iloc[rows], shipments[shipments["line"] != NO_LINE], day))


def decisions_since(decisions: pd.DataFrame, plan: Plan, opening: date, closing: date, zone: tzinfo) -> pd.DataFrame:
    """The decisions made by the closing that are open, or were settled after the opening, with what became of each.

    zone: in which the days begin and end.
    """
    is_made = decisions["decided_date"] <= pd.Timestamp(closing)
    is_settled_since = settled_days(decisions, zone) > pd.Timestamp(opening)
    chosen = decisions[is_made & ((decisions["state"] == OPEN) | is_settled_since)]
    became = [what_became(figures_then(row), figures_of(plan, link_of(row))) for _, row in chosen.iterrows()]
    return chosen.assign(became=pd.Series(became, index=chosen.index, dtype="str"))


def _opening(engine: Engine, day: date | None, closing: date) -> kept.Snapshot:
    """The snapshot that the report begins with. Raises NoSnapshotError, SettingsError for a day after the closing."""
    if day is None:
        found = kept.snapshot_before(engine, closing, at_least_days=USUAL_DAYS) or kept.snapshot_before(engine, closing)
        if found is None:
            raise NoSnapshotError(_nothing_to_begin_with(engine, closing))
        return found
    if day >= closing:
        raise SettingsError(
            f"The report would begin on {day:%Y-%m-%d} and end on {closing:%Y-%m-%d}. "
            "Name an earlier day to begin with."
        )
    snapshot = kept.snapshot_of(engine, day)
    if snapshot is None or not snapshot.is_whole:
        raise _not_kept(engine, day, snapshot)
    return snapshot


def _nothing_to_begin_with(engine: Engine, closing: date) -> str:
    """Why there is no report of a closing, as no day before it is kept whole."""
    days = _whole_days(engine)
    if days == [f"{closing:%Y-%m-%d}"]:
        return (
            f"Only {days[0]} is kept whole; a report needs an earlier day to begin with. "
            "The next one can be made once another day is kept."
        )
    return f"No day before {closing:%Y-%m-%d} was kept whole. {_kept_in_words(engine)}"


def _not_kept(engine: Engine, day: date, snapshot: kept.Snapshot | None) -> NoSnapshotError:
    why = "was not kept" if snapshot is None else "is kept in totals alone: it was thinned out"
    return NoSnapshotError(f"{day:%Y-%m-%d} {why}. {_kept_in_words(engine)}")


def _kept_in_words(engine: Engine) -> str:
    """Which days there are: "Kept whole are 2026-03-02, 2026-03-09. Name one of them." """
    days = _whole_days(engine)
    if len(days) == 1:
        return f"Kept whole is {days[0]}. Name that day."
    if not days:
        return "No day is kept yet. Keep one a day with: python -m dashboard snapshot"
    earlier = f"{len(days) - MOST_NAMED:,} earlier ones, " if len(days) > MOST_NAMED else ""
    return f"Kept whole are {earlier}{', '.join(days[-MOST_NAMED:])}. Name one of them."


def _whole_days(engine: Engine) -> list[str]:
    return [f"{each.snapshot_date:%Y-%m-%d}" for each in kept.snapshots(engine) if each.is_whole]


def _beside(now: pd.DataFrame, then: pd.DataFrame, keys: list[str], figures: tuple[str, ...]) -> pd.DataFrame:
    """The figures of now with those of then beside them; both have the same rows in the same order."""
    return now[[*keys, *figures]].assign(**{f"{name}_then": then[name].to_numpy() for name in figures})


def _trend(engine: Engine, now: Closing, statistics: pd.DataFrame) -> pd.DataFrame:
    """The trend as the review page has it, up to the closing."""
    kept_days = kept.totals_over_time(engine)
    if now.is_now:
        totals = overview.totals(now.plan.backlog)
        kept_days = with_now(kept_days, now.day, totals, now.plan.backlog, statistics)
    is_by_then = kept_days["snapshot_date"] <= pd.Timestamp(now.day)
    return trend(kept_days[is_by_then], now.ledger.moves, now.decisions, settings.week_start())
