"""The page Users: who may do what, given and taken by admins alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, insert
from streamlit.testing.v1 import AppTest

from dashboard import people
from dashboard.domain.errors import NotAllowedError
from data_access.engine import writing
from data_access.schema import users
from data_access.users import list_users, remove_user, set_user

OpenPage = Callable[..., AppTest]
AT = datetime(2026, 3, 16, 9, 30, tzinfo=UTC)


@pytest.fixture
def team(store: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """People sign in; ada is admin, eve editor."""
    monkeypatch.setattr(people, "has_sign_in", lambda: True)
    for name, role in (("ada", "admin"), ("eve", "editor")):
        set_user(store, f"{name}@example.com", role, by="ops", at=AT)
    return store


@pytest.fixture
def enter(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], AppTest]:
    """Open the page as somebody who is signed in."""

    def open_as(name: str) -> AppTest:
        claims = {"is_logged_in": True, "email": f"{name}@example.com", "email_verified": True}
        monkeypatch.setattr("streamlit.user", claims)
        return open_page("users")

    return open_as


def roles(store: Engine) -> dict[str, str]:
    known = list_users(store)
    return dict(zip(known["email"].str.removesuffix("@example.com"), known["role"], strict=True))


def ask(app: AppTest, email: str) -> AppTest:
    """Choose a person, or type an address: AppTest knows no typed options, so they are put among the others."""
    app.selectbox[0].options.append(email)
    return app.selectbox[0].set_value(email).run()


def press(app: AppTest, key: str) -> AppTest:
    box = app.selectbox[0]
    box.options.append(str(box.value))
    return app.button(key=key).click().run()


def said(app: AppTest) -> str:
    spoken = [*app.title, *app.warning, *app.info, *app.toast, *app.caption]
    return " ".join(element.value for element in spoken).replace("\\", "").replace("\u2060", "")


def test_an_admin_sees_who_may_do_what(team: Engine, enter: Callable[[str], AppTest]) -> None:
    app = enter("ada")
    assert app.title[0].value.replace("\\", "") == "2 people may use the dashboard: 1 admin and 1 editor."
    assert app.dataframe[0].value[["email", "role", "changed_by"]].values.tolist() == [
        ["ada@example.com", "admin", "ops"], ["eve@example.com", "editor", "ops"],
    ]  # fmt: skip


def test_an_admin_sees_every_change_of_a_role_latest_first_and_gets_it_as_a_file(
    team: Engine, enter: Callable[[str], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    offered: dict[str, Callable[[], bytes]] = {}
    monkeypatch.setattr("streamlit.download_button", lambda *_, data, key, **__: offered.update({key: data}))
    app = press(press(ask(enter("ada"), "eve@example.com"), "users-remove"), "users-remove-surely")
    assert app.dataframe[1].value[["email", "from_role", "to_role", "changed_by"]].values.tolist() == [
        ["eve@example.com", "editor", "none", "ada@example.com"],
        ["eve@example.com", "none", "editor", "ops"],
        ["ada@example.com", "none", "admin", "ops"],
    ]
    header, *rows = offered["role-changes-file-csv"]().decode("utf-8-sig").splitlines()
    assert header == "change_id,email,from_role,to_role,changed_by,changed_at"
    assert rows[-1].startswith("3,eve@example.com,editor,,ada@example.com,")

    set_user(team, "eve@example.com", "admin", by="ops", at=AT)
    set_user(team, "ada@example.com", "editor", by="eve@example.com", at=AT)
    with pytest.raises(NotAllowedError, match="this needs the role admin"):
        offered["role-changes-file-csv"]()


def test_a_role_is_given_to_a_new_address_under_the_admins_name(team: Engine, enter: Callable[[str], AppTest]) -> None:
    app = ask(enter("ada"), " Vic@Example.com")
    assert app.button_group[0].value == "viewer"
    app = press(app, "users-save")
    assert "vic@example.com is viewer from the next click on." in said(app)
    assert app.selectbox[0].value is None
    assert list_users(team).query("email == 'vic@example.com'")[["role", "changed_by"]].values.tolist() == [
        ["viewer", "ada@example.com"]
    ]


def test_a_role_is_changed(team: Engine, enter: Callable[[str], AppTest]) -> None:
    app = ask(enter("ada"), "eve")
    assert app.button(key="users-save").disabled
    app.selectbox[0].options.append("eve")
    app.button_group[0].set_value("admin").run()
    press(app, "users-save")
    assert roles(team) == {"ada": "admin", "eve": "admin"}


def test_a_role_is_taken_only_after_a_second_word(team: Engine, enter: Callable[[str], AppTest]) -> None:
    app = press(ask(enter("ada"), "eve@example.com"), "users-remove")
    assert "eve@example.com will see nothing and change nothing from the next click on." in said(app)
    app = press(app, "users-keep")
    assert roles(team) == {"ada": "admin", "eve": "editor"}
    app = press(press(app, "users-remove"), "users-remove-surely")
    assert "eve@example.com has no role from the next click on." in said(app)
    assert roles(team) == {"ada": "admin"}


def test_the_last_admin_is_neither_removed_nor_made_less(team: Engine, enter: Callable[[str], AppTest]) -> None:
    app = press(press(ask(enter("ada"), "ada@example.com"), "users-remove"), "users-remove-surely")
    assert "ada@example.com is the only admin: nobody could give roles any more." in said(app)
    app = ask(enter("ada"), "ada@example.com")
    app.button_group[0].set_value("viewer")
    app = press(app.run(), "users-save")
    assert "ada@example.com is the only admin: nobody could give roles any more." in said(app)
    assert roles(team) == {"ada": "admin", "eve": "editor"}


def test_what_is_no_address_is_said_before_anything_is_asked(team: Engine, enter: Callable[[str], AppTest]) -> None:
    app = ask(enter("ada"), "**vic**")
    assert "**vic** is no e-mail address. Write one such as ada@example.com." in said(app)
    assert "users-save" not in [button.key for button in app.button]


def test_markup_that_looks_like_an_address_is_none(team: Engine, enter: Callable[[str], AppTest]) -> None:
    app = ask(enter("ada"), "<b>vic@example.com")
    assert "<b>vic@example.com is no e-mail address. Write one such as ada@example.com." in said(app)
    assert "users-save" not in [button.key for button in app.button]


def test_a_role_that_was_once_given_to_what_is_no_address_can_be_taken(
    team: Engine, enter: Callable[[str], AppTest]
) -> None:
    odd = {"email": "<b>vic", "role": "viewer", "changed_by": "ops", "changed_at": AT.replace(tzinfo=None)}
    with writing(team) as connection:
        connection.execute(insert(users).values(odd))
    app = press(ask(enter("ada"), "<b>vic"), "users-remove")
    press(app, "users-remove-surely")
    assert roles(team) == {"ada": "admin", "eve": "editor"}


def test_who_is_no_admin_gets_nothing_of_the_page(team: Engine, enter: Callable[[str], AppTest]) -> None:
    app = enter("eve")
    assert [*app.selectbox, *app.dataframe] == []
    assert "may use the dashboard" not in said(app)


def test_who_was_an_admin_when_the_page_was_drawn_gives_no_role_after(
    team: Engine, enter: Callable[[str], AppTest]
) -> None:
    app = ask(enter("ada"), "vic@example.com")
    set_user(team, "eve@example.com", "admin", by="ops", at=AT)
    remove_user(team, "ada@example.com", by="ops", at=AT)
    press(app, "users-save")
    assert roles(team) == {"eve": "admin"}


def test_a_stranger_is_told_so_and_may_sign_out(team: Engine, enter: Callable[[str], AppTest]) -> None:
    app = enter("nob")
    assert said(app) == "You are signed in as nob@example.com, who has no role here. Ask an admin to add you."
    assert [button.label for button in app.button] == ["Sign out"]


def test_without_a_sign_in_the_page_says_that_roles_do_not_count_yet(store: Engine, open_page: OpenPage) -> None:
    app = open_page("users")
    assert "Nobody has a role yet." in said(app)
    assert "Nobody signs in here, so these roles count only once the sign-in is set up" in said(app)


def test_an_address_copied_from_a_page_is_the_one_that_is_meant(team: Engine, enter: Callable[[str], AppTest]) -> None:
    app = ask(enter("ada"), "eve@\u2060example.com")
    assert "no e-mail address" not in said(app)
    press(app, "users-remove")
    assert "eve@example.com will see nothing" in said(app)


def test_whose_role_was_taken_down_with_a_form_open_is_told_once(team: Engine, enter: Callable[[str], AppTest]) -> None:
    set_user(team, "vic@example.com", "admin", by="ops", at=AT)
    app = enter("vic")
    set_user(team, "vic@example.com", "viewer", by="ada", at=AT)
    told = "Your role here is now viewer; it was admin. What you had not saved was not saved."
    assert told in said(app.run())
    assert told not in said(app.run())


def test_who_signed_in_hears_of_a_store_that_is_away_without_its_address(
    team: Engine, enter: Callable[[str], AppTest], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    app = enter("ada")
    monkeypatch.setenv("BACKORDERS_DATABASE_URL", "sqlite:////nowhere/secret-place.db")
    words = said(app.run())
    assert "The store does not answer at the moment." in words
    assert "secret-place" not in words
    assert any("secret-place" in str(getattr(record, "facts", {}).get("reason")) for record in caplog.records)
