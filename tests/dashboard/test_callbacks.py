"""What a click sets off, where the browser asks for something else before it has ended."""

from __future__ import annotations

import hashlib
import inspect
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime import app_session
from streamlit.runtime.scriptrunner import RerunData, exec_code, get_script_run_ctx, script_runner
from streamlit.runtime.scriptrunner_utils import script_requests
from streamlit.runtime.state import safe_session_state, session_state
from streamlit.testing.v1 import AppTest
from streamlit.version import STREAMLIT_VERSION_STRING

from dashboard import callbacks, settings


@pytest.fixture(autouse=True)
def _let_end() -> None:
    callbacks.let_end()


def browser_asks(request: RerunData) -> None:
    """What the browser of the run under way asks for comes, as it does, from another thread."""
    requests = get_script_run_ctx().script_requests  # type: ignore[union-attr]
    asking = threading.Thread(target=requests.request_rerun, args=(request,))  # type: ignore[union-attr]
    asking.start()
    asking.join()


def chooser() -> None:
    """Lines chosen by a callback, as the pages do it, while the same browser looks for newer data or clicks again."""
    import streamlit as st
    from streamlit.runtime.scriptrunner import RerunData

    from tests.dashboard.test_callbacks import browser_asks

    def choose() -> None:
        chosen = st.session_state["lines"]
        browser_asks(RerunData())
        st.session_state["chosen"] = chosen

    st.session_state["lines"] = st.session_state.get("chosen", [])
    st.multiselect("Lines", ["PO-1/1", "PO-2/1"], key="lines", on_change=choose)
    st.caption(f"chosen: {st.session_state['lines']}")


def saver() -> None:
    """A form as the pages have it. While a save is worked on, somebody types: what the browser then sends comes."""
    import streamlit as st
    from streamlit.proto.WidgetStates_pb2 import WidgetStates
    from streamlit.runtime.scriptrunner import RerunData

    from tests.dashboard.test_callbacks import browser_asks

    def types(moment: str) -> None:
        if st.session_state["comes"] == moment and st.session_state["is_clicked"]:
            st.session_state["comes"] = "never again"
            browser_asks(RerunData(widget_states=WidgetStates()))

    st.session_state.setdefault("saved", [])
    types("before the button")
    is_clicked = st.button("Save")
    types("after the button")
    st.caption("Look at the effect, then save.")
    if is_clicked:
        st.session_state["saved"].append("PO-1/1")  # in the store
        types("after saving")
        st.session_state["told"] = "Saved 1 change."
        st.rerun()
        st.session_state["told"] = "This is never said."
    st.caption(st.session_state.get("told", "Nothing was saved."))


@pytest.mark.parametrize("moment", ["before the button", "after the button", "after saving"])
def test_a_click_on_save_is_done_once_and_told_whenever_something_is_typed_meanwhile(moment: str) -> None:
    app = AppTest.from_function(saver)
    app.session_state["comes"] = moment
    app.session_state["is_clicked"] = False
    app.run()
    app.session_state["is_clicked"] = True
    app.button[0].click().run()
    assert app.session_state["comes"] == "never again"
    assert app.session_state["saved"] == ["PO-1/1"]
    assert app.caption[-1].value == "Saved 1 change."


def stopper() -> None:
    """A page that ends early, where a click came shortly before."""
    import streamlit as st
    from streamlit.proto.WidgetStates_pb2 import WidgetStates
    from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

    from tests.dashboard.test_callbacks import browser_asks

    def count() -> None:
        st.session_state["counted"] += 1

    st.session_state.setdefault("counted", 0)
    if st.button("Undo", key="undo", on_click=count):
        if st.session_state["counted"] == 1:
            clicked = WidgetStates()
            button = get_script_run_ctx().session_state._state._key_id_mapper.get_id_from_key("undo")
            clicked.widgets.add(id=button, trigger_value=True)
            browser_asks(RerunData(widget_states=clicked))
        st.stop()


def test_a_click_that_waits_is_done_where_the_page_ends_early() -> None:
    app = AppTest.from_function(stopper).run()
    app.button[0].click().run()
    assert app.session_state["counted"] == 2


def clearer() -> None:
    """A choice whose callback empties another box, and a request that comes before that box is drawn.

    It says what the browser shows: "pump" is in the box, before the choice or typed since.
    """
    import streamlit as st
    from streamlit.proto.WidgetStates_pb2 import WidgetStates
    from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

    from tests.dashboard.test_callbacks import browser_asks

    def empty() -> None:
        st.session_state["find"] = ""
        st.session_state["is_emptied"] = True

    st.selectbox("Of", ["all", "ours"], on_change=empty)
    context = get_script_run_ctx()
    if st.session_state.pop("is_emptied", False):
        typed = context.session_state._state._key_id_mapper.get_id_from_key("find")
        as_browser_has_it = WidgetStates()
        as_browser_has_it.widgets.add(id=typed, string_value="pump")
        browser_asks(RerunData(widget_states=as_browser_has_it))
        st.caption("Emptied.")
    st.text_input("Find", key="find")


def test_what_a_callback_puts_into_a_box_is_not_undone_by_what_the_browser_still_shows() -> None:
    app = AppTest.from_function(clearer).run()
    app.text_input[0].set_value("pump").run()
    app.selectbox[0].set_value("ours").run()
    assert app.text_input[0].value == ""


def test_what_is_typed_into_a_box_since_counts_though_a_callback_emptied_it() -> None:
    app = AppTest.from_function(clearer).run()
    app.text_input[0].set_value("pum").run()
    app.selectbox[0].set_value("ours").run()
    assert app.text_input[0].value == "pump"


def test_a_choice_is_kept_where_the_next_request_comes_while_it_is_noted() -> None:
    app = AppTest.from_function(chooser).run()
    app.multiselect[0].select("PO-2/1").run()
    assert not app.exception
    assert app.multiselect[0].value == ["PO-2/1"]
    assert app.caption[0].value == "chosen: ['PO-2/1']"


def test_a_request_comes_to_the_run_under_way(tmp_path: Path) -> None:
    """Beside it, another run would draw what was chosen before, and write over what is being chosen."""
    asked = "from dashboard import server; import streamlit as st; server.configure(); print(st.get_option({!r}))"
    told = subprocess.run(
        [sys.executable, "-c", asked.format("runner.fastReruns")], capture_output=True, text=True, check=True,
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(settings.PROJECT_ROOT)},
    )  # fmt: skip
    assert told.stdout.strip() == "False"


# What waits together while a run is under way.


def click(button: str, page: str = "restocks", **also: str) -> RerunData:
    """What the browser says on a click: the button, and what stands in its boxes."""
    boxes = [WidgetState(id=box, string_value=text) for box, text in also.items()]
    states = WidgetStates(widgets=[WidgetState(id=button, trigger_value=True), *boxes])
    return RerunData(page_script_hash=page, widget_states=states)


def told(request: RerunData) -> dict[str, object]:
    states = request.widget_states.widgets if request.widget_states is not None else []
    return {each.id: each.trigger_value or each.string_value for each in states}


def run_after_run(*requests: RerunData) -> list[RerunData]:
    """The runs that come of requests which all came before the first of them began."""
    waiting = callbacks.Requests()
    for request in requests:
        assert waiting.request_rerun(request)
    runs = []
    while (next_one := waiting.on_scriptrunner_ready()).type is script_requests.ScriptRequestType.RERUN:
        runs.append(next_one.rerun_data)
    return runs


def test_two_clicks_that_wait_are_done_one_after_the_other() -> None:
    """At once, the callback of the second would come before what the first does in the page."""
    runs = run_after_run(click("save"), click("choose-none"))
    assert [told(run) for run in runs] == [{"save": True}, {"choose-none": True}]


def test_a_click_that_waits_is_done_on_its_page_though_another_page_is_asked_for() -> None:
    to_promises = RerunData(page_script_hash="promises")
    runs = run_after_run(click("save"), to_promises)
    assert [(run.page_script_hash, told(run)) for run in runs] == [("restocks", {"save": True}), ("promises", {})]


def test_a_click_that_waits_takes_no_text_that_was_typed_after_it() -> None:
    typed = RerunData(
        page_script_hash="restocks", widget_states=WidgetStates(widgets=[WidgetState(id="note", string_value="later")])
    )
    runs = run_after_run(click("save", note="customs"), typed)
    assert [told(run) for run in runs] == [{"save": True, "note": "customs"}, {"note": "later"}]


def test_a_double_click_that_waits_is_one_click() -> None:
    assert [told(run) for run in run_after_run(click("save"), click("save"))] == [{"save": True}]


def test_the_look_for_newer_data_does_not_lead_back_from_the_page_that_is_asked_for() -> None:
    """The browser still names the page that it shows."""
    to_promises = RerunData(page_script_hash="promises", query_string="line=SO-1")
    look = RerunData(page_script_hash="restocks", fragment_id="look", is_auto_rerun=True)
    [run] = run_after_run(to_promises, look)
    assert (run.page_script_hash, run.query_string, run.fragment_id_queue) == ("promises", "line=SO-1", [])


def test_a_box_on_the_page_that_is_being_left_does_not_lead_back_to_it() -> None:
    typed = RerunData(page_script_hash="restocks", widget_states=WidgetStates(widgets=[WidgetState(id="note")]))
    runs = run_after_run(click("save"), RerunData(page_script_hash="promises"), typed)
    assert [run.page_script_hash for run in runs] == ["restocks", "promises"]


def test_what_waits_is_forgotten_where_the_browser_is_gone() -> None:
    waiting = callbacks.Requests()
    waiting.request_rerun(click("save"))
    waiting.request_rerun(click("close"))
    waiting.request_stop()
    assert not waiting.request_rerun(click("save"))
    assert waiting.on_scriptrunner_ready().type is script_requests.ScriptRequestType.STOP


# Whether Streamlit is still the one that all of this was read in.

READ_IN = {
    script_requests.ScriptRequests: "faaba95fd271",
    script_runner.ScriptRunner: "03e5e5c5cb5f",
    app_session.AppSession.request_rerun: "52f29d897336",
    session_state.SessionState.on_script_will_rerun: "cb43df33b02a",
    session_state.SessionState.on_script_finished: "57d6b4feac11",
    session_state.SessionState._compact_state: "7f4875a896a5",
    safe_session_state.SafeSessionState: "42e0c15acfa4",
    exec_code.exec_func_with_error_handling: "34c0d0f447b7",
}
"""What this module stands on, by the hash of its text."""


def test_streamlit_hears_of_requests_as_it_did_when_ours_were_written() -> None:
    """Where it does not, read the decision on callbacks: which of its faults are mended, and what is still needed."""
    now = {part: hashlib.sha256(inspect.getsource(part).encode()).hexdigest()[:12] for part in READ_IN}
    changed = [part.__qualname__ for part in READ_IN if now[part] != READ_IN[part]]
    assert not changed, f"Streamlit {STREAMLIT_VERSION_STRING} changed them: docs/decisions/0019-callbacks.md"
