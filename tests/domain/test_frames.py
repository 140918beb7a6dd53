"""Small changes of large frames: some rows with the categories that they hold, and no others."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pandas.testing import assert_frame_equal, assert_series_equal

from dashboard.domain.frames import narrowed, without_unused

STATES = pd.CategoricalDtype(["ready", "late", "uncovered"], ordered=True)


def test_a_column_is_left_with_the_categories_that_its_rows_have_in_their_order() -> None:
    column = pd.Series(["uncovered", "ready", "uncovered", None], dtype=STATES)
    kept = pd.Series(without_unused(column.array))
    assert kept.cat.categories.tolist() == ["ready", "uncovered"]
    assert kept.cat.ordered
    assert kept.tolist()[:3] == ["uncovered", "ready", "uncovered"]
    assert kept.isna().tolist() == [False, False, False, True]


def test_a_column_without_any_row_or_value_is_left_without_categories() -> None:
    for values in ([], [None, None]):
        kept = pd.Series(without_unused(pd.Series(values, dtype=STATES).array))
        assert (len(kept), kept.notna().sum(), len(kept.cat.categories)) == (len(values), 0, 0)


def test_what_is_no_category_is_left_as_it_is() -> None:
    numbers = np.array([3.0, 1.0])
    assert without_unused(numbers) is numbers


def test_some_rows_are_the_same_rows_in_the_order_asked_for() -> None:
    frame = pd.DataFrame(
        {
            "sku": pd.Series(["PUMP", "VALVE", "HOSE"], dtype="category"),
            "restock_date": pd.to_datetime(["2026-03-20", None, "2026-03-25"]),
            "supply_qty": [1.5, 2.0, 3.0],
        }
    )
    some = narrowed(frame, np.array([2, 0]))
    assert_frame_equal(some.astype({"sku": "str"}), frame.iloc[[2, 0]].reset_index(drop=True).astype({"sku": "str"}))
    assert_series_equal(pd.Series(some["sku"].cat.categories), pd.Series(["HOSE", "PUMP"]), check_names=False)
