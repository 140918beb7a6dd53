"""The backlog frame: one row per open order line, from which every other figure is taken. Knows no screen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dashboard.domain.allocation import NO_SUPPLY, Allocation
from dashboard.domain.book import Book
from dashboard.domain.days import NO_DAY, day_number, day_numbers, days_between, to_dates
from dashboard.domain.dimensions import category, chosen, text_of, tiers
from dashboard.domain.exact import Integers, line_values, to_money, to_ten_thousandths, to_thousandths, to_units
from dashboard.domain.ids import natural_rank

READY, ON_TIME, UNPROMISED, LATE, UNDATED, UNCOVERED = STATES = (
    "ready",
    "on time",
    "unpromised",
    "late",
    "undated",
    "uncovered",
)
"""The states of an order line, the worst last."""

STATE_DTYPE = pd.CategoricalDtype(pd.Index(STATES, dtype="str"), ordered=True)

BACKLOG_COLUMNS = {
    "order_id": "the order's id",
    "line_no": "the line's number on the order",
    "customer_id": "the customer's id",
    "customer_name": "the customer's name, or its id where the name is not known",
    "tier": "the customer's tier, 1 is best",
    "sku": "what is ordered",
    "item_name": "the SKU's name, or the SKU where the name is not known",
    "category": "the SKU's category",
    "location_id": "where it is to be shipped from",
    "ordered_date": "the day of the order",
    "requested_date": "the day the customer asked for",
    "first_promise_date": "the day we first told the customer",
    "promise_date": "the day we tell the customer now",
    "priority": "1 first; 999999 where there is none",
    "ordered_qty": "units ordered",
    "shipped_qty": "units shipped",
    "open_qty": "ordered - shipped - cancelled [units]",
    "ready_qty": "open units covered by stock",
    "inbound_qty": "open units covered by what is to come",
    "uncovered_qty": "open units that no supply covers",
    "backordered_qty": "inbound + uncovered: open and not covered by stock today [units]",
    "unit_price": "price per unit [money]",
    "open_value": "open_qty x unit_price [money]",
    "backordered_value": "backordered_qty x unit_price [money]",
    "expected_date": "the day the last unit is covered; none where a unit is undated or uncovered",
    "days_late": "expected date - promise date; above zero is late [days]",
    "state": "ready, on time, unpromised, late, undated or uncovered",
    "age_days": "today - ordered date [days]",
    "days_past_promise": "today - promise date; below zero is not yet due [days]",
    "is_past_promise": "whether the promise date is before today",
    "waits_for": "the last supply to come that the line needs, which decides its expected date",
    "waits_for_kind": "whether that is a purchase order or a planned restock",
    "waits_until": "the day that supply is available; none where undated",
    "supplier_id": "that supply's supplier, none of a planned restock; the SKU's usual one where nothing is to come",
    "supplier_name": "that supplier's name, or its id where the name is not known",
}
"""The columns of the backlog frame, in order, and what each means."""

_AS_IN_BOOK = (
    "ordered_date",
    "requested_date",
    "first_promise_date",
    "promise_date",
    "priority",
    "ordered_qty",
    "shipped_qty",
    "open_qty",
    "unit_price",
)


def build_backlog(book: Book, allocation: Allocation) -> pd.DataFrame:
    """What is open, why, and when it will be covered: one row per open order line, in the order of book.lines.

    Its columns are BACKLOG_COLUMNS. Texts are categories, dates datetime64 with NaT for none, ids "" for none, days
    float64 with NaN where a date is missing. Always ready_qty + inbound_qty + uncovered_qty == open_qty.
    """
    names = names_of(book) if book.names is None else book.names
    columns = {
        **{name: book.lines[name] for name in _AS_IN_BOOK},
        **names,
        **promised(book, allocation),
        **_waiting(book, allocation, names["usual_supplier_id"]),
    }
    return pd.DataFrame({name: columns[name] for name in BACKLOG_COLUMNS}, copy=False)


def names_of(book: Book) -> dict[str, Any]:
    """Those columns of the backlog that tell who and what, which no move and no promise changes: one entry per line.

    usual_supplier_id besides: who supplies the line's SKU where nothing is to come, "" where nobody is known to.
    """
    lines, customers, items, usual = book.lines, book.customers, book.items, usual_suppliers(book.item_suppliers)
    return {
        **{name: category(lines[name]) for name in ("order_id", "line_no", "customer_id", "sku", "location_id")},
        "customer_name": text_of(lines["customer_id"], customers["customer_id"], customers["name"]),
        "tier": tiers(lines["customer_id"], customers),
        "item_name": text_of(lines["sku"], items["sku"], items["name"]),
        "category": text_of(lines["sku"], items["sku"], items["category"], otherwise=""),
        "usual_supplier_id": text_of(lines["sku"], usual["sku"], usual["supplier_id"], otherwise=""),
    }


def promised(book: Book, allocation: Allocation) -> dict[str, Any]:
    """What each line of a book gets and when: those columns of the backlog that no name is needed for."""
    return {**_coverage(book, allocation), **_dates(book, allocation)}


def whole_orders(backlog: pd.DataFrame) -> pd.DataFrame:
    """When each order will be complete: one row per order with open lines, in the order of the backlog.

    order_id, customer_id, customer_name; tier; lines; open_qty, backordered_qty [units]; open_value, backordered_value
    [money]; ordered_date, promise_date [the earliest of its lines]; complete_date [the latest expected date, NaT where
    a line has none]; days_late [the most of its lines, NaN where none can be told]; state [the worst of its lines];
    is_late [whether a line is late].
    """
    rows, starts = _by_order(backlog["order_id"])

    def each(combine: np.ufunc, values: Any) -> Any:
        return combine.reduceat(np.asarray(values)[rows], starts)

    first = backlog.iloc[rows[starts]]
    worst = each(np.maximum, backlog["state"].cat.codes)
    orders = pd.DataFrame(
        {
            **{name: first[name].array for name in ("order_id", "customer_id", "customer_name", "tier")},
            "lines": each(np.add, np.ones(len(backlog), dtype=np.int64)),
            **{name: to_units(each(np.add, to_thousandths(backlog[name]))) for name in ("open_qty", "backordered_qty")},
            **{
                name: to_money(each(np.add, to_ten_thousandths(backlog[name])))
                for name in ("open_value", "backordered_value")
            },
            **{name: each(np.fmin, backlog[name]) for name in ("ordered_date", "promise_date")},
            "complete_date": each(np.maximum, backlog["expected_date"]),
            "days_late": each(np.fmax, backlog["days_late"]),
            "state": pd.Categorical.from_codes(worst, dtype=STATE_DTYPE),
            "is_late": each(np.logical_or, backlog["state"] == LATE),
        }
    )
    return orders.iloc[np.argsort(rows[starts])].reset_index(drop=True)


def _by_order(order_ids: pd.Series) -> tuple[Integers, Integers]:
    """The rows of each order together, in the order of the backlog, and where each order begins among them."""
    codes = order_ids.cat.codes.to_numpy()
    rows = np.argsort(codes, kind="stable")
    return rows, np.flatnonzero(np.diff(codes[rows], prepend=-1))


def _coverage(book: Book, allocation: Allocation) -> dict[str, Any]:
    backordered_qty = to_units(allocation.inbound + allocation.uncovered)
    unit_price = book.lines["unit_price"]
    return {
        "ready_qty": to_units(allocation.ready),
        "inbound_qty": to_units(allocation.inbound),
        "uncovered_qty": to_units(allocation.uncovered),
        "backordered_qty": backordered_qty,
        "open_value": to_money(line_values(book.lines["open_qty"], unit_price)),
        "backordered_value": to_money(line_values(backordered_qty, unit_price)),
    }


def _dates(book: Book, allocation: Allocation) -> dict[str, Any]:
    today = np.full(len(book.lines), day_number(book.today))
    promise = day_numbers(book.lines["promise_date"])
    expected = _expected(allocation)
    days_past_promise = days_between(today, promise)
    return {
        "expected_date": to_dates(expected),
        "days_late": days_between(expected, promise),
        "state": _state(allocation, expected, promise),
        "age_days": today - day_numbers(book.lines["ordered_date"]),
        "days_past_promise": days_past_promise,
        "is_past_promise": days_past_promise > 0,
    }


def _expected(allocation: Allocation) -> Integers:
    """The day number on which the last unit of each line is covered, NO_DAY where a unit is undated or uncovered."""
    expected = np.append(allocation.available[allocation.supply_index], NO_DAY)[allocation.last_entry]
    return np.where(allocation.uncovered > 0, NO_DAY, expected)


def _state(allocation: Allocation, expected: Integers, promise: Integers) -> pd.Categorical:
    """The first state that fits, in the order of the table in DESIGN.md."""
    rules = [
        ((allocation.inbound == 0) & (allocation.uncovered == 0), READY),
        (allocation.uncovered > 0, UNCOVERED),
        (expected == NO_DAY, UNDATED),
        ((promise != NO_DAY) & (expected > promise), LATE),
        (promise == NO_DAY, UNPROMISED),
    ]
    codes = np.select([fits for fits, _ in rules], [STATES.index(state) for _, state in rules], STATES.index(ON_TIME))
    return pd.Categorical.from_codes(codes, dtype=STATE_DTYPE)


def _waiting(book: Book, allocation: Allocation, usual_supplier_id: pd.Categorical) -> dict[str, Any]:
    supply = allocation.deciding_supply
    until = np.append(allocation.available, NO_DAY)[supply]
    supplier_id = _supplier(book, supply, usual_supplier_id)
    return {
        "waits_for": chosen(supply, book.supplies["supply_id"]),
        "waits_for_kind": chosen(supply, book.supplies["supply_kind"]),
        "waits_until": to_dates(until),
        "supplier_id": supplier_id,
        "supplier_name": text_of(pd.Series(supplier_id), book.suppliers["supplier_id"], book.suppliers["name"]),
    }


def _supplier(book: Book, supply: Integers, usual: pd.Categorical) -> pd.Categorical:
    """The supplier of what each line waits for, "" of a planned restock; the SKU's usual one where that is nothing."""
    of_supply = chosen(supply, book.supplies["supplier_id"])
    both = pd.Index(of_supply.categories).union(usual.categories, sort=False)
    recoded = [each.set_categories(both) for each in (of_supply, usual)]
    codes = np.where(supply == NO_SUPPLY, recoded[1].codes, recoded[0].codes)
    return pd.Categorical.from_codes(codes, categories=both)


def usual_suppliers(item_suppliers: pd.DataFrame) -> pd.DataFrame:
    """The usual supplier of each SKU: the lowest rank, then the first id in natural order. One row per SKU."""
    order = np.lexsort((natural_rank(item_suppliers["supplier_id"]), item_suppliers["rank"]))
    return item_suppliers.iloc[order].drop_duplicates("sku")
