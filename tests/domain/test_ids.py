from __future__ import annotations

import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.ids import natural_rank, natural_sorted


@pytest.mark.parametrize(
    "in_order",
    [
        ["SO-2", "SO-10", "SO-100"],
        ["1", "2", "10", "11", "100"],
        ["007", "7", "08"],
        ["PO-7/2", "PO-7/10", "PO-10/1"],
        ["", "7", "A", "A7", "A7B", "AB"],
        ["2026-9-1", "2026-10-1"],
        ["X99999999999999999999", "X100000000000000000000"],
        ["BAUER", "BAUER-1", "Bauer", "bauer"],
    ],
)
def test_numbers_inside_ids_compare_as_numbers(in_order: list[str]) -> None:
    assert natural_sorted(in_order[::-1]) == in_order


def test_ranks_order_rows_and_equal_ids_share_one() -> None:
    assert natural_rank(pd.Series(["SO-10", "SO-2", "SO-10"])).tolist() == [1, 0, 1]


def test_the_second_id_decides_where_the_first_is_equal() -> None:
    order_id = pd.Series(["SO-2", "SO-10", "SO-2"], dtype="category")
    line_no = pd.Series(["10", "1", "9"], dtype="category")
    ranks = natural_rank(order_id, line_no)
    assert sorted(range(3), key=lambda row: ranks[row]) == [2, 0, 1]


def test_categories_that_no_row_holds_do_not_matter() -> None:
    ids = pd.Series(["SO-1", "SO-10", "SO-2"], dtype="category").iloc[1:]
    assert natural_rank(ids).tolist() == [1, 0]


def test_no_rows_have_no_ranks() -> None:
    assert natural_rank(pd.Series([], dtype="str"), pd.Series([], dtype="str")).tolist() == []


@settings(deadline=None, derandomize=True, max_examples=150)
@given(st.lists(st.text("aB-/019 é٣", max_size=7), max_size=12))
def test_natural_order_is_that_of_the_parts_text_and_number_in_turn(ids: list[str]) -> None:
    def parts(text: str) -> tuple[object, ...]:
        return tuple(int(part) if place % 2 else part for place, part in enumerate(re.split("([0-9]+)", text)))

    assert natural_sorted(ids) == sorted(ids, key=lambda text: (parts(text), text))
