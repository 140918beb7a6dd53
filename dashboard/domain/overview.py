"""The figures of the Overview, each a view of the backlog frame. Knows no screen.

Every figure counts lines, orders and customers and tells both the open and the backordered part of these lines. The
figure to print stands in `units` and `money`: the backordered part for "backordered" and for the states that belong to
it, so that they add up to it; the open part for everything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.domain.allocation import Allocation, Flags
from dashboard.domain.backlog import LATE, ON_TIME, READY, STATES, UNCOVERED, UNDATED, UNPROMISED
from dashboard.domain.book import PURCHASE_ORDER
from dashboard.domain.exact import (
    MONEY_SCALE,
    QUANTITY_SCALE,
    Integers,
    line_values,
    to_money,
    to_ten_thousandths,
    to_thousandths,
    to_units,
)

Clock = Literal["ordered", "promise"]
Figures = dict[str, Any]
Codes = npt.NDArray[np.integer[Any]]
Rows = Integers | Flags | slice
"""Some of the rows, by their positions or by whether each one is among them."""

OPEN, BACKORDERED, PAST_PROMISE = "open", "backordered", "past the promise"
CONCEPTS = (OPEN, BACKORDERED, LATE, UNDATED, UNCOVERED, PAST_PROMISE, READY, ON_TIME, UNPROMISED)
"""What the Overview tells, in order."""

NOT_YET_DUE = "not yet due"
NO_PROMISE = "no promise"
LATE_FOR_BEST = "late for the best customers"

_SHOWN_OPEN = (OPEN, PAST_PROMISE, READY)
_QUANTITIES = ["open_qty", "backordered_qty"]
_VALUES = ["open_value", "backordered_value"]


def totals(backlog: pd.DataFrame) -> pd.DataFrame:
    """What is open, backordered, late, undated and uncovered: one row per concept of CONCEPTS.

    concept; lines, orders, customers; units, money [the figure to print, see above]; open_qty, backordered_qty [units];
    open_value, backordered_value [money].
    """
    exact = _Exact.of(backlog)
    return pd.DataFrame([{"concept": concept, **_figures_of(exact, backlog, concept)} for concept in CONCEPTS])


def by_state(backlog: pd.DataFrame) -> pd.DataFrame:
    """The backlog by state: one row per state, the worst last, also where no line has it. Columns as in totals."""
    exact = _Exact.of(backlog)
    return pd.DataFrame([{"state": state, **_figures_of(exact, backlog, state)} for state in STATES])


def by_age(backlog: pd.DataFrame, buckets: Sequence[int], clock: Clock = "ordered") -> pd.DataFrame:
    """How old the backlog is: one row per age bucket in order, also where it is empty.

    bucket; is_past [whether it counts days on this clock]; then the columns of totals, units and money the open ones.
    The clock "ordered" counts days since the order, "promise" days past the promise; lines whose promise has not
    passed, or that have none, are buckets of their own there.
    """
    bucket = bucket_ages(backlog, buckets) if clock == "ordered" else bucket_promises(backlog, buckets)
    exact, codes = _Exact.of(backlog), bucket.cat.codes.to_numpy()
    rows = [
        {"bucket": label, "is_past": label not in (NOT_YET_DUE, NO_PROMISE)} | _figures(exact, codes == code, OPEN)
        for code, label in enumerate(bucket.cat.categories)
    ]
    return pd.DataFrame(rows)


def sum_of(backlog: pd.DataFrame, rows: Rows = slice(None)) -> Figures:
    """Counts and exact sums of some rows of the backlog: the columns of totals, units and money the open ones."""
    return _figures(_Exact.of(backlog, rows), slice(None), OPEN)


def bucket_ages(backlog: pd.DataFrame, buckets: Sequence[int]) -> pd.Series:
    """The age bucket of each line since its order, as an ordered category of age_labels."""
    return _bucketed(backlog["age_days"], np.searchsorted(buckets, backlog["age_days"]), age_labels(buckets))


def bucket_promises(backlog: pd.DataFrame, buckets: Sequence[int]) -> pd.Series:
    """The age bucket of each line past its promise, as an ordered category of promise_labels."""
    days = backlog["days_past_promise"]
    labels = promise_labels(buckets)
    codes = np.where(days <= 0, 0, 1 + np.searchsorted(buckets, days))
    return _bucketed(days, np.where(days.isna(), len(labels) - 1, codes), labels)


def age_labels(buckets: Sequence[int]) -> list[str]:
    """The name of each age bucket. `buckets` are the last days of all but the open one.

    >>> age_labels((3, 7))
    ['0-3', '4-7', '8+']
    """
    return _labels(0, buckets)


def promise_labels(buckets: Sequence[int]) -> list[str]:
    """The same past the promise. They begin at 1, since a promise for today has not passed.

    >>> promise_labels((3, 7))
    ['not yet due', '1-3', '4-7', '8+', 'no promise']
    """
    return [NOT_YET_DUE, *_labels(1, buckets), NO_PROMISE]


def decisions(backlog: pd.DataFrame, best_tier: int = 1) -> pd.DataFrame:
    """What needs a decision now: one row each for uncovered, undated, and late for customers of the best tiers.

    decision; the columns of totals; worst_days_late [days, NaN where none can be told]; oldest_days [the highest age,
    NaN where there is no line]; oldest_order_id ["" where there is no line].
    """
    is_best = backlog["tier"].to_numpy() <= best_tier
    chosen = {
        UNCOVERED: _mask(backlog, UNCOVERED),
        UNDATED: _mask(backlog, UNDATED),
        LATE_FOR_BEST: _mask(backlog, LATE) & is_best,
    }
    exact = _Exact.of(backlog)
    rows = [
        {"decision": name, **_figures(exact, mask, BACKORDERED), **_worst(backlog, mask)}
        for name, mask in chosen.items()
    ]
    return pd.DataFrame(rows)


def costly_suppliers(backlog: pd.DataFrame, allocation: Allocation) -> pd.DataFrame:
    """Whose purchase orders cost the most days: one row per supplier that late or undated lines wait for, most first.

    supplier_id; days [of its late lines the days late expected, of its undated lines the days since the promise
    passed]; lines; money [of the units that wait for it]. A line counts for the supplier of the supply that decides its
    date, as in the backlog; uncovered lines wait for nobody. allocation: that of the same backlog.
    """
    is_held_up = backlog["state"].isin([LATE, UNDATED]) & (backlog["waits_for_kind"] == PURCHASE_ORDER)
    rows = np.flatnonzero(is_held_up)
    lines = backlog[["supplier_id", "state", "days_late", "days_past_promise", "unit_price"]].iloc[rows]
    waiting_qty = to_units(allocation.allocated[allocation.last_entry[rows]])
    past = lines["days_past_promise"].clip(lower=0)
    costs = pd.DataFrame(
        {
            "supplier_id": lines["supplier_id"],
            "days": lines["days_late"].where(lines["state"] == LATE, past).fillna(0.0),
            "lines": 1,
            "money": line_values(waiting_qty, lines["unit_price"]),
        }
    )
    sums = costs.groupby("supplier_id", as_index=False, observed=True).sum().astype({"supplier_id": "str"})
    sums["money"] = to_money(sums["money"])
    return sums.sort_values(["days", "money", "supplier_id"], ascending=[False, False, True], ignore_index=True)


def day_sentence(backlog: pd.DataFrame, *, is_empty_store: bool = False) -> str:
    """The sentence of the day, as plain text.

    For example: 37 lines late, 12 without a date, 5 uncovered; 214 of 905 open lines are backordered.
    """
    if is_empty_store:
        return "The store is empty: nothing has been brought in yet."
    if backlog.empty:
        return "No order line is open."
    backordered = int(_mask(backlog, BACKORDERED).sum())
    if not backordered:
        return f"Nothing is backordered: {_all_open(len(backlog))} ready to ship."
    return f"{_trouble(backlog)}; {_share(backordered, len(backlog))} backordered."


def _mask(backlog: pd.DataFrame, concept: str) -> Flags:
    if concept == OPEN:
        return np.ones(len(backlog), dtype=bool)
    if concept == BACKORDERED:
        return (backlog["backordered_qty"] > 0).to_numpy()
    if concept == PAST_PROMISE:
        return backlog["is_past_promise"].to_numpy()
    return (backlog["state"] == concept).to_numpy()


@dataclass(frozen=True, eq=False)
class _Exact:
    """What figures are made of, as whole numbers: worked out once for all of them.

    orders, customers: the number of each line's; quantities [thousandths of a unit] and values [ten-thousandths of
    money] by the column's name.
    """

    orders: Codes
    customers: Codes
    quantities: dict[str, Integers]
    values: dict[str, Integers]

    @staticmethod
    def of(backlog: pd.DataFrame, rows: Rows = slice(None)) -> _Exact:
        return _Exact(
            backlog["order_id"].cat.codes.to_numpy()[rows],
            backlog["customer_id"].cat.codes.to_numpy()[rows],
            {name: to_thousandths(backlog[name].to_numpy()[rows]) for name in _QUANTITIES},
            {name: to_ten_thousandths(backlog[name].to_numpy()[rows]) for name in _VALUES},
        )


def _figures_of(exact: _Exact, backlog: pd.DataFrame, concept: str) -> Figures:
    return _figures(exact, _mask(backlog, concept), OPEN if concept in _SHOWN_OPEN else BACKORDERED)


def _figures(exact: _Exact, rows: Rows, shown: str) -> Figures:
    """Counts and exact sums of some of the lines."""
    orders = exact.orders[rows]
    sums = {name: int(each[rows].sum()) / QUANTITY_SCALE for name, each in exact.quantities.items()}
    sums |= {name: int(each[rows].sum()) / MONEY_SCALE for name, each in exact.values.items()}
    return {
        "lines": len(orders),
        "orders": _distinct(orders),
        "customers": _distinct(exact.customers[rows]),
        "units": sums[f"{shown}_qty"],
        "money": sums[f"{shown}_value"],
        **sums,
    }


def _distinct(codes: Codes) -> int:
    return int(np.count_nonzero(np.bincount(codes, minlength=1)))


def _worst(backlog: pd.DataFrame, mask: Flags) -> Figures:
    lines = backlog[["order_id", "days_late", "age_days"]][mask]
    if lines.empty:
        return {"worst_days_late": np.nan, "oldest_days": np.nan, "oldest_order_id": ""}
    return {
        "worst_days_late": lines["days_late"].max(),
        "oldest_days": float(lines["age_days"].max()),
        "oldest_order_id": str(lines["order_id"].iloc[lines["age_days"].argmax()]),
    }


def _labels(first: int, buckets: Sequence[int]) -> list[str]:
    starts = [first, *(last + 1 for last in buckets)]
    closed = [
        f"{start}-{last}" if start < last else f"{last}" for start, last in zip(starts[:-1], buckets, strict=True)
    ]
    return [*closed, f"{starts[-1]}+"]


def _bucketed(days: pd.Series, codes: Integers, labels: list[str]) -> pd.Series:
    bucket = pd.Categorical.from_codes(codes, categories=pd.Index(labels, dtype="str"), ordered=True)
    return pd.Series(bucket, index=days.index)


def _trouble(backlog: pd.DataFrame) -> str:
    """Late, undated and uncovered in words; the first that is told says what is counted."""
    counts = {"late": LATE, "without a date": UNDATED, "uncovered": UNCOVERED}
    told = [(int(_mask(backlog, state).sum()), words) for words, state in counts.items()]
    found = [(count, words) for count, words in told if count]
    if not found:
        return "No line is late, without a date or uncovered"
    (first, words), *others = found
    return ", ".join([f"{first:,} {'line' if first == 1 else 'lines'} {words}", *(f"{n:,} {w}" for n, w in others)])


def _share(part: int, whole: int) -> str:
    if part == whole:
        return _all_open(whole)
    return f"{part:,} of {whole:,} open lines {'is' if part == 1 else 'are'}"


def _all_open(lines: int) -> str:
    return "the one open line is" if lines == 1 else f"all {lines:,} open lines are"
