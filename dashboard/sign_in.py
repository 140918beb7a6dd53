"""The way in and out: the company's identity provider, through Streamlit's own sign-in."""

from __future__ import annotations

import functools
import logging
import os
import stat
import warnings
from collections.abc import Mapping
from urllib.parse import urlsplit

import streamlit as st
from authlib.deprecate import AuthlibDeprecationWarning
from streamlit import config

from dashboard import events, messages, people, settings
from dashboard.domain.errors import SettingsError
from dashboard.headers import LOCAL_NAMES

NEEDED = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
WAY_BACK = "/oauth2callback"
SHORTEST_SECRET = 32
ROLE = "role-noted"
MARKS = ("iat", "nonce", "sid")
"""The claims that tell one sign-in of a person from the next."""
_MOST_NOTED = 10_000

_log = logging.getLogger("backorders")


def set_up() -> None:
    """Read how people sign in. Raises SettingsError where they could not by what is written, or not safely."""
    file = settings.secrets_file()
    if file:
        config.set_option("secrets.files", [str(file)])
    if not people.has_sign_in():
        if file:
            raise SettingsError(
                f"{file} holds no section [auth], so that nobody would have to sign in. Write it as docs/team.md says."
            )
        return
    if not isinstance(st.secrets["auth"], Mapping):
        raise _unusable("is no section but a single value")
    # Authlib tells each program that uses it of its own plans, in lines that no log expects.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    given = {name: str(st.secrets["auth"].get(name) or "") for name in NEEDED}
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise _unusable(f"lacks {messages.listed(missing)}")
    if len(given["cookie_secret"]) < SHORTEST_SECRET:
        raise _unusable(f"has a cookie_secret of fewer than {SHORTEST_SECRET} characters, which could be guessed")
    if not given["redirect_uri"].endswith(WAY_BACK):
        raise _unusable(f"has a redirect_uri that does not end in {WAY_BACK}")
    for name in ("redirect_uri", "server_metadata_url"):
        address = urlsplit(given[name])
        if address.scheme != "https" and address.hostname not in LOCAL_NAMES:
            raise _unusable(f"has a {name} that does not begin with https://")


def warn_where_open() -> None:
    """Say it in the log where every account of this machine may read the secrets; Windows tells it in other ways."""
    file = settings.secrets_file()
    if file and os.name == "posix" and file.stat().st_mode & stat.S_IROTH:
        _log.warning(
            "Every account of this machine may read %s, and whoever reads it can be anybody here. Run: chmod 600 %s",
            file,
            file,
        )


def warn_where_it_leads_home(host: str) -> None:
    """Say it in the log where others are served, and their sign-in would lead them to their own machine.

    It is no mistake where they come through a tunnel.
    """
    if not people.has_sign_in() or host in LOCAL_NAMES:
        return
    way_back = str(st.secrets["auth"]["redirect_uri"])
    if urlsplit(way_back).hostname in LOCAL_NAMES:
        _log.warning(
            "Nobody on another machine can sign in, unless by a tunnel: redirect_uri in secrets.toml is %s, which "
            "leads each browser to its own machine. Write the address there that people type.",
            way_back,
        )


def ask() -> None:
    """What one sees who is not signed in: nothing of the company but its name."""
    company = settings.company()
    messages.headline(f"{company}: sign in to see the backorders." if company else "Sign in to see the backorders.")
    st.caption("Your company's own sign-in opens; the dashboard never sees your password.")
    st.button("Sign in", type="primary", on_click=st.login)


def note(person: people.Person) -> None:
    """Tell the log once of each sign-in who came in, however many pages and tabs are opened by it."""
    if people.has_sign_in():
        _tell(person.name, *(str(st.user.get(claim)) for claim in MARKS))


@functools.lru_cache(_MOST_NOTED)
def _tell(name: str, *_marks: str) -> None:
    """What was told is remembered, by this process."""
    events.signed_in(name)


def tell_of_another_role(person: people.Person) -> None:
    """Say once that an admin gave the person another role meanwhile: a form may be gone with what it held."""
    before, st.session_state[ROLE] = st.session_state.get(ROLE, person.role), person.role
    if before != person.role:
        st.info(f"Your role here is now {person.role}; it was {before}. What you had not saved was not saved.")


def offer_sign_out(key: str = "sign-out") -> None:
    """A way out for whoever came in by a sign-in."""
    if people.has_sign_in() and people.is_signed_in():
        st.button("Sign out", type="tertiary", on_click=st.logout, key=key)


def _unusable(why: str) -> SettingsError:
    return SettingsError(f"The section [auth] of secrets.toml {why}. See docs/team.md.")
