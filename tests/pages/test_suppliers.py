from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pandas as pd
import pytest
from sqlalchemy import Engine, insert
from streamlit.testing.v1 import AppTest

from dashboard import exports, supplier_charts
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
        ("S-1", ["50 %", "50 %", "50 %", "0 days", "not known", "0 %"]),
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
    otif, on_time, in_full = (metric.help for metric in open_page("suppliers", supplier="S-1").metric[:3])

    assert "Lines received whole by the first due date, divided by lines due" in otif
    for how in (otif, on_time):
        assert "n = 20 lines. Lines first due in the 365 days before today." in how
        assert "0 lines received whole on an unknown day." in how
        assert "of lines of which anything has been received 100 % (n = 10)" in how
        assert "against the current due date 50 % (n = 20; lines not yet due by it are left out)" in how
    assert "of lines of which anything has been received 100 % (n = 10)" in in_full
    assert "of lines due by the current due date or whole 50 % (n = 20)" in in_full


def test_rates_against_the_current_due_date_stand_beside_with_their_own_n(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    write_purchases(store)
    with writing(store) as connection:
        moved = schema.po_lines.c.po_id.in_(["PO-918", "PO-919"])
        connection.execute(schema.po_lines.update().where(moved).values(due_date=date(2026, 5, 1)))
        raise_revision(connection)
    app = open_page("suppliers", supplier="S-1")

    columns = ["otif_percent", "otif_now_told", "otif_now_interval", "on_time_now_told", "on_time_now_interval"]
    assert app.dataframe[0].value[columns].iloc[0].tolist() == [
        50, "  56 %", "34 to 75 %, n 18", "  56 %", "34 to 75 %, n 18",
    ]  # fmt: skip
    assert [each.value for each in app.caption].count("Current due date: **56 %**, 34 to 75 %, n 18") == 2


def test_where_too_few_have_come_it_says_not_yet_and_no_data_only_without_a_line_due(
    store: Engine, open_page: OpenPage
) -> None:
    write_small_company(store)
    write_purchases(store)
    with writing(store) as connection:
        connection.execute(schema.receipts.delete())
        connection.execute(schema.po_lines.update().values(received_qty=0))
        raise_revision(connection)
    app = open_page("suppliers", supplier="S-1")

    assert [metric.value for metric in app.metric] == ["0 %", "0 %", "0 %", "not yet", "not yet", "not yet"]
    assert "fewer than half of the lines have come" in app.metric[3].help
    columns = ["median_late_told", "p80_late_told", "lead_told", "reject_told", "otif_received_told"]
    assert app.dataframe[0].value[columns].values.tolist() == [["not yet"] * 5, ["no data"] * 5]


def test_any_supplier_is_chosen_by_typing_and_its_id_stands_in_the_address(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    write_purchases(store)
    app = open_page("suppliers", supplier="S-1")
    search = app.selectbox(key="supplier-asked")

    assert search.value == "Northgate Castings (S-1)"
    assert search.options == ["Northgate Castings (S-1)", "Quillford Bearings (S-2)"]
    search.set_value("Quillford Bearings (S-2)").run()
    assert app.query_params["supplier"] == "S-2"
    assert app.subheader[0].value == "Quillford Bearings \\(S\\-2\\)"
    app.selectbox(key="supplier-asked").set_value(None).run()
    assert "supplier" not in app.query_params
    assert not app.subheader


def test_the_order_lines_behind_its_open_lines_are_listed(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    app = open_page("suppliers", supplier="S-1")
    hanging = next(table.value for table in app.dataframe if "allocated_qty" in table.value)

    columns = ["po_line", "order_id", "line_no", "customer_name", "allocated_qty", "state", "waiting_value"]
    assert hanging[columns].values.tolist() == [
        ["PO-1/1", "SO-1", "2", "Brightwater Retail", 6, "late", 60],
        ["PO-1/2", "SO-2", "1", "Old Mill", 5, "on time", 50],
        ["PO-1/3", "SO-2", "2", "Old Mill", 4, "undated", 40],
    ]


def test_two_suppliers_of_one_name_do_not_share_a_row_of_the_chart() -> None:
    figures = pd.DataFrame({"supplier_name": ["Acme", "Bolt", "Acme"], "supplier_id": ["S-1", "S-2", "S-3"]})

    assert supplier_charts.names_apart(figures).tolist() == ["Acme (S-1)", "Bolt", "Acme (S-3)"]


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
    assert app.subheader[0].value == "\\<b\\>\\:red\\[x\\]\\<\\/b\\> \\(S\\-1\\)"


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
