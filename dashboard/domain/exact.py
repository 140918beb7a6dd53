"""Exact quantities and money: units to three decimals, money to four.

The store and the allocation count in whole thousandths of a unit and whole ten-thousandths of money. Frames carry
float64, always the double nearest to such a number, so that nothing is lost on the way there and back
(docs/decisions/0002-exact-numbers.md).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

QUANTITY_SCALE = 1_000
MONEY_SCALE = 10_000

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def to_thousandths(units: Any) -> Integers:
    """Whole thousandths of a unit from an array of quantities [units].

    >>> to_thousandths([1.5, 0.001]).tolist()
    [1500, 1]
    """
    return np.rint(np.asarray(units, dtype=np.float64) * QUANTITY_SCALE).astype(np.int64)


def to_ten_thousandths(values: Any) -> Integers:
    """Whole ten-thousandths of money from an array of amounts."""
    return np.rint(np.asarray(values, dtype=np.float64) * MONEY_SCALE).astype(np.int64)


def to_units(thousandths: Any) -> Floats:
    """Quantities [units] from whole thousandths: the double nearest to each."""
    return np.asarray(thousandths, dtype=np.int64) / QUANTITY_SCALE


def to_money(ten_thousandths: Any) -> Floats:
    """Money from whole ten-thousandths: the double nearest to each."""
    return np.asarray(ten_thousandths, dtype=np.int64) / MONEY_SCALE


def total_qty(units: Any) -> float:
    """Sum of quantities [units], exact to the thousandth: summed as whole thousandths."""
    return int(to_thousandths(units).sum()) / QUANTITY_SCALE


def total_value(values: Any) -> float:
    """Sum of money, exact to the ten-thousandth: summed as whole ten-thousandths."""
    return int(to_ten_thousandths(values).sum()) / MONEY_SCALE


def line_values(units: Any, unit_prices: Any) -> Integers:
    """Quantities times unit prices in whole ten-thousandths of money, half a ten-thousandth rounded up.

    Whole units are multiplied apart from parts of a unit, so that the product stays within 64 bits.

    >>> line_values([1.5, 0.001], [19.9, 0.05]).tolist()
    [298500, 1]
    """
    return exact_values(to_thousandths(units), to_ten_thousandths(unit_prices))


def exact_values(thousandths: Integers, ten_thousandths: Integers) -> Integers:
    """The same from whole thousandths of a unit and unit prices in whole ten-thousandths."""
    whole, part = np.divmod(thousandths, QUANTITY_SCALE)
    return whole * ten_thousandths + (part * ten_thousandths + QUANTITY_SCALE // 2) // QUANTITY_SCALE
