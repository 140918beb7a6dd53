from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime

import pytest
from sqlalchemy import Engine, insert, select, update
from streamlit.testing.v1 import AppTest

from dashboard import exports
from dashboard.domain.allocation import DEFAULT_RULE
from data_access import schema
from data_access.engine import raise_revision, writing
from tests.conftest import TODAY
from tests.pages.companies import write_small_company

OpenPage = Callable[..., AppTest]
BRIGHTWATER, OLD_MILL = "Brightwater Retail (C-1)", "Old Mill (C-2)"
HOSTILE = ["<script>alert(1)</script>", "[x](javascript:1)", ":red[x]", "$$x$$", "`x` **b**", "a\n\n# b"]


def write_history(engine: Engine) -> None:
    """One line of Old Mill that was moved and shipped late, and a customer of whom nothing is at risk."""
    line = {
        "order_id": "SO-3", "line_no": "1", "customer_id": "C-2", "sku": "VALVE", "ordered_date": date(2026, 1, 5),
        "first_promise_date": date(2026, 1, 9), "promise_date": date(2026, 1, 12), "ordered_qty": 5_000,
        "shipped_qty": 5_000, "unit_price": 100_000,
    }  # fmt: skip
    change = {
        "order_id": "SO-3", "line_no": "1", "from_date": date(2026, 1, 9), "to_date": date(2026, 1, 12),
        "changed_by": "ada", "changed_at": datetime(2026, 1, 8, 9), "how": "import",
    }  # fmt: skip
    shipment = {"order_id": "SO-3", "line_no": "1", "shipped_date": date(2026, 1, 13), "shipped_qty": 5_000}
    quiet = {**line, "order_id": "SO-4", "customer_id": "C-3", "shipped_qty": 0, "promise_date": date(2026, 3, 30)}
    with writing(engine) as connection:
        connection.execute(insert(schema.customers), [{"customer_id": "C-3", "name": "Quiet Ltd", "tier": 2}])
        connection.execute(insert(schema.order_lines), [line, quiet])
        connection.execute(update(schema.stock).values(stock_qty=100_000))
        connection.execute(insert(schema.promise_changes), [change])
        connection.execute(insert(schema.shipments), [shipment])
        raise_revision(connection)


def shown(app: AppTest) -> str:
    """All that the page says, without the backslashes that keep data from being markup."""
    told = [*app.title, *app.subheader, *app.markdown, *app.caption]
    return "\n".join(element.value for element in told).replace("\\", "")


def table(app: AppTest, column: str) -> dict[str, list]:
    """The first table that has this column."""
    return next(frame.value for frame in app.dataframe if column in frame.value).to_dict("list")


def test_an_empty_store_says_what_to_do(store: Engine, open_page: OpenPage) -> None:
    app = open_page("customers")
    assert not app.exception
    assert app.title[0].value == "No order line is open\\."
    assert "Bring in your own data" in app.info[0].value


def test_it_opens_with_whom_to_call_first(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    app = open_page("customers")
    assert not app.exception
    # Old Mill: 4 undated and 3 uncovered units at 10 each; Brightwater: 6 late ones
    assert app.title[0].value.replace("\\", "") == "2 customers at risk with 130 EUR; call Old Mill first."
    assert table(app, "score")["customer"] == ["Old Mill", "Brightwater Retail"]
    assert table(app, "score")["reasons"] == [
        "1 of 3 lines undated; 1 uncovered",
        "1 of 2 lines late, worst 10 days; tier 1",
    ]


def test_nobody_at_risk_is_said_in_a_sentence(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    with writing(store) as connection:
        connection.execute(update(schema.order_lines).values(shipped_qty=schema.order_lines.c.ordered_qty))
        connection.execute(update(schema.order_lines).where(schema.order_lines.c.sku == "VALVE").values(shipped_qty=0))
        raise_revision(connection)
    assert open_page("customers").title[0].value.startswith("No customer is at risk")
    app = open_page("customers", customer=BRIGHTWATER)
    assert not app.exception
    assert app.title[0].value.replace("\\", "") == (
        "Brightwater Retail: its one open line is not late, nothing waiting."
    )
    assert "Not at risk: none of its open lines is late, undated or uncovered" in shown(app)


def test_a_customer_is_chosen_from_the_calls_and_kept_in_the_address(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    app = open_page("customers")
    next(button for button in app.button if button.label == "**Brightwater Retail**").click().run()
    assert not app.exception
    assert app.selectbox(key="customer-asked").value == BRIGHTWATER
    assert app.query_params["customer"] == "C-1"
    assert table(app, "complete_date")["order_id"] == ["SO-1"]


def test_the_address_shows_a_customers_open_orders_promises_and_late_shipments(
    store: Engine, open_page: OpenPage
) -> None:
    write_small_company(store)
    write_history(store)
    app = open_page("customers", customer=OLD_MILL)
    assert not app.exception
    assert table(app, "complete_date")["order_id"] == ["SO-2", "SO-10"]
    assert table(app, "complete_date")["last_supply"] == ["PO-1/3 and 1 more", "nothing on order"]
    promises = table(app, "times_moved")
    assert promises["order_id"] == ["SO-3", "SO-2", "SO-2", "SO-10"]
    assert (promises["times_moved"], promises["days_moved"]) == ([1, 0, 0, 0], [3.0, 0.0, 0.0, 0.0])
    assert table(app, "changed_by")["changed_by"] == ["ada"]
    late = table(app, "late_qty")
    assert (late["order_id"], late["shipped_days_late"], late["late_qty"]) == (["SO-3"], [4], [5.0])
    assert "**Shipped late** (last 180 days: 1 of 1 line)" in shown(app)
    assert "promise moved once; 1 of 1 line shipped late" in shown(app)


def test_the_page_opens_with_the_chosen_customer(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    app = open_page("customers", customer=OLD_MILL)
    # 5 on time, 4 undated and 3 uncovered units at 10 each
    assert app.title[0].value.replace("\\", "") == "Old Mill: 2 of 3 open lines without a date, 120 EUR waiting."
    assert app.subheader[0].value.replace("\\", "") == OLD_MILL
    late = open_page("customers", customer=BRIGHTWATER)
    assert late.title[0].value.replace("\\", "") == "Brightwater Retail: 1 of 2 open lines late, 60 EUR waiting."
    late.selectbox(key="customer-asked").set_value(None).run()
    assert late.title[0].value.replace("\\", "") == "2 customers at risk with 130 EUR; call Old Mill first."


def test_a_customer_without_any_risk_can_be_looked_up(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    write_history(store)
    app = open_page("customers", customer="Quiet Ltd (C-3)")
    assert not app.exception
    assert "Not at risk" in shown(app)
    assert "Line 1: 5 x Valve (VALVE): in stock, ready to ship" in app.code[0].value


def test_an_address_that_names_nobody_shows_everybody(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    app = open_page("customers", customer="Nobody (C-9)")
    assert not app.exception
    assert not app.code
    assert app.selectbox(key="customer-asked").value is None
    assert app.info[0].value.replace("\\", "") == "No customer “Nobody (C-9)” is known: here are all of them."


def test_the_text_to_copy_tells_what_comes_when_and_names_no_supplier(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    assert open_page("customers", customer=OLD_MILL).code[0].value == (
        "To: Old Mill\n"
        "Your open orders as of 2026-03-16\n"
        "\n"
        "Of your 3 open lines, the last with a date is expected on 2026-03-18 and 2 have no date yet: "
        "Filter and Clamp.\n"
        "\n"
        "Each date is the day on which we expect the goods here, ready to ship to you. "
        "Dates can change. Where we have none yet, we say so.\n"
        "\n"
        "Order SO-2 of 2026-03-02: no date yet for the whole order\n"
        "- Line 1: 5 x Hose (HOSE): expected on 2026-03-18\n"
        "- Line 2: 4 x Filter (FILTER): no date yet, since the delivery to us that it waits for has no confirmed date "
        "(we had told you 2026-03-10, which we cannot confirm)\n"
        "\n"
        "Order SO-10 of 2026-03-02: no date yet for the whole order\n"
        "- Line 1: 3 x Clamp (CLAMP): no date yet, since no delivery to us is arranged for it so far "
        "(we had told you 2026-03-20, which we cannot confirm)\n"
        "\n"
        "Harbour Supply"
    )


def test_an_order_with_a_line_of_another_customer_is_told_to_each_with_its_own_lines(
    store: Engine, open_page: OpenPage
) -> None:
    write_small_company(store)
    line = schema.order_lines
    with writing(store) as connection:
        connection.execute(update(line).where(line.c.sku == "FILTER").values(customer_id="C-1"))
        raise_revision(connection)
    first, second = (open_page("customers", customer=each) for each in (BRIGHTWATER, OLD_MILL))
    assert not first.exception
    assert not second.exception
    assert table(first, "complete_date")["order_id"] == ["SO-1", "SO-2"]
    assert table(second, "complete_date")["lines"] == [1, 1]
    assert "- Line 2: 4 x Filter (FILTER): no date yet" in first.code[0].value
    assert "Filter" not in second.code[0].value


def test_the_text_to_copy_holds_no_day_that_is_not_in_the_store_or_the_plan(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    told = open_page("customers", customer=BRIGHTWATER).code[0].value
    assert sorted(set(re.findall(r"\d{4}-\d\d-\d\d", told))) == [
        "2026-03-02",  # ordered
        "2026-03-16",  # today
        "2026-03-20",  # the promise that is broken
        "2026-03-30",  # expected
    ]
    assert "Northgate" not in told


@pytest.mark.parametrize("name", HOSTILE)
def test_names_from_data_are_shown_as_they_are(store: Engine, open_page: OpenPage, name: str) -> None:
    write_small_company(store, best_customer=name)
    app = open_page("customers")
    assert not app.exception
    button = next(button for button in app.button if button.key == "call-C-1")
    one_line = " ".join(name.split())
    assert button.label.replace("\\", "") == f"**{one_line}**"
    assert name not in button.label
    button.click().run()
    assert not app.exception
    assert app.code[0].value.startswith(f"To: {one_line}\n")
    assert f"{one_line} (C-1)" in shown(app)
    assert all(f"{one_line} (C-1)" not in heading.value for heading in app.subheader)


def test_the_overview_names_the_customers_to_call(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    told = shown(open_page())
    assert "Customers to call" in told
    assert "1 of 3 lines undated; 1 uncovered" in told


def test_weights_of_the_settings_change_the_order(
    store: Engine, open_page: OpenPage, settings: pytest.MonkeyPatch
) -> None:
    write_small_company(store)
    settings.setenv("BACKORDERS_RISK_WEIGHTS", "tier=1000")
    assert "call Brightwater Retail first" in shown(open_page("customers"))
    settings.setenv("BACKORDERS_RISK_WEIGHTS", "size=3")
    refused = open_page("customers")
    assert "BACKORDERS_RISK_WEIGHTS" in refused.warning[0].value.replace("\\", "")
    assert "no evidence 'size'" in refused.warning[0].value.replace("\\", "")


def test_the_export_holds_what_the_page_shows(store: Engine, settings: pytest.MonkeyPatch) -> None:
    write_small_company(store)
    before = revision(store)
    lines = exports.make("customers", "csv", store, TODAY, DEFAULT_RULE).decode("utf-8-sig").splitlines()
    assert lines[0] == (
        "customer_id,score,value_open,value_at_risk,lines_open,lines_late,lines_undated,lines_uncovered,reasons"
    )
    assert [line.split(",")[0] for line in lines[1:]] == ["C-2", "C-1"]
    assert lines[2].split(",", 2)[2] == '160.0,60.0,2,1,0,0,"1 of 2 lines late, worst 10 days; tier 1"'
    assert revision(store) == before


def test_the_export_of_an_empty_store_has_its_columns_and_no_row(store: Engine, settings: pytest.MonkeyPatch) -> None:
    assert exports.make("customers", "csv", store, TODAY, DEFAULT_RULE).decode("utf-8-sig").splitlines() == [
        ",".join(exports.CUSTOMER_COLUMNS)
    ]


def revision(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(select(schema.store.c.data_revision)).scalar_one())
