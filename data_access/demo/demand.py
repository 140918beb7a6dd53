"""What the demo company's customers order, day by day: their rhythm, their trade and the season.

Knows nothing of stock or suppliers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from dashboard.domain.exact import Integers
from data_access.demo.catalogue import (
    CATEGORY_TRADES,
    CENT,
    CUSTOMER_COUNT,
    PLACEHOLDER_CUSTOMER,
    SKU_COUNT,
    SKUS_WITHOUT_SUPPLIER,
    TIER_SIZES,
    TRADES,
    Catalogue,
)

HISTORY_DAYS = 730
SILENT_SINCE_DAYS = {4: 95, 21: 120}
"""Good customers, by position, who have ordered nothing for that many days."""
NEW_SKU_DAYS = 75
"""SKUs without a supplier are new: nobody ordered them earlier."""

_NOTHING = np.array(None, dtype=object)
_ON_TO_MONDAY, _BACK_TO_FRIDAY = (0, 0, 0, 0, 0, 2, 1), (0, 0, 0, 0, 0, 1, 2)
_GAP_DAYS = {1: (2.2, 4.2), 2: (6.5, 13.0), 3: (17.0, 38.0)}
_LINES_PER_ORDER = {1: 3.6, 2: 2.1, 3: 1.0}
_SIZE_OF_TIER = {1: 2.4, 2: 1.0, 3: 0.5}
_DISCOUNT_OF_TIER = {1: 0.92, 2: 0.96, 3: 1.0}
_MONTHLY_VOLUME = np.array([0.9, 0.94, 1.0, 1.0, 0.98, 0.96, 0.9, 0.88, 0.98, 1.0, 1.0, 0.9])
_SEASON_PEAK_MONTH = np.array([4, 4, 6, 3, 5, 9, 9, 11, 2, 11])
"""The month, from 1, in which each category sells best."""


@dataclass(slots=True)
class OrderLine:
    """One order line through its life. Days are ordinals, quantities thousandths, money ten-thousandths.

    order, customer, location and sku are positions; ship_from is the first day on which the customer lets us ship;
    cancelled is the day on which the customer gave up.
    """

    order: int
    customer: int
    sku: int
    location: int
    ordered: int
    ship_from: int
    requested: int | None
    ordered_qty: int
    unit_price: int
    priority: int | None
    gets_promise: bool
    may_split: bool
    first_promise: int | None = None
    promise: int | None = None
    open_qty: int = 0
    cancelled_qty: int = 0
    cancelled: int | None = None
    shipments: dict[int, int] = field(default_factory=dict)
    promise_changes: list[tuple[int, int, int]] = field(default_factory=list)


def weekday(days: Integers) -> Integers:
    """0 for Monday to 6 for Sunday, from ordinals."""
    return (days + 6) % 7


def next_workday(day: int) -> int:
    """That day, or the Monday after it if it is a Saturday or Sunday."""
    return day + _ON_TO_MONDAY[(day + 6) % 7]


def last_workday(day: int) -> int:
    """That day, or the Friday before it if it is a Saturday or Sunday."""
    return day - _BACK_TO_FRIDAY[(day + 6) % 7]


def draw_order_lines(rng: np.random.Generator, catalogue: Catalogue, today: date) -> list[OrderLine]:
    """Every order line of the 24 months up to today, as it was ordered, by day and order."""
    orders = _orders(rng, today.toordinal())
    lines = orders.loc[orders.index.repeat(1 + rng.poisson(orders["lines"]))].reset_index(drop=True)
    lines["sku"] = _skus(rng, lines, catalogue, today)
    lines = lines.drop_duplicates(["order", "sku"], ignore_index=True)
    lines["location"] = _locations(rng, lines)
    lines["ordered_qty"] = _quantities(rng, lines, catalogue)
    _add_wishes(rng, lines)
    _add_terms(rng, lines, catalogue)
    columns = [name for name in OrderLine.__dataclass_fields__ if name in lines]
    return [
        OrderLine(**dict(zip(columns, row, strict=True)))
        for row in zip(*(lines[name].tolist() for name in columns), strict=True)
    ]


def _orders(rng: np.random.Generator, today: int) -> pd.DataFrame:
    """One row per order: its day, customer, tier and mean number of further lines, numbered by day."""
    tiers = np.repeat(list(TIER_SIZES), list(TIER_SIZES.values()))
    days = [_order_days(rng, customer, int(tiers[customer]), today) for customer in range(CUSTOMER_COUNT)]
    customers = np.repeat(np.arange(CUSTOMER_COUNT), [len(of_customer) for of_customer in days])
    frame = pd.DataFrame({"ordered": np.concatenate(days), "customer": customers, "tier": tiers[customers]})
    frame["lines"] = frame["tier"].map(_LINES_PER_ORDER)
    frame = frame.sort_values(["ordered", "customer"], ignore_index=True)
    frame["order"] = frame.index
    return frame


def _order_days(rng: np.random.Generator, customer: int, tier: int, today: int) -> Integers:
    """The days on which one customer orders: its own mean gap, more or less regular, fewer in the quiet months."""
    if customer == PLACEHOLDER_CUSTOMER:
        return _open_days(rng, today - np.array([18, 9]), 0.0)
    gap = rng.uniform(*_GAP_DAYS[tier])
    regularity = rng.uniform(1.2, 8.0)
    gaps = rng.gamma(regularity, gap / regularity, int(2 * HISTORY_DAYS / gap) + 20)
    days = today - HISTORY_DAYS + np.cumsum(gaps).astype(np.int64)
    days = days[rng.random(len(days)) < _MONTHLY_VOLUME[_months(days) - 1]]
    days = _open_days(rng, days, 0.08)
    return np.unique(days[days <= today - SILENT_SINCE_DAYS.get(customer, 0)])


def _open_days(rng: np.random.Generator, days: Integers, saturday_rate: float) -> Integers:
    """Sundays and most Saturdays moved to some day of the week after."""
    closed = (weekday(days) == 6) | ((weekday(days) == 5) & (rng.random(len(days)) >= saturday_rate))
    return np.where(closed, days + 7 - weekday(days) + rng.integers(0, 5, len(days)), days)


def _months(days: Integers) -> Integers:
    epoch = date(1970, 1, 1).toordinal()
    return (days - epoch).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12 + 1


def _skus(rng: np.random.Generator, lines: pd.DataFrame, catalogue: Catalogue, today: date) -> Integers:
    """A SKU for each line: few fast movers, the customer's trade first, more of what is in season."""
    category = np.arange(SKU_COUNT) * 10 // SKU_COUNT
    months, trades = _months(lines["ordered"].to_numpy()), lines["customer"].to_numpy() % len(TRADES)
    skus = np.zeros(len(lines), dtype=np.int64)
    for month in range(1, 13):
        season = 1 + 0.45 * np.cos((month - _SEASON_PEAK_MONTH[category]) * np.pi / 6)
        for trade in range(len(TRADES)):
            weights = catalogue.popularity * season * np.where(CATEGORY_TRADES[category] == trade, 1.0, 0.25)
            chosen = (months == month) & (trades == trade)
            skus[chosen] = rng.choice(SKU_COUNT, chosen.sum(), p=weights / weights.sum())
    too_early = np.isin(skus, SKUS_WITHOUT_SUPPLIER) & (lines["ordered"] < today.toordinal() - NEW_SKU_DAYS)
    return np.where(too_early, skus + 1, skus)


def _locations(rng: np.random.Generator, lines: pd.DataFrame) -> Integers:
    """Most customers are served from NORTH; three SKUs in ten are kept there only."""
    at_south = (lines["customer"] % 8 < 3) ^ (rng.random(len(lines)) < 0.06)
    return np.where(at_south & (lines["sku"] % 10 < 7), 1, 0)


def _quantities(rng: np.random.Generator, lines: pd.DataFrame, catalogue: Catalogue) -> Integers:
    """Ordered quantities in whole packs: more for better customers; some SKUs go in rare lumps."""
    lumpy = np.where(lines["sku"] % 7 == 0, 3.0, 1.0)
    typical = 2.2 * lines["tier"].map(_SIZE_OF_TIER).to_numpy() * lumpy
    packs = np.maximum(np.rint(typical * rng.lognormal(0, 0.7, len(lines))), 1).astype(np.int64)
    return packs * catalogue.pack_qty[lines["sku"]]


def _add_wishes(rng: np.random.Generator, lines: pd.DataFrame) -> None:
    """When the customer wants it: half as soon as possible, half called off weeks ahead for a building site."""
    count, ordered = len(lines), lines["ordered"].to_numpy()
    is_call_off = rng.random(count) < 0.61
    ahead = np.where(is_call_off, 8 + np.minimum(rng.gamma(4.0, 9.0, count), 60), rng.integers(2, 6, count)).astype(
        np.int64
    )
    requested = _open_days(rng, ordered + ahead, 0.03)
    soon = ordered + rng.choice([1, 2, 3, 6], count, p=[0.45, 0.3, 0.15, 0.1])
    before = requested - 1
    lines["ship_from"] = np.where(
        is_call_off,
        before - np.take(_BACK_TO_FRIDAY, weekday(before)),
        soon + np.take(_ON_TO_MONDAY, weekday(soon)),
    )
    is_told = is_call_off | (rng.random(count) < 0.8)
    lines["requested"] = np.where(is_told, requested.astype(object), _NOTHING)


def _add_terms(rng: np.random.Generator, lines: pd.DataFrame, catalogue: Catalogue) -> None:
    """Price, priority, and whether the line gets a promise and may be sent in parts."""
    count = len(lines)
    prices = catalogue.items["unit_price"].to_numpy()[lines["sku"]] * lines["tier"].map(_DISCOUNT_OF_TIER)
    lines["unit_price"] = (prices // CENT * CENT).astype(np.int64)
    lines["gets_promise"] = rng.random(count) > 0.03
    lines["may_split"] = rng.random(count) < 0.61
    is_urgent = (lines["tier"] == 1) & (rng.random(count) < 0.05)
    lines["priority"] = np.where(is_urgent, rng.choice(2, count).astype(object) + 1, _NOTHING)
