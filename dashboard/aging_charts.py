"""The charts of the page Aging: age buckets stacked by group, and how long backorders last. Drawn from sums alone.

They are written as Vega-Lite itself: to build and check the three of them through Altair costs 100 ms a click.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import pandas as pd

from dashboard.charts import ACCENT, BAR, BAR_HEIGHT, LATE, QUIET, short
from dashboard.domain import aging
from dashboard.domain import backlog as states

Spec = dict[str, Any]
DARKEST, LIGHTEST = (27, 79, 117), (163, 202, 227)
"""The ends of the steps of the accent: both stand off from white and from near-black."""
OTHERS_GREY, NONE_GREY = "#8b95a0", "#bfc6cd"


def colours(groups: Sequence[str], split: str) -> dict[str, str]:
    """The colour of each group: steps of the accent, red for late alone, greys for the others and for none.

    States go from light (ready) to dark (uncovered), so that what is worse weighs more; everything else from dark to
    light in the order of the bar, so that the order tells the group where colour does not.
    """
    apart = {aging.OTHERS: OTHERS_GREY, "": NONE_GREY} | ({states.LATE: LATE} if split == "state" else {})
    stepped = [group for group in groups if group not in apart]
    shades = _steps(len(stepped))
    steps = dict(zip(stepped, shades[::-1] if split == "state" else shades, strict=True))
    return {group: (apart | steps)[group] for group in groups}


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
) -> Spec:
    """One horizontal bar per bucket, made of its groups in order, the bucket's sum at its end.

    sums: bucket, group [ordered category], `measure`; totals: bucket, `measure`, every bucket in its order. Choosing a
    part selects its bucket and group. A pixel is left between parts, so that they stand apart without colour too.
    """
    parts = _placed(sums, measure).assign(name=[names[group] for group in sums["group"]])
    whole = totals[["bucket", measure]].assign(text=[short(value) for value in totals[measure]])
    rows = {
        "field": "bucket", "type": "nominal", "title": None, "scale": {"domain": whole["bucket"].tolist()},
        "axis": {"ticks": False, "domain": False},
    }  # fmt: skip
    # A seventh more than the longest bar, for the sum that stands outside it.
    length = {
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [0, max(float(whole[measure].max()) * 1.15, 1)]},
    }
    tooltip = [
        {"field": "bucket", "type": "nominal"},
        {"field": "name", "type": "nominal", "title": "group"},
        {"field": measure, "type": "quantitative", "format": ",.0f"},
    ]
    colour = {"domain": list(shades), "range": list(shades.values())}
    bars = {
        "y": rows,
        "x": {"field": "end", **length},
        "x2": {"field": "start"},
        "color": {"field": "group", "type": "nominal", "scale": colour, "legend": None},
        "opacity": {"value": 1},
        "tooltip": tooltip,
    }
    told = {"y": rows, "x": {"field": measure, **length}, "text": {"field": "text", "type": "nominal"}}
    return {
        "title": title,
        "height": {"step": BAR_HEIGHT},
        "params": [{"name": BAR, "select": {"type": "point", "fields": ["bucket", "group"]}, "views": ["parts"]}],
        "layer": [
            {"name": "parts", **_layer(parts, {"type": "bar", "cursor": "pointer", "x2Offset": 1}, bars)},
            _layer(whole, {"type": "text", "align": "left", "dx": 6, "color": QUIET}, told),
        ],
    }


def lasting(now: aging.Waits, before: aging.Waits) -> Spec:
    """The share of backorders still open after so many days, as steps: this quarter's and the one before's."""
    drawn = [(each, shade, width) for each, shade, width in ((before, QUIET, 2), (now, ACCENT, 3)) if each.lines]
    end = max(each.seen_days for each, _, _ in drawn)
    place = {
        "x": {
            "field": "time", "type": "quantitative", "title": "days since the order",
            "scale": {"domain": [0, max(end * 1.02, 7)], "nice": False}, "axis": {"grid": False, "tickMinStep": 1},
        },
        "y": {
            "field": "survival", "type": "quantitative", "title": "still open", "scale": {"domain": [0, 1]},
            "axis": {"format": ".0%", "values": [0, 0.1, 0.25, 0.5, 0.75, 1]},
        },
    }  # fmt: skip
    tooltip = [
        {"field": "quarter", "type": "nominal", "title": "ordered in"},
        {"field": "time", "type": "quantitative", "title": "days"},
        {"field": "survival", "type": "quantitative", "title": "still open", "format": ".0%"},
        {"field": "at_risk", "type": "quantitative", "title": "followed so long"},
    ]
    layers = []
    for each, shade, width in drawn:
        steps = _steps_of(each)
        layers += [
            _layer(steps, {"type": "line", "interpolate": "step-after", "strokeWidth": width, "color": shade}, place),
            _layer(steps, {"type": "point", "filled": True, "opacity": 0, "size": 120}, place | {"tooltip": tooltip}),
        ]
    return {"height": 300, "layer": [*layers, *_names(drawn, place)]}


def _names(drawn: Sequence[tuple[aging.Waits, str, int]], place: Spec) -> list[Spec]:
    """Each curve's name near the middle of the shorter one: above the upper curve, below the lower one."""
    middle = max(1.0, min(each.seen_days for each, _, _ in drawn) * 0.45)
    heights = [_share_at(each, middle) for each, _, _ in drawn]
    upper = heights.index(max(heights))
    named = []
    for row, (each, shade, _) in enumerate(drawn):
        point = pd.DataFrame({"time": [middle], "survival": [heights[row]], "text": [each.quarter.name]})
        side = {"align": "left", "dx": 8, "dy": -12} if row == upper else {"align": "right", "dx": -8, "dy": 14}
        mark = {"type": "text", "color": shade, "fontWeight": 600, **side}
        named.append(_layer(point, mark, place | {"text": {"field": "text", "type": "nominal"}}))
    return named


def _layer(rows: pd.DataFrame, mark: Spec, encoding: Spec) -> Spec:
    return {"data": {"values": _values(rows)}, "mark": mark, "encoding": encoding}


def _values(rows: pd.DataFrame) -> list[Spec]:
    """The rows as JSON knows them: numbers, texts, and null for what is missing."""
    return rows.astype("object").where(rows.notna(), None).to_dict("records")


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
