"""Reviews in the store: one per day, opened and closed by whom and when, and compared with which day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine


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


def open_review(engine: Engine, today: date, compared: date | None, *, by: str, at: datetime) -> Review:
    """Open the review of a day, and return it; the one that was opened on that day already stays as it is."""
    raise NotImplementedError


def close_review(engine: Engine, review_id: int, *, by: str, at: datetime) -> None:
    """Close a review; one that is closed already stays closed by whom it was. Raises RefusedChangeError for none."""
    raise NotImplementedError


def reviews(engine: Engine) -> list[Review]:
    """Every review, oldest first."""
    raise NotImplementedError


def last_review_before(engine: Engine, day: date) -> Review | None:
    """The latest review of a day before that one; None where there was none."""
    raise NotImplementedError
