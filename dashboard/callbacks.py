"""What a click or a choice sets off is done to its end and in order, whatever the browser asks for meanwhile.

Streamlit 1.67 leaves the run under way for the next request, and melts those that wait into one: with either of it a
click may be lost without a word. Whoever raises its version: see docs/decisions/0019-callbacks.md.
"""

from __future__ import annotations

import threading
from dataclasses import replace

from streamlit.proto.WidgetStates_pb2 import WidgetStates
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


class Requests(ScriptRequests):
    """What one browser asks for while a run is under way.

    A run that holds a click or a callback is left for no request, nor is the run that it asks for by st.rerun.
    What comes after a click that waits, waits behind it; the same click once more is one click. What a run asks for
    itself, by st.rerun or st.stop, comes first, and what waits goes on waiting.
    """

    def __init__(self) -> None:
        super().__init__()
        self._thread: int | None = None
        self._own: ScriptRequests | None = None
        self._stops_itself = False
        self._under_way: RerunData | None = None
        self._is_act = False
        self._behind: Requests | None = None

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
        if self._state is ScriptRequestType.STOP:
            return False
        is_waiting = self._state is ScriptRequestType.RERUN
        if self._behind is not None or (is_waiting and _must_wait(new_data, self._rerun_data)):
            if self._behind is None:
                self._behind = Requests()
                self._behind._under_way = self._rerun_data
            return self._behind._request_rerun_locked(new_data)
        return super()._request_rerun_locked(self._on_its_way(new_data) if is_waiting else new_data)

    def _on_its_way(self, new: RerunData) -> RerunData:
        """What comes of itself, or of a box on the page that is being left, does not lead back to that page."""
        waiting, left = self._rerun_data, self._under_way
        is_from_left = left is not None and left.page_script_hash == new.page_script_hash and not _clicks(new)
        if not _is_full_app_rerun(waiting) or not (new.fragment_id or is_from_left):
            return new
        page, name, query = waiting.page_script_hash, waiting.page_name, waiting.query_string
        if page == new.page_script_hash:
            return new
        return replace(new, page_script_hash=page, page_name=name, query_string=query)

    def on_scriptrunner_yield(self) -> ScriptRequest | None:
        """Asked at each word of a run to the browser or the session: what it is left for; None, it goes on."""
        if _is_in_callback():
            self._is_act = True
            return None
        if self._stops_itself:
            self._stops_itself = False
            return ScriptRequest(ScriptRequestType.STOP)
        if self._own is not None and (own := self._own.on_scriptrunner_yield()) is not None:
            self._own = None
            return own
        if self._is_act and self._state is ScriptRequestType.RERUN:
            return None
        request = super().on_scriptrunner_yield()
        return self._taken(request) if request is not None else None

    def on_scriptrunner_ready(self) -> ScriptRequest:
        """Asked before the first run and after each: what runs next."""
        self._thread, self._stops_itself = threading.get_ident(), False
        own, self._own = self._own, None
        if own is not None and self._state is not ScriptRequestType.STOP:
            return own.on_scriptrunner_ready()
        return self._taken(super().on_scriptrunner_ready())

    def _is_in_run(self) -> bool:
        return self._thread == threading.get_ident()

    def _taken(self, request: ScriptRequest) -> ScriptRequest:
        """The request is the run under way from now on; what waited behind it is the next."""
        if request.type is not ScriptRequestType.RERUN:
            return request
        with self._lock:
            data = request.rerun_data
            if self._under_way is not None:
                data = self._without_stale(data, _given(), self._under_way)
            self._under_way, self._is_act = data, bool(_clicks(data))
            if self._behind is not None:
                self._state, self._rerun_data = self._behind._state, self._behind._rerun_data
                self._behind = self._behind._behind
        return ScriptRequest(ScriptRequestType.RERUN, data)

    def _without_stale(self, data: RerunData, given: set[str], sent: RerunData) -> RerunData:
        """The request and all behind it, without what they say as before of boxes that were given another value."""
        if self._behind is not None:
            self._behind._rerun_data = self._behind._without_stale(self._behind._rerun_data, given, sent)
        if data.widget_states is None or sent.widget_states is None:
            return data
        before = {each.id: each for each in sent.widget_states.widgets if each.id in given}
        told = [each for each in data.widget_states.widgets if before.get(each.id) != each]
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


def _clicks(request: RerunData) -> set[str]:
    """The ids of what was clicked."""
    states = request.widget_states
    return {each.id for each in states.widgets if _has_active_trigger_value(each)} if states is not None else set()


def _must_wait(new: RerunData, waiting: RerunData) -> bool:
    """Whether something else is asked for after a click."""
    clicks = _clicks(waiting)
    is_the_same = clicks == _clicks(new) and waiting.page_script_hash == new.page_script_hash
    return bool(clicks) and not is_the_same
