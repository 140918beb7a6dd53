"""The rules of the supplier rates, each with its example, and the real purchasing of AdventureWorks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard.domain.plan import make_plan
from dashboard.domain.purchasing import Purchasing
from dashboard.domain.supplier_lines import (
    by_days_late,
    by_month,
    open_po_lines,
    resting_on,
    supplier_lines,
    with_resting,
)
from dashboard.domain.supplier_sources import known_sources, other_sources
from dashboard.domain.suppliers import supplier_statistics
from tests.books import book_of, line, po
from tests.conftest import TODAY
from tests.purchases import Row, bought, bought_line

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "adventureworks"


def on_time(po_line: str, supplier: str = "S-1") -> Row:
    return bought_line(po_line, supplier, receipts=[("2026-02-02", 10)])


def never(po_line: str, supplier: str = "S-1") -> Row:
    return bought_line(po_line, supplier)


def of(purchasing: Purchasing, supplier: str = "S-1", window_days: int = 365) -> pd.Series:
    return supplier_statistics(purchasing, TODAY, window_days).set_index("supplier_id").loc[supplier]


def test_ten_lines_on_time_and_ten_never_delivered_are_half_otif() -> None:
    figures = of(bought([*(on_time(f"A{n}") for n in range(10)), *(never(f"B{n}") for n in range(10))]))

    assert (figures["otif_rate"], figures["on_time_rate"], figures["in_full_rate"]) == (0.5, 0.5, 0.5)
    assert (figures["lines_due"], figures["lines_judged"]) == (20, 20)
    assert figures["otif_received_rate"] == 1.0, "the rival definition flatters: it looks at received lines alone"
    assert (round(figures["otif_low"], 3), round(figures["otif_high"], 3)) == (0.299, 0.701)


def test_two_of_two_never_rank_above_196_of_200() -> None:
    many = [on_time(f"A{n}", "S-many") for n in range(196)] + [never(f"B{n}", "S-many") for n in range(4)]
    ranked = supplier_statistics(bought([on_time("X1", "S-few"), on_time("X2", "S-few"), *many]), TODAY)

    assert ranked["supplier_id"].tolist() == ["S-many", "S-few"]


def test_a_supplier_without_due_lines_has_no_data_and_ranks_last() -> None:
    later = bought_line("C1", "S-2", first_due="2026-04-01")
    ranked = supplier_statistics(
        bought([never("A1", "S-10"), later], [("S-1", "New"), ("S-2", "Later"), ("S-10", "Bad")]), TODAY
    )

    assert ranked["supplier_id"].tolist() == ["S-10", "S-1", "S-2"]
    empty = ranked.iloc[1:]
    assert empty["lines_due"].tolist() == [0, 0]
    figures = [
        name for name in ranked if name.endswith(("_rate", "_low", "_high", "_late")) or name == "lead_time_days"
    ]
    assert empty[figures].isna().all(axis=None)


def test_moving_a_due_date_leaves_the_first_due_figures_unchanged() -> None:
    late = bought_line("A1", receipts=[("2026-02-10", 10)])
    moved = bought_line("A1", due="2026-02-12", receipts=[("2026-02-10", 10)])
    others = [on_time("A2"), never("A3")]
    before, after = of(bought([late, *others])), of(bought([moved, *others]))
    now = [name for name in before.index if "_now" in name or name.startswith("moved")]

    pd.testing.assert_series_equal(before.drop(now), after.drop(now))
    assert (before["otif_now_rate"], after["otif_now_rate"]) == (1 / 3, 2 / 3)
    assert (after["moved_rate"], after["moved_days"]) == (1 / 3, 10)


@pytest.mark.parametrize("due", ["2026-04-01", f"{TODAY}"])
def test_a_line_that_is_not_due_by_the_current_date_is_left_out_of_that_rate_alone(due: str) -> None:
    figures = of(bought([on_time("A1"), bought_line("A2", due=due)]))

    assert (figures["otif_rate"], figures["lines_judged"]) == (0.5, 2)
    assert (figures["otif_now_rate"], figures["lines_judged_now"]) == (1.0, 1)


def test_splits_and_over_receipts_never_push_a_rate_above_1() -> None:
    split = bought_line("A1", receipts=[("2026-01-20", 4), ("2026-02-02", 9)])
    figures = of(bought([split]))

    assert (figures["on_time_rate"], figures["in_full_rate"], figures["otif_rate"]) == (1, 1, 1)


def test_part_received_counts_in_units_but_not_as_a_whole_line() -> None:
    figures = of(bought([bought_line("A1", receipts=[("2026-02-02", 4), ("2026-02-03", 6)])]))

    assert (figures["on_time_rate"], figures["in_full_rate"], figures["otif_rate"]) == (0.4, 1, 0)
    assert figures["median_days_late"] == 1


def test_rejected_units_are_not_received_and_returns_are_taken_off() -> None:
    rejected = bought_line("A1", receipts=[("2026-02-01", 6, 4)])
    returned = bought_line("A2", receipts=[("2026-01-30", 10), ("2026-02-01", -10)])
    figures = of(bought([rejected, returned]))

    assert (figures["on_time_rate"], figures["otif_rate"]) == (0.3, 0)
    assert (figures["reject_rate"], figures["inspected_qty"]) == (0.2, 20)


def test_a_late_line_returned_and_made_good_is_whole_since_the_last_receipt() -> None:
    figures = of(bought([bought_line("A1", receipts=[("2026-02-03", 10), ("2026-02-05", -3), ("2026-02-09", 3)])]))

    assert (figures["median_days_late"], figures["lead_time_days"], figures["otif_rate"]) == (7, 35, 0)


def test_a_line_whole_on_its_day_and_whole_now_is_on_time_whatever_was_returned_between() -> None:
    returned = bought_line("A1", receipts=[("2026-02-01", 10), ("2026-02-05", -3), ("2026-02-09", 3)])
    figures, lines = of(bought([returned])), supplier_lines(bought([returned]), TODAY)

    assert (figures["otif_rate"], figures["in_full_rate"], figures["median_days_late"]) == (1, 1, -1)
    assert lines[["is_otif", "days_late", "counted_as"]].values.tolist() == [[True, -1, "whole by the first due date"]]


def test_what_was_returned_after_the_due_date_is_neither_in_full_nor_otif() -> None:
    returned = bought_line("A1", receipts=[("2026-02-01", 10), ("2026-02-05", -3)])
    figures, lines = of(bought([returned])), supplier_lines(bought([returned]), TODAY)

    assert (figures["otif_rate"], figures["in_full_rate"], figures["on_time_rate"]) == (0, 0, 0.7)
    assert lines[["is_otif", "days_late", "counted_as"]].values.tolist() == [[False, 42, "overdue, part received"]]


def test_receipts_that_say_more_than_the_line_do_not_make_it_otif() -> None:
    figures = of(bought([bought_line("A1", received_qty=4, receipts=[("2026-02-01", 10)])]))

    assert (figures["otif_rate"], figures["in_full_rate"], figures["on_time_rate"]) == (0, 0, 0.4)


def test_the_rival_rate_looks_at_lines_of_which_anything_was_received() -> None:
    part = bought_line("A2", receipts=[("2026-02-01", 4)])
    figures = of(bought([on_time("A1"), part, never("A3")]))

    assert (figures["otif_received_rate"], figures["lines_received"]) == (0.5, 2)


def test_a_receipt_dated_after_today_has_not_happened() -> None:
    purchasing = bought([on_time("A1"), bought_line("A2", receipts=[("2026-02-02", 4), ("2026-03-20", 6, 2)])])
    then, later = of(purchasing), supplier_statistics(purchasing, date(2026, 3, 20)).iloc[0]
    lines = supplier_lines(purchasing, TODAY).set_index("po_id")

    assert (then["in_full_rate"], then["otif_rate"], then["reject_rate"], then["inspected_qty"]) == (0.5, 0.5, 0, 14)
    assert (later["in_full_rate"], later["otif_rate"], later["inspected_qty"]) == (1, 0.5, 22)
    assert lines.loc["A2", ["received_qty", "is_received", "days_late"]].tolist() == [4, False, 42]
    assert then["lines_unknown"] == 0


def test_moves_of_restock_dates_count_up_to_the_end_of_today() -> None:
    lines = [on_time("A/1"), never("A/2"), never("A/B/1", "S-2"), never("B/1", "S-2")]
    moved = {
        "A/1": "2025-01-01",
        "A/2": "2026-03-16 23:59:59",
        "A/B/1": "2026-03-16 08:00",
        "A/9": "2026-03-01",
        "A/1 ": "2026-03-01",
    }
    later = {"A/1": "2026-03-17 00:00", "A/B/1": "2026-04-01"}
    moves = pd.DataFrame([*moved.items(), *later.items()], columns=["supply_id", "moved_at"])
    purchasing = replace(bought(lines), moves=moves.astype({"moved_at": "datetime64[us]"}))

    assert [of(purchasing, supplier)["manager_moves"] for supplier in ("S-1", "S-2")] == [2, 1]
    tomorrow = supplier_statistics(purchasing, TODAY + timedelta(days=1)).set_index("supplier_id")
    assert tomorrow["manager_moves"].to_dict() == {"S-1": 3, "S-2": 1}


def test_cancelled_units_are_not_wanted_and_a_cancelled_line_does_not_count() -> None:
    part = bought_line("A1", cancelled_qty=6, receipts=[("2026-02-01", 4)])
    whole = bought_line("A2", cancelled_qty=10)
    figures = of(bought([part, whole]))

    assert (figures["lines_due"], figures["otif_rate"], figures["lines_cancelled"]) == (1, 1, 1)


def test_whole_on_an_unknown_day_is_in_full_and_left_out_of_the_rest() -> None:
    undated = bought_line("A1", received_qty=10)
    figures = of(bought([undated, on_time("A2"), never("A3")]))

    assert (figures["lines_due"], figures["lines_unknown"], figures["lines_judged"]) == (3, 1, 2)
    assert (figures["in_full_rate"], figures["otif_rate"], figures["on_time_rate"]) == (2 / 3, 0.5, 0.5)


def test_one_line_with_an_unknown_day_does_not_wipe_out_the_failures() -> None:
    elsewhere = bought_line("Z1", first_due="2024-02-01", receipts=[("2024-02-01", 10)])
    purchasing = bought([bought_line("A1", received_qty=10), *(never(f"B{n}") for n in range(19)), elsewhere])
    figures, months = of(purchasing), by_month(supplier_lines(purchasing, TODAY))

    assert (figures["otif_rate"], figures["lines_judged"], figures["lines_unknown"]) == (0, 19, 1)
    assert months[["lines_due", "lines_judged", "otif_rate"]].values.tolist() == [[20, 19, 0]]


def test_where_received_lines_never_have_a_receipt_otif_is_not_told_from_the_failures_alone() -> None:
    purchasing = bought([bought_line("A1", received_qty=10), never("A2")])
    figures, lines = of(purchasing), supplier_lines(purchasing, TODAY)

    assert (figures["in_full_rate"], figures["lines_judged"], figures["lines_unknown"]) == (0.5, 0, 2)
    assert np.isnan([figures[name] for name in ("otif_rate", "otif_low", "on_time_rate", "otif_received_rate")]).all()
    assert by_month(lines)[["lines_due", "lines_judged"]].values.tolist() == [[2, 0]]
    assert lines["days_late"].isna().all()


def test_a_supplier_of_which_nothing_was_ever_received_has_only_failures() -> None:
    figures = of(bought([never("A1"), never("A2")]))

    assert (figures["otif_rate"], figures["lines_judged"], figures["lines_unknown"]) == (0, 2, 0)


def test_the_window_is_the_days_before_today() -> None:
    def due(po_line: str, days_ago: int) -> Row:
        return bought_line(po_line, first_due=(TODAY - timedelta(days=days_ago)).isoformat())

    purchasing = bought([due("A", 91), due("B", 90), due("C", 1), due("D", 0), bought_line("E", first_due="")])

    assert of(purchasing, window_days=90)["lines_due"] == 2
    assert supplier_lines(purchasing, TODAY, 90)["po_id"].tolist() == ["C", "B"]


def test_unreceived_lines_hold_the_median_of_days_late_up() -> None:
    came = [bought_line(f"A{n}", receipts=[(f"2026-02-0{2 + n}", 10)]) for n in range(3)]
    figures = of(bought([*came, never("B1"), never("B2")]))

    assert figures["median_days_late"] == 2, "of five lines the third comes 2 days late; of those received the second 1"
    assert np.isnan(figures["p80_days_late"]), "fewer than 80 % have come"


def test_only_the_numbers_of_days_that_a_supplier_has_are_worked_on_however_far_apart_they_lie() -> None:
    came = bought_line("A1", receipts=[("2026-02-04", 10)])
    forgotten = bought_line("B1", "S-2", first_due="1926-02-02", receipts=[("2026-02-02", 10)])
    early = bought_line("B2", "S-2", receipts=[("2026-01-30", 10)])
    purchasing = bought([came, never("A2"), forgotten, early])
    cells = purchasing.outcomes(TODAY).late.cells

    assert list(zip(cells.supplier.tolist(), cells.days.tolist(), strict=True)) == [(0, 2), (1, -3), (1, 36_525)]
    figures = supplier_statistics(purchasing, TODAY, 40_000).set_index("supplier_id")
    assert figures["median_days_late"].to_dict() == {"S-1": 2, "S-2": -3}
    assert figures["p80_days_late"].fillna(-1).to_dict() == {"S-1": -1, "S-2": 36_525}


def test_a_supplier_is_marked_where_the_last_90_days_differ_significantly() -> None:
    def lines(count: int, good: int, first_due: str, name: str) -> list[Row]:
        return [
            bought_line(f"{name}{n}", first_due=first_due, receipts=[(first_due, 10)] if n < good else ())
            for n in range(count)
        ]

    turned = bought([*lines(20, 8, "2026-02-02", "A"), *lines(40, 36, "2025-08-04", "B")])
    better = bought([*lines(20, 19, "2026-02-02", "A"), *lines(40, 16, "2025-08-04", "B")])
    few = bought([*lines(9, 0, "2026-02-02", "A"), *lines(40, 40, "2025-08-04", "B")])

    assert [of(each)["mark"] for each in (turned, better, few)] == ["worse", "better", ""]
    assert (of(turned)["recent_otif_rate"], of(turned)["before_otif_rate"]) == (0.4, 0.9)


def test_nothing_bought_is_an_empty_frame() -> None:
    nothing = bought([])

    assert supplier_statistics(nothing, TODAY).empty
    assert supplier_lines(nothing, TODAY).empty
    assert by_month(supplier_lines(nothing, TODAY)).empty


def test_each_line_says_how_it_counted() -> None:
    lines = supplier_lines(
        bought(
            [
                on_time("A1"),
                bought_line("A2", receipts=[("2026-02-12", 10)]),
                bought_line("A3", receipts=[("2026-02-01", 4)]),
                never("A4"),
                bought_line("A5", received_qty=10),
            ]
        ),
        TODAY,
    ).sort_values("po_id")

    assert lines[["counted_as", "is_otif"]].values.tolist() == [
        ["whole by the first due date", True],
        ["whole after it", False],
        ["overdue, part received", False],
        ["overdue, not received", False],
        ["whole, day unknown", False],
    ]
    assert lines["days_late"].tolist()[:4] == [0, 10, 42, 42]
    assert by_days_late(lines).values.tolist() == [[0, True, 1], [10, True, 1], [42, False, 2]]


def test_months_add_up_to_the_window() -> None:
    lines = supplier_lines(
        bought([on_time("A1"), never("A2"), bought_line("A3", first_due="2026-01-30", received_qty=10)]), TODAY
    )
    months = by_month(lines)

    assert months[["month", "lines_due", "lines_judged"]].values.tolist() == [["2026-01", 1, 0], ["2026-02", 2, 2]]
    assert np.isnan(months["otif_rate"][0])
    assert months["otif_rate"][1] == 0.5


def test_what_hangs_on_a_line_are_the_units_set_aside_from_it() -> None:
    book = book_of(
        [
            line("SO-1", open_qty=4, customer="C-1", unit_price=10),
            line("SO-2", open_qty=5, customer="C-1", unit_price=2.5, ordered="2026-03-02"),
        ],
        [po("PO-1/1", 6, "2026-03-10"), po("PO-2/1", 9, "2026-04-01", supplier="S-2"), po("PO-9/1", 3, sku="HOSE")],
        suppliers=[("S-1", "Northgate"), ("S-2", "Quillford"), ("S-3", "Idle")],
        item_suppliers=[("VALVE-25", "S-1", 1), ("NOT-OPEN", "S-1", 1), ("BOTH", "S-1", 1), ("BOTH", "S-2", 2)],
    )
    plan = make_plan(book, ("priority", "promise_date", "ordered_date"))
    open_lines = open_po_lines(plan)
    columns = ["po_line", "is_overdue", "order_lines", "customers", "waiting_qty", "waiting_value"]

    assert open_lines[columns].values.tolist() == [
        ["PO-2/1", False, 2, 1, 9.0, 52.5],
        ["PO-1/1", True, 0, 0, 0.0, 0.0],
        ["PO-9/1", False, 0, 0, 0.0, 0.0],
    ], "the overdue line has no usable day, so the line that comes gives first"
    resting = resting_on(open_lines, known_sources(book, bought([], [("S-1", "Northgate")])))
    assert resting.values.tolist() == [["S-1", 2, 1, 1, 0.0, 0.0, 2.0], ["S-2", 1, 0, 0, 9.0, 52.5, 0.0]]
    beside = with_resting(supplier_statistics(bought([], [("S-3", "Idle"), ("S-1", "Northgate")]), TODAY), resting)
    assert beside[["supplier_id", "lines_open", "sole_skus"]].values.tolist() == [["S-1", 2, 2], ["S-3", 0, 0]]


def test_other_sources_stand_by_sku_and_rank_with_their_own_otif() -> None:
    book = book_of(
        item_suppliers=[("HOSE", "S-2", 1), ("HOSE", "S-1", 2), ("PUMP", "S-2", 1), ("VALVE", "S-1", 1)],
        suppliers=[("S-1", "Northgate"), ("S-2", "Quillford")],
        items=[("HOSE", "Hose 5 m", "Hoses")],
    )
    statistics = supplier_statistics(bought([on_time("A1", "S-2")], [("S-1", ""), ("S-2", "")]), TODAY)
    sources = other_sources(book, bought([], [("S-1", "")]), statistics, "S-1")

    assert sources[["sku", "supplier_id", "is_other", "otif_rate"]].fillna({"otif_rate": -1}).values.tolist() == [
        ["HOSE", "S-2", True, 1.0],
        ["HOSE", "S-1", False, -1],
        ["VALVE", "S-1", False, -1],
    ]


@pytest.mark.skipif(not DATA.is_dir(), reason="the AdventureWorks data is not beside the project")
def test_in_full_and_reject_rates_are_those_of_the_adventureworks_files() -> None:
    """Stocked is received less rejected there. The files have no day of receipt, which neither rate asks for."""
    raw = pd.read_csv(DATA / "PurchaseOrderDetail.csv", parse_dates=["DueDate"]).merge(
        pd.read_csv(DATA / "PurchaseOrderHeader.csv", parse_dates=["OrderDate"])[
            ["PurchaseOrderID", "VendorID", "OrderDate"]
        ],
        on="PurchaseOrderID",
    )
    today = date(2025, 1, 1)
    statistics = supplier_statistics(_adventureworks(raw), today).set_index("supplier_id")
    is_due = (raw["DueDate"] >= "2024-01-02") & (raw["DueDate"] < "2025-01-01")
    expected_n, compared = 0, 0
    for vendor, lines in raw[is_due].groupby("VendorID"):
        found = statistics.loc[str(vendor)]
        whole = sum(stocked >= ordered for stocked, ordered in zip(lines["StockedQty"], lines["OrderQty"], strict=True))
        assert found["lines_due"] == len(lines)
        assert found["in_full_rate"] == pytest.approx(whole / len(lines))
        assert found["reject_rate"] == pytest.approx(
            lines["RejectedQty"].sum() / lines["ReceivedQty"].sum(), nan_ok=True
        )
        expected_n, compared = expected_n + len(lines), compared + 1
    assert compared > 50
    assert statistics["lines_due"].sum() == expected_n


def _adventureworks(raw: pd.DataFrame) -> Purchasing:
    texts = {
        "po_id": "PurchaseOrderID",
        "line_no": "PurchaseOrderDetailID",
        "supplier_id": "VendorID",
        "sku": "ProductID",
    }
    quantities = {"ordered_qty": "OrderQty", "received_qty": "StockedQty"}
    lines = pd.DataFrame(
        {
            **{ours: pd.Categorical(raw[theirs].astype("str")) for ours, theirs in texts.items()},
            "ordered_date": raw["OrderDate"],
            "first_due_date": raw["DueDate"],
            "due_date": raw["DueDate"],
            **{ours: raw[theirs].astype(float) for ours, theirs in quantities.items()},
            "cancelled_qty": 0.0,
        }
    )
    receipts = pd.DataFrame(
        {
            "position": np.arange(len(raw)),
            "received_date": raw["DueDate"],
            "received_qty": raw["StockedQty"],
            "rejected_qty": raw["RejectedQty"],
        }
    )
    vendors = pd.Series(raw["VendorID"].astype("str").unique())
    suppliers = pd.DataFrame({"supplier_id": vendors, "name": vendors, "email": ""})
    return replace(bought([]), po_lines=lines, receipts=receipts, suppliers=suppliers)


def test_a_month_without_lines_stands_between_its_neighbours() -> None:
    lines = supplier_lines(bought([bought_line("A1", first_due="2025-11-28"), on_time("A2")]), TODAY)

    months = by_month(lines)
    assert months["month"].tolist() == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert months["lines_due"].tolist() == [1, 0, 0, 1]
    assert months["otif_rate"].isna().tolist() == [False, True, True, False]
