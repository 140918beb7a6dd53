"""Moving a restock date as people do: by the keyboard alone, and two at the same line."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine, select

from data_access import schema
from data_access.engine import open_store, raise_revision, reading, writing
from tests.browser.conftest import NewAddress, Serve, Served, choose_row
from tests.pages.companies import write_small_company


@pytest.fixture
def small(serve: Serve, new_address: NewAddress) -> Served:
    """The small company of the page tests, served."""
    database_url = new_address()
    write_small_company(open_store(database_url))
    return serve(database_url, look_every="2")


def moves_to(engine: Engine) -> list[date | None]:
    with reading(engine) as connection:
        return list(connection.execute(select(schema.moves.c.to_date).order_by(schema.moves.c.move_id)).scalars())


def tab_to(page: Page, target: Locator, most: int = 60) -> None:
    """Press Tab until the target has the focus."""
    for _ in range(most):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail("the keyboard does not reach it")


def enter_move(page: Page, sku: str, day: str, reason: str, reach: Callable[[Page, Locator], None]) -> None:
    """Choose the line of a SKU, type its date and its reason; the effect is on screen then."""
    reach(page, page.get_by_role("combobox", name="Lines to move"))
    page.keyboard.type(sku)
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")  # the list hides the rest of the page
    expect(page.get_by_role("heading", name="Move 1 line")).to_be_visible()
    reach(page, page.get_by_role("spinbutton", name="year, New restock date"))
    page.keyboard.type(day)
    page.keyboard.press("Escape")
    expect(page.get_by_text("Choose a reason, then save.")).to_be_visible()
    reach(page, page.get_by_role("combobox", name=re.compile("Reason")))
    page.keyboard.type(reason)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Save 1 change")).to_be_enabled()


def test_by_keyboard_alone_a_line_is_chosen_moved_looked_at_saved_and_moved_back(small: Served, page: Page) -> None:
    store = open_store(small.database_url)
    page.goto(f"{small.url}/restock_dates")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("1 purchase-order line has no date"))
    enter_move(page, "PUMP", "20260319", "customs", tab_to)
    expect(page.get_by_text("1 order line of 1 customer is affected: 1 becomes on time.")).to_be_visible()
    assert moves_to(store) == []

    tab_to(page, page.get_by_role("button", name="Save 1 change"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved 1 change.")).to_be_visible()
    assert moves_to(store) == [date(2026, 3, 19)]

    tab_to(page, page.get_by_role("button", name="Undo"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 becomes late")).to_be_visible()
    tab_to(page, page.get_by_role("button", name="Move 1 line back"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Moved 1 line back.")).to_be_visible()
    assert moves_to(store) == [date(2026, 3, 19), date(2026, 3, 30)]


def type_into(page: Page, row: int, day: str) -> None:
    """Type a date into the table of new dates, in the row of this number, 0 for the first."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    table = page.get_by_test_id("stDataFrame").nth(1)
    table.click(position={"x": 60, "y": 47 + 30 * row})
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator("input[type=date]").fill(day)
    page.keyboard.press("Enter")


def has_typed(page: Page, *days: str) -> None:
    """Wait until just these dates stand in the table of new dates, row by row."""
    cells = page.get_by_test_id("stDataFrame").nth(1).locator("tbody tr[role=row] td[aria-colindex='6']")
    expect(cells).to_have_text(list(days))


def test_typed_dates_stay_with_their_lines_whatever_is_chosen_filtered_or_saved_elsewhere(
    small: Served, page: Page
) -> None:
    store = open_store(small.database_url)
    page.goto(f"{small.url}/restock_dates")
    lines = page.get_by_test_id("stDataFrame").first
    choose_row(lines)
    page.get_by_text("Type dates").click()
    expect(page.get_by_text("Write the new dates beside the lines")).to_be_visible()
    type_into(page, 0, "2026-04-01")
    lines.click(position={"x": 18, "y": 77})  # at once: nobody waits for the page after typing
    expect(page.get_by_role("heading", name="Move 2 lines")).to_be_visible()
    has_typed(page, "2026-04-01", "")
    type_into(page, 1, "2026-04-02")

    page.get_by_role("searchbox", name="Search").fill("HOSE")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 line of 3 fit the filters")).to_be_visible()
    has_typed(page, "2026-04-01", "2026-04-02")
    with writing(store) as connection:
        raise_revision(connection)
    page.get_by_role("button", name="The data has changed: show it").click()
    expect(page.get_by_role("button", name="The data has changed: show it")).to_have_count(0)
    has_typed(page, "2026-04-01", "2026-04-02")

    page.get_by_role("combobox", name=re.compile("Reason")).focus()
    page.keyboard.type("customs")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Save 2 changes").click()
    expect(page.get_by_text("Saved 2 changes.")).to_be_visible()
    assert moves_to(store) == [date(2026, 4, 1), date(2026, 4, 2)]


def test_of_two_who_move_the_same_line_the_second_is_refused_and_told(small: Served, page: Page) -> None:
    store = open_store(small.database_url)
    second = page.context.new_page()
    for each, day in ((page, "20260319"), (second, "20260401")):
        each.goto(f"{small.url}/restock_dates")
        enter_move(each, "PUMP", day, "customs", lambda _, target: target.focus())

    page.get_by_role("button", name="Save 1 change").click()
    expect(page.get_by_text("Saved 1 change.")).to_be_visible()
    second.get_by_role("button", name="Save 1 change").click()
    expect(second.get_by_text(re.compile("moved PO-1/1 from 2026-03-30 to 2026-03-19"))).to_be_visible()
    assert moves_to(store) == [date(2026, 3, 19)]

    expect(second.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    second.get_by_role("button", name="Take the new state").click()
    expect(second.get_by_role("spinbutton", name="day, New restock date")).to_have_text("01")
    second.get_by_role("button", name="Save 1 change").click()
    expect(second.get_by_text("Saved 1 change.")).to_be_visible()
    assert moves_to(store) == [date(2026, 3, 19), date(2026, 4, 1)]


@pytest.mark.parametrize("view", ["", "?view=Planned+restocks"])
def test_the_note_on_data_problems_leads_to_them_from_any_view(small: Served, page: Page, view: str) -> None:
    page.goto(f"{small.url}/restock_dates{view}")
    page.get_by_role("link", name="See them").click()
    expect(page).to_have_url(f"{small.url}/data?show=Data+problems")
    expect(page.get_by_role("radio", name="Data problems")).to_be_checked()
    expect(page.get_by_text("Purchase-order lines without a restock date")).to_be_visible()
