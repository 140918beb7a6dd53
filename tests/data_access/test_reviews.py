"""Reviews against a real store: one per day, opened and closed once."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import Engine

from dashboard.domain.errors import RefusedChangeError
from data_access.engine import data_revision, reading
from data_access.reviews import Review, close_review, open_review, reviews

TODAY, BEFORE = date(2026, 3, 16), date(2026, 3, 9)
AT, LATER = datetime(2026, 3, 16, 9, 0), datetime(2026, 3, 16, 10, 0)


def revision(engine: Engine) -> int:
    with reading(engine) as connection:
        return data_revision(connection)


def test_a_review_is_opened_with_the_day_that_it_is_compared_with(engine: Engine) -> None:
    opened = open_review(engine, TODAY, BEFORE, by="ada", at=AT)
    assert opened == Review(opened.review_id, TODAY, BEFORE, "ada", AT)
    assert not opened.is_closed
    assert (reviews(engine), revision(engine)) == ([opened], 1)


def test_there_is_one_review_a_day_and_opening_it_again_returns_it(engine: Engine) -> None:
    opened = open_review(engine, TODAY, BEFORE, by="ada", at=AT)
    assert open_review(engine, TODAY, None, by="bo", at=LATER) == opened
    assert (reviews(engine), revision(engine)) == ([opened], 1)


def test_a_review_is_closed_once(engine: Engine) -> None:
    opened = open_review(engine, TODAY, None, by="ada", at=AT)
    for by in ("bo", "cy"):
        close_review(engine, opened.review_id, by=by, at=LATER)
    closed = Review(opened.review_id, TODAY, None, "ada", AT, "bo", LATER)
    assert closed.is_closed
    assert (reviews(engine), revision(engine)) == ([closed], 2)


def test_a_review_that_there_is_not_cannot_be_closed(engine: Engine) -> None:
    with pytest.raises(RefusedChangeError, match="no review 7"):
        close_review(engine, 7, by="ada", at=AT)
    assert (reviews(engine), revision(engine)) == ([], 0)


def test_reviews_come_oldest_first(engine: Engine) -> None:
    later, earlier = (open_review(engine, day, None, by="ada", at=AT) for day in (TODAY, BEFORE))
    assert reviews(engine) == [earlier, later]
