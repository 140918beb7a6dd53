"""The charts of the page Suppliers: rates with their intervals, days late, months. Drawn from sums alone.

They are written as Vega-Lite itself: to build and check them through Altair costs half of a click.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pandas as pd

from dashboard import messages
from dashboard.charts import ACCENT, LATE, QUIET
from dashboard.domain.suppliers import WORSE
from dashboard.supplier_rates import percent

Spec = dict[str, Any]
HEIGHT = 200
MOST_BARS = 60
SHARES = {"type": "quantitative", "scale": {"domain": [0, 1]}}


def intervals(figures: pd.DataFrame) -> Spec:
    """One row per supplier in the order given: its OTIF rate as a dot on its interval, n at the end."""
    rows = figures[["otif_rate", "otif_low", "otif_high", "lines_judged"]].assign(
        supplier=names_apart(figures), is_worse=figures["mark"] == WORSE,
        told=[f"n {n:,}" for n in figures["lines_judged"]],
        **{f"otif_{end}_told": [percent(rate) for rate in figures[f"otif_{end}"]] for end in ("rate", "low", "high")},
    )  # fmt: skip
    axis = {"format": ".0%", "tickCount": 6}
    place = {
        "y": {
            "field": "supplier", "type": "nominal", "title": None, "axis": {"ticks": False},
            "scale": {"domain": rows["supplier"].tolist()},
        },
        "color": {"condition": {"test": "datum.is_worse", "value": LATE}, "value": ACCENT},
        "tooltip": [
            {"field": "supplier", "type": "nominal", "title": "Supplier"},
            *(
                {"field": f"otif_{end}_told", "type": "nominal", "title": title}
                for end, title in (("rate", "OTIF"), ("low", "from"), ("high", "to"))
            ),
            {"field": "lines_judged", "type": "quantitative", "title": "n"},
        ],
    }  # fmt: skip
    low, rate, high = (
        {"field": f"otif_{end}", **SHARES, "axis": axis, "title": None} for end in ("low", "rate", "high")
    )
    told = {"x": high, "text": {"field": "told", "type": "nominal"}, "color": {"value": QUIET}}
    return {
        "height": {"step": 24},
        "data": {"values": rows.to_dict("records")},
        "layer": [
            {
                "mark": {"type": "bar", "height": 6, "opacity": 0.35},
                "encoding": place | {"x": low, "x2": {"field": "otif_high"}},
            },
            {"mark": {"type": "point", "filled": True, "size": 80, "opacity": 1}, "encoding": place | {"x": rate}},
            {"mark": {"type": "text", "align": "left", "dx": 6}, "encoding": place | told},
        ],
    }


def names_apart(figures: pd.DataFrame) -> pd.Series:
    """The suppliers' names, with the id behind a name that several bear: "Acme (S-1)"."""
    return messages.names_apart(figures["supplier_name"], figures["supplier_id"])


def days_late(counts: pd.DataFrame) -> Spec:
    """Lines by days late: red is late, pale has not come yet."""
    bars = late_bars(counts)
    days = {"type": "quantitative", "title": "days after the first due date", "scale": {"nice": False}}
    lines = {
        "type": "quantitative", "title": None, "scale": {"nice": True},
        "axis": {"tickMinStep": 1, "format": "d", "tickCount": 4},
    }  # fmt: skip
    return {
        "height": HEIGHT,
        "data": {"values": bars.to_dict("records")},
        "mark": {"type": "bar", "xOffset": 0.5, "x2Offset": -0.5},
        "encoding": {
            "x": {"field": "start", **days, "axis": {"tickMinStep": 1, "format": "d", "grid": False}},
            "x2": {"field": "end"},
            "y": {"field": "low", **lines},
            "y2": {"field": "high"},
            "color": {"condition": {"test": "datum.is_late", "value": LATE}, "value": ACCENT},
            "opacity": {"condition": {"test": "datum.is_received", "value": 1}, "value": 0.4},
            "tooltip": [
                {"field": "told", "type": "nominal", "title": "Days late"},
                {"field": "lines", "type": "quantitative", "title": "Lines"},
                {"field": "is_received", "type": "nominal", "title": "Received"},
            ],
        },
    }


def late_bars(counts: pd.DataFrame) -> pd.DataFrame:
    """The bars of days late: one row per bar of so many days and whether its lines came; those that came below.

    start, end [days; half a day beside the first and the last of the bar, so that it stands over its number]; low, high
    [lines, stacked]; lines; told ["3", "3 to 4"]; is_late; is_received. No bar holds both late days and others.
    """
    step = max(1, math.ceil((counts["days_late"].max() - counts["days_late"].min() + 1) / MOST_BARS))
    sums: Counter[tuple[int, bool]] = Counter()
    for days, is_received, lines in counts[["days_late", "is_received", "lines"]].itertuples(index=False, name=None):
        sums[math.ceil(days / step) * step, not is_received] += lines
    rows = []
    for (last, is_waiting), lines in sorted(sums.items()):
        first, low = last - step + 1, sums[last, False] if is_waiting else 0
        rows.append(
            {
                "start": first - 0.5, "end": last + 0.5, "low": low, "high": low + lines, "lines": lines,
                "told": f"{first}" if step == 1 else f"{first} to {last}", "is_late": last > 0,
                "is_received": not is_waiting,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def months(by_month: pd.DataFrame) -> Spec:
    """OTIF of each month with the lines it is made of above; the line breaks where nothing can be judged."""
    rows = by_month.assign(told=[percent(rate) for rate in by_month["otif_rate"]]).astype("object")
    month = {"field": "month", "type": "ordinal", "title": None, "axis": {"labelAngle": -45}}
    rate = {"field": "otif_rate", **SHARES, "title": None, "axis": {"format": ".0%", "values": [0, 0.5, 1]}}
    tooltip = [
        {"field": "month", "type": "nominal"},
        {"field": "told", "type": "nominal", "title": "OTIF"},
        {"field": "lines_judged", "type": "quantitative", "title": "n"},
        {"field": "lines_due", "type": "quantitative", "title": "Lines due"},
    ]
    return {
        "height": HEIGHT,
        "data": {"values": rows.where(rows.notna(), None).to_dict("records")},
        "encoding": {"x": month, "y": rate},
        "layer": [
            {"mark": {"type": "line", "color": ACCENT}},
            {
                "mark": {"type": "point", "color": ACCENT, "filled": True, "size": 60, "opacity": 1},
                "encoding": {"tooltip": tooltip},
            },
            # Above the plot, so that no dot at 100 % stands on its number.
            {
                "mark": {"type": "text", "color": QUIET, "baseline": "bottom"},
                "encoding": {"y": {"value": -8}, "text": {"field": "lines_judged", "type": "quantitative"}},
            },
        ],
    }
