"""What somebody else saved is told to every open browser, and shown on a click without losing what is being typed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from data_access.engine import open_store, raise_revision, writing
from tests import stores
from tests.browser.conftest import NewAddress, Serve, Served, choose_row
from tests.browser.test_restock_dates_in_the_browser import enter_move
from tests.pages.companies import write_small_company
from tests.random_cases import IS_LONG

LOOK_EVERY = 1
NOTICE = "The data has changed: show it"
# The notice itself is drawn anew by every look, and greyed where that takes long; nothing else may be.
WATCH = """
() => {
  window.greyed = [];
  window.redrawn = [];
  const main = document.querySelector("[data-testid=stMain]");
  new MutationObserver(changes => changes.forEach(change => {
    const node = change.target;
    if (node.dataset.stale !== "true" || node.closest(".st-key-show-newer")) return;
    window.greyed.push(node.outerHTML.slice(0, 200));
  })).observe(main, { attributes: true, attributeFilter: ["data-stale"], subtree: true });
  const table = document.querySelector("[data-testid=stDataFrame]");
  new MutationObserver(changes => changes.forEach(change => window.redrawn.push(change.target.nodeName)))
    .observe(table, { childList: true, subtree: true });
  return true;
}
"""
# So long after a click [ms], the browser sends once more what it sent last by itself before it.
LOOK_ONCE_MORE = """
  const send = WebSocket.prototype.send;
  let last;
  WebSocket.prototype.send = function (message) {
    send.call(this, message);
    if (window.looksOnceMore !== undefined) {
      const look = last;
      setTimeout(() => { send.call(this, look); window.hasLooked = true; }, window.looksOnceMore);
    }
    window.looksOnceMore = undefined;
    last = message;
  };
"""


@pytest.fixture
def small(serve: Serve, new_address: NewAddress) -> Served:
    """The small company, whose open browsers look every second."""
    database_url = new_address()
    write_small_company(open_store(database_url))
    return serve(database_url, look_every=str(LOOK_EVERY))


def somebody_saves(served: Served) -> None:
    with writing(open_store(served.database_url)) as connection:
        raise_revision(connection)


def look_twice(page: Page) -> None:
    page.wait_for_timeout(2_500 * LOOK_EVERY)


def test_a_save_elsewhere_is_told_and_shown_on_a_click_with_filters_and_a_half_typed_note_kept(
    small: Served, page: Page
) -> None:
    page.goto(f"{small.url}/restock_dates?find=PO-1")
    enter_move(page, "PUMP", "20260319", "customs", lambda _, target: target.focus())
    notice = page.get_by_role("button", name=NOTICE)
    note = page.get_by_role("textbox", name="Note")
    note.focus()
    page.keyboard.type("They wait for ")
    watched = page.evaluate(WATCH)
    look_twice(page)
    assert watched
    expect(notice).to_have_count(0)

    somebody_saves(small)
    page.keyboard.type("a licence")
    expect(notice).to_be_visible(timeout=30_000)
    expect(note).to_be_focused()
    page.keyboard.type(", says Ines")
    assert page.evaluate("window.greyed") == []
    assert page.evaluate("window.redrawn") == []

    notice.click()
    expect(notice).to_have_count(0)
    expect(note).to_have_value("They wait for a licence, says Ines")
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("PO-1")
    expect(page.get_by_role("spinbutton", name="day, New restock date")).to_have_text("19")
    with writing(open_store(small.database_url)) as connection:  # somebody else's save is under way: this one waits
        raise_revision(connection)
        page.get_by_role("button", name="Save 1 change").click()
        expect(page.get_by_text("Saving ...")).to_be_visible()
    expect(page.get_by_text("Saved 1 change.")).to_be_visible()
    look_twice(page)
    expect(notice).to_have_count(0)  # nobody is told of one's own save


@pytest.mark.long
@pytest.mark.parametrize("width", [800, 1440] if IS_LONG else [800])
def test_who_has_scrolled_down_to_the_form_sees_that_the_data_has_changed_and_loses_nothing_by_the_click(
    small: Served, page: Page, width: int
) -> None:
    page.goto(f"{small.url}/restock_dates")
    enter_move(page, "PUMP", "20260319", "customs", lambda _, target: target.focus())
    page.set_viewport_size({"width": width, "height": 600})
    note = page.get_by_role("textbox", name="Note")
    note.fill("They wait for a licence")
    page.keyboard.press("Tab")
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, main.scrollHeight)")
    expect(page.get_by_role("heading", level=1)).not_to_be_in_viewport()

    somebody_saves(small)
    notice = page.get_by_role("button", name=NOTICE)
    expect(notice).to_be_in_viewport(ratio=1)
    ends = page.locator(".stMainBlockContainer :is(button, input, p, [data-testid=stDataFrame]):visible")
    lowest = max(box["y"] + box["height"] for each in ends.all() if (box := each.bounding_box()) and not told(each))
    assert lowest <= (notice.bounding_box() or {"y": 0.0})["y"]

    notice.click()
    expect(notice).to_have_count(0)
    expect(note).to_have_value("They wait for a licence")
    page.get_by_role("button", name="Save 1 change").click()
    expect(page.get_by_text("Saved 1 change.")).to_be_visible()


def told(element: Locator) -> bool:
    """Whether it is of the notice itself."""
    return bool(element.evaluate("element => element.closest('.st-key-told-live') !== null"))


@pytest.mark.long
@pytest.mark.parametrize("after", [0, 1_500] if IS_LONG else [1_500])
def test_the_page_that_a_row_leads_to_is_not_cleared_by_a_look_under_the_page_that_was_left(
    small: Served, page: Page, after: int
) -> None:
    """The browser names the page that it shows until it hears of the new one: during the run, or after it."""
    page.add_init_script(LOOK_ONCE_MORE)
    page.goto(f"{small.url}/aging")
    page.get_by_role("radiogroup", name=re.compile("at least those of")).get_by_text("4-7").click()
    table = page.get_by_test_id("stDataFrame").first
    expect(table).to_be_visible()
    look_twice(page)
    page.evaluate(f"window.looksOnceMore = {after}")
    choose_row(table)
    expect(page).to_have_url(re.compile(r"/open_backorders\?.*line=SO-"))
    page.wait_for_timeout(after + 1_500)  # the page was cleared once its first run had ended
    assert page.evaluate("window.hasLooked")
    expect(page.get_by_role("heading", level=3)).to_contain_text("Order SO-", timeout=5_000)


def test_a_page_that_a_store_that_was_away_has_stopped_goes_on_by_itself_with_what_was_typed(
    small: Served, page: Page
) -> None:
    page.goto(f"{small.url}/restock_dates?find=PO-1")
    enter_move(page, "PUMP", "20260319", "customs", lambda _, target: target.focus())
    page.get_by_role("textbox", name="Note").fill("They wait for a licence")
    with stores.away(small.database_url):
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Try again")).to_be_visible()
        look_twice(page)
        expect(page.get_by_role("button", name="Try again")).to_be_visible()
    expect(page.get_by_role("button", name="Save 1 change")).to_be_enabled(timeout=20_000)
    expect(page.get_by_role("textbox", name="Note")).to_have_value("They wait for a licence")
    expect(page.get_by_role("spinbutton", name="day, New restock date")).to_have_text("19")
    expect(page).to_have_url(re.compile("/restock_dates"))


def test_after_a_restart_of_the_server_nothing_seems_chosen_and_it_is_told_what_is_gone(
    small: Served, serve: Serve, page: Page
) -> None:
    page.goto(f"{small.url}/restock_dates")
    told = page.get_by_text("The dashboard was started anew")
    table = page.get_by_test_id("stDataFrame").first
    expect(table).to_be_visible()
    choose_row(table)
    chosen = table.locator("tr[aria-selected=true]")
    expect(page.get_by_role("heading", name="Move 1 line")).to_be_visible()
    expect(chosen).not_to_have_count(0)
    look_twice(page)
    expect(told).to_have_count(0)  # on a first visit

    serve(small.database_url, port=int(small.url.rpartition(":")[2]), look_every=str(LOOK_EVERY))
    expect(told).to_be_visible()
    expect(page.get_by_role("heading", name="Move 1 line")).to_have_count(0)
    expect(chosen).to_have_count(0)
    look_twice(page)
    page.get_by_role("button", name="Close").click()
    expect(told).to_have_count(0)
    look_twice(page)
    expect(told).to_have_count(0)
