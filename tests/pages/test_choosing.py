from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, insert, update
from streamlit.testing.v1 import AppTest

from data_access import schema
from data_access.engine import raise_revision, writing
from tests.pages.companies import write_small_company
from tests.pages.test_customers import shown, table, write_history

OpenPage = Callable[..., AppTest]


def ship_everything(engine: Engine, customer_id: str) -> None:
    lines = schema.order_lines
    with writing(engine) as connection:
        its = lines.c.customer_id == customer_id
        connection.execute(update(lines).where(its).values(shipped_qty=lines.c.ordered_qty))
        raise_revision(connection)


def test_a_customer_without_an_open_line_has_a_view_with_its_promises_and_late_shipments(
    store: Engine, open_page: OpenPage
) -> None:
    write_small_company(store)
    write_history(store)
    ship_everything(store, "C-2")
    app = open_page("customers", customer="C-2")
    assert not app.exception
    assert app.title[0].value.replace("\\", "") == "Old Mill: no open line."
    assert "No open line: nothing waits, and nothing is to be shipped. Tier 3." in shown(app)
    assert table(app, "times_moved")["order_id"] == ["SO-3", "SO-2", "SO-2", "SO-10"]
    assert (table(app, "late_qty")["order_id"], table(app, "changed_by")["changed_by"]) == (["SO-3"], ["ada"])
    assert not app.code, "there is nothing to tell"
    assert app.query_params["customer"] == "C-2"


def test_where_nothing_at_all_is_open_customers_can_be_looked_up_all_the_same(
    store: Engine, open_page: OpenPage
) -> None:
    write_small_company(store)
    for each in ("C-1", "C-2"):
        ship_everything(store, each)
    everybody = open_page("customers")
    assert everybody.title[0].value == "No order line is open\\."
    everybody.selectbox(key="customer-asked").set_value("Old Mill (C-2)").run()
    assert not everybody.exception
    assert everybody.title[0].value.replace("\\", "") == "Old Mill: no open line."


def test_customers_are_listed_at_risk_first_then_by_name(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    with writing(store) as connection:
        further = [("C-8", "zebra"), ("C-9", "Quiet Ltd"), ("C-10", "Acme")]
        connection.execute(
            insert(schema.customers), [{"customer_id": number, "name": name, "tier": 3} for number, name in further]
        )
        raise_revision(connection)
    assert open_page("customers").selectbox(key="customer-asked").options == [
        "Old Mill (C-2)", "Brightwater Retail (C-1)", "Acme (C-10)", "Quiet Ltd (C-9)", "zebra (C-8)",
    ]  # fmt: skip


@pytest.mark.parametrize("asked", ["C-2", "Old Mill (C-2)", "Its Old Name (C-2)"])
def test_the_address_keeps_the_customers_id(store: Engine, open_page: OpenPage, asked: str) -> None:
    write_small_company(store)
    app = open_page("customers", customer=asked)
    assert app.query_params["customer"] == "C-2"
    assert app.run().query_params["customer"] == "C-2"
    assert app.title[0].value.startswith("Old Mill")


@pytest.mark.parametrize(("noun", "choice"), [("customer", "Old Mill (C-2)"), ("supplier", "Northgate Castings (S-1)")])
def test_an_unknown_id_in_the_address_is_told_of_until_another_is_chosen(
    store: Engine, open_page: OpenPage, noun: str, choice: str
) -> None:
    write_small_company(store)
    app = open_page(f"{noun}s", **{noun: "X-999"})
    assert not app.exception
    assert app.info[0].value.replace("\\", "") == f"No {noun} “X-999” is known: here are all of them."
    app.selectbox(key=f"{noun}-asked").set_value(choice).run()
    assert not app.info
    assert app.query_params[noun] == choice[-4:-1].strip("(")


def test_customers_of_one_name_are_told_apart_by_their_ids(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store, best_customer="Old Mill")
    app = open_page("customers")
    assert table(app, "score")["customer"] == ["Old Mill (C-2)", "Old Mill (C-1)"]
    calls = [button.label.replace("\\", "") for button in app.button if str(button.key).startswith("call-")]
    assert calls == ["**Old Mill (C-2)**", "**Old Mill (C-1)**"]
    assert app.title[0].value.replace("\\", "").endswith("call Old Mill (C-2) first.")
    waiting = table(open_page("suppliers", supplier="S-1"), "allocated_qty")
    assert waiting["customer_name"] == ["Old Mill (C-1)", "Old Mill (C-2)", "Old Mill (C-2)"]
