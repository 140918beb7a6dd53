"""The bridge from one day's backlog to another's, to the unit: what came, what went, and why. Knows no store, no screen.

The rules, for every figure of this module (docs/decisions/0013-bridge.md):

- Lines are joined by order id and line number. What they say of themselves on both days is compared, not what happened
  in between: an order that came and was shipped whole between the two days is in neither, and so in no step.
- Open part. New orders bring what was ordered; what was shipped and cancelled of them so far stands in these steps. A
  line that the opening does not hold is a new order where it was ordered on the opening's day or later; otherwise it was
  reopened or entered late, and brings what is open. Of a line that is no longer open, units leave as shipped first, then
  as cancelled, then as a smaller quantity, each only as far as units are left: what was shipped above the order never
  was in the backlog. What is known of it nowhere is a step of its own.
- Backordered part. A line is a row of units: those covered by stock stand in front, the backordered ones behind. What is
  shipped leaves from the front, what is cancelled or reduced from the back, what is added stands at the very back. Each
  unit that was backordered and is not, or is and was not, counts once: by what it left or came with; where it is open on
  both days, as covered by receipts or newly uncovered by stock. New orders bring what is backordered of them.
- A line counts once where it enters a part and once where it leaves it (LEAVES_BY, ENTERS_BY), in no other step.
- Each step is valued at the opening's price (what is new at its own), by differences of the running quantity's value, so
  that roundings cancel out; the closing's units times the difference of price are the step "price".
- In a split, each step counts for the group that the line was in at the opening; where it is in another at the closing,
  what is left of it leaves that group and enters the other in the step "moved between groups".
- Quantities are added as whole thousandths, money as whole ten-thousandths: opening + steps == closing exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from dashboard.domain.overview import BACKORDERED, OPEN
from dashboard.domain.plan import Plan

OPENING, CLOSING = "opening", "closing"
STEPS = (
    NEW := "new orders",
    REOPENED := "reopened or entered late",
    SHIPPED := "shipped",
    CANCELLED := "cancelled",
    QUANTITY := "quantity",
    UNCOVERED := "newly uncovered by stock",
    COVERED := "covered by receipts",
    UNKNOWN := "no longer known",
    PRICE := "price",
    MOVED := "moved between groups",
)
"""What can happen between two days, in the order of the bridge."""

STEPS_OF = {
    OPEN: (NEW, REOPENED, SHIPPED, CANCELLED, QUANTITY, UNKNOWN, PRICE, MOVED),
    BACKORDERED: STEPS,
}
"""The steps that each part can have."""
ONLY_IF_ANY = (REOPENED, UNKNOWN, MOVED)
"""Steps that a bridge has only where something of them happened; it always has the others."""

SPLITS = ("customer", "supplier", "category")


@dataclass(frozen=True, eq=False)
class State:
    """The backlog of one day as the bridge needs it, with the figures that were shown that day.

    lines: one row per open order line.
        order_id, line_no, customer_id, customer_name, sku, category, location_id, supplier_id, supplier_name,
        waits_for, waits_for_kind [category]; state [STATE_DTYPE]; ordered_date, promise_date, first_promise_date,
        expected_date, waits_until [datetime64, NaT where none]; days_late [days, NaN where none]; age_days [days];
        ordered_qty, shipped_qty, cancelled_qty [with what was closed], open_qty, ready_qty, inbound_qty, uncovered_qty,
        backordered_qty [units]; unit_price, open_value, backordered_value [money]
    supplies: one row per supply, as Book.supplies
    """

    day: date
    data_revision: int
    lines: pd.DataFrame
    supplies: pd.DataFrame


def state_of(plan: Plan) -> State:
    """The state of a plan's day: what a snapshot keeps of it, or "now" to compare with one."""
    raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two states laid side by side: worked out once, then asked for any part and split.

    left: one row per line of the opening that is not open at the closing, where its quantities are known.
        order_id, line_no; ordered_qty, shipped_qty, cancelled_qty [units, as of when it had left]. Of several rows of a
        line the last counts; other lines may be among them.
    """

    opening: State
    closing: State
    left: pd.DataFrame

    def bridge(self, part: str = OPEN, split: str | None = None) -> pd.DataFrame:
        """The bridge of this part; see the function `bridge`."""
        raise NotImplementedError

    def lines(self, part: str = OPEN, split: str | None = None) -> pd.DataFrame:
        """The lines behind the bridge of this part; see the function `line_bridge`."""
        raise NotImplementedError


def bridge(
    opening: State, closing: State, left: pd.DataFrame, part: str = OPEN, split: str | None = None
) -> pd.DataFrame:
    """From the opening to the closing in steps: one row per step, and per group where split is one of SPLITS.

    group, group_name [only with a split; an id and its name, the same for categories, "" where there is none; groups by
    closing money, the most first]; step [OPENING, those of STEPS_OF, CLOSING]; lines [signed count]; qty [units,
    signed]; value [money, signed]. Opening + steps == closing exactly in each measure, in whole and per group. Every
    group has the same steps, those of ONLY_IF_ANY only where any group has them.
    """
    return Comparison(opening, closing, left).bridge(part, split)


def line_bridge(
    opening: State, closing: State, left: pd.DataFrame, part: str = OPEN, split: str | None = None
) -> pd.DataFrame:
    """The lines behind a bridge: one row per order line and step that it takes part in, by step, most money first.

    order_id, line_no, customer_id, customer_name, sku, category, supplier_id, supplier_name [str; as at the closing,
    else as at the opening]; step; lines [-1, 0 or 1]; qty_thousandths, value_ten_thousandths [whole numbers, signed];
    qty [units], value [money]; is_open [at the closing]; ordered_date, promise_date, expected_date, state
    [as at the closing, else as at the opening]; group [only with a split: the id of the group that it counts for; a
    line that moved between groups has a row for each of the two]. Their sums are the steps of `bridge`.
    """
    return Comparison(opening, closing, left).lines(part, split)


def week_sentence(bridge_open: pd.DataFrame, bridge_backordered: pd.DataFrame, redated: pd.DataFrame) -> str:
    """What changed, as plain text, from both bridges without a split and the lines of redated_lines.

    "Backordered went from 412 to 389 lines: 31 new, 12 newly uncovered by stock, 40 covered by receipts, 22 shipped,
    4 cancelled. The open backlog went from 905 to 930 lines: 120 new, 88 shipped, 7 cancelled. 31 lines slipped, by 6
    days in the median; 4 improved; 3 lost their date."
    """
    raise NotImplementedError
