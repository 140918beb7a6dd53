from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pandas as pd
import pytest
from sqlalchemy import Engine, delete, insert, update
from streamlit.testing.v1 import AppTest

from dashboard import aging_charts, aging_views, exports, loading
from dashboard.domain.allocation import DEFAULT_RULE
from data_access import schema
from data_access.engine import raise_revision, writing
from tests.conftest import TODAY
from tests.pages.companies import write_small_company

OpenPage = Callable[..., AppTest]


def told(app: AppTest) -> str:
    elements = [*app.title, *app.subheader, *app.markdown, *app.caption, *app.info]
    return "\n".join(element.value for element in elements).replace("\\", "")


def change(engine: Engine, *statements: object) -> None:
    with writing(engine) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]
        raise_revision(connection)


def ordered(engine: Engine, order_id: str, days_ago: int) -> None:
    line = schema.order_lines
    day = TODAY - timedelta(days=days_ago)
    change(engine, update(line).where(line.c.order_id == order_id).values(ordered_date=day))


def write_history(engine: Engine) -> None:
    """Four lines ordered on 2026-01-05 and shipped 0, 2, 4 and 10 days later; one of 2025-11-03 shipped after 6."""
    days = [("H-1", date(2026, 1, 5), waited) for waited in (0, 2, 4, 10)] + [("H-2", date(2025, 11, 3), 6)]
    common = {"customer_id": "C-1", "sku": "PUMP", "ordered_qty": 1_000, "shipped_qty": 1_000}
    keys = [{"order_id": order_id, "line_no": str(place)} for place, (order_id, _, _) in enumerate(days)]
    lines = [key | common | {"ordered_date": day} for key, (_, day, _) in zip(keys, days, strict=True)]
    shipped = [
        key | {"shipped_date": day + timedelta(days=waited), "shipped_qty": 1_000}
        for key, (_, day, waited) in zip(keys, days, strict=True)
    ]
    change(engine, insert(schema.order_lines).values(lines), insert(schema.shipments).values(shipped))


def test_an_empty_store_says_what_to_do(store: Engine, open_page: OpenPage) -> None:
    app = open_page("aging")
    assert not app.exception
    assert app.title[0].value == "No order line is open\\."
    assert "Bring in your own data" in app.info[0].value


def test_it_opens_with_what_is_old_and_how_long_backorders_last(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    write_history(store)
    ordered(store, "SO-2", 50)
    app = open_page("aging")
    # of the eight backorders of the quarter three are shipped, after 2, 4 and 10 days; five wait for 14 or 50
    assert app.title[0].value.replace("\\", "") == (
        "2 of 5 open lines are older than 45 days, 90 EUR; it is too early to say how long half of this quarter's "
        "backorders last."
    )


def test_each_quarter_tells_what_its_figures_are_made_of(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    write_history(store)
    app = open_page("aging")
    assert [(metric.label, metric.value) for metric in app.metric] == [
        ("Half shipped in", "not yet"),
        ("90 % shipped in", "not yet"),
        ("Half shipped in", "6 days"),
        ("90 % shipped in", "6 days"),
    ]
    assert "2026 Q1: 8 backorders, 3 shipped complete, 5 still open, 0 cancelled." in told(app)
    assert "2025 Q4: 1 backorder, 1 shipped complete, 0 still open, 0 cancelled." in told(app)
    assert "n = 8, left out 0. At risk, followed for at least so many days: 8 for 1, 6 for 7" in app.metric[0].help


def test_lines_that_are_complete_without_shipments_are_left_out_and_told(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    write_history(store)
    change(store, delete(schema.shipments).where(schema.shipments.c.order_id == "H-2"))
    assert "2025 Q4: no backorder, 1 line left out, complete without the day." in told(open_page("aging"))


def test_without_open_lines_the_history_still_tells_how_long_backorders_lasted(
    store: Engine, open_page: OpenPage
) -> None:
    write_small_company(store)
    write_history(store)
    change(store, delete(schema.order_lines).where(schema.order_lines.c.order_id.like("SO-%")))
    app = open_page("aging")
    assert not app.exception
    assert app.title[0].value.replace("\\", "") == (
        "No order line is open; half of the backorders of this quarter are shipped within 4 days."
    )
    assert "2026 Q1: 3 backorders, 3 shipped complete" in told(app)


def test_shipped_lines_of_which_units_were_given_up_are_told_beside_the_shipped(
    store: Engine, open_page: OpenPage
) -> None:
    write_small_company(store)
    write_history(store)
    line = schema.order_lines
    of_history = update(line).where(line.c.order_id == "H-1")
    change(
        store,
        of_history.where(line.c.line_no == "2").values(ordered_qty=3_000, cancelled_qty=2_000),
        of_history.where(line.c.line_no == "3").values(ordered_qty=3_000, closed_qty=2_000),
    )
    assert "2026 Q1: 8 backorders, 3 shipped complete (of these 2 cut), 5 still open" in told(open_page("aging"))


def test_no_history_says_what_it_would_need(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    for order_id in ("SO-1", "SO-2", "SO-10"):
        ordered(store, order_id, 400)
    app = open_page("aging")
    assert app.title[0].value.replace("\\", "") == "All 5 open lines are older than 45 days, 280 EUR."
    assert "No order line of 2025 Q4 or 2026 Q1 had to wait" in told(app)


def test_one_line_is_told_as_one(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    line = schema.order_lines
    change(store, delete(line).where(line.c.order_id.in_(["SO-1", "SO-2"])))
    app = open_page("aging")
    assert not app.exception
    assert app.title[0].value.replace("\\", "").startswith("The one open line is not older than 45 days")
    assert "No open line is 46 days old or older." in told(app)


def test_where_all_is_ready_there_is_still_an_age(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    change(store, delete(schema.order_lines).where(schema.order_lines.c.sku != "VALVE"))
    app = open_page("aging", old="8-14")
    assert not app.exception
    assert app.dataframe[0].value["last_supply"].tolist() == ["to be shipped"]


@pytest.mark.parametrize("by", ["state", "supplier", "category", "customer tier", "location"])
@pytest.mark.parametrize("measure", ["lines", "units", "money"])
def test_every_split_is_drawn_in_every_measure(store: Engine, open_page: OpenPage, by: str, measure: str) -> None:
    write_small_company(store)
    app = open_page("aging", by=by, **{"in": measure})
    assert not app.exception
    assert len(app.get("vega_lite_chart")) == 3


def test_old_lines_tell_what_they_wait_for_oldest_and_most_valuable_first(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    ordered(store, "SO-2", 50)
    app = open_page("aging", old="8-14")
    oldest, valuable = (
        [f"{order}/{line}" for order, line in zip(table.value["order_id"], table.value["line_no"], strict=True)]
        for table in app.dataframe
    )
    assert oldest == ["SO-2/1", "SO-2/2", "SO-1/1", "SO-1/2", "SO-10/1"]
    assert valuable == ["SO-1/1", "SO-1/2", "SO-2/1", "SO-2/2", "SO-10/1"]
    assert app.dataframe[0].value["last_supply"].tolist() == [
        "PO-1/2", "PO-1/3", "to be shipped", "PO-1/1", "nothing on order",
    ]  # fmt: skip


def test_a_line_is_found_on_its_page_of_the_table(
    store: Engine, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_small_company(store)
    backlog = loading.plan().backlog
    # most money first: PUMP 60, HOSE 50, FILTER 40, CLAMP 30, and the ready VALVE last
    monkeypatch.setattr(aging_views, "PAGE_ROWS", 2)
    assert aging_views.line_query(backlog, "SO-1", "2").get("page") is None
    assert aging_views.line_query(backlog, "SO-2", "2")["page"] == "2"
    assert aging_views.line_query(backlog, "SO-1", "1")["page"] == "3"


@pytest.mark.parametrize(
    ("split", "group", "expected"),
    [
        ("state", "late", {"state": ["late"], "age": ["8-14"]}),
        ("supplier", "Northgate Castings (S-1)", {"supplier": ["Northgate Castings (S-1)"], "age": ["8-14"]}),
        ("category", "Parts", {"category": ["Parts"], "age": ["8-14"]}),
        ("customer tier", "3", {"tier": ["3"], "age": ["8-14"]}),
        ("location", "MAIN", {"location": ["MAIN"], "age": ["8-14"]}),
    ],
)
def test_a_part_of_a_bar_leads_to_exactly_its_lines(
    store: Engine, open_page: OpenPage, split: str, group: str, expected: dict[str, list[str]]
) -> None:
    write_small_company(store)
    sums = loading.ages_by("ordered", split)
    query = aging_views.part_query("ordered", "8-14", group, sums, [group], split)
    assert {name: value for name, value in query.items() if name in expected} == expected
    lines = int(sums.set_index(["bucket", "group"]).loc[("8-14", group), "lines"])
    assert len(open_page("open_backorders", **query).dataframe[0].value) == lines


def test_the_others_lead_to_the_groups_they_are_made_of() -> None:
    sums = pd.DataFrame({"bucket": ["0-3", "0-3", "0-3", "4-7"], "group": ["a", "b", "c", "d"]})
    query = aging_views.part_query("promise", "0-3", "others", sums, ["a"], "category")
    assert (query["category"], query["past"]) == (["b", "c"], ["0-3"])
    assert "category" not in aging_views.part_query("promise", "0-3", "", sums, ["a", ""], "category")


def test_red_is_for_late_alone_and_no_two_groups_share_a_colour() -> None:
    shades = aging_charts.colours(["ready", "on time", "unpromised", "late", "undated", "uncovered"], "state")
    assert [group for group, shade in shades.items() if shade == aging_charts.LATE] == ["late"]
    named = aging_charts.colours([*"abcdefg", "", "others"], "supplier")
    assert aging_charts.LATE not in named.values()
    assert (len(set(shades.values())), len(set(named.values()))) == (6, 9)


def test_names_from_data_stand_in_the_legend_as_they_are() -> None:
    name = "<script>alert(1)</script>"
    assert "<script>" not in aging_charts.legend({name: "#000"}, {name: name})


def test_the_export_is_the_table_of_the_page(store: Engine, settings: pytest.MonkeyPatch) -> None:
    write_small_company(store)
    settings.setenv("BACKORDERS_AGE_BUCKETS", "7")
    lines = exports.make("aging", "csv", store, TODAY, DEFAULT_RULE).decode("utf-8-sig").splitlines()
    # all were ordered 14 days ago; SO-2/2 was promised for six days ago
    assert lines == [
        "clock,bucket,lines,units,value",
        "ordered,0-7,0,0.0,0.0",
        "ordered,8+,5,28.0,280.0",
        "promise,not yet due,4,24.0,240.0",
        "promise,1-7,1,4.0,40.0",
        "promise,8+,0,0.0,0.0",
        "promise,no promise,0,0.0,0.0",
    ]


def test_the_overview_leads_to_the_ages(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    assert "More on ages" in [link.proto.label.replace(":primary[", "")[:-1] for link in open_page().get("page_link")]
