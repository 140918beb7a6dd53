"""What is still to come: the date of each supply, what waits for it, and who moved it last. Worked by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from dashboard.domain.allocation import DEFAULT_RULE
from dashboard.domain.book import PURCHASE_ORDER
from dashboard.domain.plan import make_plan
from dashboard.domain.restock_list import open_restocks
from tests.books import book_of, line, plan, po, stock

COLUMNS = [
    "supply_kind", "supply_id", "document_id", "line_no", "version", "supplier_id", "supplier_name", "sku", "item_name",
    "location_id", "supply_qty", "first_due_date", "due_date", "restock_date", "days_overdue", "is_overdue",
    "is_undated", "is_moved", "is_due_changed", "due_date_when_moved", "order_lines", "customers", "waiting_qty",
    "waiting_value", "moved_by", "moved_at", "reason", "note",
]  # fmt: skip


@pytest.fixture
def restocks() -> pd.DataFrame:
    """Two on the shelf for SO-1, which takes one of PO-1; SO-2 takes the other two of it and the planned three."""
    lines = [
        line("SO-1", open_qty=3, customer="C-1", promise="2026-03-20"),
        line("SO-2", open_qty=5, customer="C-2", promise="2026-03-25", unit_price=2),
    ]
    supplies = [
        stock(2),
        po("PO-1/1", 3, "2026-03-18"),
        plan("PLAN-1", 3, "2026-03-19"),
        po("PO-3/1", 9, "2026-03-10"),
        po("PO-10/1", 1, ""),
        po("PO-2/1", 1, "2026-04-02", due="2026-03-30", due_when_moved="2026-03-28"),
    ]
    names = {"suppliers": [("S-1", "Northgate")], "items": [("VALVE-25", "Valve", "Valves")]}
    return open_restocks(make_plan(book_of(lines, supplies, **names), DEFAULT_RULE), last_moves_of_po_2())


def last_moves_of_po_2() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "supply_kind": [PURCHASE_ORDER],
            "document_id": ["PO-2"],
            "line_no": ["1"],
            "moved_by": ["ada"],
            "moved_at": pd.to_datetime(["2026-03-15T09:30"]),
            "reason": ["carrier"],
            "note": ["storm"],
        }
    )


def test_most_money_waiting_comes_first_then_the_natural_order_of_ids(restocks: pd.DataFrame) -> None:
    assert list(restocks.columns) == COLUMNS
    waits = restocks[["supply_id", "order_lines", "customers", "waiting_qty", "waiting_value"]]
    assert waits.values.tolist() == [
        ["PO-1/1", 2, 2, 3.0, 14.0],
        ["PLAN-1", 1, 1, 3.0, 6.0],
        ["PO-2/1", 0, 0, 0.0, 0.0],
        ["PO-3/1", 0, 0, 0.0, 0.0],
        ["PO-10/1", 0, 0, 0.0, 0.0],
    ]


def test_overdue_and_undated_supplies_are_told_apart(restocks: pd.DataFrame) -> None:
    found = restocks.set_index("supply_id")
    assert found.index[found["is_overdue"]].tolist() == ["PO-3/1"]
    assert found["days_overdue"].dropna().to_dict() == {"PO-3/1": 6.0}
    assert found.index[found["is_undated"]].tolist() == ["PO-10/1"]


def test_a_supply_names_its_supplier_and_its_item_and_a_planned_restock_has_no_supplier(restocks: pd.DataFrame) -> None:
    found = restocks.set_index("supply_id")[["supplier_id", "supplier_name", "item_name"]].astype("str")
    assert found.loc["PO-1/1"].tolist() == ["S-1", "Northgate", "Valve"]
    assert found.loc["PLAN-1"].tolist() == ["", "", "Valve"]


def test_the_last_move_stands_beside_its_supply_alone(restocks: pd.DataFrame) -> None:
    found = restocks.set_index("supply_id")
    assert found.loc["PO-2/1", ["moved_by", "reason", "note"]].tolist() == ["ada", "carrier", "storm"]
    assert str(found.loc["PO-2/1", "moved_at"]) == "2026-03-15 09:30:00"
    others = found.drop("PO-2/1")
    assert set(others[["moved_by", "reason", "note"]].to_numpy().ravel()) == {""}
    assert others["moved_at"].isna().all()


@pytest.mark.parametrize(
    ("restock", "due", "due_when_moved", "is_changed"),
    [
        ("2026-04-02", "2026-03-30", "2026-03-28", True),
        ("2026-04-02", "2026-03-28", "2026-03-28", False),
        ("2026-04-02", "2026-04-02", "2026-03-28", False),
        ("2026-03-28", "2026-03-28", "", False),
    ],
    ids=["changed since", "as it was", "now the manager's date", "not moved"],
)
def test_a_supplier_changed_its_date_where_it_is_neither_as_it_was_nor_the_managers(
    restock: str, due: str, due_when_moved: str, is_changed: bool
) -> None:
    supply = po("PO-1/1", 1, restock, due=due) | {
        "due_date_when_moved": due_when_moved,
        "is_moved": bool(due_when_moved),
    }
    found = open_restocks(make_plan(book_of([], [supply]), DEFAULT_RULE))
    assert found["is_due_changed"].tolist() == [is_changed]


def test_where_nothing_is_to_come_the_list_is_empty() -> None:
    assert open_restocks(make_plan(book_of([line("SO-1")], [stock(1)]), DEFAULT_RULE)).empty
    assert list(open_restocks(make_plan(book_of(), DEFAULT_RULE), last_moves_of_po_2()).columns) == COLUMNS
