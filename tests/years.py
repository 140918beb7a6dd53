"""A year of the demo company, four weeks at a time, for tests of what compares one day with another.

    for before, after in pairwise(days_of_a_year(engine)):
        bridge(before.state, after.state, after.left)

The engine is that of an empty SQLite store. The company's own prices stay; here those of some lines change each time.
A year takes some seconds, so ask for it once for all tests of a module. Week by week where BACKORDERS_TEST_LONG is set.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd
from sqlalchemy import Connection, Engine, select, tuple_, update

from dashboard.domain.allocation import DEFAULT_RULE
from dashboard.domain.bridge import State, state_of
from dashboard.domain.exact import to_money, to_units
from dashboard.domain.plan import make_plan
from data_access.book import book_within
from data_access.demo.company import draw_company
from data_access.demo.past import live_through
from data_access.engine import reading, writing
from data_access.ledger import ledger_within
from data_access.schema import cancelled_in_all, order_lines
from tests.conftest import TODAY
from tests.random_cases import IS_LONG

WEEKS = 52
WEEKS_AT_A_TIME = 1 if IS_LONG else 4
_ONE_IN = 7
_QUANTITIES = ["ordered_qty", "shipped_qty", "cancelled_qty", "open_qty"]
_Key = tuple[str, str]


@dataclass(frozen=True)
class Day:
    """The state of a Monday.

    left: the order lines that were open on the Monday told before and are not now, as snapshots.left_between gives
    them. moves: Ledger.moves up to that Monday.
    """

    state: State
    left: pd.DataFrame
    moves: pd.DataFrame


def days_of_a_year(engine: Engine) -> Iterator[Day]:
    """Mondays of a year that ends on TODAY, oldest first."""
    company = draw_company(TODAY)
    days = [TODAY - timedelta(weeks=week) for week in range(WEEKS, -1, -WEEKS_AT_A_TIME)]
    before: set[_Key] = set()
    for number, day in enumerate(live_through(engine, company, days)):
        _raise_some_prices(engine, number)
        with reading(engine) as connection:
            state = state_of(make_plan(book_within(connection, day), DEFAULT_RULE))
            now = set(zip(state.lines["order_id"], state.lines["line_no"], strict=True))
            yield Day(state, _left(connection, sorted(before - now)), ledger_within(connection).moves)
        before = now


def _raise_some_prices(engine: Engine, number: int) -> None:
    """By a twentieth, of one order line in seven, other ones each time."""
    line = order_lines.c
    is_chosen = line.ordered_qty // 1_000 % _ONE_IN == number % _ONE_IN
    with writing(engine) as connection:
        connection.execute(update(order_lines).where(is_chosen).values(unit_price=line.unit_price * 21 // 20))


def _left(connection: Connection, keys: list[_Key]) -> pd.DataFrame:
    line = order_lines.c
    quantities = (line.ordered_qty, line.shipped_qty, cancelled_in_all(order_lines), line.open_qty)
    wanted = select(line.order_id, line.line_no, *quantities, line.unit_price)
    rows = connection.execute(wanted.where(tuple_(line.order_id, line.line_no).in_(keys))).fetchall()
    frame = pd.DataFrame(rows, columns=["order_id", "line_no", *_QUANTITIES, "unit_price"])
    return frame.astype({"order_id": "str", "line_no": "str"}).assign(
        **{name: to_units(frame[name].to_list()) for name in _QUANTITIES},
        unit_price=to_money(frame["unit_price"].to_list()),
    )
