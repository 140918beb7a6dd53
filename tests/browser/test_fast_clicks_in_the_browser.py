"""Clicks that follow each other fast, as people make them: all are done, and a double click counts once."""

from __future__ import annotations

import re
from datetime import date

import pytest
from playwright.sync_api import Locator, Page, expect

from data_access.decisions import decisions
from data_access.engine import open_store
from data_access.users import list_users
from tests.browser.conftest import NewAddress, Serve, Served
from tests.browser.test_restock_dates_in_the_browser import enter_move, moves_to
from tests.pages.companies import write_small_company
from tests.random_cases import IS_LONG

PAUSES = (0, 150) if IS_LONG else (150,)
"""Between the two clicks of a double click [ms]."""


@pytest.fixture(scope="module")
def small(serve: Serve, new_address: NewAddress) -> Served:
    """The small company of the page tests, served for all of this module."""
    database_url = new_address()
    write_small_company(open_store(database_url))
    return serve(database_url)


def is_drawn(page: Page) -> None:
    page.wait_for_timeout(1_500)  # also what a double click began last
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def double_click(page: Page, target: Locator, pause: int) -> None:
    """Click twice at the place where the target stands at first. pause: between both clicks [ms]."""
    expect(target).to_be_enabled()
    is_drawn(page)
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    assert box is not None
    at = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.click(*at)
    page.wait_for_timeout(pause)
    page.mouse.click(*at)
    is_drawn(page)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=re.compile(name))


@pytest.mark.long
@pytest.mark.parametrize("pause", PAUSES)
def test_a_move_is_saved_once_and_begun_to_be_moved_back_once(small: Served, page: Page, pause: int) -> None:
    store = open_store(small.database_url)
    before = moves_to(store)
    page.goto(f"{small.url}/restock_dates")
    enter_move(page, "PUMP", "20260319", "customs", lambda _, target: target.focus())
    double_click(page, button(page, "^Save 1 change"), pause)
    expect(page.get_by_text("Saved 1 change.")).to_be_visible()
    double_click(page, button(page, "^Undo"), pause)
    double_click(page, button(page, "^Move 1 line back"), pause)
    expect(page.get_by_text("Moved 1 line back.")).to_be_visible()
    assert moves_to(store) == [*before, date(2026, 3, 19), date(2026, 3, 30)]


@pytest.mark.long
@pytest.mark.parametrize("pause", PAUSES)
def test_promises_are_saved_once_and_taken_back_once(small: Served, page: Page, pause: int) -> None:
    page.goto(f"{small.url}/promises")
    button(page, "^Choose all").click()
    double_click(page, button(page, "^Save 1 promise"), pause)
    expect(page.get_by_text("Saved 1 promise.")).to_be_visible()
    double_click(page, button(page, "^Undo"), pause)
    double_click(page, button(page, "^Take 1 promise back"), pause)
    expect(page.get_by_text("Took 1 promise back.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^1 line will miss its promise"))


@pytest.mark.long
@pytest.mark.parametrize("pause", PAUSES)
def test_a_decision_is_made_carried_settled_and_opened_again_once_each(small: Served, page: Page, pause: int) -> None:
    store = open_store(small.database_url)
    text = f"Buy elsewhere {pause}"
    page.goto(f"{small.url}/customers?customer=C-2")
    page.get_by_role("button", name="Decide", exact=True).click()
    page.get_by_role("textbox", name="What is to be done").fill(text)
    page.get_by_role("combobox", name=re.compile("Who sees to it")).focus()
    page.keyboard.type("Ines")
    page.keyboard.press("Enter")
    double_click(page, page.get_by_test_id("stFormSubmitButton").get_by_role("button", name="Decide"), pause)
    expect(page.get_by_text(f"Decided: {text}")).to_be_visible()

    double_click(page, button(page, "^Carry to").last, pause)
    expect(button(page, "^Carried to 2026-03-30")).to_be_disabled()
    double_click(page, page.get_by_role("button", name="Done", exact=True).last, pause)
    expect(page.get_by_text(f"Done: {text}")).to_be_visible()
    double_click(page, button(page, "^Undo"), pause)
    expect(page.get_by_text("Nothing was saved")).to_have_count(0)
    page.get_by_role("button", name="Drop", exact=True).last.click()  # the next one finds none of it
    expect(page.get_by_text(f"Dropped: {text}")).to_be_visible()
    kept = decisions(store)
    [mine] = kept[kept["text"] == text].to_dict("records")
    assert (mine["state"], mine["due_date"].date(), mine["version"]) == ("dropped", date(2026, 3, 30), 5)


@pytest.mark.long
@pytest.mark.parametrize("pause", PAUSES)
def test_a_role_is_given_once_and_taken_only_after_a_second_word(small: Served, page: Page, pause: int) -> None:
    page.goto(f"{small.url}/users")
    email = f"ada{pause}@example.com"
    for name in ("Save role", "Remove"):
        page.get_by_role("combobox", name=re.compile("Person")).focus()
        page.keyboard.type(email)
        page.keyboard.press("Enter")
        double_click(page, page.get_by_role("button", name=name, exact=True), pause)
    expect(button(page, f"^Remove {email[:3]}")).to_be_visible()
    assert email in set(list_users(open_store(small.database_url))["email"])


@pytest.mark.parametrize(("pause", "day"), [(60, "20260323"), (150, "20260324")])
def test_who_saves_and_leaves_for_another_page_at_once_has_saved(
    small: Served, page: Page, pause: int, day: str
) -> None:
    """The click on "Save" was lost where the one on the menu came before the page had come to the saving.

    Nobody comes from one to the other in under 60 ms; the browser itself then tells of them in any order.
    """
    store = open_store(small.database_url)
    before = moves_to(store)
    page.goto(f"{small.url}/restock_dates")
    enter_move(page, "PUMP", day, "customs", lambda _, target: target.focus())
    is_drawn(page)
    page.get_by_role("textbox", name="Note").focus()
    page.keyboard.type("papers")
    targets = button(page, "^Save 1 change"), page.get_by_role("link", name="Promises", exact=True)
    for place in [target.bounding_box() for target in targets]:
        assert place is not None
        page.mouse.click(place["x"] + 20, place["y"] + 10)
        page.wait_for_timeout(pause)

    expect(page).to_have_url(re.compile("/promises"))
    is_drawn(page)
    assert moves_to(store) == [*before, date.fromisoformat(day)]
