"""Who may use the dashboard: roles by address, and never nobody who could give them."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, delete, text
from sqlalchemy.exc import DBAPIError

from dashboard.domain.errors import NotAllowedError, RefusedChangeError
from data_access import schema
from data_access.engine import data_revision, reading, writing
from data_access.users import (
    known_as,
    list_users,
    read_role_changes,
    remove_user,
    role_of,
    role_within,
    set_user,
    user_count,
)

AT = datetime(2026, 3, 16, 9, 30, tzinfo=UTC)


def give(engine: Engine, **roles: str) -> None:
    """Give roles to people at example.com, in the order given."""
    for name, role in roles.items():
        set_user(engine, f"{name}@example.com", role, by="ops", at=AT)


def roles(engine: Engine) -> dict[str, str]:
    users = list_users(engine)
    return dict(zip(users["email"].str.removesuffix("@example.com"), users["role"], strict=True))


def test_a_role_is_given_changed_and_taken(engine: Engine) -> None:
    give(engine, ada="admin", ben="viewer")
    give(engine, ben="editor")
    assert list_users(engine).to_dict("list") == {
        "email": ["ada@example.com", "ben@example.com"],
        "role": ["admin", "editor"],
        "changed_by": ["ops", "ops"],
        "changed_at": [datetime(2026, 3, 16, 9, 30), datetime(2026, 3, 16, 9, 30)],
    }
    remove_user(engine, "ben@example.com", by="ops", at=AT)
    assert (roles(engine), role_of(engine, "ben@example.com"), user_count(engine)) == ({"ada": "admin"}, None, 1)


def test_a_write_that_waited_for_another_is_asked_for_the_role_as_it_is_by_then(engine: Engine) -> None:
    give(engine, ada="admin", ben="admin")
    held: list[str | None] = []

    def check(connection: Connection) -> None:
        held.append(role_within(connection, "ben@example.com"))
        raise NotAllowedError("no role any more")

    with ThreadPoolExecutor(1) as beside:
        with writing(engine) as connection:
            waits = beside.submit(
                set_user, engine, "eve@example.com", "admin", by="ben@example.com", at=AT, check=check
            )
            time.sleep(0.3)
            connection.execute(delete(schema.users).where(schema.users.c.email == "ben@example.com"))
        with pytest.raises(NotAllowedError):
            waits.result()
    assert (held, roles(engine)) == ([None], {"ada": "admin"})


def test_capitals_and_blanks_around_make_no_other_person(engine: Engine) -> None:
    set_user(engine, " Ada@Example.COM ", "admin", by="ops", at=AT)
    assert roles(engine) == {"ada": "admin"}
    assert role_of(engine, "ADA@example.com") == "admin"


@pytest.mark.parametrize("look_alike", ["\u212aim@example.com", "kim@example.com\u200b", "k\u0131m@example.com"])
def test_an_address_that_only_looks_like_another_is_another(engine: Engine, look_alike: str) -> None:
    give(engine, kim="admin")
    assert known_as(look_alike) != "kim@example.com"
    assert role_of(engine, look_alike) is None


@pytest.mark.parametrize(
    "email",
    [
        "", "ada", "@example.com", "ada@", "a@b@c", "ada @example.com", "ada@exam\x00ple.com", "a@" + "b" * 300,
        "<b>a@b.c", "Ada <ada@example.com>", '"ada"@example.com', "ada@example.com,eve@example.com", "ada@example.com;",
        "mailto:ada@example.com", "ada@[127.0.0.1]", "ada(sales)@example.com", "ada\\eve@example.com", "ada@b.c\x1b[m",
    ],
)  # fmt: skip
def test_what_is_no_address_gets_no_role(engine: Engine, email: str) -> None:
    with pytest.raises(RefusedChangeError, match=r"is no e-mail address. Write one such as ada@example.com"):
        set_user(engine, email, "viewer", by="ops", at=AT)
    assert user_count(engine) == 0


@pytest.mark.parametrize(
    "email", ["o'brien+orders@example.co.uk", "a_b-c.d@example.com", "j\u00f6rg@b\u00fccher.example", "ada@intranet"]
)
def test_an_unusual_address_is_one(engine: Engine, email: str) -> None:
    set_user(engine, email, "viewer", by="ops", at=AT)
    assert role_of(engine, email) == "viewer"


def told(engine: Engine) -> list[tuple[object, ...]]:
    """The ledger of roles, without its numbers."""
    changes = read_role_changes(engine)
    assert changes["change_id"].is_monotonic_increasing
    return list(changes.drop(columns="change_id").itertuples(index=False, name=None))


def test_every_role_that_is_given_changed_or_taken_is_kept_with_who_did_it_and_when(engine: Engine) -> None:
    later, given, taken = AT + timedelta(hours=1), datetime(2026, 3, 16, 9, 30), datetime(2026, 3, 16, 10, 30)
    give(engine, ada="admin", ben="viewer")
    set_user(engine, "Ben@example.com", "editor", by="ada@example.com", at=AT)
    remove_user(engine, "ben@example.com", by="ada@example.com", at=later)
    set_user(engine, "ben@example.com", "viewer", by="ops", at=later)
    assert told(engine) == [
        ("ada@example.com", "", "admin", "ops", given),
        ("ben@example.com", "", "viewer", "ops", given),
        ("ben@example.com", "viewer", "editor", "ada@example.com", given),
        ("ben@example.com", "editor", "", "ada@example.com", taken),
        ("ben@example.com", "", "viewer", "ops", taken),
    ]
    assert read_role_changes(engine, given)["to_role"].tolist() == ["admin", "viewer", "editor"]


def test_what_changes_no_role_or_is_refused_is_no_change(engine: Engine) -> None:
    give(engine, ada="admin")
    before = told(engine)
    give(engine, ada="admin")
    for refused in (
        lambda: give(engine, ada="viewer"),
        lambda: give(engine, eve="owner"),
        lambda: remove_user(engine, "ben@example.com", by="ops", at=AT),
        lambda: remove_user(engine, "ada@example.com", by="ops", at=AT),
    ):
        with pytest.raises(RefusedChangeError):
            refused()
    assert told(engine) == before


ANEW = "INSERT OR REPLACE INTO role_changes SELECT change_id, email, '', '', '', changed_at FROM role_changes"
REWRITES = {"sqlite": [ANEW], "postgresql": ["TRUNCATE role_changes"]}


def test_nobody_rewrites_who_gave_which_role(engine: Engine) -> None:
    give(engine, ada="admin")
    before = told(engine)
    common = ["UPDATE role_changes SET changed_by = 'ada'", "DELETE FROM role_changes"]
    for statement in [*common, *REWRITES[engine.dialect.name]]:
        with engine.connect() as connection, pytest.raises(DBAPIError, match="never changed or removed"):
            connection.execute(text(statement))
    assert told(engine) == before


def test_what_is_no_role_is_given_to_nobody(engine: Engine) -> None:
    with pytest.raises(RefusedChangeError, match=r"'owner' is no role. The roles are viewer, editor, admin"):
        give(engine, ada="owner")
    assert user_count(engine) == 0


def test_who_has_no_role_cannot_lose_it(engine: Engine) -> None:
    give(engine, ada="admin")
    with pytest.raises(RefusedChangeError, match=r"ben@example.com has no role here"):
        remove_user(engine, "Ben@example.com", by="ops", at=AT)


def test_the_last_admin_stays_admin(engine: Engine) -> None:
    give(engine, ada="admin", ben="editor")
    for leave in (lambda: remove_user(engine, "ada@example.com", by="ops", at=AT), lambda: give(engine, ada="editor")):
        with pytest.raises(RefusedChangeError, match=r"ada@example.com is the only admin: nobody could give roles any"):
            leave()
    assert roles(engine) == {"ada": "admin", "ben": "editor"}
    give(engine, ben="admin", ada="viewer")
    assert roles(engine) == {"ada": "viewer", "ben": "admin"}


def test_of_two_admins_who_remove_each_other_at_once_one_stays(engine: Engine) -> None:
    for _ in range(5):
        give(engine, ada="admin", ben="admin")
        both = threading.Barrier(2)
        refused: list[str] = []

        def remove(email: str, both: threading.Barrier = both, refused: list[str] = refused) -> None:
            both.wait()
            try:
                remove_user(engine, email, by="ops", at=AT)
            except RefusedChangeError as error:
                refused.append(str(error))

        threads = [threading.Thread(target=remove, args=(f"{name}@example.com",)) for name in ("ada", "ben")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert list(roles(engine).values()) == ["admin"]
        assert len(refused) == 1


def test_roles_are_no_data_that_open_browsers_must_hear_of(engine: Engine) -> None:
    with reading(engine) as connection:
        before = data_revision(connection)
    give(engine, ada="admin")
    with reading(engine) as connection:
        assert data_revision(connection) == before
