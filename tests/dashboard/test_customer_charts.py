from __future__ import annotations

from itertools import combinations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard import customer_charts
from dashboard.customer_charts import GAP, HEIGHT, LEFT, PIXELS_A_CHARACTER, RIGHT, WIDTHS, name_sides

ENDS = {"days": 60.0, "money": 1_000.0}


def points(*told: tuple[str, float, float, float]) -> pd.DataFrame:
    """A bubble each: name, days late, money, score."""
    frame = pd.DataFrame(told, columns=["label", "days", "money", "score"])
    return frame.assign(key=frame["label"])


def test_a_name_stands_to_the_right_and_where_that_is_taken_to_the_left() -> None:
    free, crowded = ("Free", 20, 900, 50), ("Crowded", 20, 300, 50)
    assert name_sides(points(free, crowded, ("Near", 25, 300, 50)), ENDS) == {0: RIGHT, 1: LEFT, 2: RIGHT}


def test_a_name_that_would_leave_the_chart_stands_on_the_other_side_or_nowhere() -> None:
    assert name_sides(points(("At the end", 59, 500, 50)), ENDS) == {0: LEFT}
    assert name_sides(points(("Too long a name for any chart " * 4, 30, 500, 50)), ENDS) == {}


def test_only_the_first_few_are_named() -> None:
    many = points(*(("Name", 10, 100 * place, 20) for place in range(9)))
    assert list(name_sides(many, ENDS)) == [0, 1, 2, 3]
    crowd = points(*(("A long name", 30, 500, 50) for _ in range(5)), ("Sixth", 10, 100, 50))
    assert name_sides(crowd, ENDS) == {0: RIGHT, 1: LEFT}


def test_names_lie_beneath_the_bubbles_and_small_bubbles_on_large_ones() -> None:
    spec = customer_charts.bubbles(points(("Small", 20, 900, 10), ("Large", 21, 900, 90)), ("x", "y", "size"))
    assert [layer["mark"]["type"] for layer in spec["layer"]][-1] == "point"
    assert (spec["height"], spec["autosize"]["type"]) == (HEIGHT, "fit-x"), "the plot itself is so high"
    assert [row["label"] for row in spec["layer"][-1]["data"]["values"]] == ["Large", "Small"]


BUBBLES = st.lists(
    st.tuples(st.sampled_from(["Old Mill", "Brightwater Retail", "Q"]), st.floats(0, 60), st.floats(0, 1_000),
              st.floats(0, 100)),
    min_size=1, max_size=12,
)  # fmt: skip


Rectangle = tuple[float, float, float, float]


def meet(one: Rectangle, other: Rectangle) -> bool:
    """Whether two rectangles of left, top, right and bottom have a point in common."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(BUBBLES, st.sampled_from([*WIDTHS, 418, 626, 866]) | st.floats(*WIDTHS))
def test_in_a_plot_of_any_width_no_name_hides_a_bubble_or_another_name_or_leaves_it(
    told: list[tuple[str, float, float, float]], width: float
) -> None:
    sides = name_sides(points(*told), ENDS)
    circles, names = {}, {}
    for row, (label, days, money, score) in enumerate(told):
        x, y = days / 60 * width, (1 - money / 1_000) * HEIGHT
        # a circle in a square of so many square pixels
        radius = (10 + 690 * score / 100) ** 0.5 / 2
        circles[row] = (x - radius, y - radius, x + radius, y + radius)
        if row in sides:
            beside, wide = radius + GAP, len(label) * PIXELS_A_CHARACTER
            left = x + beside if sides[row] == RIGHT else x - beside - wide
            names[row] = (left, y - 6, left + wide, y + 6)
    assert not any(meet(one, other) for one, other in combinations(names.values(), 2))
    assert not any(meet(names[row], circle) for row in names for each, circle in circles.items() if each != row)
    assert all(left > -1 and right < width + 1 for left, _, right, _ in names.values())


def test_a_bubble_that_comes_out_from_behind_another_in_a_wider_plot_is_not_covered_there() -> None:
    # At 290 pixels the small bubble lies within the large one, at 1,200 where the large one's name would stand.
    assert name_sides(points(("Large", 20, 500, 100), ("", 22.2, 500, 0)), ENDS)[0] == LEFT
