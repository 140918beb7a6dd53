"""The moment that a page is seen at: which version of the data, on which day, by which rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from dashboard import settings
from dashboard.domain.version import Version
from data_access.snapshots import Snapshot


@dataclass(frozen=True)
class Moment:
    """What every figure on a page is made from and by. Its marks tell it from every other one.

    snapshot: the kept day that is looked at, whose data and rules these are; None for the present.

    A figure is kept under the mark of what it is made from: whole where both moves and promises matter, else promised
    or moved, or facts where neither does.
    """

    url: str
    version: Version
    today: date
    priority_rule: tuple[str, ...]
    age_buckets: tuple[int, ...]
    risk_weights: tuple[tuple[str, float], ...]
    zone: ZoneInfo
    snapshot: Snapshot | None = None

    @property
    def whole(self) -> str:
        """The mark of imports, moves and promises."""
        return self._mark(self.version.whole)

    @property
    def promised(self) -> str:
        """The mark of imports and promises."""
        return self._mark(self.version.promised)

    @property
    def moved(self) -> str:
        """The mark of imports and moves."""
        return self._mark(self.version.moved)

    @property
    def facts(self) -> str:
        """The mark of imports alone."""
        return self._mark(self.version.facts)

    def _mark(self, version: str) -> str:
        rules = (self.priority_rule, self.age_buckets, self.risk_weights, self.zone.key)
        return f"{self.url} {version} {self.today} {rules}"


def moment_of(url: str, version: Version) -> Moment:
    """The moment of a version of the data: today, by the rules of the settings."""
    return Moment(
        url=url,
        version=version,
        today=settings.today(),
        priority_rule=settings.priority_rule(),
        age_buckets=settings.age_buckets(),
        risk_weights=tuple(settings.risk_weights().items()),
        zone=settings.time_zone(),
    )


def moment_kept(url: str, version: Version, snapshot: Snapshot) -> Moment:
    """The moment of a kept day: by the rules of that day, whatever the settings say since."""
    rules = snapshot.rules
    return Moment(
        url=url,
        version=version,
        today=snapshot.snapshot_date,
        priority_rule=rules.priority_rule,
        age_buckets=rules.age_buckets,
        risk_weights=tuple(rules.risk_weights.items()),
        zone=rules.zone,
        snapshot=snapshot,
    )


def version_kept(snapshot: Snapshot) -> Version:
    """A version of its own, so that nothing that is cached for the present, or for another taking, is taken for it."""
    name = f"as of {snapshot.snapshot_date}, {snapshot.snapshot_id}, {snapshot.taken_at}"
    return Version(name, snapshot.data_revision, snapshot.data_revision, 0, 0)
