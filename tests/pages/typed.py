"""Typing dates into a table as a browser does, of which AppTest knows nothing."""

from __future__ import annotations

import json

import pandas as pd
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest


def type_days(app: AppTest, column: str, days: dict[int, str | None]) -> AppTest:
    """Type days into the rows of the table of dates, 0 for the first: all that stands typed in it from now on."""
    edited = {"edited_rows": {row: {column: day} for row, day in days.items()}, "added_rows": [], "deleted_rows": []}
    told = app._tree.get_widget_states()
    told.widgets.append(WidgetState(id=app.data_editor[0].proto.id, string_value=json.dumps(edited)))
    app._run(told)
    assert not app.exception
    return app


def begins(app: AppTest, column: str) -> list[str | None]:
    """What the table of dates was given to begin with, row by row: without what is typed in it."""
    return [None if pd.isna(day) else f"{day:%Y-%m-%d}" for day in app.data_editor[0].value[column]]
