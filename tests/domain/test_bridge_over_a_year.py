"""A year of the demo company: nothing is ever left over, in whole and in every split."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from dashboard.domain.bridge import BACKORDERED, OPEN, PARTS, SPLITS, Comparison
from dashboard.domain.exact import total_qty, total_value
from dashboard.domain.redated import CAUSES, OUR_MOVE, redated_lines
from data_access.engine import open_store
from tests.states import residuals
from tests.years import WEEKS, Day, days_of_a_year

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> list[Day]:
    path: Path = tmp_path_factory.mktemp("year") / "year.db"
    return list(days_of_a_year(open_store(f"sqlite:///{path}")))


@pytest.fixture(scope="module")
def comparisons(days: list[Day]) -> list[Comparison]:
    found = [Comparison(before.state, after.state, after.left) for before, after in pairwise(days)]
    assert found[-1].closing.day - found[0].opening.day == timedelta(weeks=WEEKS)
    return found


@pytest.mark.parametrize("split", [None, *SPLITS])
@pytest.mark.parametrize("part", PARTS)
def test_no_day_of_a_year_leaves_anything_over(comparisons: list[Comparison], part: str, split: str | None) -> None:
    for sides in comparisons:
        told = sides.bridge(part, split)
        assert set(residuals(told)) == {(0, 0, 0)}
        assert "no longer known" not in told["step"].tolist()  # units of which nobody knows would end there


def worth(units: float, price: float) -> int:
    """In ten-thousandths, half of one rounded up."""
    exact = Decimal(round(units * 1_000)) * round(price * 10_000) / 1_000
    return int(exact.to_integral_value(ROUND_HALF_UP))


@pytest.mark.parametrize("part", PARTS)
def test_price_is_what_is_there_at_the_closing_times_the_difference_of_its_price(
    comparisons: list[Comparison], part: str
) -> None:
    """Counted line by line, to the ten-thousandth: money that no other step explains would end there."""
    key, changed = ["order_id", "line_no"], 0
    for sides in comparisons:
        opening, closing = (
            lines[[*key, "unit_price", f"{part}_qty"]].astype(dict.fromkeys(key, "str"))
            for lines in (sides.opening.lines, sides.closing.lines)
        )
        both = closing.merge(opening, on=key, suffixes=("", "_then"))
        then, now = (
            sum(map(worth, both[f"{part}_qty"].tolist(), both[price].tolist()))
            for price in ("unit_price_then", "unit_price")
        )
        for split in (None, *SPLITS):
            told = sides.bridge(part, split)
            prices = told["value"][told["step"] == "price"]
            assert sum(round(value * 10_000) for value in prices.tolist()) == now - then
        changed += now != then
    assert changed == len(comparisons)


@pytest.mark.parametrize("part", PARTS)
def test_each_time_begins_and_ends_with_what_was_shown(comparisons: list[Comparison], part: str) -> None:
    for sides in comparisons:
        told = sides.bridge(part)
        for end, state in (("opening", sides.opening), ("closing", sides.closing)):
            lines = state.lines[state.lines[f"{part}_qty"] > 0]
            shown = (len(lines), total_qty(lines[f"{part}_qty"]), total_value(lines[f"{part}_value"]))
            (row,) = told[told["step"] == end][["lines", "qty", "value"]].itertuples(index=False, name=None)
            assert row == shown


def test_the_splits_add_up_to_the_whole(comparisons: list[Comparison]) -> None:
    for sides in comparisons[::3]:
        for part in PARTS:
            whole = sides.bridge(part).set_index("step")["lines"]
            for split in SPLITS:
                split_up = sides.bridge(part, split).groupby("step")["lines"].sum()
                assert split_up.drop("moved between groups", errors="ignore").to_dict() == whole.to_dict()


def test_in_a_year_there_are_new_orders_shipments_and_receipts(comparisons: list[Comparison]) -> None:
    steps = pd.concat([sides.bridge(part) for sides in comparisons for part in (OPEN, BACKORDERED)])
    sums = steps.groupby("step")["qty"].sum()
    assert sums["new orders"] > 0
    assert sums["shipped"] < 0
    assert sums["covered by receipts"] < 0
    assert sums["newly uncovered by stock"] > 0


def test_every_re_dated_line_has_another_date_and_a_cause_and_our_moves_have_a_name(days: list[Day]) -> None:
    told = pd.concat([redated_lines(a.state, b.state, b.moves) for a, b in pairwise(days)], ignore_index=True)
    assert len(told) > 0
    assert (told["from_date"] != told["to_date"]).all()
    assert set(told["cause"]) <= set(CAUSES)
    assert ((told["who"] != "") <= (told["cause"] == OUR_MOVE)).all()
