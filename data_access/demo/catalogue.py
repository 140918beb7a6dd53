"""Who and what the demo company trades with: suppliers, customers, SKUs and their sources. All of it is invented.

Knows no day: the same for every demo company.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from dashboard.domain.exact import MONEY_SCALE, QUANTITY_SCALE, Floats, Integers

SEED = 20_260_316
SUPPLIER_COUNT, CUSTOMER_COUNT, SKU_COUNT = 40, 120, 400
TIER_SIZES = {1: 15, 2: 35, 3: 70}
PLACEHOLDER_CUSTOMER = CUSTOMER_COUNT - 1
"""The customer who is known only by reference: an order came before its own data."""
SKUS_WITHOUT_SUPPLIER = (47, 251, 333)
SKU_WITHOUT_PRICE = 388
LOCATIONS = ("NORTH", "SOUTH")
COVER = (-0.1, 0.85)
CENT = MONEY_SCALE // 100


@dataclass(frozen=True)
class Character:
    """How a supplier delivers. Days late are drawn around usual_late_days; told_rate: how often it moves its date."""

    name: str
    usual_late_days: float
    spread_days: float
    told_rate: float
    split_rate: float
    rejected_rate: float


STEADY = Character("steady", -0.8, 0.9, 0.6, 0.04, 0.02)
WEEK_LATE = Character("always a week late", 7.0, 1.2, 0.1, 0.08, 0.03)
ERRATIC = Character("erratic", 6.0, 10.0, 0.5, 0.30, 0.07)
WORSENING = Character("getting worse", -0.5, 1.5, 0.7, 0.15, 0.05)
STOPPED = Character("stopped delivering", -0.6, 1.0, 0.3, 0.05, 0.02)

_CHARACTER_COUNTS = ((STEADY, 22), (WEEK_LATE, 6), (ERRATIC, 6), (WORSENING, 5), (STOPPED, 1))
CHARACTERS = tuple(character for character, count in _CHARACTER_COUNTS for _ in range(count))
"""One per supplier. The supplier at position i serves category i modulo 10, so that each category has every kind."""

_STEMS = (
    *("Tarn", "Ostr", "Quill", "Varn", "Pell", "Brack", "Ild", "Morv"),
    *("Skel", "Thorn", "Wend", "Corb", "Dray", "Fenn", "Garr", "Hask"),
)
_ENDINGS = ("vale", "moor", "holt", "mark", "rell", "wick", "stead", "by", "combe", "ford")
_SUPPLIER_TRADES = (
    *("Valves", "Pipeworks", "Pumps", "Seals", "Fixings"),
    *("Cables", "Controls", "Lighting", "Bearings", "Heating"),
)
TRADES = ("Plumbing", "Electrical", "Industrial")
_CUSTOMER_TRADES = (
    ("Plumbing & Heating", "Sanitary Services", "Bathrooms", "Water Works"),
    ("Electrical Contractors", "Lighting Systems", "Installations", "Power Services"),
    ("Machine Works", "Food Processing", "Facilities", "Plant Services"),
)

_CATEGORIES = (
    ("Valves", "VAL", {"Ball valve": 7.4, "Gate valve": 9.1, "Check valve": 6.2, "Float valve": 11.5, "Mixer": 28.0}),
    ("Pipes & fittings", "PIP", {"Copper pipe": 8.9, "Elbow": 1.1, "Tee": 1.6, "Coupling": 0.9, "Press sleeve": 2.2}),
    ("Pumps", "PUM", {"Circulator": 84.0, "Sump pump": 61.0, "Booster": 140.0, "Dosing pump": 98.0, "Hand pump": 27.0}),
    ("Seals & gaskets", "SEA", {"O-ring": 0.3, "Flat gasket": 0.5, "Shaft seal": 2.8, "Lip seal": 1.9, "Packing": 4.1}),
    ("Fixings", "FIX", {"Hex bolt": 0.2, "Pipe clamp": 0.7, "Threaded rod": 1.3, "Anchor": 0.4, "Washer": 0.06}),
    ("Cable", "CAB", {"Wire": 0.4, "Sheathed cable": 0.9, "Control cable": 1.6, "Earth cable": 1.1, "Data cable": 0.6}),
    ("Switchgear", "SWI", {"Breaker": 6.8, "Contactor": 17.0, "Starter": 34.0, "RCD": 22.0, "Relay": 5.2}),
    ("Lighting", "LIG", {"LED panel": 18.0, "Batten": 14.0, "Emergency light": 31.0, "Floodlight": 26.0, "Tube": 3.1}),
    (
        "Bearings",
        "BEA",
        {"Ball bearing": 3.6, "Roller bearing": 8.2, "Pillow block": 12.5, "Bushing": 1.4, "Rod end": 5.5},
    ),
    ("Heating", "HEA", {"Radiator": 48.0, "Towel rail": 39.0, "Thermostat": 12.0, "Vessel": 27.0, "Manifold": 44.0}),
)
"""Name, prefix of its SKUs, and its products with the cost of the smallest size, all categories equally many."""
_SIZES = (
    "DN10 DN15 DN20 DN25 DN32 DN40 DN50 DN65",
    "12mm 15mm 18mm 22mm 28mm 35mm 42mm 54mm",
    "25-40 25-60 25-80 32-40 32-60 32-80 40-60 40-80",
    "10mm 15mm 20mm 25mm 30mm 40mm 50mm 60mm",
    "M5 M6 M8 M10 M12 M14 M16 M20",
    "2x0.75 2x1.5 3x1.5 3x2.5 4x2.5 5x2.5 5x4 5x6",
    "6A 10A 13A 16A 20A 25A 32A 40A",
    "10W 14W 18W 24W 30W 36W 48W 60W",
    "6203 6204 6205 6206 6207 6208 6209 6210",
    "T1 T2 T3 T4 T5 T6 T7 T8",
)
"""The sizes in which each category's products come, smallest first."""
_SHARES = (0.2, 0.2, 0.2, 0.4)
"""How often each of a category's four suppliers is chosen: the cheapest, chosen most, is not the most reliable."""
CATEGORY_TRADES = np.array([0, 0, 2, 2, 1, 1, 1, 1, 2, 0])
"""The trade that each category mostly sells to, as a position in TRADES."""
CABLE = 5


@dataclass(frozen=True)
class Source:
    """One supplier of one SKU. supplier: its position in CHARACTERS; min_order_qty in thousandths of a unit."""

    supplier: int
    rank: int
    lead_time_days: int
    unit_cost: int
    min_order_qty: int


@dataclass(frozen=True)
class Catalogue:
    """The parties and SKUs as the store's frames, and what the trading needs of them by position.

    sources: one tuple per SKU, the usual source first. pack_qty: the step of a SKU's quantities [thousandths].
    popularity: the weight of each SKU among all order lines. cover: one row per SKU, one column per location, the share
    of its lead time's demand at which a shelf is reordered; some planners are too lean.
    """

    suppliers: pd.DataFrame
    customers: pd.DataFrame
    items: pd.DataFrame
    item_suppliers: pd.DataFrame
    sources: tuple[tuple[Source, ...], ...]
    pack_qty: Integers
    popularity: Floats
    cover: Floats


@cache
def catalogue() -> Catalogue:
    """The demo company's parties and SKUs, drawn from the fixed seed."""
    rng = np.random.default_rng(SEED)
    items, pack_qty = _items(rng)
    sources = _sources(rng, items, pack_qty)
    return Catalogue(
        suppliers=_suppliers(),
        customers=_customers(),
        items=items,
        item_suppliers=_item_suppliers(items, sources),
        sources=sources,
        pack_qty=pack_qty,
        popularity=_popularity(rng),
        cover=rng.uniform(*COVER, (SKU_COUNT, len(LOCATIONS))),
    )


def supplier_id(position: int) -> str:
    """The id of the supplier at a position in CHARACTERS; the characters are scattered over the ids."""
    return f"S-{101 + position * 7 % SUPPLIER_COUNT}"


def _invented_name(number: int) -> str:
    return _STEMS[number % len(_STEMS)] + _ENDINGS[(number // len(_STEMS) + number) % len(_ENDINGS)]


def _suppliers() -> pd.DataFrame:
    names = [_invented_name(number) for number in range(SUPPLIER_COUNT)]
    return pd.DataFrame(
        {
            "supplier_id": [supplier_id(position) for position in range(SUPPLIER_COUNT)],
            "name": [f"{name} {_SUPPLIER_TRADES[position % 10]}" for position, name in enumerate(names)],
            "email": [f"orders@{name.lower()}.example" for name in names],
            "is_placeholder": False,
        }
    )


def _customers() -> pd.DataFrame:
    """The first customers are the best ones; the trades take turns."""
    names = [_invented_name(SUPPLIER_COUNT + number) for number in range(CUSTOMER_COUNT)]
    ids = [f"C-{1001 + number}" for number in range(CUSTOMER_COUNT)]
    is_known = np.arange(CUSTOMER_COUNT) != PLACEHOLDER_CUSTOMER
    full_names = [f"{name} {_CUSTOMER_TRADES[i % 3][i // 3 % 4]}" for i, name in enumerate(names)]
    return pd.DataFrame(
        {
            "customer_id": ids,
            "name": np.where(is_known, full_names, ids),
            "email": np.where(is_known, [f"purchasing@{name.lower()}.example" for name in names], ""),
            "tier": np.repeat(list(TIER_SIZES), list(TIER_SIZES.values())),
            "is_placeholder": ~is_known,
        }
    )


def _items(rng: np.random.Generator) -> tuple[pd.DataFrame, Integers]:
    """SKU by category, product and size; bigger sizes cost more, and cheap things are sold by the pack."""
    rows = [
        (f"{code}-{1001 + 8 * p + s}", f"{product} {size}", category, cost * 1.25**s, i)
        for i, (category, code, products) in enumerate(_CATEGORIES)
        for p, (product, cost) in enumerate(products.items())
        for s, size in enumerate(_SIZES[i].split())
    ]
    frame = pd.DataFrame(rows, columns=["sku", "name", "category", "cost", "category_no"])
    cents = np.maximum(frame["cost"].to_numpy() * rng.uniform(0.85, 1.15, SKU_COUNT) * 100, 5).astype(np.int64)
    price_cents = np.rint(cents / (1 - rng.uniform(0.25, 0.45, SKU_COUNT))).astype(np.int64)
    price_cents[SKU_WITHOUT_PRICE] = 0
    pack = np.select([cents < 150, cents < 600, cents < 2000], [50, 10, 5], default=1) * QUANTITY_SCALE
    pack[frame["category_no"] == CABLE] = 12.5 * QUANTITY_SCALE
    frame["unit_cost"], frame["unit_price"] = cents * CENT, price_cents * CENT
    frame["is_placeholder"] = False
    return frame[["sku", "name", "category", "unit_cost", "unit_price", "is_placeholder"]], pack


def _popularity(rng: np.random.Generator) -> Floats:
    """Few fast movers and a long tail; the new SKUs sell well."""
    weights: Floats = np.power(rng.permutation(SKU_COUNT) + 8.0, -0.9).astype(np.float64)
    weights[list(SKUS_WITHOUT_SUPPLIER)] = 0.008
    return weights


def _sources(rng: np.random.Generator, items: pd.DataFrame, pack_qty: Integers) -> tuple[tuple[Source, ...], ...]:
    """One to three suppliers for each SKU, out of the four that serve its category; none for a few new SKUs."""
    lead_times = rng.integers(12, 50, SUPPLIER_COUNT)
    costs = items["unit_cost"].to_numpy()
    sources: list[tuple[Source, ...]] = []
    for sku in range(SKU_COUNT):
        count = 0 if sku in SKUS_WITHOUT_SUPPLIER else rng.choice([1, 2, 3], p=[0.55, 0.3, 0.15])
        chosen = rng.choice(4, count, replace=False, p=_SHARES) * 10 + sku * 10 // SKU_COUNT
        sources.append(
            tuple(
                Source(
                    supplier=int(supplier),
                    rank=rank,
                    lead_time_days=int(lead_times[supplier] + rng.integers(0, 8)),
                    unit_cost=int(costs[sku] * (1 + 0.04 * (rank - 1)) // CENT * CENT),
                    min_order_qty=int(pack_qty[sku] * rng.choice([2, 5, 10])),
                )
                for rank, supplier in enumerate(chosen, start=1)
            )
        )
    return tuple(sources)


def _item_suppliers(items: pd.DataFrame, sources: tuple[tuple[Source, ...], ...]) -> pd.DataFrame:
    rows = [
        (sku, supplier_id(source.supplier), source.rank, source.lead_time_days, source.unit_cost, source.min_order_qty)
        for sku, of_sku in zip(items["sku"], sources, strict=True)
        for source in of_sku
    ]
    return pd.DataFrame(rows, columns=["sku", "supplier_id", "rank", "lead_time_days", "unit_cost", "min_order_qty"])
