"""The chart of the page Customers: value at risk against days late. The first to call have their names beside them.

It is written as Vega-Lite itself: to build and check it through Altair costs more than the rest of a click.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

from dashboard.charts import ACCENT, BAR, QUIET

Spec = dict[str, Any]
HEIGHT = 270
"""Of the plot itself [pixels]: the axis stands below it."""
WIDTHS = (290, 1_200)
"""Names have room in every plot from the first to the second width [pixels]; beyond these one may meet a bubble."""
LEAST_AREA, LARGEST_AREA = 10, 700
"""Of the bubbles of score 0 and of score 100 [square pixels]."""
MOST_NAMES = 4
FIRST_NAMES = 5
"""Of the first so many rows, as many are named as there is room for, at most MOST_NAMES."""
NAME_SIZE = 12
PIXELS_A_CHARACTER = 6.5
GAP = 4
RIGHT, LEFT = "right", "left"


class Box(NamedTuple):
    """A rectangle on the plot: it moves with a share of the plot's width, and keeps its own size.

    share: of the width, from the left; left, right: from there [pixels]; top, bottom: from the plot's top [pixels].
    """

    share: float
    left: float
    right: float
    top: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Whether the two have a point in common in a plot of any width from the first to the second of WIDTHS."""
        apart = [(other.share - self.share) * width for width in WIDTHS]
        return (
            self.left < max(apart) + other.right
            and min(apart) + other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def is_inside(self) -> bool:
        """Whether it lies between the plot's left and right edge in all of them."""
        return all(-self.left <= self.share * width <= width - self.right for width in WIDTHS)


def bubbles(points: pd.DataFrame, titles: tuple[str, str, str]) -> Spec:
    """One bubble per row of points, the smaller ones on top. Choosing one selects its `key`.

    points: key, label [the customer's name], days, money, score [0 to 100]; titles of the last three. The first rows
    have their names beside them, beneath all bubbles, as far as name_sides finds room.
    """
    ends = {"days": max(float(points["days"].max()), 1) * 1.05, "money": max(float(points["money"].max()), 1) * 1.1}
    place = {
        "x": _scale("days", titles[0], ends["days"], {"grid": False, "tickCount": 6}),
        "y": _scale("money", titles[1], ends["money"], {"format": "~s", "tickCount": 5}),
    }
    tooltip = [
        {"field": "label", "type": "nominal", "title": "Customer"},
        *(
            {"field": field, "type": "quantitative", "title": title, "format": form}
            for field, title, form in zip(("days", "money", "score"), titles, (",.1f", ",.0f", ".1f"), strict=True)
        ),
    ]
    area = {"domain": [0, 100], "range": [LEAST_AREA, LARGEST_AREA]}
    size = {"field": "score", "type": "quantitative", "scale": area, "legend": None}
    mark = {
        "type": "point", "filled": True, "opacity": 0.6, "cursor": "pointer", "color": ACCENT, "stroke": "white",
        "strokeWidth": 1,
    }  # fmt: skip
    drawn = points.sort_values("score", ascending=False, kind="stable")
    marks = {"data": {"values": _values(drawn)}, "mark": mark, "encoding": place | {"size": size, "tooltip": tooltip}}
    return {
        "height": HEIGHT,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "params": [{"name": BAR, "select": {"type": "point", "fields": ["key"]}, "views": ["bubbles"]}],
        "layer": [*_names(points, ends, place), {"name": "bubbles", **marks}],
    }


def name_sides(points: pd.DataFrame, ends: dict[str, float]) -> dict[int, str]:
    """Beside which of the first bubbles a name stands, and on which side.

    A name stands where it meets no bubble, no other name and neither side of the plot, else it is left out.
    """
    circles = [
        _circle(days / ends["days"], (1 - money / ends["money"]) * HEIGHT, _radius(score))
        for days, money, score in zip(points["days"], points["money"], points["score"], strict=True)
    ]
    sides: dict[int, str] = {}
    taken: list[Box] = []
    for row, label in enumerate(points["label"].astype("str").head(FIRST_NAMES)):
        if len(sides) == MOST_NAMES:
            break
        for side, box in _beside(circles[row], label):
            others = [*circles[:row], *circles[row + 1 :], *taken]
            if box.is_inside() and not any(box.meets(other) for other in others):
                sides[row] = side
                taken.append(box)
                break
    return sides


def _names(points: pd.DataFrame, ends: dict[str, float], place: Spec) -> list[Spec]:
    """A layer of names for each side."""
    sides = name_sides(points, ends)
    layers = []
    for side, sign in ((RIGHT, 1), (LEFT, -1)):
        for row in (row for row, found in sides.items() if found == side):
            one = points.iloc[[row]]
            offset = sign * (_radius(float(one["score"].iloc[0])) + GAP)
            align = LEFT if side == RIGHT else RIGHT
            mark = {
                "type": "text", "align": align, "baseline": "middle", "dx": offset, "color": QUIET,
                "fontSize": NAME_SIZE,
            }  # fmt: skip
            told = place | {"text": {"field": "label", "type": "nominal"}}
            layers.append({"data": {"values": _values(one)}, "mark": mark, "encoding": told})
    return layers


def _beside(circle: Box, label: str) -> Iterator[tuple[str, Box]]:
    """Where the name of a bubble could stand: to its right, then to its left."""
    width, middle = PIXELS_A_CHARACTER * len(label), (circle.top + circle.bottom) / 2
    top, bottom = middle - NAME_SIZE / 2, middle + NAME_SIZE / 2
    yield RIGHT, Box(circle.share, circle.right + GAP, circle.right + GAP + width, top, bottom)
    yield LEFT, Box(circle.share, circle.left - GAP - width, circle.left - GAP, top, bottom)


def _circle(share: float, y: float, radius: float) -> Box:
    return Box(share, -radius, radius, y - radius, y + radius)


def _radius(score: float) -> float:
    """Of a bubble [pixels]; Vega's size is the area of the square around a point's circle."""
    return float((LEAST_AREA + (LARGEST_AREA - LEAST_AREA) * score / 100) ** 0.5) / 2 + 1


def _scale(field: str, title: str, end: float, axis: Spec) -> Spec:
    scale = {"domain": [0, end], "nice": False}
    return {"field": field, "type": "quantitative", "title": title, "scale": scale, "axis": axis}


def _values(rows: pd.DataFrame) -> list[Spec]:
    return rows.astype("object").where(rows.notna(), None).to_dict("records")
