"""Random but realistic books of any size, as frames and as a store. One seed gives one book.

Per open order line there are 0.05 SKUs and a quarter of a supply. Demand is uneven: a few SKUs have thousands of lines,
most have a handful. About half of the open units are covered by stock, a third by what is to come.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Engine, Table

from dashboard.domain.book import NO_PRIORITY, PLANNED_RESTOCK, PURCHASE_ORDER, STOCK, Book
from data_access import schema
from data_access.engine import raise_revision, writing
from data_access.imports.staging import insert_rows

TODAY = date(2026, 3, 16)
SEED = 20260316
LOCATIONS = ("MAIN", "NORTH")
LINES_PER_ORDER = 3

Array = npt.NDArray[Any]


def random_book(lines: int, seed: int = SEED) -> Book:
    """A book of so many open order lines, its rows in random order."""
    random = np.random.default_rng(seed)
    skus = _names("SKU-", max(lines // 20, 10))
    customers = _names("C-", max(lines // 200, 10))
    suppliers = _names("S-", max(lines // 500, 10))
    return Book(
        today=TODAY,
        data_revision=1,
        lines=_lines(random, lines, skus, customers),
        supplies=_supplies(random, lines // 4, skus, suppliers),
        customers=pd.DataFrame(
            {"customer_id": customers, "name": customers, "email": "", "tier": random.integers(1, 4, len(customers))}
        ),
        suppliers=pd.DataFrame({"supplier_id": suppliers, "name": suppliers, "email": ""}),
        items=_items(random, skus),
        item_suppliers=_item_suppliers(random, skus, suppliers),
    )


def write_store(engine: Engine, book: Book) -> None:
    """Fill an empty store with the book, through the driver itself."""
    supplies = book.supplies
    po = supplies[supplies["supply_kind"] == PURCHASE_ORDER]
    plans = supplies[supplies["supply_kind"] == PLANNED_RESTOCK]
    shelves = supplies[supplies["supply_kind"] == STOCK]
    fill(
        engine,
        [
            (schema.customers, book.customers),
            (schema.suppliers, book.suppliers),
            (schema.items, book.items),
            (schema.item_suppliers, book.item_suppliers),
            (schema.stock, shelves.rename(columns={"supply_qty": "stock_qty"})),
            (schema.order_lines, book.lines.assign(priority=book.lines["priority"].replace(NO_PRIORITY, None))),
            (schema.po_lines, _po_lines(po)),
            (schema.planned_restocks, plans.rename(columns={"supply_id": "plan_id", "supply_qty": "planned_qty"})),
        ],
    )


def fill(engine: Engine, frames: Sequence[tuple[Table, pd.DataFrame]]) -> None:
    """Put the rows of the frames into their tables, which do not hold them yet; columns that a table lacks stay out."""
    with writing(engine) as connection:
        for table, frame in frames:
            names = [column.name for column in table.columns if column.name in frame and column.computed is None]
            insert_rows(connection, table, {name: stored(frame[name]) for name in names})
        raise_revision(connection)


def _names(prefix: str, count: int) -> Array:
    return np.array([f"{prefix}{number}" for number in range(1, count + 1)], dtype=object)


def _category(choice: Array, texts: Array) -> pd.Categorical:
    return pd.Categorical.from_codes(choice, categories=pd.Index(texts, dtype="str"))


def _days(random: np.random.Generator, count: int, first: int, last: int, none_share: float) -> Array:
    """Days between first and last from today, some of them missing."""
    days = np.datetime64(TODAY, "D") + random.integers(first, last, count)
    days[random.random(count) < none_share] = np.datetime64("NaT")
    return days.astype("datetime64[s]")


def _uneven(random: np.random.Generator, count: int, choices: int) -> Array:
    """Choices of which a few are far more frequent than the rest."""
    return (choices * random.random(count) ** 2).astype(np.int64)


def _lines(random: np.random.Generator, count: int, skus: Array, customers: Array) -> pd.DataFrame:
    orders = max(count // LINES_PER_ORDER, 1)
    shuffled = random.permutation(count)
    open_qty = random.integers(1, 200_000, count) / 1_000
    promise = _days(random, count, -20, 120, none_share=0.1)
    order_of_line = shuffled // LINES_PER_ORDER % orders
    line_no = shuffled % LINES_PER_ORDER + LINES_PER_ORDER * (shuffled // (LINES_PER_ORDER * orders))
    return pd.DataFrame(
        {
            "order_id": _category(order_of_line, _names("SO-", orders)),
            "line_no": _category(line_no, _names("", int(line_no.max()) + 1)),
            "customer_id": _category(order_of_line % len(customers), customers),
            "sku": _category(_uneven(random, count, len(skus)), skus),
            "location_id": _category(random.integers(0, len(LOCATIONS), count), np.array(LOCATIONS, dtype=object)),
            "ordered_date": _days(random, count, -90, 0, none_share=0),
            "requested_date": _days(random, count, -20, 90, none_share=0.3),
            "first_promise_date": promise,
            "promise_date": promise,
            "ordered_qty": open_qty,
            "shipped_qty": 0.0,
            "cancelled_qty": 0.0,
            "open_qty": open_qty,
            "unit_price": random.integers(1, 5_000_000, count) / 10_000,
            "priority": random.choice([1, 2, 3, NO_PRIORITY], count, p=[0.05, 0.1, 0.15, 0.7]),
        }
    )


def _supplies(random: np.random.Generator, count: int, skus: Array, suppliers: Array) -> pd.DataFrame:
    """Stock at every SKU and location, the rest purchase-order lines and a few planned restocks."""
    places = len(skus) * len(LOCATIONS)
    place = np.arange(count) % places
    kind = np.where(np.arange(count) < places, 0, np.where(random.random(count) < 0.95, 1, 2))
    due = _days(random, count, -15, 90, none_share=0.1)
    due[kind == 0] = np.datetime64("NaT")
    number = random.permutation(count)
    documents = [
        ("", "") if of_kind == 0 else (f"PO-{each // 5}", str(each % 5 + 1)) if of_kind == 1 else (f"PLAN-{each}", "")
        for of_kind, each in zip(kind.tolist(), number.tolist(), strict=True)
    ]
    document_id, line_no = (np.array(column, dtype=object) for column in zip(*documents, strict=True))
    supply_id = np.where(kind == 0, STOCK, np.where(kind == 1, document_id + "/" + line_no, document_id))
    supplier = np.where(kind == 1, random.integers(1, len(suppliers) + 1, count), 0)
    frame = pd.DataFrame(
        {
            "supply_kind": _category(kind, np.array([STOCK, PURCHASE_ORDER, PLANNED_RESTOCK], dtype=object)),
            "supply_id": pd.Series(supply_id, dtype="str"),
            "sku": _category(place // len(LOCATIONS), skus),
            "location_id": _category(place % len(LOCATIONS), np.array(LOCATIONS, dtype=object)),
            "supply_qty": random.integers(1, 700_000, count) / 1_000,
            "restock_date": due,
            "supplier_id": _category(supplier, np.append([""], suppliers)),
            "ordered_date": _days(random, count, -120, -30, none_share=0),
            "first_due_date": due,
            "due_date": due,
            "is_moved": False,
            "document_id": pd.Series(document_id, dtype="str"),
            "line_no": pd.Categorical(line_no),
            "due_date_when_moved": np.full(count, np.datetime64("NaT", "s")),
            "version": np.where(kind == 0, 0, 1),
        }
    )
    return frame.iloc[random.permutation(count)].reset_index(drop=True)


def _items(random: np.random.Generator, skus: Array) -> pd.DataFrame:
    kinds = np.array(["Valves", "Pumps", "Seals", "Bearings", "Filters"], dtype=object)
    category = _category(random.integers(0, len(kinds), len(skus)), kinds)
    return pd.DataFrame({"sku": skus, "name": skus, "category": category, "unit_cost": 1.0, "unit_price": 2.0})


def _item_suppliers(random: np.random.Generator, skus: Array, suppliers: Array) -> pd.DataFrame:
    """Two suppliers for each SKU."""
    usual = random.integers(0, len(suppliers), len(skus))
    chosen = np.concatenate([usual, (usual + 1) % len(suppliers)])
    return pd.DataFrame(
        {
            "sku": np.tile(skus, 2),
            "supplier_id": suppliers[chosen],
            "rank": np.repeat([1, 2], len(skus)),
            "lead_time_days": 14.0,
            "unit_cost": 1.0,
            "min_order_qty": 0.0,
        }
    )


def _po_lines(supplies: pd.DataFrame) -> pd.DataFrame:
    return supplies.assign(po_id=supplies["document_id"], ordered_qty=supplies["supply_qty"])


def stored(column: pd.Series) -> list[Any]:
    """The column as the store holds it: whole thousandths, whole ten-thousandths, ISO days, None where missing."""
    name = str(column.name)
    if name.endswith("_qty"):
        return np.rint(column.to_numpy() * 1_000).astype(np.int64).tolist()
    if name.startswith("unit_"):
        return np.rint(column.to_numpy() * 10_000).astype(np.int64).tolist()
    if name.endswith("_date"):
        days = column.to_numpy().astype("datetime64[D]")
        return np.where(np.isnat(days), None, days.astype(str).astype(object)).tolist()
    if name == "lead_time_days":
        return column.astype("int64").tolist()
    return [None if pd.isna(value) else value for value in column.astype("object")]
