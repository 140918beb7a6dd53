"""The parts of the page Aging: both clocks, how long backorders last, and the old lines; all lead to order lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import aging_charts, charts, downloads, filters, loading, settings, tables
from dashboard.backlog_tables import LINE, PAGE_ROWS
from dashboard.domain import aging
from dashboard.domain import backlog as states
from dashboard.domain.overview import Clock, age_labels
from dashboard.domain.plan import Plan
from dashboard.messages import count, plain, say_after_rerun

LINES_PAGE = settings.PROJECT_ROOT / "pages" / "open_backorders.py"
MEASURES = {"lines": "lines", "units": "units", "money": "value"}
"""What the bars count, by its name on screen: the column of the sums."""

_MONEY = {"value": "money"}
TITLES: dict[Clock, str] = {"ordered": "Days since the order", "promise": "Days past the promise"}
CLOCK_QUERY: dict[Clock, str] = {"ordered": "age", "promise": "past"}
SPLIT_QUERY = {
    "state": "state", "supplier": "supplier", "category": "category", "customer tier": "tier", "location": "location",
}  # fmt: skip
"""By which filter of Open backorders the lines of a group are found."""

EVERY_STATE = {"state": list(states.STATES)}
MOST_NAMED = 40
"""So many groups can stand in an address; with more of them the whole bucket is shown."""
MOST_OLD_LINES = 10
OLD_TABLES: dict[aging.OldFirst, str] = {"age_days": "The oldest", "open_value": "The most valuable"}
OLD_COLUMNS = [
    "order_id", "line_no", "age_days", "open_value", "state", "last_supply", "last_supply_date", "customer_name",
    "days_past_promise", "sku", "supplier_name",
]  # fmt: skip

HOW_BUCKETS = (
    "Every open order line stands once on each clock. Days since the order: today less the ordered date. Days past "
    "the promise: today less the promise date that we tell now; a line whose promise has not passed is not yet due, "
    "and one without a promise has a bucket of its own. Units are open units (ordered less shipped less cancelled), "
    "money is open units times unit price. Nothing is left out. The seven largest groups have names, the rest are "
    "others."
)
HOW_LASTING = (
    "Of the order lines that could not be shipped complete on the day of their order, by the quarter of that day: the "
    "share still open after n days, by Kaplan and Meier. Lines still open count as open for at least their age. A line "
    "of which some units were cut (cancelled, or closed by a full extract) and all the others shipped is shipped with "
    "the last of them: the wait for what was cut is not seen, which flatters. One that was cancelled wholly, or all "
    "that was not shipped on the day of the order, counts as open until its last shipment, or for 0 days without one: "
    "nobody knows the day of a cancellation. Lines that are complete without shipments that tell the day are left out."
)


@dataclass(frozen=True)
class _Drawn:
    """The bars of both clocks with their legend. shown: the groups that have a name."""

    shown: list[str]
    legend: str
    bars: dict[Clock, aging_charts.Spec]


def show_buckets(backlog: pd.DataFrame) -> None:
    """Both clocks side by side; choosing a part of a bar, or a bucket's link, shows its lines."""
    st.subheader("The open lines by age", help=HOW_BUCKETS)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        measure = st.segmented_control(
            "In", list(MEASURES), default="lines", required=True, key="in", bind="query-params", width="content"
        )
        split = st.segmented_control(
            "Split by", aging.SPLITS, default=aging.SPLITS[0], required=True, key="by", bind="query-params",
            width="content",
        )  # fmt: skip
    sums = {clock: loading.ages_by(clock, split) for clock in aging.CLOCKS}
    drawn = loading.once("charts of the ages", lambda: _drawn(sums, measure, split), measure, split)
    st.html(drawn.legend)
    panels = st.grid(2, min_column_width=380, gap="medium")
    for clock in aging.CLOCKS:
        with panels.cell():
            _show_clock(clock, drawn.bars[clock], measure)
            _show_links(clock)
    for clock in aging.CLOCKS:
        _follow_bar(clock, sums[clock], drawn.shown, split)
    _show_sums(backlog)


def show_lasting(now: aging.Waits, before: aging.Waits) -> None:
    """How long backorders last: this quarter's against those of the one before."""
    st.subheader("How long backorders last", help=HOW_LASTING)
    if not now.lines and not before.lines:
        st.info(
            f"No order line of {before.quarter.name} or {now.quarter.name} had to wait, as far as the shipments tell. "
            "This needs order lines that are complete too, and their shipments by day: bring them in on the page Data."
        )
        if now.left_out or before.left_out:
            st.caption(f"{_told(now)}  \n{_told(before)}")
        return
    tiles = st.grid(4, min_column_width=170, border=True)
    for each in (now, before):
        which = "this quarter" if each is now else "the quarter before"
        for share, days in (("Half", each.median_days), ("90 %", each.p90_days)):
            with tiles.cell():
                st.metric(f"{share} shipped in", _days(days), help=f"{HOW_LASTING} {_followed(each)}")
                st.caption(f"ordered in {each.quarter.name}, {which}")
    drawn = loading.once("chart of how long backorders last", lambda: aging_charts.lasting(now, before))
    st.vega_lite_chart(spec=drawn, key="lasting", alt=f"{_told(now)} {_told(before)}")
    st.caption(f"{_told(now)}  \n{_told(before)}")


def show_old_lines(plan: Plan, buckets: Sequence[int]) -> None:
    """The oldest and the most valuable of the old lines, with what each waits for in the end."""
    backlog = plan.backlog
    st.subheader("The oldest and the most valuable old lines", help="Age: today less the ordered date.")
    starts = _starts(buckets)
    labels = list(starts)[:0:-1]
    asked = st.segmented_control(
        "Days since the order, at least those of", labels, default=labels[0], required=True, key="old",
        bind="query-params",
    )  # fmt: skip
    least_days = starts[asked]
    lines = int((backlog["age_days"] >= least_days).sum())
    if not lines:
        st.info(f"No open line is {count(least_days, 'day')} old or older.")
        return
    query = EVERY_STATE | {"age": [label for label, start in starts.items() if start >= least_days]}
    st.page_link(LINES_PAGE, label=f":primary[Show {_all(lines)}]", query_params=query | {"sort": "Oldest first"})
    for first, title in OLD_TABLES.items():
        st.markdown(f"**{title}** {_of(lines)}")
        old = loading.once(
            "old lines", partial(aging.old_lines, plan, least_days, first, MOST_OLD_LINES), least_days, first
        )
        _show_lines(backlog, old, f"old-{first}")
    st.caption("Choose a line to see why it waits.")


def line_query(backlog: pd.DataFrame, order_id: str, line_no: str) -> dict[str, str | list[str]]:
    """The address of one line on Open backorders: every filter wide open, the page of the table that it stands on."""
    rows = filters.narrow(backlog, filters.Filters(), ())
    is_line = (backlog["order_id"] == order_id) & (backlog["line_no"] == line_no)
    place = int(is_line.to_numpy()[rows].argmax())
    page = {"page": str(place // PAGE_ROWS + 1)} if place >= PAGE_ROWS else {}
    return EVERY_STATE | {LINE: f"{order_id}/{line_no}"} | page


def part_query(
    clock: Clock, bucket: str, group: str, sums: pd.DataFrame, shown: Sequence[str], split: str
) -> dict[str, list[str]]:
    """The address of the lines of a part of a bar: its bucket and its group, or all groups behind OTHERS.

    Where the filters of Open backorders cannot name the group, the address is that of the whole bucket.
    """
    in_bucket = sums["group"][sums["bucket"] == bucket]
    groups = [group] if group in shown else [str(each) for each in in_bucket if each not in shown]
    is_named = "" not in groups and len(groups) <= MOST_NAMED
    return EVERY_STATE | ({SPLIT_QUERY[split]: groups} if is_named else {}) | {CLOCK_QUERY[clock]: [bucket]}


def _drawn(sums: dict[Clock, pd.DataFrame], measure: str, split: str) -> _Drawn:
    shown = aging.largest_groups(sums["ordered"], MEASURES[measure], split)
    folded = {clock: aging.with_others(frame, shown) for clock, frame in sums.items()}
    groups = [
        group for group in folded["ordered"]["group"].cat.categories if (folded["ordered"]["group"] == group).any()
    ]
    shades, names = aging_charts.colours(groups, split), {group: _name(group, split) for group in groups}
    bars = {
        clock: aging_charts.stacked_bars(
            folded[clock].rename(columns=_MONEY), _whole(clock), measure, TITLES[clock], shades, names
        )
        for clock in aging.CLOCKS
    }
    return _Drawn(shown, aging_charts.legend(shades, names), bars)


def _show_clock(clock: Clock, bars: aging_charts.Spec, measure: str) -> None:
    told = charts.described(_whole(clock), "bucket", measure)
    st.vega_lite_chart(
        spec=bars, key=f"ages-{clock}", on_select="rerun", selection_mode=charts.BAR, alt=f"{TITLES[clock]}: {told}"
    )


def _whole(clock: Clock) -> pd.DataFrame:
    return _totals(clock).rename(columns=_MONEY)


def _show_links(clock: Clock) -> None:
    """The way to a bucket's lines that needs no mouse."""
    totals = _totals(clock)
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"links-{clock}"):
        st.caption("Lines of", width="content")
        for bucket in totals["bucket"][totals["lines"] > 0]:
            query = EVERY_STATE | {CLOCK_QUERY[clock]: [bucket]}
            st.page_link(LINES_PAGE, label=f":primary[{bucket}]", query_params=query)


def _follow_bar(clock: Clock, sums: pd.DataFrame, shown: Sequence[str], split: str) -> None:
    """Show the lines of the part of a bar that was chosen."""
    event = st.session_state.get(f"ages-{clock}")
    for chosen in event.selection.get(charts.BAR, []) if event else []:
        query = part_query(clock, chosen["bucket"], chosen["group"], sums, shown, split)
        if split != "state" and SPLIT_QUERY[split] not in query:
            name = _name(chosen["group"], split)
            say_after_rerun(plain(f"All lines of {chosen['bucket']}: the filters cannot name {name} alone."))
        st.switch_page(LINES_PAGE, query_params=query)


def _show_sums(backlog: pd.DataFrame) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"Choose a part of a bar, or a bucket below it, to see its lines. {count(len(backlog), 'open line')}."
        )
        downloads.offer("aging", loading.ages, key="aging")


def _show_lines(backlog: pd.DataFrame, lines: pd.DataFrame, key: str) -> None:
    event = tables.show(
        lines, OLD_COLUMNS, key=tables.key_of(key, lines.index), on_select="rerun", selection_mode="single-row"
    )
    for row in event.selection.rows:
        order_id, line_no = (str(lines[name].iloc[row]) for name in ("order_id", "line_no"))
        st.switch_page(LINES_PAGE, query_params=line_query(backlog, order_id, line_no))


def _totals(clock: Clock) -> pd.DataFrame:
    ages = loading.ages()
    return ages[ages["clock"] == clock]


def _starts(buckets: Sequence[int]) -> dict[str, int]:
    """The first day of each bucket since the order, by its name."""
    return dict(zip(age_labels(buckets), [0, *(end + 1 for end in buckets)], strict=True))


def _name(group: str, split: str) -> str:
    if group == "":
        return f"no {split}"
    return f"tier {group}" if split == "customer tier" and group != aging.OTHERS else group


def _days(days: float) -> str:
    return "not yet" if math.isnan(days) else count(days, "day")


def _told(waits: aging.Waits) -> str:
    """What a quarter's curve is made of, in a sentence."""
    parts = ["no backorder"]
    if waits.lines:
        cut = f" (of these {waits.cut:,} cut)" if waits.cut else ""
        outcomes = {
            f"shipped complete{cut}": waits.shipped,
            "still open": waits.still_open,
            "cancelled": waits.cancelled,
        }
        parts = [count(waits.lines, "backorder"), *(f"{lines:,} {outcome}" for outcome, lines in outcomes.items())]
    if waits.left_out:
        parts.append(f"{count(waits.left_out, 'line')} left out, complete without the day")
    return f"{waits.quarter.name}: {', '.join(parts)}."


def _followed(waits: aging.Waits) -> str:
    """How many of a quarter's backorders could be followed for how long."""
    told = [f"{n:,} for {day}" for day, n in zip(aging.AT_RISK_DAYS, waits.at_risk, strict=True)]
    return (
        f"n = {waits.lines:,}, left out {waits.left_out:,}. At risk, followed for at least so many days: "
        f"{', '.join(told)}."
    )


def _all(lines: int) -> str:
    return "the one line" if lines == 1 else f"all {lines:,} lines"


def _of(lines: int) -> str:
    return "" if lines <= MOST_OLD_LINES else f"{MOST_OLD_LINES} of {lines:,}"
