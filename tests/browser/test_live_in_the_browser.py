"""What somebody else saved is told to every open browser, and shown on a click without losing what is being typed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from data_access.engine import open_store, raise_revision, writing
from tests.browser.conftest import NewAddress, Serve, Served
from tests.browser.test_restock_dates_in_the_browser import enter_move
from tests.pages.companies import write_small_company

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
    page.get_by_role("button", name="Save 1 change").click()
    expect(page.get_by_text("Saved 1 change.")).to_be_visible()
    look_twice(page)
    expect(notice).to_have_count(0)  # nobody is told of one's own save
