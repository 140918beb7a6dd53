"""The report's charts as SVG: those of the pages in ink, and small ones of its own. Drawn without browser or network.

They are read in black and white too: what is told apart differs in lightness or shape, and bears its number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import vl_convert

from dashboard import bridge_charts, supplier_charts
from dashboard.charts import ACCENT, LATE, QUIET, short

Spec = dict[str, Any]
FONT = "Libertinus Serif, Liberation Serif, Georgia, serif"
"""Typst brings the first one; a browser takes the first that it has."""
INK, MIDDLE, PALE, WHITE = "#22303c", "#3f7fae", "#c3cdd6", "#ffffff"
_INKS = {ACCENT: MIDDLE, QUIET: INK, LATE: INK}
"""What stands on paper for the colours of the screen: lightness tells them apart, not hue."""
NUMBERS = (
    "datum.value >= 1e9 ? format(datum.value / 1e9, ',~f') + ' bn' : "
    "datum.value >= 1e6 ? format(datum.value / 1e6, ',~f') + ' m' : "
    "datum.value >= 1e4 ? format(datum.value / 1e3, ',~f') + ' k' : format(datum.value, ',~f')"
)
"""How an axis writes its numbers, as a Vega expression: as charts.short does."""
_ON_SCREEN_ALONE = ("params", "tooltip", "cursor", "title")
CONFIG: Spec = {
    "background": None,
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK, "titleColor": INK, "labelFontSize": 10, "titleFontSize": 10, "titleFontWeight": "normal",
        "gridColor": "#e3e7ea", "domainColor": "#8a949d", "tickColor": "#8a949d", "labelLimit": 150,
    },
    "axisYDiscrete": {"labelPadding": 6},  # a dot at zero reaches over its axis
    "text": {"fontSize": 10},
}  # fmt: skip


def waterfall(steps: pd.DataFrame, measure: str, names: dict[str, str], width: int) -> str:
    """The bridge as the review page draws it: sums are dark, what was added is filled, what was taken away hollow."""
    spec = bridge_charts.waterfall(steps, measure, names, "")
    return drawn(spec | {"height": {"step": 19}, "padding": {"left": 2, "top": 2, "right": 22, "bottom": 2}}, width)


def intervals(figures: pd.DataFrame, width: int) -> str:
    """OTIF with its interval as the page Suppliers draws it; a supplier that is getting worse is written dark."""
    return drawn(supplier_charts.intervals(figures) | {"height": {"step": 17}}, width)


def then_and_now(rows: pd.DataFrame, group: str, width: int) -> str:
    """Two bars for each group, hollow for then and filled for now, each with its number at the end.

    rows: group, then, now [numbers], in their order.
    """
    told = rows.melt(group, ["then", "now"], "when", "figure")
    told = told.assign(text=[short(each) for each in told["figure"]])
    most = max(float(told["figure"].max()), 1.0)
    place = {
        "y": {
            "field": group, "type": "nominal", "title": None, "axis": {"ticks": False, "domain": False},
            "scale": {"domain": rows[group].tolist(), "padding": 0.12},
        },
        "yOffset": {"field": "when", "type": "nominal", "scale": {"domain": ["then", "now"]}},
        "x": {"field": "figure", "type": "quantitative", "axis": None, "scale": {"domain": [0, most * 1.2]}},
    }  # fmt: skip
    fill = {"condition": {"test": "datum.when == 'then'", "value": WHITE}, "value": MIDDLE}
    bar = {"type": "bar", "stroke": INK, "strokeWidth": 0.7, "height": {"band": 0.9}}
    text = {"type": "text", "align": "left", "dx": 3, "color": INK, "fontSize": 8}
    return drawn(
        {
            "height": {"step": 9},
            "data": {"values": told.to_dict("records")},
            "layer": [
                {"mark": bar, "encoding": place | {"fill": fill}},
                {"mark": text, "encoding": place | {"text": {"field": "text", "type": "nominal"}}},
            ],
        },
        width,
    )


def line(days: pd.Series, values: pd.Series, width: int, percent: bool = False, height: int = 58) -> str:
    """One figure over time, a dot for each day that was kept, the last one with its number."""
    rows = pd.DataFrame({"day": days.dt.strftime("%Y-%m-%d"), "figure": values.astype("float64")}).dropna()
    if rows.empty:
        return ""
    span = {"domain": [0, 1]} if percent else {"zero": True}
    last = rows.tail(1).assign(text=[f"{each:.0%}" if percent else short(each) for each in rows["figure"].tail(1)])
    place = {
        "x": {
            "field": "day", "type": "temporal", "title": None,
            "axis": {
                "format": "%Y-%m-%d", "values": _ends(rows["day"].tolist()), "grid": False, "labelFontSize": 8.5,
                "labelFlush": True,
            },
        },
        "y": {
            "field": "figure", "type": "quantitative", "title": None, "scale": span,
            "axis": {
                "tickCount": 3, "labelExpr": "format(datum.value, '.0%')" if percent else NUMBERS, "labelFontSize": 8.5,
            },
        },
    }  # fmt: skip
    layers: list[Spec] = [
        {"mark": {"type": "line", "color": MIDDLE, "strokeWidth": 1.6}},
        {"mark": {"type": "point", "filled": True, "color": MIDDLE, "size": 16, "opacity": 1}},
        {
            "data": {"values": last.to_dict("records")},
            "mark": {
                "type": "text", "align": "left", "dx": 5, "fontWeight": "bold", "color": INK, "clip": False,
                "fontSize": 9.5,
            },
            "encoding": {"text": {"field": "text", "type": "nominal"}},
        },
    ]  # fmt: skip
    spec = {"height": height, "data": {"values": rows.to_dict("records")}, "encoding": place, "layer": layers}
    return drawn(spec | {"padding": {"left": 2, "top": 6, "right": 2, "bottom": 2}}, width)


def pairs(days: pd.Series, counts: dict[str, pd.Series], width: int, height: int = 58) -> str:
    """Counts over time, two bars a day: the first filled, the second hollow."""
    first = next(iter(counts))
    rows = pd.concat(
        [pd.DataFrame({"day": days.dt.strftime("%Y-%m-%d"), "what": what, "n": each}) for what, each in counts.items()]
    )
    order = days.dt.strftime("%Y-%m-%d").tolist()
    return drawn(
        {
            "height": height,
            "data": {"values": rows.to_dict("records")},
            "mark": {"type": "bar", "stroke": INK, "strokeWidth": 0.6},
            "encoding": {
                "x": {
                    "field": "day", "type": "ordinal", "title": None, "sort": order,
                    "axis": {
                        "labelOverlap": "greedy", "labelAngle": 0, "labelFontSize": 8.5, "ticks": False,
                        "labelFlush": True, "values": _ends(order),
                    },
                },
                "xOffset": {"field": "what", "type": "nominal", "scale": {"domain": list(counts)}},
                "y": {
                    "field": "n", "type": "quantitative", "title": None,
                    "axis": {"tickCount": 3, "tickMinStep": 1, "format": "d", "labelFontSize": 8.5},
                },
                "fill": {"condition": {"test": f"datum.what == '{first}'", "value": MIDDLE}, "value": WHITE},
            },
        },
        width,
    )  # fmt: skip


def _ends(days: list[str]) -> list[str]:
    """The first and the last day that were kept: a third date beside them has no room on a third of the page."""
    return days if len(days) < 2 else [days[0], days[-1]]


def drawn(spec: Spec, width: int) -> str:
    """A specification of Vega-Lite as SVG, so wide in all [pixels]; nothing is fetched for it."""
    whole = in_ink(spec) | {"width": width, "autosize": {"type": "fit-x", "contains": "padding"}}
    return vl_convert.vegalite_to_svg(whole, config=CONFIG, allowed_base_urls=[])


def in_ink(spec: Spec) -> Spec:
    """The same without what only a screen can do, in the colours of the paper. Data is left as it is."""
    return {
        name: each if name in ("data", "domain") else _inked(each)
        for name, each in spec.items()
        if name not in _ON_SCREEN_ALONE or (name == "title" and each is None)
    }


def _inked(part: Any) -> Any:
    if isinstance(part, dict):
        return in_ink(part)
    if isinstance(part, list):
        return [_inked(each) for each in part]
    return _INKS.get(part, part) if isinstance(part, str) else part


def words(rows: pd.DataFrame, group: str, figures: Sequence[str]) -> str:
    """A chart in words, for those who cannot see it: "0-3: then 12, now 15; ..."."""
    told = (
        f"{row[group]}: " + ", ".join(f"{name} {row[name]:,.0f}" for name in figures) for row in rows.to_dict("records")
    )
    return "; ".join(told)
