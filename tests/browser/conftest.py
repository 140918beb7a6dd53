"""A real server and a real browser. Skips where no Chromium is found, unless BACKORDERS_TEST_NEEDS_BROWSER is set.

The stores are in SQLite, or in PostgreSQL where BACKORDERS_TEST_BROWSERS_ON=postgresql: make long does that.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from data_access.demo import write_demo
from data_access.engine import open_store
from tests import postgres, stores
from tests.conftest import TODAY
from tests.processes import Program, free_port

ROOT = Path(__file__).resolve().parents[2]
IDLE = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "MediaRouter", "OptimizationHints", "PaintHolding")
"""Parts of the browser that no page shows and that are made for each window, in a quarter of its time."""
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    f"--disable-features={','.join(IDLE)}",
    "--host-resolver-rules=MAP *.example.com 127.0.0.1",
]
DATABASE = os.environ.get("BACKORDERS_TEST_BROWSERS_ON", stores.SQLITE)
STARTING_SECONDS = 40
POLICY = "Content Security Policy"
ROLES = {"ada": "admin", "eve": "editor", "ben": "editor", "vic": "viewer"}
"""Who has which role, where people sign in; the identity provider knows these and two more."""
SECRETS = """
[auth]
redirect_uri = "{dashboard}/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
client_id = "backorders"
client_secret = "secret"
server_metadata_url = "{provider}/.well-known/openid-configuration"
"""
expect.set_options(timeout=60_000)  # a busy machine is no fault of the page


@dataclass(frozen=True)
class Served:
    """A dashboard that runs: its address and its store's."""

    url: str
    database_url: str


Serve = Callable[..., Served]
NewAddress = Callable[[], str]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        if os.environ.get("BACKORDERS_TEST_NEEDS_BROWSER"):
            pytest.fail("no Chromium is installed, and BACKORDERS_TEST_NEEDS_BROWSER asks for it")
        pytest.skip("no Chromium is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Start dashboards over given stores, at a port that is taken in the place of that one; all stop at the end."""
    running: dict[int, Program] = {}
    folder = tmp_path_factory.mktemp("served")

    def start(database_url: str, port: int | None = None, **settings: str) -> Served:
        port = port or free_port()
        surroundings = {"BACKORDERS_DATABASE_URL": database_url, "BACKORDERS_TODAY": TODAY.isoformat()}
        surroundings |= {f"BACKORDERS_{name.upper()}": value for name, value in settings.items()}
        words = ["serve", "--port", str(port)]
        if port in running:
            running[port].kill()
        running[port] = Program(words, ROOT, os.environ | surroundings, folder / f"told-{port}.txt")
        served = Served(f"http://127.0.0.1:{port}", database_url)
        wait_for(served.url)
        return served

    yield start
    for program in running.values():
        program.kill()


@pytest.fixture(scope="session")
def new_address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewAddress]:
    """The addresses of stores that are not there yet, in the database that is chosen for this run."""
    with ExitStack() as kept:
        server = request.getfixturevalue("postgres_server") if DATABASE == stores.POSTGRESQL else ""

        def make() -> str:
            if DATABASE == stores.POSTGRESQL:
                return kept.enter_context(postgres.database(server))
            return f"sqlite:///{tmp_path_factory.mktemp('store') / 'store.db'}"

        yield make


@pytest.fixture(scope="session")
def demo(serve: Serve, new_address: NewAddress) -> Served:
    """The demo company, served; tests that write take a store of their own."""
    database_url = new_address()
    write_demo(open_store(database_url), TODAY)
    return serve(database_url)


@pytest.fixture(scope="session")
def provider() -> Iterator[str]:
    """An identity provider that knows everybody here, and one whose address it does not vouch for."""
    known = [{"sub": name, "email": f"{name}@Example.com", "email_verified": True} for name in (*ROLES, "nob")]
    known.append({"sub": "liar", "email": "ada@example.com", "email_verified": False})
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    for person in known:
        command += ["--user-claims", json.dumps(person)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(f"http://127.0.0.1:{port}", "/.well-known/openid-configuration")
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


@contextmanager
def window(browser: Browser, **options: Any) -> Iterator[Page]:
    """A fresh browser window; a script error on a page fails the test, and so does what the server's policy refuses."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, accept_downloads=True, **options)
    context.set_default_timeout(60_000)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda told: errors.append(told.text) if POLICY in told.text else None)
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with window(browser) as page:
        yield page


def choose_row(table: Locator) -> None:
    """Choose the first row of a table by its box, once the page is drawn: a table that gives way loses the click."""
    expect(table.page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    table.click(position={"x": 18, "y": 47})


def is_drawn(page: Page) -> None:
    """Wait until a page is drawn and hears its keys, which Streamlit lets it some 0.3 s later."""
    page.wait_for_timeout(1_500)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def wait_for(url: str, path: str = "/healthz") -> None:
    """Wait until a server answers."""
    until = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < until:
        try:
            with urlopen(f"{url}{path}") as answer:  # noqa: S310, an address of ours
                if answer.status == 200:
                    return
        except (URLError, ConnectionError):
            time.sleep(0.2)
    pytest.fail(f"{url} did not answer within {STARTING_SECONDS} s")
