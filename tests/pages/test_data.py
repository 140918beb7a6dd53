from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from dashboard import saving
from dashboard.domain.errors import NotAllowedError, RefusedDataError
from data_access.imports import recent_imports, row_counts
from data_access.reading import ReadOptions
from tests.pages.companies import write_small_company

OpenPage = Callable[..., AppTest]

SUPPLIERS = b"supplier_id,name\nS-1,Northgate Castings\nS-2,Old Forge\n"


def upload(content: bytes, **asked: bool) -> saving.ImportResult:
    how = {"dry_run": False, "partial": False, "complete": False} | asked
    return saving.import_upload("suppliers", content, "C:\\temp\\..\\suppliers.csv", ReadOptions(), **how)


def test_an_empty_store_offers_the_demo_company(store: Engine, open_page: OpenPage) -> None:
    app = open_page("data")
    assert app.title[0].value == "The store is empty\\."
    assert "Fill with the demo company" in [button.label for button in app.button]


def test_it_opens_with_what_is_doubtful_and_lists_it(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    app = open_page("data", show="Data problems")
    assert app.title[0].value.replace("\\", "") == "1 kind of data problems makes figures doubtful, 1 row in all."
    assert [expander.label for expander in app.expander] == [
        "Purchase\\-order lines without a restock date: 1 row",
    ]
    assert app.dataframe[0].value["po_id"].tolist() == ["PO-1"]


def test_past_imports_are_listed_with_who_and_how_many(store: Engine, open_page: OpenPage) -> None:
    upload(SUPPLIERS)
    past = open_page("data", show="Past imports").dataframe[0].value
    assert past[["table", "source", "new_rows", "refused_rows"]].values.tolist() == [
        ["suppliers", "suppliers.csv", 2, 0]
    ]


def test_a_viewer_sees_no_form(store: Engine, open_page: OpenPage, settings: pytest.MonkeyPatch) -> None:
    settings.setenv("BACKORDERS_ROLE", "viewer")
    assert open_page("data").button_group[0].value == "Data problems"
    app = open_page("data", show="Import a file")
    assert "Your role here is viewer" in app.info[0].value
    assert [*app.selectbox, *app.button, *app.checkbox] == []


def test_no_write_of_a_page_is_done_for_a_viewer(store: Engine, settings: pytest.MonkeyPatch) -> None:
    settings.setenv("BACKORDERS_ROLE", "viewer")
    with pytest.raises(NotAllowedError, match="Your role here is viewer"):
        upload(SUPPLIERS)
    with pytest.raises(NotAllowedError, match="Your role here is viewer"):
        saving.fill_with_demo()
    assert not any(row_counts(store).values())
    assert recent_imports(store).empty


def test_an_upload_is_taken_whole_in_part_or_not_at_all(store: Engine) -> None:
    one_bad = SUPPLIERS + b",Nobody\n"
    assert upload(one_bad).is_refused
    assert row_counts(store)["suppliers"] == 0
    assert upload(one_bad, partial=True).new_rows == 2
    assert row_counts(store)["suppliers"] == 2


@pytest.mark.parametrize(
    ("cells", "answer"),
    [
        ("03/04/2026,12", "Say which at “Dates in this file” under “How the file is written”."),
        ('16/03/2026,"1,234"', "Say which at “Decimals in this file” under “How the file is written”."),
    ],
)
def test_what_a_file_leaves_open_is_answered_where_the_page_asks_for_it(
    cells: str, answer: str, store: Engine, open_page: OpenPage
) -> None:
    lines = f"order_id,line_no,customer_id,sku,ordered_date,ordered_qty\nSO-1,1,C-1,V,{cells}\n"
    app = open_page("data", show="Import a file")
    app.selectbox(key="table").set_value("order_lines").run()
    app.file_uploader[0].set_value(("lines.csv", lines.encode(), "text/csv")).run()
    told = app.warning[0].value.replace("\\", "")
    assert (told.endswith(f" {answer}"), "--" in told) == (True, False)


def test_complete_means_nothing_for_suppliers(store: Engine) -> None:
    with pytest.raises(RefusedDataError, match="can be closed by a full extract"):
        upload(SUPPLIERS, complete=True)
    assert row_counts(store)["suppliers"] == 0
