"""The bridge on screen: from what was to what is, each step with its lines; and the lines that were re-dated."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboard import (
    aging_views,
    bridge_charts,
    charts,
    decision_views,
    downloads,
    review_agenda,
    reviewing,
    settings,
    tables,
)
from dashboard.domain import bridge as bridges
from dashboard.domain import bridge_steps
from dashboard.domain import redated as redates
from dashboard.domain.decided import ORDER_LINE, Link
from dashboard.domain.plan import Plan
from dashboard.messages import count, day, headline, money, plain, units
from dashboard.reviewing import Pair

LINES_PAGE = settings.PROJECT_ROOT / "pages" / "open_backorders.py"
PARTS = (bridges.BACKORDERED, bridges.OPEN)
MEASURES = {"lines": "lines", "units": "qty", "money": "value"}
"""What the bars count, by its name on screen: the column of the bridge."""
WHOLE = "whole"
SPLITS = (WHOLE, *bridges.SPLITS)
PART, MEASURE, SPLIT, GROUP, STEP, LINE = "part", "in", "by", "group", "step", "line"
"""What stands in the address."""
EVERYBODY, NO_ID = "\x1fall", "\x1fnone"
"""Every group, and that without an id, in the address: told from all ids by a sign that none can hold."""
MOST_GROUPS = 10
MOST_LINES = 1_000
"""Lines of a step that are shown; the file holds all of them."""
PANEL_WIDTH = 430
"""The least of a chart beside a table [pixels]; on a narrower screen they stand one below the other."""

HOW = {
    bridge_steps.NEW: "Lines ordered on the first day or later, with what was ordered; what was shipped and "
    "cancelled of them since stands in those steps.",
    bridge_steps.REOPENED: "Lines that were ordered before the first day and were not open on it.",
    bridge_steps.SHIPPED: "Units that left the house in between. Backordered: of what was not covered by stock "
    "on the first day.",
    bridge_steps.CANCELLED: "Units cancelled in between, and those closed because a full extract no longer lists them.",
    bridge_steps.QUANTITY: "Lines whose ordered quantity was raised or lowered.",
    bridge_steps.UNCOVERED: "Covered by stock on the first day, backordered on the second; lines open on both days.",
    bridge_steps.COVERED: "Backordered on the first day, covered by stock on the second; lines open on both days.",
    bridge_steps.UNKNOWN: "Lines that are gone from the data, so that nobody can tell where they went.",
    bridge_steps.PRICE: "Units that are still there times the change of their unit price.",
    bridge_steps.MOVED: "Lines that were in another group on the first day: they leave that one and enter this one.",
}
"""How each step is made."""
HOW_BRIDGE = (
    "Opening + steps = closing, exactly, in lines, units and money. Steps are valued at the price of the first day; "
    "the change of price is a step of its own. A line counts once where it enters and once where it leaves."
)
HOW_REDATED = (
    "Lines open on both days whose expected date is another. The cause is the first that fits: we moved the supply "
    "that decides the date; its supplier did; its day passed without it; it came, was cancelled or is new; other lines "
    "took it. Days are expected now less expected then; above zero is later."
)
STEP_COLUMNS = [
    "order_id", "line_no", "step_value", "step_qty", "customer_name", "sku", "supplier_name", "state", "promise_date",
    "expected_date", "still_open",
]  # fmt: skip
REDATED_COLUMNS = [
    "order_id", "line_no", "days_moved", "from_date", "to_date", "promise_date", "cause", "person", "customer_name",
    "sku", "waits_for", "backordered_value",
]  # fmt: skip
SUM_COLUMNS = ["direction", "cause", "lines", "median_days", "total_days"]


def show(pair: Pair, plan: Plan) -> None:
    """The bridge between the two days; each bar opens its lines."""
    sentence = st.container()
    part, measure, split = _ask()
    frame = reviewing.bridge(pair, part, split)
    group, redated = None, reviewing.redated(pair)
    panels = st.grid(2, min_column_width=PANEL_WIDTH, gap="large")
    if split is not None:
        with panels.cell():
            group, frame = _ask_group(pair, frame, part, measure, split)
    with sentence:
        headline(_sentence(frame, pair, part, group), HOW_BRIDGE)
    with panels.cell():
        _show_waterfall(frame, pair, part, measure)
    with panels.cell():
        _show_redated(redated)
    _show_opened(pair, plan, frame, part, split, group, redated)


def _ask() -> tuple[str, str, str | None]:
    """Which part of the backlog, counted in what, split by what."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        part = review_agenda.ask("Backlog", PART, PARTS, "Backordered: open and not covered by stock on that day.")
        measure = review_agenda.ask("In", MEASURE, list(MEASURES))
        split = review_agenda.ask("Split by", SPLIT, SPLITS)
    return part, measure, None if split == WHOLE else split


def _ask_group(pair: Pair, frame: pd.DataFrame, part: str, measure: str, split: str) -> tuple[str | None, pd.DataFrame]:
    """Which group, by its bar or by name; with its own bridge, or that of all of them."""
    changes = changes_of(frame, MEASURES[measure])
    labels = {EVERYBODY: f"every {split}"} | {_id(row.group): row.label for row in changes.itertuples()}
    chosen = review_agenda.ask_listed(split.capitalize(), GROUP, labels)
    most = changes[changes["change"] != 0].head(MOST_GROUPS)
    if len(most):
        key = f"changes-{part}-{split}-{measure}-{chosen}"
        spec = bridge_charts.changes(
            most.assign(id=[_id(each) for each in most["group"]]), "label", "change",
            f"Change in {measure} by {split}", None if chosen == EVERYBODY else chosen,
        )  # fmt: skip
        _show_chart(spec, key, "id", GROUP, f"Change by {split}: {charts.described(most, 'label', 'change')}")
        of_all = f"{MOST_GROUPS} of {len(changes):,}, those that changed most. " if len(changes) > MOST_GROUPS else ""
        st.caption(f"{of_all}Filled grew, hollow shrank. Choose a bar to see its bridge.")
    else:
        st.caption(f"No {split} changed.")
    if chosen == EVERYBODY:
        return None, reviewing.bridge(pair, part)
    group = labels_to_group(changes, chosen)
    return group, frame[frame["group"] == group].reset_index(drop=True)


def changes_of(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Each group's change from the opening to the closing, the largest first.

    frame: a bridge with a split. One row per group: group, label [its name, with the id where several share it], then,
    now, change.
    """
    ends = {
        name: frame[frame["step"] == step].set_index("group")[column]
        for name, step in (("then", bridges.OPENING), ("now", bridges.CLOSING))
    }
    named = frame.drop_duplicates("group").set_index("group")["group_name"].astype("str")
    shared = named.duplicated(keep=False)
    ids = named.index.astype("str")
    label = [
        "none" if not each else f"{name} ({each})" if is_shared else name
        for each, name, is_shared in zip(ids, named, shared, strict=True)
    ]
    whole = pd.DataFrame(ends).assign(label=pd.Series(label, index=named.index))
    whole["change"] = whole["now"] - whole["then"]
    return whole.sort_values(["change", "label"], key=_largest_first).reset_index(names="group")


def labels_to_group(changes: pd.DataFrame, chosen: str) -> str:
    """The group of an id as it stands in the address."""
    return str(next(each for each in changes["group"] if _id(each) == chosen))


def _largest_first(column: pd.Series) -> pd.Series:
    return -column.abs() if column.dtype.kind in "fi" else column


def _id(group: object) -> str:
    """A group as it stands in the address."""
    return str(group) or NO_ID


def _sentence(frame: pd.DataFrame, pair: Pair, part: str, group: str | None) -> str:
    """From how much to how much, in lines and money."""
    then, now = frame.iloc[0], frame.iloc[-1]
    whose = "" if group is None else f" of {frame['group_name'].iloc[0] or 'none'}"
    what = "Backordered" if part == bridges.BACKORDERED else "The open backlog"
    return (
        f"{what}{whose}: {count(then['lines'], 'line')} on {day(pair.opening_day)}, {now['lines']:,.0f} "
        f"{_when(pair)}; {money(then['value'])} then, {money(now['value'])} now."
    )


def _when(pair: Pair) -> str:
    return "now" if pair.closing is None else f"on {day(pair.closing_day)}"


def _names(pair: Pair, steps: pd.Series) -> dict[str, str]:
    closing = "now" if pair.closing is None else day(pair.closing_day)
    return {step: step for step in steps} | {bridges.OPENING: day(pair.opening_day), bridges.CLOSING: closing}


def _show_waterfall(frame: pd.DataFrame, pair: Pair, part: str, measure: str) -> None:
    column, opened = MEASURES[measure], st.query_params.get(STEP)
    drawn = frame.rename(columns={column: measure}) if column != measure else frame
    names = _names(pair, drawn["step"])
    spec = bridge_charts.waterfall(drawn, measure, names, f"{part.capitalize()}, in {measure}", opened)
    told = "; ".join(f"{names[step]} {value:,.0f}" for step, value in zip(drawn["step"], drawn[measure], strict=True))
    _show_chart(spec, f"waterfall-{part}-{measure}-{opened}", "step", STEP, f"Bridge of {part} {measure}: {told}")
    cut = "The grey bars are cut on the left. " if bridge_charts.is_cut(drawn, measure) else ""
    st.caption(f"{cut}Filled adds, hollow takes away. Choose a bar, or its name below, to see its lines.")


def _show_chart(spec: bridge_charts.Spec, key: str, field: str, name: str, told: str) -> None:
    """A chart whose bars put what they stand for into the address."""

    def follow() -> None:
        chosen = [picked[field] for picked in st.session_state[key].selection.get(charts.BAR, [])]
        is_end = name == STEP and chosen[:1] in ([bridges.OPENING], [bridges.CLOSING])
        if chosen and not is_end:
            review_agenda.keep(name, chosen[0])
            review_agenda.keep(LINE, None)

    st.vega_lite_chart(
        spec=review_agenda.scaled(spec), key=key, on_select=follow, selection_mode=charts.BAR, alt=told
    )  # fmt: skip


def _show_redated(redated: pd.DataFrame) -> None:
    """How many lines were re-dated, by how many days, and why."""
    st.markdown(f"**Re-dated lines** ({count(len(redated), 'line')})", help=HOW_REDATED)
    if redated.empty:
        st.caption("No line that was open on both days is expected on another day.")
        return
    sums = redates.redated_sums(redated)
    tables.show(sums, SUM_COLUMNS, most=12)
    by = redated["direction"].value_counts()
    told = [redates.counted(each, int(by[each])) for each in redates.DIRECTIONS if by.get(each)]
    st.caption(f"{', '.join(told)}.")


def _show_opened(
    pair: Pair, plan: Plan, frame: pd.DataFrame, part: str, split: str | None, group: str | None, redated: pd.DataFrame
) -> None:
    """The lines of the step or the re-dating that was chosen."""
    steps = [
        step for step in frame["step"].iloc[1:-1] if frame.set_index("step").loc[step, ["lines", "qty", "value"]].any()
    ]
    directions = [each for each in redates.DIRECTIONS if (redated["direction"] == each).any()]
    if not steps and not directions:
        st.info("Nothing changed between the two days.")
        return
    opened = review_agenda.ask_one_of("Show the lines", STEP, [*steps, *directions], forget=LINE)
    if opened in directions:
        lines = redated[redated["direction"] == opened]
        told = f"**{opened.capitalize()}**: {count(len(lines), 'line')}"
        _show_lines(_with_dates(lines), REDATED_COLUMNS, told, HOW_REDATED, plan)
    elif opened is not None:
        lines = reviewing.step_lines(pair, part, opened, None if group is None else split, group)
        row = frame.set_index("step").loc[opened]
        _show_lines(_with_steps(lines), STEP_COLUMNS, _step_in_words(opened, row, len(lines)), HOW[opened], plan)


def _step_in_words(step: str, row: pd.Series, touched: int) -> str:
    """A step as one reads it: "New orders: +22 lines, +1,204 units, +45,310 EUR, on 40 lines"."""
    parts = [
        f"{_sign(row['lines'])}{count(abs(row['lines']), 'line')}",
        f"{_sign(row['qty'])}{units(abs(row['qty']))} units",
        f"{_sign(row['value'])}{money(abs(row['value']))}",
    ]
    return f"**{step.capitalize()}**: {plain(', '.join(parts))}, on {count(touched, 'line')}"


def _sign(value: float) -> str:
    return "+" if value > 0 else bridge_charts.MINUS if value < 0 else ""


def _with_steps(lines: pd.DataFrame) -> pd.DataFrame:
    return lines.assign(
        step_value=lines["value"], step_qty=lines["qty"], still_open=lines["is_open"].map({True: "yes", False: "no"})
    )


def _with_dates(lines: pd.DataFrame) -> pd.DataFrame:
    return lines.assign(days_moved=lines["days"], person=lines["who"], is_open=True)


def _show_lines(lines: pd.DataFrame, columns: list[str], told: str, how: str, plan: Plan) -> None:
    """A table of lines, one of which can be chosen, with the way to it and to a decision about it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(told, help=how, width="content")
        file = lines[["order_id", "line_no", *(name for name in columns if name not in ("order_id", "line_no"))]]
        downloads.offer("bridge-lines", lambda: file, key="bridge-lines")
    shown = lines.head(MOST_LINES)
    ids = [f"{order}/{line}" for order, line in zip(shown["order_id"], shown["line_no"], strict=True)]
    key = tables.key_of("bridge-lines", ids)
    tables.show(
        shown, columns, key=key, most=10, on_select=_choosing(key, ids), selection_mode="single-row"
    )  # fmt: skip
    if len(lines) > len(shown):
        st.caption(f"The first {len(shown):,} of {count(len(lines), 'line')}; the file holds all of them.")
    labels = {
        each: f"{each} · {customer} · {sku}"
        for each, customer, sku in zip(ids, shown["customer_name"], shown["sku"], strict=True)
    }
    chosen = review_agenda.ask_maybe(
        "Line", LINE, labels, "Choose a line here or in the table, to go to it or to decide about it."
    )
    if chosen is not None:
        _show_chosen(shown.iloc[ids.index(chosen)], plan)


def _choosing(key: str, ids: list[str]) -> Callable[[], None]:
    def choose() -> None:
        rows = st.session_state[key].selection.rows
        review_agenda.keep(LINE, ids[rows[0]] if rows else None)

    return choose


def _show_chosen(row: pd.Series, plan: Plan) -> None:
    """The way to the chosen line, and what is or may be decided about it."""
    order_id, line_no = str(row["order_id"]), str(row["line_no"])
    name = f"{order_id}/{line_no}"
    if row["is_open"]:
        st.page_link(
            LINES_PAGE, label=f":primary[{plain(name)} on Open backorders]",
            query_params=aging_views.line_query(plan.backlog, order_id, line_no),
        )  # fmt: skip
    else:
        st.caption(f"{plain(name)} is no longer open.")
    decision_views.show_about(Link(ORDER_LINE, order_id, line_no), "bridge-line")
