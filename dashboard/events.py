"""What happens, told to those who run the dashboard: lines of the log, and the counts behind /metrics.

Never customers' data and never a secret: of a file the table and the number of rows, of an error its kind and the lines
of code that it went through, not its words, which may quote either. Knows no screen.
"""

from __future__ import annotations

import functools
import json
import logging
import math
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, ParamSpec, TextIO, TypeVar

from dashboard import metrics, settings
from dashboard.domain.errors import (
    BackordersError,
    ConflictError,
    NotAllowedError,
    SettingsError,
    StaleError,
    StoreError,
    StoreUnreachableError,
)
from dashboard.domain.texts import printable
from dashboard.domain.version import Version
from data_access.imports import ImportResult
from data_access.moving import Saved

OK, REFUSED, CONFLICT, NOT_ALLOWED, STORE, FAILED = OUTCOMES = (
    "ok",
    "refused",
    "conflict",
    "not allowed",
    "store",
    "failed",
)
"""How a page, a save or an import ended: done; refused by a rule; overtaken by somebody; by whom it may not be done;
the store did not take part; an error of the program."""

_KINDS: tuple[tuple[str, tuple[type[Exception], ...]], ...] = (
    (CONFLICT, (ConflictError, StaleError)),
    (NOT_ALLOWED, (NotAllowedError,)),
    (STORE, (StoreError,)),
    (REFUSED, (BackordersError,)),
)
_LONGEST_WORDS = 300
_OF_OTHERS = ("streamlit", "uvicorn", "websockets")
"""Libraries that write to the log by handlers of their own."""
_TOLD = "is_told_in_the_log"

_log = logging.getLogger("backorders")
_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass
class Happening:
    """A page, a save or an import under way: whose, what is told of it, and how it ended."""

    user: str = ""
    outcome: str = OK
    facts: dict[str, Any] = field(default_factory=dict)
    reads: dict[str, float] = field(default_factory=dict)
    """Cached reads that had to be made, and how long each took without those that it made in turn [ms]."""

    def saved(self, saved: Saved) -> None:
        """What a save wrote."""
        self.facts |= {"rows": saved.moved, "revision": saved.data_revision}

    def imported(self, results: Sequence[ImportResult]) -> None:
        """What an import wrote, of all its tables."""
        self.outcome = REFUSED if any(result.is_refused for result in results) else OK
        written = [result for result in results if result.was_written]
        self.facts |= {
            "tables": [result.table for result in results],
            "new_rows": sum(result.new_rows for result in written),
            "changed_rows": sum(result.changed_rows for result in written),
            "refused_rows": sum(result.refused_rows for result in results),
            "revision": max((result.data_revision for result in results), default=None),
        }

    def demo(self, rows: Mapping[str, int]) -> None:
        """What the demo company wrote: rows by table."""
        self.facts |= {"tables": list(rows), "new_rows": sum(rows.values())}


_page: ContextVar[Happening | None] = ContextVar("_page", default=None)
_inner: ContextVar[list[float] | None] = ContextVar("_inner", default=None)


def set_up() -> None:
    """Write the log to standard error, one line per event where the setting says so; else warnings and errors alone.

    Called again, it takes in the libraries that were loaded since. Raises SettingsError.
    """
    is_json = settings.log() == "json"
    handler = _Handler()
    handler.setFormatter(_AsJson() if is_json else _AsText())
    root = logging.getLogger()
    root.handlers = [each for each in root.handlers if not isinstance(each, _Handler)] + [handler]
    _log.setLevel(logging.INFO if is_json else logging.WARNING)
    for name, logger in logging.root.manager.loggerDict.items():
        if isinstance(logger, logging.Logger) and name.partition(".")[0] in _OF_OTHERS:
            logger.handlers, logger.propagate = [], True


def meet_the_rest() -> None:
    """Have warnings, and errors that nothing in the program met, told in the log too: their words stay out of it."""
    logging.captureWarnings(True)
    sys.excepthook, threading.excepthook = _uncaught, lambda failed: _uncaught(*failed[:3])


@contextmanager
def page_run() -> Iterator[None]:
    """One run of the entry script, told when it is over: a warning where it took longer than the setting slow_ms.

    With the cached reads that had to be made for it, none where all figures were at hand.
    """
    run, start = Happening(), time.perf_counter()
    token = _page.set(run)
    try:
        yield
    finally:
        _page.reset(token)
        took = time.perf_counter() - start
        metrics.PAGES.labels(run.facts.get("page", "")).observe(took)
        is_slow = took * 1000 >= _slow_ms()
        reads = {name: round(ms) for name, ms in run.reads.items()}
        _tell("page", run, took, logging.WARNING if is_slow else logging.INFO, reads_ms=reads)


def on_page(page: str) -> None:
    """The page that this run draws."""
    if (run := _page.get()) is not None:
        run.facts["page"] = page


def by(user: str) -> None:
    """For whom this run draws it."""
    if (run := _page.get()) is not None:
        run.user = user


def at_version(version: Version) -> Version:
    """The version of the data that this run shows, as it came."""
    if (run := _page.get()) is not None:
        run.facts["revision"] = version.data_revision
    return version


@contextmanager
def doing(what: str, user: str = "", *, is_told: bool = True) -> Iterator[Happening]:
    """A write, told when it is over, also where it was refused; one that is only tried is not.

    user: who does it; the person of the page under way where none is named.
    """
    run = _page.get()
    where = {"page": run.facts["page"]} if run and "page" in run.facts else {}
    happening, start = Happening(user or (run.user if run else ""), facts=where), time.perf_counter()
    try:
        yield happening
    except Exception as error:
        happening.outcome = outcome_of(error)
        if isinstance(error, StoreUnreachableError):
            happening.facts["reason"] = str(error)
        raise
    finally:
        if is_told:
            metrics.WRITES[what].labels(happening.outcome).inc()
            level = logging.WARNING if happening.outcome in (STORE, FAILED) else logging.INFO
            _tell(what, happening, time.perf_counter() - start, level)


def signed_in(user: str) -> None:
    """Somebody came in by the sign-in."""
    _log.info("sign-in", extra={"facts": {"event": "sign-in", "user": user}})


def stopped(error: Exception, **more: object) -> None:
    """What kept a page or a file from being made; an error of the program with the lines of code that it went through.

    It is told here alone: not once more by whatever library meets it afterwards.

    more: what else is known of it, which must hold no data.
    """
    run = _page.get() or Happening()
    run.outcome = outcome_of(error)
    metrics.STOPPED.labels(run.outcome).inc()
    is_ours = run.outcome == FAILED
    facts = {"event": "error", "user": run.user, **run.facts, "outcome": run.outcome, "kind": type(error).__qualname__}
    if isinstance(error, StoreUnreachableError):
        facts["reason"] = str(error)
    facts |= more
    _log.log(logging.ERROR if is_ours else logging.WARNING, "error", exc_info=error if is_ours else None,
             extra={"facts": facts})  # fmt: skip
    vars(error)[_TOLD] = True


def outcome_of(error: Exception) -> str:
    """How what raised this error ended."""
    return next((outcome for outcome, kinds in _KINDS if isinstance(error, kinds)), FAILED)


def timed(read: Callable[_P, _R], what: str = "") -> Callable[_P, _R]:
    """Note for the page under way how long this took, less what other reads took within it; by its name, or as what."""
    name = what or read.__name__.strip("_")

    @functools.wraps(read)
    def noted(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        outer, inner, start = _inner.get(), [0.0], time.perf_counter()
        token = _inner.set(inner)
        try:
            return read(*args, **kwargs)
        finally:
            _inner.reset(token)
            took = time.perf_counter() - start
            if outer is not None:
                outer[0] += took
            if (run := _page.get()) is not None:
                run.reads[name] = run.reads.get(name, 0.0) + (took - inner[0]) * 1000

    return noted


def _uncaught(kind: type[BaseException], error: BaseException | None, way: TracebackType | None) -> None:
    """The end of the program, or of one of its threads, by an error that nobody met; an interruption is none."""
    if issubclass(kind, Exception):
        outcome = {"event": "error", "user": "", "outcome": FAILED, "kind": kind.__qualname__}
        _log.error("error", exc_info=error, extra={"facts": outcome})
    else:
        sys.__excepthook__(kind, error or kind(), way)


def _slow_ms() -> float:
    """The setting; where it cannot be used any more, which the page has said by then, no page is slow."""
    try:
        return settings.slow_ms()
    except SettingsError:
        return math.inf


def _tell(event: str, happening: Happening, seconds: float, level: int, **more: Any) -> None:
    facts = {"event": event, "user": happening.user, **happening.facts, "outcome": happening.outcome}
    _log.log(level, event, extra={"facts": facts | {"duration_ms": round(seconds * 1000)} | more})


class _Handler(logging.StreamHandler[TextIO]):
    """Writes to what standard error is at the moment."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)
        self.addFilter(lambda record: not _is_told(record))

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


class _AsJson(logging.Formatter):
    """One line of JSON per record: time, event, and what is known of it."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps({"time": _time(record)} | _facts(record), ensure_ascii=False, default=str)


class _AsText(logging.Formatter):
    """One line per record for a reader; the lines of code of an error below it."""

    def format(self, record: logging.LogRecord) -> str:
        facts = _facts(record)
        event, way = facts.pop("event"), facts.pop("traceback", "")
        told = printable(" ".join(f"{name}={value}" for name, value in facts.items()))
        return f"{_time(record)} {event}: {told}" + "".join(f"\n{printable(line)}" for line in way.splitlines())


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    """What a record tells; one of another library its first line alone, cut short."""
    facts: dict[str, Any] | None = getattr(record, "facts", None)
    if facts is None:
        words = next(iter(record.getMessage().splitlines()), "")[:_LONGEST_WORDS]
        facts = {"event": "log", "level": record.levelname.lower(), "logger": record.name, "message": words}
    error = record.exc_info[1] if record.exc_info else None
    return facts | ({"traceback": _way(error)} if error else {})


def _is_told(record: logging.LogRecord) -> bool:
    """Whether another library tells of an error that was told here before, or of one that was raised from it.

    Not of one that merely came up while the told one was being met: that is an error of its own.
    """
    error = record.exc_info[1] if record.exc_info and not hasattr(record, "facts") else None
    while error is not None and _TOLD not in vars(error):
        error = error.__cause__
    return error is not None


def _before(error: BaseException) -> BaseException | None:
    """What led to an error."""
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _way(error: BaseException) -> str:
    """The lines of code that an error went through and its kind, the first cause first; not its words."""
    before = _before(error)
    first = f"{_way(before)}\nthen:\n" if before is not None else ""
    return (
        f"{first}{''.join(traceback.format_tb(error.__traceback__))}{type(error).__module__}.{type(error).__qualname__}"
    )
