"""The entry script: the menu, who is at work, and the frame around every page."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [root for root in [str(Path(__file__).resolve().parent.parent)] if root not in sys.path]

import streamlit as st  # noqa: E402
from streamlit.navigation.page import StreamlitPage as Page  # noqa: E402

from dashboard import events, live, messages, people, settings, sign_in, typed  # noqa: E402
from dashboard.domain.errors import BackordersError  # noqa: E402
from dashboard.messages import plain  # noqa: E402

# Rows stand closer and pages are wider than Streamlit sets them: these are pages of tables.
LOOK = """
<style>
.stMainBlockContainer { padding: 3.9rem 2rem 2rem 2rem; }
</style>
"""
PAGES = settings.PROJECT_ROOT / "pages"


MENU = {
    "overview.py": "Overview",
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
    try:
        page = _menu()
        events.on_page(page.url_path or "overview")
        if not people.is_signed_in():
            sign_in.ask()
            return
        events.by(people.name())
        _frame()
        messages.show_queued()
        page.run()
    except BackordersError as error:
        events.stopped(error)
        typed.keep()
        messages.show_error(error)
        sign_in.offer_sign_out(key="sign-out-below")
    except Exception as error:
        events.stopped(error)
        typed.keep()
        st.warning("This page could not be made; the reason is in the server's log. Reload the page.")


def _menu() -> Page:
    """Every page that the person at work may see; the address of another one leads to the first."""
    person = people.known()
    shown = MENU | FOR_ADMINS if person and person.may("admin") else MENU
    pages = [st.Page(PAGES / file, title=title, default=file == "overview.py") for file, title in shown.items()]
    return st.navigation(pages, position="top" if person else "hidden")


def _frame() -> None:
    """Above every page: whose figures, of which day, for whom."""
    person = people.require("viewer")
    sign_in.note(person)
    company = [plain(settings.company())] if settings.company() else []
    told = [*company, f"figures of {messages.day(settings.today())}", f"{plain(person.name)}, {person.role}"]
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        live.watch()
        st.caption(" · ".join(told), text_alignment="right")
        sign_in.offer_sign_out()


with events.page_run():
    main()
