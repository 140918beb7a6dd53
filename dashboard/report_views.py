"""The report as a download: made by a process beside the server, which nobody waits for, and then offered.

What is made lies in a folder that only this server's user may read, until it was read here; the folder goes with the
session at the latest.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import weakref
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import streamlit as st

from dashboard import deciding, events, jobs, people, settings
from dashboard.domain.errors import BackordersError
from dashboard.downloads import made_for, say_below
from dashboard.files import MIME_TYPES
from dashboard.messages import count, in_words, plain, say_after_rerun
from dashboard.reviewing import Pair

FORMATS = {"pdf": "PDF", "xlsx": "XLSX", "html": "HTML"}
_MIME_TYPES = {**MIME_TYPES, "pdf": "application/pdf", "html": "text/html"}
_LOOK_EVERY = 1
"""How often is looked whether it is made [seconds]."""
_MOST_AT_ONCE = 2
"""So many reports are made at a time, whoever asked for them; others wait for their turn."""
_NICE = 5
"""How far the making stands back behind what people wait for, as Unix counts it."""
_ASKED, _MADE, _WHY_NOT = "report-asked", "report-made", "report-refused"
_at_work: set[str] = set()
_lock = threading.Lock()
Of = tuple[object, ...]
"""What tells the data of a report from those of any other."""

HOW = (
    "Two to four pages for who was not there: what changed, the bridge, re-dated lines, ages, customers at risk, "
    "suppliers, decisions. The figures are those of the pages, of the two days that are compared here. XLSX holds the "
    "tables whole, with the lines behind each step. It takes two clicks: the first makes the report beside the server, "
    "the second downloads it."
)


@dataclass(eq=False)
class Asked:
    """A report that is being made, or waits for its turn: of which days, as what, and where it will lie."""

    opening_day: date
    closing_day: date | None
    file_format: str
    of: Of = ()
    at: str = ""
    name: str = field(default_factory=lambda: f"report {secrets.token_hex(8)}")
    folder: Path = field(init=False)

    def __post_init__(self) -> None:
        """Whatever becomes of the session, nothing of it stays behind."""
        self.folder = jobs.folder_for(self.name)
        weakref.finalize(self, jobs.leave, self.name)

    @property
    def path(self) -> Path:
        """The file to be."""
        return self.folder / f"report.{self.file_format}"


@dataclass(frozen=True)
class Made:
    """A report as it is offered: of which days and data, and when it was asked for [the company's time]."""

    days: tuple[date, date | None]
    of: Of
    at: str
    file_format: str
    file_name: str
    mime: str
    content: bytes


def offer_report(pair: Pair) -> None:
    """The report between the two days of a review, the latter as it is shown: made on a click, then offered."""
    people.require("viewer")
    with st.container(horizontal=True, vertical_alignment="center", key="report"):
        if st.session_state.get(_ASKED) is not None:
            st.fragment(_watch, run_every=_LOOK_EVERY)()
            return
        st.markdown("**On paper**", help=HOW, width="content")
        for file_format, name in FORMATS.items():
            st.button(
                name, key=f"report-{file_format}", on_click=_ask, args=(*_days(pair), file_format, _of(pair)),
                help=f"Make the report as {name}; then download it here.",
            )  # fmt: skip
        _offer_made(pair)
    if why := st.session_state.get(_WHY_NOT):
        st.warning(why)


def _days(pair: Pair) -> tuple[date, date | None]:
    """The days as the command takes them: no closing is the present."""
    return pair.opening_day, None if pair.closing_kept is None else pair.closing_day


def _of(pair: Pair) -> Of:
    """What the report of this pair is made of: the kept days; of the present, decisions beside what figures show."""
    return pair.key if pair.closing_kept is not None else (*pair.key, deciding.mark())


def _ask(opening_day: date, closing_day: date | None, file_format: str, of: Of) -> None:
    try:
        people.require("viewer")
    except BackordersError as error:  # no page is under way that would say it
        events.stopped(error)
        say_after_rerun(plain(in_words(error, tells_where=not people.has_sign_in())))
        return
    for name in (_MADE, _WHY_NOT):
        st.session_state.pop(name, None)
    at = f"{datetime.now(settings.time_zone()):%H:%M}"
    st.session_state[_ASKED] = Asked(opening_day, closing_day, file_format, of, at)


def _offer_made(pair: Pair) -> None:
    """The file of these days, if it was made: for whoever may still see it when it is taken."""
    made: Made | None = st.session_state.get(_MADE)
    if made is None or made.days != _days(pair):
        return
    person, is_present = people.require("viewer"), made.of == _of(pair)
    say_below(
        lambda asking: st.download_button(
            f"Download {made.file_name}", data=lambda: asking.make(lambda: _taken(person, made)),
            file_name=made.file_name, mime=made.mime,
            key="report-download", type="primary" if is_present else "secondary", width="content",
        ),
    )  # fmt: skip
    if not is_present:
        st.caption(f"Made at {made.at}; the data changed since.", width="content")
        st.button(
            "Make it anew", key="report-anew", type="primary", on_click=_ask,
            args=(*made.days, made.file_format, _of(pair)), help="Then download it here.",
        )  # fmt: skip


def _taken(person: people.Person, made: Made) -> bytes:
    return made_for(person, "report", lambda: made.content)


def _watch() -> None:
    """How far it is; runs alone, without the page, until it is made or refused."""
    try:
        people.require("viewer")
        _show_how_far()
    except BackordersError as error:  # the page that would say it is not under way
        st.warning(plain(in_words(error, tells_where=not people.has_sign_in())))


def _show_how_far() -> None:
    asked: Asked | None = st.session_state.get(_ASKED)
    if asked is None:
        return
    job = jobs.of(asked.name) or _start(asked)
    if job is None:
        st.caption("The report waits until another one is made.")
        return
    if job.is_running:
        st.caption(f"Making the report, {count(job.seconds, 'second')} ...")
        return
    del st.session_state[_ASKED]
    if job.has_failed or not asked.path.is_file():
        st.session_state[_WHY_NOT] = f"There is no report: {plain(job.why_not)}"
    else:
        st.session_state[_MADE] = _read(asked)
    jobs.end(asked.name)
    st.rerun()


def _start(asked: Asked) -> jobs.Job | None:
    """Let its process begin, with the settings of this server; None while too many are at work."""
    with _lock:
        _at_work.intersection_update([name for name in _at_work if (job := jobs.of(name)) and job.is_running])
        if len(_at_work) >= _MOST_AT_ONCE:
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
        asked.of,
        asked.at,
        asked.file_format,
        f"review-{closing:%Y-%m-%d}.{asked.file_format}",
        _MIME_TYPES[asked.file_format],
        asked.path.read_bytes(),
    )
