"""Signing in with an OpenID Connect provider, and what a role keeps from whoever does not hold it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, select, update

from data_access import schema
from data_access.engine import data_revision, open_store, raise_revision, reading, writing
from data_access.users import remove_user, set_user
from tests.browser.conftest import ROLES, SECRETS, NewAddress, Serve, Served
from tests.browser.test_restock_dates_in_the_browser import enter_move
from tests.pages.companies import write_small_company
from tests.processes import free_port

AT = datetime(2026, 3, 16, 9, 30, tzinfo=UTC)
KEEP_SOCKETS = """
const Real = window.WebSocket;
window.sockets = [];
window.WebSocket = class extends Real { constructor(...given) { super(...given); window.sockets.push(this); } };
"""
SEND = "bytes => window.sockets.at(-1).send(new Uint8Array(bytes))"

SignIn = Callable[[str], Page]


@pytest.fixture(scope="module")
def team(serve: Serve, new_address: NewAddress, provider: str, tmp_path_factory: pytest.TempPathFactory) -> Served:
    """The small company, served to people who sign in."""
    folder: Path = tmp_path_factory.mktemp("team")
    database_url = new_address()
    store = open_store(database_url)
    write_small_company(store)
    for name, role in ROLES.items():
        set_user(store, f"{name}@example.com", role, by="ops", at=AT)
    port = free_port()
    secrets = folder / "secrets.toml"
    secrets.write_text(SECRETS.format(dashboard=f"http://127.0.0.1:{port}", provider=provider), encoding="utf-8")
    return serve(database_url, port, secrets_file=str(secrets))


@pytest.fixture
def store(team: Served) -> Engine:
    return open_store(team.database_url)


@pytest.fixture
def sign_in(browser: Browser, team: Served) -> Iterator[SignIn]:
    """Sign in, each person in a browser of one's own."""
    contexts = []

    def enter(name: str) -> Page:
        context = browser.new_context(viewport={"width": 1440, "height": 1000})
        contexts.append(context)
        context.add_init_script(KEEP_SOCKETS)
        page = context.new_page()
        page.goto(f"{team.url}/restock_dates")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to see the backorders.")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        return page

    yield enter
    for context in contexts:
        context.close()


def moved_by(store: Engine) -> list[str]:
    """Who made each move."""
    with reading(store) as connection:
        return list(connection.execute(select(schema.moves.c.moved_by).order_by(schema.moves.c.move_id)).scalars())


def revision(store: Engine) -> int:
    with reading(store) as connection:
        return data_revision(connection)


def as_before(store: Engine) -> None:
    """Take every manager's date away, as if nothing had been moved."""
    with writing(store) as connection:
        connection.execute(update(schema.po_lines).values(manual_restock_date=None))
        raise_revision(connection)


def restock_dates(page: Page, team: Served) -> None:
    page.goto(f"{team.url}/restock_dates")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("purchase-order line"))


def test_what_an_editors_browser_sends_saves_for_an_editor_and_never_for_a_viewer(
    team: Served, store: Engine, sign_in: SignIn
) -> None:
    eve = sign_in("eve")
    sent: list[bytes] = []
    eve.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(bytes(frame))))
    restock_dates(eve, team)
    enter_move(eve, "PUMP", "20260319", "customs", lambda _, target: target.focus())
    eve.get_by_role("button", name="Save 1 change").click()
    expect(eve.get_by_text("Saved 1 change.")).to_be_visible()
    assert moved_by(store) == ["eve@example.com"]
    eve.get_by_text("Moved by me").click()
    expect(eve.get_by_text("1 line of 3 fit the filters")).to_be_visible()
    as_before(store)

    vic = sign_in("vic")
    restock_dates(vic, team)
    expect(vic.get_by_role("combobox", name="Lines to move")).to_have_count(0)
    before = revision(store)
    repeat(vic, sent)
    assert (moved_by(store), revision(store)) == (["eve@example.com"], before)
    expect(vic.get_by_text("vic@\u2060example.com, viewer")).to_be_visible()
    vic.goto(f"{team.url}/users")
    expect(vic.get_by_role("heading", level=1)).to_have_text(re.compile("lines? late"))

    ben = sign_in("ben")
    restock_dates(ben, team)
    repeat(ben, sent)
    assert moved_by(store) == ["eve@example.com", "ben@example.com"]


def repeat(page: Page, sent: list[bytes]) -> None:
    """Send the same messages as if they came from this page's own widgets."""
    for message in sent:
        page.evaluate(SEND, list(message))
        page.wait_for_timeout(200)
        expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def test_a_removed_editor_saves_nothing_on_the_very_next_click_and_may_sign_out(
    team: Served, store: Engine, sign_in: SignIn
) -> None:
    as_before(store)
    set_user(store, "eve@example.com", "editor", by="ops", at=AT)
    eve = sign_in("eve")
    restock_dates(eve, team)
    enter_move(eve, "HOSE", "20260402", "customs", lambda _, target: target.focus())
    before = moved_by(store), revision(store)
    remove_user(store, "eve@example.com", by="ops", at=AT)
    eve.get_by_role("button", name="Save 1 change").click()
    expect(eve.get_by_text(re.compile("eve@.*who has no role here. Ask an admin to add you."))).to_be_visible()
    assert (moved_by(store), revision(store)) == before
    expect(eve.get_by_role("heading", level=1)).to_have_count(0)
    set_user(store, "eve@example.com", "editor", by="ops", at=AT)

    eve.get_by_role("button", name="Sign out").click()
    eve.wait_for_url(re.compile("end_session"))
    eve.goto(team.url)
    expect(eve.get_by_role("button", name="Sign in")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "told"),
    [("nob", "nob@.*who has no role here. Ask an admin"), ("liar", "no e-mail address that it vouches for")],
)
def test_a_stranger_and_an_address_nobody_vouches_for_are_told_so(
    team: Served, sign_in: SignIn, name: str, told: str
) -> None:
    page = sign_in(name)
    expect(page.get_by_text(re.compile(told))).to_be_visible()
    for link in ("Overview", "Data", "Users"):
        expect(page.get_by_role("link", name=link)).to_have_count(0)


def test_a_download_after_the_role_was_taken_says_so_beside_its_button(
    team: Served, store: Engine, sign_in: SignIn
) -> None:
    vic = sign_in("vic")
    vic.goto(f"{team.url}/open_backorders")
    button = vic.get_by_role("button", name="CSV", exact=True)
    with vic.expect_download():
        button.click()
    remove_user(store, "vic@example.com", by="ops", at=AT)
    button.click()
    expect(vic.get_by_text("who has no role here. Ask an admin")).to_be_visible()
    set_user(store, "vic@example.com", ROLES["vic"], by="ops", at=AT)
    with vic.expect_download():
        button.click()
    expect(vic.get_by_text("who has no role here")).to_be_hidden()
