"""How much a table sends to the browser: what stands in its rows, however many names the whole backlog has.

The book is long and nothing in it is alike: each line is of an order, a customer and a SKU of its own and waits for a
purchase order of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pandas as pd
import pytest
from sqlalchemy import Engine, insert
from streamlit.testing.v1 import AppTest

from dashboard import moving_forms, promise_forms, tables
from data_access import schema
from data_access.engine import raise_revision, writing

OpenPage = Callable[..., AppTest]
LINES, SUPPLIERS = 3_000, 300
PROMISE, COMES = date(2026, 3, 20), date(2026, 3, 30)
VALUE_BYTES = 8
"""Of a number, a day, the end of a text, or the place of a text among the different ones."""
COLUMN_BYTES = 1_000
"""Of a column's name and type, in Arrow and for pandas, with what its parts are filled up to."""


@pytest.fixture
def company(store: Engine, settings: pytest.MonkeyPatch) -> Engine:
    """The long book, in which all lines are late, with its user ada."""
    settings.setattr("getpass.getuser", lambda: "ada")
    numbers = range(1, LINES + 1)
    rows = {
        schema.customers: [{"customer_id": f"C-{n}", "name": f"Customer number {n}"} for n in numbers],
        schema.suppliers: [{"supplier_id": f"S-{n}", "name": f"Supplier number {n}"} for n in range(SUPPLIERS)],
        schema.items: [{"sku": f"SKU-{n}", "name": f"Item number {n}", "category": "Parts"} for n in numbers],
        schema.order_lines: [
            {
                "order_id": f"SO-{n}", "line_no": "1", "customer_id": f"C-{n}", "sku": f"SKU-{n}",
                "ordered_date": date(2026, 1, 5), "first_promise_date": PROMISE, "promise_date": PROMISE,
                "ordered_qty": 1_000, "unit_price": 10_000 * n,
            }
            for n in numbers
        ],
        schema.po_lines: [
            {
                "po_id": f"PO-{n}", "line_no": "1", "supplier_id": f"S-{n % SUPPLIERS}", "sku": f"SKU-{n}",
                "first_due_date": COMES, "due_date": COMES, "ordered_qty": 1_000,
            }
            for n in numbers
        ],
    }  # fmt: skip
    with writing(store) as connection:
        for table, values in rows.items():
            connection.execute(insert(table), values)
        raise_revision(connection)
    return store


def fair_bytes(rows: pd.DataFrame) -> int:
    """What these rows need: their numbers and days, and each text once where the column is one of repeated texts."""
    return sum(COLUMN_BYTES + VALUE_BYTES * len(rows) + _text_bytes(rows[name]) for name in rows)


def _text_bytes(column: pd.Series) -> int:
    texts = column if column.dtype == "str" else column.dropna().unique() if column.dtype == "category" else ()
    return sum(VALUE_BYTES + len(text) for text in texts)


def sent_bytes(app: AppTest) -> list[int]:
    """What each table of the page sends."""
    assert not app.exception
    return [len(table.proto.arrow_data.data) for table in app.dataframe]


def wasteful(app: AppTest) -> list[tuple[str, int, int]]:
    """Tables that send more than their rows need: their first column, what they send, what they need."""
    sizes = zip(sent_bytes(app), (table.value for table in app.dataframe), strict=True)
    needed = [(rows.columns[0], sent, fair_bytes(rows)) for sent, rows in sizes]
    return [(name, sent, fair) for name, sent, fair in needed if sent > fair]


@pytest.mark.usefixtures("company")
def test_a_table_sends_the_texts_of_its_own_rows_alone(open_page: OpenPage) -> None:
    visits = {
        "aging": {}, "open_backorders": {"line": f"SO-{LINES}/1"}, "promises": {}, "restock_dates": {},
        "suppliers": {"supplier": "S-7"}, "customers": {"customer": "C-7"},
    }  # fmt: skip
    opened = {page: open_page(page, **query) for page, query in visits.items()}
    assert {page: wasteful(app) for page, app in opened.items()} == {page: [] for page in visits}
    # By hand: ten rows of eleven columns, in which no text has more than 25 letters.
    assert max(sent_bytes(opened["aging"])) < 11 * (COLUMN_BYTES + 10 * (2 * VALUE_BYTES + 25))
    assert len(opened["open_backorders"].dataframe) > 1, "no line is explained"


@pytest.mark.usefixtures("company")
def test_a_table_to_type_dates_in_sends_the_texts_of_its_own_rows_alone(open_page: OpenPage) -> None:
    promises = open_page("promises", on_order="SO-7")
    promises.button(key="choose-all").click().run()
    promises.segmented_control(key="promise-way").set_value(promise_forms.TYPE).run()
    dates = open_page("restock_dates", find="SKU-2999")
    dates.button(key="choose-all").click().run()
    dates.segmented_control(key="move-way").set_value(moving_forms.TYPE).run()
    for app in (promises, dates):
        assert len(app.data_editor[0].value) == 1
        assert wasteful(app) == []


def test_what_is_trimmed_keeps_its_rows_their_order_and_its_types() -> None:
    states = pd.CategoricalDtype(["ready", "late", "on time"], ordered=True)
    frame = pd.DataFrame({"state": ["on time", None, "ready"], "qty": [1.0, 2.0, 3.0]}, index=[7, 3, 5])
    trimmed = tables.trimmed(frame.astype({"state": states}))
    pd.testing.assert_frame_equal(
        trimmed, frame.astype({"state": pd.CategoricalDtype(["ready", "on time"], ordered=True)})
    )
