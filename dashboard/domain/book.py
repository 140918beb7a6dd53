"""The book: what the arithmetic needs to know of the company at one revision of the store.

The book is read in one transaction and never changed. It knows neither where it came from nor how it is shown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd

from dashboard.domain.frames import narrowed
from dashboard.domain.row_index import RowIndex, row_index
from dashboard.domain.version import Version

NO_PRIORITY = 999_999
"""Stands for "no priority", which comes after every priority."""

STOCK = "stock"
PURCHASE_ORDER = "purchase order"
PLANNED_RESTOCK = "planned restock"
SUPPLY_KINDS = (STOCK, PURCHASE_ORDER, PLANNED_RESTOCK)


@dataclass(frozen=True)
class Book:
    """Open order lines, supplies and their dimensions, as of one day and one revision.

    lines: one row per order line with open_qty > 0.
        order_id, line_no, customer_id, sku, location_id [category or str]; ordered_date, requested_date,
        first_promise_date, promise_date [datetime64, NaT where none]; ordered_qty, shipped_qty, cancelled_qty,
        open_qty [units]; unit_price [money]; priority [int64, NO_PRIORITY where none]
    supplies: one row per supply with supply_qty > 0; stock below zero is left out.
        supply_kind (SUPPLY_KINDS), supply_id ("stock", "PO_ID/LINE_NO", plan_id), sku, location_id [category or str];
        supply_qty [units still to come, or on the shelf]; restock_date [datetime64, NaT where none; NaT for stock];
        supplier_id ("" for stock and planned restocks); ordered_date, first_due_date, due_date [datetime64];
        is_moved [bool: a manager has set the restock date]; document_id [po_id, or plan_id; "" for stock],
        line_no ["" but for purchase-order lines]; due_date_when_moved [datetime64: the due date that stood beside
        the manager's date when it was set]; version [int64: raised by every change of the row; 0 for stock]
    customers: one row per customer. customer_id, name, email, tier [int64]
    suppliers: one row per supplier. supplier_id, name, email
    items: one row per SKU. sku, name, category, unit_cost, unit_price [money]
    item_suppliers: one row per SKU and supplier. sku, supplier_id, rank [int64], lead_time_days [float64],
        unit_cost [money], min_order_qty [units]
    version: that of the store which it was read from; None of a book that came from nowhere.
    names: what the lines' ids mean, worked out before (dashboard.domain.backlog.names_of): columns by name, each with
        one entry per line. No move and no promise changes it; a book of other lines or dimensions has None.
    """

    today: date
    data_revision: int
    lines: pd.DataFrame
    supplies: pd.DataFrame
    customers: pd.DataFrame
    suppliers: pd.DataFrame
    items: pd.DataFrame
    item_suppliers: pd.DataFrame
    version: Version | None = None
    names: Mapping[str, Any] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the store holds nothing yet: neither order lines, supplies, customers nor SKUs."""
        return self.lines.empty and self.supplies.empty and self.customers.empty and self.items.empty

    @cached_property
    def lines_by_sku(self) -> RowIndex:
        """The rows of the order lines of each SKU."""
        return row_index(self.lines["sku"])

    @cached_property
    def supplies_by_sku(self) -> RowIndex:
        """The rows of the supplies of each SKU."""
        return row_index(self.supplies["sku"])

    @cached_property
    def supplies_by_document(self) -> RowIndex:
        """The rows of the supplies of each purchase order or planned restock."""
        return row_index(self.supplies["document_id"])

    def of_skus(self, skus: Collection[str]) -> Book:
        """The book of some SKUs alone: their lines and supplies in the same order, and every dimension."""
        lines = narrowed(self.lines, self.lines_by_sku.rows_of(skus))
        supplies = narrowed(self.supplies, self.supplies_by_sku.rows_of(skus))
        return replace(self, lines=lines, supplies=supplies, names=None)
