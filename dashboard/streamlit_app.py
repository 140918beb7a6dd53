"""The entry script: the menu, who is at work, and the frame around every page."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

sys.path[:0] = [root for root in [str(Path(__file__).resolve().parent.parent)] if root not in sys.path]

import streamlit as st  # noqa: E402
from streamlit.navigation.page import StreamlitPage as Page  # noqa: E402

from dashboard import (  # noqa: E402
    as_of,
    as_of_views,
    callbacks,
    events,
    live,
    loading,
    messages,
    people,
    settings,
    sign_in,
    typed,
    versions,
)
from dashboard.domain.errors import BackordersError, StoreError, StoreUnreachableError  # noqa: E402
from dashboard.messages import plain  # noqa: E402

# Rows stand closer and pages are wider than Streamlit sets them: these are pages of tables. What becomes of the data
# meanwhile is told in a corner of the window, however far down one is; the end of a page can be scrolled above it.
LOOK = """
<style>
.stMainBlockContainer { padding: 3.9rem 2rem 4.5rem 2rem; }
.st-key-told-live {
  position: fixed; right: 1.5rem; bottom: 1rem; z-index: 99; width: auto; max-width: calc(100vw - 3rem);
  border-radius: 0.25rem; background: Canvas; box-shadow: 0 1px 6px rgb(0 0 0 / 30%);
}
.st-key-told-live:has([data-testid="stCaptionContainer"]) {
  padding: 0.4rem 0.8rem; border: 1px solid rgb(128 128 128 / 40%);
}
@media print { .st-key-told-live { display: none; } }
</style>
"""
PAGES = settings.PROJECT_ROOT / "pages"


MENU = {
    "overview.py": "Overview",
    "review.py": "Review",
    "aging.py": "Aging",
    "open_backorders.py": "Open backorders",
    "customers.py": "Customers",
    "suppliers.py": "Suppliers",
    "restock_dates.py": "Restock dates",
    "promises.py": "Promises",
    "history.py": "History",
    "data.py": "Data",
}
FOR_ADMINS = {"users.py": "Users"}


def main() -> None:
    """Draw the frame, then the page that was asked for; before that, whoever is unknown signs in."""
    st.set_page_config(page_title="Backorders", layout="wide")
    st.html(LOOK)
    live.greet()
    try:
        is_known = people.is_signed_in()
        if is_known:
            events.by(people.name())
        page = _menu()
        events.on_page(page.url_path or "overview")
        if not is_known:
            sign_in.ask()
            return
        as_of.carry()
        _frame()
        if as_of_views.show_banner():
            with as_of.looking_at(loading.snapshot()):
                messages.show_queued()
                _show(page)
    except StoreUnreachableError as error:
        events.stopped(error)
        typed.keep()
        messages.show_store_away(error, tells_where=not people.has_sign_in())
        live.go_on_once_it_is_back()
        sign_in.offer_sign_out(key="sign-out-below")
    except BackordersError as error:
        events.stopped(error)
        typed.keep()
        messages.show_error(error)
        sign_in.offer_sign_out(key="sign-out-below")
    except Exception as error:
        events.stopped(error)
        typed.keep()
        st.warning("This page could not be made; the reason is in the server's log. Reload the page.")


def _show(page: Page) -> None:
    """The page, but of a kept day only what it holds."""
    if as_of.is_past() and page.title in FOR_ADMINS.values():
        messages.headline(f"{page.title} are those of today.")
        as_of_views.say_it_has_none(page.title)
    else:
        page.run()


def _menu() -> Page:
    """Every page that the person at work may see; the address of another one leads to the first.

    Where the store cannot say what that is, no page is shown, and the browser stays at the address that it asked for.
    """
    try:
        person = people.known()
    except StoreError:
        events.on_page(_navigation(MENU | FOR_ADMINS, is_shown=False).url_path or "overview")
        raise
    shown = MENU | FOR_ADMINS if person and person.holds("admin") else MENU
    return _navigation(shown, is_shown=person is not None)


def _navigation(shown: Mapping[str, str], *, is_shown: bool) -> Page:
    pages = [st.Page(PAGES / file, title=title, default=file == "overview.py") for file, title in shown.items()]
    return st.navigation(pages, position="top" if is_shown else "hidden")


def _frame() -> None:
    """Above every page: whose figures, of which day, for whom."""
    person = people.require("viewer")
    sign_in.note(person)
    company = [plain(settings.company())] if settings.company() else []
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        live.watch()
        for each in company:
            st.caption(each, width="content")
        as_of_views.show_choice()
        st.caption(f"{plain(person.name)}, {person.role}", width="content")
        sign_in.offer_sign_out()
    sign_in.tell_of_another_role(person)


callbacks.let_end()
with events.page_run(), versions.one_run():
    main()
