"""The statistics against published examples, and against slow obvious versions of themselves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.statistics import (
    kaplan_meier,
    quantile_positions,
    survival_of_counts,
    survival_quantile,
    two_proportion_p,
    two_proportion_z,
    wilson,
)


def test_the_wilson_interval_is_that_of_newcombe_1998() -> None:
    """R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3."""
    low, high = wilson([81, 15, 0, 1], [263, 148, 20, 29])

    assert low.round(4).tolist() == [0.2553, 0.0624, 0.0, 0.0061]
    assert high.round(4).tolist() == [0.3662, 0.1605, 0.1611, 0.1718]


def test_the_interval_of_nothing_is_no_number() -> None:
    low, high = wilson([0, 0], [0, 5])

    assert np.isnan(low).tolist() == [True, False]
    assert np.isnan(high).tolist() == [True, False]


def test_a_wider_confidence_gives_a_wider_interval() -> None:
    narrow, wide = wilson(8, 10, 0.9), wilson(8, 10, 0.99)

    assert wide[0] < narrow[0] < 0.8 < narrow[1] < wide[1]


@settings(deadline=None, derandomize=True, max_examples=100)
@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_stays_between_0_and_1(counted: tuple[int, int]) -> None:
    successes, n = counted
    low, high = wilson(successes, n)

    assert 0 <= low <= successes / n + 1e-12
    assert successes / n - 1e-12 <= high <= 1


LEUKAEMIA = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def test_survival_is_that_of_the_leukaemia_trial_of_1963() -> None:
    """Weeks in remission under 6-MP: E. J. Freireich and others, Blood 21 (1963), the textbooks' example."""
    curve = kaplan_meier(LEUKAEMIA, RELAPSED)

    assert curve["time"].tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert curve["at_risk"].tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert curve["events"].tolist() == [3, 1, 1, 1, 1, 1, 1]
    assert curve["survival"].round(3).tolist() == [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    assert survival_quantile(curve, 0.5) == 23
    assert math.isnan(survival_quantile(curve, 0.9))


def test_without_censoring_survival_is_the_plain_share() -> None:
    curve = kaplan_meier(range(1, 11), [True] * 10)

    np.testing.assert_allclose(curve["survival"], np.arange(9, -1, -1) / 10, atol=1e-12)
    assert [survival_quantile(curve, q) for q in (0.1, 0.5, 0.8, 0.9, 1.0)] == [1, 5, 8, 9, 10]


def test_what_never_ends_has_no_median() -> None:
    curve = kaplan_meier([3, 5], [False, False])

    assert curve.empty
    assert math.isnan(survival_quantile(curve, 0.5))
    assert kaplan_meier([], []).empty


def test_durations_below_zero_and_missing_ones_are_taken_as_they_are() -> None:
    curve = kaplan_meier([-3, 0, 2, math.nan], [True, True, True, True])

    assert curve["time"].tolist() == [-3, 0, 2]
    assert curve["at_risk"].tolist() == [3, 2, 1]


observed = st.lists(st.tuples(st.integers(-5, 20), st.booleans()), max_size=30)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(observed)
def test_the_curve_equals_the_slow_obvious_product(lives: list[tuple[int, bool]]) -> None:
    curve = kaplan_meier([days for days, _ in lives], [ended for _, ended in lives])
    expected, survival = [], 1.0
    for time in sorted({days for days, ended in lives if ended}):
        at_risk = sum(days >= time for days, _ in lives)
        events = sum(days == time and ended for days, ended in lives)
        survival *= 1 - events / at_risk
        expected.append((time, at_risk, events, pytest.approx(survival)))

    assert list(curve.itertuples(index=False, name=None)) == expected


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(observed, min_size=1, max_size=4), st.sampled_from([0.5, 0.8]))
def test_many_curves_at_once_equal_each_alone(groups: list[list[tuple[int, bool]]], q: float) -> None:
    cells = sorted({(place, days) for place, lives in enumerate(groups) for days, _ in lives})
    events, censored = (
        np.array([groups[place].count((days, ended)) for place, days in cells], dtype=np.int64)
        for ended in (True, False)
    )
    starts = np.searchsorted([place for place, _ in cells], np.arange(len(groups) + 1))
    found = quantile_positions(survival_of_counts(events, censored, starts), starts, q)

    for position, lives in zip(found, groups, strict=True):
        alone = survival_quantile(kaplan_meier([d for d, _ in lives], [e for _, e in lives]), q)
        assert (math.nan if position < 0 else float(cells[position][1])) == pytest.approx(alone, nan_ok=True)


def test_two_shares_are_compared_as_in_the_textbook() -> None:
    """Penn State STAT 415, lesson 9.4: 351 of 605 non-smokers and 41 of 195 smokers; Z = 8.99."""
    assert round(float(two_proportion_z(351, 605, 41, 195)), 2) == 8.99
    assert float(two_proportion_p(351, 605, 41, 195)) < 1e-15


def test_a_difference_of_1_96_standard_errors_is_five_in_a_hundred() -> None:
    z = float(two_proportion_z(58, 100, 44, 100))

    assert round(z, 2) == 1.98
    assert round(float(two_proportion_p(58, 100, 44, 100)), 3) == 0.048
    assert round(float(two_proportion_p(44, 100, 58, 100)), 3) == 0.048


def test_equal_shares_do_not_differ_and_nothing_cannot_be_compared() -> None:
    p = two_proportion_p([5, 10, 0, 0], [10, 10, 4, 0], [50, 7, 0, 3], [100, 7, 9, 4])

    assert p[:3].tolist() == [1.0, 1.0, 1.0]
    assert np.isnan(p[3])
