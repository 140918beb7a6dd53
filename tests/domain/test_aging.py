from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.aging import (
    CLOCKS,
    SPLITS,
    Waits,
    age_sentence,
    age_split,
    age_table,
    backorder_waits,
    group_labels,
    largest_groups,
    old_lines,
    old_value,
    quarter_of,
    waits_of,
    with_others,
)
from dashboard.domain.allocation import DEFAULT_RULE
from dashboard.domain.plan import Plan, make_plan
from tests.books import TODAY, Row, book_of, line, plan, po, stock
from tests.random_cases import tries

BUCKETS = (3, 7, 14, 21, 30, 45)
QUARTER = quarter_of(TODAY)


def plan_of(lines: Sequence[Row] = (), supplies: Sequence[Row] = ()) -> Plan:
    book = book_of(
        lines,
        supplies,
        customers=[("C-1", "Bauer", 1), ("C-2", "Good", 2)],
        suppliers=[("S-1", "Northgate"), ("S-2", "S-2")],
        items=[("A", "Ball valve", "Valves"), ("B", "Pump", "Pumps")],
        item_suppliers=[("A", "S-1", 1), ("B", "S-2", 1)],
    )
    return make_plan(book, DEFAULT_RULE)


def backlog_of(lines: Sequence[Row] = (), supplies: Sequence[Row] = ()) -> pd.DataFrame:
    return plan_of(lines, supplies).backlog


def three_lines() -> Plan:
    """Ordered 2, 15 and 46 days ago: ready, late and uncovered."""
    return plan_of(
        [
            line("SO-1", sku="A", open_qty=2, unit_price=10, ordered="2026-03-14", promise="2026-03-16"),
            line(
                "SO-2", sku="B", open_qty=3, unit_price=10, ordered="2026-03-01", promise="2026-03-08", customer="C-2"
            ),
            line("SO-3", sku="C", open_qty=0.5, unit_price=10, ordered="2026-01-29", location="NORTH"),
        ],
        [stock(2, sku="A"), po("PO-1/1", 3, "2026-03-20", sku="B", supplier="S-2")],
    )


def rows(frame: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return list(frame[list(columns)].astype("object").itertuples(index=False, name=None))


# --- how old the backlog is


def test_both_clocks_tell_lines_units_and_value_of_every_bucket() -> None:
    assert rows(age_table(three_lines().backlog, (3, 20)), "clock", "bucket", "lines", "units", "value") == [
        ("ordered", "0-3", 1, 2.0, 20.0),
        ("ordered", "4-20", 1, 3.0, 30.0),
        ("ordered", "21+", 1, 0.5, 5.0),
        ("promise", "not yet due", 1, 2.0, 20.0),
        ("promise", "1-3", 0, 0.0, 0.0),
        ("promise", "4-20", 1, 3.0, 30.0),
        ("promise", "21+", 0, 0.0, 0.0),
        ("promise", "no promise", 1, 0.5, 5.0),
    ]


def test_an_empty_backlog_has_every_bucket_with_nothing_in_it() -> None:
    table = age_table(backlog_of(), (3,))
    assert rows(table, "bucket", "lines", "value") == [
        (bucket, 0, 0.0) for bucket in ("0-3", "4+", "not yet due", "1-3", "4+", "no promise")
    ]
    assert all(age_split(backlog_of(), (3,), clock, split).empty for clock in CLOCKS for split in SPLITS)


@pytest.mark.parametrize(
    ("split", "groups"),
    [
        ("state", ["ready", "late", "uncovered"]),
        ("supplier", ["Northgate (S-1)", "S-2", ""]),
        ("category", ["Valves", "Pumps", ""]),
        ("customer tier", ["1", "2", "1"]),
        ("location", ["MAIN", "MAIN", "NORTH"]),
    ],
)
def test_each_line_belongs_to_one_group_of_each_split(split: str, groups: list[str]) -> None:
    backlog = three_lines().backlog
    assert group_labels(backlog, split).tolist() == groups
    assert rows(age_split(backlog, (3, 20), "ordered", split), "bucket", "group", "lines", "units", "value") == [
        ("0-3", groups[0], 1, 2.0, 20.0),
        ("4-20", groups[1], 1, 3.0, 30.0),
        ("21+", groups[2], 1, 0.5, 5.0),
    ]


SOME_LINES = st.lists(
    st.builds(
        lambda number, age, promised, qty, price, customer, sku, location: line(
            f"SO-{number}", ordered=(TODAY - timedelta(days=age)).isoformat(), open_qty=qty / 1_000,
            promise="" if promised is None else (TODAY - timedelta(days=promised)).isoformat(),
            unit_price=price / 10_000, customer=customer, sku=sku, location=location,
        ),
        st.integers(1, 9), st.integers(-1, 60), st.none() | st.integers(-5, 60), st.integers(1, 10**6),
        st.integers(0, 10**6), st.sampled_from(["C-1", "C-2", "C-3"]), st.sampled_from(["A", "B", "C"]),
        st.sampled_from(["MAIN", "NORTH"]),
    ),
    max_size=12,
)  # fmt: skip


@tries(15, long=60)
@given(SOME_LINES, st.sampled_from(CLOCKS), st.sampled_from(SPLITS), st.integers(0, 4))
def test_the_groups_of_a_bucket_add_up_to_the_bucket_exactly(
    lines: list[Row], clock: str, split: str, most: int
) -> None:
    backlog = backlog_of(lines, [stock(20, sku="A"), po("PO-1/1", 500, "2026-03-20", sku="B")])
    split_sums = age_split(backlog, BUCKETS, clock, split)  # type: ignore[arg-type]
    shown = with_others(split_sums, largest_groups(split_sums, "value", split, most))
    whole = age_table(backlog, BUCKETS).query("clock == @clock and lines > 0")
    for frame in (split_sums, shown):
        sums = frame.groupby("bucket", observed=True)[["lines", "units", "value"]].sum().round(4)
        assert rows(sums.reset_index(), "bucket", "lines", "units", "value") == rows(
            whole, "bucket", "lines", "units", "value"
        )
    assert shown["group"].nunique() <= most + 2
    assert old_value(backlog, BUCKETS) == age_table(backlog, BUCKETS)["value"].iloc[len(BUCKETS)]


def groups_of(totals: dict[str, float]) -> pd.DataFrame:
    names = list(totals)
    return pd.DataFrame(
        {
            "bucket": pd.Categorical(["0-3"] * len(names)),
            "group": pd.Categorical(names),
            "lines": 1,
            "units": 1.0,
            "value": list(totals.values()),
        }
    )


def test_the_largest_groups_are_named_and_the_rest_are_others() -> None:
    sums = groups_of({"a": 1, "b": 5, "c": 5, "d": 9})
    assert largest_groups(sums, "value", "supplier", 3) == ["d", "b", "c"]
    assert rows(with_others(sums, ["d", "b"]), "group", "lines", "value") == [
        ("d", 1, 9.0),
        ("b", 1, 5.0),
        ("others", 2, 6.0),
    ]


def test_lines_without_a_group_never_hide_among_the_others() -> None:
    assert largest_groups(groups_of({"": 1, "a": 5, "b": 9}), "value", "supplier", 1) == ["b", ""]


def test_a_group_that_is_itself_called_others_stands_with_the_others() -> None:
    sums = groups_of({"others": 9, "b": 5, "c": 1})
    assert rows(with_others(sums, ["others", "b"]), "group", "value") == [("others", 10.0), ("b", 5.0)]


def test_states_and_tiers_stand_in_their_own_order() -> None:
    assert largest_groups(groups_of({"uncovered": 9, "late": 2, "ready": 5}), "value", "state") == [
        "ready",
        "late",
        "uncovered",
    ]
    assert largest_groups(groups_of({"10": 9, "2": 1}), "value", "customer tier") == ["2", "10"]


# --- the oldest and the most valuable


def test_old_lines_stand_the_oldest_or_the_most_valuable_first() -> None:
    three = three_lines()
    assert rows(old_lines(three, 0), "order_id", "age_days", "last_supply") == [
        ("SO-3", 46, "nothing on order"),
        ("SO-2", 15, "PO-1/1"),
        ("SO-1", 2, "to be shipped"),
    ]
    assert old_lines(three, 46)["order_id"].tolist() == ["SO-3"]
    assert old_lines(three, 47).empty
    assert old_lines(three, 0, most=2)["order_id"].tolist() == ["SO-3", "SO-2"]
    assert old_lines(three, 0, "open_value")["order_id"].tolist() == ["SO-2", "SO-1", "SO-3"]


@pytest.mark.parametrize(
    ("rule", "supplies", "expected"),
    [
        ("the last of two decides", [po("PO-1/1", 3, "2026-03-20"), po("PO-2/1", 9, "2026-04-01", supplier="S-2")],
         ("PO-2/1 and 1 more", "2026-04-01", "S-2")),
        ("stock is not waited for", [stock(3), po("PO-2/1", 9, "2026-04-01")], ("PO-2/1", "2026-04-01", "Northgate")),
        ("what has no date comes after what has one", [po("PO-1/1", 3), po("PO-2/1", 3, "2026-04-01")],
         ("PO-1/1 and 1 more", None, "Northgate")),
        ("some units have no supply", [po("PO-1/1", 2, "2026-03-20"), po("PO-2/1", 2, "2026-04-01")],
         ("PO-2/1 and 1 more, rest not on order", "2026-04-01", "Northgate")),
        ("a planned restock has no supplier", [po("PO-1/1", 3, "2026-03-20"), plan("PLAN-1", 9, "2026-04-01")],
         ("PLAN-1 and 1 more", "2026-04-01", "")),
        ("nor has one that stands alone", [plan("PLAN-1", 9, "2026-04-01")], ("PLAN-1", "2026-04-01", "")),
        ("nothing is to come: the usual supplier", [], ("nothing on order", None, "S-2")),
    ],
)  # fmt: skip
def test_a_line_waits_for_the_supply_of_its_last_units(
    rule: str, supplies: list[Row], expected: tuple[object, ...]
) -> None:
    found = old_lines(plan_of([line("SO-1", open_qty=5, sku="B")], [each | {"sku": "B"} for each in supplies]), 0)
    until = (
        found["last_supply_date"]
        .dt.strftime("%Y-%m-%d")
        .astype("object")
        .where(found["last_supply_date"].notna(), None)
    )
    told = rows(found.assign(until=until), "last_supply", "until", "supplier_name")
    assert told == [expected], rule


@tries(15, long=60)
@given(SOME_LINES, st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 300), st.none() | st.integers(0, 9))))
def test_what_a_line_waits_for_is_available_on_its_expected_date(
    lines: list[Row], supplies: list[tuple[str, int, int | None]]
) -> None:
    days = ["" if after is None else (TODAY + timedelta(days=after)).isoformat() for _, _, after in supplies]
    coming = [
        po(f"PO-{place}/1", qty, day, sku=sku)
        for place, ((sku, qty, _), day) in enumerate(zip(supplies, days, strict=True))
    ]
    found = old_lines(plan_of(lines, coming), 0)
    is_coming = (found["inbound_qty"] > 0) & (found["uncovered_qty"] == 0)
    assert found["last_supply_date"][is_coming].equals(found["expected_date"][is_coming])
    assert found["last_supply_date"].equals(found["waits_until"]), "the backlog waits for the same supply"
    assert all(told.startswith(name) for told, name in zip(found["last_supply"], found["waits_for"], strict=True))
    assert (found["last_supply"].str.startswith("PO-") == (found["inbound_qty"] > 0)).all()
    assert not found["last_supply"][found["uncovered_qty"] == 0].str.contains("not").any()


# --- how long backorders last


def order(ordered: str, ordered_qty: float, shipped: float = 0, cancelled: float = 0) -> Row:
    return {
        "ordered_date": ordered,
        "ordered_qty": ordered_qty,
        "cancelled_qty": cancelled,
        "open_qty": ordered_qty - shipped - cancelled,
    }


def waits(lines: list[Row], shipments: list[tuple[int, str, float]], today: date = TODAY) -> pd.DataFrame:
    orders = pd.DataFrame(lines, columns=list(order("", 0)))
    orders["ordered_date"] = orders["ordered_date"].astype("datetime64[s]")
    shipped = pd.DataFrame(shipments, columns=["line", "shipped_date", "shipped_qty"])
    shipped["shipped_date"] = shipped["shipped_date"].astype("datetime64[s]")
    return backorder_waits(orders, shipped.astype({"line": "int64", "shipped_qty": "float64"}), today)


@pytest.mark.parametrize(
    ("rule", "line", "shipments", "expected"),
    [
        ("shipped on the day: no backorder", order("2026-03-01", 5, 5), [("2026-03-01", 5)], []),
        ("in two parts on two days", order("2026-03-01", 5, 5), [("2026-03-01", 2), ("2026-03-04", 3)],
         [("shipped", 3)]),
        ("the day of the last part counts", order("2026-03-01", 5, 5), [("2026-03-09", 1), ("2026-03-04", 4)],
         [("shipped", 8)]),
        ("open lines wait until today, whatever came", order("2026-03-01", 5, 2), [("2026-03-02", 2)], [("open", 15)]),
        ("open lines of which more was shipped by day than in sum", order("2026-03-01", 5, 2), [("2026-03-01", 5)],
         [("open", 15)]),
        ("cancelled without a shipment", order("2026-03-01", 5, 0, 5), [], [("cancelled", 0)]),
        ("some units cancelled, all the others shipped", order("2026-03-01", 5, 2, 3),
         [("2026-03-03", 1), ("2026-03-06", 1)], [("shipped", 5)]),
        ("shipped on the day of the order what there was, the rest cancelled", order("2026-03-01", 5, 2, 3),
         [("2026-03-01", 2)], [("cancelled", 0)]),
        ("some cancelled, of the others nobody knows when", order("2026-03-01", 5, 3, 2), [("2026-03-06", 2)],
         [("", None)]),
        ("all shipped and then returned and cancelled", order("2026-03-01", 5, 0, 5),
         [("2026-03-04", 5), ("2026-03-09", -5)], [("shipped", 3)]),
        ("wholly cancelled, whatever the shipments say", order("2026-03-01", 5, 0, 5), [("2026-03-04", 1)],
         [("cancelled", 3)]),
        ("some cancelled after all was shipped and some returned", order("2026-03-01", 5, 3, 2),
         [("2026-03-02", 3), ("2026-03-06", 2), ("2026-03-09", -2)], [("shipped", 5)]),
        ("complete, but nobody knows when", order("2026-03-01", 5, 5), [], [("", None)]),
        ("complete, a part of it nobody knows when", order("2026-03-01", 5, 5), [("2026-03-02", 4)], [("", None)]),
        ("shipped before the order", order("2026-03-01", 5, 5), [("2026-02-20", 5)], []),
        ("a return does not undo the day", order("2026-03-01", 5, 5), [("2026-03-03", 5), ("2026-03-05", -1)],
         [("shipped", 2)]),
        ("days after today have not come", order("2026-03-01", 5, 5), [("2026-03-20", 5)], [("", None)]),
        ("nothing was ordered", order("2026-03-01", 0), [], []),
        ("ordered after today", order("2026-03-20", 5), [], []),
    ],
)  # fmt: skip
def test_how_a_line_counts(
    rule: str, line: Row, shipments: list[tuple[str, float]], expected: list[tuple[str, int | None]]
) -> None:
    found = waits([line], [(0, day, qty) for day, qty in shipments])
    assert rows(
        found.assign(days=found["days"].astype("object").where(found["days"].notna(), None)), "outcome", "days"
    ) == (expected), rule


def test_a_quarter_is_three_months_of_the_calendar() -> None:
    assert (QUARTER.start, QUARTER.end, QUARTER.name) == (date(2026, 1, 1), date(2026, 4, 1), "2026 Q1")
    assert (QUARTER.before.start, QUARTER.before.end, QUARTER.before.name) == (
        date(2025, 10, 1),
        date(2026, 1, 1),
        "2025 Q4",
    )
    assert quarter_of(date(2026, 12, 31)).end == date(2027, 1, 1)


def test_a_quarter_tells_by_when_half_and_nine_tenths_are_shipped() -> None:
    # By hand: four wait 2, 4, 4 and 10 days, one is open for 7, one cancelled at once, one is of the quarter before.
    lines = [
        *(order("2026-03-01", 1, 1) for _ in range(4)),
        order("2026-03-09", 1),
        order("2026-03-01", 1, 0, 1),
        order("2025-12-31", 1, 1),
        order("2026-03-01", 1, 1),
    ]
    days = ["2026-03-03", "2026-03-05", "2026-03-05", "2026-03-11"]
    found = waits_of(QUARTER, waits(lines, [*((row, day, 1) for row, day in enumerate(days)), (6, "2026-01-05", 1)]))
    assert rows(found.curve, "time", "at_risk", "events") == [(2, 5, 1), (4, 4, 2), (10, 1, 1)]
    assert found.curve["survival"].to_numpy() == pytest.approx([4 / 5, 2 / 5, 0])
    assert (found.lines, found.shipped, found.still_open, found.cancelled, found.left_out) == (6, 4, 1, 1, 1)
    assert (found.seen_days, found.median_days, found.p90_days) == (10, 4, 10)
    assert found.at_risk == (5, 2, 0, 0, 0, 0)  # of 1, 7, 14, 30, 60 and 90 days


def test_units_cancelled_out_of_a_shipped_line_do_not_keep_it_from_being_shipped() -> None:
    # By hand: of four lines one ships 3 of 5 after 4 days, the other 2 cancelled; one is cancelled wholly, at 0 days;
    # one is complete after 8 days; one is open for 15. So 3 are followed on day 4 and 2 on day 8.
    lines = [
        order("2026-03-01", 5, 3, 2),
        order("2026-03-01", 5, 0, 5),
        order("2026-03-01", 5, 5),
        order("2026-03-01", 5),
    ]
    found = waits_of(QUARTER, waits(lines, [(0, "2026-03-05", 3), (2, "2026-03-09", 5)]))
    assert rows(found.curve, "time", "at_risk", "events") == [(4, 3, 1), (8, 2, 1)]
    assert found.curve["survival"].to_numpy() == pytest.approx([2 / 3, 1 / 3])
    assert (found.lines, found.shipped, found.still_open, found.cancelled, found.median_days) == (4, 2, 1, 1, 8)
    assert found.cut == 1


def test_a_line_of_which_all_but_a_little_was_cut_is_told_among_the_shipped() -> None:
    # Shipped whole and then cancelled after a return is not cut; cancelled without a later shipment is not shipped.
    lines = [
        order("2026-03-01", 100, 1, 99),
        order("2026-03-01", 5, 0, 5),
        order("2026-03-01", 5, 2, 3),
    ]
    found = waits(lines, [(0, "2026-03-02", 1), (1, "2026-03-04", 5), (1, "2026-03-09", -5), (2, "2026-03-01", 2)])
    assert rows(found, "outcome", "days", "is_cut") == [
        ("shipped", 1, True),
        ("shipped", 3, False),
        ("cancelled", 0, False),
    ]


def left_to_ship(line: Row) -> float:
    return float(line["ordered_qty"] - line["cancelled_qty"])


def first_day_with(shipments: list[tuple[date, float]], wanted: float) -> date | None:
    """The first day on which so many units had been shipped."""
    so_far = 0.0
    for day, qty in shipments:
        so_far += qty
        if so_far >= wanted:
            return day
    return None


def obvious(lines: list[Row], shipments: list[tuple[int, str, float]]) -> dict[int, Fraction]:
    """The share still open after each day on which one was shipped, line by line and day by day."""
    seen: list[tuple[int, bool]] = []
    for row, each in enumerate(lines):
        ordered = date.fromisoformat(each["ordered_date"])
        own = sorted((date.fromisoformat(day), qty) for line, day, qty in shipments if line == row)
        complete, rest = (first_day_with(own, qty) for qty in (each["ordered_qty"], left_to_ship(each)))
        if each["open_qty"] > 0:
            seen.append(((TODAY - ordered).days, False))
        elif complete is not None:
            if complete > ordered:
                seen.append(((complete - ordered).days, True))
        elif each["cancelled_qty"] > 0 and left_to_ship(each) > 0:
            if rest is not None:
                seen.append(((rest - ordered).days, True) if rest > ordered else ((own[-1][0] - ordered).days, False))
        elif each["cancelled_qty"] > 0:
            seen.append((max((own[-1][0] - ordered).days, 0) if own else 0, False))
    share, shares = Fraction(1), {}
    for day in range(1, max([days for days, _ in seen], default=0) + 1):
        waiting = sum(days >= day for days, _ in seen)
        shipped = sum(days == day and is_shipped for days, is_shipped in seen)
        if shipped:
            share *= 1 - Fraction(shipped, waiting)
            shares[day] = share
    return shares


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Row], list[tuple[int, str, float]]]:
    lines, shipments = [], []
    for row in range(draw(st.integers(0, 12))):
        ordered = QUARTER.start + timedelta(days=draw(st.integers(0, 60)))
        ordered_qty = draw(st.integers(1, 4))
        parts = draw(st.dictionaries(st.integers(0, 13), st.integers(1, 4), max_size=3))
        shipments += [(row, (ordered + timedelta(days=day)).isoformat(), qty) for day, qty in parts.items()]
        shipped = draw(st.sampled_from([min(sum(parts.values()), ordered_qty), ordered_qty]))
        cancelled = draw(st.sampled_from([0, ordered_qty - shipped]))
        lines.append(order(ordered.isoformat(), ordered_qty, shipped, cancelled))
    return lines, draw(st.permutations(shipments))


@tries(30, long=120)
@given(histories())
def test_on_any_history_the_shares_are_those_of_counting_line_by_line(
    history: tuple[list[Row], list[tuple[int, str, float]]],
) -> None:
    found = waits_of(QUARTER, waits(*history))
    expected = obvious(*history)
    assert found.curve["time"].tolist() == list(expected)
    assert found.curve["survival"].to_numpy() == pytest.approx([float(share) for share in expected.values()])
    for told, left in ((found.median_days, Fraction(1, 2)), (found.p90_days, Fraction(1, 10))):
        reached = next((day for day, share in expected.items() if share <= left), math.nan)
        assert told == reached or (math.isnan(told) and math.isnan(reached))
    assert found.lines == found.shipped + found.still_open + found.cancelled


# --- the sentence


def lasting(median_days: float, lines: int = 9) -> Waits:
    return Waits(QUARTER, pd.DataFrame(), lines, 5, 0, 4, 0, 0, 30, (), median_days, np.nan)


@pytest.mark.parametrize(
    ("days_old", "waits", "sentence"),
    [
        ([], None, "No order line is open."),
        ([], lasting(1), "No order line is open; half of the backorders of this quarter are shipped within 1 day."),
        ([3], None, "The one open line is not older than 45 days."),
        ([46], None, "The one open line is older than 45 days, {money}."),
        ([45, 3], lasting(12, lines=0), "None of the 2 open lines is older than 45 days."),
        ([46, 3], lasting(12), "1 of 2 open lines is older than 45 days, {money}; half of the backorders of this"
         " quarter are shipped within 12 days."),
        ([46, 99, 3], lasting(math.nan), "2 of 3 open lines are older than 45 days, {money}; it is too early to say"
         " how long half of this quarter's backorders last."),
    ],
)  # fmt: skip
def test_the_page_opens_with_a_sentence(days_old: list[int], waits: Waits | None, sentence: str) -> None:
    lines = [line(f"SO-{age}", ordered=(TODAY - timedelta(days=age)).isoformat(), open_qty=2) for age in days_old]
    assert age_sentence(backlog_of(lines), BUCKETS, waits) == sentence
    assert old_value(backlog_of(lines), BUCKETS) == 20 * sum(age > 45 for age in days_old)
