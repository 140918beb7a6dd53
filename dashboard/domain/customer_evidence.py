"""What speaks for and against each customer with open lines: lateness now, promises moved, lateness before, silence.

Knows neither how the evidence is weighed nor how it is shown.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from dashboard.domain.allocation import Flags
from dashboard.domain.backlog import LATE, UNCOVERED, UNDATED
from dashboard.domain.days import day_number, day_numbers, to_dates
from dashboard.domain.exact import Integers, to_money, to_ten_thousandths, to_thousandths, to_units
from dashboard.domain.ids import coded, natural_rank
from dashboard.domain.order_history import NO_LINE, OrderHistory

NO_DATE_DAYS = 60
"""A line without a date counts as this many days late, and no line counts more: none would be better than a bad one."""

MOVED_DAYS = 90
SHIPPED_DAYS = 180
FEWEST_ORDER_DAYS = 3
"""Order days from which a rhythm can be told."""

AT_RISK_STATES = (LATE, UNDATED, UNCOVERED)


def customer_evidence(backlog: pd.DataFrame, history: OrderHistory, today: date) -> pd.DataFrame:
    """What speaks for or against a customer: one row per customer with open lines, in natural order of their ids.

    customer_id, customer_name [str]; tier
    value_open: open units times unit price [money]
    value_at_risk: backordered units of late, undated and uncovered lines times unit price [money]
    lines_open, lines_late, lines_undated, lines_uncovered: open lines, and those in each of these states
    worst_days_late: the most of the late lines [days, NaN where none is late]
    late_rate: value at risk by value open; in units where nothing open has a price
    expected_days_late: days late of the open lines, weighted by value [days]. A line on time counts 0 days, one without
        a date NO_DATE_DAYS, and none counts more
    without_date_rate: undated and uncovered lines by open lines
    promises_moved: its promises moved later or withdrawn in the last MOVED_DAYS days, once for each change
    lines_shipped, lines_shipped_late, shipped_late_rate: of the last SHIPPED_DAYS days, as in shipped_lines [NaN where
        there is no such line]
    silent_days: days since the last order of the history [days, NaN where there is none]
    rhythm_days: the median of the days between its order days [days, NaN with fewer than FEWEST_ORDER_DAYS of them]
    """
    codes, ids = _used(backlog["customer_id"])
    first = np.unique(codes, return_index=True)[1]
    who = backlog.iloc[first]
    columns = {
        "customer_id": pd.Series(ids.to_numpy(), dtype="str"),
        "customer_name": who["customer_name"].astype("str").to_numpy(),
        "tier": who["tier"].to_numpy(),
        **_of_open_lines(backlog, codes, len(ids)),
        **_of_the_past(history, ids, today),
    }
    evidence = pd.DataFrame(columns)
    return evidence.iloc[np.argsort(natural_rank(evidence["customer_id"]), kind="stable")].reset_index(drop=True)


def shipped_lines(history: OrderHistory, today: date) -> pd.DataFrame:
    """What was shipped in the last SHIPPED_DAYS days: one row per order line of which units left then.

    line [row of history.lines]; last_shipped_date [datetime64]; days_late [last shipped date less first promise date;
    above zero is late]; shipped_qty [units that left then]; late_qty [units of them that left after the first promise].
    Lines without a first promise date are left out, and so are returns.
    """
    shipments = history.shipments
    line, day = shipments["line"].to_numpy(), day_numbers(shipments["shipped_date"])
    qty = to_thousandths(shipments["shipped_qty"])
    now = day_number(today)
    is_promised = history.lines["first_promise_date"].notna().to_numpy()
    counts = (line != NO_LINE) & (qty > 0) & (day <= now) & (day >= now - SHIPPED_DAYS)
    counts[counts] = is_promised[line[counts]]
    line, day, qty = line[counts], day[counts], qty[counts]
    promise = day_numbers(history.lines["first_promise_date"])[line]
    shipped = pd.DataFrame({"line": line, "day": day, "qty": qty, "late": np.where(day > promise, qty, 0)})
    by_line = shipped.groupby("line").agg({"day": "max", "qty": "sum", "late": "sum"})
    lines = by_line.index.to_numpy(dtype=np.int64)
    last = by_line["day"].to_numpy(dtype=np.int64)
    return pd.DataFrame(
        {
            "line": lines,
            "last_shipped_date": to_dates(last),
            "days_late": last - day_numbers(history.lines["first_promise_date"])[lines],
            "shipped_qty": to_units(by_line["qty"]),
            "late_qty": to_units(by_line["late"]),
        }
    )


def _used(customer_ids: pd.Series) -> tuple[Integers, pd.Index]:
    """The code of each row among the customers that rows have, and these customers."""
    codes, texts = coded(customer_ids)
    used = np.flatnonzero(np.bincount(codes, minlength=len(texts)))
    return np.searchsorted(used, codes), texts[used]


def _among(ids: pd.Index, customer_ids: pd.Series) -> Integers:
    """The code of each row among the given customers, -1 for any other."""
    codes, texts = coded(customer_ids)
    return np.append(ids.get_indexer(texts), -1)[codes].astype(np.int64)


def _sums(values: Integers, codes: Integers, customers: int) -> Integers:
    sums = np.zeros(customers, dtype=np.int64)
    np.add.at(sums, codes, values)
    return sums


def _of_open_lines(backlog: pd.DataFrame, codes: Integers, customers: int) -> dict[str, Any]:
    state = backlog["state"]
    is_late, is_undated, is_uncovered = ((state == each).to_numpy() for each in AT_RISK_STATES)
    has_no_date = is_undated | is_uncovered
    days_late = backlog["days_late"].to_numpy(dtype=np.float64)
    worst = np.full(customers, np.nan)
    np.fmax.at(worst, codes[is_late], days_late[is_late])
    lines = {
        name: np.bincount(codes[mask], minlength=customers)
        for name, mask in (
            ("lines_late", is_late),
            ("lines_undated", is_undated),
            ("lines_uncovered", is_uncovered),
        )
    }
    lines_open = np.bincount(codes, minlength=customers)
    is_at_risk = is_late | has_no_date
    value_open = _sums(to_ten_thousandths(backlog["open_value"]), codes, customers)
    value_at_risk = _sums(to_ten_thousandths(backlog["backordered_value"]) * is_at_risk, codes, customers)
    days = np.where(has_no_date, NO_DATE_DAYS, np.where(is_late, np.minimum(days_late, NO_DATE_DAYS), 0))
    open_weight, risk_weight = _weights(backlog, value_open[codes] > 0)
    whole = _sums(open_weight, codes, customers)
    return {
        "value_open": to_money(value_open),
        "value_at_risk": to_money(value_at_risk),
        "lines_open": lines_open,
        **lines,
        "worst_days_late": worst,
        "late_rate": _sums(risk_weight * is_at_risk, codes, customers) / whole,
        "expected_days_late": _sums(risk_weight * days.astype(np.int64), codes, customers) / whole,
        "without_date_rate": (lines["lines_undated"] + lines["lines_uncovered"]) / lines_open,
    }


def _weights(backlog: pd.DataFrame, has_value: Flags) -> tuple[Integers, Integers]:
    """What each line weighs, whole and in its backordered part: its value, or its units where there are no prices."""
    names = (("open_value", "open_qty"), ("backordered_value", "backordered_qty"))
    whole, backordered = (
        np.where(has_value, to_ten_thousandths(backlog[value]), to_thousandths(backlog[qty])) for value, qty in names
    )
    return whole, backordered


def _of_the_past(history: OrderHistory, ids: pd.Index, today: date) -> dict[str, Any]:
    """What moves of restock dates do not touch: worked out once for a history."""
    known = history.evidence(today, _past_evidence).reindex(ids)
    counts = dict.fromkeys(("promises_moved", "lines_shipped", "lines_shipped_late"), 0)
    known = known.fillna(counts).astype(dict.fromkeys(counts, "int64"))
    return {name: known[name].to_numpy() for name in known.columns}


def _past_evidence(history: OrderHistory, today: date) -> pd.DataFrame:
    """One row per customer of the history, by its id."""
    ids = coded(history.lines["customer_id"])[1]
    columns = {
        "promises_moved": _promises_moved(history, ids, today),
        **_of_shipped_lines(history, ids, today),
        **_of_order_days(history, ids, today),
    }
    return pd.DataFrame(columns, index=ids)


def _promises_moved(history: OrderHistory, ids: pd.Index, today: date) -> Integers:
    """Promises moved later or withdrawn; one that was brought forward is no evidence of risk."""
    changes = history.promise_changes
    line = changes["line"].to_numpy()
    changed = day_numbers(changes["changed_at"])
    is_recent = (changed >= day_number(today) - MOVED_DAYS) & (changed <= day_number(today))
    is_worse = (changes["to_date"].isna() | (changes["to_date"] > changes["from_date"])).to_numpy()
    moved = line[(line != NO_LINE) & is_recent & is_worse]
    customer = _among(ids, history.lines["customer_id"])[moved]
    return np.bincount(customer[customer >= 0], minlength=len(ids)).astype(np.int64)


def _of_shipped_lines(history: OrderHistory, ids: pd.Index, today: date) -> dict[str, Any]:
    shipped = shipped_lines(history, today)
    customer = _among(ids, history.lines["customer_id"])[shipped["line"].to_numpy()]
    is_late = (shipped["late_qty"] > 0).to_numpy()
    lines = np.bincount(customer[customer >= 0], minlength=len(ids))
    late = np.bincount(customer[(customer >= 0) & is_late], minlength=len(ids))
    rate = np.divide(late, lines, out=np.full(len(ids), np.nan), where=lines > 0)
    return {"lines_shipped": lines, "lines_shipped_late": late, "shipped_late_rate": rate}


def _of_order_days(history: OrderHistory, ids: pd.Index, today: date) -> dict[str, Any]:
    customer = _among(ids, history.lines["customer_id"])
    day = day_numbers(history.lines["ordered_date"])
    start = day_number(history.since or date.min)
    counts = (customer >= 0) & (day <= day_number(today)) & (day >= start)
    ordered = pd.DataFrame({"customer": customer[counts], "day": day[counts]}).drop_duplicates()
    ordered = ordered.sort_values(["customer", "day"])
    days = ordered.groupby("customer")["day"]
    last, order_days = days.max(), days.size()
    rhythm = days.diff().groupby(ordered["customer"]).median().where(order_days >= FEWEST_ORDER_DAYS)
    everyone = range(len(ids))
    return {
        "silent_days": day_number(today) - last.reindex(everyone).to_numpy(dtype=np.float64),
        "rhythm_days": rhythm.reindex(everyone).to_numpy(dtype=np.float64),
    }
