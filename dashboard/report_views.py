"""The report as a download: made by a process beside the server, which nobody waits for, and then offered.

What is made lies in a folder that only this server's user may read, until it was read here; the folder goes with the
session at the latest.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
import threading
import weakref
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import streamlit as st

from dashboard import events, jobs, people, settings
from dashboard.files import MIME_TYPES
from dashboard.messages import count, plain

FORMATS = {"pdf": "PDF", "xlsx": "XLSX", "html": "HTML"}
_MIME_TYPES = {**MIME_TYPES, "pdf": "application/pdf", "html": "text/html"}
_LOOK_EVERY = 1
"""How often is looked whether it is made [seconds]."""
_MOST_AT_ONCE = 2
"""So many reports are made at a time, whoever asked for them; others wait for their turn."""
_NICE = 5
"""How far the making stands back behind what people wait for, as Unix counts it."""
_ASKED, _MADE, _WHY_NOT = "report-asked", "report-made", "report-refused"
_REFUSED = (1, 2)
"""How the command ends where it says why in a sentence."""
_at_work: set[str] = set()
_lock = threading.Lock()

HOW = (
    "Two to four pages for who was not there: what changed, the bridge, re-dated lines, ages, customers at risk, "
    "suppliers, decisions. The figures are those of the pages, of the two days that are compared here. XLSX holds the "
    "tables whole, with the lines behind each step."
)


@dataclass(eq=False)
class Asked:
    """A report that is being made, or waits for its turn: of which days, as what, and where it will lie."""

    opening_day: date
    closing_day: date | None
    file_format: str
    name: str = field(default_factory=lambda: f"report {secrets.token_hex(8)}")
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="report-")))

    def __post_init__(self) -> None:
        """Whatever becomes of the session, nothing of it stays behind."""
        weakref.finalize(self, _let_go, self.name, self.folder)

    @property
    def path(self) -> Path:
        """The file to be."""
        return self.folder / f"report.{self.file_format}"


@dataclass(frozen=True)
class Made:
    """A report as it is offered, and of which days."""

    days: tuple[date, date | None]
    file_name: str
    mime: str
    content: bytes


def offer_report(opening_day: date, closing_day: date | None) -> None:
    """The report between a day that was kept and a later one (None: now), made on a click, then offered."""
    people.require("viewer")
    with st.container(horizontal=True, vertical_alignment="center", key="report"):
        asked = st.session_state.get(_ASKED)
        if asked is not None:
            st.fragment(_watch, run_every=_LOOK_EVERY)()
            return
        st.markdown("**On paper**", help=HOW, width="content")
        for file_format, name in FORMATS.items():
            st.button(
                name, key=f"report-{file_format}", on_click=_ask, args=(opening_day, closing_day, file_format),
                help=f"Make the report as {name}.",
            )  # fmt: skip
        _offer_made(opening_day, closing_day)
    if why := st.session_state.get(_WHY_NOT):
        st.warning(why)


def _ask(opening_day: date, closing_day: date | None, file_format: str) -> None:
    people.require("viewer")
    for name in (_MADE, _WHY_NOT):
        st.session_state.pop(name, None)
    st.session_state[_ASKED] = Asked(opening_day, closing_day, file_format)


def _offer_made(opening_day: date, closing_day: date | None) -> None:
    """The file of these days, if it was made: for whoever may still see it when it is taken."""
    made = st.session_state.get(_MADE)
    if made is None or made.days != (opening_day, closing_day):
        return
    person = people.require("viewer")
    st.download_button(
        f"Download {made.file_name}", data=lambda: _taken(person, made), file_name=made.file_name, mime=made.mime,
        key="report-download", type="primary", on_click="ignore", width="content",
    )  # fmt: skip


def _taken(person: people.Person, made: Made) -> bytes:
    people.checked(people.anew(person), "viewer")
    return made.content


def _watch() -> None:
    """How far it is; runs alone, without the page, until it is made or refused."""
    asked: Asked | None = st.session_state.get(_ASKED)
    if asked is None:
        return
    people.require("viewer")
    job = jobs.of(asked.name) or _start(asked)
    if job is None:
        st.caption("The report waits until another one is made.")
        return
    if job.is_running:
        st.caption(f"Making the report, {count(job.seconds, 'second')} ...")
        return
    del st.session_state[_ASKED]
    if job.has_failed or not asked.path.is_file():
        st.session_state[_WHY_NOT] = _why_not(job)
    else:
        st.session_state[_MADE] = _read(asked)
    _let_go(asked.name, asked.folder)
    st.rerun()


def _start(asked: Asked) -> jobs.Job | None:
    """Let its process begin, with the settings of this server; None while too many are at work."""
    with _lock:
        if sum(job is not None and job.is_running for job in map(jobs.of, _at_work)) >= _MOST_AT_ONCE:
            return None
        until = [] if asked.closing_day is None else ["--to", f"{asked.closing_day}"]
        job = jobs.start(
            asked.name,
            [
                "report", "--from", f"{asked.opening_day}", *until, "--format", asked.file_format, "--out",
                str(asked.path),
            ],
            os.environ | {
                "BACKORDERS_DATABASE_URL": settings.database_url(), "BACKORDERS_TODAY": settings.today().isoformat(),
            },
        )  # fmt: skip
        _at_work.add(asked.name)
    with contextlib.suppress(OSError, AttributeError):  # not every system knows how
        os.setpriority(os.PRIO_PROCESS, job.process.pid, _NICE)
    return job


def _read(asked: Asked) -> Made:
    closing = asked.closing_day or settings.today()
    return Made(
        (asked.opening_day, asked.closing_day),
        f"review-{closing:%Y-%m-%d}.{asked.file_format}",
        _MIME_TYPES[asked.file_format],
        asked.path.read_bytes(),
    )


def _why_not(job: jobs.Job) -> str:
    """Why there is no report, in a sentence; what is no sentence goes to the log."""
    words = job.words()
    if job.process.returncode in _REFUSED and words and "Traceback" not in words:
        return f"There is no report: {plain(words)}"
    events.stopped(RuntimeError(words))
    return "The report could not be made; the reason is in the server's log."


def _let_go(name: str, folder: Path) -> None:
    """End what may still be at work, and take away what it wrote."""
    job = jobs.of(name)
    if job is not None and job.is_running:
        job.process.kill()
        job.process.wait()
    jobs.forget(name)
    _at_work.discard(name)
    shutil.rmtree(folder, ignore_errors=True)
