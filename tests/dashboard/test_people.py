"""Who is at work, and what each role may do."""

from __future__ import annotations

import getpass

import pytest

from dashboard import people
from dashboard.domain.errors import NotAllowedError

MAY = {"viewer": {"viewer"}, "editor": {"viewer", "editor"}, "admin": {"viewer", "editor", "admin"}}


@pytest.mark.parametrize("role", MAY)
def test_each_role_may_do_what_the_ones_before_it_may(role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKORDERS_ROLE", role)
    person = people.signed_in()
    assert {needed for needed in MAY if person.may(needed)} == MAY[role]
    for needed in MAY[role]:
        assert people.require(needed) == person
    for needed in set(MAY) - MAY[role]:
        with pytest.raises(NotAllowedError, match=f"Your role here is {role}; this needs the role {needed}"):
            people.require(needed)


def test_the_person_is_the_local_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    assert people.signed_in() == people.Person("ada", "admin")


def test_a_user_whom_the_machine_does_not_know_is_the_local_user(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert people.signed_in().name == "local user"
