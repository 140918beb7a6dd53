"""Who is in front of the dashboard, and what that person may do. The one place that checks a role."""

from __future__ import annotations

import getpass
from dataclasses import dataclass

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from dashboard import settings
from dashboard.domain.errors import NotAllowedError
from data_access.engine import reach_store
from data_access.users import ROLES, role_of


@dataclass(frozen=True)
class Person:
    """A person as ledgers name it, and its role: viewer, editor or admin."""

    name: str
    role: str

    def may(self, role: str) -> bool:
        """Whether this person may do what needs the given role: each role may do all that the ones before it may."""
        return ROLES.index(self.role) >= ROLES.index(role)


def has_sign_in() -> bool:
    """Whether people sign in with the company's identity provider: whether secrets.toml has a section [auth]."""
    try:
        return "auth" in st.secrets
    except (StreamlitSecretNotFoundError, OSError):
        return False


def is_signed_in() -> bool:
    """Whether somebody is known to be at work; without a sign-in it is always the local user."""
    return not has_sign_in() or bool(st.user.is_logged_in)


def signed_in() -> Person:
    """The person at work, with the role of this very moment.

    By sign-in, whom the identity provider vouches for, with the role in the table of users; else this machine's local
    user, with the role of the settings. Raises NotAllowedError for one who has no role here.
    """
    return _by_sign_in() if has_sign_in() else local()


def local() -> Person:
    """The local user of this machine, with the role of the settings: who works at the command line, too."""
    return Person(_local_name(), settings.role())


def _by_sign_in() -> Person:
    if not st.user.is_logged_in:
        raise NotAllowedError("Nobody is signed in. Reload the page and sign in.")
    email = str(st.user.get("email") or "").strip().casefold()
    if not email or st.user.get("email_verified") is False:
        raise NotAllowedError(
            "Your sign-in tells no e-mail address that it vouches for, and roles are given by address. "
            "Ask whoever runs the sign-in to send the claims email and email_verified."
        )
    role = role_of(reach_store(settings.database_url()), email)
    if role is None:
        raise NotAllowedError(f"You are signed in as {email}, who has no role here. Ask an admin to add you.")
    return Person(email, role)


def may(role: str) -> bool:
    """Whether the person at work may do what needs the given role; nobody known may do nothing."""
    try:
        return signed_in().may(role)
    except NotAllowedError:
        return False


def require(role: str) -> Person:
    """The person at work, who holds at least that role. Raises NotAllowedError."""
    return checked(signed_in(), role)


def checked(person: Person, role: str) -> Person:
    """The person, who holds at least that role. Raises NotAllowedError."""
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
