from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from dashboard import tables
from tests.browser.conftest import Served, choose_row


def test_the_page_opens_with_its_sentence_and_a_chart(demo: Served, page: Page) -> None:
    page.goto(f"{demo.url}/suppliers")

    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("getting worse.*overdue"))
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(1)


def test_choosing_a_row_shows_the_suppliers_own_view_and_names_it_in_the_address(demo: Served, page: Page) -> None:
    page.set_viewport_size({"width": 800, "height": 500})
    page.goto(f"{demo.url}/suppliers")
    choose_row(page.get_by_test_id("stDataFrame").first)

    expect(page).to_have_url(re.compile(r"supplier=S-"))
    expect(page.get_by_role("heading", level=3).first).to_be_in_viewport()
    expect(page).to_have_title(re.compile(r"\(S-\d+\) · Suppliers"))
    expect(page.get_by_text("Still to come, and what hangs on it")).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2)


def test_from_the_overview_to_a_suppliers_view_in_one_click(demo: Served, page: Page) -> None:
    page.goto(demo.url)
    link = page.locator("a[href*='suppliers?supplier=']").first
    name = link.inner_text()
    link.click()

    expect(page.get_by_role("heading", level=3).filter(has_text=name)).to_be_visible()
    expect(page.get_by_text("Still to come, and what hangs on it")).to_be_visible()


def test_any_supplier_is_found_by_keyboard_alone(demo: Served, page: Page) -> None:
    page.goto(f"{demo.url}/suppliers")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("getting worse"))
    page.get_by_role("combobox", name=re.compile("Supplier")).focus()
    page.keyboard.type("S-103")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"supplier=S-103"))
    expect(page.get_by_role("heading", level=3).filter(has_text="(S-103")).to_be_visible()


def test_choosing_an_open_line_shows_its_order_lines_and_the_link_shows_the_suppliers(demo: Served, page: Page) -> None:
    page.goto(demo.url)
    page.locator("a[href*='suppliers?supplier=']").first.click()
    expect(page.get_by_text("Order lines that wait for all of these")).to_be_visible()
    choose_row(page.get_by_test_id("stDataFrame").nth(1))
    expect(page.get_by_text(re.compile("Order lines that wait for PO-"))).to_be_visible()
    link = page.get_by_role("link", name="Show the open backorders whose date this supplier decides")
    expect(link).to_have_count(1)  # while the page is drawn anew, the old one stands beside it
    link.click()

    expect(page).to_have_url(re.compile(r"open_backorders\?.*supplier="))
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()


@pytest.mark.parametrize("width", [800, 1440])
def test_nothing_of_the_sentence_or_the_search_is_outside_the_window(demo: Served, page: Page, width: int) -> None:
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{demo.url}/suppliers")
    sentence = page.get_by_role("heading", level=1)
    expect(sentence).to_have_text(re.compile("getting worse"))

    for part in (sentence, page.get_by_test_id("stSelectbox"), page.get_by_test_id("stDataFrame").first):
        expect(part).to_be_visible()
        box = part.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_browser_sorts_texts_of_numbers_as_the_numbers(page: Page) -> None:
    """By the comparison with which its tables sort texts."""
    numbers = [-120, -30, -29.5, -3, -2, 0, 0.5, 2, 9, 10, 99, 100]
    texts = [tables.as_number(number, f"{number:+g}" if number else "0") for number in numbers]
    told = page.evaluate("texts => texts.sort((one, other) => one.localeCompare(other))", ["no data", *texts[::-1]])
    assert told == [*texts, "no data"]
