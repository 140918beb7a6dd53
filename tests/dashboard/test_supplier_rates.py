"""Rates in words: rounding never makes a supplier perfect or hopeless."""

from __future__ import annotations

import math

import pandas as pd

from dashboard.supplier_rates import _with_intervals, intervals, percent, percents

NAN = math.nan


def test_a_rate_is_0_or_100_percent_only_where_it_is_that() -> None:
    rates = [0.0, 0.00004, 0.004, 0.005, 0.5, 0.944, 0.994, 199 / 200, 0.99999, 1 - 1e-15, 1.0]
    told = ["0 %", "0.1 %", "0.4 %", "0.5 %", "50 %", "94 %", "99 %", "99.5 %", "99.9 %", "100 %", "100 %"]

    assert [percent(rate) for rate in rates] == told
    assert percent(NAN, "not yet") == "not yet"


def test_a_column_of_rates_is_rounded_in_the_same_way() -> None:
    assert percents(pd.Series([1.0, 0.995, 0.944, 0.004, 0.0])).tolist() == [100, 99.5, 94, 0.4, 0]
    assert percents(pd.Series([NAN])).isna().all()


def test_the_ends_of_an_interval_are_rounded_in_the_same_way() -> None:
    figures = pd.DataFrame({"otif_low": [0.0, 0.9722], "otif_high": [0.0019, 0.99912], "lines_judged": [2000, 200]})

    assert intervals(figures) == ["0 to 0.2 %, n 2,000", "97 to 99.9 %, n 200"]


def test_a_column_of_rates_as_text_sorts_as_the_rates_do() -> None:
    rates = [0.0, 0.004, 0.01, 0.5, 0.99, 0.995, 1.0]
    told = _with_intervals(
        pd.DataFrame({"otif_rate": rates, "otif_low": rates, "otif_high": rates, "lines_judged": 9}),
        "otif",
        "lines_judged",
    )

    assert told == sorted(told)
    assert [text.split(",")[0] for text in told[-3:]] == ["  99 %", "  99.5 %", "100 %"]
