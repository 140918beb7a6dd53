"""Work beside the server: real processes of the program itself."""

from __future__ import annotations

import gc
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dashboard import jobs, people
from dashboard.messages import STORE_AWAY
from data_access.complaints import address
from data_access.engine import connect, open_store

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
    assert "in the setting BACKORDERS_DATABASE_URL" in job.why_not
    jobs.forget(JOB)
    assert jobs.of(JOB) is None


@contextmanager
def failed(words: str, status: int) -> Iterator[jobs.Job]:
    """A job that said this and ended so."""
    with tempfile.TemporaryFile() as told:
        told.write(words.encode())
        process = subprocess.Popen([sys.executable, "-c", f"raise SystemExit({status})"])
        process.wait(20)
        yield jobs.Job("snapshot", process, told)


LOG_LINE = json.dumps({"event": "snapshot", "user": "ada", "outcome": "store"})
BROKEN = f"""{LOG_LINE}
Traceback (most recent call last):
  File "/srv/dashboard/report.py", line 12, in make
    raise ValueError(name)
ValueError: Brightwater Retail owes 4711
"""


@pytest.mark.parametrize("status", [1, 2])
def test_a_refusal_is_told_by_its_last_sentence_and_no_line_of_the_log(status: int) -> None:
    told = f"{LOG_LINE}\n2026-03-09 was not kept. Name another day.\n{LOG_LINE}\n"
    with failed(told, status) as job:
        assert job.why_not == "2026-03-09 was not kept. Name another day."


def test_a_refusal_does_not_tell_where_the_store_is(database_url: str) -> None:
    where = address(connect(database_url))
    with failed(f"Somebody else is writing to the store at {where}. Try again in a moment.\n", 1) as job:
        assert job.why_not == "Somebody else is writing to the store. Try again in a moment."


@pytest.fixture(params=["postgresql+psycopg://ada:secret@127.0.0.1:1/orders", "sqlite:///taken/store.db"])
def without_store(request: pytest.FixtureRequest, settings: pytest.MonkeyPatch, tmp_path: Path) -> jobs.Job:
    """A job that ended since its store does not answer: no server is there, or no folder."""
    (tmp_path / "taken").touch()
    settings.setenv("BACKORDERS_DATABASE_URL", request.param)
    job = jobs.start(JOB, ["demo"], os.environ)
    assert job.process.wait(20) == 1, job.words()
    return job


def test_where_people_sign_in_the_log_alone_tells_why_the_store_is_away(
    without_store: jobs.Job, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(people, "has_sign_in", lambda: True)
    with caplog.at_level(logging.WARNING, "backorders"):
        assert [without_store.why_not, without_store.why_not] == [STORE_AWAY] * 2
    [record] = caplog.records
    facts = record.facts  # type: ignore[attr-defined]
    assert (facts["event"], facts["job"], facts["outcome"]) == ("error", "demo", "store")
    assert re.search(r"port 1 failed|The folder taken .* cannot be made \(File exists\)", facts["reason"])
    assert "secret" not in str(facts)


def test_on_ones_own_machine_the_sentence_of_a_store_that_is_away_says_why(
    without_store: jobs.Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "has_sign_in", lambda: False)
    assert re.match(
        r"The store does not answer \(connection failed: .* port 1 failed|The folder taken .* \(File exists\)",
        without_store.why_not,
    )


@pytest.mark.parametrize(("words", "status"), [(BROKEN, 1), ("Killed", 137), (LOG_LINE, 1), ("", 2)])
def test_what_is_no_sentence_is_shown_to_nobody_and_told_to_the_log_once_without_values(
    words: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    with failed(words, status) as job, caplog.at_level(logging.ERROR, "backorders"):
        assert [job.why_not, job.why_not] == [jobs._CALM] * 2
    [record] = caplog.records
    way = ['File "/srv/dashboard/report.py", line 12, in make'] if words == BROKEN else []
    facts = record.facts  # type: ignore[attr-defined]
    assert {name: facts[name] for name in ("event", "job", "status", "way")} == {
        "event": "error", "job": "snapshot", "status": status, "way": way
    }  # fmt: skip
    assert "Brightwater" not in str(facts)


class Owner:
    """Who holds a job, and may be found by the collector anywhere."""


def test_a_collector_in_the_thread_that_holds_the_lock_waits_for_nothing(database_url: str) -> None:
    folder = jobs.folder_for(JOB)
    jobs.start(JOB, ["check"], os.environ | {"BACKORDERS_DATABASE_URL": database_url})
    owner = Owner()
    owner.itself = owner  # type: ignore[attr-defined]
    weakref.finalize(owner, jobs.leave, JOB)
    del owner

    def collect() -> None:
        with jobs._lock:
            gc.collect()

    thread = threading.Thread(target=collect, daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    assert folder.is_dir()
    assert jobs.of(JOB) is None
    assert not folder.exists()


def test_a_folder_goes_with_the_program_at_the_latest() -> None:
    program = "from dashboard import jobs; print(jobs.folder_for('a'))"
    command, surroundings = [sys.executable, "-c", program], jobs._found(os.environ)
    told = subprocess.run(command, env=surroundings, check=True, capture_output=True, text=True).stdout
    assert told.startswith("/")
    assert not Path(told.strip()).exists()
