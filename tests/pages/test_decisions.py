"""Decisions where they are made: on the pages, by editors; kept, shown beside what they are about, taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from dashboard import people, saving
from dashboard.domain.decided import (
    CUSTOMER,
    DONE,
    ORDER_LINE,
    PURCHASE_ORDER_LINE,
    SUPPLIER,
    Draft,
    Figures,
    Link,
    figures_then,
    link_of,
)
from dashboard.domain.errors import NotAllowedError
from data_access.decisions import add_decision, change_decision, decisions
from data_access.users import set_user
from tests import stores
from tests.conftest import TODAY
from tests.pages.companies import write_small_company

OpenPage = Callable[..., AppTest]
NEXT = date(2026, 3, 23)
AT = datetime(2026, 3, 9, 9, 30, tzinfo=UTC)
LINE = {"state": "late", "line": "SO-1/2"}


@pytest.fixture
def company(store: Engine) -> Engine:
    write_small_company(store)
    return store


def decided(store: Engine, text: str = "Call Northgate", **others: object) -> int:
    """A decision of a week ago."""
    figures = others.pop("figures", Figures(1, 1, 21, 60.0))
    draft = Draft(**{"text": text, "owner": "bo", "due_date": TODAY, **others})  # type: ignore[arg-type]
    return add_decision(store, draft, figures, by="ada", at=AT, today=date(2026, 3, 9))  # type: ignore[arg-type]


def said(app: AppTest) -> str:
    spoken = [*app.title, *app.markdown, *app.warning, *app.info, *app.toast, *app.caption]
    return "\n".join(element.value for element in spoken).replace("\\", "").replace("\u2060", "")


def keys(app: AppTest) -> list[str]:
    """The buttons that have to do with decisions."""
    return [button.key for button in app.button if "deci" in str(button.key)]


def fill(app: AppTest, *, text: str | None = None, owner: str = "", expected: str = "") -> AppTest:
    """Fill the open form in and send it. AppTest knows no typed options, so the owner is put among the others."""
    if text is not None:
        app.text_area[0].set_value(text)
    [asked] = [box for box in app.selectbox if str(box.key).endswith("-owner")]
    if owner:
        asked.options.append(owner)
        asked.set_value(owner)
    [hoped] = [box for box in app.text_input if str(box.key).endswith("-expected")]
    hoped.set_value(expected)
    [send] = [button for button in app.button if str(button.key).startswith("FormSubmitter:decision")]
    return send.click().run()


WHERE = {
    "why": ("open_backorders", LINE, Link(ORDER_LINE, "SO-1", "2"), "Get PO-1/1 from Northgate Castings earlier, or "
            "tell Brightwater Retail that SO-1/2 comes on 2026-03-30", Figures(1, 1, 10, 60.0)),
    "customer": ("customers", {"customer": "C-2"}, Link(CUSTOMER, "C-2"), "Call Old Mill: ", Figures(3, 0, 0, 120, 2)),
    # The clamps have no supply, and Northgate is their usual source; the valves are on the shelf.
    "supplier": ("suppliers", {"supplier": "S-1"}, Link(SUPPLIER, "S-1"), "Call Northgate Castings: ",
                 Figures(4, 1, 10, 180.0, 2)),
}  # fmt: skip


@pytest.mark.parametrize("key", WHERE)
def test_what_is_looked_at_is_taken_with_a_click_into_a_decision(
    company: Engine, open_page: OpenPage, key: str
) -> None:
    page, query, link, suggestion, figures = WHERE[key]
    app = open_page(page, **query).button(key=f"decide-{key}").click().run()
    assert app.text_area[0].value == suggestion
    app = fill(app, owner="Bo", expected="A date")
    kept = decisions(company).iloc[0]
    assert kept[["text", "owner", "expected", "decided_by"]].tolist() == [
        suggestion.strip(), "Bo", "A date", people.local().name,
    ]  # fmt: skip
    assert (kept["due_date"].date(), kept["decided_date"].date()) == (NEXT, TODAY)
    assert (link_of(kept), figures_then(kept)) == (link, figures)
    assert not app.text_area
    assert f"Decided: {suggestion.strip()} (Bo, due 2026-03-23)" in said(app)


def test_a_purchase_order_line_is_decided_on_where_its_date_is_moved(company: Engine, open_page: OpenPage) -> None:
    app = open_page("restock_dates")
    [chosen] = [box for box in app.multiselect if box.label == "Lines to move"]
    app = chosen.set_value(["PO-1/3 · FILTER"]).run()
    app = app.button(key="decide-restock").click().run()
    assert app.text_area[0].value == "Get a date for PO-1/3 from Northgate Castings"
    fill(app, owner="Bo")
    kept = decisions(company).iloc[0]
    assert (link_of(kept), figures_then(kept)) == (Link(PURCHASE_ORDER_LINE, "PO-1", "3"), Figures(1, 0, 0, 40.0, 1))


def test_a_decision_just_made_is_taken_back_with_one_click(company: Engine, open_page: OpenPage) -> None:
    app = open_page("customers", customer="C-2").button(key="decide-customer").click().run()
    app = fill(app, text="Visit them", owner="Bo")
    app = app.button(key="decide-customer-undo").click().run()
    assert "Taken back: Decided: Visit them (Bo, due 2026-03-23)" in said(app)
    assert decisions(company)[["text", "state"]].values.tolist() == [["Visit them", "dropped"]]
    assert "decide-customer-undo" not in keys(app)


def test_the_way_back_stays_where_the_store_is_away_as_it_is_taken(
    company: Engine, open_page: OpenPage, database_url: str
) -> None:
    app = open_page("customers", customer="C-2").button(key="decide-customer").click().run()
    app = fill(app, text="Visit them", owner="Bo")
    with stores.away(database_url):
        app = app.button(key="decide-customer-undo").click().run()
        assert "The store" in app.warning[0].value
    app = app.run().button(key="decide-customer-undo").click().run()
    assert decisions(company)["state"].tolist() == ["dropped"]


def test_the_way_back_of_what_was_just_decided_stays_while_another_decision_is_settled(
    company: Engine, open_page: OpenPage
) -> None:
    """It stands above the cards: were it to go, the second click of a slow double click came upon another one."""
    number = decided(company, link=Link(CUSTOMER, "C-2"))
    app = open_page("customers", customer="C-2").button(key="decide-customer").click().run()
    app = fill(app, text="Visit them", owner="Bo")
    app = app.button(key=f"customer-decisions-{number}-done").click().run()
    app = app.button(key="decide-customer-undo").click().run()
    kept = decisions(company).set_index("text")["state"]
    assert kept.to_dict() == {"Call Northgate": "done", "Visit them": "dropped"}


def test_what_is_refused_stays_in_the_form_with_the_reason(company: Engine, open_page: OpenPage) -> None:
    app = open_page("customers", customer="C-2").button(key="decide-customer").click().run()
    app = fill(app, text="Visit them", expected="They stay")
    assert "Nothing was saved: the decision has no owner: name who sees to it." in said(app)
    assert (app.text_area[0].value, app.text_input(key="decision-1-expected").value) == ("Visit them", "They stay")
    assert decisions(company).empty


def test_the_owners_of_earlier_decisions_are_offered_and_nobody_s_address(company: Engine, open_page: OpenPage) -> None:
    decided(company, owner="bo")
    decided(company, owner="Purchasing, North")
    set_user(company, "eve@example.com", "viewer", by="ops", at=AT)
    app = open_page("customers", customer="C-2").button(key="decide-customer").click().run()
    [asked] = [box for box in app.selectbox if box.label == "Who sees to it"]
    assert asked.options == [people.local().name, "Purchasing, North", "bo"]


def test_beside_a_line_stands_what_was_decided_with_what_became_of_it(company: Engine, open_page: OpenPage) -> None:
    decided(company, link=Link(ORDER_LINE, "SO-1", "2"), expected="A date")
    decided(company, "Of its supply", link=Link(PURCHASE_ORDER_LINE, "PO-1", "1"))
    decided(company, "Of another line", link=Link(ORDER_LINE, "SO-1", "1"))
    app = open_page("open_backorders", **LINE)
    told = said(app)
    assert "1 line late then, 1 now; worst 21 days then, 10 now. Backordered: 60 EUR then, 60 EUR now." in told
    assert "bo · **due today, 2026-03-16**" in told
    assert "Expected: A date; decided on 2026-03-09 by ada." in told
    assert "Of its supply" in told
    assert "Of another line" not in told


@pytest.mark.parametrize(
    ("press", "state", "due"),
    [("done", "done", TODAY), ("drop", "dropped", TODAY), ("carry", "open", NEXT)],
)
def test_a_decision_is_settled_or_carried_with_one_click(
    company: Engine, open_page: OpenPage, press: str, state: str, due: date
) -> None:
    number = decided(company, link=Link(CUSTOMER, "C-2"))
    app = open_page("customers", customer="C-2").button(key=f"customer-decisions-{number}-{press}").click().run()
    kept = decisions(company).iloc[0]
    assert (kept["state"], kept["due_date"].date(), kept["changed_by"]) == (state, due, people.local().name)
    if state == "open":
        assert "Carried to 2026-03-23: Call Northgate" in said(app)
        assert "carried once" in said(app)
    else:
        assert f"{state.capitalize()}: Call Northgate" in said(app)
        app.button(key=f"customer-decisions-{number}-again").click().run()
        assert decisions(company)["state"].tolist() == ["open"]


def test_a_decision_is_carried_once_by_a_double_click_and_then_only_by_its_form(
    company: Engine, open_page: OpenPage
) -> None:
    number = decided(company, link=Link(CUSTOMER, "C-2"))
    carry = f"customer-decisions-{number}-carry"
    app = open_page("customers", customer="C-2").button(key=carry).click().run()
    assert (app.button(key=carry).label, app.button(key=carry).disabled) == ("Carried to 2026-03-23", True)
    assert decisions(company).iloc[0][["due_date", "version"]].tolist() == [pd.Timestamp(NEXT), 2]


@pytest.mark.parametrize("day", ["2026-03-23", "2026-03-30"])
def test_what_was_carried_is_carried_again_once_its_day_has_come(
    company: Engine, open_page: OpenPage, settings: pytest.MonkeyPatch, day: str
) -> None:
    """In a browser that was left open from one review to the next."""
    number = decided(company, link=Link(CUSTOMER, "C-2"))
    carry = f"customer-decisions-{number}-carry"
    app = open_page("customers", customer="C-2").button(key=carry).click().run()
    settings.setenv("BACKORDERS_TODAY", day)
    app = app.run()
    to = (date.fromisoformat(day) + timedelta(days=7)).isoformat()
    assert (app.button(key=carry).label, app.button(key=carry).disabled) == (f"Carry to {to}", False)
    app.button(key=carry).click().run()
    assert decisions(company).iloc[0][["due_date", "version"]].tolist() == [pd.Timestamp(to), 3]


def cards(app: AppTest) -> dict[str, tuple[bool, bool]]:
    """The cards in their order, by decision: whether it can be marked as done, and whether it can be carried."""
    keys = [str(button.key) for button in app.button if str(button.key).endswith("-done")]
    return {
        key.split("-")[-2]: tuple(
            not app.button(key=key.replace("-done", each)).disabled for each in ("-done", "-carry")
        )
        for key in keys
    }  # type: ignore[misc]


def test_what_is_settled_or_carried_stays_in_its_place_till_another_page_is_shown(
    company: Engine, open_page: OpenPage
) -> None:
    """So that the second half of a double click comes upon its own button, and not upon the next decision's."""
    for _ in range(4):
        decided(company, link=Link(CUSTOMER, "C-2"))
    app = open_page("customers", customer="C-2")
    for number, press in ((1, "carry"), (2, "done"), (3, "drop")):
        app = app.button(key=f"customer-decisions-{number}-{press}").click().run()
    assert cards(app) == {"1": (True, False), "2": (False, False), "3": (False, False), "4": (True, True)}
    assert "bo · **done**" in said(app)
    assert "bo · **dropped**" in said(app)
    app = app.button(key="customer-decisions-3-again").click().run()
    assert cards(app)["3"] == (True, True)

    app.query_params["customer"] = "C-1"
    app = app.run()
    app.query_params["customer"] = "C-2"
    assert list(cards(app.run())) == ["3", "4", "1"]
    assert decisions(company)["state"].value_counts().to_dict() == {"open": 3, "done": 1}


def test_what_was_settled_on_an_earlier_day_leaves_its_place(
    company: Engine, open_page: OpenPage, settings: pytest.MonkeyPatch
) -> None:
    number = decided(company, link=Link(CUSTOMER, "C-2"))
    app = open_page("customers", customer="C-2").button(key=f"customer-decisions-{number}-done").click().run()
    assert list(cards(app)) == ["1"]
    settings.setenv("BACKORDERS_TODAY", "2026-03-17")
    assert cards(app.run()) == {}


def press_twice() -> None:
    """A page whose buttons do to a decision, as it was first seen, what those of its card do."""
    from datetime import date

    import streamlit as st

    from dashboard import deciding, decision_forms

    seen = st.session_state.setdefault("seen", deciding.decisions().iloc[0])
    decision_forms.show_refused("here")
    st.button("done", key="done", on_click=decision_forms.settle, args=("here", seen, "done"))
    st.button("dropped", key="dropped", on_click=decision_forms.settle, args=("here", seen, "dropped"))
    st.button("open", key="open", on_click=decision_forms.carry, args=("here", seen, date(2026, 3, 23)))


@pytest.mark.parametrize("press", ["done", "dropped", "open"])
def test_the_second_half_of_a_double_click_asks_for_what_was_done_already_and_does_nothing(
    company: Engine, press: str
) -> None:
    decided(company)
    app = AppTest.from_function(press_twice, default_timeout=60).run()
    for _ in range(2):
        app = app.button(key=press).click().run()
        assert not app.exception
        assert not app.warning
    assert decisions(company)[["state", "version"]].values.tolist() == [[press, 2]]


def test_who_settles_what_somebody_changed_since_hears_so_and_nothing_is_written(
    company: Engine, open_page: OpenPage
) -> None:
    number = decided(company, link=Link(CUSTOMER, "C-2"))
    app = open_page("customers", customer="C-2")
    change_decision(company, number, 1, owner="eve", by="cy", at=AT, today=TODAY)
    app = app.button(key=f"customer-decisions-{number}-done").click().run()
    assert "cy changed the decision “Call Northgate” on 2026-03-09 09:30 UTC: its owner is now eve." in said(app)
    assert decisions(company)[["state", "version"]].values.tolist() == [["open", 2]]


def test_a_decision_is_changed_as_it_was_seen_with_a_note(company: Engine, open_page: OpenPage) -> None:
    number = decided(company, link=Link(CUSTOMER, "C-2"))
    app = open_page("customers", customer="C-2").button(key=f"customer-decisions-{number}-change").click().run()
    assert app.text_area[0].value == "Call Northgate"
    app.text_input(key="decision-1-note").set_value("On holiday")
    app = fill(app, text="Write to Northgate", owner="eve", expected="An answer")
    kept = decisions(company).iloc[0]
    assert kept[["text", "owner", "expected", "note"]].tolist() == [
        "Write to Northgate", "eve", "An answer", "On holiday",
    ]  # fmt: skip
    assert "Saved: Write to Northgate" in said(app)


def test_what_somebody_changed_while_the_form_was_open_is_not_overwritten(company: Engine, open_page: OpenPage) -> None:
    number = decided(company, link=Link(CUSTOMER, "C-2"))
    app = open_page("customers", customer="C-2").button(key=f"customer-decisions-{number}-change").click().run()
    change_decision(company, number, 1, owner="eve", by="cy", at=AT, today=TODAY)
    app = fill(app, text="Mine", owner="me")
    assert "cy changed the decision “Call Northgate” on 2026-03-09 09:30 UTC: its owner is now eve." in said(app)
    assert app.text_area[0].value == "Mine"
    assert decisions(company)[["text", "owner", "version"]].values.tolist() == [["Call Northgate", "eve", 2]]


def test_a_viewer_sees_what_was_decided_and_nothing_to_press(
    company: Engine, open_page: OpenPage, settings: pytest.MonkeyPatch
) -> None:
    decided(company, link=Link(CUSTOMER, "C-2"))
    settings.setenv("BACKORDERS_ROLE", "viewer")
    app = open_page("customers", customer="C-2")
    assert "Call Northgate" in said(app)
    assert keys(app) == []
    for page, query, *_ in WHERE.values():
        assert keys(open_page(page, **query)) == []


@pytest.mark.parametrize("press", ["done", "drop", "carry"])
def test_who_was_an_editor_when_the_page_was_drawn_settles_nothing_after(
    company: Engine, open_page: OpenPage, settings: pytest.MonkeyPatch, press: str
) -> None:
    number = decided(company, link=Link(CUSTOMER, "C-2"))
    app = open_page("customers", customer="C-2")
    settings.setenv("BACKORDERS_ROLE", "viewer")
    app = app.button(key=f"customer-decisions-{number}-{press}").click().run()
    assert "Your role here is viewer; this needs the role editor." in said(app)
    assert decisions(company)[["state", "version"]].values.tolist() == [["open", 1]]


def test_who_was_an_editor_when_the_form_was_drawn_decides_nothing_after(
    company: Engine, open_page: OpenPage, settings: pytest.MonkeyPatch
) -> None:
    app = open_page("customers", customer="C-2").button(key="decide-customer").click().run()
    settings.setenv("BACKORDERS_ROLE", "viewer")
    fill(app, text="Visit them", owner="Bo")
    assert decisions(company).empty


def test_every_write_asks_for_the_role_whoever_calls_it(company: Engine, settings: pytest.MonkeyPatch) -> None:
    number = decided(company)
    settings.setenv("BACKORDERS_ROLE", "viewer")
    writes: list[Callable[[], object]] = [
        lambda: saving.decide(Draft("Visit them", "Bo")),
        lambda: saving.change_decision(number, 1, state=DONE),
        lambda: saving.open_review(None),
        lambda: saving.close_review(1),
    ]
    for write in writes:
        with pytest.raises(NotAllowedError):
            write()
    assert decisions(company)[["decision_id", "version"]].values.tolist() == [[number, 1]]


def test_text_from_people_is_shown_as_the_text_that_it_is(company: Engine, open_page: OpenPage) -> None:
    hostile = "<b>x</b> :red[y] $z$ [a](https://example.com)"
    decided(company, hostile, owner="**Bo**", expected="# E", link=Link(CUSTOMER, "C-2"))
    app = open_page("customers", customer="C-2")
    assert not app.exception
    drawn = "\n".join(element.value for element in [*app.markdown, *app.caption])
    assert r"\<b\>x\<\/b\> \:red\[y\] \$z\$ \[a\]" in drawn
    assert r"\*\*Bo\*\*" in drawn
