"""The agenda of the weekly review: its points, the way through them, and all that its address says.

The address is where every choice of the page stands, so that a link shows the same to somebody else. Who leaves for
another page and comes back through the menu finds the review as it was left.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard import keys
from dashboard.as_of import AS_OF
from dashboard.messages import count

POINT, WALL, CLOCK = "point", "wall", "time"
"""What stands in the address: the point of the agenda, large type, the time spent."""
ON = "1"
ROOT_PIXELS, USUAL_PIXELS = 19, 14
"""The letters' measure in large type, and as it is set for all pages."""
CLOCK_EVERY = 10
"""How often the time spent is told anew [seconds]."""
_KEPT, _SPENT, _SINCE = "review-address", "review-spent", "review-since"

LARGE_TYPE = f"""
<style>
html {{ font-size: {ROOT_PIXELS}px !important; }}
</style>
"""


def come_back() -> None:
    """Return to where the review was left, if its address says nothing; from then on keep what it says."""
    if not _said():
        for name, value in st.session_state.get(_KEPT, {}).items():
            st.query_params[name] = value
    st.query_params.setdefault(POINT, "1")
    _remember()


def show_points(titles: Sequence[str]) -> int:
    """Draw the agenda, and return the number of the point that the review is at, 1 for the first."""
    here = at(len(titles))
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="agenda"):
        for number, title in enumerate(titles, start=1):
            st.button(
                title, key=f"point-{number}", type="primary" if number == here else "secondary",
                shortcut=str(number), on_click=go, args=(number,),
            )  # fmt: skip
        st.button(
            "Previous", key="previous-point", type="tertiary", shortcut="P", disabled=here == 1, on_click=go,
            args=(here - 1,),
        )  # fmt: skip
        st.button(
            "Next", key="next-point", type="tertiary", shortcut="N", disabled=here == len(titles), on_click=go,
            args=(here + 1,),
        )  # fmt: skip
        keys.hold_back()
    return here


def at(points: int) -> int:
    """The point that the address asks for; the first where it names none."""
    asked = st.query_params.get(POINT, "")
    return int(asked) if asked.isascii() and asked.isdigit() and 1 <= int(asked) <= points else 1


def go(number: int) -> None:
    """Go to a point of the agenda."""
    keep(POINT, str(number))


def show_toggles() -> None:
    """Large type for a screen on the wall, and the time spent on each point."""
    if ask_toggle("Large type", WALL, "For a screen on the wall: everything is written larger."):
        st.html(LARGE_TYPE)
    is_timed = ask_toggle("Time", CLOCK, "Tell how long the review has been at this point, and in all, in this window.")
    if is_timed:
        with st.container(width="content"):
            st.fragment(_show_time, run_every=CLOCK_EVERY)()
    else:
        st.session_state.pop(_SINCE, None)
        st.session_state.pop(_SPENT, None)


def is_large() -> bool:
    """Whether large type is asked for."""
    return st.query_params.get(WALL) == ON


def wide(pixels: int) -> int:
    """A width that holds what stands in it also in large type [pixels]."""
    return round(pixels * ROOT_PIXELS / USUAL_PIXELS) if is_large() else pixels


def scaled(spec: dict[str, Any]) -> dict[str, Any]:
    """A chart's letters as large as those around it."""
    if not is_large():
        return spec
    size = wide(12)
    letters = {"axis": {"labelFontSize": size, "titleFontSize": size}, "text": {"fontSize": size}}
    return spec | {"config": letters | {"title": {"fontSize": size + 2}}}


def ask_toggle(label: str, name: str, how: str) -> bool:
    """Ask for yes or no, kept in the address."""
    key = f"review-{name}"
    st.session_state[key] = st.query_params.get(name) == ON
    return st.toggle(
        label, key=key, help=how, width="content",
        on_change=lambda: keep(name, ON if st.session_state[key] else None),
    )  # fmt: skip


def ask(label: str, name: str, options: Sequence[str], how: str | None = None) -> str:
    """Ask for one of the options, the first unless the address says another, kept in the address."""
    key = f"review-{name}"
    st.session_state[key] = chosen(name, options)
    return st.segmented_control(
        label, options, key=key, required=True, help=how, width="content",
        on_change=lambda: keep(name, st.session_state[key] if st.session_state[key] != options[0] else None),
    )  # fmt: skip


def ask_listed(label: str, name: str, labels: Mapping[str, str], how: str | None = None) -> str:
    """The same as a list that opens, of ids by what each is called; the first unless the address says another."""
    key, ids = f"review-{name}", list(labels)
    st.session_state[key] = chosen(name, ids)
    return st.selectbox(
        label, ids, key=key, format_func=lambda each: labels[each], help=how, width=wide(230),
        filter_mode="contains",
        on_change=lambda: keep(name, st.session_state[key] if st.session_state[key] != ids[0] else None),
    )  # fmt: skip


def ask_one_of(label: str, name: str, options: Sequence[str], forget: str | None = None) -> str | None:
    """Ask for one of the options or none, kept in the address. forget: what else no longer holds then."""
    key = f"review-{name}"
    st.session_state[key] = maybe_chosen(name, options)

    def follow() -> None:
        keep(name, st.session_state[key])
        if forget is not None:
            keep(forget, None)

    return st.pills(label, options, key=key, on_change=follow)


def ask_maybe(label: str, name: str, labels: Mapping[str, str], how: str | None = None) -> str | None:
    """Ask for one id or none, by what each is called, kept in the address."""
    key, ids = f"review-{name}", list(labels)
    st.session_state[key] = maybe_chosen(name, ids)
    return st.selectbox(
        label, ids, index=None, key=key, format_func=lambda each: labels[each], help=how, width=480,
        filter_mode="contains", placeholder="Choose or type", on_change=lambda: keep(name, st.session_state[key]),
    )  # fmt: skip


def maybe_chosen(name: str, options: Sequence[str]) -> str | None:
    """What the address says, if it is one of the options."""
    asked = st.query_params.get(name)
    return asked if asked in options else None


def chosen(name: str, options: Sequence[str]) -> str:
    """What the address says, if it is one of the options; else the first."""
    asked = st.query_params.get(name, options[0])
    return asked if asked in options else options[0]


def keep(name: str, value: str | None) -> None:
    """Put a choice into the address; None takes it out."""
    if value is None:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value
    _remember()


def _remember() -> None:
    st.session_state[_KEPT] = _said()


def _said() -> dict[str, str]:
    """What the address says of this page: the day that is looked at is none of its own."""
    return {name: value for name, value in st.query_params.to_dict().items() if name != AS_OF}


def _show_time() -> None:
    """Runs alone, without the page: nothing that is being typed is touched."""
    spent: dict[str, float] = st.session_state.setdefault(_SPENT, {})
    now, point = time.monotonic(), st.query_params.get(POINT, "1")
    was_at, since = st.session_state.get(_SINCE, (point, now))
    spent[was_at] = spent.get(was_at, 0.0) + now - since
    st.session_state[_SINCE] = (point, now)
    here, in_all = spent.get(point, 0.0) // 60, sum(spent.values()) // 60
    st.caption(f"{count(here, 'minute')} here, {in_all:,.0f} in all", width="content")
