"""Who is in front of the dashboard, and what that person may do. The one place that checks a role."""

from __future__ import annotations

import getpass
from dataclasses import dataclass

from dashboard import settings
from dashboard.domain.errors import NotAllowedError


@dataclass(frozen=True)
class Person:
    """A person as ledgers name it, and its role: viewer, editor or admin."""

    name: str
    role: str

    def may(self, role: str) -> bool:
        """Whether this person may do what needs the given role: each role may do all that the ones before it may."""
        return settings.ROLES.index(self.role) >= settings.ROLES.index(role)


def signed_in() -> Person:
    """The person at work: on one's own machine, its local user, with the role of the settings."""
    return Person(_local_name(), settings.role())


def require(role: str) -> Person:
    """The person at work, who holds at least that role. Raises NotAllowedError."""
    person = signed_in()
    if not person.may(role):
        raise NotAllowedError(
            f"Your role here is {person.role}; this needs the role {role}. Ask whoever runs the dashboard to change it."
        )
    return person


def _local_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "local user"
