"""The users on the page: who holds which role, giving and taking roles. What may be done is checked in saving."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboard import downloads, loading, messages, people, saving, tables
from dashboard.domain.errors import BackordersError
from dashboard.messages import NONE, count, listed, plain
from data_access.users import NO_ROLE, ROLES, is_address, known_as, list_users, read_role_changes

COLUMNS = ("email", "role", "changed_by", "changed_at")
CHANGE_COLUMNS = ("changed_at", "email", "from_role", "to_role", "changed_by")
MAY = {
    "viewer": "sees every page and downloads what they show",
    "editor": "also moves dates, sets promises, imports files and decides",
    "admin": "also gives and takes roles",
}
WORD_JOINER = "\u2060"
"""What messages.plain puts into an address, which comes along where it is copied from a page."""
_ASKED, _TO_REMOVE = "users-asked", "users-to-remove"


def known() -> pd.DataFrame:
    """Everybody who has a role: one row per user by address."""
    return list_users(loading.store())


def sentence(users: pd.DataFrame) -> str:
    """How many may do what."""
    if users.empty:
        return "Nobody has a role yet."
    held = users["role"].value_counts()
    parts = [count(held[role], role) for role in reversed(ROLES) if role in held]
    return f"{count(len(users), 'person', 'people')} may use the dashboard: {listed(parts)}."


def show(users: pd.DataFrame) -> None:
    """The list, and whether roles count at present."""
    if not people.has_sign_in():
        st.info("Nobody signs in here, so these roles count only once the sign-in is set up: see docs/team.md.")
    if len(users):
        tables.show(users, COLUMNS, key="users", most=15, width="content")


def show_changes() -> None:
    """Every role that was given, changed or taken, latest first, and the same as a file."""
    changes = read_role_changes(loading.store())
    if changes.empty:
        return
    st.subheader("Changes of roles", anchor=False, help="Every role that was given, changed or taken: kept for ever.")
    latest_first = changes.iloc[::-1].replace({"from_role": {NO_ROLE: NONE}, "to_role": {NO_ROLE: NONE}})
    tables.show(latest_first, CHANGE_COLUMNS, key="role-changes", most=10, width="content")
    with st.container(horizontal=True):
        downloads.offer("role-changes", lambda: changes, key="role-changes-file", role="admin")


def ask(users: pd.DataFrame, admin: people.Person) -> None:
    """Whose role, and which; the person is chosen, or a new address typed."""
    roles = dict(zip(users["email"], users["role"], strict=True))
    chosen = st.selectbox(
        "Person", list(roles), index=None, accept_new_options=True, key=f"users-person-{_asked()}", width=420,
        filter_mode="contains", placeholder="Choose, or type a new e-mail address",
    )  # fmt: skip
    st.caption(" · ".join(f"**{role}** {may}" for role, may in MAY.items()))
    if chosen is None:
        return
    email = _meant(known_as(chosen.replace(WORD_JOINER, "")), list(roles))
    if email not in roles and not is_address(email):
        st.warning(f"{plain(chosen)} is no e-mail address. Write one such as ada@example.com.")
    else:
        is_leaving = st.session_state.get(_TO_REMOVE) == email
        _ask_role(email, roles.get(email), admin, is_leaving=is_leaving)
        if is_leaving:
            _confirm_removal(email, admin)


def _meant(typed: str, emails: list[str]) -> str:
    """What was typed, or the one known address of which it is a part: the box takes a part for a new address."""
    fitting = [email for email in emails if typed in email]
    return fitting[0] if len(fitting) == 1 and not is_address(typed) else typed


def _ask_role(email: str, held: str | None, admin: people.Person, *, is_leaving: bool) -> None:
    """is_leaving: the question whether to remove the person stands below, and not under a double click on "Remove"."""
    role = st.segmented_control(
        f"Role of {plain(email)}", ROLES, default=held or ROLES[0], required=True, key=f"users-role-{email}-{held}"
    )
    if email == admin.name and role != "admin":
        st.caption("This is you: you will see this page no more.")
    with st.container(horizontal=True):
        told = f"{email} is {role} from the next click on."
        if st.button("Save role", type="primary", key="users-save", disabled=role == held or is_leaving):
            _save(lambda: saving.give_role(email, role), told)
        if held is not None and st.button("Remove", key="users-remove", disabled=is_leaving):
            st.session_state[_TO_REMOVE] = email
            st.rerun()


def _confirm_removal(email: str, admin: people.Person) -> None:
    whom = "You" if email == admin.name else email
    st.warning(f"{plain(whom)} will see nothing and change nothing from the next click on. What was done stays.")
    with st.container(horizontal=True):
        if st.button(f"Remove {plain(email)}", type="primary", key="users-remove-surely"):
            del st.session_state[_TO_REMOVE]
            _save(lambda: saving.take_role(email), f"{email} has no role from the next click on.")
        if st.button("Keep", key="users-keep"):
            del st.session_state[_TO_REMOVE]
            st.rerun()


def _save(write: Callable[[], None], told: str) -> None:
    """Write, then draw the page anew with the list as it stands now; a refusal stays where it was asked for."""
    try:
        with st.spinner("Saving ..."):
            write()
    except BackordersError as error:
        messages.show_error(error)
        return
    messages.say_after_rerun(plain(told))
    st.session_state[_ASKED] = _asked() + 1
    st.rerun()


def _asked() -> int:
    """How many times a role was given or taken here: each time the question begins anew."""
    return int(st.session_state.get(_ASKED, 0))
