"""Order lines whose expected date changed between two states: by how much, why, and by whose move. Knows no store."""

from __future__ import annotations

import pandas as pd

from dashboard.domain.bridge import State

CAUSES = (
    OUR_MOVE := "our move",
    SUPPLIERS_DATE := "supplier's date",
    DAY_PASSED := "its day passed",
    SUPPLY := "supply came or was cancelled",
    OTHER_LINES := "other lines",
)
"""Why a line is re-dated: the first that fits, in this order.

Our move: we changed the restock date of the supply that decides the line's date, now or then. Supplier's date: its due
date changed and decides. Its day passed: it did not come by its restock date, which promises nothing any more. Supply
came or was cancelled: it is no longer to come, is new, or its quantity changed. Other lines: none of these; who stands
before the line in the queue, or its own quantity, changed.
"""

DIRECTIONS = (
    SLIPPED := "slipped",
    IMPROVED := "improved",
    LOST := "lost its date",
    WON := "won a date",
)


def redated_lines(opening: State, closing: State, moves: pd.DataFrame) -> pd.DataFrame:
    """The lines open on both days that are expected on another day, the worst slip first: one row per line.

    order_id, line_no, customer_id, customer_name, sku, category, supplier_id, supplier_name, waits_for [str; at the
    closing]; state; promise_date; from_date, to_date [expected then and now, NaT where none]; days [to - from, positive
    slipped; NaN where a date was lost or won]; direction [DIRECTIONS]; cause [CAUSES]; who [who made the last move, ""
    where the cause is another]; backordered_value [money, at the closing].

    A line that is ready now counts only where that is sooner than expected then: since when it is ready is not known.
    moves: Ledger.moves; those from the opening's day to the closing's are looked at.
    """
    raise NotImplementedError


def redated_sums(redated: pd.DataFrame) -> pd.DataFrame:
    """How many lines were re-dated, how, and why: one row per direction and cause that there are, in their order.

    direction; cause; lines; median_days, total_days [positive slipped; NaN where dates were lost or won].
    """
    raise NotImplementedError
