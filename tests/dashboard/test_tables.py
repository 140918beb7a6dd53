"""Tables: texts that stand for numbers sort as the numbers do, and columns are as wide as their texts."""

from __future__ import annotations

import pandas as pd

from dashboard import supplier_rates, tables

NUMBERS = [-400, -99.5, -30, -12, -3, -2.5, -2, -0.5, 0, 0.5, 1, 2, 2.5, 3, 9, 10, 12, 99, 100, 400, 1_000, 12_345]


def test_texts_of_numbers_sort_as_the_numbers_do_and_words_come_last() -> None:
    texts = [tables.as_number(number, f"{number:g}" if number <= 0 else f"+{number:g}") for number in NUMBERS]
    assert sorted(["not yet", *texts[1::2], "no data", *texts[0::2]]) == [*texts, "no data", "not yet"]
    assert [text.lstrip() for text in texts[:3]] == ["-400", "-99.5", "-30"]


def test_suppliers_sort_by_their_days_late_where_some_are_early() -> None:
    due = pd.DataFrame({"lines_due": 5, "lines_judged": 5, "in_full_rate": 1.0, "lines_open": 0}, index=range(5))
    rates = {f"{name}_{part}": 0.5 for name in ("otif", "on_time", "in_full") for part in ("rate", "low", "high")}
    days = pd.Series([10.0, -12.0, 0.0, 9.0, -3.0])
    shown = supplier_rates.shown(due.assign(**rates, median_days_late=days, lead_time_days=20.0))
    assert [text.lstrip() for text in sorted(shown["median_late_told"])] == ["-12", "-3", "0", "9", "10"]


def test_a_text_column_is_as_wide_as_the_longest_text_that_its_rows_have() -> None:
    numbers = pd.Series(["SO-1", "SO-20260316-0007", "SO-2"])
    categories = pd.Series(
        ["SO-1", "SO-20260316-0007"], dtype=pd.CategoricalDtype([*numbers, "A number of no row" * 3])
    )
    wide = tables.PIXELS_A_CHARACTER * len("SO-20260316-0007") + tables.CELL_PADDING
    assert tables.WIDEST > wide > (tables.LOOKS["order_id"].width or 0)
    for column in (numbers, categories):
        shown = tables.trimmed(pd.DataFrame({"order_id": column}), ["order_id"])
        assert [config["width"] for config in tables._wide_enough(shown).values()] == [wide]
    for column in (numbers[:1], numbers[:0]):
        assert tables._wide_enough(pd.DataFrame({"order_id": column})) == {}
