"""Who may use the dashboard, and as what. Knows no sign-in: the identity provider vouches for an e-mail address."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from dashboard.domain.errors import RefusedChangeError
from data_access.engine import Check, reading, writing
from data_access.imports.log import utc
from data_access.schema import role_changes, users

ROLES = ("viewer", "editor", "admin")
"""Each may do all that the ones before it may."""
NO_ROLE = ""
"""What the ledger calls the role of nobody known."""
LONGEST_ADDRESS = 254  # RFC 5321, and the index of the table
_IN_NO_ADDRESS = frozenset('()<>[]:;,"\\')  # the specials of RFC 5322, which are read as what stands around an address


def role_of(engine: Engine, email: str) -> str | None:
    """The role of the person with that address at this moment; None for nobody known."""
    with reading(engine) as connection:
        return role_within(connection, email)


def role_within(connection: Connection, email: str) -> str | None:
    """The same within a transaction that one has: while one writes, nobody can take the role away."""
    return connection.execute(select(users.c.role).where(users.c.email == known_as(email))).scalar()


def list_users(engine: Engine) -> pd.DataFrame:
    """One row per user by address: email, role, changed_by, changed_at [UTC]."""
    wanted = select(users.c.email, users.c.role, users.c.changed_by, users.c.changed_at).order_by(users.c.email)
    with reading(engine) as connection:
        result = connection.execute(wanted)
        return pd.DataFrame(result.fetchall(), columns=list(result.keys()))


def read_role_changes(engine: Engine, until: datetime | None = None) -> pd.DataFrame:
    """One row per role that was given, changed or taken, oldest first: change_id, email, from_role, to_role ["" for
    none], changed_by, changed_at [UTC].

    until: what was changed after that instant in UTC is left out.
    """
    wanted = select(role_changes).order_by(role_changes.c.change_id)
    if until is not None:
        wanted = wanted.where(role_changes.c.changed_at <= until)
    with reading(engine) as connection:
        result = connection.execute(wanted)
        return pd.DataFrame(result.fetchall(), columns=list(result.keys()))


def user_count(engine: Engine) -> int:
    """How many users there are."""
    with reading(engine) as connection:
        return int(connection.execute(select(func.count()).select_from(users)).scalar_one())


def set_user(engine: Engine, email: str, role: str, *, by: str, at: datetime, check: Check | None = None) -> None:
    """Give the person with that address a role, whether or not there was one before.

    check: asked within the transaction.

    Raises RefusedChangeError for no address or role, and where nobody would be left who may give roles.
    """
    address = known_as(email)
    if not is_address(address):
        raise RefusedChangeError(f"{email!r} is no e-mail address. Write one such as ada@example.com.")
    if role not in ROLES:
        raise RefusedChangeError(f"{role!r} is no role. The roles are {', '.join(ROLES)}.")
    stamp = {"role": role, "changed_by": by, "changed_at": utc(at)}
    with writing(engine, check) as connection:
        if role != "admin":
            _refuse_without_admin(connection, address)
        held = role_within(connection, address)
        if held is None:
            connection.execute(insert(users).values(email=address, **stamp))
        else:
            connection.execute(update(users).where(users.c.email == address).values(**stamp))
        _note_change(connection, address, held, role, by, at)


def remove_user(engine: Engine, email: str, *, by: str, at: datetime, check: Check | None = None) -> None:
    """Take away whatever the person with that address may do, from the next click on.

    Raises RefusedChangeError where there is no such user, or nobody would be left who may give roles.
    """
    address = known_as(email)
    with writing(engine, check) as connection:
        _refuse_without_admin(connection, address)
        held = role_within(connection, address)
        if held is None:
            raise RefusedChangeError(f"{address} has no role here.")
        connection.execute(delete(users).where(users.c.email == address))
        _note_change(connection, address, held, None, by, at)


def known_as(email: str) -> str:
    """The address as it is kept and compared: without regard to capitals.

    Letters that are not ASCII stay as they are: some look-alikes fold to an ASCII letter, thus to another's address.
    """
    return "".join(sign.lower() if sign.isascii() else sign for sign in email.strip())


def is_address(email: str) -> bool:
    """Whether the text may be an e-mail address of a person; in an intranet, the host's name may have no dot."""
    name, _, host = email.partition("@")
    is_plain = email.isprintable() and not any(sign.isspace() or sign in _IN_NO_ADDRESS for sign in email)
    return bool(name and host) and "@" not in host and is_plain and len(email) <= LONGEST_ADDRESS


def _note_change(
    connection: Connection, address: str, held: str | None, role: str | None, by: str, at: datetime
) -> None:
    """Add a change to the ledger; to give again the role that is held is none."""
    if held != role:
        roles = {"from_role": held or NO_ROLE, "to_role": role or NO_ROLE}
        connection.execute(insert(role_changes).values(email=address, **roles, changed_by=by, changed_at=utc(at)))


def _refuse_without_admin(connection: Connection, leaving: str) -> None:
    """Refuse to take the role of admin from the last one who holds it."""
    admins = select(users.c.email).where(users.c.role == "admin")
    held = set(connection.execute(admins).scalars())
    if held == {leaving}:
        raise RefusedChangeError(
            f"{leaving} is the only admin: nobody could give roles any more. Make somebody else an admin first."
        )
