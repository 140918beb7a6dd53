"""Who is at work, what each role may do, and that nobody does more: on every page and by every write."""

from __future__ import annotations

import ast
import getpass
import inspect
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from sqlalchemy import Engine
from streamlit import config
from streamlit.runtime.secrets import secrets_singleton
from streamlit.testing.v1 import AppTest

from dashboard import downloads, jobs, people, saving, sign_in
from dashboard import settings as real_settings
from dashboard.domain.decided import Draft, Link
from dashboard.domain.effects import effect_of
from dashboard.domain.errors import NotAllowedError, SettingsError
from dashboard.domain.plan import make_plan
from data_access.book import read_book
from data_access.changes import current_version
from data_access.reading import ReadOptions
from data_access.users import list_users, remove_user, set_user
from tests.conftest import TODAY
from tests.front_door import spare_repeated_work

MAY = {"viewer": {"viewer"}, "editor": {"viewer", "editor"}, "admin": {"viewer", "editor", "admin"}}
PAGES = sorted((real_settings.PROJECT_ROOT / "pages").glob("*.py"))
AT = datetime(2026, 3, 16, 9, 30, tzinfo=UTC)
ADA = {"is_logged_in": True, "email": "Ada@Example.com", "email_verified": True}
SECRETS = """
[auth]
redirect_uri = "https://backorders.example.com/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
client_id = "backorders"
client_secret = "secret"
server_metadata_url = "https://id.example.com/.well-known/openid-configuration"
"""


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    """Whether people sign in is asked once per program: here, once per test."""
    ask, files = people.has_sign_in, config.get_option("secrets.files")
    ask.cache_clear()
    yield
    ask.cache_clear()
    config.set_option("secrets.files", files)
    secrets_singleton._reset()


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> Callable[..., None]:
    """People sign in, and this one did, with these claims."""

    def let_in(**claims: Any) -> None:
        monkeypatch.setattr(people, "has_sign_in", lambda: True)
        monkeypatch.setattr(st, "user", claims)

    return let_in


def give(engine: Engine, email: str, role: str) -> None:
    set_user(engine, email, role, by="ops", at=AT)


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


def test_who_signs_in_has_the_role_of_the_table_at_every_moment(signed_in: Callable[..., None], engine: Engine) -> None:
    signed_in(**ADA)
    with pytest.raises(NotAllowedError, match=r"signed in as ada@example.com, who has no role here. Ask an admin"):
        people.signed_in()
    give(engine, "ada@example.com", "admin")
    assert people.signed_in() == people.Person("ada@example.com", "admin")
    give(engine, "ben@example.com", "admin")
    give(engine, "ada@example.com", "editor")
    assert people.require("editor") == people.Person("ada@example.com", "editor")
    remove_user(engine, "ada@example.com", by="ops", at=AT)
    assert people.known() is None


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": "false"},
        {"email_verified": None},
        {"email_verified": 1},
        {"email": ""},
        {"email": None},
        {"email": "ada"},
        {"is_logged_in": False},
    ],
)
def test_an_address_that_nobody_vouches_for_is_nobodys(
    signed_in: Callable[..., None], engine: Engine, claims: dict[str, Any]
) -> None:
    give(engine, "ada@example.com", "admin")
    signed_in(**ADA | claims)
    with pytest.raises(NotAllowedError, match=r"vouches for|Nobody is signed in"):
        people.signed_in()


def test_a_provider_that_never_says_so_may_be_trusted_by_a_setting_but_not_against_its_word(
    signed_in: Callable[..., None], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(engine, "ada@example.com", "viewer")
    monkeypatch.setenv("BACKORDERS_EMAIL_IS_VERIFIED", "yes")
    signed_in(is_logged_in=True, email="ada@example.com")
    assert people.signed_in().role == "viewer"
    signed_in(**ADA | {"email_verified": False})
    assert people.known() is None


def written(text: str) -> Path:
    """The file with the sign-in, in the present folder."""
    path = Path.cwd() / ".streamlit" / "secrets.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_sign_in_that_was_there_at_the_start_is_never_given_up() -> None:
    file = written(SECRETS)
    sign_in.set_up()
    assert people.has_sign_in()
    for ruin in (lambda: written("[auth"), lambda: written(""), file.unlink):
        ruin()
        secrets_singleton._reset()
        assert people.known() is None


def test_secrets_that_every_account_may_read_are_warned_of_without_their_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    file = written(SECRETS)
    for mode, warned in ((0o600, False), (0o640, False), (0o644, True)):
        caplog.clear()
        file.chmod(mode)
        sign_in.warn_where_open()
        assert (f"Run: chmod 600 {file}" in caplog.text) == warned
        assert "0123456789abcdef" not in caplog.text
    file.unlink()
    sign_in.warn_where_open()


HOME, ABROAD = "http://localhost:8501/oauth2callback", "https://backorders.example.com/oauth2callback"


@pytest.mark.parametrize(
    ("host", "way_back", "warned"),
    [("0.0.0.0", HOME, True), ("0.0.0.0", ABROAD, False), ("127.0.0.1", HOME, False), ("::1", HOME, False)],  # noqa: S104
)
def test_where_others_are_served_a_sign_in_that_leads_them_to_their_own_machine_is_warned_of(
    host: str, way_back: str, warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    written(SECRETS.replace(ABROAD, way_back))
    sign_in.set_up()
    sign_in.warn_where_it_leads_home(host)
    assert [record.getMessage() for record in caplog.records] == warned * [
        f"Nobody on another machine can sign in, unless by a tunnel: redirect_uri in secrets.toml is {way_back}, which "
        "leads each browser to its own machine. Write the address there that people type."
    ]


def test_nobody_is_warned_of_a_sign_in_that_is_none(caplog: pytest.LogCaptureFixture) -> None:
    sign_in.set_up()
    sign_in.warn_where_it_leads_home("0.0.0.0")  # noqa: S104 (what is tested)
    assert caplog.records == []


def test_a_file_that_cannot_be_read_stops_the_program_instead_of_opening_it() -> None:
    written("[auth\n")
    with pytest.raises(SettingsError, match="The file with the sign-in cannot be used"):
        sign_in.set_up()
    with pytest.raises(SettingsError):
        people.signed_in()


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('client_id = "backorders"', "", "lacks client_id"),
        (SECRETS, "auth = 'x'", "is no section but a single value"),
        ("[auth]", "[Auth]", r"holds no section \[auth\], so that nobody would have to sign in"),
        ("[auth]", "[other]", r"holds no section \[auth\]"),
        ("0123456789abcdef0123456789abcdef", "secret", "could be guessed"),
        ("/oauth2callback", "/", "does not end in /oauth2callback"),
        ("https://backorders", "http://backorders", "redirect_uri that does not begin with https"),
        ("https://id", "http://id", "server_metadata_url that does not begin with https"),
    ],
)
def test_a_sign_in_by_which_nobody_could_sign_in_safely_stops_the_program(old: str, new: str, why: str) -> None:
    written(SECRETS.replace(old, new))
    with pytest.raises(SettingsError, match=why):
        sign_in.set_up()


def test_a_named_file_that_is_not_there_stops_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKORDERS_SECRETS_FILE", "/nowhere/secrets.toml")
    with pytest.raises(SettingsError, match="There is no such file"):
        sign_in.set_up()


def test_a_file_in_a_folder_that_may_not_be_entered_stops_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", closed)
    monkeypatch.setenv("BACKORDERS_SECRETS_FILE", "/closed/secrets.toml")
    with pytest.raises(SettingsError, match=r"/closed/secrets.toml cannot be reached \(Permission denied\)"):
        real_settings.secrets_file()


def test_every_page_first_asks_for_a_role() -> None:
    for page in PAGES:
        program = ast.parse(page.read_text(encoding="utf-8"))
        first = next(node for node in program.body if isinstance(node, (ast.Expr, ast.Assign)) and _is_call(node))
        assert ast.unparse(first).removeprefix("person = ") == (
            f"people.require('{'admin' if page.stem == 'users' else 'viewer'}')"
        )


def _is_call(node: ast.Expr | ast.Assign) -> bool:
    return isinstance(node.value, ast.Call)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
@pytest.mark.parametrize("who", ["nobody", "a stranger"])
def test_a_page_alone_shows_nothing_to_who_has_no_role(
    page: Path, who: str, company: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    spare_repeated_work(monkeypatch)
    monkeypatch.setattr(people, "has_sign_in", lambda: True)
    app = AppTest.from_file(str(page), default_timeout=20)
    app.user = ADA if who == "a stranger" else {"is_logged_in": False}
    app.run()
    assert [element.type for element in app.main.children.values()] == ["exception"]


def a_move(engine: Engine) -> tuple[Any, Any]:
    plan = make_plan(read_book(engine, TODAY), real_settings.priority_rule())
    return [], effect_of(plan, [])


def writes(engine: Engine) -> dict[str, tuple[str, Callable[[], object]]]:
    """Every function of saving: the role it needs, and a call."""
    nothing, effect = a_move(engine)
    csv = b"supplier_id,name\nS-9,Northgate\n"
    asked = {"dry_run": False, "partial": False, "complete": False}
    return {
        "import_upload": (
            "editor", lambda: saving.import_upload("suppliers", csv, "suppliers.csv", ReadOptions(), **asked)
        ),
        "save_changes": ("editor", lambda: saving.save_changes(nothing, "form", effect)),
        "save_promises": ("editor", lambda: saving.save_promises(nothing, "form", effect)),
        "promises_back": ("editor", lambda: saving.promises_back("b")),
        "way_back": ("editor", lambda: saving.way_back("b")),
        "fill_with_demo": ("editor", saving.fill_with_demo),
        "give_role": ("admin", lambda: saving.give_role("vic@example.com", "admin")),
        "take_role": ("admin", lambda: saving.take_role("ada@example.com")),
        "decide": ("editor", lambda: saving.decide(Draft("Call Northgate", "eve", None, "", Link()))),
        "change_decision": ("editor", lambda: saving.change_decision(1, 1, state="done")),
        "open_review": ("editor", lambda: saving.open_review(None)),
        "close_review": ("editor", lambda: saving.close_review(1)),
        "keep_today": ("editor", saving.keep_today),
    }  # fmt: skip


def test_every_write_needs_its_role_and_without_it_nothing_is_written(
    company: Engine, signed_in: Callable[..., None]
) -> None:
    give(company, "ada@example.com", "admin")
    give(company, "eve@example.com", "editor")
    give(company, "vic@example.com", "viewer")
    calls = writes(company)
    assert set(calls) == _functions_of(saving)

    def is_let(email: str, write: Callable[[], object]) -> bool:
        signed_in(is_logged_in=bool(email), email=email, email_verified=True)
        before = current_version(company), list_users(company).to_dict()
        with pytest.raises(NotAllowedError):
            write()
        return (current_version(company), list_users(company).to_dict()) != before

    for needed, write in calls.values():
        refused = ["", "zoe@example.com", "vic@example.com", *(["eve@example.com"] if needed == "admin" else [])]
        assert not any(is_let(email, write) for email in refused)


def test_a_role_that_is_taken_while_a_write_waits_is_none(
    company: Engine, signed_in: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the check before a write and the write itself there may be the time of another's write."""
    give(company, "ada@example.com", "admin")
    ask = people.require

    def taken_meanwhile(role: str) -> people.Person:
        person = ask(role)
        remove_user(company, "eve@example.com", by="ops", at=AT)
        return person

    monkeypatch.setattr(people, "require", taken_meanwhile)
    signed_in(is_logged_in=True, email="eve@example.com", email_verified=True)
    for name, (role, write) in writes(company).items():
        if name.endswith("back") or name == "keep_today":  # which only read, or begin at once
            continue
        give(company, "eve@example.com", role)
        before = current_version(company)
        with pytest.raises(NotAllowedError, match="no role"):
            write()
        assert current_version(company) == before
        assert list_users(company)["email"].tolist() == ["ada@example.com"]


def test_today_is_kept_in_the_name_of_who_asked(
    company: Engine, signed_in: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    give(company, "ada@example.com", "editor")
    signed_in(**ADA)
    started: list[list[str]] = []
    monkeypatch.setattr(jobs, "start", lambda _, arguments, *__: started.append(arguments))
    saving.keep_today()
    assert started == [["snapshot", "--by=ada@example.com"]]


def _functions_of(module: Any) -> set[str]:
    return {
        name
        for name, member in inspect.getmembers(module, inspect.isfunction)
        if member.__module__ == module.__name__ and not name.startswith("_")
    }


def test_no_page_writes_but_through_saving() -> None:
    """No other module that pages are made of names a function of the store that writes, or a module that holds one."""
    writing = {"save_changes", "save_promises", "import_readings", "write_demo", "set_user", "remove_user", "writing"}
    writing |= {"write_transaction", "copy_store", "upgrade", "moving", "promising", "imports", "demo", "users"}
    writing |= {"engine", "copying", "upgrading", "take_snapshot"}
    of_the_command_line = {"__main__.py", "team_commands.py", "review_commands.py", "saving.py"}
    folder = real_settings.PROJECT_ROOT / "dashboard"
    for path in [*folder.glob("*.py"), *PAGES]:
        if path.name in of_the_command_line:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("data_access"):
                assert not {name.name for name in node.names} & writing, path.name
            if isinstance(node, ast.Import):
                assert not any(name.name.startswith("data_access") for name in node.names), path.name


def test_a_file_is_made_for_nobody_whose_role_was_taken_meanwhile(
    company: Engine, signed_in: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    give(company, "ada@example.com", "viewer")
    signed_in(**ADA)
    offered: list[Callable[[], bytes]] = []
    monkeypatch.setattr(st, "download_button", lambda *_, data, **__: offered.append(data))
    monkeypatch.setattr(st, "fragment", lambda draw: draw)
    downloads.offer("suppliers", lambda: list_users(company), key="k", formats=("csv",))
    monkeypatch.setattr(st, "user", {})  # a file is made outside a browser's run, which knows nobody
    assert b"ada@example.com" in offered[0]()
    remove_user(company, "ada@example.com", by="ops", at=AT)
    with pytest.raises(NotAllowedError, match="no role"):
        offered[0]()
