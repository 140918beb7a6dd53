"""Units expected without a purchase order: added, changed and no longer expected, each with its effect, in SQLite."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from dashboard.domain.book import PLANNED_RESTOCK
from dashboard.domain.restocks import FORM, Move, NewRestock, SupplyKey
from data_access import moving, schema
from data_access.engine import reading
from tests.conftest import TODAY
from tests.pages.companies import write_small_company

OpenPage = Callable[..., AppTest]
VIEW = "Planned restocks"
AT = datetime(2026, 3, 16, 9, 30)
IN_TIME, TOO_LATE = date(2026, 3, 19), date(2026, 3, 26)


@pytest.fixture
def company(store: Engine, settings: pytest.MonkeyPatch) -> Engine:
    """The small company, in which nothing covers the 3 CLAMP of SO-10/1, promised for 2026-03-20."""
    settings.setattr("getpass.getuser", lambda: "ada")
    write_small_company(store)
    return store


@pytest.fixture
def planned(company: Engine) -> Engine:
    """Ben expects 3 CLAMP in time."""
    save(company, NewRestock("PR-1", "CLAMP", "MAIN", 3.0, IN_TIME, "estimate"))
    return company


def save(store: Engine, change: Move | NewRestock) -> None:
    moving.save_changes(store, [change], by="ben", at=AT, how=FORM, today=TODAY)


def stored(store: Engine) -> list[tuple[object, ...]]:
    plans = schema.planned_restocks.c
    columns = (plans.sku, plans.location_id, plans.planned_qty, plans.restock_date, plans.version)
    with reading(store) as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(plans.plan_id))]


def ledger(store: Engine) -> list[tuple[object, ...]]:
    moves = schema.moves.c
    columns = (moves.from_qty, moves.to_qty, moves.from_date, moves.to_date, moves.reason, moves.moved_by)
    with reading(store) as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(moves.move_id))]


def said(app: AppTest) -> str:
    parts = [*app.title, *app.subheader, *app.markdown, *app.caption, *app.warning, *app.info, *app.success]
    return "\n".join(part.value for part in parts).replace("\\", "").replace("**", "")


def widget(app: AppTest, kind: str, label: str) -> object:
    return next(each for each in app.get(kind) if each.label == label)


def fill(app: AppTest, **values: object) -> AppTest:
    """Fill in fields by their label, with spaces for underscores."""
    kinds = {"SKU": "selectbox", "Units": "number_input", "Restock date": "date_input", "Reason": "selectbox"}
    for name, value in values.items():
        label = name.replace("_", " ")
        widget(app, kinds[label], label).set_value(value)  # type: ignore[attr-defined]
    app.run()
    assert not app.exception
    return app


def press_save(app: AppTest) -> AppTest:
    next(button for button in app.button if button.label.startswith("Save")).click()
    app.run()
    assert not app.exception
    return app


def choose(app: AppTest, plan_id: str | None) -> AppTest:
    return app.selectbox(key="planned-by-hand").set_value(plan_id).run()


def test_units_without_a_purchase_order_are_added_with_their_effect(company: Engine, open_page: OpenPage) -> None:
    app = open_page("restock_dates", view=VIEW)
    assert "No units are expected without a purchase order. Add them below." in said(app)
    fill(app, SKU="CLAMP · Clamp", Units=2.9999, Restock_date=IN_TIME, Reason="estimate")
    assert "1 order line of 1 customer is affected: 1 gets a date." in said(app)
    assert stored(company) == []

    press_save(app)
    assert stored(company) == [("CLAMP", "MAIN", 3_000, IN_TIME, 1)]
    assert ledger(company) == [(0, 3_000, None, IN_TIME, "estimate", "ada")]
    assert app.dataframe[0].value[["supply_qty", "sku", "restock_date", "waiting_value"]].values.tolist() == [
        [3.0, "CLAMP", datetime(2026, 3, 19), 30.0]
    ]


def test_two_added_one_after_the_other_have_ids_of_their_own(company: Engine, open_page: OpenPage) -> None:
    app = open_page("restock_dates", view=VIEW)
    for sku in ("CLAMP · Clamp", "HOSE · Hose"):
        press_save(fill(app, SKU=sku, Units=0.001, Reason="estimate"))
    assert [row[0] for row in ledger(company)] == [0, 0]
    ids = app.selectbox(key="planned-by-hand").options
    assert len(set(ids)) == 2
    assert all(len(plan_id) == 11 and plan_id.startswith("PR-") for plan_id in ids)


def test_without_a_reason_nothing_can_be_saved(company: Engine, open_page: OpenPage) -> None:
    app = fill(open_page("restock_dates", view=VIEW), SKU="CLAMP · Clamp", Units=3.0)
    assert [button.disabled for button in app.button if button.label.startswith("Save")] == [True]


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 3, 15), "2026-03-15, which is already over: choose today or a later day."),
        (date(2031, 3, 17), "2031-03-17, more than 5 years ahead: choose a day up to 2031-03-16."),
    ],
)
def test_a_day_outside_the_rule_is_told_in_a_sentence_and_nothing_can_be_saved(
    planned: Engine, open_page: OpenPage, day: date, why: str
) -> None:
    app = open_page("restock_dates", view=VIEW)
    fill(app, SKU="CLAMP · Clamp", Units=3.0, Restock_date=day, Reason="estimate")
    assert f"The planned restock would come on {why}" in said(app)
    app = fill(choose(app, "PR-1"), Restock_date=day, Reason="estimate")
    assert f"PR-1 would move to {why}" in said(app)
    assert not [button for button in app.button if button.label.startswith("Save")]


def test_the_date_and_the_quantity_are_changed(planned: Engine, open_page: OpenPage) -> None:
    app = choose(open_page("restock_dates", view=VIEW), "PR-1")
    assert "PR-1: 3 of Clamp for MAIN on 2026-03-19" in said(app)
    assert "Change the date or the quantity to see what it does." in said(app)
    fill(app, Units=4.5, Restock_date=TOO_LATE, Reason="carrier")
    assert "1 order line of 1 customer is affected: 1 becomes late." in said(app)

    press_save(app)
    assert stored(planned) == [("CLAMP", "MAIN", 4_500, TOO_LATE, 2)]
    assert ledger(planned)[1:] == [(3_000, 4_500, IN_TIME, TOO_LATE, "carrier", "ada")]


def test_what_is_expected_no_more_stays_in_the_ledger_alone(planned: Engine, open_page: OpenPage) -> None:
    app = choose(open_page("restock_dates", view=VIEW), "PR-1")
    next(group for group in app.button_group if "Expect it no more" in group.options).set_value("Expect it no more")
    fill(app, Reason="correction")
    assert "1 order line of 1 customer is affected: 1 loses its date." in said(app)

    press_save(app)
    assert "No units are expected without a purchase order." in said(app)
    assert [row[2] for row in stored(planned)] == [0]
    assert ledger(planned)[1][:2] == (3_000, 0)


def test_a_change_of_what_another_changed_meanwhile_is_refused_and_says_who(
    planned: Engine, open_page: OpenPage
) -> None:
    app = fill(choose(open_page("restock_dates", view=VIEW), "PR-1"), Units=1.0, Reason="carrier")
    save(planned, Move(SupplyKey(PLANNED_RESTOCK, "PR-1"), TOO_LATE, 1, "carrier"))
    press_save(app)

    assert stored(planned) == [("CLAMP", "MAIN", 3_000, TOO_LATE, 2)]
    assert "ben moved PR-1 from 2026-03-19 to 2026-03-26" in said(app)


def test_one_whose_date_has_passed_can_still_be_given_another(
    planned: Engine, open_page: OpenPage, settings: pytest.MonkeyPatch
) -> None:
    settings.setenv("BACKORDERS_TODAY", "2026-03-23")
    app = choose(open_page("restock_dates", view=VIEW), "PR-1")
    assert "Its date has passed. Change the date or the quantity" in said(app)
    press_save(fill(app, Restock_date=TOO_LATE, Reason="carrier"))
    assert stored(planned) == [("CLAMP", "MAIN", 3_000, TOO_LATE, 2)]


def test_a_viewer_sees_the_list_and_no_form(planned: Engine, open_page: OpenPage, settings: pytest.MonkeyPatch) -> None:
    settings.setenv("BACKORDERS_ROLE", "viewer")
    app = open_page("restock_dates", view=VIEW)
    assert app.dataframe[0].value["supply_id"].tolist() == ["PR-1"]
    assert [*app.selectbox, *app.number_input, *app.date_input] == []
