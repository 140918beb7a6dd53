"""What a click sets off, where the browser asks for something else before it has ended."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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


def test_a_request_comes_to_the_run_under_way(tmp_path: Path) -> None:
    """Beside it, another run would draw what was chosen before, and write over what is being chosen."""
    asked = "from dashboard import server; import streamlit as st; server.configure(); print(st.get_option({!r}))"
    told = subprocess.run(
        [sys.executable, "-c", asked.format("runner.fastReruns")], capture_output=True, text=True, check=True,
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(settings.PROJECT_ROOT)},
    )  # fmt: skip
    assert told.stdout.strip() == "False"
