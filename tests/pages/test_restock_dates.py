"""Moving restock dates, by the front door. The company is worked out in tests/pages/companies.py."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pandas as pd
import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from dashboard.domain.book import PURCHASE_ORDER
from dashboard.domain.restocks import FORM, Move, SupplyKey
from data_access import moving, schema
from data_access.engine import raise_revision, reading, writing
from tests.conftest import TODAY
from tests.pages.companies import write_small_company

OpenPage = Callable[..., AppTest]
PUMP, HOSE, FILTER = "PO-1/1 · PUMP", "PO-1/2 · HOSE", "PO-1/3 · FILTER"
AT = datetime(2026, 3, 16, 9, 30)


@pytest.fixture
def opened(store: Engine, open_page: OpenPage, settings: pytest.MonkeyPatch) -> AppTest:
    """The page over the small company, with its user ada."""
    settings.setattr("getpass.getuser", lambda: "ada")
    write_small_company(store)
    return open_page("restock_dates")


def said(app: AppTest) -> str:
    """All that the page says in words, as a reader sees it."""
    parts = [*app.title, *app.subheader, *app.markdown, *app.caption, *app.warning, *app.info]
    return "\n".join(part.value for part in parts).replace("\\", "")


def choose(app: AppTest, *lines: str) -> AppTest:
    return app.multiselect(key="restocks-by-hand").set_value(list(lines)).run()


def type_date(app: AppTest, day: date, reason: str = "supplier late", times: int = 0) -> AppTest:
    app.date_input(key=f"move-date-{times}").set_value(day)
    app.selectbox(key=f"move-reason-{times}").set_value(reason)
    return app.run()


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click()
    app.run()
    assert not app.exception
    return app


def by_another(store: Engine, line_no: str, to: date, version: int = 1) -> None:
    """Ben moves a line elsewhere."""
    move = Move(SupplyKey(PURCHASE_ORDER, "PO-1", line_no), to, version, "carrier")
    moving.save_changes(store, [move], by="ben", at=AT, how=FORM, today=TODAY)


def ledger(store: Engine) -> list[tuple[object, ...]]:
    moves = schema.moves.c
    columns = (moves.supply_id, moves.from_date, moves.to_date, moves.reason, moves.note, moves.moved_by, moves.how)
    with reading(store) as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(moves.move_id))]


def table_with(app: AppTest, column: str) -> list[list[object]]:
    return next(table.value for table in app.dataframe if column in table.value)


@pytest.fixture
def viewer(settings: pytest.MonkeyPatch) -> None:
    settings.setenv("BACKORDERS_ROLE", "viewer")


def test_the_page_opens_with_what_has_no_date_and_what_waits_for_it(opened: AppTest) -> None:
    assert opened.title[0].value.replace("\\", "") == "1 purchase-order line has no date; 40 EUR wait for it."
    table = opened.dataframe[0].value
    assert table[["supply_id", "restock_mark", "waiting_value"]].values.tolist() == [
        ["PO-1/1", "", 60], ["PO-1/2", "", 50], ["PO-1/3", "Undated", 40],
    ]  # fmt: skip


def test_a_move_shows_its_effect_is_saved_and_moved_back(opened: AppTest, store: Engine) -> None:
    app = type_date(choose(opened, PUMP), date(2026, 3, 19))

    assert "1 order line of 1 customer is affected: 1 becomes on time." in said(app)
    columns = ["effect", "order_id", "line_no", "expected_before", "expected_after", "state_before", "state_after"]
    before_and_after = table_with(app, "expected_after")[columns].astype("str").values.tolist()
    assert before_and_after == [
        ["become on time", "SO-1", "2", "2026-03-30", "2026-03-19", "late", "on time"],
    ]  # fmt: skip
    assert ledger(store) == []

    app = press(app, "move-save")
    assert ledger(store) == [
        ("PO-1/1", date(2026, 3, 30), date(2026, 3, 19), "supplier late", "", "ada", "form"),
    ]  # fmt: skip
    assert "Saved 1 change. 1 order line of 1 customer is affected: 1 becomes on time." in said(app)
    assert app.multiselect(key="restocks-by-hand").value == []

    app = press(app, "undo")
    assert "1 becomes late" in said(app)
    assert len(ledger(store)) == 1
    app = press(app, "undo-changes-save")
    assert ledger(store)[1:] == [
        ("PO-1/1", date(2026, 3, 19), date(2026, 3, 30), "moved back", "", "ada", "undo"),
    ]  # fmt: skip
    assert "Moved 1 line back." in said(app)


def test_after_saving_the_customers_who_must_be_told_are_named(opened: AppTest) -> None:
    app = press(type_date(choose(opened, HOSE), date(2026, 3, 24)), "move-save")

    assert "1 becomes late" in said(app)
    assert "must be told" in said(app)
    assert "Old Mill" in [name for table in app.dataframe for name in table.value.get("customer_name", [])]


def test_a_slip_that_the_slack_absorbs_affects_no_order_and_can_be_saved(opened: AppTest, store: Engine) -> None:
    app = type_date(choose(opened, HOSE), date(2026, 3, 20))

    assert "No order is affected: the slack absorbs it." in said(app)
    press(app, "move-save")
    assert len(ledger(store)) == 1


def test_many_lines_shift_by_working_days_and_those_without_a_date_stay(opened: AppTest, store: Engine) -> None:
    app = press(opened, "choose-all")
    app.segmented_control(key="move-way").set_value("Shift by days").run()
    app.number_input(key="move-days-0").set_value(3)
    app.checkbox(key="move-working-0").set_value(True)
    app.selectbox(key="move-reason-0").set_value("customs")
    app.text_input(key="move-note-0").set_value(" papers ").run()

    assert "1 line without a date cannot be shifted" in said(app)
    press(app, "move-save")
    assert ledger(store) == [
        ("PO-1/1", date(2026, 3, 30), date(2026, 4, 2), "customs", "papers", "ada", "form"),
        ("PO-1/2", date(2026, 3, 18), date(2026, 3, 23), "customs", "papers", "ada", "form"),
    ]  # fmt: skip


def test_dates_are_typed_line_by_line_and_lines_left_empty_stay(
    opened: AppTest, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "streamlit.data_editor",
        lambda frame, **_: frame.assign(new_date=[pd.NaT, pd.Timestamp(2026, 4, 1)]),
    )
    app = choose(opened, PUMP, FILTER)
    app.segmented_control(key="move-way").set_value("Type dates").run()
    app.selectbox(key="move-reason-0").set_value("estimate").run()

    assert "1 gets a date" in said(app)
    press(app, "move-save")
    assert ledger(store) == [("PO-1/3", None, date(2026, 4, 1), "estimate", "", "ada", "table")]


def test_a_date_of_ours_goes_back_to_the_suppliers(opened: AppTest, store: Engine) -> None:
    by_another(store, "1", date(2026, 4, 9))
    app = choose(opened.run(), PUMP, HOSE)
    app.segmented_control(key="move-way").set_value("Back to the supplier's date").run()
    app.selectbox(key="move-reason-0").set_value("correction").run()

    assert "1 line will follow the supplier's due date again." in said(app)
    assert "1 line without a date of ours will stay as now." in said(app)
    press(app, "move-save")
    assert ledger(store)[1] == ("PO-1/1", date(2026, 4, 9), date(2026, 3, 30), "correction", "", "ada", "form")


def test_what_another_saved_since_the_line_was_chosen_is_never_overwritten(opened: AppTest, store: Engine) -> None:
    app = type_date(choose(opened, PUMP), date(2026, 3, 19))
    by_another(store, "1", date(2026, 4, 9))

    app = press(app, "move-save")
    assert "ben moved PO-1/1 from 2026-03-30 to 2026-04-09 on 2026-03-16 09:30 UTC." in said(app)
    assert [entry[5] for entry in ledger(store)] == ["ben"]

    app = press(app, "move-take")
    assert app.date_input(key="move-date-0").value == date(2026, 3, 19)
    assert app.selectbox(key="move-reason-0").value == "supplier late"
    press(app, "move-save")
    assert ledger(store)[1:] == [
        ("PO-1/1", date(2026, 4, 9), date(2026, 3, 19), "supplier late", "", "ada", "form"),
    ]  # fmt: skip


def test_an_effect_that_is_no_longer_true_is_not_saved_but_shown_anew(opened: AppTest, store: Engine) -> None:
    app = type_date(choose(opened, PUMP), date(2026, 3, 19))
    with writing(store) as connection:
        connection.execute(schema.stock.insert().values(sku="PUMP", location_id="MAIN", stock_qty=6_000))
        raise_revision(connection)

    app = press(app, "move-save")
    assert "The data changed since you saw the effect." in said(app)
    assert "No order is affected" in said(app)
    assert ledger(store) == []
    press(app, "move-save")
    assert len(ledger(store)) == 1


def test_input_that_changed_with_the_click_is_shown_first(opened: AppTest, store: Engine) -> None:
    app = type_date(choose(opened, PUMP), date(2026, 3, 19))
    app.date_input(key="move-date-0").set_value(date(2026, 4, 20))
    app = press(app, "move-save")

    assert "Your input changed after the effect that you saw." in said(app)
    assert ledger(store) == []


def test_a_weekend_or_a_holiday_asks_once(opened: AppTest, store: Engine, settings: pytest.MonkeyPatch) -> None:
    settings.setenv("BACKORDERS_HOLIDAYS", "2026-04-06")
    app = type_date(choose(opened, PUMP), date(2026, 4, 6))
    [question] = [box for box in app.checkbox if "Nothing comes in on" in box.label]

    assert question.label.replace("\\", "").startswith("Nothing comes in on Monday, 2026-04-06")
    assert app.button(key="move-save").disabled
    app = question.check().run()
    press(app, "move-save")
    assert len(ledger(store)) == 1


def test_without_a_reason_nothing_is_saved(opened: AppTest) -> None:
    app = choose(opened, PUMP)
    app.date_input(key="move-date-0").set_value(date(2026, 4, 20)).run()

    assert app.button(key="move-save").disabled
    assert "Choose a reason, then save." in said(app)


def test_a_shift_into_the_past_says_which_line_and_why(opened: AppTest) -> None:
    app = choose(opened, HOSE)
    app.segmented_control(key="move-way").set_value("Shift by days").run()
    app.number_input(key="move-days-0").set_value(-5).run()

    assert "PO-1/2 would move to 2026-03-13, which is already over" in said(app)
    assert "move-save" not in [button.key for button in app.button]


def test_an_undo_on_which_a_later_move_stands_is_refused_with_its_reason(opened: AppTest, store: Engine) -> None:
    app = press(type_date(choose(opened, PUMP), date(2026, 3, 19)), "move-save")
    by_another(store, "1", date(2026, 4, 9), version=2)
    app = press(app, "undo")

    assert "PO-1/1 cannot be moved back: ben moved it to 2026-04-09" in said(app)
    assert len(ledger(store)) == 2


def test_a_viewer_sees_the_list_and_no_form(store: Engine, viewer: None, open_page: OpenPage) -> None:
    write_small_company(store)
    app = open_page("restock_dates")

    assert len(app.dataframe[0].value) == 3
    assert "restocks-by-hand" not in [box.key for box in app.multiselect]
    assert not {button.key for button in app.button} & {"choose-all", "move-save", "undo"}


def test_who_became_a_viewer_meanwhile_saves_nothing(
    opened: AppTest, store: Engine, settings: pytest.MonkeyPatch
) -> None:
    app = type_date(choose(opened, PUMP), date(2026, 3, 19))
    settings.setenv("BACKORDERS_ROLE", "viewer")
    press(app, "move-save")

    assert ledger(store) == []


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"find": "pump"}, ["PO-1/1"]),
        ({"marks": "Undated"}, ["PO-1/3"]),
        ({"of_sku": ["HOSE", "PUMP"]}, ["PO-1/1", "PO-1/2"]),
        ({"from_supplier": "Northgate Castings (S-1)", "on_po": "PO-1"}, ["PO-1/1", "PO-1/2", "PO-1/3"]),
        ({"mine": "true"}, ["PO-1/2"]),
    ],
)  # fmt: skip
def test_the_address_says_what_is_shown(
    opened: AppTest, store: Engine, open_page: OpenPage, query: dict[str, str], shown: list[str]
) -> None:
    press(type_date(choose(opened, HOSE), date(2026, 3, 20)), "move-save")

    assert open_page("restock_dates", **query).dataframe[0].value["supply_id"].tolist() == shown


def test_filters_that_nothing_fits_can_be_cleared(opened: AppTest, open_page: OpenPage) -> None:
    app = open_page("restock_dates", find="no such thing")

    assert "Nothing that is still to come fits these filters." in said(app)
    next(button for button in app.button if button.label == "Clear filters").click().run()
    assert len(app.dataframe[0].value) == 3


def test_lines_chosen_by_filter_stay_chosen_beside_those_of_the_next(opened: AppTest) -> None:
    opened.text_input(key="find").set_value("pump").run()
    app = press(opened, "choose-all")
    app.text_input(key="find").set_value("hose").run()
    app = press(app, "choose-all")

    assert app.multiselect(key="restocks-by-hand").value == [PUMP, HOSE]


def test_an_empty_store_says_what_to_do(store: Engine, open_page: OpenPage) -> None:
    app = open_page("restock_dates")

    assert not app.exception
    assert app.title[0].value == "Nothing is on order\\."
    assert "page Data" in app.info[0].value
