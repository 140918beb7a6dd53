from __future__ import annotations

import pytest

from dashboard.customer_views import account_sentence
from dashboard.domain.customer_orders import customer_account
from dashboard.domain.plan import make_plan
from tests.books import TODAY, book_of, line, po
from tests.histories import history_of

LATE, NOT_LATE, UNDATED, UNCOVERED = "A", "B", "C", "D"
SUPPLIES = [po("PO-1/1", 99, "2026-03-30", sku=LATE), po("PO-2/1", 99, "2026-03-20", sku=NOT_LATE)]
SUPPLIES += [po("PO-3/1", 99, sku=UNDATED)]


@pytest.mark.parametrize(
    ("skus", "told"),
    [
        ([LATE], "Old Mill: its one open line is late, 10 EUR waiting."),
        ([NOT_LATE], "Old Mill: its one open line is not late, 10 EUR waiting."),
        ([UNDATED], "Old Mill: its one open line has no date, 10 EUR waiting."),
        ([UNCOVERED], "Old Mill: its one open line has no date, 10 EUR waiting."),
        ([LATE, NOT_LATE], "Old Mill: 1 of 2 open lines late, 20 EUR waiting."),
        ([LATE, UNDATED, UNCOVERED], "Old Mill: 1 of 3 open lines late, 2 without a date, 30 EUR waiting."),
        ([NOT_LATE, NOT_LATE], "Old Mill: none of 2 open lines late or without a date, 20 EUR waiting."),
        ([], "Old Mill: no open line."),
    ],
)
def test_a_customer_is_told_in_a_sentence_as_one_would_say_it(skus: list[str], told: str) -> None:
    lines = [line(f"SO-{place}", sku=sku, promise="2026-03-25") for place, sku in enumerate(skus)]
    plan = make_plan(book_of(lines, SUPPLIES), ("ordered_date",))
    assert account_sentence(customer_account(plan, history_of(), "C-1", TODAY), "Old Mill") == told
