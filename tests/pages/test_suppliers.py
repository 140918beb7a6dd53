from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import Engine, insert
from streamlit.testing.v1 import AppTest

from dashboard import exports
from dashboard.domain.allocation import DEFAULT_RULE
from data_access import schema
from data_access.engine import raise_revision, writing
from tests.conftest import TODAY
from tests.pages.companies import write_small_company

OpenPage = Callable[..., AppTest]


def write_purchases(engine: Engine) -> None:
    """The small company's Northgate delivered ten lines on time and ten never; Quillford has no line due."""
    due, lines = date(2026, 2, 2), range(20)
    line = {"supplier_id": "S-1", "sku": "VALVE", "ordered_qty": 5_000, "first_due_date": due, "due_date": due}
    with writing(engine) as connection:
        connection.execute(insert(schema.suppliers), [{"supplier_id": "S-2", "name": "Quillford Bearings"}])
        connection.execute(
            insert(schema.po_lines),
            [{"po_id": f"PO-9{n}", "line_no": "1", "received_qty": 5_000 if n < 10 else 0, **line} for n in lines],
        )
        receipt = {"line_no": "1", "received_date": due, "received_qty": 5_000}
        connection.execute(insert(schema.receipts), [{"po_id": f"PO-9{n}", **receipt} for n in range(10)])
        raise_revision(connection)


def told(app: AppTest) -> str:
    return "\n".join(element.value for element in [*app.title, *app.subheader, *app.markdown, *app.caption])


def test_an_empty_store_says_what_to_do(store: Engine, open_page: OpenPage) -> None:
    app = open_page("suppliers")

    assert not app.exception
    assert app.title[0].value == "No supplier is known\\."
    assert "page Data" in app.info[0].value


def test_the_page_opens_with_who_gets_worse_and_what_is_overdue(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    write_purchases(store)
    app = open_page("suppliers")

    assert not app.exception
    assert app.title[0].value.replace("\\", "") == (
        "No supplier is getting worse; 10 purchase-order lines are overdue, 0 EUR wait for them."
    )


def test_overdue_lines_count_and_no_data_says_so_and_ranks_last(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    write_purchases(store)
    table = open_page("suppliers").dataframe[0].value
    columns = ["rank", "supplier_name", "otif_interval", "lines_due", "po_lines_open", "lines_overdue"]

    assert table[columns].values.tolist() == [
        [1, "Northgate Castings", "30 to 70 %, n 20", 20, 13, 10],
        [2, "Quillford Bearings", "no data", 0, 0, 0],
    ]
    assert table["otif_percent"].tolist()[0] == 50
    assert table["otif_percent"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("supplier", "metrics"),
    [
        ("S-1", ["50 %", "50 %", "50 %", "0 days", "no data", "0 %"]),
        ("S-2", ["no data", "no data", "no data", "no data", "no data", "no data"]),
    ],
)
def test_the_address_chooses_a_supplier(store: Engine, open_page: OpenPage, supplier: str, metrics: list[str]) -> None:
    write_small_company(store)
    write_purchases(store)
    app = open_page("suppliers", supplier=supplier)

    assert not app.exception
    assert [metric.value for metric in app.metric] == metrics


def test_a_rate_tells_its_formula_its_n_and_its_rivals(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    write_purchases(store)
    how = open_page("suppliers", supplier="S-1").metric[0].help

    assert "Lines received whole by the first due date, divided by lines due" in how
    assert "n = 20 lines; 0 received whole on an unknown day left out" in how
    assert "of lines received whole 100 % (n = 10)" in how
    assert "against the current due date 50 % (n = 20" in how


def test_the_window_stands_in_the_address(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    write_purchases(store)

    assert open_page("suppliers", days="90 days").dataframe[0].value["lines_due"].tolist() == [20, 0]


def test_names_from_data_are_shown_as_they_are(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    with writing(store) as connection:
        connection.execute(schema.suppliers.update().values(name="<b>:red[x]</b>"))
        raise_revision(connection)
    app = open_page("suppliers", supplier="S-1")

    assert not app.exception
    assert app.subheader[0].value == "\\<b\\>\\:red\\[x\\]\\<\\/b\\> (S\\-1)"


def test_the_exports_hold_every_supplier_and_every_line_that_counts(store: Engine) -> None:
    write_small_company(store)
    write_purchases(store)
    suppliers, lines = (
        exports.make(name, "csv", store, TODAY, DEFAULT_RULE).decode("utf-8-sig").splitlines()
        for name in ("suppliers", "supplier-lines")
    )

    assert suppliers[0] == (
        "supplier_id,lines_due,on_time_rate,in_full_rate,otif_rate,otif_low,otif_high,median_days_late,p80_days_late,"
        "lead_time_days,reject_rate,lines_open,lines_overdue,backordered_value_waiting"
    )
    assert suppliers[1].startswith("S-1,20,0.5,0.5,0.5,0.299")
    assert suppliers[1].endswith(",13,10,150.0")
    assert suppliers[2] == "S-2,0,,,,,,,,,,0,0,0.0"
    assert len(lines) == 21
    assert sum(line.endswith("whole by the first due date") for line in lines) == 10
