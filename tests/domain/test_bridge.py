"""The bridge between two days, worked by hand from the rules."""

from __future__ import annotations

import pandas as pd
import pytest

from dashboard.domain.allocation import DEFAULT_RULE
from dashboard.domain.bridge import BACKORDERED, OPEN, PARTS, SPLITS, Comparison, bridge, line_bridge, state_of
from dashboard.domain.overview import totals
from dashboard.domain.plan import make_plan
from tests.books import Row, book_of, line, po, stock
from tests.states import CLOSING_DAY, left, open_line, residuals, state, told


def between(
    then: list[Row], now: list[Row], gone: pd.DataFrame | None = None, part: str = OPEN
) -> dict[str, tuple[int, float, float]]:
    """The steps from lines of the opening to lines of the closing; a residual is refused."""
    sides = state(lines=then), state(CLOSING_DAY, now), left() if gone is None else gone
    for split in (None, *SPLITS):
        assert set(residuals(bridge(*sides, part, split))) <= {(0, 0, 0)}
    return told(bridge(*sides, part))


def test_a_line_that_stays_as_it_is_takes_part_in_no_step() -> None:
    lines = [open_line(open_qty=5, backordered=2)]
    assert between(lines, lines) == {"opening": (1, 5, 50), "closing": (1, 5, 50)}
    assert between(lines, lines, part=BACKORDERED) == {"opening": (1, 2, 20), "closing": (1, 2, 20)}


def test_units_shipped_and_cancelled_and_a_new_quantity_are_steps_of_their_own() -> None:
    """Ordered 10 then 12; of them 3 shipped and 2 cancelled since."""
    then, now = [open_line(open_qty=10)], [open_line(open_qty=7, shipped=3, cancelled=2)]
    assert between(then, now) == {
        "opening": (1, 10, 100),
        "shipped": (0, -3, -30),
        "cancelled": (0, -2, -20),
        "quantity": (0, 2, 20),
        "closing": (1, 7, 70),
    }


def test_a_new_price_is_told_for_what_is_still_there_and_steps_are_valued_at_the_old_one() -> None:
    then, now = [open_line(open_qty=10, price=2)], [open_line(open_qty=6, shipped=4, price=2.5)]
    assert between(then, now) == {
        "opening": (1, 10, 20),
        "shipped": (0, -4, -8),
        "price": (0, 0, 3),
        "closing": (1, 6, 15),
    }


def test_parts_of_a_unit_are_valued_so_that_roundings_cancel_out() -> None:
    """1.5 units at 0.0003 are worth 0.0005 (0.00045 rounded up), and 0.5 of them 0.0002 (0.00015 rounded up)."""
    then, now = [open_line(open_qty=1.5, price=0.0003)], [open_line(open_qty=0.5, shipped=1, price=0.0003)]
    assert between(then, now) == {
        "opening": (1, 1.5, 0.0005),
        "shipped": (0, -1, -0.0003),
        "closing": (1, 0.5, 0.0002),
    }


def test_a_new_order_brings_what_was_ordered_and_its_shipments_so_far_are_shipped() -> None:
    now = [open_line(open_qty=4, shipped=5, cancelled=1, ordered="2026-03-10", backordered=3)]
    assert between([], now) == {
        "new orders": (1, 10, 100),
        "shipped": (0, -5, -50),
        "cancelled": (0, -1, -10),
        "closing": (1, 4, 40),
    }
    assert between([], now, part=BACKORDERED) == {"new orders": (1, 3, 30), "closing": (1, 3, 30)}


def test_an_order_of_the_opening_s_own_day_that_it_does_not_hold_came_after_it_was_kept() -> None:
    assert "new orders" in between([], [open_line(ordered="2026-03-09")])
    assert "new orders" not in between([], [open_line(ordered="2026-03-08")])


def test_an_older_line_that_was_not_open_then_was_reopened_or_entered_late() -> None:
    now = [open_line(open_qty=2, shipped=8, ordered="2026-01-10", backordered=1)]
    assert between([], now) == {"reopened or entered late": (1, 2, 20), "closing": (1, 2, 20)}
    assert between([], now, part=BACKORDERED) == {"reopened or entered late": (1, 1, 10), "closing": (1, 1, 10)}


@pytest.mark.parametrize(
    ("quantities", "steps"),
    [
        ((10, 10, 0), {"shipped": (-1, -10, -100)}),
        ((10, 0, 10), {"cancelled": (-1, -10, -100)}),
        ((0, 0, 0), {"quantity": (-1, -10, -100)}),
        ((10, 4, 6), {"shipped": (-1, -4, -40), "cancelled": (0, -6, -60)}),
        ((7, 0, 7), {"cancelled": (-1, -7, -70), "quantity": (0, -3, -30)}),
        ((12, 12, 0), {"shipped": (-1, -12, -120), "quantity": (0, 2, 20)}),
    ],
)
def test_a_line_that_left_counts_once_as_shipped_before_cancelled_before_a_smaller_quantity(
    quantities: tuple[float, float, float], steps: dict[str, tuple[int, float, float]]
) -> None:
    gone = left(("SO-1", *quantities))
    assert between([open_line(open_qty=10)], [], gone) == {"opening": (1, 10, 100), **steps}


@pytest.mark.parametrize(
    ("quantities", "steps"),
    [
        ((10, 13, 0), {"shipped": (-1, -10, -100)}),
        ((10, 8, 10), {"shipped": (-1, -8, -80), "cancelled": (0, -2, -20)}),
        ((3, 6, 0), {"shipped": (-1, -6, -60), "quantity": (0, -4, -40)}),
    ],
)
def test_what_was_shipped_or_cancelled_above_the_order_never_was_in_the_backlog(
    quantities: tuple[float, float, float], steps: dict[str, tuple[int, float, float]]
) -> None:
    gone = left(("SO-1", *quantities))
    assert between([open_line(open_qty=10)], [], gone) == {"opening": (1, 10, 100), **steps}


def test_a_line_of_which_nothing_is_known_any_more_is_told_as_such() -> None:
    then = [open_line(open_qty=10, backordered=4)]
    assert between(then, []) == {"opening": (1, 10, 100), "no longer known": (-1, -10, -100)}
    assert between(then, [], part=BACKORDERED) == {"opening": (1, 4, 40), "no longer known": (-1, -4, -40)}


def test_a_shipment_taken_back_opens_the_line_by_as_much() -> None:
    then, now = [open_line(open_qty=2, shipped=8)], [open_line(open_qty=5, shipped=5, backordered=3)]
    assert between(then, now)["shipped"] == (0, 3, 30)
    assert between(then, now, part=BACKORDERED) == {"shipped": (1, 3, 30), "closing": (1, 3, 30)}


def test_of_the_backordered_part_only_what_was_shipped_beyond_the_ready_units_left_by_shipping() -> None:
    """Six ready and four backordered; eight shipped, so that two backordered ones came in and went out."""
    then, now = [open_line(open_qty=10, backordered=4)], [open_line(open_qty=2, shipped=8, backordered=2)]
    assert between(then, now, part=BACKORDERED) == {
        "opening": (1, 4, 40),
        "shipped": (0, -2, -20),
        "closing": (1, 2, 20),
    }


def test_backordered_units_that_came_and_are_still_open_are_covered_by_receipts() -> None:
    then, now = [open_line(open_qty=10, backordered=4)], [open_line(open_qty=10, backordered=1)]
    assert between(then, now, part=BACKORDERED) == {
        "opening": (1, 4, 40),
        "covered by receipts": (0, -3, -30),
        "closing": (1, 1, 10),
    }


def test_a_line_that_is_ready_now_left_the_backordered_part_by_receipts_even_if_some_of_it_was_shipped() -> None:
    then, now = [open_line(open_qty=10, backordered=10)], [open_line(open_qty=6, shipped=4)]
    assert between(then, now, part=BACKORDERED) == {
        "opening": (1, 10, 100),
        "shipped": (0, -4, -40),
        "covered by receipts": (-1, -6, -60),
    }


def test_units_that_stock_covered_and_does_not_any_more_are_newly_uncovered() -> None:
    then, now = [open_line(open_qty=10)], [open_line(open_qty=10, backordered=4)]
    assert between(then, now, part=BACKORDERED) == {
        "newly uncovered by stock": (1, 4, 40),
        "closing": (1, 4, 40),
    }


def test_cancelled_and_reduced_units_are_backordered_ones_first() -> None:
    """Of five backordered ones two are cancelled, then two taken off the order; the five ready ones stay."""
    then = [open_line(open_qty=10, backordered=5)]
    now = [open_line(open_qty=6, cancelled=2, backordered=1)]
    assert between(then, now, part=BACKORDERED) == {
        "opening": (1, 5, 50),
        "cancelled": (0, -2, -20),
        "quantity": (0, -2, -20),
        "closing": (1, 1, 10),
    }


def test_of_a_raised_quantity_the_backordered_units_count_which_stand_last() -> None:
    then = [open_line(open_qty=10, backordered=5)]
    assert between(then, [open_line(open_qty=13, backordered=8)], part=BACKORDERED)["quantity"] == (0, 3, 30)
    covered = between(then, [open_line(open_qty=13, backordered=2)], part=BACKORDERED)
    assert (covered["quantity"], covered["covered by receipts"]) == ((0, 2, 20), (0, -5, -50))


def test_a_backordered_line_that_left_is_told_by_where_its_units_went() -> None:
    then = [open_line(open_qty=10, backordered=4)]
    assert between(then, [], left(("SO-1", 10, 8, 2)), part=BACKORDERED) == {
        "opening": (1, 4, 40),
        "shipped": (-1, -2, -20),
        "cancelled": (0, -2, -20),
    }


def test_of_several_rows_about_a_line_that_left_the_last_counts_and_others_do_not_matter() -> None:
    gone = left(("SO-1", 10, 0, 10), ("SO-9", 1, 1, 0), ("SO-1", 10, 10, 0))
    assert between([open_line(open_qty=10)], [], gone)["shipped"] == (-1, -10, -100)


def test_lines_are_the_same_where_order_id_and_line_number_are() -> None:
    """SO-1 line 12 and SO-11 line 2 are two lines, in whatever order the days hold them."""
    then = [open_line("SO-1", "12", open_qty=5), open_line("SO-11", "2", open_qty=7)]
    now = [open_line("SO-11", "2", open_qty=6, shipped=1), open_line("SO-1", "12", open_qty=5)]
    assert between(then, now)["shipped"] == (0, -1, -10)


def test_a_line_that_changed_its_group_leaves_one_and_enters_the_other_with_what_is_left_of_it() -> None:
    then = state(lines=[open_line(open_qty=5, supplier="S-1")])
    now = state(CLOSING_DAY, [open_line(open_qty=3, shipped=2, supplier="S-2")])
    split = bridge(then, now, left(), OPEN, "supplier")
    groups = {group: told(rows) for group, rows in split.groupby("group")}
    assert groups == {
        "S-1": {"opening": (1, 5, 50), "shipped": (0, -2, -20), "moved between groups": (-1, -3, -30)},
        "S-2": {"moved between groups": (1, 3, 30), "closing": (1, 3, 30)},
    }
    assert "moved between groups" not in bridge(then, now, left())["step"].tolist()
    assert "moved between groups" not in bridge(then, now, left(), OPEN, "customer")["step"].tolist()


def test_groups_come_with_their_names_by_money_at_the_closing_then_at_the_opening_then_by_id() -> None:
    then = [open_line("SO-1", customer="C-10"), open_line("SO-2", customer="C-2"), open_line("SO-3", customer="C-1")]
    now = [open_line("SO-4", customer="C-3", open_qty=2), open_line("SO-3", customer="C-1")]
    split = bridge(state(lines=then), state(CLOSING_DAY, now), left(), OPEN, "customer")
    groups = split[["group", "group_name"]].drop_duplicates().itertuples(index=False, name=None)
    assert list(groups) == [
        ("C-3", "Customer C-3"), ("C-1", "Customer C-1"), ("C-2", "Customer C-2"), ("C-10", "Customer C-10"),
    ]  # fmt: skip


@pytest.mark.parametrize("order", [("SO-1", "SO-2"), ("SO-2", "SO-1")])
def test_a_renamed_customer_bears_the_new_name_whichever_of_its_lines_left(order: tuple[str, str]) -> None:
    opening = state(lines=[open_line(each) for each in order])
    closing = state("2026-03-16", [open_line("SO-1") | {"customer_name": "Renamed"}])
    named = bridge(opening, closing, left(("SO-2", 1, 1, 0)), split="customer")
    assert set(zip(named["group"], named["group_name"], strict=True)) == {("C-1", "Renamed")}


def test_lines_without_a_supplier_are_a_group_of_their_own() -> None:
    then = state(lines=[open_line(supplier="")])
    assert set(bridge(then, then, left(), OPEN, "supplier")["group"]) == {""}


@pytest.mark.parametrize(
    ("part", "steps"),
    [
        (OPEN, ["new orders", "shipped", "cancelled", "quantity", "price"]),
        (
            BACKORDERED,
            [
                "new orders", "shipped", "cancelled", "quantity", "newly uncovered by stock", "covered by receipts",
                "price",
            ],
        ),
    ],
)  # fmt: skip
def test_the_usual_steps_are_there_even_where_nothing_happened_and_the_rare_ones_are_not(
    part: str, steps: list[str]
) -> None:
    empty = bridge(state(), state(CLOSING_DAY), left(), part)
    assert empty["step"].tolist() == ["opening", *steps, "closing"]
    assert empty[["lines", "qty", "value"]].eq(0).all(axis=None)
    assert bridge(state(), state(CLOSING_DAY), left(), part, "customer").empty


def test_the_lines_behind_a_bar_are_those_that_it_counts_the_most_money_first() -> None:
    then = [open_line("SO-1", open_qty=5), open_line("SO-2", open_qty=9, customer="C-2"), open_line("SO-3")]
    now = [open_line("SO-1", open_qty=2, shipped=3, expected="2026-04-01"), open_line("SO-3")]
    sides = Comparison(state(lines=then), state(CLOSING_DAY, now), left(("SO-2", 9, 9, 0)))
    shipped = sides.lines(OPEN, step="shipped")
    columns = ["order_id", "customer_name", "lines", "qty_thousandths", "value_ten_thousandths", "qty", "is_open"]
    assert list(shipped[columns].itertuples(index=False, name=None)) == [
        ("SO-2", "Customer C-2", -1, -9_000, -900_000, -9.0, False),
        ("SO-1", "Customer C-1", 0, -3_000, -300_000, -3.0, True),
    ]
    assert shipped["expected_date"].fillna(pd.Timestamp(0)).astype("str").tolist() == ["1970-01-01", "2026-04-01"]
    of_one = sides.lines(OPEN, "customer", step="shipped", group="C-2")
    assert of_one["order_id"].tolist() == ["SO-2"]
    assert line_bridge(sides.opening, sides.closing, sides.left, OPEN)["step"].tolist() == ["shipped", "shipped"]


@pytest.mark.parametrize("part", PARTS)
def test_both_ends_are_the_totals_that_the_overview_shows(part: str) -> None:
    books = [
        book_of([line("SO-1", open_qty=4.5, unit_price=0.3333), line("SO-2", open_qty=3)], [stock(5)]),
        book_of([line("SO-2", open_qty=3), line("SO-3", open_qty=8)], [stock(1), po("PO-7/1", 5, "2026-04-01")]),
    ]
    plans = [make_plan(each, DEFAULT_RULE) for each in books]
    steps = told(bridge(*(state_of(plan) for plan in plans), left(), part))
    for end, plan in zip(("opening", "closing"), plans, strict=True):
        shown = totals(plan.backlog).set_index("concept").loc[part]
        assert steps[end] == (shown["lines"], shown["units"], shown["money"])


def test_a_state_keeps_what_was_cancelled_and_the_supplies_besides_what_the_backlog_shows() -> None:
    plan = make_plan(book_of([line("SO-1", open_qty=4, shipped_qty=2)], [stock(5)]), DEFAULT_RULE)
    kept = state_of(plan)
    assert (kept.day, kept.data_revision, kept.supplies is plan.book.supplies) == (plan.book.today, 1, True)
    quantities = kept.lines[["ordered_qty", "shipped_qty", "cancelled_qty", "open_qty", "ready_qty"]]
    assert quantities.iloc[0].tolist() == [6.0, 2.0, 0.0, 4.0, 4.0]
