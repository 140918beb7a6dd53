from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.exact import line_values, to_money


@settings(deadline=None, derandomize=True, max_examples=150)
@given(st.integers(0, 10**12), st.integers(0, 10**9))
def test_a_line_s_value_is_quantity_times_price_rounded_half_up_to_four_decimals(thousandths: int, price: int) -> None:
    exact = Decimal(thousandths) * Decimal(price) / 1_000
    assert line_values([thousandths / 1_000], [price / 10_000]).tolist() == [
        int(exact.to_integral_value(ROUND_HALF_UP))
    ]


def test_a_third_of_a_cent_is_told_to_four_decimals() -> None:
    assert to_money(line_values([0.333], [0.01])).tolist() == [0.0033]
