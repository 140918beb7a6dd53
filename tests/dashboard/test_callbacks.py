"""What a click sets off, where the browser asks for something else before it has ended."""

from __future__ import annotations

import tomllib

from streamlit.testing.v1 import AppTest

from dashboard import callbacks, settings


def chooser() -> None:
    """Lines chosen by a callback, as the pages do it, while the same browser looks for newer data or clicks again."""
    import streamlit as st
    from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

    def choose() -> None:
        chosen = st.session_state["lines"]
        get_script_run_ctx().script_requests.request_rerun(RerunData())
        st.session_state["chosen"] = chosen

    st.session_state["lines"] = st.session_state.get("chosen", [])
    st.multiselect("Lines", ["PO-1/1", "PO-2/1"], key="lines", on_change=choose)
    st.caption(f"chosen: {st.session_state['lines']}")


def test_a_choice_is_kept_where_the_next_request_comes_while_it_is_noted() -> None:
    callbacks.let_end()
    app = AppTest.from_function(chooser).run()
    app.multiselect[0].select("PO-2/1").run()
    assert not app.exception
    assert app.multiselect[0].value == ["PO-2/1"]
    assert app.caption[0].value == "chosen: ['PO-2/1']"


def test_a_request_waits_for_the_run_under_way() -> None:
    """Beside it, another run would draw what was chosen before, and write over what is being chosen."""
    configured = tomllib.loads((settings.PROJECT_ROOT / ".streamlit" / "config.toml").read_text())
    assert configured["runner"]["fastReruns"] is False
