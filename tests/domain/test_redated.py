"""Order lines that are expected on another day than then: how far, why, and by whose move."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from dashboard.domain.redated import counted, redated_lines, redated_sentence, redated_sums
from tests.books import Row, plan, po
from tests.states import CLOSING_DAY, open_line, state

SUPPLY = po("PO-7/1", 10, "2026-03-20")
FROM, TO = "2026-03-20", "2026-03-24"


def moves(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    """Moves: (document id, line number, day, who)."""
    frame = pd.DataFrame(list(rows), columns=["document_id", "line_no", "moved_day", "moved_by"])
    frame = frame.assign(supply_kind="purchase order")
    return frame.astype(dict.fromkeys(["document_id", "line_no", "moved_by", "supply_kind"], "str")).assign(
        moved_day=pd.Series(frame["moved_day"], dtype="datetime64[s]")
    )


def waiting(expected: str, waits_for: str = "PO-7/1", order_id: str = "SO-1", **others: str) -> Row:
    return open_line(order_id, backordered=1, expected=expected, waits_for=waits_for, **others)  # type: ignore[arg-type]


def redated(
    then: list[Row], now: list[Row], before: list[Row], after: list[Row], *moved: tuple[str, str, str, str]
) -> pd.DataFrame:
    return redated_lines(state(lines=then, supplies=before), state(CLOSING_DAY, now, after), moves(*moved))


def one(*sides: list[Row], moved: tuple[tuple[str, str, str, str], ...] = ()) -> tuple[object, ...]:
    """Direction, days, cause and who of the one line that is re-dated."""
    (row,) = redated(*sides, *moved)[["direction", "days", "cause", "who"]].itertuples(index=False, name=None)
    return tuple(None if isinstance(each, float) and math.isnan(each) else each for each in row)


def test_a_line_that_is_expected_on_the_same_day_is_not_among_them() -> None:
    lines = [waiting(FROM)]
    assert redated(lines, lines, [SUPPLY], [SUPPLY]).empty


def test_a_line_slips_by_our_move_with_the_name_of_who_moved_last() -> None:
    after = po("PO-7/1", 10, TO, due=FROM)
    made = (("PO-7", "1", "2026-03-10", "A. Weber"), ("PO-7", "1", "2026-03-12", "B. Klein"), ("PO-8", "1", TO, "C"))
    assert one([waiting(FROM)], [waiting(TO)], [SUPPLY], [after], moved=made) == (
        "slipped", 4.0, "our move", "B. Klein",
    )  # fmt: skip


def test_a_move_before_the_opening_or_after_the_closing_is_not_the_one() -> None:
    after = po("PO-7/1", 10, TO, due=FROM)
    made = (("PO-7", "1", "2026-03-10", "A. Weber"), ("PO-7", "1", "2026-03-17", "B. Klein"))
    assert one([waiting(FROM)], [waiting(TO)], [SUPPLY], [after], moved=made)[3] == "A. Weber"


def test_a_move_back_to_the_supplier_s_date_is_ours_too() -> None:
    before = po("PO-7/1", 10, TO, due=FROM)
    assert one([waiting(TO)], [waiting(FROM)], [before], [SUPPLY])[:3] == ("improved", -4.0, "our move")


def test_a_planned_restock_is_moved_by_us_alone() -> None:
    lines = [waiting(day, "PLAN-1", kind="planned restock") for day in (FROM, TO)]
    sides = ([lines[0]], [lines[1]], [plan("PLAN-1", 4, FROM)], [plan("PLAN-1", 4, TO)])
    assert one(*sides)[:3] == ("slipped", 4.0, "our move")


def test_the_supplier_s_date_decides_where_we_set_none() -> None:
    assert one([waiting(FROM)], [waiting(TO)], [SUPPLY], [po("PO-7/1", 10, TO)]) == (
        "slipped", 4.0, "supplier's date", "",
    )  # fmt: skip


def test_the_supply_that_decides_now_is_looked_at_too() -> None:
    """PO-8, which the line also takes from, slipped past PO-7."""
    before, after = [SUPPLY, po("PO-8/1", 1, "2026-03-18")], [SUPPLY, po("PO-8/1", 1, TO)]
    assert one([waiting(FROM)], [waiting(TO, "PO-8/1")], before, after)[2] == "supplier's date"


def test_a_date_is_lost_where_its_day_passed_without_the_goods() -> None:
    late = po("PO-7/1", 10, "2026-03-12")
    assert one([waiting("2026-03-12")], [waiting("")], [late], [late]) == ("lost its date", None, "its day passed", "")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([SUPPLY], [po("PO-8/1", 10, TO)]),
        ([SUPPLY, po("PO-8/1", 10, TO)], [po("PO-7/1", 3, FROM), po("PO-8/1", 10, TO)]),
        ([SUPPLY], [SUPPLY, po("PO-8/1", 10, TO)]),
    ],
)
def test_supply_that_came_was_cancelled_or_is_new_is_the_cause_where_no_date_moved(
    before: list[Row], after: list[Row]
) -> None:
    assert one([waiting(FROM)], [waiting(TO, "PO-8/1")], before, after)[2] == "supply came or was cancelled"


def test_otherwise_other_lines_took_what_the_line_was_to_get() -> None:
    supplies = [SUPPLY, po("PO-8/1", 10, TO)]
    assert one([waiting(FROM)], [waiting(TO, "PO-8/1")], supplies, supplies)[2] == "other lines"


def test_a_line_that_is_ready_now_counts_only_where_that_is_sooner_than_expected() -> None:
    now = [open_line(expected=CLOSING_DAY)]
    assert one([waiting(FROM)], now, [SUPPLY], []) == ("improved", -4.0, "supply came or was cancelled", "")
    assert redated([waiting("2026-03-12")], now, [SUPPLY], []).empty
    assert redated([open_line(expected="2026-03-09")], now, [], []).empty


def test_a_line_that_was_ready_and_is_not_any_more_lost_its_stock_to_others() -> None:
    assert one([open_line(expected="2026-03-09")], [waiting(TO)], [], [SUPPLY])[:3] == ("slipped", 15.0, "other lines")


def several() -> pd.DataFrame:
    then = [waiting(FROM, order_id=f"SO-{number}") for number in range(1, 5)] + [waiting("", "", "SO-5")]
    days = (TO, "2026-03-26", "2026-03-19", "", FROM)
    now = [waiting(day, order_id=f"SO-{number}") for number, day in enumerate(days, start=1)]
    return redated(then, now, [SUPPLY], [SUPPLY])


def test_lost_dates_come_first_then_the_worst_slips_then_what_was_won_and_improved() -> None:
    assert several()["order_id"].tolist() == ["SO-4", "SO-2", "SO-1", "SO-5", "SO-3"]


def test_the_sums_tell_how_many_by_how_many_days_and_why() -> None:
    rows = redated_sums(several()).astype("object").itertuples(index=False, name=None)
    assert [tuple(None if each != each else each for each in row) for row in rows] == [
        ("slipped", "other lines", 2, 5.0, 10.0),
        ("improved", "other lines", 1, -1.0, -1.0),
        ("lost its date", "other lines", 1, None, None),
        ("won a date", "other lines", 1, None, None),
    ]
    assert redated_sums(several().iloc[:0]).empty


def test_the_sentence_counts_each_direction() -> None:
    assert redated_sentence(several()) == (
        "2 lines slipped, by 5 days in the median; 1 improved, by 1 day in the median; 1 lost its date; 1 won a date."
    )
    assert redated_sentence(several().iloc[:0]) == "No line is expected on another day than then."


@pytest.mark.parametrize(
    ("direction", "lines", "told"),
    [
        ("lost its date", 1, "1 lost its date"),
        ("lost its date", 6, "6 lost their date"),
        ("won a date", 10, "10 won a date"),
        ("slipped", 1_200, "1,200 slipped"),
    ],
)
def test_lines_are_counted_in_words_that_fit_their_number(direction: str, lines: int, told: str) -> None:
    assert counted(direction, lines) == told
