"""The way in and out: the company's identity provider, through Streamlit's own sign-in."""

from __future__ import annotations

import streamlit as st

from dashboard import messages, people, settings


def ask() -> None:
    """What one sees who is not signed in: nothing of the company but its name."""
    messages.headline(f"{settings.company() or 'Backorders'}: sign in to see the backorders.")
    st.caption("Your company's own sign-in opens; the dashboard never sees your password.")
    st.button("Sign in", type="primary", on_click=st.login)


def offer_sign_out(key: str = "sign-out") -> None:
    """A way out for whoever came in by a sign-in."""
    if people.has_sign_in() and people.is_signed_in():
        st.button("Sign out", type="tertiary", on_click=st.logout, key=key)
