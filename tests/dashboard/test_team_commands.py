"""The commands for whoever runs the dashboard for a team: here, who may use it."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from data_access.users import list_users
from tests.dashboard.conftest import Say


def roles(engine: Engine) -> list[list[str]]:
    return list_users(engine)[["email", "role", "changed_by"]].values.tolist()


def test_users_are_added_listed_changed_and_removed(say: Say, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ops")
    assert say("users", "list") == (
        0, "Nobody has a role yet. Begin with: python -m dashboard users add YOU@EXAMPLE.COM --role admin\n", "",
    )  # fmt: skip
    assert say("users", "add", "Ada@Example.com", "--role", "admin")[0] == 0
    assert say("users", "add", "vic@example.com") == (0, "vic@example.com is viewer from the next click on.\n", "")
    assert roles(engine) == [["ada@example.com", "admin", "ops"], ["vic@example.com", "viewer", "ops"]]
    assert say("users", "list")[1].split("\n")[:2] == ["admin   ada@example.com", "viewer  vic@example.com"]

    assert say("users", "add", "vic@example.com", "--role", "editor")[0] == 0
    assert say("users", "remove", "VIC@example.com")[0] == 0
    assert roles(engine) == [["ada@example.com", "admin", "ops"]]


def test_every_change_of_a_role_is_exported_under_the_name_of_who_ran_the_command(
    say: Say, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "ops")
    for words in (
        ("add", "ada@example.com", "--role", "admin"),
        ("add", "Vic@example.com"),
        ("remove", "vic@example.com"),
    ):
        assert say("users", *words)[0] == 0
    header, *rows = say("export", "role-changes")[1].removeprefix("\ufeff").splitlines()
    assert header == "change_id,email,from_role,to_role,changed_by,changed_at"
    assert [row.rpartition(",")[0] for row in rows] == [
        "1,ada@example.com,,admin,ops", "2,vic@example.com,,viewer,ops", "3,vic@example.com,viewer,,ops",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "status", "complaint"),
    [
        (("remove", "ada@example.com"), 1, "ada@example.com is the only admin: nobody could give roles any more."),
        (("add", "ada@example.com"), 1, "ada@example.com is the only admin"),
        (("remove", "nob@example.com"), 1, "nob@example.com has no role here."),
        (("add", "nob"), 1, "'nob' is no e-mail address."),
        (("add", "<b>a@b.c"), 1, "'<b>a@b.c' is no e-mail address. Write one such as ada@example.com."),
        (("add", "nob@example.com", "--role", "owner"), 2, "'owner'"),
    ],
)
def test_what_would_leave_nobody_in_charge_or_makes_no_sense_is_refused(
    say: Say, engine: Engine, words: tuple[str, ...], status: int, complaint: str
) -> None:
    say("users", "add", "ada@example.com", "--role", "admin")
    before = roles(engine)
    code, _, told = say("users", *words)
    assert (code, complaint in told) == (status, True)
    assert roles(engine) == before
