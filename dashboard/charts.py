"""How charts look: one accent, red only for what is late, numbers at the bars. Drawn from sums, never from lines."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from dashboard.messages import count

if TYPE_CHECKING:
    import altair as alt

ACCENT = "#2f7fb8"
QUIET = "#76828f"
"""Legible on white and on near-black alike."""
LATE = "#c8372d"
BAR = "bar"
"""The name of the selection that choosing a bar makes."""
BAR_HEIGHT = 26


def bars(sums: pd.DataFrame, group: str, measure: str, title: str, late: tuple[str, ...] = ()) -> dict[str, Any]:
    """One horizontal bar per row of sums, in its order, with its number at the end. Choosing one selects its group.

    sums: group [text], measure [number]; rows whose group is in `late` are red. Written as Vega-Lite itself: to build
    and check the charts of a page through Altair costs more than everything else in a click.
    """
    drawn = sums[[group, measure]].assign(is_late=sums[group].isin(late), text=[short(v) for v in sums[measure]])
    named = {
        "field": group, "type": "nominal", "title": None, "scale": {"domain": drawn[group].tolist()},
        "axis": {"ticks": False, "domain": False},
    }  # fmt: skip
    place = {
        "y": named,
        "x": {"field": measure, "type": "quantitative", "title": None, "axis": None},
        "tooltip": [
            {"field": group, "type": "nominal", "title": title},
            {"field": measure, "type": "quantitative", "title": measure, "format": ",.0f"},
        ],
    }
    return {
        "title": title,
        "height": {"step": BAR_HEIGHT},
        "data": {"values": drawn.to_dict("records")},
        "params": [{"name": BAR, "select": {"type": "point", "fields": [group]}, "views": ["bars"]}],
        "layer": [
            {
                "name": "bars",
                "mark": {"type": "bar", "cursor": "pointer"},
                "encoding": place | {"color": {"condition": {"test": "datum.is_late", "value": LATE}, "value": ACCENT}},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 4, "color": QUIET},
                "encoding": place | {"text": {"field": "text", "type": "nominal"}},
            },
        ],
    }


def line_of_time(allocations: pd.DataFrame, today: date, promise: pd.Timestamp | None) -> alt.LayerChart:
    """What one order line waits for: a bar from today to the day each of its supplies is available.

    allocations: label [text], available_date [datetime64, NaT where no date can be used], is_late [bool], without [what
    to say where there is no date].
    """
    import altair as alt  # read where it is used: the command line has no need of it

    start = pd.Timestamp(today)
    days = pd.Series([start, promise, *allocations["available_date"]], dtype="datetime64[s]").dropna()
    room = max(pd.Timedelta(days=3), (days.max() - days.min()) * 0.15)
    scale = alt.Scale(domain=[days.min() - room / 3, days.max() + room])
    base = alt.Chart(allocations.assign(start=start), height=alt.Step(30)).encode(
        y=alt.Y("label:N", sort=list(allocations["label"]), title=None, axis=alt.Axis(labelLimit=420, ticks=False)),
        color=alt.condition("datum.is_late", alt.value(LATE), alt.value(ACCENT)),
    )
    axis = alt.Axis(format="%Y-%m-%d", tickCount=6, grid=False)
    is_dated = alt.datum.available_date != None  # noqa: E711, a Vega expression
    dated = base.transform_filter(is_dated).encode(x=alt.X("available_date:T", title=None, scale=scale, axis=axis))
    told = base.transform_filter(~is_dated).encode(
        x=alt.X("start:T", scale=scale), text="without:N", color=alt.value(QUIET)
    )
    marked = {"today": start} | ({} if promise is None or pd.isna(promise) else {"promise": promise})
    middle = days.min() + (days.max() - days.min()) / 2
    rules = [
        _named_rule(f"{name} {day:%Y-%m-%d}", day, -6 - 13 * row, "right" if day > middle else "left", scale)
        for row, (name, day) in enumerate(marked.items())
    ]
    return alt.layer(
        *rules,
        dated.mark_bar(height=8, opacity=0.5).encode(x2="start:T"),
        dated.mark_point(filled=True, size=90, opacity=1),
        told.mark_text(align="left", dx=6, fontStyle="italic"),
    )


def _named_rule(text: str, day: pd.Timestamp, place: int, align: str, scale: alt.Scale) -> alt.LayerChart:
    """A dashed line through all rows at a day, its name above them, to the side where there is room."""
    import altair as alt

    rule = alt.Chart(pd.DataFrame({"day": [day], "text": [text]})).encode(x=alt.X("day:T", scale=scale, title=None))
    named = rule.mark_text(align=align, dx=4 if align == "left" else -4, color=QUIET)
    return rule.mark_rule(strokeDash=[4, 3], color=QUIET) + named.encode(y=alt.value(place), text="text:N")


def short(value: float) -> str:
    """A number at a bar: whole below ten thousand, then in thousands, millions and billions."""
    if abs(value) >= 999_950_000:
        return f"{value / 1_000_000_000:,.1f} bn"
    if abs(value) >= 999_500:
        return f"{value / 1_000_000:,.1f} m"
    return f"{value / 1_000:,.0f} k" if abs(value) >= 10_000 else f"{value:,.0f}"


def described(sums: pd.DataFrame, group: str, measure: str) -> str:
    """The chart in words, for those who cannot see it: "late 12, undated 5"."""
    return ", ".join(f"{name} {value:,.0f}" for name, value in zip(sums[group], sums[measure], strict=True)) or count(
        0, "row"
    )
