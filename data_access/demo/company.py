"""The demo company as the store's tables: trading settled to a believable size, a few flaws, everything numbered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from dashboard.domain.book import PLANNED_RESTOCK, PURCHASE_ORDER
from dashboard.domain.restocks import FORM
from data_access.demo.catalogue import LOCATIONS, SEED, Catalogue, catalogue, supplier_id
from data_access.demo.demand import OrderLine, draw_order_lines
from data_access.demo.flaws import Extras, Plan, add_flaws
from data_access.demo.managers import Move
from data_access.demo.trading import PurchaseLine, Shelf, World, purchase_order_of

_BUYERS, _IMPORT_HOUR = "buyers", 5
"""By whom and at which hour what suppliers say is imported: before anybody is at work."""
_PLAN_REASON, _PLAN_HOUR = "estimate", 10
_MOVE_COLUMNS = [
    "batch_id", "supply_kind", "supply_id", "document_id", "line_no", "from_date", "to_date", "was_manual", "is_manual",
    "due_date", "from_qty", "to_qty", "reason", "note", "moved_by", "moved_at", "how", "undoes",
]  # fmt: skip
BACKORDERED_LINES, READY_LINES = 300, 600
"""How many order lines are left open today, of those that the trading leaves open."""


@dataclass(frozen=True)
class Company:
    """The demo company as it came about: every order line under its number, every purchase-order line, every shelf.

    stock: what lies on each shelf, by the positions of SKU and location [thousandths].
    """

    parts: Catalogue
    lines: Sequence[tuple[tuple[str, str], OrderLine]]
    purchases: Sequence[PurchaseLine]
    stock: Mapping[tuple[int, int], int]
    extras: Extras


def build_company(today: date) -> dict[str, pd.DataFrame]:
    """The demo company as of a day as tables. The same day gives the same company."""
    return tables_of(draw_company(today))


def draw_company(today: date) -> Company:
    """The demo company after its 24 months. The same day gives the same company."""
    rng = np.random.default_rng(SEED)
    parts = catalogue()
    shelves = _traded_shelves(rng, parts, today)
    _settle(rng, shelves)
    extras = add_flaws(shelves, today.toordinal())
    lines = sorted((line for shelf in shelves for line in shelf.lines), key=lambda line: (line.order, line.sku))
    return Company(
        parts=parts,
        lines=list(zip(_order_keys(lines), lines, strict=True)),
        purchases=_numbered([purchase for shelf in shelves for purchase in shelf.purchases]),
        stock={(shelf.sku, shelf.location): shelf.stock for shelf in shelves},
        extras=extras,
    )


def tables_of(company: Company) -> dict[str, pd.DataFrame]:
    """One frame per table of the store, by table name, in an order fit for writing.

    Columns are the store's, quantities whole thousandths, money whole ten-thousandths, dates datetime.date or None.
    """
    parts, extras = company.parts, company.extras
    keys, lines = [key for key, _ in company.lines], [line for _, line in company.lines]
    return {
        "customers": parts.customers.copy(),
        "suppliers": parts.suppliers.copy(),
        "items": parts.items.copy(),
        "item_suppliers": parts.item_suppliers.copy(),
        "stock": _stock(company),
        "order_lines": _order_lines(lines, keys, parts),
        "shipments": _shipments(lines, keys),
        "po_lines": _po_lines(company.purchases, parts, extras),
        "receipts": _receipts(company.purchases),
        "planned_restocks": _planned_restocks(extras, parts),
        "moves": _moves(extras),
        "due_changes": _due_changes(company.purchases),
        "promise_changes": _promise_changes(lines, keys),
    }


def _traded_shelves(rng: np.random.Generator, parts: Catalogue, today: date) -> list[Shelf]:
    """Every SKU and location after its 24 months."""
    lines = draw_order_lines(rng, parts, today)
    world = World.of(rng, today.toordinal())
    shelves = []
    for (sku, location), of_shelf in groupby(sorted(lines, key=_shelf_of), key=_shelf_of):
        shelf = Shelf(world, parts.sources[sku], int(parts.pack_qty[sku]), list(of_shelf), parts.cover[sku, location])
        shelf.trade()
        shelves.append(shelf)
    return shelves


def _shelf_of(line: OrderLine) -> tuple[int, int]:
    return line.sku, line.location


def _settle(rng: np.random.Generator, shelves: list[Shelf]) -> None:
    """Leave out open lines until the company has its size on any day; nobody misses an order that was not placed.

    Only the last in a queue goes, so that no other line is covered sooner for it.
    """
    backordered = sum(len(shelf.uncovered_by_stock()) for shelf in shelves)
    ready = sum(len(shelf.waiting) for shelf in shelves) - backordered
    _drop(rng, shelves, backordered - BACKORDERED_LINES, is_backordered=True)
    _drop(rng, shelves, ready - READY_LINES, is_backordered=False)


def _drop(rng: np.random.Generator, shelves: list[Shelf], surplus: int, is_backordered: bool) -> None:
    """Take so many lines away, if there are, each the last of its queue and not yet touched, shelf after shelf."""
    while surplus > 0:
        droppable = [shelf for shelf in shelves if _can_drop_last(shelf, is_backordered)]
        for position in rng.permutation(len(droppable))[:surplus]:
            droppable[position].lines.remove(droppable[position].waiting.pop())
        surplus = surplus - len(droppable) if droppable else 0


def _can_drop_last(shelf: Shelf, is_backordered: bool) -> bool:
    """Whether the shelf's last line is untouched, and backordered or, with nobody backordered before it, ready."""
    if not shelf.waiting or shelf.waiting[-1].shipments:
        return False
    return bool(shelf.uncovered_by_stock()) == is_backordered


def _numbered(purchases: list[PurchaseLine]) -> list[PurchaseLine]:
    """The purchase-order lines by day; what one location orders of one supplier on one day is one purchase order."""
    purchases.sort(key=lambda line: (*purchase_order_of(line), line.sku))
    for number, (_, lines) in enumerate(groupby(purchases, key=purchase_order_of), start=40_001):
        for line_no, line in enumerate(lines, start=1):
            line.po_id, line.line_no = f"PO-{number}", str(line_no)
    return purchases


def _order_keys(lines: list[OrderLine]) -> list[tuple[str, str]]:
    """Order id and line number of each line, the lines being sorted by order."""
    return [
        (f"SO-{number}", str(line_no))
        for number, (_, of_order) in enumerate(groupby(lines, key=lambda line: line.order), start=100_001)
        for line_no, _ in enumerate(of_order, start=1)
    ]


def _day(ordinal: int | None) -> date | None:
    return None if ordinal is None else date.fromordinal(ordinal)


def _frame(columns: str, rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """A frame of those columns, whose missing values stay None."""
    frame = pd.DataFrame(rows, columns=columns.split(), dtype=object)
    return frame.astype(
        {name: "int64" for name in columns.split() if name.endswith(("_qty", "unit_price", "unit_cost"))}
    )


def _stock(company: Company) -> pd.DataFrame:
    skus = company.parts.items["sku"].tolist()
    rows = [(skus[sku], LOCATIONS[location], qty) for (sku, location), qty in company.stock.items()]
    return _frame("sku location_id stock_qty", rows)


def _order_lines(lines: list[OrderLine], keys: list[tuple[str, str]], parts: Catalogue) -> pd.DataFrame:
    customers, skus = parts.customers["customer_id"].tolist(), parts.items["sku"].tolist()
    rows = [
        (
            *key,
            customers[line.customer],
            skus[line.sku],
            LOCATIONS[line.location],
            _day(line.ordered),
            _day(line.requested),
            _day(line.first_promise),
            _day(line.promise),
            line.ordered_qty,
            sum(line.shipments.values()),
            line.cancelled_qty,
            line.unit_price,
            line.priority,
        )
        for key, line in zip(keys, lines, strict=True)
    ]
    columns = (
        "order_id line_no customer_id sku location_id ordered_date requested_date first_promise_date promise_date "
        "ordered_qty shipped_qty cancelled_qty unit_price priority"
    )
    return _frame(columns, rows)


def _shipments(lines: list[OrderLine], keys: list[tuple[str, str]]) -> pd.DataFrame:
    rows = [
        (*key, _day(day), qty) for key, line in zip(keys, lines, strict=True) for day, qty in line.shipments.items()
    ]
    return _frame("order_id line_no shipped_date shipped_qty", rows)


def _po_lines(purchases: Sequence[PurchaseLine], parts: Catalogue, extras: Extras) -> pd.DataFrame:
    skus, changes = parts.items["sku"].tolist(), _changes(purchases, extras)
    rows = [
        (
            line.po_id,
            line.line_no,
            supplier_id(line.source.supplier),
            skus[line.sku],
            LOCATIONS[line.location],
            _day(line.ordered),
            _day(line.first_due),
            _day(line.due),
            line.ordered_qty,
            sum(good for good, _ in line.receipts.values()),
            line.cancelled_qty,
            line.source.unit_cost,
            _day(line.manual),
            _day(line.due_when_moved),
            1 + len(changes[line.po_id, line.line_no]),
            *max(changes[line.po_id, line.line_no], default=(None, ""))[::-1],
        )
        for line in purchases
    ]
    columns = (
        "po_id line_no supplier_id sku location_id ordered_date first_due_date due_date ordered_qty received_qty "
        "cancelled_qty unit_cost manual_restock_date due_date_when_moved version changed_by changed_at"
    )
    return _frame(columns, rows).astype({"version": "int64"})


def _changes(
    purchases: Sequence[PurchaseLine], extras: Extras
) -> defaultdict[tuple[str, str], list[tuple[datetime, str]]]:
    """Of each purchase-order line, when its supplier or a manager changed a date of it, and by whom that was noted."""
    changes: defaultdict[tuple[str, str], list[tuple[datetime, str]]] = defaultdict(list)
    for line in purchases:
        changes[line.po_id, line.line_no] += [(_instant(day, _IMPORT_HOUR), _BUYERS) for day, _, _ in line.due_changes]
    for move in extras.moves:
        changes[move.purchase.po_id, move.purchase.line_no].append((_moved_at(move), move.by))
    return changes


def _receipts(purchases: Sequence[PurchaseLine]) -> pd.DataFrame:
    rows = [
        (line.po_id, line.line_no, _day(day), good, rejected)
        for line in purchases
        for day, (good, rejected) in line.receipts.items()
    ]
    return _frame("po_id line_no received_date received_qty rejected_qty", rows)


def _planned_restocks(extras: Extras, parts: Catalogue) -> pd.DataFrame:
    skus = parts.items["sku"].tolist()
    rows = [
        (
            f"PLAN-{n}",
            skus[plan.shelf.sku],
            LOCATIONS[plan.shelf.location],
            plan.planned_qty,
            _day(plan.restock),
            _PLAN_REASON,
            1,
            plan.by,
            _instant(plan.made, _PLAN_HOUR),
        )
        for n, plan in enumerate(extras.plans, start=1)
    ]
    columns = "plan_id sku location_id planned_qty restock_date reason version changed_by changed_at"
    return _frame(columns, rows).astype({"version": "int64"})


def _moves(extras: Extras) -> pd.DataFrame:
    """The ledger of moves in the order in which they were made; undoes is the place, from 1, of the one moved back."""
    planned = [_planned_move(plan, number) for number, plan in enumerate(extras.plans, start=1)]
    entries = [(_moved_at(move), move) for move in extras.moves] + [(entry["moved_at"], entry) for entry in planned]
    entries.sort(key=lambda entry: entry[0])
    places = {each.number: place for place, (_, each) in enumerate(entries, start=1) if isinstance(each, Move)}
    batches: dict[int, str] = {}
    rows = []
    for _, each in entries:
        if isinstance(each, Move):
            batch = batches.setdefault(each.batch, f"demo-{len(batches) + 1}")
            each = _order_move(each, batch) | {"undoes": None if each.undoes is None else places[each.undoes]}
        rows.append(each)
    return pd.DataFrame(rows, columns=_MOVE_COLUMNS, dtype=object)


def _order_move(move: Move, batch_id: str) -> dict[str, Any]:
    line = move.purchase
    return {
        "batch_id": batch_id, "supply_kind": PURCHASE_ORDER, "supply_id": f"{line.po_id}/{line.line_no}",
        "document_id": line.po_id, "line_no": line.line_no, "from_date": _day(move.before),
        "to_date": _day(move.after), "was_manual": move.was_manual, "is_manual": move.is_manual,
        "due_date": _day(move.due), "from_qty": None, "to_qty": None, "reason": move.reason, "note": move.note,
        "moved_by": move.by, "moved_at": _moved_at(move), "how": move.how,
    }  # fmt: skip


def _planned_move(plan: Plan, number: int) -> dict[str, Any]:
    return {
        "batch_id": f"demo-plan-{number}", "supply_kind": PLANNED_RESTOCK, "supply_id": f"PLAN-{number}",
        "document_id": f"PLAN-{number}", "line_no": "", "from_date": None, "to_date": _day(plan.restock),
        "was_manual": False, "is_manual": True, "due_date": None, "from_qty": 0, "to_qty": plan.planned_qty,
        "reason": _PLAN_REASON, "note": plan.note, "moved_by": plan.by, "moved_at": _instant(plan.made, _PLAN_HOUR),
        "how": FORM, "undoes": None,
    }  # fmt: skip


def _due_changes(purchases: Sequence[PurchaseLine]) -> pd.DataFrame:
    rows = [
        (line.po_id, line.line_no, _day(before), _day(after), _BUYERS, _instant(day, _IMPORT_HOUR), "import")
        for line in purchases
        for day, before, after in line.due_changes
    ]
    rows.sort(key=lambda row: row[5])
    return _frame("po_id line_no from_date to_date changed_by changed_at how", rows)


def _promise_changes(lines: list[OrderLine], keys: list[tuple[str, str]]) -> pd.DataFrame:
    rows = [
        (*key, _day(before), _day(after), "order desk", _instant(day, 7), "import")
        for key, line in zip(keys, lines, strict=True)
        for day, before, after in line.promise_changes
    ]
    rows.sort(key=lambda row: row[5])
    return _frame("order_id line_no from_date to_date changed_by changed_at how", rows)


def _instant(day: int, hour: int) -> datetime:
    """An hour of a day, in UTC as the store keeps it."""
    return datetime.combine(date.fromordinal(day), time(hour))


def _moved_at(move: Move) -> datetime:
    return _instant(move.day, 0) + timedelta(minutes=move.minute)
