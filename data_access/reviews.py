"""Reviews in the store: one per day, opened and closed by whom and when, and compared with which day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, insert, select, update

from dashboard.domain.errors import RefusedChangeError
from data_access.engine import Check, raise_revision, reading, writing
from data_access.imports.log import utc
from data_access.schema import reviews as table


@dataclass(frozen=True)
class Review:
    """A review: of which day, compared with the snapshot of which day (None: none), opened and closed [UTC]."""

    review_id: int
    review_date: date
    compared_date: date | None
    opened_by: str
    opened_at: datetime
    closed_by: str = ""
    closed_at: datetime | None = None

    @property
    def is_closed(self) -> bool:
        """Whether it is over."""
        return self.closed_at is not None


def open_review(
    engine: Engine, today: date, compared: date | None, *, by: str, at: datetime, check: Check | None = None
) -> Review:
    """Open the review of a day, and return it; the one that was opened on that day already stays as it is."""
    of_day = select(table).where(table.c.review_date == today)
    with writing(engine, check) as connection:
        held = _first(connection, of_day)
        if held is not None:
            return held
        opened = insert(table).values(review_date=today, compared_date=compared, opened_by=by, opened_at=utc(at))
        connection.execute(opened)
        raise_revision(connection, is_told=True)
        return Review(**connection.execute(of_day).one()._mapping)


def close_review(engine: Engine, review_id: int, *, by: str, at: datetime, check: Check | None = None) -> None:
    """Close a review; one that is closed already stays closed by whom it was. Raises RefusedChangeError for none."""
    with writing(engine, check) as connection:
        held = _first(connection, select(table).where(table.c.review_id == review_id))
        if held is None:
            raise RefusedChangeError(f"There is no review {review_id}. Reload the page.")
        if not held.is_closed:
            closed = update(table).where(table.c.review_id == review_id).values(closed_by=by, closed_at=utc(at))
            connection.execute(closed)
            raise_revision(connection, is_told=True)


def reviews(engine: Engine) -> list[Review]:
    """Every review, oldest first."""
    with reading(engine) as connection:
        return [Review(**row._mapping) for row in connection.execute(select(table).order_by(table.c.review_date))]


def _first(connection: Connection, wanted: Select[Any]) -> Review | None:
    row = connection.execute(wanted).first()
    return None if row is None else Review(**row._mapping)
