"""Who may use the dashboard, and as what. Knows no sign-in: the identity provider vouches for an e-mail address."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from dashboard.domain.errors import RefusedChangeError
from data_access.engine import reading, writing
from data_access.imports.log import utc
from data_access.schema import users

ROLES = ("viewer", "editor", "admin")
"""Each may do all that the ones before it may."""


def role_of(engine: Engine, email: str) -> str | None:
    """The role of the person with that address at this moment; None for nobody known."""
    with reading(engine) as connection:
        return connection.execute(select(users.c.role).where(users.c.email == _known_as(email))).scalar()


def list_users(engine: Engine) -> pd.DataFrame:
    """One row per user by address: email, role, changed_by, changed_at [UTC]."""
    wanted = select(users.c.email, users.c.role, users.c.changed_by, users.c.changed_at).order_by(users.c.email)
    with reading(engine) as connection:
        result = connection.execute(wanted)
        return pd.DataFrame(result.fetchall(), columns=list(result.keys()))


def set_user(engine: Engine, email: str, role: str, *, by: str, at: datetime) -> None:
    """Give the person with that address a role, whether or not there was one before.

    Raises RefusedChangeError for no address or role, and where nobody would be left who may give roles.
    """
    known_as = _known_as(email)
    _refuse_no_address(known_as)
    if role not in ROLES:
        raise RefusedChangeError(f"{role!r} is no role. The roles are {', '.join(ROLES)}.")
    stamp = {"role": role, "changed_by": by, "changed_at": utc(at)}
    with writing(engine) as connection:
        if role != "admin":
            _refuse_without_admin(connection, known_as)
        changed = connection.execute(update(users).where(users.c.email == known_as).values(**stamp))
        if not changed.rowcount:
            connection.execute(insert(users).values(email=known_as, **stamp))


def remove_user(engine: Engine, email: str) -> None:
    """Take away whatever the person with that address may do, from the next click on.

    Raises RefusedChangeError where there is no such user, or nobody would be left who may give roles.
    """
    known_as = _known_as(email)
    with writing(engine) as connection:
        _refuse_without_admin(connection, known_as)
        if not connection.execute(delete(users).where(users.c.email == known_as)).rowcount:
            raise RefusedChangeError(f"{known_as} is no user here. List them with: python -m dashboard users list")


def _known_as(email: str) -> str:
    """Addresses are compared without regard to capitals."""
    return email.strip().casefold()


def _refuse_no_address(email: str) -> None:
    name, sign, host = email.partition("@")
    if not (name and sign and host) or any(sign.isspace() for sign in email) or "@" in host:
        raise RefusedChangeError(f"{email!r} is no e-mail address. Write one such as ada@example.com.")


def _refuse_without_admin(connection: Connection, leaving: str) -> None:
    """Refuse to take the role of admin from the last one who holds it."""
    admins = select(users.c.email).where(users.c.role == "admin")
    held = set(connection.execute(admins).scalars())
    if held == {leaving}:
        raise RefusedChangeError(
            f"{leaving} is the only admin: nobody could give roles any more. Make somebody else an admin first."
        )


def user_count(engine: Engine) -> int:
    """How many users there are."""
    with reading(engine) as connection:
        return int(connection.execute(select(func.count()).select_from(users)).scalar_one())
