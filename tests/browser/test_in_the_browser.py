from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewAddress, Serve, Served, choose_row

ORDER_LINES = """\
order_id;line_no;customer_id;sku;ordered_date;promise_date;ordered_qty;unit_price
SO-1;1;C-1;VALVE;22.02.2026;20.03.2026;1.000,5;19,90
SO-1;2;C-1;PUMP;22.02.2026;20.03.2026;6;199,00
"""


def heading(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/", r"lines late, .* open lines are backordered\."),
        ("/open_backorders", r"\d+ lines on \d+ orders"),
        ("/data", r"kinds of data problems make figures doubtful"),
    ],
)
def test_a_bookmark_to_any_page_works_as_the_first_visit(demo: Served, page: Page, path: str, sentence: str) -> None:
    page.goto(demo.url + path)
    heading(page, re.compile(sentence))


def test_each_decision_leads_to_its_lines(demo: Served, page: Page) -> None:
    page.goto(demo.url)
    link = page.get_by_role("link", name=re.compile(r"^Show \d+ lines?$")).first
    lines = re.findall(r"\d+", link.inner_text())[0]
    link.click()
    heading(page, re.compile(rf"^{lines} lines? on "))
    expect(page).to_have_url(re.compile(r"/open_backorders\?state=uncovered$"))


def test_choosing_a_bar_leads_to_its_lines(demo: Served, page: Page) -> None:
    page.goto(demo.url)
    chart = page.get_by_test_id("stVegaLiteChart").first
    bars = chart.locator("path[aria-roledescription='bar']")
    late = chart.locator("path[aria-label*='late']").first
    expect(bars.first).to_be_visible()
    lines = re.findall(r"lines: (\d+)", late.get_attribute("aria-label") or "")[0]
    late.click()
    heading(page, re.compile(rf"^{lines} lines? on "))


def test_a_link_shows_the_same_lines_to_somebody_else(demo: Served, page: Page) -> None:
    page.goto(f"{demo.url}/open_backorders?state=late&sort=Most+days+late+first")
    first = page.get_by_role("heading", level=1)
    heading(page, re.compile(r"lines? on"))
    shown = first.inner_text()
    choose_row(page.get_by_test_id("stDataFrame").first)
    expect(page.get_by_role("heading", level=3)).to_contain_text("Order ")
    expect(page).to_have_url(re.compile(r"line=SO"))
    why = page.get_by_role("heading", level=3).inner_text()

    address = page.url
    page.goto("about:blank")
    page.goto(address)
    heading(page, shown)
    expect(page.get_by_role("heading", level=3)).to_have_text(why)
    expect(page.get_by_text(re.compile(r"days? late")).first).to_be_visible()


def test_what_an_address_asks_for_and_there_is_none_of_is_said(demo: Served, page: Page) -> None:
    page.goto(f"{demo.url}/open_backorders?state=banana&line=XX/9")
    heading(page, re.compile(r"lines on"))
    expect(page.get_by_text("Not known here: state “banana”. The other filters of the address count.")).to_be_visible()
    unknown = "No open order line “XX/9” is known. Choose a line to see why it waits."
    expect(page.get_by_text(unknown)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/open_backorders$"))


def test_filters_work_by_keyboard(demo: Served, page: Page) -> None:
    page.goto(f"{demo.url}/open_backorders")
    heading(page, re.compile(r"lines on"))
    search = page.get_by_role("searchbox", name="Search")
    search.focus()
    page.keyboard.type("no such thing")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No open order line fits these filters")).to_be_visible()
    page.get_by_role("button", name="Clear filters").focus()
    page.keyboard.press("Enter")
    heading(page, re.compile(r"lines on"))
    expect(page).to_have_url(re.compile(r"/open_backorders$"))


@pytest.mark.parametrize(("name", "read"), [("CSV", pd.read_csv), ("XLSX", partial(pd.read_excel, engine="openpyxl"))])
def test_what_is_filtered_can_be_downloaded(
    demo: Served, page: Page, name: str, read: Callable[[Path], pd.DataFrame]
) -> None:
    page.goto(f"{demo.url}/open_backorders?state=uncovered")
    heading(page, re.compile(r"lines? on"))
    lines = int(page.get_by_role("heading", level=1).inner_text().split()[0])
    with page.expect_download() as download:
        page.get_by_role("button", name=name, exact=True).click()
    assert download.value.suggested_filename == f"backlog-2026-03-16.{name.lower()}"
    rows = read(Path(download.value.path()))
    assert len(rows) == lines > 0
    assert set(rows["state"]) == {"uncovered"}


def test_a_double_click_on_a_download_gives_a_file_and_no_error(demo: Served, page: Page) -> None:
    page.goto(f"{demo.url}/open_backorders?state=uncovered")
    heading(page, re.compile(r"lines? on"))
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).dblclick()
    assert Path(download.value.path()).stat().st_size > 0
    expect(page.get_by_test_id("stDownloadButtonError")).to_have_count(0)
    with page.expect_download():
        page.get_by_role("button", name="CSV", exact=True).click()


def test_tables_offer_no_download_that_is_not_made_safe(demo: Served, page: Page) -> None:
    page.goto(f"{demo.url}/open_backorders")
    heading(page, re.compile(r"lines on"))
    page.get_by_test_id("stDataFrame").first.hover()
    expect(page.get_by_role("button", name="Fullscreen").first).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Download"))).to_have_count(0)


def test_an_empty_store_is_filled_with_a_file_that_was_looked_at_first(
    serve: Serve, new_address: NewAddress, page: Page, tmp_path: Path
) -> None:
    served = serve(new_address())
    file = tmp_path / "Aufträge.csv"
    file.write_text(ORDER_LINES, encoding="cp1252")
    page.goto(f"{served.url}/data?table=order+lines")
    heading(page, "The store is empty.")

    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("2 new rows, 0 changed, 0 unchanged and none refused")).to_be_visible()
    heading(page, "The store is empty.")
    page.get_by_role("button", name="Import 2 rows").click()
    expect(page.get_by_text("2 order lines")).to_be_visible()
    expect(page.get_by_text("Imported Aufträge.csv into order lines: 2 new, 0 changed, 0 closed.")).to_be_visible()

    page.get_by_role("link", name="Open backorders").click()
    heading(page, "2 lines on 1 order: 1,006.5 units, 21,104 EUR backordered.")


def test_a_file_with_a_bad_row_is_refused_with_the_reason(
    serve: Serve, new_address: NewAddress, page: Page, tmp_path: Path
) -> None:
    served = serve(new_address())
    file = tmp_path / "lines.csv"
    file.write_text(ORDER_LINES.replace(";6;", ";six;"), encoding="utf-8")
    page.goto(f"{served.url}/data?table=order+lines")
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("1 refused row", exact=True)).to_be_visible()
    expect(page.get_by_text("Nothing will be written while rows are refused")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Import"))).to_be_disabled()


def test_the_demo_company_comes_by_one_button(serve: Serve, new_address: NewAddress, page: Page) -> None:
    served = serve(new_address())
    page.goto(f"{served.url}/data")
    page.get_by_role("button", name="Fill with the demo company").click()
    sentence = page.get_by_role("heading", level=1)
    expect(sentence).to_have_text(re.compile(r"kinds of data problems"), timeout=180_000)  # eight weeks are kept too
