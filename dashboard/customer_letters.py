"""What to tell a customer: plain text, ready to copy, of what comes when; it promises nothing beyond the plan."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from dashboard import settings
from dashboard.domain import backlog as states
from dashboard.messages import count, day, listed, units

NO_DATE = "no date yet"
MOST_NAMED = 3
"""So many of the items without a date are named in the summary."""
WHY_NOT = {
    states.UNDATED: "the delivery to us that it waits for has no confirmed date",
    states.UNCOVERED: "no delivery to us is arranged for it so far",
}
"""Why there is no date, in words that name nobody."""


def letter(lines: pd.DataFrame, orders: pd.DataFrame, today: date) -> str:
    """What comes when, for one customer: its open lines and orders as in a CustomerAccount.

    It opens with all of it in a sentence. Each day in it is one of the plan. It names no supplier.
    """
    first = lines.iloc[0]
    told = [
        f"To: {_one_line(first['customer_name'])}",
        f"Your open orders as of {day(today)}",
        "",
        _summary(lines),
        "",
        "Each date is the day on which we expect the goods here, ready to ship to you. "
        "Dates can change. Where we have none yet, we say so.",
    ]
    rows = lines.to_dict("records")
    for order in orders.to_dict("records"):
        told += ["", _order_in_words(order)]
        told += [_line_in_words(row) for row in rows if row["order_id"] == order["order_id"]]
    company = _one_line(settings.company())
    return "\n".join([*told, *(["", company] if company else [])])


def _summary(lines: pd.DataFrame) -> str:
    """How many lines are open, when the last of them comes, and what has no date, in a sentence.

    For example: Of your 3 open lines, 1 is in stock, the last with a date is expected on 2026-03-30 and 1 has no date
    yet: Clamp.
    """
    is_ready = (lines["state"] == states.READY).to_numpy()
    dated, undated = lines[~is_ready & lines["expected_date"].notna()], lines[lines["expected_date"].isna()]
    whole, ready = len(lines), int(is_ready.sum())
    if ready == whole:
        return f"{'Your open line is' if whole == 1 else f'All your {whole:,} open lines are'} in stock, ready to ship."
    if whole == 1:
        return f"Your open line {_expected(dated) if len(dated) else f'has {NO_DATE}: {_items(undated)}'}."
    told = [f"{ready:,} {'is' if ready == 1 else 'are'} in stock"] if ready else []
    if len(dated):
        told.append(f"the last{' with a date' if len(undated) else ''} {_expected(dated)}")
    if len(undated) == whole:
        return f"None of your {whole:,} open lines has a date yet: {_items(undated)}."
    if len(undated):
        told.append(f"{len(undated):,} {'has' if len(undated) == 1 else 'have'} {NO_DATE}: {_items(undated)}")
    return f"Of your {whole:,} open lines, {listed(told)}."


def _expected(dated: pd.DataFrame) -> str:
    return f"is expected on {day(dated['expected_date'].max())}"


def _items(lines: pd.DataFrame) -> str:
    """What is on the lines, the first few by name."""
    names = list(dict.fromkeys(_one_line(name) for name in lines["item_name"]))
    more = len(names) - MOST_NAMED
    return listed([*names[:MOST_NAMED], f"{count(more, 'more item')}"] if more > 0 else names)


def _order_in_words(order: dict[Any, Any]) -> str:
    complete = order["complete_date"]
    told = f"complete on {day(complete)}" if pd.notna(complete) else f"{NO_DATE} for the whole order"
    return f"Order {_one_line(order['order_id'])} of {day(order['ordered_date'])}: {told}"


def _line_in_words(row: dict[Any, Any]) -> str:
    name, sku = _one_line(row["item_name"]), _one_line(row["sku"])
    item = name if name == sku else f"{name} ({sku})"
    return f"- Line {_one_line(row['line_no'])}: {units(row['open_qty'])} x {item}: {_when(row)}"


def _when(row: dict[Any, Any]) -> str:
    if row["state"] == states.READY:
        return "in stock, ready to ship"
    ready = f"{units(row['ready_qty'])} in stock, the rest: " if row["ready_qty"] > 0 else ""
    if pd.isna(row["expected_date"]):
        return f"{ready}{NO_DATE}, since {WHY_NOT[row['state']]}{_told_before(row)}"
    is_late = row["state"] == states.LATE or _is_missed(row)
    return f"{ready}expected on {day(row['expected_date'])}{_told_before(row) if is_late else ''}"


def _told_before(row: dict[Any, Any]) -> str:
    """What the customer was told before: the day now promised, and the first one where it was another."""
    promise, first = row["promise_date"], row["first_promise_date"]
    if pd.isna(promise):
        return ""
    earlier = f"first {day(first)}, then " if pd.notna(first) and first != promise else ""
    kept = "" if pd.notna(row["expected_date"]) else ", which we cannot confirm"
    return f" (we had told you {earlier}{day(promise)}{kept})"


def _is_missed(row: dict[Any, Any]) -> bool:
    """Whether it comes after the day that the customer was first told."""
    return pd.notna(row["first_promise_date"]) and row["expected_date"] > row["first_promise_date"]


def _one_line(text: object) -> str:
    return " ".join(str(text).split())
