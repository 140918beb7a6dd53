"""Users: who may use the dashboard and as what, for admins."""

from __future__ import annotations

import streamlit as st

from dashboard import as_of, as_of_views, messages, people, users_views

if as_of.is_past():
    messages.headline("Users are those of today.")
    as_of_views.say_it_has_none("Users")
    st.stop()
person = people.require("admin")
known = users_views.known()
messages.headline(users_views.sentence(known))
users_views.show(known)
users_views.ask(known, person)
