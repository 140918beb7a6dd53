"""The charts of the bridge: what was, what came and went, what is; and in which groups. Drawn from sums alone.

They are written as Vega-Lite itself, as in charts: a click that is answered at once is worth the longer text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dashboard.charts import ACCENT, BAR, QUIET, short

Spec = dict[str, Any]
STEP_HEIGHT = 34
LEAST_SEEN = 0.02
"""Where the smallest step is less than this share of the longest bar, the axis begins below the running sums."""
MINUS = "\u2212"
_LOOK: Spec = {
    "fillOpacity": {"condition": {"test": "datum.is_less", "value": 0.18}, "value": 1},
    "strokeWidth": {"condition": {"test": "datum.is_chosen", "value": 4}, "value": 1.5},
    "opacity": {"value": 1},
}
"""What was taken away is hollow, what is chosen has a thick edge."""


def signed(value: float) -> str:
    """A change as it stands at its bar: "+120", "0", and less with a true minus."""
    if not value:
        return "0"
    return f"{'+' if value > 0 else MINUS}{short(abs(value))}"


def waterfall(
    steps: pd.DataFrame, measure: str, names: Mapping[str, str], title: str, chosen: str | None = None
) -> Spec:
    """One row per step from what was to what is, each bar where the one before ends. Choosing one selects its step.

    steps: step, `measure` [number; signed but for the first and the last row, which are totals]; names: what each step
    is called. Totals are grey, what was added is filled, what was taken away is hollow: sign and shape tell them apart
    without colour.
    """
    rows = _running(steps, measure).assign(name=[names[step] for step in steps["step"]])
    rows["is_chosen"] = rows["step"] == chosen
    first, last = axis_from(rows), float(rows["high"].max())
    # The number stands outside the bar: a sixth more than the longest one.
    length = {
        "type": "quantitative", "axis": None,
        "scale": {"domain": [first, max(last + (last - first) / 6, first + 1)], "zero": False, "nice": False},
    }  # fmt: skip
    place = _beneath("name", rows)
    tooltip = [
        {"field": "name", "type": "nominal", "title": "step"},
        {"field": "told", "type": "nominal", "title": measure},
    ]
    shown = rows.assign(low=rows["low"].clip(lower=first))
    bars = {
        **place,
        **_LOOK,
        "x": {"field": "low", **length},
        "x2": {"field": "high"},
        "fill": {"condition": {"test": "datum.is_total", "value": QUIET}, "value": ACCENT},
        "stroke": {"condition": {"test": "datum.is_total || datum.is_chosen", "value": QUIET}, "value": ACCENT},
        "tooltip": tooltip,
    }
    told = place | {"x": {"field": "high", **length}, "text": {"field": "text", "type": "nominal"}}
    return {
        "title": title,
        "height": {"step": STEP_HEIGHT},
        "params": [{"name": BAR, "select": {"type": "point", "fields": ["step"]}, "views": ["steps"]}],
        "layer": [
            _layer(_joints(shown), {"type": "rule", "color": QUIET, "strokeDash": [2, 3]}, _joined(place, length)),
            {"name": "steps", **_layer(shown, {"type": "bar", "cursor": "pointer", "height": {"band": 0.7}}, bars)},
            _layer(shown, {"type": "text", "align": "left", "dx": 6, "color": QUIET}, told),
        ],
    }


def changes(groups: pd.DataFrame, group: str, measure: str, title: str, chosen: str | None = None) -> Spec:
    """One bar per group, to the right where it grew and to the left where it shrank. Choosing one selects its id.

    groups: id, `group` [what it is called], `measure` [signed change], then, now [of the same measure].
    """
    rows = groups[["id", group, measure, "then", "now"]].assign(
        is_less=groups[measure] < 0, is_chosen=groups["id"] == chosen, text=[signed(v) for v in groups[measure]],
        told=[f"{short(then)} to {short(now)}" for then, now in zip(groups["then"], groups["now"], strict=True)],
    )  # fmt: skip
    reach = max(float(rows[measure].abs().max()), 1.0)
    low, high = min(float(rows[measure].min()), 0.0), max(float(rows[measure].max()), 0.0)
    room = reach / 3
    length = {
        "type": "quantitative", "axis": None,
        "scale": {"domain": [low - (room if low < 0 else 0), high + (room if high > 0 else 0)], "nice": False},
    }  # fmt: skip
    place = _beneath(group, rows) | {"x": {"field": measure, **length}}
    bars = {
        **place,
        **_LOOK,
        "fill": {"value": ACCENT},
        "stroke": {"condition": {"test": "datum.is_chosen", "value": QUIET}, "value": ACCENT},
        "tooltip": [
            {"field": group, "type": "nominal", "title": title},
            {"field": "text", "type": "nominal", "title": "change"},
            {"field": "told", "type": "nominal", "title": measure},
        ],
    }
    texts = [
        _layer(
            rows[rows["is_less"] == is_less],
            {"type": "text", "align": "right" if is_less else "left", "dx": -6 if is_less else 6, "color": QUIET},
            place | {"text": {"field": "text", "type": "nominal"}},
        )
        for is_less in (False, True)
    ]
    return {
        "title": title,
        "height": {"step": 26},
        "params": [{"name": BAR, "select": {"type": "point", "fields": ["id"]}, "views": ["groups"]}],
        "layer": [
            {"name": "groups", **_layer(rows, {"type": "bar", "cursor": "pointer", "height": {"band": 0.7}}, bars)},
            *texts,
        ],
    }


def axis_from(rows: pd.DataFrame) -> float:
    """Where the axis of a waterfall begins: at 0, or below the lowest running sum where a step is too small to see.

    rows: low, high, end [the running sum], is_total.
    """
    lengths = (rows["high"] - rows["low"])[~rows["is_total"]]
    lowest, highest = float(rows["end"].min()), float(rows["high"].max())
    smallest = lengths[lengths > 0].min()
    if lowest <= 0 or not smallest < LEAST_SEEN * highest:
        return min(lowest, 0.0)
    return max(0.0, lowest - (highest - lowest) / 2)


def is_cut(steps: pd.DataFrame, measure: str) -> bool:
    """Whether the bars of the totals are shortened, so that the steps can be seen."""
    return axis_from(_running(steps, measure)) > 0


def _running(steps: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The steps with where each bar begins and ends: low, high, end [the running sum after it], text, told."""
    values = steps[measure].astype("float64")
    is_total = pd.Series(range(len(steps)), index=steps.index).isin([0, len(steps) - 1])
    end = values.where(~is_total, 0).cumsum() + float(values.iloc[0])
    start = (end - values).where(~is_total, 0.0)
    return pd.DataFrame(
        {
            "step": steps["step"].astype("str"),
            "low": pd.concat([start, end], axis=1).min(axis=1),
            "high": pd.concat([start, end], axis=1).max(axis=1),
            "end": end,
            "is_total": is_total,
            "is_less": (values < 0) & ~is_total,
            "text": [short(v) if total else signed(v) for v, total in zip(values, is_total, strict=True)],
            "told": [f"{v:,.0f}" if total else f"{v:+,.0f}" for v, total in zip(values, is_total, strict=True)],
        }
    )


def _beneath(field: str, rows: pd.DataFrame) -> Spec:
    """The rows one beneath the other in their order, each called by that field."""
    return {
        "y": {
            "field": field, "type": "nominal", "title": None, "scale": {"domain": rows[field].tolist()},
            "axis": {"ticks": False, "domain": False, "labelLimit": 230},
        },
    }  # fmt: skip


def _joints(rows: pd.DataFrame) -> pd.DataFrame:
    """From each bar's end to the next bar: one row per joint."""
    return pd.DataFrame(
        {"name": rows["name"][:-1].to_numpy(), "next": rows["name"][1:].to_numpy(), "end": rows["end"][:-1].to_numpy()}
    )


def _joined(place: Spec, length: Spec) -> Spec:
    return {"y": place["y"], "y2": {"field": "next"}, "x": {"field": "end", **length}}


def _layer(rows: pd.DataFrame, mark: Spec, encoding: Spec) -> Spec:
    return {
        "data": {"values": rows.astype("object").where(rows.notna(), None).to_dict("records")},
        "mark": mark,
        "encoding": encoding,
    }
