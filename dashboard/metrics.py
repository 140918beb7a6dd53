"""What is counted for those who run the dashboard, as Prometheus reads it. No name, address or id in any label."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

__all__ = ["CONTENT_TYPE_LATEST", "PAGES", "STOPPED", "WRITES", "as_text"]

SECONDS = (0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30)
"""The upper ends of the histogram's classes; a page should be drawn within 0.3."""

REGISTRY = CollectorRegistry()
"""Ours alone, besides what the process itself uses."""
ProcessCollector(namespace="backorders", registry=REGISTRY)

PAGES = Histogram(
    "backorders_page_seconds", "How long the runs of each page took.", ["page"], registry=REGISTRY, buckets=SECONDS
)
WRITES = {
    "save": Counter(
        "backorders_saves", "Saves of dates and promises by how they ended.", ["outcome"], registry=REGISTRY
    ),
    "role": Counter("backorders_roles", "Changes of roles by how they ended.", ["outcome"], registry=REGISTRY),
    "decision": Counter(
        "backorders_decisions", "Decisions made, changed or settled, by how they ended.", ["outcome"], registry=REGISTRY
    ),
    "review": Counter(
        "backorders_reviews", "Reviews opened or closed, by how that ended.", ["outcome"], registry=REGISTRY
    ),
    "snapshot": Counter("backorders_snapshots", "Snapshots taken, by how they ended.", ["outcome"], registry=REGISTRY),
    "import": Counter("backorders_imports", "Imports by how they ended.", ["outcome"], registry=REGISTRY),
}
STOPPED = Counter(
    "backorders_pages_stopped", "Runs that could not draw their page, by what kept them.", ["outcome"],
    registry=REGISTRY,
)  # fmt: skip
_REVISION = Gauge("backorders_data_revision", "The store's data revision, as last read.", registry=REGISTRY)
_IS_UP = Gauge("backorders_store_up", "1 where the store answers, else 0.", registry=REGISTRY)
_SESSIONS = Gauge("backorders_sessions", "Browsers that are connected at present.", registry=REGISTRY)


def as_text(revision: int | None, sessions: int) -> bytes:
    """All counts as Prometheus reads them; revision: that of the store, none where it does not answer."""
    _IS_UP.set(revision is not None)
    if revision is not None:
        _REVISION.set(revision)
    _SESSIONS.set(sessions)
    return generate_latest(REGISTRY)
