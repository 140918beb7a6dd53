from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from dashboard.domain import aging, overview
from tests.pages.companies import write_small_company

OpenPage = Callable[..., AppTest]


def test_an_empty_store_says_what_to_do(store: Engine, open_page: OpenPage) -> None:
    app = open_page()
    assert not app.exception
    assert app.title[0].value == "The store is empty\\: nothing has been brought in yet\\."
    assert "Bring in your own data" in app.info[0].value


def test_it_opens_with_the_sentence_of_the_day(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    app = open_page()
    assert app.title[0].value.replace("\\", "") == (
        "1 line late, 1 without a date, 1 uncovered; 4 of 5 open lines are backordered."
    )


def test_each_total_is_told_in_lines_units_and_money(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    app = open_page()
    tiles = {metric.label: metric.value for metric in app.metric}
    assert tiles == {
        "Open": "5 lines",
        "Backordered": "4 lines",
        "Late": "1 line",
        "Undated": "1 line",
        "Uncovered": "1 line",
        "Past the promise": "1 line",
    }
    told = [caption.value for caption in app.caption]
    # open: 10 + 6 + 5 + 4 + 3 units at 10 each; backordered: all but the 10 that are on the shelf
    assert "28 units  \n280 EUR" in told
    assert "18 units  \n180 EUR" in told


def test_each_total_leads_to_as_many_lines_as_it_counts(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    overview_page = open_page()
    tiles = [int(metric.value.split()[0]) for metric in overview_page.metric]
    links = [link.proto.query_string for link in overview_page.get("page_link") if "Show them" in link.proto.label]

    shown = []
    for query in links:
        lines = open_page("open_backorders", **parse_qs(query))
        shown.append(int(lines.title[0].value.split()[0]))
    assert shown == tiles


def test_what_needs_a_decision_is_told_with_its_worth(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    told = [text.value for text in open_page().markdown]
    assert told.count("1 line of 1 customer, 3 units, **30 EUR**") == 1  # uncovered
    assert told.count("1 line of 1 customer, 4 units, **40 EUR**") == 1  # undated
    assert told.count("1 line of 1 customer, 6 units, **60 EUR**") == 1  # late for a customer of tier 1


def test_doubtful_data_is_noted_quietly(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    # the purchase-order line without a date is the one problem
    assert any("1 kind of problems (1 row)" in caption.value for caption in open_page().caption)


def test_a_click_works_no_figure_out_again(store: Engine, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    write_small_company(store)
    app = open_page()
    for name in ("day_sentence", "decisions", "totals", "by_state", "costly_suppliers"):
        monkeypatch.delattr(overview, name)
    monkeypatch.delattr(aging, "by_age")

    app.button_group(key="in").set_value("money").run()
    assert not app.exception
    assert {metric.label: metric.value for metric in app.metric}["Late"] == "1 line"
