"""Setting promises, by the front door. The company is worked out in tests/pages/companies.py.

PUMP of SO-1/2 comes on 2026-03-30 and was promised for the 20th; nothing else is expected after its promise.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pandas as pd
import pytest
from sqlalchemy import Engine, insert, select, update
from streamlit.testing.v1 import AppTest

from dashboard import loading, promise_views, saving
from dashboard.domain.book import PURCHASE_ORDER
from dashboard.domain.errors import NotAllowedError
from dashboard.domain.promises import PromiseChange, effect_of_promises
from dashboard.domain.restocks import FORM, Move, SupplyKey
from dashboard.promise_forms import NEW
from data_access import moving, promising, schema
from data_access.engine import raise_revision, reading, writing
from tests.conftest import TODAY
from tests.front_door import ROOT
from tests.pages.companies import PROMISE, write_small_company
from tests.pages.typed import begins, type_days

OpenPage = Callable[..., AppTest]
COMES = date(2026, 3, 30)
AT = datetime(2026, 3, 16, 9, 30)


@pytest.fixture
def company(store: Engine, settings: pytest.MonkeyPatch) -> Engine:
    """The small company, in which HOSE of SO-2/1 has no promise, with its user ada."""
    settings.setattr("getpass.getuser", lambda: "ada")
    write_small_company(store)
    line = schema.order_lines.c
    with writing(store) as connection:
        no_promise = {"promise_date": None, "first_promise_date": None}
        connection.execute(update(schema.order_lines).where(line.sku == "HOSE").values(no_promise))
        raise_revision(connection)
    return store


@pytest.fixture
def opened(company: Engine, open_page: OpenPage) -> AppTest:
    return open_page("promises")


def said(app: AppTest) -> str:
    """All that the page says in words, as a reader sees it."""
    parts = [*app.title, *app.subheader, *app.markdown, *app.caption, *app.warning, *app.info, *app.success]
    return "\n".join(part.value for part in parts).replace("\\", "")


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click()
    app.run()
    assert not app.exception
    return app


def choose(app: AppTest, *lines: str) -> AppTest:
    app.multiselect(key="promises-by-hand").set_value(list(lines)).run()
    assert not app.exception
    return app


def ledger(store: Engine) -> list[tuple[object, ...]]:
    entry = schema.promise_changes.c
    columns = (entry.order_id, entry.line_no, entry.from_date, entry.to_date, entry.note, entry.changed_by, entry.how)
    with reading(store) as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(entry.change_id))]


def by_another(store: Engine, to: date) -> None:
    """Ben promises SO-1/2 elsewhere."""
    change = PromiseChange("SO-1", "2", to, PROMISE)
    promising.save_promises(store, [change], by="ben", at=AT, how=FORM, today=TODAY)


def test_the_page_opens_with_what_will_miss_its_promise_and_what_has_none(opened: AppTest) -> None:
    told = opened.title[0].value.replace("\\", "")
    assert told == "1 line will miss its promise, 60 EUR; 1 line has no promise."
    lines = opened.dataframe[0].value
    assert lines[["order_id", "line_no", "state"]].astype("str").values.tolist() == [
        ["SO-1", "2", "late"],
        ["SO-2", "1", "unpromised"],
    ]
    assert lines["days_late"].iloc[0] == 10


def test_several_customers_are_told_in_one_sentence() -> None:
    lines = pd.DataFrame(
        {
            "customer_id": ["C-1", "C-1", "C-2", "C-3"],
            "is_missed": [True, True, True, False],
            "backordered_value": [100_000.0, 400.0, 18_000.0, 5.0],
        }
    )
    assert promise_views.sentence(lines) == (
        "2 customers' lines will miss their promise: 3 lines, 118,400 EUR; 1 line has no promise."
    )
    assert promise_views.sentence(lines.iloc[:0]) == "No line will miss its promise."


@pytest.mark.parametrize(
    ("name", "value"),
    [("in_state", "late"), ("for_sku", "PUMP"), ("on_order", "SO-1"), ("of_customer", "Brightwater Retail (C-1)")],
)
def test_the_filters_stand_in_the_address(company: Engine, open_page: OpenPage, name: str, value: str) -> None:
    assert open_page("promises", **{name: value}).dataframe[0].value["order_id"].tolist() == ["SO-1"]


def test_promises_follow_the_expected_dates_show_their_effect_are_saved_and_taken_back(
    opened: AppTest, company: Engine
) -> None:
    app = press(opened, "choose-all")
    app.number_input(key="promise-days-0").set_value(2)
    app.text_input(key="promise-note-0").set_value("by telephone").run()
    assert "2 promises change: 2 of these lines become on time. No other line is affected." in said(app)
    assert ledger(company) == []

    press(app, "promise-save")
    assert "Saved 2 promises. 2 promises change" in said(app)
    assert "Each open line has a promise, and none is expected after it." in said(app)
    noted = [
        ("SO-1", "2", PROMISE, date(2026, 4, 1), "by telephone", "ada", "form"),
        ("SO-2", "1", None, date(2026, 3, 20), "by telephone", "ada", "form"),
    ]
    assert ledger(company) == noted

    app = press(app, "undo-promises")
    assert app.button(key="undo-promises").disabled  # and still there: a double click comes upon nothing else
    press(app, "promise-undo-save")
    assert "Took 2 promises back." in said(app)
    assert ledger(company)[2:] == [
        ("SO-1", "2", date(2026, 4, 1), PROMISE, "", "ada", "undo"),
        ("SO-2", "1", date(2026, 3, 20), None, "", "ada", "undo"),
    ]


def test_a_promise_that_gives_its_stock_away_shows_the_money_after_it_and_can_be_left_out(
    company: Engine, open_page: OpenPage
) -> None:
    """Five PUMP lie there for SO-2/1, whose promise has passed; promised after SO-1/2 it leaves them to that."""
    line = schema.order_lines.c
    with writing(company) as connection:
        passed = {"sku": "PUMP", "promise_date": date(2026, 3, 10)}
        connection.execute(update(schema.order_lines).where(line.sku == "HOSE").values(passed))
        connection.execute(insert(schema.stock), {"sku": "PUMP", "location_id": "MAIN", "stock_qty": 5_000})
        connection.execute(update(schema.po_lines).where(schema.po_lines.c.sku == "PUMP").values(due_date=None))
        raise_revision(connection)
    app = choose(open_page("promises"), "SO-2/1")
    app.number_input(key="promise-days-0").set_value(10).run()
    assert "1 promise changes: 1 of them becomes late or undated." in said(app)
    assert "those after saving" in said(app)
    [lines] = [table.value for table in app.dataframe if "state_before" in table.value]
    columns = ["order_id", "state_before", "backordered_value_before", "backordered_value"]
    assert lines[columns].astype({"state_before": "str"}).values.tolist() == [
        ["SO-2", "ready", 0.0, 50.0],
        ["SO-1", "undated", 60.0, 10.0],
    ]

    press(app, "promise-leave-out")
    assert "1 line left out: it keeps its promise." in said(app)
    assert "promise-save" not in [button.key for button in app.button]
    press(app, "promise-take-in")
    assert "promise-save" in [button.key for button in app.button]


def test_lines_chosen_by_filter_stay_chosen_beside_those_of_the_next(opened: AppTest) -> None:
    opened.multiselect(key="for_sku").set_value(["HOSE"]).run()
    app = press(opened, "choose-all")
    app.multiselect(key="for_sku").set_value(["PUMP"]).run()
    app = press(app, "choose-all")
    assert app.multiselect(key="promises-by-hand").value == ["SO-2/1", "SO-1/2"]


def test_a_weekend_asks_once(opened: AppTest) -> None:
    app = choose(opened, "SO-1/2")
    app.number_input(key="promise-days-0").set_value(5).run()  # Saturday, the 4th of April
    assert app.button(key="promise-save").disabled
    [asks] = [box for box in app.checkbox if "Saturday" in box.label]
    asks.check().run()
    assert not app.button(key="promise-save").disabled


def test_a_promise_that_somebody_else_set_meanwhile_is_a_conflict_and_the_input_is_kept(
    opened: AppTest, company: Engine
) -> None:
    app = choose(opened, "SO-1/2")
    by_another(company, date(2026, 3, 27))
    press(app, "promise-save")
    assert "ben moved the promise of SO-1/2 from 2026-03-20 to 2026-03-27 on 2026-03-16 09:30 UTC." in said(app)
    assert len(ledger(company)) == 1

    press(press(app, "promise-take"), "promise-save")
    assert ledger(company)[1][2:4] == (date(2026, 3, 27), COMES)


def test_a_change_that_alters_the_effect_is_looked_at_again_before_it_is_saved(
    opened: AppTest, company: Engine
) -> None:
    app = choose(opened, "SO-1/2")
    with writing(company) as connection:
        connection.execute(update(schema.po_lines).where(schema.po_lines.c.sku == "PUMP").values(due_date=TODAY))
        raise_revision(connection)
    press(app, "promise-save")
    assert "changed after the effect that you saw" in said(app)
    assert ledger(company) == []


def test_after_a_move_the_customers_who_must_be_told_are_listed_and_promised_the_new_date(
    store: Engine, open_page: OpenPage
) -> None:
    """HOSE slips from the 18th to the 25th, past the promise of SO-2/1."""
    write_small_company(store)
    app = open_page("restock_dates")
    app.multiselect(key="restocks-by-hand").set_value(["PO-1/2 · HOSE"]).run()
    app.date_input(key="move-date-0").set_value(date(2026, 3, 25))
    app.selectbox(key="move-reason-0").set_value("supplier late").run()
    press(app, "move-save")
    app.session_state["to-be-told-1"] = True
    app.run()
    assert "1 customer must be told: Old Mill (1 line)" in said(app)
    assert "1 promise changes: 1 of these lines becomes on time." in said(app)

    press(app, "told-save")
    assert "Nobody is left to be told: each has a new promise, or is no longer late." in said(app)
    assert [entry[:4] for entry in ledger(store)] == [("SO-2", "1", PROMISE, date(2026, 3, 25))]
    assert "Saved 1 promise." in said(app)
    assert "undo-promises" in [button.key for button in app.button]
    line = schema.order_lines.c
    with reading(store) as connection:
        promised = select(line.first_promise_date, line.promise_date).where(
            line.order_id == "SO-2", line.line_no == "1"
        )
        assert tuple(connection.execute(promised).one()) == (PROMISE, date(2026, 3, 25))


@pytest.fixture
def told(store: Engine, open_page: OpenPage, settings: pytest.MonkeyPatch) -> AppTest:
    """HOSE slips from the 18th to the 25th, past the promise of SO-2/1: who must be told, on the page of moves."""
    settings.setattr("getpass.getuser", lambda: "ada")
    write_small_company(store)
    return look_who(move_hose(open_page("restock_dates"), date(2026, 3, 25)))


def move_hose(app: AppTest, to: date, times: int = 0) -> AppTest:
    """Move HOSE, after so many moves before."""
    app.multiselect(key="restocks-by-hand").set_value(["PO-1/2 · HOSE"]).run()
    app.date_input(key=f"move-date-{times}").set_value(to)
    app.selectbox(key=f"move-reason-{times}").set_value("supplier late").run()
    return press(app, "move-save")


def look_who(app: AppTest, moves: int = 1) -> AppTest:
    """Open the list of who must be told, after so many moves."""
    app.session_state[f"to-be-told-{moves}"] = True
    return app.run()


def test_a_new_promise_that_was_typed_gives_way_to_another_expected_date_after_a_later_move(
    told: AppTest, store: Engine
) -> None:
    app = type_days(told, NEW, {0: "2026-04-03"})
    app = move_hose(app, date(2026, 3, 19), times=1)  # in time again
    app = look_who(move_hose(app, date(2026, 5, 20), times=2), moves=3)
    assert begins(app, NEW) == ["2026-05-20"]
    press(app, "told-save")
    assert [entry[:4] for entry in ledger(store)] == [("SO-2", "1", PROMISE, date(2026, 5, 20))]


def test_a_new_promise_that_was_typed_gives_way_where_another_moves_the_line_meanwhile(
    told: AppTest, store: Engine
) -> None:
    app = type_days(told, NEW, {0: "2026-04-03"}).run()
    assert begins(app, NEW) == ["2026-03-25"]
    later = Move(SupplyKey(PURCHASE_ORDER, "PO-1", "2"), date(2026, 5, 20), 2, "carrier")
    moving.save_changes(store, [later], by="ben", at=AT, how=FORM, today=TODAY)
    app = app.run()
    assert begins(app, NEW) == ["2026-05-20"]
    press(app, "told-save")
    assert [entry[:4] for entry in ledger(store)] == [("SO-2", "1", PROMISE, date(2026, 5, 20))]


def test_a_new_promise_that_was_typed_stays_while_its_line_is_expected_on_the_same_day(told: AppTest) -> None:
    app = type_days(told, NEW, {0: "2026-04-03"})
    app.multiselect(key="restocks-by-hand").set_value(["PO-1/1 · PUMP"]).run()
    app.multiselect(key="restocks-by-hand").set_value([]).run()
    assert begins(look_who(app), NEW) == ["2026-04-03"]


def test_promises_typed_for_other_lines_outlive_the_saving_of_some(told: AppTest, store: Engine) -> None:
    """SO-1/2 and SO-2/1, which must be told too: the save of that one empties what was typed for it, and no more."""
    app = told.switch_page(str(ROOT / "pages" / "promises.py")).run()
    app = choose(app, "SO-1/2", "SO-2/1").segmented_control(key="promise-way").set_value("Type dates").run()
    app = type_days(app, NEW, {0: "2026-04-08", 1: "2026-04-09"})
    app = press(look_who(app.switch_page(str(ROOT / "pages" / "restock_dates.py")).run()), "told-save")
    assert [entry[:4] for entry in ledger(store)] == [("SO-2", "1", PROMISE, date(2026, 3, 25))]
    app = app.switch_page(str(ROOT / "pages" / "promises.py")).run()
    app.segmented_control(key="promise-way").set_value("Type dates").run()
    assert app.multiselect(key="promises-by-hand").value == ["SO-1/2", "SO-2/1"]
    assert begins(app, NEW) == ["2026-04-08", None]


def test_a_viewer_sees_the_lines_and_no_form(
    company: Engine, open_page: OpenPage, settings: pytest.MonkeyPatch
) -> None:
    settings.setenv("BACKORDERS_ROLE", "viewer")
    app = open_page("promises")
    assert len(app.dataframe[0].value) == 2
    assert not app.button

    changes = [PromiseChange("SO-1", "2", COMES, PROMISE)]
    with pytest.raises(NotAllowedError):
        saving.save_promises(changes, FORM, effect_of_promises(loading.plan(), changes))
    with pytest.raises(NotAllowedError):
        saving.promises_back("any")
    assert ledger(company) == []


def test_an_empty_store_says_what_to_do(store: Engine, open_page: OpenPage) -> None:
    app = open_page("promises")
    assert not app.exception
    assert app.title[0].value == "No order line is open\\."
