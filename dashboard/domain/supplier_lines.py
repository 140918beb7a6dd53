"""The lines behind a supplier's figures: how each one counted, what is still open, and what hangs on it."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from dashboard.domain.backlog import UNCOVERED
from dashboard.domain.book import PURCHASE_ORDER
from dashboard.domain.days import NO_DAY, day_number, day_numbers, days_between, to_dates
from dashboard.domain.dimensions import text_of
from dashboard.domain.exact import exact_values, line_values, to_money, to_ten_thousandths, to_units
from dashboard.domain.ordering import sorted_rows
from dashboard.domain.plan import Plan
from dashboard.domain.purchasing import Purchasing
from dashboard.domain.supplier_sources import sole_skus
from dashboard.domain.suppliers import DEFAULT_WINDOW_DAYS

ON_TIME, LATE, PARTLY, NOT_RECEIVED, UNKNOWN = COUNTED_AS = (
    "whole by the first due date",
    "whole after it",
    "overdue, part received",
    "overdue, not received",
    "whole, day unknown",
)
"""How a purchase-order line turned out: the first one alone is OTIF; the last is left out of what needs a day."""
_OF_LINE = [
    "order_id", "line_no", "customer_id", "customer_name", "state", "promise_date", "expected_date", "days_late", "sku",
    "unit_price",
]  # fmt: skip
"""What an order line tells of itself where it waits for a purchase order."""


def supplier_lines(
    purchasing: Purchasing,
    today: date,
    window_days: int = DEFAULT_WINDOW_DAYS,
    supplier_id: str | None = None,
) -> pd.DataFrame:
    """How each purchase-order line counted: one row per line that counts in the window, the latest first due first.

    po_id, line_no, supplier_id, sku [category]; ordered_date, first_due_date, due_date, complete_date [NaT where none,
    the day since which its receipts have been whole]; wanted_qty [ordered less cancelled], received_qty [by its own
    quantity, less receipts after today], by_first_due_qty [received up to and on the first due date, at most wanted_qty
    and received_qty], rejected_qty [units]; days_late [complete, else today, - first due; NaN where the line is not
    judged]; is_received [whole by a known day: else its days late are censored]; is_in_full, is_otif, is_otif_now
    [against the current due date]; is_judged [False where left out of what needs a day: whole at an unknown one, or of
    a supplier without any receipt]; counted_as [COUNTED_AS]. Of one supplier, or of all.
    """
    end = day_number(today)
    lines = _counting(purchasing, today, window_days, supplier_id)
    rows = purchasing.po_lines.iloc[lines["row"].to_numpy()].reset_index(drop=True)
    lines = lines.reset_index(drop=True)
    complete = lines["complete"].to_numpy()
    until = np.where(lines["is_judged"], np.where(complete == NO_DAY, end, complete), NO_DAY)
    return pd.DataFrame(
        {
            **{name: rows[name] for name in ("po_id", "line_no", "supplier_id", "sku", "ordered_date")},
            "first_due_date": rows["first_due_date"],
            "due_date": rows["due_date"],
            "complete_date": to_dates(complete),
            "wanted_qty": to_units(lines["wanted"]),
            "received_qty": to_units(lines["received"]),
            "by_first_due_qty": to_units(lines["by_first_due"]),
            "rejected_qty": to_units(lines["rejected"]),
            "days_late": days_between(until, lines["first_due"].to_numpy()),
            "is_received": complete != NO_DAY,
            "is_in_full": lines["is_whole"],
            "is_otif": lines["is_on_time"] & lines["is_judged"],
            "is_otif_now": lines["is_on_time_now"] & lines["is_judged"],
            "is_judged": lines["is_judged"],
            "counted_as": _counted_as(lines),
        }
    )


def _counting(purchasing: Purchasing, today: date, window_days: int, supplier_id: str | None) -> pd.DataFrame:
    """The outcomes of the lines that count in the window, the latest first due first; of one supplier, or of all."""
    outcomes, end = purchasing.outcomes(today), day_number(today)
    first, last = np.searchsorted(outcomes.lines["first_due"], [end - window_days, end])
    lines = outcomes.lines.iloc[first:last].iloc[::-1]
    if supplier_id is None:
        return lines
    number = outcomes.supplier_ids.index(supplier_id) if supplier_id in outcomes.supplier_ids else -1
    return lines[lines["supplier"] == number]


def by_month(lines: pd.DataFrame) -> pd.DataFrame:
    """A supplier's record month by month: one row per month from its first to its last line's, also where it has none.

    month ["2026-03", of the first due date]; lines_due; lines_judged [n of OTIF, as in supplier_lines]; otif_rate [NaN
    where lines_judged is 0].
    """
    of_line = lines["first_due_date"].to_numpy().astype("datetime64[M]").astype(np.int64)
    first, last = (of_line.min(), of_line.max()) if len(of_line) else (0, -1)
    count = last - first + 1
    due, judged, on_time = (
        np.bincount(of_line[rows] - first, minlength=count)
        for rows in (slice(None), lines["is_judged"].to_numpy(), lines["is_otif"].to_numpy())
    )
    return pd.DataFrame(
        {
            "month": pd.Series(np.arange(first, last + 1).astype("datetime64[M]").astype("str"), dtype="str"),
            "lines_due": due,
            "lines_judged": judged,
            "otif_rate": on_time / np.where(judged > 0, judged, np.nan),
        }
    )


def by_days_late(lines: pd.DataFrame) -> pd.DataFrame:
    """The distribution of days late: one row per number of days that a line has, ascending.

    days_late; lines; is_received [whether these lines came: else they have been late so long, and still are].
    """
    known = lines.dropna(subset=["days_late"])
    return known.groupby(["days_late", "is_received"]).size().rename("lines").reset_index()


def open_po_lines(plan: Plan) -> pd.DataFrame:
    """What is still to come and what hangs on it: one row per open purchase-order line, most money waiting first.

    po_line [PO_ID/LINE_NO], supplier_id, sku, item_name, location_id [category]; open_qty [units];
    first_due_date, due_date, restock_date [NaT where none]; days_overdue [today - restock date where that has passed,
    else NaN]; is_overdue; days_past_due, is_past_due [the same against the due date, which a manager's later restock
    date does not move]; order_lines, customers [that take units of it]; waiting_qty [units set aside for them];
    waiting_value [these units x the order lines' unit prices].
    """
    supplies = plan.book.supplies
    rows = np.flatnonzero(supplies["supply_kind"] == PURCHASE_ORDER)
    of_line = supplies.iloc[rows]
    today = np.full(len(rows), day_number(plan.book.today))
    overdue, past_due = (days_between(today, day_numbers(of_line[name])) for name in ("restock_date", "due_date"))
    items = plan.book.items
    frame = pd.DataFrame(
        {
            "po_line": of_line["supply_id"].astype("str"),
            **{name: of_line[name] for name in ("supplier_id", "sku", "location_id")},
            "item_name": text_of(of_line["sku"], items["sku"], items["name"]),
            "open_qty": of_line["supply_qty"],
            **{name: of_line[name] for name in ("first_due_date", "due_date", "restock_date")},
            "days_overdue": np.where(overdue > 0, overdue, np.nan),
            "is_overdue": overdue > 0,
            "days_past_due": np.where(past_due > 0, past_due, np.nan),
            "is_past_due": past_due > 0,
        }
    ).reset_index(drop=True)
    frame = pd.concat([frame, waiting(plan).iloc[rows].reset_index(drop=True)], axis=1)
    order = sorted_rows([-to_ten_thousandths(frame["waiting_value"])], [frame["po_line"]])
    return frame.iloc[order].reset_index(drop=True)


def waiting(plan: Plan) -> pd.DataFrame:
    """What takes units of each supply: one row per supply of the book, in its order.

    order_lines, customers [that take units of it]; waiting_qty [units set aside for them]; waiting_value [these units x
    the order lines' unit prices].
    """
    allocation, lines = plan.allocation, plan.book.lines
    line, supply, supplies = allocation.line_index, allocation.supply_index, len(plan.book.supplies)
    customer = lines["customer_id"].cat.codes.to_numpy().astype(np.int64)[line]
    width = customer.max(initial=0) + 1
    pairs = np.sort(supply * width + customer)
    served = pairs[np.diff(pairs, prepend=-1) != 0] // width
    value = np.zeros(supplies, dtype=np.int64)
    np.add.at(value, supply, exact_values(allocation.allocated, to_ten_thousandths(lines["unit_price"])[line]))
    return pd.DataFrame(
        {
            "order_lines": np.bincount(supply, minlength=supplies),
            "customers": np.bincount(served, minlength=supplies),
            "waiting_qty": to_units(allocation.taken),
            "waiting_value": to_money(value),
        }
    )


def waiting_for(plan: Plan, po_lines: list[str]) -> pd.DataFrame:
    """The order lines that hang on open purchase-order lines: one row per pair, most money first.

    po_line; order_id, line_no, sku, customer_id, customer_name, state, promise_date, expected_date, days_late as in
    the backlog; allocated_qty [units of it set aside for the line]; waiting_value [these units x the line's unit
    price]; decided_by [what the line waits for in the backlog: its day is the expected date; "" where units are
    uncovered]. A line that is split over several supplies stands behind each of them.
    """
    supplies = plan.book.supplies
    wanted = (supplies["supply_id"].isin(po_lines) & (supplies["supply_kind"] == PURCHASE_ORDER)).to_numpy()
    of_supply = plan.allocations["supply_index"].to_numpy()
    taken = plan.allocations[["supply_id", "line_index", "allocated_qty"]].iloc[np.flatnonzero(wanted[of_supply])]
    lines = plan.backlog[[*_OF_LINE, "waits_for"]].iloc[taken["line_index"].to_numpy()]
    lines = lines.reset_index(drop=True).assign(
        po_line=taken["supply_id"].astype("str").to_numpy(), allocated_qty=taken["allocated_qty"].to_numpy()
    )
    lines["decided_by"] = lines.pop("waits_for").where(lines["state"] != UNCOVERED, "")
    lines = lines.assign(waiting_value=to_money(line_values(lines["allocated_qty"], lines["unit_price"])))
    return lines.sort_values("waiting_value", ascending=False, kind="stable").reset_index(drop=True)


def resting_on(open_lines: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """What rests on each supplier: one row per supplier with open purchase-order lines or a SKU that it alone sells.

    supplier_id; lines_open, lines_overdue [past the restock date], lines_past_due [past the due date that it says now];
    backordered_qty_waiting [units], backordered_value_waiting [money], of order lines that wait for its purchase-order
    lines; sole_skus [SKUs for which it is the only source]. sources: as in known_sources.
    """
    sums = open_lines.astype({"supplier_id": "str"}).groupby("supplier_id")
    resting = sums.agg(
        lines_open=("po_line", "size"),
        lines_overdue=("is_overdue", "sum"),
        lines_past_due=("is_past_due", "sum"),
        backordered_qty_waiting=("waiting_qty", "sum"),
        backordered_value_waiting=("waiting_value", "sum"),
    ).round(4)
    return resting.join(sole_skus(sources), how="outer").fillna(0).rename_axis("supplier_id").reset_index()


def with_resting(statistics: pd.DataFrame, resting: pd.DataFrame) -> pd.DataFrame:
    """The suppliers' statistics with what rests on them beside, 0 where nothing does; in the same order."""
    counts = dict.fromkeys(("lines_open", "lines_overdue", "lines_past_due", "sole_skus"), "int64")
    beside = resting.set_index("supplier_id").reindex(statistics["supplier_id"]).fillna(0).astype(counts)
    return pd.concat([statistics, beside.reset_index(drop=True)], axis=1)


def _counted_as(lines: pd.DataFrame) -> pd.Categorical:
    rules = [lines["is_unknown"], lines["is_on_time"], lines["complete"] != NO_DAY, lines["received"] > 0]
    codes = np.select(rules, [COUNTED_AS.index(each) for each in (UNKNOWN, ON_TIME, LATE, PARTLY)], 3)
    return pd.Categorical.from_codes(codes, categories=pd.Index(COUNTED_AS, dtype="str"))
