"""What is still to come, as a manager goes through it: which date each supply has, and how much waits for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.domain.book import PLANNED_RESTOCK, STOCK
from dashboard.domain.days import day_number, day_numbers, days_between
from dashboard.domain.dimensions import category, text_of
from dashboard.domain.exact import to_ten_thousandths
from dashboard.domain.frames import NO_ROW, rows_of_keys
from dashboard.domain.ids import coded
from dashboard.domain.ordering import sorted_rows
from dashboard.domain.plan import Plan
from dashboard.domain.supplier_lines import waiting

_KEY = ["document_id", "line_no", "supply_kind"]
_LAST_MOVE = ["moved_by", "moved_at", "reason", "note"]


@dataclass(frozen=True)
class RestockChoices:
    """What the list of what is still to come can be narrowed down to, each in the order of the list.

    skus, documents, locations: distinct texts. labels: each supply as it is chosen, with its number and SKU, one per
    row: "PO-881/1 · VALVE".
    """

    skus: list[str]
    documents: list[str]
    locations: list[str]
    labels: pd.Index


def restock_choices(restocks: pd.DataFrame) -> RestockChoices:
    """What open_restocks can be narrowed down to: worked out once, since it is asked for with every click."""
    return RestockChoices(
        skus=_distinct(restocks["sku"]),
        documents=_distinct(restocks["document_id"]),
        locations=_distinct(restocks["location_id"]),
        labels=_labels(restocks),
    )


def _labels(restocks: pd.DataFrame) -> pd.Index:
    kind = np.where(restocks["supply_kind"] == PLANNED_RESTOCK, " (planned)", "")
    labels: pd.Index = pd.Index(restocks["supply_id"].astype("str") + kind + " · " + restocks["sku"].astype("str"))
    return labels


def _distinct(column: pd.Series) -> list[str]:
    codes, texts = coded(column)
    return [value for value in texts.take(pd.unique(codes)).to_numpy(dtype=object) if value]


def open_restocks(plan: Plan, last_moves: pd.DataFrame | None = None) -> pd.DataFrame:
    """What is still to come: one row per open purchase-order line or planned restock, most money waiting first.

    supply_kind, supply_id, document_id, line_no; version; supplier_id, supplier_name ["" for planned restocks]; sku,
    item_name, location_id; supply_qty [units]; first_due_date, due_date, restock_date [NaT where none]; days_overdue
    [today - restock date where that has passed, else NaN]; is_overdue; is_undated [no restock date]; is_moved [a
    manager has set the restock date]; is_due_changed [so it is, and the supplier has changed its due date since, to
    another day than the manager's]; due_date_when_moved; order_lines, customers [that take units of it]; waiting_qty
    [units set aside for them]; waiting_value [these units x the order lines' unit prices]; moved_by, moved_at, reason,
    note [of the last move of it, "" and NaT where there is none].
    last_moves: one row per supply that was ever moved: _KEY and the columns of its last move.
    """
    supplies = plan.book.supplies
    rows = np.flatnonzero(supplies["supply_kind"] != STOCK)
    to_come = supplies.iloc[rows].reset_index(drop=True)
    frame = pd.DataFrame(
        {
            **{name: to_come[name] for name in ("supply_kind", "supply_id", "document_id", "line_no", "version")},
            **_names(plan, to_come),
            **{name: to_come[name] for name in ("location_id", "supply_qty", "first_due_date", "due_date")},
            **_dates(plan, to_come),
        }
    )
    frame = pd.concat([frame, waiting(plan).iloc[rows].reset_index(drop=True)], axis=1)
    is_planned = (frame["supply_kind"] == PLANNED_RESTOCK).to_numpy().astype(np.int64)
    order = sorted_rows([-to_ten_thousandths(frame["waiting_value"]), is_planned], [frame["supply_id"]])
    return _with_last_moves(frame.iloc[order].reset_index(drop=True), last_moves)


def _names(plan: Plan, to_come: pd.DataFrame) -> dict[str, pd.Categorical]:
    items, suppliers = plan.book.items, plan.book.suppliers
    return {
        "supplier_id": category(to_come["supplier_id"]),
        "supplier_name": text_of(to_come["supplier_id"], suppliers["supplier_id"], suppliers["name"]),
        "sku": category(to_come["sku"]),
        "item_name": text_of(to_come["sku"], items["sku"], items["name"]),
    }


def _dates(plan: Plan, to_come: pd.DataFrame) -> dict[str, object]:
    restock, due, due_when_moved = (
        day_numbers(to_come[name]) for name in ("restock_date", "due_date", "due_date_when_moved")
    )
    overdue = days_between(np.full(len(to_come), day_number(plan.book.today)), restock)
    is_moved = to_come["is_moved"].to_numpy(dtype=bool)
    return {
        "restock_date": to_come["restock_date"],
        "days_overdue": np.where(overdue > 0, overdue, np.nan),
        "is_overdue": overdue > 0,
        "is_undated": to_come["restock_date"].isna(),
        "is_moved": is_moved,
        "is_due_changed": is_moved & (due != due_when_moved) & (due != restock),
        "due_date_when_moved": to_come["due_date_when_moved"],
    }


def _with_last_moves(restocks: pd.DataFrame, last_moves: pd.DataFrame | None) -> pd.DataFrame:
    """The last move of each supply beside it, in the same order."""
    none = {name: np.full(len(restocks), "", dtype=object) for name in _LAST_MOVE}
    beside = none | {"moved_at": np.full(len(restocks), np.datetime64("NaT"), dtype="datetime64[us]")}
    if last_moves is not None:
        rows = rows_of_keys(restocks, last_moves, _KEY)
        is_there = rows != NO_ROW
        for name, column in beside.items():
            column[rows[is_there]] = last_moves[name].to_numpy()[is_there]
    texts = {name: "str" for name in _LAST_MOVE if name != "moved_at"}
    return restocks.assign(**beside).astype(texts)
