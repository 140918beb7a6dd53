"""Who is in front of the dashboard, and what that person may do. The one place that checks a role."""

from __future__ import annotations

import functools
import getpass
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from dashboard import as_of, settings
from dashboard.domain.errors import NotAllowedError, SettingsError
from data_access.engine import Check, reach_store
from data_access.users import LONGEST_ADDRESS, ROLES, is_address, known_as, role_of, role_within

NO_FILE = "no-secrets-found"
VIEWER = ROLES[0]


@dataclass(frozen=True)
class Person:
    """A person as ledgers name it, and its role: viewer, editor or admin."""

    name: str
    role: str

    def holds(self, role: str) -> bool:
        """Whether this person holds the given role: each role may do all that the ones before it may."""
        return ROLES.index(self.role) >= ROLES.index(role)

    def may(self, role: str) -> bool:
        """Whether this person may do now what needs the given role: a kept day can be looked at, and no more."""
        return self.holds(role) and (role == VIEWER or not as_of.is_past())


@functools.cache
def has_sign_in() -> bool:
    """Whether people sign in with the company's identity provider: whether secrets.toml has a section [auth].

    Asked once: a file that is changed, broken or lost while the program runs opens the door to nobody.
    Raises SettingsError for a file that cannot be read.
    """
    try:
        return "auth" in st.secrets
    except StreamlitSecretNotFoundError as error:
        if error.error_id == NO_FILE:
            return False
        raise SettingsError(
            f"The file with the sign-in cannot be used. {error} Mend it: until then nobody is let in."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The file with the sign-in cannot be read: {error}. Mend it: until then nobody is let in."
        ) from error


def is_signed_in() -> bool:
    """Whether somebody is known to be at work; without a sign-in it is always the local user."""
    return not has_sign_in() or bool(st.user.get("is_logged_in"))


def signed_in() -> Person:
    """The person at work, with the role of this very moment.

    By sign-in, whom the identity provider vouches for, with the role in the table of users; else this machine's local
    user, with the role of the settings. Raises NotAllowedError for one who has no role here.
    """
    return of(st.user)


def of(claims: Mapping[str, Any]) -> Person:
    """The same of a browser by the claims of its sign-in, for what is asked outside the run of a page."""
    return _with_role(_email(claims)) if has_sign_in() else local()


def anew(person: Person) -> Person:
    """The same person with the role of this very moment: for a file that is made long after its page was drawn.

    Raises NotAllowedError for one who has no role any more.
    """
    return _with_role(person.name) if has_sign_in() else local()


def local() -> Person:
    """The local user of this machine, with the role of the settings: who works at the command line, too."""
    return Person(_local_name(), settings.role())


def name() -> str:
    """Who is at work, for the log: also one who has no role here, or an address that nobody vouches for."""
    if not has_sign_in():
        return _local_name()
    try:
        return _email(st.user)
    except NotAllowedError:
        return f"{known_as(str(st.user.get('email') or ''))[:LONGEST_ADDRESS]} (not vouched for)"


def known() -> Person | None:
    """The person at work; None for one who has no role here, or is not signed in."""
    try:
        return signed_in()
    except NotAllowedError:
        return None


def require(role: str) -> Person:
    """The person at work, who holds at least that role and may act by it now. Raises NotAllowedError."""
    return checked(signed_in(), role)


def checked(person: Person, role: str) -> Person:
    """The person, who holds at least that role and may act by it now. Raises NotAllowedError."""
    if not person.holds(role):
        raise NotAllowedError(
            f"Your role here is {person.role}; this needs the role {role}. Ask whoever runs the dashboard to change it."
        )
    if not person.may(role):
        raise NotAllowedError(
            f"These are the figures of {as_of.asked()}, which cannot be changed: go back to today first."
        )
    return person


def still(person: Person, role: str) -> Check:
    """What a write asks within its own transaction, once it has waited: whether the person holds that role yet."""

    def check(connection: Any) -> None:
        now = _person(person.name, role_within(connection, person.name)) if has_sign_in() else local()
        checked(now, role)

    return check


def _email(claims: Mapping[str, Any]) -> str:
    """The address that the identity provider vouches for. Raises NotAllowedError where there is none."""
    if not claims.get("is_logged_in"):
        raise NotAllowedError("Nobody is signed in. Reload the page and sign in.")
    email = known_as(str(claims.get("email") or ""))
    if not is_address(email) or not _is_verified(claims.get("email_verified")):
        raise NotAllowedError(
            "Your sign-in tells no e-mail address that it vouches for, and roles are given by address. "
            "Ask whoever runs the sign-in to send the claims email and email_verified."
        )
    return email


def _is_verified(claim: object) -> bool:
    """Whether the claim vouches for the address. Some providers write it as text, and some never send it."""
    return settings.email_is_verified() if claim is None else claim is True or claim == "true"


def _with_role(email: str) -> Person:
    return _person(email, role_of(reach_store(settings.database_url()), email))


def _person(email: str, role: str | None) -> Person:
    if role is None:
        raise NotAllowedError(f"You are signed in as {email}, who has no role here. Ask an admin to add you.")
    return Person(email, role)


def _local_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "local user"
