from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Served


def test_the_page_opens_with_its_sentence_and_a_chart(demo: Served, page: Page) -> None:
    page.goto(f"{demo.url}/suppliers")

    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("getting worse; .*overdue"))
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(1)


def test_choosing_a_row_shows_the_suppliers_own_view_and_names_it_in_the_address(demo: Served, page: Page) -> None:
    page.goto(f"{demo.url}/suppliers")
    page.get_by_test_id("stDataFrame").first.click(position={"x": 18, "y": 47})

    expect(page).to_have_url(re.compile(r"supplier=S-"))
    expect(page.get_by_text("Still to come, and what hangs on it")).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2)
