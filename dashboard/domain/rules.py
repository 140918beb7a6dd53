"""Rules: what figures are made by besides the data. Knows neither settings nor store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.domain.restocks import Calendar

WHOLE_WEEKS = 26
"""For so many weeks a snapshot is kept whole, unless the settings say otherwise; its totals stay for ever."""


@dataclass(frozen=True)
class Rules:
    """The settings that decide figures, as they stood on a day.

    priority_rule: by what order lines stand in the queue, first key first
    age_buckets: the last day of each age bucket but the open one [days]
    risk_weights: what each piece of evidence weighs in a customer's risk score
    time_zone: where the company's days begin and end
    weekend: the days of the week on which nothing comes in, Monday being 0; holidays: further such days
    """

    priority_rule: tuple[str, ...]
    age_buckets: tuple[int, ...]
    risk_weights: Mapping[str, float] = field(hash=False)
    time_zone: str
    weekend: tuple[int, ...]
    holidays: tuple[date, ...]

    @property
    def calendar(self) -> Calendar:
        """The days on which nothing comes in."""
        return Calendar(frozenset(self.weekend), frozenset(self.holidays))

    @property
    def zone(self) -> ZoneInfo:
        """Where the company's days begin and end."""
        return ZoneInfo(self.time_zone)

    def to_json(self) -> str:
        """The rules as text that from_json reads back."""
        return json.dumps(asdict(self) | {"holidays": [day.isoformat() for day in self.holidays]})

    @classmethod
    def from_json(cls, text: str) -> Rules:
        """The rules of a text that to_json wrote."""
        told: dict[str, Any] = json.loads(text)
        return cls(
            priority_rule=tuple(told["priority_rule"]),
            age_buckets=tuple(told["age_buckets"]),
            risk_weights=dict(told["risk_weights"]),
            time_zone=told["time_zone"],
            weekend=tuple(told["weekend"]),
            holidays=tuple(date.fromisoformat(day) for day in told["holidays"]),
        )
