"""The waterfall: where its bars stand, what they say, and that the smallest step can be seen."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from dashboard import bridge_charts, trend_views
from dashboard.charts import ACCENT, LATE, QUIET

NAMES = {"opening": "2026-03-09", "closing": "now"}


def steps(*values: float) -> pd.DataFrame:
    names = ["opening", *(f"step {number}" for number in range(len(values) - 2)), "closing"]
    return pd.DataFrame({"step": names, "lines": values})


def drawn(frame: pd.DataFrame, chosen: str | None = None) -> list[dict[str, Any]]:
    names = {step: step for step in frame["step"]} | NAMES
    spec = bridge_charts.waterfall(frame, "lines", names, "Open, in lines", chosen)
    [layer] = [each for each in spec["layer"] if each.get("name") == "steps"]
    return list(layer["data"]["values"])


def test_each_bar_begins_where_the_one_before_ends() -> None:
    bars = drawn(steps(10, 4, -6, 0, 8))
    assert [(bar["low"], bar["high"], bar["text"]) for bar in bars] == [
        (0, 10, "10"),
        (10, 14, "+4"),
        (8, 14, "\u22126"),
        (8, 8, "0"),
        (0, 8, "8"),
    ]
    assert [bar["is_less"] for bar in bars] == [False, False, True, False, False]


def test_the_chosen_bar_is_marked() -> None:
    assert [bar["step"] for bar in drawn(steps(10, 4, -6, 8), "step 1") if bar["is_chosen"]] == ["step 1"]


@pytest.mark.parametrize(
    ("values", "is_cut"),
    [((10, 4, -6, 8), False), ((1_000, 3, -2, 1_001), True), ((0, 5, -5, 0), False), ((0, 0, 0), False),
     ((1_000, -1_000, 3, 3), False)],
)  # fmt: skip
def test_the_axis_begins_at_zero_unless_a_step_could_not_be_seen(values: tuple[float, ...], is_cut: bool) -> None:
    frame = steps(*values)
    assert bridge_charts.is_cut(frame, "lines") == is_cut
    bars = drawn(frame)
    assert all(bar["low"] <= bar["high"] for bar in bars)
    if is_cut:
        assert min(bar["low"] for bar in bars) > 0


def test_totals_are_grey_and_red_is_for_nothing_here() -> None:
    told = str(bridge_charts.waterfall(steps(10, 4, 14), "lines", {"step 0": "new"} | NAMES, "Open"))
    assert QUIET in told
    assert ACCENT in told
    assert LATE not in told


def test_a_change_is_told_by_its_sign() -> None:
    assert [bridge_charts.signed(each) for each in (3, -3, 0, 12_345, -2_500_000, 999_949_000, -999_951_000)] == [
        "+3", "\u22123", "0", "+12 k", "\u22122.5 m", "+999.9 m", "\u22121.0 bn",
    ]  # fmt: skip


def test_groups_reach_to_the_right_where_they_grew_and_to_the_left_where_they_shrank() -> None:
    groups = pd.DataFrame({"id": ["a", "b"], "label": ["A", "B"], "lines": [5, -2], "then": [1, 4], "now": [6, 2]})
    spec = bridge_charts.changes(groups, "label", "lines", "Change", "b")
    [layer] = [each for each in spec["layer"] if each.get("name") == "groups"]
    assert [(bar["id"], bar["text"], bar["told"], bar["is_chosen"]) for bar in layer["data"]["values"]] == [
        ("a", "+5", "1 to 6", False),
        ("b", "\u22122", "4 to 2", True),
    ]


def test_a_long_trend_writes_its_numbers_at_the_ends_and_the_extremes() -> None:
    days = pd.date_range("2025-03-17", periods=52, freq="7D")
    weeks = pd.DataFrame({"snapshot_date": days, "open_lines": [100.0] * 52})
    weeks.loc[7, "open_lines"], weeks.loc[30, "open_lines"] = 250.0, 20.0
    written = [each["text"] for each in trend_views.panel(weeks, "open_lines", ACCENT)["data"]["values"]]
    assert [text for text in written if text] == ["100", "250", "20", "100"]
    few = trend_views.panel(weeks.head(10), "open_lines", ACCENT)["data"]["values"]
    assert [each["text"] for each in few].count("") == 0
