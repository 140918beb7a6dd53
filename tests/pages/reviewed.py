"""Two weeks of the small company, worked out by hand: what was kept on 2026-03-09, and what is so on 2026-03-16.

Kept: the five lines of tests.pages.companies, 28 units open, 280 EUR; backordered all but the valves, 4 lines, 18
units, 180 EUR. In the week that passes

    SO-1/1   10 VALVE    are shipped: 10 units leave what is open, none of them was backordered
    SO-2/1    5 HOSE     PO-1/2 came in: 5 units are covered by receipts
    SO-10/1   3 CLAMP    1 of 3 is cancelled: 1 unit leaves both
    SO-11/1   2 PUMP     are ordered by Old Mill on 2026-03-12: 2 new units in both
    SO-1/2    6 PUMP     PO-1/1 comes three days later, on 2026-04-02, as the supplier says now

so that 5 lines, 19 units, 190 EUR are open, and 4 lines, 14 units, 140 EUR of them backordered.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import Engine, insert, update

from dashboard.domain.allocation import DEFAULT_RULE
from dashboard.domain.rules import Rules
from data_access import schema
from data_access.engine import raise_revision, writing
from data_access.snapshots import Snapshot, take_snapshot
from tests.pages.companies import PROMISE, write_small_company

KEPT_DAY = date(2026, 3, 9)
RULES = Rules(DEFAULT_RULE, (3, 7, 14, 21, 30, 45), {}, "UTC", (5, 6), ())


def keep(engine: Engine, day: date) -> Snapshot:
    """Keep the state of a day as it is in the store now."""
    return take_snapshot(engine, day, RULES, by="ada", at=datetime(day.year, day.month, day.day, 8, tzinfo=UTC))


def write_kept_company(engine: Engine, best_customer: str = "Brightwater Retail") -> None:
    """The small company, kept on 2026-03-09."""
    write_small_company(engine, best_customer)
    keep(engine, KEPT_DAY)


def a_week_passes(engine: Engine) -> None:
    """What happens between the two days, as above."""
    line, po_line, stock = schema.order_lines, schema.po_lines, schema.stock
    came = date(2026, 4, 2)
    with writing(engine) as connection:
        for order_id, line_no, values in (
            ("SO-1", "1", {"shipped_qty": 10_000}),
            ("SO-10", "1", {"cancelled_qty": 1_000}),
        ):
            is_it = (line.c.order_id == order_id) & (line.c.line_no == line_no)
            connection.execute(update(line).where(is_it).values(**values))
        connection.execute(update(stock).values(stock_qty=0))
        connection.execute(insert(stock).values(sku="HOSE", location_id="MAIN", stock_qty=50_000))
        connection.execute(update(po_line).where(po_line.c.line_no == "2").values(received_qty=50_000))
        connection.execute(update(po_line).where(po_line.c.line_no == "1").values(due_date=came))
        connection.execute(insert(line).values(_new_line()))
        raise_revision(connection)


def _new_line() -> dict[str, object]:
    return {
        "order_id": "SO-11",
        "line_no": "1",
        "customer_id": "C-2",
        "sku": "PUMP",
        "ordered_date": date(2026, 3, 12),
        "first_promise_date": PROMISE,
        "promise_date": PROMISE,
        "ordered_qty": 2_000,
        "unit_price": 100_000,
    }
