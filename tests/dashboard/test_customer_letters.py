from __future__ import annotations

import pandas as pd
import pytest

from dashboard.customer_letters import letter
from tests.conftest import TODAY

READY, SOON, LATER, NONE = ("ready", None), ("on time", "2026-03-18"), ("late", "2026-03-30"), ("uncovered", None)


def open_lines(*told: tuple[str, str | None]) -> pd.DataFrame:
    """One line of one unit for each, of items called Item 1, Item 2 and so on; what is ready is expected today."""
    days = [TODAY.isoformat() if state == "ready" else day for state, day in told]
    names = [f"Item {place}" for place, _ in enumerate(told, start=1)]
    return pd.DataFrame(
        {
            "customer_name": "Old Mill",
            "order_id": "SO-1",
            "line_no": [str(place) for place, _ in enumerate(told, start=1)],
            "sku": names,
            "item_name": names,
            "open_qty": 1.0,
            "ready_qty": 0.0,
            "state": [state for state, _ in told],
            "expected_date": pd.Series([day or "NaT" for day in days], dtype="datetime64[s]"),
            "promise_date": pd.NaT,
            "first_promise_date": pd.NaT,
        }
    )


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([READY], "Your open line is in stock, ready to ship."),
        ([READY, READY], "All your 2 open lines are in stock, ready to ship."),
        ([LATER], "Your open line is expected on 2026-03-30."),
        ([NONE], "Your open line has no date yet: Item 1."),
        ([NONE, NONE], "None of your 2 open lines has a date yet: Item 1 and Item 2."),
        ([READY, SOON, LATER], "Of your 3 open lines, 1 is in stock and the last is expected on 2026-03-30."),
        (
            [READY, LATER, SOON, NONE],
            "Of your 4 open lines, 1 is in stock, the last with a date is expected on 2026-03-30 and 1 has no date "
            "yet: Item 4.",
        ),
        ([READY, *[NONE] * 5], "Of your 6 open lines, 1 is in stock and 5 have no date yet: Item 2, Item 3, Item 4 and "
         "2 more items."),
    ],
)  # fmt: skip
def test_the_letter_opens_with_all_of_it_in_a_sentence(lines: list[tuple[str, str | None]], sentence: str) -> None:
    orders = pd.DataFrame(
        {"order_id": ["SO-1"], "ordered_date": [pd.Timestamp("2026-03-02")], "complete_date": [pd.NaT]}
    )
    assert letter(open_lines(*lines), orders, TODAY).split("\n")[3] == sentence
