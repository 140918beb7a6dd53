"""What those who run the dashboard may ask of it: /healthz whether it works, /metrics how much. Knows no page."""

from __future__ import annotations

import asyncio
import ipaddress
from concurrent.futures import Future
from threading import Lock
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import runtime

from dashboard import metrics, settings
from dashboard.domain.errors import BackordersError, SettingsError, StoreUnreachableError
from dashboard.headers import PASSED_ON
from data_access.book import current_revision
from data_access.complaints import address
from data_access.engine import connect, reach_store
from data_access.patience import beside

COUNTS = ("/metrics", "/_stcore/metrics")
"""Ours, and Streamlit's own."""
ANSWER_SECONDS = 3
"""For how long the store may think about its revision."""
_ELSEWHERE = "The counts are told to this machine alone. The setting BACKORDERS_METRICS=everywhere opens them.\n"


class CountsAtHome:
    """ASGI middleware: counts are for this machine alone, unless the setting says otherwise."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or one websocket."""
        asks_counts = scope["type"] == "http" and scope["path"].rstrip("/") in COUNTS
        if asks_counts and not _is_from_here(scope) and not _is_open():
            await PlainTextResponse(_ELSEWHERE, status_code=403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _is_open() -> bool:
    """Whether the setting opens the counts to everybody; one that cannot be used opens nothing."""
    try:
        return settings.metrics() == "everywhere"
    except SettingsError:
        return False


def _is_from_here(scope: Scope) -> bool:
    """Whether somebody on this machine asks: by address, by the name asked for, and not through a proxy."""
    sent = Headers(scope=scope)
    address = (scope.get("client") or ("",))[0]
    name = urlsplit(f"//{sent.get('host', '')}").hostname or ""
    return _is_loopback(address) and _is_loopback(name) and not any(header in sent for header in PASSED_ON)


def _is_loopback(name: str) -> bool:
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


async def _healthz(request: Request) -> JSONResponse:
    """200 when the store answers, 503 when it does not; on this machine with the data revision, or the reason."""
    is_told_all = _is_from_here(request.scope)
    try:
        revision = await _revision()
    except BackordersError as error:
        reason = {"reason": str(error)} if is_told_all else {}
        return JSONResponse({"status": "unavailable"} | reason, status_code=503)
    return JSONResponse({"status": "ok"} | ({"data_revision": revision} if is_told_all else {}))


async def _metrics(_request: Request) -> Response:
    """All counts, also while the store does not answer."""
    try:
        revision: int | None = await _revision()
    except BackordersError:
        revision = None
    told = await run_in_threadpool(lambda: metrics.as_text(revision, _sessions()))
    return Response(told, headers={"Content-Type": metrics.CONTENT_TYPE_LATEST})


def _sessions() -> int:
    """How many browsers are connected."""
    if not runtime.exists():
        return 0
    families = runtime.get_instance().stats_mgr.get_stats(family_names=["active_sessions"])
    return sum(int(stat.value) for stats in families.values() for stat in stats)


class _Question:
    """What is asked of the store on one thread, whoever asks: while it is silent nobody asks it once more."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked: Future[int] | None = None

    def asked(self) -> Future[int]:
        """The question under way; a new one where there is none."""
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = beside(lambda: current_revision(reach_store(settings.database_url())))
            return self._asked


_question = _Question()


async def _revision() -> int:
    """The store's revision. Raises BackordersError, also where the store takes its time."""
    try:
        return await asyncio.wait_for(asyncio.wrap_future(_question.asked()), ANSWER_SECONDS)
    except TimeoutError as error:
        where = address(connect(settings.database_url()))
        raise StoreUnreachableError(f"The store at {where} has not answered for {ANSWER_SECONDS} s.") from error


ROUTES = [Route("/healthz", _healthz), Route("/metrics", _metrics)]
