"""What a click or a choice sets off is done to its end, whatever the browser asks for meanwhile.

Streamlit interrupts a callback at its next word to the session where another request has come: the next click, or the
look for newer data. What was changed counts as told by then, so that the choice or the save would be lost.
"""

from __future__ import annotations

from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_run_context import RunLocation, ThreadState

_give_way = ScriptRunner._maybe_handle_execution_control_request


def let_end() -> None:
    """From now on a request waits for the callback under way, and is heard right after it.

    It must come to the run under way too, and not to another one beside it: see fastReruns in .streamlit/config.toml.
    """
    ScriptRunner._maybe_handle_execution_control_request = _give_way_between  # type: ignore[method-assign]


def _give_way_between(runner: ScriptRunner) -> None:
    if not (runner._is_in_script_thread() and ThreadState.get().run_location is RunLocation.CALLBACK):
        _give_way(runner)
