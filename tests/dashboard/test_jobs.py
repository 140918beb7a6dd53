"""Work beside the server: real processes of the program itself."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from dashboard import jobs
from data_access.engine import open_store

JOB = "a job of the tests"


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    yield
    if (job := jobs.of(JOB)) is not None:
        job.process.wait(20)
        jobs.forget(JOB)


def test_a_job_runs_beside_the_server_and_tells_how_it_ended(database_url: str) -> None:
    open_store(database_url)
    surroundings = os.environ | {"BACKORDERS_DATABASE_URL": database_url}
    job = jobs.start(JOB, ["check"], surroundings)
    assert jobs.start(JOB, ["check"], surroundings) is job  # whoever asks meanwhile joins the one at work
    assert job.process.wait(20) == 0, job.words()
    assert not job.is_running
    assert not job.has_failed
    assert "there is nothing to check" in job.words()


def test_a_job_that_failed_says_why() -> None:
    job = jobs.start(JOB, ["check"], os.environ | {"BACKORDERS_DATABASE_URL": "nonsense"})
    assert job.process.wait(20) != 0
    assert job.has_failed
    assert "BACKORDERS_DATABASE_URL" in job.words()
    jobs.forget(JOB)
    assert jobs.of(JOB) is None
