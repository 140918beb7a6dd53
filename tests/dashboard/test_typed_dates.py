"""Days as a browser writes them into a table of dates."""

from __future__ import annotations

from datetime import date

import pytest

from dashboard import typed_dates


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-04-01", date(2026, 4, 1)),
        ("2026-04-01T00:00:00.000Z", date(2026, 4, 1)),
        ("+012026-01-01", None),
        ("+012026-01-01T00:00:00.000Z", None),
        ("0000-01-01", None),
        ("", None),
        (None, None),
    ],
)
def test_a_day_that_no_calendar_here_has_is_an_empty_cell(written: str | None, day: date | None) -> None:
    assert typed_dates._day(written) == day
