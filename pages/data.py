"""Data: bring a company's own data, see what is doubtful in it, and what came before."""

from __future__ import annotations

import streamlit as st

from dashboard import as_of, as_of_views, importing, messages, people, problem_lists

VIEWS = {
    "Import a file": importing.show_import,
    problem_lists.VIEW: problem_lists.show_problems,
    "Past imports": importing.show_past_imports,
}

person = people.require("viewer")
messages.headline(problem_lists.sentence())
problem_lists.show_holdings()
first = next(iter(VIEWS)) if person.may("editor") else problem_lists.VIEW
# Not "view", as on Restock dates: a link from there would open what was chosen there.
view = st.segmented_control(
    "View", list(VIEWS), default=first, required=True, key="show", bind="query-params",
    label_visibility="collapsed",
)  # fmt: skip
if as_of.is_past() and view != problem_lists.VIEW:
    as_of_views.say_it_has_none("Imports")
else:
    VIEWS[view]()
