"""How long the server takes to open the weekly review: a real one, over a store of weekly snapshots.

Everybody has worked with the present data before: the other pages were opened. Then the review is opened by its menu
entry, which compares with the last week, and by a link that compares with the first day that was kept. It is opened
with its button, which has the state of today kept by a process beside the server, and each point of its agenda is gone
to while that process is at work. Timed is from asking for the page until the server says that its script is finished.
"""

from __future__ import annotations

import asyncio
from datetime import date

from benchmarks.users import Found, server, session_of
from dashboard.settings import MOST_WEEKS

PAGES = (
    "overview", "open_backorders", "aging", "restock_dates", "customers", "suppliers", "promises", "history", "data",
)  # fmt: skip
POINTS = ("the week", "the bridge", "the trend", "decisions due", "to decide", "close")
LAST_WEEK, FIRST_DAY = "review", "review, compared with the first day"
"""What is timed where the review is opened: compared with the last week, and with the first day that was kept."""


def time_reviews(database_url: str, today: date, first: date) -> dict[str, float]:
    """What each step of a review took [seconds]. first: the day kept first. Raises RuntimeError where a page failed."""
    with server(database_url, today=today.isoformat(), snapshot_weeks=f"{MOST_WEEKS}") as port:
        return asyncio.run(_hold(port, f"from={first}"))


async def _hold(port: int, first: str) -> dict[str, float]:
    """first: how the address says that the review compares with the first day."""
    found, took = Found(), {}
    async with session_of(port, found) as session:
        for page in PAGES:
            await session.open(page)
        for what, query in ((LAST_WEEK, "point=1"), (FIRST_DAY, f"point=1&{first}")):
            took[what] = await session.open("review", query)
            took[f"{what}, again"] = await session.open("review", query)
        await session.open("review", "point=1")
        took["the button that opens it"] = await session.click("open-review", "point=1")
        for number, point in enumerate(POINTS, start=1):
            took[point] = await session.open("review", f"point={number}")
    if found.errors:
        raise RuntimeError("; ".join(found.errors))
    return took
