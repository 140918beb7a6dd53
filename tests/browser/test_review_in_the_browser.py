"""A review from its opening to its close and the one a week later, by the keyboard alone."""

from __future__ import annotations

import re
from datetime import date

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import update

from data_access import schema
from data_access.decisions import decisions
from data_access.engine import open_store, raise_revision, writing
from data_access.reviews import reviews
from data_access.snapshots import snapshot_of, snapshots
from tests.browser.conftest import NewAddress, Serve, is_drawn
from tests.pages.reviewed import KEPT_DAY, a_week_passes, write_kept_company

TODAY, NEXT_WEEK = date(2026, 3, 16), date(2026, 3, 23)


def tab_to(page: Page, target: Locator, most: int = 90) -> None:
    """Press Tab until the target has the focus."""
    expect(target).to_be_visible()
    for _ in range(most):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail("the keyboard does not reach it")


def sentence(page: Page, told: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(told))


def test_a_review_is_held_by_keyboard_alone_and_a_week_later_its_decision_is_there(
    serve: Serve, new_address: NewAddress, page: Page
) -> None:
    database_url = new_address()
    store = open_store(database_url)
    write_kept_company(store)
    a_week_passes(store)
    served = serve(database_url)

    page.goto(f"{served.url}/review")
    sentence(page, "^Backordered stayed at 4 lines: 1 new, 1 covered by receipts")
    expect(page.get_by_role("button", name="Open the review")).to_be_visible()
    is_drawn(page)
    page.keyboard.press("o")
    expect(page.get_by_text(re.compile("^Review of today opened by"))).to_be_visible()
    expect(page.get_by_text("The state of today is kept.")).to_be_visible(timeout=60_000)
    assert [each.snapshot_date for each in snapshots(store)] == [KEPT_DAY, TODAY]

    page.keyboard.press("n")
    sentence(page, "^Backordered: 4 lines on 2026-03-09, 4 now; 180 EUR then, 140 EUR now")
    expect(page.locator("path[aria-roledescription='bar'][aria-label*='covered by receipts']").first).to_be_visible()
    tab_to(page, page.get_by_role("radio", name="new orders"))
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="cancelled")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Cancelled: 0 lines, \u22121 units, \u221210 EUR, on 1 line")).to_be_visible()
    tab_to(page, page.get_by_role("combobox", name=re.compile("^(Line|Choose or type)")))
    page.keyboard.type("SO-10")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="SO-10/1 on Open backorders")).to_be_visible()

    tab_to(page, page.get_by_role("button", name="Decide", exact=True))
    page.keyboard.press("Enter")
    text = page.get_by_role("textbox", name="What is to be done")
    tab_to(page, text)
    page.keyboard.press("Control+A")
    page.keyboard.type("Buy the clamps elsewhere")
    tab_to(page, page.get_by_role("combobox", name=re.compile("Who sees to it")))
    page.keyboard.type("Ines")
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_test_id("stFormSubmitButton").get_by_role("button", name="Decide"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Decided: Buy the clamps elsewhere (Ines, due 2026-03-23)")).to_be_visible()

    page.keyboard.press("6")
    sentence(page, "^1 decision made today; 1 is open")
    expect(page.get_by_role("button", name="Close the review")).to_be_visible()
    page.keyboard.press("x")
    expect(page.get_by_text(re.compile("^Closed by"))).to_be_visible()
    # The day is kept again, beside the server, so that it tells what was decided: till then nothing else may change.
    closed = reviews(store)[-1].closed_at
    for _ in range(600):
        kept = snapshot_of(store, TODAY)
        if closed is not None and kept is not None and kept.taken_at >= closed:
            break
        page.wait_for_timeout(100)
    else:
        pytest.fail("The day was not kept again.")
    [review] = reviews(store)
    assert (review.review_date, review.compared_date, review.is_closed) == (TODAY, KEPT_DAY, True)

    with writing(store) as connection:  # the clamps were bought: they are on the shelf
        line = schema.order_lines
        connection.execute(update(line).where(line.c.order_id == "SO-10").values(shipped_qty=2_000))
        raise_revision(connection)
    later = serve(database_url, today=NEXT_WEEK.isoformat())
    page.goto(f"{later.url}/review")
    sentence(page, "^Backordered went from 4 to 3 lines: 1 shipped")
    is_drawn(page)
    page.keyboard.press("4")
    sentence(page, "^1 decision is due")
    expect(page.get_by_text("Buy the clamps elsewhere").first).to_be_visible()
    expect(
        page.get_by_text(
            re.compile("without a date then; nothing of it is open now. Backordered: 20 EUR then, 0 EUR now")
        )
    ).to_be_visible()
    expect(page.get_by_role("button", name="Done")).to_be_visible()
    page.keyboard.press("d")
    sentence(page, "^Each decision from before is settled")
    assert decisions(store)["state"].tolist() == ["done"]


def test_a_bar_that_is_chosen_opens_its_lines(serve: Serve, new_address: NewAddress, page: Page) -> None:
    database_url = new_address()
    write_kept_company(open_store(database_url))
    a_week_passes(open_store(database_url))
    page.goto(f"{serve(database_url).url}/review?point=2&part=open&in=units")
    page.locator("path[aria-roledescription='bar'][aria-label*='shipped']").first.click()
    expect(page.get_by_text("Shipped: \u22121 line, \u221210 units, \u2212100 EUR, on 1 line")).to_be_visible()
    expect(page).to_have_url(re.compile("step=shipped"))


def test_large_type_writes_charts_and_tables_larger_too(serve: Serve, new_address: NewAddress, page: Page) -> None:
    database_url = new_address()
    write_kept_company(open_store(database_url))
    a_week_passes(open_store(database_url))
    url = serve(database_url).url
    sizes = {}
    for wall in ("", "&wall=1"):
        page.goto(f"{url}/review?point=2{wall}")
        label = page.locator("svg text", has_text="new orders").first
        expect(label).to_be_visible()
        sizes[wall] = [
            float(element.evaluate("each => parseFloat(getComputedStyle(each).fontSize)"))
            for element in (label, page.get_by_role("heading", level=1))
        ]
    assert all(large > 1.2 * usual for large, usual in zip(sizes["&wall=1"], sizes[""], strict=True))


def test_what_is_decided_in_the_review_is_told_once_below_its_line_which_keeps_its_width(
    serve: Serve, new_address: NewAddress, page: Page
) -> None:
    database_url = new_address()
    write_kept_company(open_store(database_url))
    page.goto(f"{serve(database_url).url}/review?point=5")
    item = page.get_by_test_id("stMarkdown").filter(has_text=re.compile("^SO-10/1 Old Mill"))
    expect(item).to_be_visible()
    before = item.bounding_box()
    page.get_by_role("button", name="Decide", exact=True).first.click()
    page.get_by_role("textbox", name="What is to be done").fill("Buy the clamps elsewhere")
    page.get_by_role("combobox", name=re.compile("Who sees to it")).focus()
    page.keyboard.type("Ines")
    page.keyboard.press("Enter")
    page.get_by_test_id("stFormSubmitButton").get_by_role("button", name="Decide").click()
    decided = page.get_by_text(re.compile("Decided.*: Buy the clamps elsewhere"))
    expect(decided.first).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    after, told = item.bounding_box(), decided.first.bounding_box()
    assert decided.count() == 1
    assert before is not None
    assert after is not None
    assert told is not None
    assert (after["width"], after["y"]) == (before["width"], before["y"])
    assert told["y"] > after["y"] + after["height"]

    page.get_by_role("button", name="Undo").click()
    expect(decided).to_have_count(0)
