"""The entry script: the menu, who is at work, and the frame around every page."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

sys.path[:0] = [root for root in [str(Path(__file__).resolve().parent.parent)] if root not in sys.path]

import streamlit as st  # noqa: E402

from dashboard import messages, people, settings  # noqa: E402
from dashboard.domain.errors import BackordersError  # noqa: E402
from dashboard.messages import plain  # noqa: E402

# Rows stand closer and pages are wider than Streamlit sets them: these are pages of tables.
LOOK = """
<style>
.stMainBlockContainer { padding: 3.6rem 2rem 2rem 2rem; }
</style>
"""
PAGES = settings.PROJECT_ROOT / "pages"


def main() -> None:
    """Draw the frame, then the page that was asked for."""
    st.set_page_config(page_title="Backorders", layout="wide")
    page = st.navigation(
        [
            st.Page(PAGES / "overview.py", title="Overview", default=True),
            st.Page(PAGES / "aging.py", title="Aging"),
            st.Page(PAGES / "open_backorders.py", title="Open backorders"),
            st.Page(PAGES / "customers.py", title="Customers"),
            st.Page(PAGES / "suppliers.py", title="Suppliers"),
            st.Page(PAGES / "restock_dates.py", title="Restock dates"),
            st.Page(PAGES / "promises.py", title="Promises"),
            st.Page(PAGES / "history.py", title="History"),
            st.Page(PAGES / "data.py", title="Data"),
        ],
        position="top",
    )
    try:
        _frame()
        messages.show_queued()
        page.run()
    except BackordersError as error:
        messages.show_error(error)
    except Exception:
        logging.getLogger(__name__).exception("A page failed")
        st.warning("This page could not be made; the reason is in the server's log. Reload the page.")


def _frame() -> None:
    """Above every page: whose figures, of which day, for whom."""
    person = people.signed_in()
    st.html(LOOK)
    company = [plain(settings.company())] if settings.company() else []
    told = [*company, f"figures of {messages.day(settings.today())}", f"{plain(person.name)}, {person.role}"]
    st.caption(" · ".join(told), text_alignment="right")


main()
