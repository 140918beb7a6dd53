"""What decisions are about: how a manager knows it by name, and what belongs beside what is looked at."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dashboard.domain.backlog import LATE, UNCOVERED, UNDATED
from dashboard.domain.book import PURCHASE_ORDER
from dashboard.domain.decided import (
    CUSTOMER,
    ORDER,
    ORDER_LINE,
    PURCHASE_ORDER_LINE,
    SKU,
    SUPPLIER,
    Link,
    rows_of,
    supplies_of,
)
from dashboard.domain.plan import Plan


def name_of(plan: Plan, link: Link) -> str:
    """A link as a manager knows it: "customer Old Mill (C-1)"; its number alone where no more is known."""
    book = plan.book
    if link.kind == CUSTOMER:
        return _named(link, _name(book.customers, "customer_id", link.id))
    if link.kind == SUPPLIER:
        return _named(link, _name(book.suppliers, "supplier_id", link.id))
    more = _more(plan, link)
    return f"{link.name} ({more})" if more else link.name


def _named(link: Link, name: str) -> str:
    return f"{link.kind} {name} ({link.id})" if name != link.id else link.name


def _more(plan: Plan, link: Link) -> str:
    """What is told of it besides its number, "" where nothing is known."""
    if link.kind == SKU:
        name = _name(plan.book.items, "sku", link.id)
        return name if name != link.id else ""
    if link.kind == PURCHASE_ORDER_LINE:
        supply = plan.book.supplies.iloc[supplies_of(plan, link)]
        return "" if supply.empty else f"{supply['sku'].iloc[0]} from {_supplier(plan, supply)}"
    rows = rows_of(plan, link)
    if not len(rows):
        return ""
    customer = str(plan.backlog["customer_name"].iloc[rows[0]])
    return f"{plan.backlog['sku'].iloc[rows[0]]} for {customer}" if link.kind == ORDER_LINE else customer


def _supplier(plan: Plan, supply: pd.DataFrame) -> str:
    return _name(plan.book.suppliers, "supplier_id", str(supply["supplier_id"].iloc[0]))


def _name(dimension: pd.DataFrame, key: str, wanted: str) -> str:
    """The name that belongs to an id; the id itself where there is none."""
    names = dimension.loc[dimension[key] == wanted, "name"]
    return (str(names.iloc[0]) if len(names) else "") or wanted


def beside(plan: Plan, seen: Link) -> set[Link]:
    """The links whose decisions belong beside what is looked at: it, and what it hangs on or consists of.

    An order line hangs on its order, its SKU and the purchase-order lines that it takes units of, a purchase-order line
    on its SKU; a customer consists of its open orders and their lines, a supplier of its open purchase-order lines.
    """
    return {seen} | (_PARTS[seen.kind](plan, seen) if seen.kind in _PARTS else set())


def _of_order_line(plan: Plan, seen: Link) -> set[Link]:
    rows, taken = rows_of(plan, seen), plan.allocations
    skus = {Link(SKU, str(sku)) for sku in plan.backlog["sku"].iloc[rows]}
    supplies = plan.book.supplies.iloc[taken["supply_index"].to_numpy()[np.isin(taken["line_index"].to_numpy(), rows)]]
    return {Link(ORDER, seen.id)} | skus | _po_lines(supplies)


def _of_po_line(plan: Plan, seen: Link) -> set[Link]:
    return {Link(SKU, str(sku)) for sku in plan.book.supplies["sku"].iloc[supplies_of(plan, seen)]}


def _of_customer(plan: Plan, seen: Link) -> set[Link]:
    lines = plan.backlog[["order_id", "line_no"]].iloc[rows_of(plan, seen)]
    pairs = zip(lines["order_id"].astype("str"), lines["line_no"].astype("str"), strict=True)
    its_lines = {Link(ORDER_LINE, *pair) for pair in pairs}
    return its_lines | {Link(ORDER, line.id) for line in its_lines}


def _of_supplier(plan: Plan, seen: Link) -> set[Link]:
    supplies = plan.book.supplies
    return _po_lines(supplies[(supplies["supplier_id"] == seen.id).to_numpy(dtype=bool)])


_PARTS = {
    ORDER_LINE: _of_order_line,
    PURCHASE_ORDER_LINE: _of_po_line,
    CUSTOMER: _of_customer,
    SUPPLIER: _of_supplier,
}


def _po_lines(supplies: pd.DataFrame) -> set[Link]:
    """The links of those supplies that are purchase-order lines."""
    bought = supplies[(supplies["supply_kind"] == PURCHASE_ORDER).to_numpy(dtype=bool)]
    pairs = zip(bought["document_id"].astype("str"), bought["line_no"].astype("str"), strict=True)
    return {Link(PURCHASE_ORDER_LINE, *pair) for pair in pairs}


def suggestion(plan: Plan, link: Link) -> str:
    """What a decision about this may begin as; "" where nothing suggests itself."""
    if link.kind == ORDER_LINE:
        rows = rows_of(plan, link)
        return _for_order_line(plan.backlog.iloc[rows[0]], link) if len(rows) else ""
    if link.kind == PURCHASE_ORDER_LINE:
        supply = plan.book.supplies.iloc[supplies_of(plan, link)]
        return _for_po_line(plan, supply, link) if len(supply) else ""
    name = _name(plan.book.customers, "customer_id", link.id) if link.kind == CUSTOMER else ""
    if link.kind == SUPPLIER:
        name = _name(plan.book.suppliers, "supplier_id", link.id)
    return f"Call {name}: " if name else ""


def _for_order_line(line: pd.Series, link: Link) -> str:
    customer, source = line["customer_name"], f" from {line['supplier_name']}" if line["supplier_name"] else ""
    waits_for = f"{line['waits_for']}{source}"
    if line["state"] == UNCOVERED:
        return f"Order {line['sku']}: {link.number} for {customer} has no supply"
    if not line["waits_for"]:
        return f"Ship {link.number} to {customer}"
    if line["state"] == UNDATED:
        return f"Get a date for {waits_for}: {link.number} for {customer} waits for it"
    if line["state"] == LATE:
        return (
            f"Get {waits_for} earlier, or tell {customer} that {link.number} comes on {line['expected_date']:%Y-%m-%d}"
        )
    return f"Make sure of {waits_for}: {link.number} for {customer} waits for it"


def _for_po_line(plan: Plan, supply: pd.DataFrame, link: Link) -> str:
    what, restock_date = f"{link.number} from {_supplier(plan, supply)}", supply["restock_date"].iloc[0]
    if pd.isna(restock_date):
        return f"Get a date for {what}"
    is_over = restock_date.date() < plan.book.today
    return f"Get {what}, which was to come on {restock_date:%Y-%m-%d}" if is_over else f"Make sure of {what}"
