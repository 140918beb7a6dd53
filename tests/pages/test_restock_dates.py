"""Moving restock dates, by the front door. The company is worked out in tests/pages/companies.py."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pandas as pd
import pytest
from sqlalchemy import Engine, select
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Expander

from dashboard import restock_views
from dashboard.domain.book import PLANNED_RESTOCK, PURCHASE_ORDER
from dashboard.domain.restocks import FORM, Move, SupplyKey
from data_access import moving, schema
from data_access.engine import raise_revision, reading, writing
from tests.conftest import TODAY
from tests.front_door import ROOT
from tests.pages.companies import write_small_company
from tests.pages.typed import begins, type_days

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


def table_with(app: AppTest, column: str) -> pd.DataFrame:
    return next(table.value for table in app.dataframe if column in table.value)


def test_a_browser_that_is_late_to_hear_of_a_choice_does_not_take_it_back(opened: AppTest) -> None:
    """It says once more that nothing is chosen in the table that stood there before the choice was made by typing."""
    before = WidgetState(id=opened.dataframe[0].proto.id, string_value='{"selection": {"rows": []}}')
    choose(opened, PUMP)
    assert opened.dataframe[0].proto.id != before.id
    told = opened._tree.get_widget_states()
    told.widgets.append(before)
    opened._run(told)
    assert not opened.exception
    assert opened.multiselect(key="restocks-by-hand").value == [PUMP]
    assert "Move 1 line" in said(opened)


@pytest.fixture
def viewer(settings: pytest.MonkeyPatch) -> None:
    settings.setenv("BACKORDERS_ROLE", "viewer")


def test_the_page_opens_with_what_has_no_date_and_what_waits_for_it(opened: AppTest) -> None:
    assert opened.title[0].value.replace("\\", "") == "1 purchase-order line has no date; 40 EUR wait for it."
    table = opened.dataframe[0].value
    assert table[["supply_id", "restock_mark", "waiting_value"]].values.tolist() == [
        ["PO-1/1", "", 60], ["PO-1/2", "", 50], ["PO-1/3", "Undated", 40],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("overdue", "undated", "changed", "kind", "told"),
    [
        (0, 0, 0, PURCHASE_ORDER, "No purchase-order line is overdue; each has a date."),
        (1, 0, 1, PURCHASE_ORDER, "1 purchase-order line is overdue; 100 EUR wait for it. "
                                  "1 supplier changed its date after we set ours."),
        (2, 1, 0, PURCHASE_ORDER, "2 purchase-order lines are overdue, 1 has no date; 300 EUR wait for them."),
        (0, 2, 0, PLANNED_RESTOCK, "2 restocks have no date; 200 EUR wait for them."),
    ],
)  # fmt: skip
def test_the_sentence_says_what_is_overdue_undated_and_changed(
    overdue: int, undated: int, changed: int, kind: str, told: str
) -> None:
    numbers = pd.Series(range(4))
    restocks = pd.DataFrame({
        "is_overdue": numbers < overdue, "is_undated": (numbers >= overdue) & (numbers < overdue + undated),
        "is_due_changed": numbers < changed, "supplier_id": "S-1", "supply_kind": kind, "waiting_value": 100.0,
    })  # fmt: skip

    assert restock_views.sentence(restocks) == told


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
    assert app.button(key="undo").disabled  # and still there: a double click comes upon nothing else
    assert "1 becomes late" in said(app)
    assert len(ledger(store)) == 1
    app = press(app, "undo-changes-save")
    assert ledger(store)[1:] == [
        ("PO-1/1", date(2026, 3, 19), date(2026, 3, 30), "moved back", "", "ada", "undo"),
    ]  # fmt: skip
    assert "Moved 1 line back." in said(app)


def fold(app: AppTest) -> list[Expander]:
    return [each for each in app.expander if "must be told" in each.label]


def test_after_saving_the_customers_who_must_be_told_are_named_where_somebody_asks(opened: AppTest) -> None:
    app = press(type_date(choose(opened, HOSE), date(2026, 3, 24)), "move-save")

    assert "1 becomes late" in said(app)
    [folded] = fold(app)
    assert folded.label == "Who must be told of a later date (1 customer, 1 line by this save)"
    assert "told-save" not in [button.key for button in app.button]
    app.session_state["to-be-told-1"] = True
    app.run()
    assert "Old Mill" in [name for table in app.dataframe for name in table.value.get("customer_name", [])]
    assert "told-save" in [button.key for button in app.button]


def test_who_must_be_told_makes_room_for_the_next_line(opened: AppTest) -> None:
    app = press(type_date(choose(opened, HOSE), date(2026, 3, 24)), "move-save")

    assert fold(choose(app, PUMP)) == []
    assert len(fold(choose(app))) == 1
    assert fold(press(app, "close-saved")) == []


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


class TypedIn:
    """Stands for the table in which dates are typed, which AppTest cannot type into. next: what is typed, by line."""

    def __init__(self) -> None:
        self.next: dict[str, date | None] = {}
        self.shown: dict[str, object] = {}

    def __call__(self, frame: pd.DataFrame, **_: object) -> pd.DataFrame:
        lines = frame["supply_id"].astype("str")
        days = [self.next.get(line, day) for line, day in zip(lines, frame["new_date"], strict=True)]
        self.next = {}
        told = [None if pd.isna(day) else pd.Timestamp(day).date() for day in days]
        self.shown = dict(zip(lines, told, strict=True))
        return frame.assign(new_date=pd.to_datetime(pd.Series(days, dtype="object")))


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> TypedIn:
    table = TypedIn()
    monkeypatch.setattr("streamlit.data_editor", table)
    return table


def test_a_typed_date_stays_with_its_line_whatever_else_is_chosen_filtered_or_saved_by_others(
    opened: AppTest, store: Engine, typing: TypedIn
) -> None:
    first, second = date(2026, 4, 1), date(2026, 4, 2)
    typing.next = {"PO-1/1": first}
    app = choose(opened, PUMP).segmented_control(key="move-way").set_value("Type dates").run()
    app = choose(app, FILTER, PUMP)
    assert typing.shown == {"PO-1/3": None, "PO-1/1": first}

    typing.next = {"PO-1/3": second}
    app = app.text_input(key="find").set_value("HOSE").run()
    app = app.text_input(key="find").set_value("no such thing").run()
    by_another(store, "2", date(2026, 4, 9))
    app = app.run()
    assert typing.shown == {"PO-1/3": second, "PO-1/1": first}

    app = choose(app.text_input(key="find").set_value("").run(), FILTER)
    assert typing.shown == {"PO-1/3": second}
    app = choose(app, FILTER, PUMP)
    assert typing.shown == {"PO-1/3": second, "PO-1/1": first}

    typing.next = {"PO-1/1": None}
    app = choose(app.run(), FILTER, PUMP, HOSE)
    assert typing.shown == {"PO-1/3": second, "PO-1/1": None, "PO-1/2": None}


def test_typed_dates_are_gone_once_they_are_saved(opened: AppTest, store: Engine, typing: TypedIn) -> None:
    typing.next = {"PO-1/3": date(2026, 4, 1)}
    app = choose(opened, FILTER).segmented_control(key="move-way").set_value("Type dates").run()
    app.selectbox(key="move-reason-0").set_value("estimate").run()
    app = press(app, "move-save")
    assert [entry[0] for entry in ledger(store)] == ["PO-1/3"]
    choose(app, FILTER)
    assert typing.shown == {"PO-1/3": None}


def typing_dates(app: AppTest, *lines: str) -> AppTest:
    """Choose lines, and to type their dates."""
    return choose(app, *lines).segmented_control(key="move-way").set_value("Type dates").run()


def test_what_is_typed_in_a_table_stands_upon_what_the_table_began_with(opened: AppTest) -> None:
    """Were the table given the typed date too, the browser would be sent another table under the hands of who types."""
    app = type_days(typing_dates(opened, PUMP, FILTER), "new_date", {1: "2026-04-01"})
    for _ in range(2):
        assert begins(app, "new_date") == [None, None]
        assert "1 gets a date" in said(app)
        app = app.run()
    assert begins(choose(app, FILTER), "new_date") == ["2026-04-01"]
    assert "1 gets a date" in said(app)


@pytest.mark.parametrize("cell", [None, "+012026-01-01"])
def test_a_cell_that_is_emptied_and_a_year_that_no_calendar_has_are_no_date(opened: AppTest, cell: str | None) -> None:
    app = type_days(typing_dates(opened, FILTER), "new_date", {0: "2026-04-01"})
    app = type_days(app, "new_date", {0: cell})
    assert "gets a date" not in said(app)
    assert begins(choose(app, PUMP, FILTER), "new_date") == [None, None]


def test_dates_typed_for_lines_that_were_let_go_of_outlive_the_saving_of_others(opened: AppTest, store: Engine) -> None:
    app = type_days(typing_dates(opened, PUMP, FILTER), "new_date", {0: "2026-04-02", 1: "2026-04-01"})
    app = choose(app, FILTER)
    app.selectbox(key="move-reason-0").set_value("estimate").run()
    app = press(app, "move-save")
    assert [entry[:3] for entry in ledger(store)] == [("PO-1/3", None, date(2026, 4, 1))]
    assert begins(choose(app, FILTER, PUMP), "new_date") == [None, "2026-04-02"]


def test_a_date_typed_for_a_line_that_was_then_moved_otherwise_is_gone(opened: AppTest, store: Engine) -> None:
    app = type_days(typing_dates(opened, PUMP), "new_date", {0: "2026-04-02"})
    app = app.segmented_control(key="move-way").set_value("Set one date").run()
    app = press(type_date(app, date(2026, 4, 20)), "move-save")
    assert len(ledger(store)) == 1
    assert begins(typing_dates(app, PUMP), "new_date") == [None]


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


def test_the_new_state_is_taken_where_no_line_fits_the_filters(opened: AppTest, store: Engine) -> None:
    app = type_date(choose(opened, PUMP), date(2026, 3, 19))
    app.text_input(key="find").set_value("no such thing").run()
    by_another(store, "1", date(2026, 4, 9))

    app = press(press(app, "move-save"), "move-take")
    press(app, "move-save")
    assert [entry[5] for entry in ledger(store)] == ["ben", "ada"]


def test_the_new_state_keeps_the_lines_in_the_order_in_which_they_were_chosen(opened: AppTest, store: Engine) -> None:
    """So that dates typed beside them stay with them."""
    app = type_date(choose(choose(opened, HOSE), HOSE, PUMP), date(2026, 3, 19))
    by_another(store, "1", date(2026, 4, 9))

    app = press(press(app, "move-save"), "move-take")
    assert app.multiselect(key="restocks-by-hand").value == [HOSE, PUMP]


def test_no_line_is_shifted_farther_than_a_date_may_be_ahead(opened: AppTest) -> None:
    app = choose(opened, PUMP)
    app.segmented_control(key="move-way").set_value("Shift by days").run()
    days = app.number_input(key="move-days-0")
    assert (days.min, days.max) == (-1830, 1830)
    app = days.set_value(1830).run()
    assert not app.exception
    assert "more than 5 years ahead" in said(app)


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


def test_what_was_agreed_for_a_weekend_is_not_asked_again_after_a_conflict(opened: AppTest, store: Engine) -> None:
    app = type_date(choose(opened, PUMP), date(2026, 4, 5))
    app = next(box for box in app.checkbox if "Nothing comes in on" in box.label).check().run()
    by_another(store, "1", date(2026, 4, 9))
    app = press(press(app, "move-save"), "move-take")

    assert not app.button(key="move-save").disabled
    app = type_date(choose(press(app, "move-save"), HOSE), date(2026, 4, 5), times=1)
    assert app.button(key="move-save").disabled


def test_without_a_reason_nothing_is_saved(opened: AppTest) -> None:
    app = choose(opened, PUMP)
    app.date_input(key="move-date-0").set_value(date(2026, 4, 20)).run()

    assert app.button(key="move-save").disabled
    assert "Choose a reason, then save." in said(app)


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 3, 15), "PO-1/1 would move to 2026-03-15, which is already over: choose today or a later day."),
        (date(2031, 3, 17), "more than 5 years ahead: choose a day up to 2031-03-16."),
    ],
)
def test_a_date_outside_the_rule_says_why_it_is_not_taken(opened: AppTest, day: date, why: str) -> None:
    app = type_date(choose(opened, PUMP), day)

    assert why in said(app)
    assert "move-save" not in [button.key for button in app.button]


@pytest.fixture
def overdue(opened: AppTest, store: Engine) -> AppTest:
    """All lines chosen and to be shifted by a day; the hose's has been over for a week."""
    with writing(store) as connection:
        line = schema.po_lines.c
        connection.execute(schema.po_lines.update().where(line.line_no == "2").values(due_date=date(2026, 3, 9)))
        raise_revision(connection)
    app = press(opened.run(), "choose-all")
    app.segmented_control(key="move-way").set_value("Shift by days").run()
    app.number_input(key="move-days-0").set_value(1)
    return app.selectbox(key="move-reason-0").set_value("supplier late").run()


def test_lines_that_cannot_move_are_named_and_can_be_left_out(overdue: AppTest, store: Engine) -> None:
    assert "PO-1/2 would move to 2026-03-10, which is already over" in said(overdue)
    assert "move-save" not in [button.key for button in overdue.button]

    app = press(overdue, "move-leave-out")
    assert "1 line left out: it stays as it is." in said(app)
    press(app, "move-save")
    assert [(entry[0], entry[2]) for entry in ledger(store)] == [("PO-1/1", date(2026, 3, 31))]


def test_what_was_left_out_is_asked_again_once_the_dates_are_others(overdue: AppTest) -> None:
    app = press(overdue, "move-leave-out")
    app.number_input(key="move-days-0").set_value(2).run()

    assert "PO-1/2 would move to 2026-03-11, which is already over" in said(app)
    assert "move-save" not in [button.key for button in app.button]


def test_every_line_that_cannot_move_is_in_the_table(opened: AppTest) -> None:
    app = type_date(choose(opened, PUMP, HOSE), date(2026, 3, 15))

    assert "2 of 2 lines cannot move like this:" in said(app)
    assert "move-leave-out" not in [button.key for button in app.button]
    why = "Would move to 2026-03-15, which is already over: choose today or a later day"
    assert table_with(app, "reason")[["supply_id", "reason"]].values.tolist() == [["PO-1/1", why], ["PO-1/2", why]]


def test_a_shift_counts_from_today_where_the_date_is_over_or_missing(overdue: AppTest, store: Engine) -> None:
    box = overdue.checkbox(key="move-from-today-0")
    assert box.label == "From today where the date is over or missing (2 lines)"
    app = press(box.check().run(), "move-save")

    assert not app.exception
    assert [(entry[0], entry[2]) for entry in ledger(store)] == [
        ("PO-1/1", date(2026, 3, 31)), ("PO-1/2", date(2026, 3, 17)), ("PO-1/3", date(2026, 3, 17)),
    ]  # fmt: skip


def test_what_was_begun_is_still_there_after_a_look_at_another_page(opened: AppTest) -> None:
    app = type_date(choose(opened, PUMP), date(2026, 3, 19))
    app.text_input(key="move-note-0").set_value("papers").run()
    app.switch_page(str(ROOT / "pages" / "suppliers.py")).run()
    app.switch_page(str(ROOT / "pages" / "restock_dates.py")).run()

    assert app.multiselect(key="restocks-by-hand").value == [PUMP]
    assert app.date_input(key="move-date-0").value == date(2026, 3, 19)
    assert (app.selectbox(key="move-reason-0").value, app.text_input(key="move-note-0").value) == (
        "supplier late", "papers",
    )  # fmt: skip


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


def test_a_link_that_asks_for_an_id_shows_it_with_its_name(opened: AppTest, open_page: OpenPage) -> None:
    app = open_page("restock_dates", from_supplier="S-1").run()

    assert not app.exception
    assert app.multiselect(key="from_supplier").value == ["Northgate Castings (S-1)"]
    assert len(app.dataframe[0].value) == 3
    app.multiselect(key="from_supplier").set_value([]).run()
    assert app.multiselect(key="from_supplier").value == []


def test_before_and_after_can_be_taken_along_as_csv(opened: AppTest) -> None:
    app = type_date(choose(opened, PUMP), date(2026, 3, 19))

    assert "CSV" in [button.proto.label for button in app.get("download_button")]


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


def test_the_story_of_the_one_chosen_line_is_told(opened: AppTest, store: Engine) -> None:
    by_another(store, "1", date(2026, 4, 9))
    app = choose(opened.run(), PUMP)
    app.toggle(key="restock-story").set_value(True).run()

    assert not app.exception
    assert ["ben"] in table_with(app, "person")[["person"]].values.tolist()


@pytest.mark.parametrize(
    ("page", "query", "asked"),
    [
        ("open_backorders", {"line": "SO-1/2"}, "on_po=PO-1&of_sku=PUMP"),
        ("suppliers", {"supplier": "S-1"}, "from_supplier=Northgate"),
    ],
)
def test_where_a_date_matters_a_link_leads_to_its_lines(
    store: Engine, open_page: OpenPage, page: str, query: dict[str, str], asked: str
) -> None:
    write_small_company(store)
    links = [link.proto for link in open_page(page, **query).get("page_link")]

    assert any("estock dates" in link.label and asked in link.query_string for link in links)


def test_an_empty_store_says_what_to_do(store: Engine, open_page: OpenPage) -> None:
    app = open_page("restock_dates")

    assert not app.exception
    assert app.title[0].value == "Nothing is on order\\."
    assert "page Data" in app.info[0].value
