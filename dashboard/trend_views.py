"""The trend on screen: how the backlog went from one kept day to the next, with moves and decisions as marks."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import review_agenda, reviewing
from dashboard.charts import ACCENT, LATE, QUIET, short
from dashboard.messages import count, day, headline, listed
from dashboard.supplier_rates import NO_DATA, percent

Spec = dict[str, Any]
HEIGHT = 150
PANEL_WIDTH = 400
MOST_NUMBERS = 14
MEASURE = "in"
MEASURES = {
    "lines": ("open_lines", "backordered_lines"),
    "units": ("open_qty", "backordered_qty"),
    "money": ("open_value", "backordered_value"),
}
"""What the backlog is counted in, by its name on screen: the columns of open and of backordered."""
LATE_COLUMN = {"lines": "late_lines", "units": "late_lines", "money": "late_value"}
HOW = (
    "One point per week, its last kept day, with what was shown on that day; the last point is now. Open: ordered "
    "less shipped less cancelled. Backordered: open and not covered by stock on that day. Late: expected after the "
    "promise. Oldest: the age of the oldest open line. OTIF: of the purchase-order lines first due in the year before "
    "that day, the share received whole by the first due date; overdue ones count against it; the band is its 95 % "
    "interval. Marks below: restock dates moved and decisions made since the point before."
)


def show() -> None:
    """Backlog, backordered, late, the oldest line and OTIF by week, with what was moved and decided in between."""
    weeks = reviewing.trend()
    if weeks.empty:
        headline("No day is kept yet, so there is no trend.")
        return
    headline(sentence(weeks), HOW)
    measure = review_agenda.ask("In", MEASURE, list(MEASURES))
    opened, backordered = MEASURES[measure]
    late, late_in = LATE_COLUMN[measure], "money" if measure == "money" else "lines"
    panels = st.grid(2, min_column_width=PANEL_WIDTH, gap="medium")
    for column, title, shade in (
        (opened, f"Open, in {measure}", ACCENT),
        (backordered, f"Backordered, in {measure}", ACCENT),
        (late, f"Late, in {late_in}", LATE),
        ("oldest_days", "The oldest open line, in days", ACCENT),
    ):
        with panels.cell():
            _show_panel(weeks, column, title, shade)
    with panels.cell():
        _show_rate(weeks)
    with panels.cell():
        _show_marks(weeks)
    if len(weeks) == 1:
        st.caption("One week is kept so far: the trend begins with the next.")


def sentence(weeks: pd.DataFrame) -> str:
    """Where it goes over the weeks that are kept: what a manager would say."""
    first, last = weeks.iloc[0], weeks.iloc[-1]
    if len(weeks) == 1:
        backordered = count(last["backordered_lines"], "line")
        return f"{backordered} backordered on {day(last['snapshot_date'])}, in the first week that is kept."
    told = [
        f"{name} {_went(first[column], last[column])}"
        for name, column in (("backordered", "backordered_lines"), ("late", "late_lines"), ("open", "open_lines"))
    ]
    return f"Since {day(first['snapshot_date'])} {listed(told)} lines."


def _went(first: float, last: float) -> str:
    return f"stayed at {last:,.0f}" if first == last else f"went from {first:,.0f} to {last:,.0f}"


def _show_panel(weeks: pd.DataFrame, column: str, title: str, shade: str) -> None:
    st.markdown(f"**{title}**")
    told = "; ".join(f"{day(when)} {short(value)}" for when, value in _points(weeks, column))
    spec = panel(weeks, column, shade)
    st.vega_lite_chart(spec=review_agenda.scaled(spec), key=f"trend-{column}", alt=f"{title}: {told}")


def panel(weeks: pd.DataFrame, column: str, shade: str) -> Spec:
    """One figure over the weeks, from zero, with its number at each point."""
    rows = weeks.assign(
        when=[day(each) for each in weeks["snapshot_date"]],
        text=[
            short(value) if is_told else ""
            for value, is_told in zip(weeks[column], _told(weeks[column]), strict=True)
        ],
    )[["when", column, "text"]]  # fmt: skip
    place = {
        "x": _when(rows),
        "y": {
            "field": column, "type": "quantitative", "title": None, "axis": None,
            # A sixth above the highest point, for its number.
            "scale": {"domain": [0, max(float(rows[column].max()) * 1.18, 1)], "nice": False},
        },
        "tooltip": [
            {"field": "when", "type": "nominal", "title": "day"}, {"field": "text", "type": "nominal", "title": "was"},
        ],
    }  # fmt: skip
    return {
        "height": HEIGHT,
        "data": {"values": _values(rows)},
        "encoding": place,
        "layer": [
            {"mark": {"type": "line", "color": shade, "strokeWidth": 2}},
            {"mark": {"type": "point", "color": shade, "filled": True, "size": 50, "opacity": 1}},
            {
                "mark": {"type": "text", "color": QUIET, "dy": -11},
                "encoding": {"text": {"field": "text", "type": "nominal"}},
            },
        ],
    }


def _show_rate(weeks: pd.DataFrame) -> None:
    st.markdown("**OTIF of all suppliers, the year before**")
    if weeks["otif_rate"].isna().all():
        st.caption(f"{NO_DATA.capitalize()}: no purchase-order line was due.")
        return
    told = "; ".join(f"{day(when)} {percent(rate)}" for when, rate in _points(weeks, "otif_rate"))
    st.vega_lite_chart(spec=review_agenda.scaled(rate_panel(weeks)), key="trend-otif", alt=f"OTIF: {told}")


def rate_panel(weeks: pd.DataFrame) -> Spec:
    """OTIF over the weeks on its interval, from 0 to 100 %."""
    rows = weeks.assign(
        when=[day(each) for each in weeks["snapshot_date"]],
        text=[
            percent(rate) if is_told else ""
            for rate, is_told in zip(weeks["otif_rate"], _told(weeks["otif_rate"]), strict=True)
        ],
    )[["when", "otif_rate", "otif_low", "otif_high", "text", "due_lines"]]  # fmt: skip
    axis = {"format": ".0%", "values": [0, 0.5, 1], "title": None}
    rate = {"field": "otif_rate", "type": "quantitative", "scale": {"domain": [0, 1]}, "axis": axis}
    tooltip = [
        {"field": "when", "type": "nominal", "title": "day"},
        {"field": "text", "type": "nominal", "title": "OTIF"},
        {"field": "due_lines", "type": "quantitative", "title": "n"},
    ]
    return {
        "height": HEIGHT,
        "data": {"values": _values(rows)},
        "encoding": {"x": _when(rows), "tooltip": tooltip},
        "layer": [
            {
                "mark": {"type": "area", "color": ACCENT, "opacity": 0.2},
                "encoding": {"y": rate | {"field": "otif_low"}, "y2": {"field": "otif_high"}},
            },
            {"mark": {"type": "line", "color": ACCENT}, "encoding": {"y": rate}},
            {
                "mark": {"type": "point", "color": ACCENT, "filled": True, "size": 50, "opacity": 1},
                "encoding": {"y": rate},
            },
            {
                "mark": {"type": "text", "color": QUIET, "dy": -14},
                "encoding": {"y": rate, "text": {"field": "text", "type": "nominal"}},
            },
        ],
    }


def _show_marks(weeks: pd.DataFrame) -> None:
    """What we did in between: moves and decisions, a row of dots each with its number."""
    st.markdown("**What we did: moves and decisions**")
    told = "; ".join(
        f"{day(when)} {moves:,} moves, {decisions:,} decisions"
        for when, moves, decisions in zip(weeks["snapshot_date"], weeks["moves"], weeks["decisions"], strict=True)
    )
    st.vega_lite_chart(spec=review_agenda.scaled(marks(weeks)), key="trend-marks", alt=told)


def marks(weeks: pd.DataFrame) -> Spec:
    """Moves and decisions by week: a dot for each that is not 0, the larger the more, with its number above."""
    when = [day(each) for each in weeks["snapshot_date"]]
    parts = [
        pd.DataFrame({"when": when, "what": name, "number": weeks[name].to_numpy()}) for name in ("moves", "decisions")
    ]
    rows = pd.concat(parts, ignore_index=True)
    found = rows[rows["number"] > 0].assign(text=[f"{n:,}" for n in rows["number"][rows["number"] > 0]])
    place = {
        "x": _when(rows),
        "y": {
            "field": "what", "type": "nominal", "title": None, "scale": {"domain": ["moves", "decisions"]},
            "axis": {"ticks": False, "domain": False, "grid": True},
        },
        "tooltip": [
            {"field": "when", "type": "nominal", "title": "up to"},
            {"field": "what", "type": "nominal", "title": "what"},
            {"field": "number", "type": "quantitative", "title": "number"},
        ],
    }  # fmt: skip
    most = max(int(rows["number"].max()), 1)
    size = {
        "field": "number", "type": "quantitative", "scale": {"domain": [0, most], "range": [60, 500]}, "legend": None,
    }  # fmt: skip
    return {
        "height": HEIGHT,
        "data": {"values": _values(found)},
        "encoding": place,
        "layer": [
            {"mark": {"type": "point", "filled": True, "color": ACCENT, "opacity": 1}, "encoding": {"size": size}},
            {
                "mark": {"type": "text", "color": QUIET, "dy": -20},
                "encoding": {"text": {"field": "text", "type": "nominal"}},
            },
        ],
    }


def _when(rows: pd.DataFrame) -> Spec:
    """The kept days in their order, each as far from the next: one a week."""
    return {
        "field": "when", "type": "ordinal", "title": None, "scale": {"domain": list(dict.fromkeys(rows["when"]))},
        "axis": {"labelAngle": 0, "labelOverlap": "greedy", "grid": False},
    }  # fmt: skip


def _told(values: pd.Series) -> list[bool]:
    """At which points the number is written: at all of a few, else at the ends and the extremes."""
    known = values.dropna()
    if len(values) <= MOST_NUMBERS:
        return values.notna().tolist()
    ends = {known.index[0], known.index[-1], known.idxmin(), known.idxmax()} if len(known) else set()
    return [each in ends for each in values.index]


def _points(weeks: pd.DataFrame, column: str) -> list[tuple[pd.Timestamp, float]]:
    found = weeks[weeks[column].notna()]
    return list(zip(found["snapshot_date"], found[column], strict=True))


def _values(rows: pd.DataFrame) -> list[Spec]:
    return rows.astype("object").where(rows.notna(), None).to_dict("records")
