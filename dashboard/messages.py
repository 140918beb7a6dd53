"""What is said on screen: figures in words, text from data made harmless, notices that survive a rerun."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime

import pandas as pd
import streamlit as st

from dashboard import people, settings
from dashboard.domain.errors import BackordersError, StoreBusyError, StoreError, StoreUnreachableError

NONE = "none"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$~:&@/])")
_ADDRESS = re.compile(r"(www(?=\.)|:(?=//)|@(?=\w))", re.IGNORECASE)
_JOINER = "\u2060"
_QUEUE = "notices"
STORE_AWAY = "The store does not answer at the moment. Whoever runs the dashboard finds the reason in its log."


def plain(text: object) -> str:
    """Text from data as Markdown that shows exactly that text: no markup, link, colour, formula or address in it.

    >>> plain(":red[x]")
    '\\\\:red\\\\[x\\\\]'
    """
    # Browsers look for addresses to link after the escapes are undone: a joiner without width hides them.
    told = _ADDRESS.sub(rf"\1{_JOINER}", " ".join(str(text).split()))
    return _MARKDOWN.sub(r"\\\1", told)


def count(number: float, singular: str, plural: str | None = None) -> str:
    """A number with its noun: "1 line", "1,204 lines"."""
    noun = singular if number == 1 else (plural or f"{singular}s")
    return f"{number:,.0f} {noun}"


def units(quantity: float) -> str:
    """A quantity [units] with as many decimals as it has, at most three: "1,204", "2.5"."""
    return f"{quantity:,.3f}".rstrip("0").rstrip(".")


def money(value: float) -> str:
    """An amount in the company's currency, without the cents that nobody decides by: "45,310 EUR"."""
    return f"{value:,.0f} {settings.currency()}"


def day(value: date | datetime | pd.Timestamp | None) -> str:
    """A day, written everywhere in the same way: "2026-03-16"; "none" where there is none."""
    return NONE if value is None or pd.isna(value) else f"{value:%Y-%m-%d}"


def listed(parts: Iterable[str]) -> str:
    """Parts as one reads them: "a, b and c"."""
    *most, last = list(parts) or [""]
    return f"{', '.join(most)} and {last}" if most else last


def names_apart(names: pd.Series, ids: pd.Series, among: pd.Series | None = None) -> pd.Series:
    """Names, with the id behind one that several bear, here or among all: "Acme (S-1)"."""
    texts, everybody = names.astype("str"), names if among is None else among
    is_shared = texts.isin(everybody[everybody.duplicated()])
    return texts.where(~is_shared, texts + " (" + ids.astype("str") + ")")


def say_after_rerun(text: str) -> None:
    """Queue a notice that must still be seen when the page runs again."""
    st.session_state.setdefault(_QUEUE, []).append(text)


def show_queued() -> None:
    """Show the queued notices, once."""
    for text in st.session_state.pop(_QUEUE, []):
        st.toast(text)


def in_words(error: BackordersError, *, tells_where: bool) -> str:
    """An error as plain text, where no page is under way that would say it; tells_where as in show_store_away."""
    if isinstance(error, StoreBusyError):
        return error.sentence_without_address
    return str(error) if tells_where or not isinstance(error, StoreError) else STORE_AWAY


def show_error(error: BackordersError) -> None:
    """An error as the sentence that it is, but for where the store is: a page whose store does not answer says less."""
    if isinstance(error, StoreUnreachableError):
        st.warning(plain(in_words(error, tells_where=not people.has_sign_in())))
    else:
        st.warning(plain(error.sentence_without_address if isinstance(error, StoreError) else error))


def show_store_away(error: StoreUnreachableError, *, tells_where: bool) -> None:
    """The store does not answer: what that means for what was typed, and the way on.

    tells_where: on one's own machine, where the store is and what its driver says; else that stands in the log alone.
    """
    st.warning(plain(in_words(error, tells_where=tells_where)))
    st.caption(
        "What was not saved yet is not saved, and what you typed is kept. Do not reload the browser: "
        "the page goes on by itself once the store answers."
    )
    st.button("Try again", type="primary", key="try-again")


def headline(sentence: str, how: str | None = None) -> None:
    """The sentence with which a page opens: what a manager would say; `how` its figures are made is its help text."""
    st.title(plain(sentence), anchor=False, help=how)


def show_nothing_open(*, is_empty_store: bool, has_order_lines: bool = True) -> None:
    """What to do where there is no open order line."""
    if is_empty_store or not has_order_lines:
        st.info(
            "Bring in your own data, or look around in the demo company: both on the page Data."
            if is_empty_store
            else "No order line has been brought in yet. Import them on the page Data."
        )
        st.page_link(settings.PROJECT_ROOT / "pages" / "data.py", label="Go to Data")
    else:
        st.info("Every order line is shipped or cancelled: nothing waits, and nothing is to be shipped.")
