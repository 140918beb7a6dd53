"""What changes of restock dates do to the open order lines: before and after, line by line. Knows no store.

It is the same allocation as the backlog's, of the SKUs concerned alone, and so equals what the backlog shows once the
changes are saved.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.domain.allocation import allocate
from dashboard.domain.backlog import LATE, ON_TIME, READY, STATES, UNPROMISED, promised
from dashboard.domain.book import Book
from dashboard.domain.days import NO_DAY, day_numbers, days_between
from dashboard.domain.exact import (
    Integers,
    to_money,
    to_ten_thousandths,
    to_thousandths,
    to_units,
    total_qty,
    total_value,
)
from dashboard.domain.ids import natural_rank
from dashboard.domain.plan import Plan
from dashboard.domain.restocks import Change, Move, changed_book, rows_of
from dashboard.domain.version import Version

EFFECTS = (
    BECOME_LATE := "become late",
    LOSE_DATE := "lose their date",
    LOSE_SUPPLY := "lose supply",
    LATER := "later",
    OTHERWISE := "covered otherwise",
    EARLIER := "earlier",
    GET_SUPPLY := "get supply",
    GET_DATE := "get a date",
    BECOME_ON_TIME := "become on time",
    PROMISE_ONLY := "change promise only",
    STAY_ON_TIME := "stay on time",
)
"""What can happen to an order line, the worst first. Each line has one of them.

Supply is lost or got by lines without a date before and after: more or fewer of their units are covered by nothing.
"""

_IN_WORDS = {
    BECOME_LATE: ("becomes late", "become late"),
    LOSE_DATE: ("loses its date", "lose their date"),
    LOSE_SUPPLY: ("loses supply", "lose supply"),
    LATER: ("is later", "are later"),
    OTHERWISE: ("is covered otherwise", "are covered otherwise"),
    EARLIER: ("is earlier", "are earlier"),
    GET_SUPPLY: ("gets supply", "get supply"),
    GET_DATE: ("gets a date", "get a date"),
    BECOME_ON_TIME: ("becomes on time", "become on time"),
    PROMISE_ONLY: ("changes its promise only", "change their promise only"),
}
_EFFECT_DTYPE = pd.CategoricalDtype(pd.Index(EFFECTS, dtype="str"), ordered=True)
_WHO_AND_WHAT = (
    "order_id", "line_no", "customer_id", "customer_name", "tier", "sku", "item_name", "location_id",
    "open_qty",
)  # fmt: skip
Codes = npt.NDArray[np.signedinteger[Any]]
_COMPARED = ("state", "expected_date", "days_late", "ready_qty", "inbound_qty", "uncovered_qty")
_AS_IT_WILL_BE = ("promise_date", "backordered_qty", "backordered_value")
"""Columns with what will be under their own name; what was, under a name that ends on _before."""
_COUNTED = {
    "become_late": BECOME_LATE,
    "lose_date": LOSE_DATE,
    "lose_supply": LOSE_SUPPLY,
    "become_on_time": BECOME_ON_TIME,
    "get_date": GET_DATE,
    "get_supply": GET_SUPPLY,
}
"""The effects that are counted for each customer, by the column that counts them."""


@dataclass(frozen=True, eq=False)
class Effect:
    """What changes do, by the data of one version: None where a plan was made of no store.

    lines: one row per open order line for which the state, the expected date, the quantities that cover it or the
        promise change, the worst first: what becomes late or loses its date by value, then the other EFFECTS in their
        order, each by value.
        order_id, line_no, customer_id, customer_name, sku, item_name, location_id [str]; tier; open_qty [units];
        promise_date, backordered_qty [units], backordered_value [money], as they will be; promise_before,
        backordered_qty_before, backordered_value_before, as they were: a new promise may give a line's stock to
        another; state_before, state_after;
        expected_before, expected_after [NaT where none]; days_moved [after - before, NaN where either has none];
        days_late_before, days_late_after [NaN where none]; ready_qty_, inbound_qty_, uncovered_qty_before and _after
        [units]; effect [one of EFFECTS]; is_affected [all but what stays on time]; is_becoming_late,
        is_becoming_on_time [of lines that keep a date]; is_getting_date, is_losing_date; must_be_told [late after, and
        not before]
    """

    version: Version | None
    lines: pd.DataFrame

    def is_same_as(self, other: Effect) -> bool:
        """Whether both do the same to the same lines, whatever the revision."""
        return self.lines.equals(other.lines)


def effect_of(plan: Plan, changes: Sequence[Change]) -> Effect:
    """What the changes do to the open order lines of a plan."""
    return effect_between(plan, skus_concerned(plan.book, changes), lambda book: changed_book(book, changes))


def effect_between(plan: Plan, skus: Collection[str], changed_as: Callable[[Book], Book]) -> Effect:
    """What a change of the book does to the open order lines of the SKUs whose allocation it may alter.

    changed_as: makes of the book of these SKUs the one that will be, with the same order lines in the same order.
    """
    book = plan.book
    rows = book.lines_by_sku.rows_of(skus)
    changed = changed_as(book.of_skus(skus))
    after = promised(changed, allocate(changed, plan.allocation.rule))
    after["promise_date"] = changed.lines["promise_date"].array
    before = {name: plan.backlog[name].array.take(rows) for name in (*_COMPARED, *_AS_IT_WILL_BE)}
    differs = _differs(before, after)
    told = np.flatnonzero(differs | (day_numbers(before["promise_date"]) != day_numbers(after["promise_date"])))
    who_and_what = {name: plan.backlog[name].array.take(rows[told]) for name in _WHO_AND_WHAT}
    sides = ({name: columns[name].take(told) for name in before} for columns in (before, after))
    return Effect(book.version, _compared(who_and_what, *sides, is_promise_only=~differs[told]))


def skus_concerned(book: Book, changes: Sequence[Change]) -> set[str]:
    """The SKUs whose allocation the changes may alter."""
    keys = {change.key for change in changes if isinstance(change, Move)}
    rows = book.supplies_by_document.rows_of(key.document_id for key in keys)
    held = np.array(list(rows_of(book.supplies, keys, rows).values()), dtype=np.int64)
    return {*book.supplies["sku"].array.take(held).tolist(), *(change.sku for change in changes if change.sku)}


def effect_sums(effect: Effect) -> pd.DataFrame:
    """How much of what happens: one row per entry of EFFECTS, in their order.

    effect; lines, orders, customers; units [backordered, as they will be]; value [their money]; units_before,
    value_before [backordered, as they were].
    """
    codes = effect.lines["effect"].cat.codes.to_numpy()
    each = [_sums(effect.lines, np.flatnonzero(codes == code)) for code in range(len(EFFECTS))]
    return pd.DataFrame({"effect": EFFECTS, **{name: [sums[name] for sums in each] for name in each[0]}})


def effect_customers(effect: Effect) -> pd.DataFrame:
    """Whom it affects: one row per customer with affected lines, the most money that becomes worse first.

    customer_id, customer_name; tier; lines, orders [affected]; become_late, lose_date, lose_supply, become_on_time,
    get_date, get_supply [lines]; worse_value [money on lines that become late, lose their date or lose supply]; units,
    value [backordered, of all its affected lines]. Units and money as they will be; units_before, value_before as they
    were.
    """
    lines = effect.lines[effect.lines["is_affected"]]
    codes, ids = pd.factorize(lines["customer_id"].astype("str"))
    first = np.unique(codes, return_index=True)[1]
    order, orders = pd.factorize(lines["order_id"].astype("str"))
    pairs = np.unique(codes * max(len(orders), 1) + order)

    def each(values: Any) -> Integers:
        sums = np.zeros(len(ids), dtype=np.int64)
        np.add.at(sums, codes, np.asarray(values, dtype=np.int64))
        return sums

    counted = {name: (lines["effect"] == what).to_numpy() for name, what in _COUNTED.items()}
    is_worse = counted["become_late"] | counted["lose_date"] | counted["lose_supply"]
    value, before = (to_ten_thousandths(lines[f"backordered_value{when}"]) for when in ("", "_before"))
    sums = pd.DataFrame(
        {
            "customer_id": pd.Series(ids, dtype="str"),
            **{name: lines[name].array.take(first) for name in ("customer_name", "tier")},
            "lines": each(np.ones(len(lines))),
            "orders": np.bincount(pairs // max(len(orders), 1), minlength=len(ids)),
            **{name: each(is_one) for name, is_one in counted.items()},
            "units": to_units(each(to_thousandths(lines["backordered_qty"]))),
            "units_before": to_units(each(to_thousandths(lines["backordered_qty_before"]))),
            "worse_value": to_money(each(np.where(is_worse, value, 0))),
            "value": to_money(each(value)),
            "value_before": to_money(each(before)),
        }
    )
    ranked = np.lexsort((natural_rank(sums["customer_id"]), -sums["value"], -sums["worse_value"]))
    return sums.iloc[ranked].reset_index(drop=True)


def effect_sentence(effect: Effect) -> str:
    """What happens, in one sentence.

    "6 order lines of 3 customers are affected: 3 become late, 2 get a date, 1 of them after the promise, 1 becomes on
    time."
    """
    if effect.lines.empty:
        return "No order is affected."
    affected = effect.lines[effect.lines["is_affected"]]
    if affected.empty:
        return _sentence_on_time(effect.lines["days_moved"])
    counts = affected["effect"].value_counts().to_dict()
    after = {GET_DATE: _after_the_promise(affected)}
    told = ", ".join(
        f"{counts[name]:,} {words[counts[name] > 1]}{after.get(name, '')}"
        for name, words in _IN_WORDS.items()
        if counts[name]
    )
    lines, customers = _counted(len(affected), "order line"), _counted(affected["customer_id"].nunique(), "customer")
    return f"{lines} of {customers} {'is' if len(affected) == 1 else 'are'} affected: {told}."


def _after_the_promise(lines: pd.DataFrame) -> str:
    """How many of the dates that lines get come after the promise: what customers must be told of."""
    dates = lines.loc[lines["is_getting_date"], "must_be_told"]
    late = int(dates.sum())
    if not late:
        return ""
    return " after the promise" if late == len(dates) else f", {late:,} of them after the promise"


def _sentence_on_time(days_moved: pd.Series) -> str:
    """What happens where each line stays on time."""
    if (days_moved > 0).any():
        return "No order is affected: the slack absorbs it."
    earlier = int((days_moved < 0).sum())
    if not earlier:
        return "No order is affected: all stay on time."
    return f"All stay on time; {_counted(earlier, 'order line')} {'comes' if earlier == 1 else 'come'} earlier."


def _differs(before: dict[str, Any], after: dict[str, Any]) -> npt.NDArray[np.bool_]:
    differs = day_numbers(before["expected_date"]) != day_numbers(after["expected_date"])
    for name in ("ready_qty", "inbound_qty", "uncovered_qty"):
        differs |= np.asarray(before[name]) != np.asarray(after[name])
    return np.asarray(differs | (before["state"].codes != after["state"].codes))


def _compared(
    who_and_what: dict[str, Any],
    before: dict[str, Any],
    after: dict[str, Any],
    *,
    is_promise_only: npt.NDArray[np.bool_],
) -> pd.DataFrame:
    """The lines with what was and what will be, the worst first."""
    columns = {name: _plain(values) for name, values in who_and_what.items()}
    columns |= {name: _plain(after[name]) for name in _AS_IT_WILL_BE}
    columns |= {f"{name}_before".replace("_date", ""): _plain(before[name]) for name in _AS_IT_WILL_BE}
    for side, values in (("before", before), ("after", after)):
        columns |= {f"state_{side}": values["state"], f"expected_{side}": _plain(values["expected_date"])}
        columns |= {f"{name}_{side}": _plain(values[name]) for name in _COMPARED[2:]}
    days = [day_numbers(columns[name]) for name in ("expected_before", "expected_after")]
    states = [values["state"].codes for values in (before, after)]
    more_uncovered = columns["uncovered_qty_after"] - columns["uncovered_qty_before"]
    effects = np.where(
        is_promise_only, EFFECTS.index(PROMISE_ONLY), _effects(states[0], states[1], days[0], days[1], more_uncovered)
    )
    columns |= {
        "days_moved": days_between(days[1], days[0]),
        "effect": pd.Categorical.from_codes(effects, dtype=_EFFECT_DTYPE),
        "is_affected": effects != EFFECTS.index(STAY_ON_TIME),
        "is_becoming_late": effects == EFFECTS.index(BECOME_LATE),
        "is_becoming_on_time": effects == EFFECTS.index(BECOME_ON_TIME),
        "is_getting_date": effects == EFFECTS.index(GET_DATE),
        "is_losing_date": effects == EFFECTS.index(LOSE_DATE),
        "must_be_told": (states[1] == STATES.index(LATE)) & (states[0] != STATES.index(LATE)),
    }
    order = _worst_first(columns, effects)
    return pd.DataFrame({name: values[order] for name, values in columns.items()}, copy=False)


def _plain(values: Any) -> Any:
    """A column as it is; a category as its texts, so that it compares whatever else the category could hold."""
    return values.categories.take(values.codes).array if isinstance(values, pd.Categorical) else np.asarray(values)


def _effects(
    state_before: Codes,
    state_after: Codes,
    before: Integers,
    after: Integers,
    more_uncovered: npt.NDArray[np.float64],
) -> Integers:
    """What happens to each line, as its place among EFFECTS: the first that fits. States by their place in STATES.

    more_uncovered: units that nothing covers, more than before; below zero where they are fewer.
    """
    has_no_date = (before == NO_DAY) & (after == NO_DAY)
    was = {state: state_before == STATES.index(state) for state in (LATE, ON_TIME, UNPROMISED)}
    will_be = {state: state_after == STATES.index(state) for state in (LATE, ON_TIME, READY)}
    rules = [
        (has_no_date & (more_uncovered > 0), LOSE_SUPPLY),
        (has_no_date & (more_uncovered < 0), GET_SUPPLY),
        (has_no_date, OTHERWISE),
        (before == NO_DAY, GET_DATE),
        (after == NO_DAY, LOSE_DATE),
        (will_be[LATE] & ~was[LATE], BECOME_LATE),
        (was[LATE] & (will_be[ON_TIME] | will_be[READY]), BECOME_ON_TIME),
        (was[UNPROMISED] & will_be[ON_TIME], BECOME_ON_TIME),
        (was[ON_TIME] & will_be[ON_TIME], STAY_ON_TIME),
        (after > before, LATER),
        (after < before, EARLIER),
    ]
    return np.select([fits for fits, _ in rules], [EFFECTS.index(name) for _, name in rules], EFFECTS.index(OTHERWISE))


def _worst_first(columns: dict[str, Any], effects: Integers) -> Integers:
    severity = np.maximum(effects, EFFECTS.index(LOSE_DATE))
    return np.lexsort((natural_rank(columns["order_id"], columns["line_no"]), -columns["backordered_value"], severity))


def _sums(lines: pd.DataFrame, rows: Integers) -> dict[str, Any]:
    ids = {name: len(set(lines[name].array.take(rows).tolist())) for name in ("order_id", "customer_id")}
    return {
        "lines": len(rows),
        "orders": ids["order_id"],
        "customers": ids["customer_id"],
        "units": total_qty(lines["backordered_qty"].to_numpy()[rows]),
        "value": total_value(lines["backordered_value"].to_numpy()[rows]),
        "units_before": total_qty(lines["backordered_qty_before"].to_numpy()[rows]),
        "value_before": total_value(lines["backordered_value_before"].to_numpy()[rows]),
    }


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
