from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served

SENTENCE = re.compile(r"^\d+ customers at risk with [\d,]+ EUR; call .+ first\.$")


def customers_page(demo: Served, page: Page) -> None:
    page.goto(f"{demo.url}/customers")
    expect(page.get_by_role("heading", level=1)).to_have_text(SENTENCE)


def test_from_the_overview_to_a_customers_view_by_keyboard(demo: Served, page: Page) -> None:
    page.goto(demo.url)
    expect(page.get_by_role("heading", name="Customers to call")).to_be_visible()
    link = page.locator("a[href*='customers?customer=']").first
    name = link.inner_text()
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(rf"^{re.escape(name)}: .+ waiting\.$"))
    expect(page.get_by_role("heading", level=3).filter(has_text=name)).to_be_visible()
    expect(page.get_by_text(f"To: {name}")).to_be_visible()


def test_choosing_a_bubble_shows_the_customer_and_its_address_shows_it_again(demo: Served, page: Page) -> None:
    customers_page(demo, page)
    bubble = page.get_by_test_id("stVegaLiteChart").locator("path[aria-roledescription='point']").first
    expect(bubble).to_be_visible()
    bubble.click()
    expect(page).to_have_url(re.compile(r"/customers\?customer="))
    shown = page.get_by_text(re.compile(r"^To: ")).inner_text()
    page.goto("about:blank")
    page.go_back()
    expect(page.get_by_text(re.compile(r"^To: "))).to_have_text(shown)


def test_any_customer_is_found_by_typing_its_name(demo: Served, page: Page) -> None:
    customers_page(demo, page)
    search = page.get_by_role("combobox", name=re.compile("Customer"))
    search.focus()
    page.keyboard.type("C-1020")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"C-1020"))
    expect(page.get_by_text(re.compile("^Open orders"))).to_be_visible()


@pytest.mark.parametrize("width", [800, 1440])
def test_the_page_is_no_wider_than_the_window(demo: Served, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    customers_page(demo, page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
