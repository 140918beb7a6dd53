"""Clicks that follow each other fast, as people make them: all are done, and a double click counts once."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine, select

from dashboard.domain.decided import Draft
from data_access import schema
from data_access.decisions import add_decision, decisions
from data_access.engine import open_store, reading
from data_access.users import list_users
from tests.browser.conftest import NewAddress, Serve, Served
from tests.browser.test_restock_dates_in_the_browser import enter_move, moves_to
from tests.conftest import TODAY
from tests.pages.companies import PROMISE, write_small_company
from tests.random_cases import IS_LONG

PAUSES = (0, 150) if IS_LONG else (150,)
"""Between the two clicks of a double click [ms]."""
SLOW_PAUSES = (0, 150, 250, 600) if IS_LONG else (250,)
"""The same, where the page may by then show something else at that place."""
BEFORE_LEAVING = ((60, "20260323"), (150, "20260324")) if IS_LONG else ((60, "20260323"),)
"""Between "Save" and the click on another page [ms], with a day for each."""
only_long = pytest.mark.skipif(not IS_LONG, reason="make test clicks on some of what saves, make long on all of it")


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


def promises(engine: Engine) -> list[tuple[object, ...]]:
    """The history of promises: of which line, from which day to which."""
    change = schema.promise_changes.c
    columns = (change.order_id, change.line_no, change.from_date, change.to_date)
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(change.change_id))]


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


@only_long
@pytest.mark.long
@pytest.mark.parametrize("pause", PAUSES)
def test_promises_are_saved_once_and_taken_back_once(small: Served, page: Page, pause: int) -> None:
    store = open_store(small.database_url)
    before = promises(store)
    page.goto(f"{small.url}/promises")
    button(page, "^Choose all").click()
    double_click(page, button(page, "^Save 1 promise"), pause)
    expect(page.get_by_text("Saved 1 promise.")).to_be_visible()
    double_click(page, button(page, "^Undo"), pause)
    double_click(page, button(page, "^Take 1 promise back"), pause)
    expect(page.get_by_text("Took 1 promise back.")).to_be_visible()
    page.keyboard.press("Escape")  # the second click may come upon a filter, whose open list hides the rest
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^1 line will miss its promise"))
    comes = date(2026, 3, 30)
    assert promises(store) == [*before, ("SO-1", "2", PROMISE, comes), ("SO-1", "2", comes, PROMISE)]


@only_long
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
    double_click(page, page.get_by_role("button", name="Open again").last, pause)
    expect(page.get_by_text("Nothing was saved")).to_have_count(0)
    page.get_by_role("button", name="Drop", exact=True).last.click()  # the next one finds none of it
    expect(page.get_by_text(f"Dropped: {text}")).to_be_visible()
    kept = decisions(store)
    [mine] = kept[kept["text"] == text].to_dict("records")
    assert (mine["state"], mine["due_date"].date(), mine["version"]) == ("dropped", date(2026, 3, 30), 5)


@pytest.fixture(scope="module")
def due(serve: Serve, new_address: NewAddress) -> Served:
    """A company with many decisions that are due, each read in the review."""
    database_url = new_address()
    store = open_store(database_url)
    write_small_company(store)
    at = datetime(2026, 3, 9, 9, 30, tzinfo=UTC)
    for number in range(1, 17):  # four for each pause of make long
        draft = Draft(f"Call number {number}", "bo", TODAY)
        add_decision(store, draft, None, by="ada", at=at, today=at.date())
    return serve(database_url)


@pytest.mark.long
@pytest.mark.parametrize("pause", SLOW_PAUSES)
def test_in_the_review_one_decision_is_carried_and_one_settled_by_a_double_click_each(
    due: Served, page: Page, pause: int
) -> None:
    """The card went among those due later: the second click of 250 ms came upon the next decision's "Carry to"."""
    store = open_store(due.database_url)
    before = decisions(store).set_index("decision_id")
    carried, done, dropped, *_ = before.index[(before["state"] == "open") & (before["version"] == 1)]
    page.goto(f"{due.url}/review?point=4")
    for number, press in ((carried, "carry"), (done, "done"), (dropped, "drop")):
        target = page.locator(f".st-key-due-{number}-{press}").get_by_role("button")
        double_click(page, target, pause)
        expect(target).to_be_disabled()
        expect(page.get_by_text("Nothing was saved")).to_have_count(0)
    double_click(page, page.locator(f".st-key-due-{dropped}-again").get_by_role("button"), pause)
    expect(page.get_by_text("Nothing was saved")).to_have_count(0)
    now = decisions(store).set_index("decision_id")
    times = now["version"] - before["version"]
    assert times[times > 0].to_dict() == {carried: 1, done: 1, dropped: 2}
    assert now.loc[[carried, done, dropped], "state"].tolist() == ["open", "done", "open"]
    assert now.loc[carried, "due_date"].date() == date(2026, 3, 23)


@only_long
@pytest.mark.long
@pytest.mark.parametrize("pause", SLOW_PAUSES)
def test_in_the_review_a_double_click_opens_one_decision_again(due: Served, page: Page, pause: int) -> None:
    store = open_store(due.database_url)
    page.goto(f"{due.url}/review?point=4")
    done = int(decisions(store).set_index("decision_id").query("state == 'open' and version == 1").index[0])
    page.locator(f".st-key-due-{done}-done").get_by_role("button").click()
    again = page.locator(f".st-key-due-{done}-again").get_by_role("button")
    expect(again).to_be_visible()
    before = decisions(store).set_index("decision_id")
    double_click(page, again, pause)
    expect(page.get_by_text("Nothing was saved")).to_have_count(0)
    now = decisions(store).set_index("decision_id")
    times = now["version"] - before["version"]
    assert times[times > 0].to_dict() == {done: 1}
    assert now.loc[done, "state"] == "open"


@only_long
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


@pytest.mark.long
@pytest.mark.parametrize(("pause", "day"), BEFORE_LEAVING)
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
