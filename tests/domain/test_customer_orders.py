from __future__ import annotations

import pytest

from dashboard.domain.customer_orders import CustomerAccount, customer_account
from dashboard.domain.order_history import OrderHistory
from dashboard.domain.plan import make_plan
from tests.books import TODAY, Row, book_of, line, po, stock
from tests.histories import history_of, ordered

BOOK = book_of(
    [
        line("SO-10", promise="2026-03-20"),
        line("SO-2", "10", promise="2026-03-20"),
        line("SO-2", "9", promise="2026-03-20"),
        line("SO-7", customer="C-2"),
    ]
)
HISTORY = history_of(
    [
        ordered("SO-2", "2026-02-01", open_qty=1, first_promise="2026-02-10", promise="2026-03-20"),
        ordered("SO-1", "2026-01-01", first_promise="2026-01-10"),
        ordered("SO-3", "2026-01-02", first_promise="2026-01-10"),
        ordered("SO-4", "2026-01-02"),
        ordered("X", "2026-01-01", customer="C-2", first_promise="2026-01-10"),
    ],
    shipments=[("SO-1", "2026-01-11", 2), ("SO-1", "2026-01-12", 3), ("SO-3", "2026-01-10", 5), ("X", "2026-02-01", 5)],
    moves=[
        ("SO-2", "2026-02-08", "2026-02-10", "2026-03-01"),
        ("X", "2026-02-09", "2026-02-10", "2026-03-01"),
        ("SO-2", "2026-02-20", "2026-03-01", "2026-03-20"),
    ],
)


def account_of(customer: str, history: OrderHistory = HISTORY) -> CustomerAccount:
    return customer_account(make_plan(BOOK, ("promise_date",)), history, customer, TODAY)


def test_open_lines_and_orders_stand_in_natural_order() -> None:
    account = account_of("C-1")
    assert list(zip(account.lines["order_id"], account.lines["line_no"], strict=True)) == [
        ("SO-2", "9"), ("SO-2", "10"), ("SO-10", "1"),
    ]  # fmt: skip
    assert account.orders["order_id"].tolist() == ["SO-2", "SO-10"]


def test_every_promise_tells_how_often_and_how_far_it_moved_the_most_moved_first() -> None:
    promises = account_of("C-1").promises
    assert promises[["order_id", "times_moved", "days_moved"]].to_dict("split")["data"] == [
        ["SO-2", 2, 38.0],
        ["SO-3", 0, 0.0],
        ["SO-1", 0, 0.0],
    ]


def test_a_promise_that_moved_stands_before_open_ones_that_did_not_and_equal_ones_by_the_latest_order() -> None:
    lines = [
        ordered("SO-1", "2026-01-01", first_promise="2026-01-10"),
        ordered("SO-2", "2026-02-01", open_qty=1, first_promise="2026-03-20"),
        ordered("SO-3", "2026-01-20", first_promise="2026-01-30"),
    ]
    history = history_of(lines, moves=[("SO-1", "2026-01-05", "2026-01-10", "2026-01-12")])
    assert account_of("C-1", history).promises["order_id"].tolist() == ["SO-1", "SO-2", "SO-3"]


def test_an_order_waits_for_the_supply_that_its_last_units_come_from() -> None:
    lines = [
        line("SO-1", "1", sku="A", open_qty=3),
        line("SO-1", "2", sku="B", open_qty=2),
        line("SO-2", "1", sku="C", open_qty=1),
        line("SO-3", "1", sku="B", open_qty=1),
        line("SO-3", "2", sku="D", open_qty=1),
    ]
    supplies = [
        po("PO-1/1", 1, "2026-03-20", sku="A"),
        po("PO-2/1", 2, "2026-04-02", sku="A"),
        po("PO-3/1", 3, "2026-03-30", sku="B"),
        stock(1, sku="C"),
    ]
    plan = make_plan(book_of(lines, supplies), ("ordered_date",))
    orders = customer_account(plan, history_of(), "C-1", TODAY).orders
    assert orders[["order_id", "last_supply"]].astype("str").to_dict("split")["data"] == [
        ["SO-1", "PO-2/1 and 2 more"],
        ["SO-2", "to be shipped"],
        ["SO-3", "PO-3/1, rest not on order"],
    ]
    assert orders["last_supply_date"].dt.strftime("%Y-%m-%d").fillna("").tolist() == ["2026-04-02", "", "2026-03-30"]


@pytest.mark.parametrize("other", [[], [line("SO-2", customer="C-2", sku="C")]], ids=["alone", "beside another order"])
def test_an_order_with_lines_of_two_customers_tells_each_of_its_own(other: list[Row]) -> None:
    lines = [
        line("SO-1", "1", sku="A", promise="2026-03-20"),
        line("SO-1", "2", sku="B", customer="C-2", open_qty=4, promise="2026-03-25"),
    ]
    supplies = [stock(9, sku="A"), po("PO-3/1", 3, "2026-03-30", sku="B"), stock(1, sku="C")]
    plan = make_plan(book_of([*lines, *other], supplies), ("ordered_date",))
    first, second = (customer_account(plan, history_of(), each, TODAY) for each in ("C-1", "C-2"))
    columns = ["order_id", "lines", "open_qty", "state", "last_supply"]
    assert first.orders[columns].values.tolist() == [["SO-1", 1, 1.0, "ready", "to be shipped"]]
    assert second.orders[columns].values.tolist() == [
        ["SO-1", 1, 4.0, "uncovered", "PO-3/1, rest not on order"],
        *([["SO-2", 1, 1.0, "ready", "to be shipped"]] if other else []),
    ]


def test_each_change_stands_with_who_when_and_how_the_latest_first() -> None:
    changes = account_of("C-1").changes
    assert changes["days_moved"].tolist() == [19.0, 19.0]
    assert changes["changed_at"].dt.strftime("%Y-%m-%d").tolist() == ["2026-02-20", "2026-02-08"]
    assert set(changes["changed_by"]) == {"ada"}


def test_what_left_after_the_first_promise_was_shipped_late() -> None:
    account = account_of("C-1")
    assert account.shipped == 2
    assert account.shipped_late[["order_id", "days_late", "late_qty"]].to_dict("split")["data"] == [["SO-1", 2, 5.0]]


def test_a_customer_without_history_or_open_lines_has_an_empty_account() -> None:
    account = account_of("C-99", history_of())
    assert [len(each) for each in (account.lines, account.orders, account.promises, account.changes)] == [0, 0, 0, 0]
    assert (account.shipped, len(account.shipped_late)) == (0, 0)
