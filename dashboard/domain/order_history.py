"""The order history: order lines whatever their state, what was shipped of them when, and how promises were moved.

It is read in one transaction and never changed. It knows neither where it came from nor how it is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

HISTORY_DAYS = 730
"""How far back the history reaches that ages and risks are made of: two years."""

NO_LINE = -1
"""Stands for the position of an order line that the history does not hold."""


@dataclass(frozen=True)
class OrderHistory:
    """Order lines, shipments and promise changes since a day, as of one day and one revision of the store.

    since: the history reaches back to this day; None means to its beginning
    lines: one row per order line that was ordered or shipped on or after that day, or is open, in no order.
        order_id, line_no, customer_id, sku, location_id [category]; ordered_date, first_promise_date, promise_date
        [datetime64, NaT where none]; ordered_qty, shipped_qty, cancelled_qty, open_qty [units]; unit_price [money]
    shipments: one row per order line and day of shipping on or after that day, and all those of open lines.
        line [row of lines, NO_LINE where it is not there]; shipped_date [datetime64]; shipped_qty [units, below zero
        for a return]
    promise_changes: one row per change of a promise date on or after that day, and all those of open lines, the first
        change first. order_id, line_no [category]; line [row of lines, NO_LINE where it is not there]; from_date,
        to_date [datetime64, NaT where none]; changed_at [datetime64, UTC]; changed_by, how [category]
    """

    today: date
    data_revision: int
    since: date | None
    lines: pd.DataFrame
    shipments: pd.DataFrame
    promise_changes: pd.DataFrame

    _evidence: dict[date, pd.DataFrame] = field(default_factory=dict, init=False, repr=False, compare=False)

    def evidence(self, today: date, make: Callable[[OrderHistory, date], pd.DataFrame]) -> pd.DataFrame:
        """What customer_evidence makes of the history by today; kept for the day asked last."""
        found = self._evidence.get(today)
        if found is None:
            found = make(self, today)
            self._evidence.clear()
            self._evidence[today] = found
        return found
