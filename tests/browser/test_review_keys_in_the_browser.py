"""The keys of the review: one press is one act, and none while a dialog is open."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from dashboard.domain.decided import Draft
from data_access.decisions import add_decision, decisions
from data_access.engine import open_store
from tests.browser.conftest import NewAddress, Serve, Served, is_drawn
from tests.conftest import TODAY
from tests.pages.companies import write_small_company

FIRST, SECOND, THIRD = texts = ["Call number 1", "Call number 2", "Call number 3"]
REPEATS, EVERY = 20, 33
"""A key that is held repeats so often, so many milliseconds apart."""


@pytest.fixture
def due(serve: Serve, new_address: NewAddress) -> Served:
    """A company with three decisions that are due."""
    database_url = new_address()
    store = open_store(database_url)
    write_small_company(store)
    at = datetime(2026, 3, 9, 9, 30, tzinfo=UTC)
    for text in texts:
        add_decision(store, Draft(text, "bo", TODAY), None, by="ada", at=at, today=at.date())
    return serve(database_url)


def states(store: Engine) -> dict[str, str]:
    kept = decisions(store)
    return dict(zip(kept["text"], kept["state"], strict=True))


def open_change(page: Page, served: Served, number: int) -> None:
    page.goto(f"{served.url}/review?point=4")
    page.locator(f".st-key-due-{number}-change").get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    is_drawn(page)


def test_a_key_of_the_page_settles_nothing_behind_an_open_dialog(due: Served, page: Page) -> None:
    """The first decision became done while the third was being changed."""
    store = open_store(due.database_url)
    open_change(page, due, 3)
    text = page.get_by_role("textbox", name="What is to be done")
    text.fill("Call the driver")
    save = page.get_by_role("dialog").get_by_role("button", name="Save")
    save.focus()
    for key in ("d", "l", "x", "5", "n"):
        page.keyboard.press(key)
    page.get_by_role("dialog").get_by_role("heading").click()
    page.keyboard.press("x")
    is_drawn(page)
    expect(text).to_have_value("Call the driver")
    assert states(store) == {FIRST: "open", SECOND: "open", THIRD: "open"}

    save.focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert states(store) == {FIRST: "open", SECOND: "open", "Call the driver": "open"}
    is_drawn(page)
    page.keyboard.press("d")
    expect(page.get_by_text(f"Done: {FIRST}")).to_be_visible()
    assert states(store) == {FIRST: "done", SECOND: "open", "Call the driver": "open"}


def test_a_key_of_the_page_leads_nowhere_from_an_open_dialog(due: Served, page: Page) -> None:
    """The page went to the next point, and what was typed was lost."""
    page.goto(f"{due.url}/review?point=5")
    page.get_by_role("button", name="Decide", exact=True).first.click()
    text = page.get_by_role("textbox", name="What is to be done")
    text.fill("Buy the clamps elsewhere")
    page.get_by_test_id("stFormSubmitButton").get_by_role("button", name="Decide").focus()
    page.keyboard.press("n")
    is_drawn(page)
    expect(text).to_have_value("Buy the clamps elsewhere")
    expect(page).to_have_url(re.compile("point=5"))


@pytest.mark.parametrize(("key", "state"), [("d", "done"), ("x", "dropped")])
def test_a_key_that_is_held_settles_one_decision(due: Served, page: Page, key: str, state: str) -> None:
    """All of them were settled, one after another."""
    store = open_store(due.database_url)
    page.goto(f"{due.url}/review?point=4")
    expect(page.get_by_role("button", name="Done").first).to_be_visible()
    is_drawn(page)
    page.keyboard.down(key)
    for _ in range(REPEATS):
        page.wait_for_timeout(EVERY)
        page.keyboard.down(key)
    page.keyboard.up(key)
    is_drawn(page)
    assert states(store) == {FIRST: state, SECOND: "open", THIRD: "open"}

    page.keyboard.press(key)  # the next press is the next decision
    is_drawn(page)
    assert states(store) == {FIRST: state, SECOND: state, THIRD: "open"}


def test_a_key_that_is_held_carries_one_decision_once(due: Served, page: Page) -> None:
    store = open_store(due.database_url)
    page.goto(f"{due.url}/review?point=4")
    expect(page.get_by_role("button", name="Done").first).to_be_visible()
    is_drawn(page)
    for _ in range(REPEATS):
        page.keyboard.down("l")
        page.wait_for_timeout(EVERY)
    page.keyboard.up("l")
    is_drawn(page)
    kept = decisions(store).set_index("text")["due_date"].dt.date.astype(str)
    assert kept.to_dict() == {FIRST: "2026-03-23", SECOND: "2026-03-16", THIRD: "2026-03-16"}
