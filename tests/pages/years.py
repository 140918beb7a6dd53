"""A company with a history, and a year that goes by: everything that a page is made from changes, again and again.

Seeded, so that it is the same each time; imports, moves, promises and decisions go the ways that the program has.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import Engine

from dashboard.domain.decided import CUSTOMER, DONE, Draft, Link
from dashboard.domain.promises import PromiseChange
from dashboard.domain.restocks import FORM, Change, Move, NewRestock, keys_of
from data_access import decisions, moving, promising
from data_access.book import read_book
from data_access.imports import import_readings
from data_access.reading import read_file
from data_access.records import RECORDS
from data_access.users import set_user

SKUS, CUSTOMERS, SUPPLIERS = 12, 6, 4
ORDERS, PURCHASES = 60, 40
WEEKS = 52
_WORK_EVERY, _IMPORT_EVERY = 2, 13
Rows = list[dict[str, Any]]


def write_company(engine: Engine, today: date) -> None:
    """A company on a day, with two months of orders, shipments, receipts, moves, promises and decisions behind it."""
    draw = Random(6)  # noqa: S311 (no secret)
    _bring(engine, today, _names(draw, "") | _trade(draw, today, "A"))
    manage(engine, today, draw)
    for number in (1, 2):
        draft = Draft(f"Call customer {number}", "ada", today, "they know", Link(CUSTOMER, f"C-{number}"))
        decisions.add_decision(engine, draft, None, by="ada", at=_at(today), today=today)
    set_user(engine, "ada@example.com", "admin", by="ops", at=_at(today))


def a_year_passes(engine: Engine, today: date) -> date:
    """A year of moves and promises, and every quarter an import that changes all that was; its last day."""
    draw = Random(7)  # noqa: S311 (no secret)
    for week in range(_WORK_EVERY, WEEKS + 1, _WORK_EVERY):
        day = today + timedelta(weeks=week)
        if week % _IMPORT_EVERY < _WORK_EVERY:
            _bring(engine, day, _names(draw, f" {week}") | _changed(draw, today) | _trade(draw, day, f"W{week}", 8, 6))
        manage(engine, day, draw)
    for number, version in decisions.decisions(engine)[["decision_id", "version"]].itertuples(index=False):
        decisions.change_decision(
            engine, number, version, state=DONE, text="Done long ago", note="well", by="eve", at=_at(day), today=day
        )
    set_user(engine, "eve@example.com", "editor", by="ada@example.com", at=_at(day))
    return day


def _names(draw: Random, suffix: str) -> dict[str, Rows]:
    """Who is known and what is sold; each year everybody is called something else, and dearer."""
    skus = [f"SKU-{number}" for number in range(SKUS)]
    return {
        "customers": [
            {"customer_id": f"C-{each}", "name": f"Customer {each}{suffix}", "tier": draw.randint(1, 3)}
            for each in range(CUSTOMERS)
        ],
        "suppliers": [{"supplier_id": f"S-{each}", "name": f"Supplier {each}{suffix}"} for each in range(SUPPLIERS)],
        "items": [
            {"sku": sku, "name": f"Item {sku}{suffix}", "category": draw.choice("XYZ"), "unit_cost": draw.randint(1, 9)}
            for sku in skus
        ],
        "item_suppliers": [
            {"sku": sku, "supplier_id": f"S-{draw.randrange(SUPPLIERS)}", "rank": 1, "lead_time_days": 9}
            for sku in skus
        ],
        "stock": [{"sku": sku, "location_id": "MAIN", "stock_qty": draw.randint(-2, 30)} for sku in skus],
    }  # fmt: skip


def _trade(draw: Random, today: date, prefix: str, orders: int = ORDERS, purchases: int = PURCHASES) -> dict[str, Rows]:
    """Orders and purchases of the two months before a day, some shipped or received in part."""
    lines, shipped, bought, received = [], [], [], []
    for number in range(orders):
        ordered, qty, gone = _before(draw, today, 60), draw.randint(2, 20), draw.choice((0, 0, 1, 2))
        promise = ordered + timedelta(days=draw.randint(5, 50)) if draw.random() < 0.8 else ""
        key = {"order_id": f"SO-{prefix}-{number // 2}", "line_no": number % 2 + 1}
        lines.append({
            **key, "customer_id": f"C-{number // 2 % CUSTOMERS}", "sku": f"SKU-{draw.randrange(SKUS)}",
            "location_id": "MAIN", "ordered_date": ordered, "promise_date": promise, "ordered_qty": qty,
            "shipped_qty": gone, "cancelled_qty": 0, "unit_price": draw.randint(2, 90),
        })  # fmt: skip
        if gone:
            shipped.append({**key, "shipped_date": min(today, ordered + timedelta(days=3)), "shipped_qty": gone})
    for number in range(purchases):
        ordered, qty, came = _before(draw, today, 90), draw.randint(5, 40), draw.choice((0, 0, 3))
        key = {"po_id": f"PO-{prefix}-{number // 2}", "line_no": number % 2 + 1}
        due = ordered + timedelta(days=draw.randint(20, 110)) if draw.random() < 0.9 else ""
        bought.append({
            **key, "supplier_id": f"S-{number // 2 % SUPPLIERS}", "sku": f"SKU-{draw.randrange(SKUS)}",
            "location_id": "MAIN", "ordered_date": ordered, "due_date": due, "ordered_qty": qty, "received_qty": came,
            "cancelled_qty": 0,
        })  # fmt: skip
        if came:
            arrived = min(today, ordered + timedelta(days=draw.randint(10, 60)))
            received.append(
                {**key, "received_date": arrived, "received_qty": came, "rejected_qty": draw.choice((0, 1))}
            )
    return {"order_lines": lines, "shipments": shipped, "po_lines": bought, "receipts": received}


def _changed(draw: Random, first_day: date) -> dict[str, Rows]:
    """What the company's first orders and purchases have become: shipped, cancelled, larger, dearer, later."""
    then = _trade(Random(6), first_day, "A")  # noqa: S311 (no secret)
    for line in then["order_lines"]:
        line["shipped_qty"] = draw.randint(0, line["ordered_qty"])
        line["cancelled_qty"] = draw.choice((0, 0, 1))
        line["ordered_qty"] += draw.choice((0, 0, 5))
        line["unit_price"] = draw.randint(2, 90)
    for line in then["po_lines"]:
        line["received_qty"] = draw.randint(0, line["ordered_qty"])
        line["due_date"] = first_day + timedelta(days=draw.randint(-20, 300))
    return {"order_lines": then["order_lines"], "po_lines": then["po_lines"]}


def manage(engine: Engine, today: date, draw: Random | None = None) -> None:
    """A week's work: some restock dates move, a restock is planned, some lines get a promise."""
    draw = draw or Random(8)  # noqa: S311 (no secret)
    book = read_book(engine, today)
    supplies = book.supplies[book.supplies["supply_kind"] == "purchase order"]
    chosen = supplies.iloc[draw.sample(range(len(supplies)), min(3, len(supplies)))]
    new = f"PR-{draw.randrange(10**8)}"
    changes: list[Change] = [
        Move(key, today + timedelta(days=draw.randint(0, 60)), int(version), "Carrier", f"of {today}")
        for key, version in zip(keys_of(chosen), chosen["version"], strict=True)
    ]
    changes.append(NewRestock(new, f"SKU-{draw.randrange(SKUS)}", "MAIN", 4.0, today, "Carrier"))
    moving.save_changes(engine, changes, by="ada", at=_at(today), how=FORM, today=today)
    lines = book.lines.iloc[draw.sample(range(len(book.lines)), min(3, len(book.lines)))]
    promises = [
        PromiseChange(str(order), str(line), today + timedelta(days=draw.randint(0, 30)), _day(seen))
        for order, line, seen in lines[["order_id", "line_no", "promise_date"]].itertuples(index=False)
    ]
    promising.save_promises(engine, promises, by="ada", at=_at(today), how=FORM, today=today)


def _bring(engine: Engine, day: date, tables: dict[str, Sequence[dict[str, Any]]]) -> None:
    readings = [
        read_file(RECORDS[table], io.BytesIO(_csv(rows)), f"{table}.csv") for table, rows in tables.items() if rows
    ]
    results = import_readings(engine, readings, by="ada", at=_at(day))
    assert not any(result.is_refused for result in results)


def _csv(rows: Iterable[dict[str, Any]]) -> bytes:
    rows, text = list(rows), io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _before(draw: Random, today: date, days: int) -> date:
    return today - timedelta(days=draw.randint(1, days))


def _day(instant: Any) -> date | None:
    return None if instant != instant else instant.date()


def _at(day: date) -> datetime:
    return datetime.combine(day, time(9), tzinfo=UTC)
