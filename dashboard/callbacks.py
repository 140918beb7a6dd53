"""What a click or a choice sets off is done to its end and in order, whatever the browser asks for meanwhile.

Streamlit 1.67 leaves the run under way for the next request, and melts those that wait into one: with either of it a
click may be lost without a word. Whoever raises its version: see docs/decisions/0019-callbacks.md.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

from streamlit.delta_generator_singletons import context_dg_stack, get_default_dg_stack_value
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.scriptrunner_utils.script_requests import (
    RerunData,
    ScriptRequest,
    ScriptRequests,
    ScriptRequestType,
    _has_active_trigger_value,
    _is_full_app_rerun,
)
from streamlit.runtime.scriptrunner_utils.script_run_context import RunLocation, ThreadState, get_script_run_ctx


def let_end() -> None:
    """From now on whatever begins to run in this process hears of requests as Requests tells it.

    They must come to the run under way, and not to another one beside it: see fastReruns in .streamlit/config.toml.
    """
    script_runner.ScriptRequests = Requests  # type: ignore[attr-defined]


def shows_boxes() -> bool:
    """Whether the browser that asked for the run under way shows boxes already, which it told with what is in them."""
    context = get_script_run_ctx()
    asked = context.script_requests if context is not None else None
    return isinstance(asked, Requests) and bool(asked.told.widgets)


class Requests(ScriptRequests):
    """What one browser asks for while a run is under way.

    A run that holds a click or a callback is left for no request, nor is the run that it asks for itself.
    What comes after a click that waits, waits behind it; the same click once more is one click. What a run asks for
    itself, by st.rerun, st.switch_page or st.stop, comes first, and what waits goes on waiting. What comes of itself,
    or of a box on a page that is being left, does not lead back to that page; a click is done where it was made.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()  # type: ignore[assignment]  # to take one and move up the next is one step
        self._behind: list[ScriptRequests] = []  # of all that waits, only the last may be no click
        self._own: ScriptRequests | None = None
        self._stops_itself = False
        self._thread: int | None = None
        self._is_act = False
        self._page = ""
        self.told = WidgetStates()
        """What the browser told of its boxes, when it asked for the run under way."""

    def request_stop(self) -> None:
        """The session is over; or, from the run itself, that run."""
        if self._is_in_run():
            self._stops_itself = True
        else:
            super().request_stop()

    def _request_rerun_locked(self, new_data: RerunData) -> bool:
        if self._is_in_run():
            self._own = self._own or ScriptRequests()
            return self._own.request_rerun(new_data)
        if self._state is not ScriptRequestType.RERUN:
            return super()._request_rerun_locked(new_data)
        *before, last = [self, *self._behind]
        clicks = _clicks(last._rerun_data)
        if clicks and clicks != _clicks(new_data):
            last = ScriptRequests()
            self._behind.append(last)
        else:
            left = before[-1]._rerun_data.page_script_hash if before else self._page
            new_data = _on_its_way(new_data, last._rerun_data, left)
        return ScriptRequests._request_rerun_locked(last, new_data)

    def on_scriptrunner_yield(self) -> ScriptRequest | None:
        """Asked at each word of a run to the browser or the session: what it is left for; None, it goes on."""
        if self._stops_itself:
            return ScriptRequest(ScriptRequestType.STOP)
        with self._lock:
            if (context := get_script_run_ctx()) is not None:
                self._page = context.page_script_hash  # on its first visit the browser names its page in another way
            if self._own is not None:
                return self._own_taken(self._own)
            if _is_in_callback():
                self._is_act = True
                return None
            if self._is_act and self._state is ScriptRequestType.RERUN:
                return None
            request = super().on_scriptrunner_yield()
            return self._taken(request) if request is not None else None

    def on_scriptrunner_ready(self) -> ScriptRequest:
        """Asked before the first run and after each: what runs next, from the top of the page.

        A part of a page that ran alone leaves its own place behind as the one to draw in.
        """
        self._thread, self._stops_itself = threading.get_ident(), False
        context_dg_stack.set(get_default_dg_stack_value())
        with self._lock:
            return self._taken(super().on_scriptrunner_ready())

    def _is_in_run(self) -> bool:
        return self._thread == threading.get_ident()

    def _own_taken(self, own: ScriptRequests) -> ScriptRequest:
        """What the run asks for itself. To another page it takes along what waits from its own page without a click."""
        self._own = None
        request, waiting = own.on_scriptrunner_ready(), self._rerun_data
        leads_away = request.rerun_data.page_script_hash != self._page
        if leads_away and waiting.page_script_hash == self._page and not _clicks(waiting):
            super()._request_rerun_locked(request.rerun_data)
            request = super().on_scriptrunner_ready()
        return self._taken(request, self._is_act)

    def _taken(self, request: ScriptRequest, is_act: bool = False) -> ScriptRequest:
        """The request is the run under way from now on; what waited behind it is the next."""
        if request.type is not ScriptRequestType.RERUN:
            return request
        given = _given()
        stale = {each.id: each for each in self.told.widgets if each.id in given}
        data = _on_the_page_drawn(_without(stale, request.rerun_data))
        for waiting in self._behind:
            waiting._rerun_data = _without(stale, waiting._rerun_data)
        if self._behind and self._state is ScriptRequestType.CONTINUE:
            first = self._behind.pop(0)
            self._state, self._rerun_data = first._state, first._rerun_data
        self._page, self.told = data.page_script_hash, data.widget_states or self.told
        self._is_act = is_act or bool(_clicks(data))
        return ScriptRequest(ScriptRequestType.RERUN, data)


def _clicks(request: RerunData) -> set[str]:
    """The ids of what was clicked."""
    states = request.widget_states
    return {each.id for each in states.widgets if _has_active_trigger_value(each)} if states is not None else set()


def _on_its_way(new: RerunData, waiting: RerunData, left: str) -> RerunData:
    """What comes of itself, or of a box on the page that is being left, goes along to the page that waits.

    Who goes back in the browser means that page.
    """
    comes_of_left = new.fragment_id or new.page_script_hash == left
    is_on_its_way = _is_full_app_rerun(waiting) and waiting.page_script_hash != new.page_script_hash
    if not is_on_its_way or not comes_of_left or _clicks(new) or new.is_history_navigation:
        return new
    return replace(new, page_script_hash=waiting.page_script_hash, query_string=waiting.query_string)


def _on_the_page_drawn(data: RerunData) -> RerunData:
    """A part of a page that runs alone leads to no other page, whichever the browser still showed when it asked."""
    context = get_script_run_ctx()
    if context is None or _is_full_app_rerun(data) or data.page_script_hash == context.page_script_hash:
        return data
    with context.session_state.query_params() as shown:
        query = urlencode({name: shown.get_all(name) for name in shown}, doseq=True)
    return replace(data, page_script_hash=context.page_script_hash, query_string=query)


def _without(stale: Mapping[str, WidgetState], data: RerunData) -> RerunData:
    """The request without what it says as before of boxes that were given another value since."""
    if data.widget_states is None:
        return data
    told = [each for each in data.widget_states.widgets if stale.get(each.id) != each]
    return replace(data, widget_states=WidgetStates(widgets=told))


def _given() -> set[str]:
    """The ids of the boxes to which the program gave a value in the run under way."""
    context = get_script_run_ctx()
    state = context.session_state._state if context is not None else None
    if state is None:
        return set()
    return {state._get_widget_id(key) for key in state._new_session_state}


def _is_in_callback() -> bool:
    return ThreadState.get().run_location is RunLocation.CALLBACK
