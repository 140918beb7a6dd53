"""A year of the demo company, week by week: nothing is ever left over, in whole and in every split."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from dashboard.domain.bridge import BACKORDERED, OPEN, PARTS, SPLITS, Comparison
from dashboard.domain.exact import total_qty, total_value
from dashboard.domain.redated import CAUSES, OUR_MOVE, redated_lines
from data_access.engine import open_store
from tests.states import residuals
from tests.years import Week, weeks_of_a_year


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> list[Week]:
    path: Path = tmp_path_factory.mktemp("year") / "year.db"
    return list(weeks_of_a_year(open_store(f"sqlite:///{path}")))


@pytest.fixture(scope="module")
def comparisons(weeks: list[Week]) -> list[Comparison]:
    return [Comparison(before.state, after.state, after.left) for before, after in pairwise(weeks)]


@pytest.mark.parametrize("split", [None, *SPLITS])
@pytest.mark.parametrize("part", PARTS)
def test_no_week_of_a_year_leaves_anything_over(comparisons: list[Comparison], part: str, split: str | None) -> None:
    assert len(comparisons) >= 52
    for sides in comparisons:
        assert set(residuals(sides.bridge(part, split))) == {(0, 0, 0)}


@pytest.mark.parametrize("part", PARTS)
def test_each_week_begins_and_ends_with_what_was_shown_and_knows_where_every_line_went(
    comparisons: list[Comparison], part: str
) -> None:
    for sides in comparisons:
        told = sides.bridge(part)
        for end, state in (("opening", sides.opening), ("closing", sides.closing)):
            lines = state.lines[state.lines[f"{part}_qty"] > 0]
            shown = (len(lines), total_qty(lines[f"{part}_qty"]), total_value(lines[f"{part}_value"]))
            (row,) = told[told["step"] == end][["lines", "qty", "value"]].itertuples(index=False, name=None)
            assert row == shown
        assert "no longer known" not in told["step"].tolist()


def test_the_splits_of_a_week_add_up_to_the_whole(comparisons: list[Comparison]) -> None:
    for sides in comparisons[::6]:
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


def test_every_re_dated_line_has_another_date_and_a_cause_and_our_moves_have_a_name(weeks: list[Week]) -> None:
    told = pd.concat([redated_lines(a.state, b.state, b.moves) for a, b in pairwise(weeks)], ignore_index=True)
    assert len(told) > 0
    assert (told["from_date"] != told["to_date"]).all()
    assert set(told["cause"]) <= set(CAUSES)
    assert ((told["who"] != "") <= (told["cause"] == OUR_MOVE)).all()
