from __future__ import annotations

from collections.abc import Callable
from datetime import date
from urllib.parse import parse_qs

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
    assert [link.proto.page for link in app.get("page_link")] == ["data"]


def test_the_page_opens_with_who_gets_worse_and_what_is_overdue(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    write_purchases(store)
    app = open_page("suppliers")

    assert not app.exception
    assert app.title[0].value.replace("\\", "") == (
        "No supplier is getting worse; 10 purchase-order lines are overdue, 0 EUR wait for them."
    )


def write_better_days(engine: Engine) -> None:
    """Northgate delivered twelve lines on time in the year before the last 90 days: ten of twenty since is worse."""
    due = date(2025, 11, 3)
    ids = [{"po_id": f"PO-8{n}", "line_no": "1"} for n in range(12)]
    line = {"supplier_id": "S-1", "sku": "VALVE", "ordered_qty": 5_000, "first_due_date": due, "due_date": due}
    with writing(engine) as connection:
        connection.execute(insert(schema.po_lines), [{**each, "received_qty": 5_000, **line} for each in ids])
        connection.execute(
            insert(schema.receipts), [{**each, "received_date": due, "received_qty": 5_000} for each in ids]
        )
        raise_revision(connection)


def test_the_figures_of_the_sentence_lead_to_their_rows(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    write_purchases(store)
    write_better_days(store)
    everybody, worse, overdue = (
        open_page("suppliers", show=asked) for asked in ("All suppliers", "Getting worse", "With overdue lines")
    )

    assert everybody.title[0].value.startswith("1 supplier is getting worse; 10 purchase\\-order lines are overdue")
    assert everybody.dataframe[0].value["supplier"].tolist() == ["Northgate Castings", "Quillford Bearings"]
    assert worse.dataframe[0].value[["supplier", "mark"]].values.tolist() == [["Northgate Castings", "worse"]]
    assert overdue.dataframe[0].value[["supplier", "lines_overdue"]].values.tolist() == [["Northgate Castings", 10]]
    assert overdue.dataframe[1].value["po_line"].tolist() == [f"PO-9{n}/1" for n in range(10, 20)]


def test_who_gets_better_is_told_and_shown_and_the_help_says_how_many_would_turn_by_chance(
    store: Engine, open_page: OpenPage
) -> None:
    write_small_company(store)
    write_purchases(store)
    write_better_days(store)
    with writing(store) as connection:
        # what came on time came in the year before, what never came in the last 90 days: the other way about is better
        in_time, swapped = schema.po_lines.c.po_id.like("PO-8%"), {"received_qty": 0}
        connection.execute(schema.po_lines.update().where(in_time).values(**swapped))
        connection.execute(schema.receipts.delete().where(schema.receipts.c.po_id.like("PO-8%")))
        raise_revision(connection)
    app = open_page("suppliers", show="Getting better")

    assert app.title[0].value.startswith("No supplier is getting worse, 1 is getting better;")
    assert app.dataframe[0].value[["supplier", "mark"]].values.tolist() == [["Northgate Castings", "better"]]
    assert "1 supplier of 2 can be tested" in app.title[0].help
    assert "less than one of them would seem to get worse or better by chance alone" in app.title[0].help


def test_the_page_opens_with_the_chosen_supplier(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    write_purchases(store)
    titles = [open_page("suppliers", supplier=each).title[0].value.replace("\\", "") for each in ("S-1", "S-2")]

    assert titles == [
        "Northgate Castings: OTIF 50 % of 20 lines due; 10 of 13 open purchase-order lines overdue, 0 EUR waiting.",
        "Quillford Bearings: no line due in the last 365 days; nothing is on order.",
    ]


def test_too_few_lines_are_not_compared(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    write_purchases(store)
    said = told(open_page("suppliers", supplier="S-1"))

    assert "50 % (n 20), of the 365 before no data (n 0): too few lines to compare (10 at least in both)." in said
    assert "no significant difference" not in said


def test_suppliers_of_one_name_are_told_apart_by_their_ids(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    write_purchases(store)
    with writing(store) as connection:
        connection.execute(schema.suppliers.update().values(name="Acme"))
        raise_revision(connection)

    assert open_page("suppliers").dataframe[0].value["supplier"].tolist() == ["Acme (S-1)", "Acme (S-2)"]


def test_where_nobody_gets_worse_and_nothing_is_overdue_the_lists_say_so(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    shown = ("Getting worse", "Getting better", "With overdue lines")
    said = [open_page("suppliers", show=asked).info[0].value for asked in shown]

    assert said == [
        "No supplier is getting worse.", "No supplier is getting better.", "No purchase-order line is overdue.",
    ]  # fmt: skip


def test_a_managers_later_date_does_not_hide_that_the_supplier_is_late(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    with writing(store) as connection:
        moved = schema.po_lines.c.line_no == "1"
        dates = {"due_date": date(2026, 3, 10), "manual_restock_date": date(2026, 3, 30)}
        connection.execute(schema.po_lines.update().where(moved).values(**dates))
        raise_revision(connection)
    app = open_page("suppliers", supplier="S-1")

    assert "(3 open purchase-order lines, 0 past the restock date, 1 past the supplier's due date)" in told(app)
    ranked, to_come = (table.value for table in app.dataframe[:2])
    assert ranked[["lines_overdue", "lines_past_due"]].values.tolist() == [[0, 1]]
    days = to_come[["po_line", "days_overdue", "days_past_due"]].astype("object")
    assert days.where(days.notna(), None).values.tolist() == [
        ["PO-1/1", None, 6], ["PO-1/2", None, None], ["PO-1/3", None, None],
    ]  # fmt: skip


def test_among_those_who_sell_the_same_the_supplier_itself_is_marked(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    write_purchases(store)
    with writing(store) as connection:
        connection.execute(insert(schema.item_suppliers), {"sku": "VALVE", "supplier_id": "S-2", "rank": 2})
        raise_revision(connection)
    sources = next(t.value for t in open_page("suppliers", supplier="S-1").dataframe if "source_rank" in t.value)

    assert sources[["sku", "supplier", "source_rank"]].values.tolist() == [
        ["VALVE", "Northgate Castings (this supplier)", 1], ["VALVE", "Quillford Bearings", 2],
    ]  # fmt: skip


def test_who_was_ever_ordered_from_sells_the_same_and_without_any_such_line_there_is_no_data(
    store: Engine, open_page: OpenPage
) -> None:
    write_small_company(store)
    write_purchases(store)
    with writing(store) as connection:
        connection.execute(schema.item_suppliers.delete())
        line = {"line_no": "1", "sku": "HOSE", "ordered_qty": 5_000, "ordered_date": date(2026, 1, 7)}
        connection.execute(insert(schema.suppliers), [{"supplier_id": "S-3", "name": "Idle"}])
        connection.execute(insert(schema.po_lines), [{"po_id": "PO-70", "supplier_id": "S-2", **line}])
        raise_revision(connection)
    app = open_page("suppliers", supplier="S-1")
    sources = next(each.value for each in app.dataframe if "source_rank" in each.value)

    assert sources[["sku", "supplier"]].values.tolist() == [
        ["HOSE", "Northgate Castings (this supplier)"], ["HOSE", "Quillford Bearings"],
    ]  # fmt: skip
    assert "**Who else sells what it does** (4 SKUs, 3 from nobody else)" in told(app)
    assert "No data: no SKU is listed for it" in told(open_page("suppliers", supplier="S-3"))


def test_a_due_date_moved_by_a_day_is_told_as_one_day(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    write_purchases(store)
    with writing(store) as connection:
        moved = schema.po_lines.c.po_id == "PO-918"
        connection.execute(schema.po_lines.update().where(moved).values(due_date=date(2026, 2, 3)))
        raise_revision(connection)

    assert "of lines due, by 1 day (median)." in told(open_page("suppliers", supplier="S-1"))


def test_the_link_below_the_open_lines_leads_to_the_order_lines_whose_date_the_supplier_decides(
    store: Engine, open_page: OpenPage
) -> None:
    write_small_company(store)
    links = {
        link.proto.label: link.proto.query_string for link in open_page("suppliers", supplier="S-1").get("page_link")
    }
    (asked,) = [query for label, query in links.items() if "whose date this supplier decides" in label]
    assert parse_qs(asked) == {
        "state": ["on time", "unpromised", "late", "undated"],
        "supplier": ["Northgate Castings (S-1)"],
    }
    # PUMP is late, HOSE on time, FILTER undated; VALVE is ready and CLAMP uncovered, both usually from S-1
    found = open_page("open_backorders", **parse_qs(asked))
    assert found.dataframe[0].value["sku"].tolist() == ["PUMP", "HOSE", "FILTER"]


def test_without_a_line_due_every_sentence_says_no_data(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    write_purchases(store)
    said = told(open_page("suppliers", supplier="S-2"))

    assert "Better or worse: no data. No line first due in the last 455 days can be judged." in said
    assert "Due dates moved since they were first agreed: no data." in said


def test_where_no_receipt_tells_a_day_no_rate_is_made_of_what_came(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    write_purchases(store)
    with writing(store) as connection:
        connection.execute(schema.receipts.delete())
        partly = schema.po_lines.c.po_id == "PO-910"
        connection.execute(schema.po_lines.update().where(partly).values(received_qty=2_000))
        raise_revision(connection)
    app = open_page("suppliers", supplier="S-1")

    assert [metric.value for metric in app.metric[:3]] == ["not known", "not known", "50 %"]
    assert "of lines of which anything has been received not known (n = 0)" in app.metric[1].help
    assert "Days late and months: not known" in told(app)


def test_overdue_lines_count_and_no_data_says_so_and_ranks_last(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    write_purchases(store)
    table = open_page("suppliers").dataframe[0].value
    columns = ["rank", "supplier", "otif_told", "on_time_told", "in_full_told", "po_lines_open", "lines_overdue"]

    half = "  50 %, 30 to 70 %, n 20"
    assert table[columns].values.tolist() == [
        [1, "Northgate Castings", half, half, half, 13, 10],
        [2, "Quillford Bearings", "no data", "no data", "no data", 0, 0],
    ]


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

    assert [each.value for each in app.caption].count("Current due date: **56 %**, 34 to 75 %, n 18") == 3


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
    columns = ["median_late_told", "lead_told"]
    assert app.dataframe[0].value[columns].values.tolist() == [["not yet"] * 2, ["no data"] * 2]


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


def test_a_line_split_over_two_purchase_orders_stands_behind_both_and_counts_once(
    store: Engine, open_page: OpenPage
) -> None:
    write_small_company(store)
    later = {"first_due_date": date(2026, 4, 2), "due_date": date(2026, 4, 2)}
    with writing(store) as connection:
        pumps = schema.po_lines.c.sku == "PUMP"
        connection.execute(schema.po_lines.update().where(pumps).values(ordered_qty=4_000))
        second = {"po_id": "PO-7", "line_no": "1", "supplier_id": "S-1", "sku": "PUMP", "ordered_qty": 9_000}
        connection.execute(insert(schema.po_lines), {**second, **later})
        raise_revision(connection)
    app = open_page("suppliers", supplier="S-1")
    hanging = next(table.value for table in app.dataframe if "allocated_qty" in table.value)

    assert hanging[hanging["order_id"] == "SO-1"][["po_line", "allocated_qty", "decided_by"]].values.tolist() == [
        ["PO-1/1", 4, "PO-7/1"], ["PO-7/1", 2, "PO-7/1"],
    ]  # fmt: skip
    assert "**Order lines that wait for all of these** (3 order lines)" in told(app)


def test_two_suppliers_of_one_name_do_not_share_a_row_of_the_chart() -> None:
    figures = pd.DataFrame({"supplier_name": ["Acme", "Bolt", "Acme"], "supplier_id": ["S-1", "S-2", "S-3"]})

    assert supplier_charts.names_apart(figures).tolist() == ["Acme (S-1)", "Bolt", "Acme (S-3)"]


def test_no_bar_of_days_late_holds_late_days_and_others() -> None:
    days = {-4: 1, 0: 7, 1: 2, 3: 4, 116: 5}
    counts = pd.DataFrame({"days_late": days.keys(), "lines": days.values(), "is_received": True}).astype(
        {"lines": int}
    )
    waiting = pd.DataFrame({"days_late": [3, 115], "lines": [6, 8], "is_received": False})
    bars = supplier_charts.late_bars(pd.concat([counts, waiting]))

    # -4 to 116 are 121 days: with 60 bars at most, or one more where 0 ends one, each holds three days
    columns = ["start", "end", "told", "is_late", "is_received", "low", "high"]
    assert bars[columns].values.tolist() == [
        [-5.5, -2.5, "-5 to -3", False, True, 0, 1],
        [-2.5, 0.5, "-2 to 0", False, True, 0, 7],
        [0.5, 3.5, "1 to 3", True, True, 0, 6],
        [0.5, 3.5, "1 to 3", True, False, 6, 12],
        [114.5, 117.5, "115 to 117", True, True, 0, 5],
        [114.5, 117.5, "115 to 117", True, False, 5, 13],
    ]


def test_the_window_stands_in_the_address(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    write_purchases(store)

    with writing(store) as connection:
        in_autumn = {"first_due_date": date(2025, 11, 3), "due_date": date(2025, 11, 3)}
        connection.execute(schema.po_lines.update().where(schema.po_lines.c.po_id == "PO-90").values(**in_autumn))
        raise_revision(connection)
    n = {days: open_page("suppliers", days=days).dataframe[0].value["otif_told"][0][-4:] for days in ("90", "365", "7")}
    assert n == {"90": "n 19", "365": "n 20", "7": "n 20"}
    app = open_page("suppliers", days="90 days")
    assert app.query_params["days"] == "90"
    app.button_group(key="days").set_value(180).run()
    assert app.query_params["days"] == "180"
    assert open_page("suppliers", days="7").query_params["days"] == "365"


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
