"""The charts of the page Aging: age buckets stacked by group, and how long backorders last. Drawn from sums alone."""

from __future__ import annotations

import html
from collections.abc import Sequence

import altair as alt
import pandas as pd

from dashboard.charts import ACCENT, BAR, BAR_HEIGHT, LATE, QUIET
from dashboard.domain import aging
from dashboard.domain import backlog as states

DARKEST, LIGHTEST = (27, 79, 117), (163, 202, 227)
"""The ends of the steps of the accent: both stand off from white and from near-black."""
OTHERS_GREY = "#8b95a0"
REST = 8
"""Pixels between a bar and its number."""


def colours(groups: Sequence[str], split: str) -> dict[str, str]:
    """The colour of each group: steps of the accent, red for late alone, grey for the others.

    States go from light (ready) to dark (uncovered), so that what is worse weighs more; everything else from dark to
    light in the order of the bar, so that the order tells the group where colour does not.
    """
    stepped = [group for group in groups if group not in (aging.OTHERS, states.LATE) or split != "state"]
    stepped = [group for group in stepped if group != aging.OTHERS]
    shades = _steps(len(stepped))
    steps = dict(zip(stepped, shades[::-1] if split == "state" else shades, strict=True))
    return {group: steps.get(group, OTHERS_GREY if group == aging.OTHERS else LATE) for group in groups}


def legend(shades: dict[str, str], names: dict[str, str]) -> str:
    """The groups with their colours as HTML, in the order of the bars; names from data are escaped."""
    parts = [
        f'<span style="white-space:nowrap;margin-right:1.1rem"><span style="display:inline-block;width:.75rem;'
        f'height:.75rem;margin-right:.4rem;background:{shade}"></span>{html.escape(names[group])}</span>'
        for group, shade in shades.items()
    ]
    return f'<div style="line-height:1.7;font-size:.9rem">{" ".join(parts)}</div>'


def stacked_bars(
    sums: pd.DataFrame, totals: pd.DataFrame, measure: str, title: str, shades: dict[str, str], names: dict[str, str]
) -> alt.LayerChart:
    """One horizontal bar per bucket, made of its groups in order, the bucket's sum at its end.

    sums: bucket, group [ordered category], `measure`; totals: bucket, `measure`, every bucket in its order. Choosing a
    part selects its bucket and group. A pixel is left between parts, so that they stand apart without colour too.
    """
    parts = _placed(sums, measure).assign(name=[names[group] for group in sums["group"]])
    whole = totals[["bucket", measure]].assign(text=[_written(value) for value in totals[measure]])
    rows = alt.Y(
        "bucket:N", title=None, scale=alt.Scale(domain=list(whole["bucket"])), axis=alt.Axis(ticks=False, domain=False)
    )
    # Room at the right for the longest number, whatever the width: the sums stand outside their bars.
    scale = alt.Scale(domain=[0, max(float(whole[measure].max()) * 1.15, 1)])
    colour = alt.Color("group:N", scale=alt.Scale(domain=list(shades), range=list(shades.values())), legend=None)
    chosen = alt.selection_point(name=BAR, fields=["bucket", "group"])
    marks = (
        alt.Chart(parts, height=alt.Step(BAR_HEIGHT))
        .mark_bar(cursor="pointer", x2Offset=1)
        .encode(
            y=rows,
            x=alt.X("end:Q", title=None, axis=None, scale=scale),
            x2="start:Q",
            color=colour,
            opacity=alt.value(1),
            tooltip=[
                alt.Tooltip("bucket:N", title="bucket"),
                alt.Tooltip("name:N", title="group"),
                alt.Tooltip(f"{measure}:Q", title=measure, format=",.0f"),
            ],
        )
        .add_params(chosen)
    )
    told = alt.Chart(whole).encode(y=rows, x=alt.X(f"{measure}:Q", scale=scale, axis=None), text="text:N")
    return (marks + told.mark_text(align="left", dx=REST - 2, color=QUIET)).properties(title=title)


def lasting(now: aging.Waits, before: aging.Waits) -> alt.LayerChart:
    """The share of backorders still open after so many days, as steps: this quarter's and the one before's."""
    drawn = [(each, shade, width) for each, shade, width in ((before, QUIET, 2), (now, ACCENT, 3)) if each.lines]
    end = max(each.seen_days for each, _, _ in drawn)
    scale = alt.Scale(domain=[0, max(end * 1.12, 7)], nice=False)
    x = alt.X("time:Q", title="days since the order", scale=scale, axis=alt.Axis(grid=False, tickMinStep=1))
    y = alt.Y(
        "survival:Q",
        title="still open",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format=".0%", values=[0, 0.1, 0.25, 0.5, 0.75, 1]),
    )
    tooltip = [
        alt.Tooltip("quarter:N", title="ordered in"),
        alt.Tooltip("time:Q", title="days"),
        alt.Tooltip("survival:Q", title="still open", format=".0%"),
        alt.Tooltip("at_risk:Q", title="followed so long"),
    ]
    layers = []
    for each, shade, width in drawn:
        steps = _steps_of(each)
        chart = alt.Chart(steps).encode(x=x, y=y)
        layers.append(chart.mark_line(interpolate="step-after", strokeWidth=width, color=shade))
        layers.append(chart.mark_point(filled=True, opacity=0, size=120).encode(tooltip=tooltip))
    return alt.layer(*layers, *_names(drawn, x, y)).properties(height=300)


def _names(drawn: Sequence[tuple[aging.Waits, str, int]], x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """Each curve's name where it stands highest and apart: the upper curve above its middle, the lower one below."""
    named = []
    middle = max(1.0, min(each.seen_days for each, _, _ in drawn) * 0.45)
    heights = [_share_at(each, middle) for each, _, _ in drawn]
    for (each, shade, _), height in zip(drawn, heights, strict=True):
        is_upper = height == max(heights) and (heights.count(height) == 1 or each is drawn[0][0])
        point = pd.DataFrame({"time": [middle], "survival": [height], "text": [each.quarter.name]})
        place = {"align": "left", "dx": 8, "dy": -12} if is_upper else {"align": "right", "dx": -8, "dy": 14}
        named.append(alt.Chart(point).mark_text(color=shade, fontWeight=600, **place).encode(x=x, y=y, text="text:N"))
    return named


def _steps_of(waits: aging.Waits) -> pd.DataFrame:
    """The curve from its first day, where all are open, to the last day on which one was seen."""
    curve = waits.curve[["time", "survival", "at_risk"]]
    first = pd.DataFrame({"time": [0.0], "survival": [1.0], "at_risk": [waits.lines]})
    last = pd.DataFrame(
        {"time": [float(waits.seen_days)], "survival": [_share_at(waits, waits.seen_days)], "at_risk": [None]}
    ).astype({"at_risk": "float64"})
    return pd.concat([first, curve, last], ignore_index=True).assign(quarter=waits.quarter.name)


def _share_at(waits: aging.Waits, day: float) -> float:
    reached = waits.curve["survival"][waits.curve["time"] <= day]
    return float(reached.iloc[-1]) if len(reached) else 1.0


def _placed(sums: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The sums in the order of their groups, with where each begins and ends in its bar."""
    ordered = sums.sort_values(["bucket", "group"])
    end = ordered.groupby("bucket", observed=True)[measure].cumsum()
    return (
        ordered[["bucket", "group", measure]]
        .assign(start=end - ordered[measure], end=end)
        .astype({"bucket": "str", "group": "str"})
    )


def _steps(count: int) -> list[str]:
    """So many shades of the accent, from the darkest to the lightest."""
    shares = [place / max(count - 1, 1) for place in range(count)]
    mixed = [
        [round(dark + share * (light - dark)) for dark, light in zip(DARKEST, LIGHTEST, strict=True)]
        for share in shares
    ]
    return ["#{:02x}{:02x}{:02x}".format(*colour) for colour in mixed]


def _written(value: float) -> str:
    if abs(value) >= 999_500:
        return f"{value / 1_000_000:,.1f} m"
    return f"{value / 1_000:,.0f} k" if abs(value) >= 10_000 else f"{value:,.0f}"
