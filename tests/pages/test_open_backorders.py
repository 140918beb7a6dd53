from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, insert
from streamlit.testing.v1 import AppTest

from data_access import schema
from data_access.engine import writing
from tests.pages.companies import write_small_company

OpenPage = Callable[..., AppTest]


def lines_of(app: AppTest) -> list[str]:
    """The order lines that the page shows, as ORDER/LINE."""
    frame = app.dataframe[0].value
    return [f"{order}/{line}" for order, line in zip(frame["order_id"], frame["line_no"], strict=True)]


def told(app: AppTest) -> str:
    return "\n".join(element.value for element in [*app.title, *app.subheader, *app.markdown, *app.caption])


def test_an_empty_store_says_what_to_do(store: Engine, open_page: OpenPage) -> None:
    app = open_page("open_backorders")
    assert app.title[0].value == "No order line is open\\."
    assert "Bring in your own data" in app.info[0].value


def test_a_store_without_order_lines_says_that_none_have_come(store: Engine, open_page: OpenPage) -> None:
    with writing(store) as connection:
        connection.execute(insert(schema.customers).values(customer_id="C-1", name="Brightwater"))
    for page in ("overview", "open_backorders"):
        assert open_page(page).info[0].value.startswith("No order line has been brought in yet.")


def test_backordered_lines_come_first_and_most_money_leads(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    app = open_page("open_backorders")
    assert lines_of(app) == ["SO-1/2", "SO-2/1", "SO-2/2", "SO-10/1"]
    assert app.title[0].value.replace("\\", "") == "4 lines on 3 orders: 18 units, 180 EUR backordered."


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"state": ["late", "undated"]}, ["SO-1/2", "SO-2/2"]),
        ({"state": ["ready"]}, ["SO-1/1"]),
        ({"q": "hose"}, ["SO-2/1"]),
        ({"q": "so-10"}, ["SO-10/1"]),
        ({"customer": "Brightwater Retail (C-1)"}, ["SO-1/2"]),
        ({"tier": "3"}, ["SO-2/1", "SO-2/2", "SO-10/1"]),
        ({"value": "50"}, ["SO-1/2", "SO-2/1"]),
        ({"past": "4-7"}, ["SO-2/2"]),
        ({"age": "8-14"}, ["SO-1/2", "SO-2/1", "SO-2/2", "SO-10/1"]),
        ({"sort": "Earliest promise first"}, ["SO-2/2", "SO-1/2", "SO-2/1", "SO-10/1"]),
        ({"sort": "Most days late first"}, ["SO-1/2", "SO-2/1", "SO-2/2", "SO-10/1"]),
    ],
)
def test_the_address_says_which_lines_are_shown(
    store: Engine, open_page: OpenPage, query: dict[str, str | list[str]], expected: list[str]
) -> None:
    write_small_company(store)
    assert lines_of(open_page("open_backorders", **query)) == expected


def test_filters_that_nothing_fits_say_so_and_can_be_cleared(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    app = open_page("open_backorders", q="nothing is called so")
    assert "No open order line fits" in app.info[0].value
    next(button for button in app.button if button.label == "Clear filters").click().run()
    assert lines_of(app) == ["SO-1/2", "SO-2/1", "SO-2/2", "SO-10/1"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("SO-1/1", "Promised for 2026-03-20, expected 2026-03-16. All 10 are on the shelf: to be shipped."),
        ("SO-1/2", "expected 2026-03-30: :red[**10 days late**]. 6 wait for purchase order PO\\-1\\/1 from Northgate"),
        (
            "SO-2/2",
            "ago; **no date can be told**. 4 wait for purchase order PO\\-1\\/3 from Northgate Castings, which has",
        ),
        ("SO-10/1", "**no date can be told**. 3 have no supply: nothing more is on order at MAIN."),
    ],
)
def test_a_chosen_line_says_why_it_waits(store: Engine, open_page: OpenPage, line: str, reason: str) -> None:
    write_small_company(store)
    app = open_page("open_backorders", state=["ready", "late", "undated", "uncovered"], line=line)
    assert not app.exception
    assert reason in told(app)


def test_stock_that_is_free_elsewhere_is_told_where_no_date_can_be(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    with writing(store) as connection:
        shelf = {"sku": "CLAMP", "location_id": "NORTH", "stock_qty": 24_000}
        connection.execute(insert(schema.stock).values(**shelf))
    assert "nothing more is on order at MAIN. 24 are free at NORTH." in told(
        open_page("open_backorders", line="SO-10/1")
    )


def test_the_whole_order_tells_the_day_it_will_be_complete(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    assert "(2 open lines): complete on **2026-03-30**" in told(open_page("open_backorders", line="SO-1/2"))
    without = told(open_page("open_backorders", line="SO-2/1"))
    assert "(2 open lines): no date can be told, because of line 2" in without


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "[x](javascript:1)", ":red[x]", "$$x$$", "`x` **b**"])
def test_names_from_data_are_shown_as_they_are(store: Engine, open_page: OpenPage, name: str) -> None:
    write_small_company(store, best_customer=name)
    app = open_page("open_backorders", line="SO-1/2")
    assert not app.exception
    shown = next(element.value for element in app.subheader).split(" for ")[1]
    special = set("\\`*_{}[]()<>#+-.!|$~:&@/")
    assert shown == "".join(f"\\{character}" if character in special else character for character in name)


@pytest.mark.parametrize(
    "query", [{"customer": "Gone Ltd (C-77)"}, {"tier": "9"}, {"category": "Nope"}, {"supplier": "S-9"}, {"age": "99+"}]
)
def test_a_link_to_what_is_gone_shows_nothing_rather_than_everything(
    store: Engine, open_page: OpenPage, query: dict[str, str]
) -> None:
    write_small_company(store)
    assert "No open order line fits" in open_page("open_backorders", **query).info[0].value


@pytest.mark.parametrize(
    ("query", "said", "expected"),
    [
        ({"state": "banana"}, "state “banana”", ["SO-1/2", "SO-2/1", "SO-2/2", "SO-10/1"]),
        ({"state": ["late", "<b>"], "sort": "Up"}, "state “<b>”, sort “Up”", ["SO-1/2"]),
    ],
)
def test_what_the_address_asks_for_and_there_is_none_of_is_said(
    store: Engine, open_page: OpenPage, query: dict[str, str | list[str]], said: str, expected: list[str]
) -> None:
    write_small_company(store)
    app = open_page("open_backorders", **query)
    infos = [info.value.replace("\\", "") for info in app.info]
    assert (infos[:1], lines_of(app)) == (
        [f"Not known here: {said}. The other filters of the address count."],
        expected,
    )


@pytest.mark.parametrize("line", ["XX/9", "SO-1/99", "SO-1", "nothing"])
def test_a_line_of_the_address_that_is_not_open_is_said(store: Engine, open_page: OpenPage, line: str) -> None:
    write_small_company(store)
    captions = [each.value.replace("\\", "") for each in open_page("open_backorders", line=line).caption]
    assert f"No open order line “{line}” is known. Choose a line to see why it waits." in captions


def test_a_line_of_the_address_that_the_filters_hide_is_not_called_unknown(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    for line in ("SO-1/1", ""):
        captions = [each.value for each in open_page("open_backorders", line=line).caption]
        assert "Choose a line to see why it waits." in captions


def test_a_link_survives_another_name_of_the_customer(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    assert lines_of(open_page("open_backorders", customer="Brightwater, before it moved (C-1)")) == ["SO-1/2"]


def test_a_chosen_line_stays_chosen_or_none_is_when_the_rows_change(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    app = open_page("open_backorders", line="SO-2/1")
    assert "line 1: 5 of Hose" in told(app)
    app.text_input(key="q").set_value("hose").run()
    assert lines_of(app) == ["SO-2/1"]
    assert "line 1: 5 of Hose" in told(app)
    app.text_input(key="q").set_value("pump").run()
    assert lines_of(app) == ["SO-1/2"]
    assert not app.subheader
