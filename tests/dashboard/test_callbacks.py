"""What a click sets off, where the browser asks for something else before it has ended."""

from __future__ import annotations

import hashlib
import inspect
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from streamlit.commands import execution_control
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime import app_session, pages_manager
from streamlit.runtime.scriptrunner import RerunData, exec_code, get_script_run_ctx, script_runner
from streamlit.runtime.scriptrunner_utils import script_requests, script_run_context
from streamlit.runtime.state import safe_session_state, session_state
from streamlit.testing.v1 import AppTest
from streamlit.version import STREAMLIT_VERSION_STRING

from dashboard import callbacks, settings


@pytest.fixture(autouse=True)
def _let_end() -> None:
    callbacks.let_end()


def browser_asks(request: RerunData, requests: script_requests.ScriptRequests | None = None) -> None:
    """What the browser asks for comes, as it does, from another thread. requests: of the run under way, if not told."""
    hears = requests or get_script_run_ctx().script_requests  # type: ignore[union-attr]
    asking = threading.Thread(target=hears.request_rerun, args=(request,))  # type: ignore[union-attr]
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


def asker() -> None:
    """A save that empties a box and asks for a run itself.

    Before it does, two other clicks come, or what the browser still shows in that box; the latter once more after it.
    """
    import streamlit as st
    from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
    from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

    from tests.dashboard.test_callbacks import browser_asks

    def browser(*told: WidgetState) -> None:
        page = context.page_script_hash
        browser_asks(RerunData(page_script_hash=page, widget_states=WidgetStates(widgets=told)))

    context = get_script_run_ctx()
    ids = context.session_state._state._key_id_mapper
    shown = WidgetState(id=ids.get_id_from_key("find", ""), string_value="pump")
    st.session_state.setdefault("done", [])
    if st.session_state.pop("is_saved", False) and st.session_state["comes"] == "box":
        browser(shown)
    for button in ("save", "more", "last"):
        if st.button(button, key=button):
            st.session_state["done"].append(button)
            if button == "save":
                st.session_state["find"] = ""
                st.session_state["is_saved"] = True
                if st.session_state["comes"] == "box":
                    browser(shown)
                else:
                    for other in ("more", "last"):
                        browser(WidgetState(id=ids.get_id_from_key(other), trigger_value=True), shown)
                st.rerun()
    st.text_input("Find", key="find")


@pytest.mark.parametrize(("comes", "done"), [("box", ["save"]), ("clicks", ["save", "more", "last"])])
def test_what_waits_goes_on_waiting_while_a_run_asks_for_the_next_itself(comes: str, done: list[str]) -> None:
    app = AppTest.from_function(asker)
    app.session_state["comes"] = comes
    app.run()
    app.text_input[0].set_value("pump").run()
    app.button(key="save").click().run()
    assert not app.exception
    assert app.session_state["done"] == done
    assert app.text_input[0].value == ""


def noter() -> None:
    """A page that does something about a choice when it comes to it, while the same browser looks for newer data."""
    import streamlit as st
    from streamlit.runtime.scriptrunner import RerunData

    from tests.dashboard.test_callbacks import browser_asks

    def choose() -> None:
        st.session_state["is_new"] = True

    st.selectbox("Of", ["all", "ours"], on_change=choose)
    if st.session_state.pop("is_new", False):
        browser_asks(RerunData())
        st.caption("Chosen.")
        st.session_state["is_done"] = True


def test_a_run_that_began_with_a_callback_goes_to_its_end() -> None:
    app = AppTest.from_function(noter).run()
    app.selectbox[0].set_value("ours").run()
    assert app.session_state["is_done"]


def ender() -> None:
    """Callbacks that end the run, or leave it for another page, and should say nothing after that."""
    import streamlit as st

    def end() -> None:
        st.stop()
        st.session_state["is_after"] = True

    def leave() -> None:
        st.switch_page(lines)
        st.session_state["is_after"] = True

    def show_ages() -> None:
        st.button("End", on_click=end)
        st.button("Leave", on_click=leave)

    def show_lines() -> None:
        st.caption("All lines.")

    lines = st.Page(show_lines)
    st.navigation([st.Page(show_ages), lines]).run()


@pytest.mark.parametrize(("button", "shown"), [(0, []), (1, ["All lines."])])
def test_a_callback_that_ends_the_run_or_leads_to_another_page_is_ended(button: int, shown: list[str]) -> None:
    app = AppTest.from_function(ender).run()
    app.button[button].click().run()
    assert "is_after" not in app.session_state
    assert [each.value for each in app.caption] == shown


def closer() -> None:
    """A click whose browser is closed before it is done."""
    import threading

    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    if st.button("Save"):
        closing = threading.Thread(target=get_script_run_ctx().script_requests.request_stop)
        closing.start()
        closing.join()
        st.caption("Saving.")
        st.session_state["is_done"] = True


def test_a_click_is_left_where_the_session_is_over() -> None:
    app = AppTest.from_function(closer).run()
    app.button[0].click().run()
    assert "is_done" not in app.session_state


def pages() -> None:
    """Three pages; in the frame around them, a part looks by itself for newer data.

    A click on the first leads to the second. On its way, from the page that is left or while the second one is drawn,
    comes what the browser asks for as long as it shows the first.
    """
    from dataclasses import replace

    import streamlit as st
    from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
    from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx
    from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

    from tests.dashboard.test_callbacks import browser_asks

    def look() -> None:
        if ThreadState.get().fragment_id in (context.fragment_ids_this_run or []):
            page = context.pages_manager.get_pages()[context.page_script_hash]["page_name"]
            st.session_state["runs"].append(f"look on {page}?{context.query_string}")
        st.session_state["look"] = ThreadState.get().fragment_id

    def browser(asks: str) -> None:
        ids = context.session_state._state._key_id_mapper
        on_aging = RerunData(page_script_hash=aging._script_hash)
        told = {
            "box": WidgetState(id=ids.get_id_from_key("box"), string_value="typed"),
            "undo": WidgetState(id=ids.get_id_from_key("undo"), trigger_value=True),
        }
        if asks == "look":
            browser_asks(replace(on_aging, fragment_id=st.session_state["look"], is_auto_rerun=True))
        elif asks == "promises":
            browser_asks(replace(on_aging, page_script_hash=promises._script_hash))
        else:
            browser_asks(replace(on_aging, widget_states=WidgetStates(widgets=[told[asks]])))

    def show_aging() -> None:
        st.text_input("Box", key="box")
        st.session_state["undone"] += st.button("Undo", key="undo")
        if st.button("Lines", key="lines"):
            for asks in st.session_state["on_the_way"]:
                browser(asks)
            st.switch_page(lines, query_params={"line": "SO-1"})

    def show_lines() -> None:
        if st.session_state["while_drawn"]:
            browser(st.session_state["while_drawn"].pop())
        st.caption("All lines.")

    def show_promises() -> None:
        st.caption("All promises.")

    context = get_script_run_ctx()
    st.session_state.setdefault("undone", 0)
    aging = st.Page(show_aging, title="aging")
    lines = st.Page(show_lines, title="lines")
    promises = st.Page(show_promises, title="promises")
    shown = st.navigation([aging, lines, promises])
    st.session_state["runs"].append(shown.title)
    st.fragment(look)()
    shown.run()


def runs_to_lines(*, on_the_way: list[str], while_drawn: list[str]) -> AppTest:
    """The pages after the click, with their runs since."""
    app = AppTest.from_function(pages)
    for name, value in {"runs": [], "on_the_way": on_the_way, "while_drawn": while_drawn}.items():
        app.session_state[name] = value
    app.run()
    app.session_state["runs"].clear()
    app.button(key="lines").click().run()
    assert not app.exception
    return app


@pytest.mark.parametrize("asks", [["look"], ["box"], ["look", "box"], ["box", "look"]])
def test_what_waits_from_the_page_that_is_left_does_not_lead_back_from_where_a_click_leads(asks: list[str]) -> None:
    """A look under the page that was left would clear the new one in the browser: it stayed blank."""
    app = runs_to_lines(on_the_way=asks, while_drawn=[])
    assert app.session_state["runs"] == ["aging", "lines"]
    assert app.caption[-1].value == "All lines."


def test_a_look_that_comes_while_another_page_is_drawn_runs_on_that_page() -> None:
    """The browser names the page that it shows until it hears of the new one."""
    app = runs_to_lines(on_the_way=[], while_drawn=["look"])
    assert app.session_state["runs"] == ["aging", "lines", "look on lines?line=SO-1"]


def test_a_click_that_waits_is_done_on_its_page_though_another_click_leads_away() -> None:
    app = runs_to_lines(on_the_way=["undo"], while_drawn=[])
    assert app.session_state["runs"] == ["aging", "lines", "aging"]
    assert app.session_state["undone"] == 1


def test_who_asks_for_a_third_page_on_the_way_to_another_comes_to_the_third() -> None:
    app = runs_to_lines(on_the_way=["promises"], while_drawn=[])
    assert app.session_state["runs"] == ["aging", "lines", "promises"]


def first_visit() -> None:
    """On the first visit, which names its page in another way, somebody chooses another page, and had just typed."""
    import streamlit as st
    from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
    from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

    from tests.dashboard.test_callbacks import browser_asks

    def show_aging() -> None:
        st.text_input("Box", key="box")
        if len(st.session_state["runs"]) == 1:
            box = get_script_run_ctx().session_state._state._key_id_mapper.get_id_from_key("box")
            typed = WidgetStates(widgets=[WidgetState(id=box, string_value="typed")])
            browser_asks(RerunData(page_script_hash=lines._script_hash))
            browser_asks(RerunData(page_script_hash=aging._script_hash, widget_states=typed))

    def show_lines() -> None:
        st.caption("All lines.")

    aging, lines = st.Page(show_aging, title="aging"), st.Page(show_lines, title="lines")
    shown = st.navigation([aging, lines])
    st.session_state["runs"].append(shown.title)
    shown.run()


def test_a_box_of_the_page_of_the_first_visit_does_not_lead_back_to_it() -> None:
    app = AppTest.from_function(first_visit)
    app.session_state["runs"] = []
    app.run()
    assert not app.exception
    assert app.session_state["runs"] == ["aging", "lines"]


def framed() -> None:
    """A frame with a part that runs alone, and the page below it. While that part runs, the whole page is asked for."""
    import streamlit as st
    from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
    from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx
    from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

    from tests.dashboard.test_callbacks import browser_asks

    def look() -> None:
        st.session_state["look"] = ThreadState.get().fragment_id
        if st.button("Look", key="clicked"):  # the run of a click is left for nothing: what is asked for comes after it
            st.session_state["runs"].append("part")
            browser_asks(RerunData())

    st.session_state["runs"].append("page")
    with st.container():
        st.fragment(look)()
    st.caption("The page.")
    if st.session_state["runs"] == ["page"]:
        button = get_script_run_ctx().session_state._state._key_id_mapper.get_id_from_key("clicked")
        click = WidgetStates(widgets=[WidgetState(id=button, trigger_value=True)])
        browser_asks(RerunData(fragment_id=st.session_state["look"], widget_states=click))


def test_a_page_asked_for_while_a_part_of_it_runs_is_drawn_in_its_own_place() -> None:
    """It was drawn in the place of that part, and the browser showed nothing any more: it knew of no such place."""
    app = AppTest.from_function(framed)
    app.session_state["runs"] = []
    app.run()
    assert not app.exception
    assert app.session_state["runs"] == ["page", "part", "page"]
    frame, page = app.main.children.values()
    assert [each.type for each in (frame, page)] == ["flex_container", "caption"]
    assert list(frame.children) == [0]


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


LOOK = RerunData(page_script_hash="restocks", fragment_id="look", is_auto_rerun=True)
"""The look for newer data, as the browser asks for it while it shows the restock dates."""


def told(request: RerunData) -> dict[str, object]:
    states = request.widget_states.widgets if request.widget_states is not None else []
    return {each.id: each.trigger_value or each.string_value for each in states}


def run_after_run(*requests: RerunData, under_way: RerunData | None = None) -> list[RerunData]:
    """The runs that come of requests which all came before the first of them began, or during the run under way."""
    waiting = callbacks.Requests()
    if under_way is not None:
        assert waiting.request_rerun(under_way)
        assert waiting.on_scriptrunner_ready().rerun_data == under_way
    for request in requests:
        browser_asks(request, waiting)
    runs = []
    while (next_one := waiting.on_scriptrunner_ready()).type is script_requests.ScriptRequestType.RERUN:
        runs.append(next_one.rerun_data)
    return runs


def test_two_clicks_that_wait_are_done_one_after_the_other() -> None:
    """At once, the callback of the second would come before what the first does in the page."""
    runs = run_after_run(click("save"), click("choose-none"))
    assert [told(run) for run in runs] == [{"save": True}, {"choose-none": True}]


def test_three_clicks_that_wait_are_done_one_after_the_other() -> None:
    runs = run_after_run(click("save"), click("choose-none"), click("undo"))
    assert [told(run) for run in runs] == [{"save": True}, {"choose-none": True}, {"undo": True}]


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
    [run] = run_after_run(to_promises, LOOK)
    assert (run.page_script_hash, run.query_string, run.fragment_id_queue) == ("promises", "line=SO-1", [])


def test_a_box_on_the_page_that_is_being_left_does_not_lead_back_to_it() -> None:
    typed = RerunData(page_script_hash="restocks", widget_states=WidgetStates(widgets=[WidgetState(id="note")]))
    to_promises = RerunData(page_script_hash="promises")
    runs = run_after_run(click("save"), to_promises, typed)
    assert [run.page_script_hash for run in runs] == ["restocks", "promises"]
    [run] = run_after_run(to_promises, typed, under_way=click("save"))
    assert run.page_script_hash == "promises"


def test_who_asks_for_a_third_page_while_another_waits_comes_to_the_third() -> None:
    pages_asked_for = [RerunData(page_script_hash=page) for page in ("promises", "aging")]
    [run] = run_after_run(*pages_asked_for, under_way=click("save"))
    assert run.page_script_hash == "aging"


def test_who_goes_back_on_the_way_to_another_page_stays() -> None:
    to_promises = RerunData(page_script_hash="promises", query_string="line=SO-1")
    back = RerunData(page_script_hash="restocks", query_string="find=pump", is_history_navigation=True)
    [run] = run_after_run(to_promises, back, under_way=RerunData(page_script_hash="restocks"))
    assert (run.page_script_hash, run.query_string) == ("restocks", "find=pump")


def test_a_click_on_the_page_that_is_being_left_is_done_on_that_page() -> None:
    [run] = run_after_run(RerunData(page_script_hash="promises"), click("undo"), under_way=click("save"))
    assert (run.page_script_hash, told(run)) == ("restocks", {"undo": True})


def test_a_look_that_waits_does_not_lead_what_comes_after_it_to_the_page_that_was_left() -> None:
    """The browser had not yet heard of the run under way as it looked; then somebody types on the new page."""
    typed = RerunData(page_script_hash="promises", widget_states=WidgetStates(widgets=[WidgetState(id="note")]))
    [run] = run_after_run(LOOK, typed, under_way=RerunData(page_script_hash="promises"))
    assert run.page_script_hash == "promises"


def test_of_what_waits_for_one_page_the_last_address_counts() -> None:
    searches = [RerunData(page_script_hash="restocks", query_string=f"find={text}") for text in ("pu", "pump")]
    [run] = run_after_run(*searches, under_way=click("save"))
    assert run.query_string == "find=pump"


def test_what_waits_is_forgotten_where_the_browser_is_gone() -> None:
    waiting = callbacks.Requests()
    waiting.request_rerun(click("save"))
    waiting.request_rerun(click("close"))
    waiting.request_stop()
    assert not waiting.request_rerun(click("save"))
    assert waiting.on_scriptrunner_ready().type is script_requests.ScriptRequestType.STOP


# Whether Streamlit is still the one that all of this was read in.

READ_IN: dict[Any, str] = {
    script_requests: "6bdaf486fd56",
    script_runner.ScriptRunner: "03e5e5c5cb5f",
    script_run_context.ScriptRunContext: "c6a42b9a0619",
    script_run_context.ThreadState: "f9dd304895c3",
    exec_code.exec_func_with_error_handling: "34c0d0f447b7",
    execution_control.rerun: "56c2b299d0bb",
    execution_control.stop: "56528caf93f4",
    execution_control.switch_page: "3f0faa918b15",
    execution_control._force_yield_point: "1087fcb3773a",
    app_session.AppSession.request_rerun: "52f29d897336",
    pages_manager.PagesManager: "2606a468a825",
    session_state.SessionState.on_script_will_rerun: "cb43df33b02a",
    session_state.SessionState.on_script_finished: "57d6b4feac11",
    session_state.SessionState._call_callbacks: "9b0dda3f8f96",
    session_state.SessionState._execute_widget_callback: "aa602cd23332",
    session_state.SessionState._run_callback_and_record_rerun: "402387144e3b",
    session_state.SessionState._compact_state: "7f4875a896a5",
    session_state.SessionState._get_widget_id: "8caa5b402647",
    session_state.SessionState.__setitem__: "ed69489b9b6c",
    safe_session_state.SafeSessionState: "42e0c15acfa4",
}
"""What this module stands on, by the hash of its text."""


def test_streamlit_hears_of_requests_as_it_did_when_ours_were_written() -> None:
    """Where it does not, read the decision on callbacks: which of its faults are mended, and what is still needed."""
    now = {part: hashlib.sha256(inspect.getsource(part).encode()).hexdigest()[:12] for part in READ_IN}
    changed = [getattr(part, "__qualname__", part.__name__) for part in READ_IN if now[part] != READ_IN[part]]
    assert not changed, f"Streamlit {STREAMLIT_VERSION_STRING} changed them: docs/decisions/0019-callbacks.md"
