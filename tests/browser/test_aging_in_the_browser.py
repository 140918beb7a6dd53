from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Served, choose_row


def heading(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def test_two_clicks_lead_from_the_overview_to_the_lines_of_a_bar(demo: Served, page: Page) -> None:
    page.goto(demo.url)
    page.get_by_role("link", name="More on ages").first.click()
    heading(page, re.compile(r"open lines are older than 45 days"))
    part = page.get_by_test_id("stVegaLiteChart").first.locator("path[aria-label*='46+'][aria-label*='undated']")
    expect(part).to_be_visible()
    lines = re.findall(r"lines: ([\d,]+)", part.get_attribute("aria-label") or "")[0]
    part.click()
    heading(page, re.compile(rf"^{lines} lines? on "))
    expect(page).to_have_url(re.compile(r"/open_backorders\?state=undated&age=46%2B$"))


def test_the_others_of_a_bar_lead_to_their_lines(demo: Served, page: Page) -> None:
    page.goto(f"{demo.url}/aging?by=supplier")
    part = page.get_by_test_id("stVegaLiteChart").first.locator("path[aria-label*='46+'][aria-label*='others']")
    expect(part).to_be_visible()
    lines = re.findall(r"lines: ([\d,]+)", part.get_attribute("aria-label") or "")[0]
    part.click()
    heading(page, re.compile(rf"^{lines} lines? on "))


def test_the_keyboard_alone_leads_to_the_lines_of_a_bucket(demo: Served, page: Page) -> None:
    page.goto(demo.url)
    page.get_by_role("link", name="More on ages").first.focus()
    page.keyboard.press("Enter")
    heading(page, re.compile(r"^(\d+) of \d+ open lines are older than 45 days"))
    lines = page.get_by_role("heading", level=1).inner_text().split()[0]
    page.get_by_role("link", name="46+", exact=True).first.focus()
    page.keyboard.press("Enter")
    heading(page, re.compile(rf"^{lines} lines? on "))


def test_an_old_line_leads_to_why_it_waits(demo: Served, page: Page) -> None:
    page.goto(f"{demo.url}/aging")
    table = page.get_by_test_id("stDataFrame").first
    expect(table).to_be_visible()
    choose_row(table)
    expect(page).to_have_url(re.compile(r"/open_backorders\?.*line=SO-"))
    expect(page.get_by_role("heading", level=3)).to_contain_text("Order SO-")


def test_nothing_is_cut_off_in_width(demo: Served, page: Page) -> None:
    for width in (1440, 800):
        page.set_viewport_size({"width": width, "height": 1000})
        page.goto(f"{demo.url}/aging?by=supplier&in=money")
        expect(page.get_by_role("heading", name="The oldest and the most valuable old lines")).to_be_visible()
        main = page.get_by_test_id("stMain")
        assert main.evaluate("main => main.scrollWidth <= main.clientWidth"), width
