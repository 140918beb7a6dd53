"""Moves of restock dates from a file on the page: refused rows, the effect, saving, in SQLite."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from dashboard.domain.book import PURCHASE_ORDER
from dashboard.domain.restocks import FORM, Move, SupplyKey
from data_access import moving, schema
from data_access.engine import reading
from tests.conftest import TODAY
from tests.pages.companies import write_small_company

OpenPage = Callable[..., AppTest]
HEADER = "po_id,line_no,restock_date,reason,note\n"
GOOD = HEADER + "PO-1,1,2026-03-19,supplier confirmed,by telephone\nPO-1,3,2026-03-24,estimate,\n"


@pytest.fixture
def company(store: Engine, settings: pytest.MonkeyPatch) -> Engine:
    settings.setattr("getpass.getuser", lambda: "ada")
    write_small_company(store)
    return store


@pytest.fixture
def opened(company: Engine, open_page: OpenPage) -> AppTest:
    return open_page("restock_dates", view="From a file")


def ledger(store: Engine) -> list[tuple[object, ...]]:
    moves = schema.moves.c
    columns = (moves.supply_id, moves.to_date, moves.reason, moves.note, moves.moved_by, moves.how)
    with reading(store) as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(moves.move_id))]


def said(app: AppTest) -> str:
    parts = [*app.title, *app.markdown, *app.caption, *app.warning, *app.info, *app.success]
    return "\n".join(part.value for part in parts).replace("\\", "").replace("**", "")


def take(app: AppTest, content: str) -> AppTest:
    app.file_uploader[0].set_value(("moves.csv", content.encode(), "text/csv"))
    app.run()
    assert not app.exception
    return app


def save(app: AppTest) -> AppTest:
    next(button for button in app.button if button.label.startswith("Save")).click()
    app.run()
    assert not app.exception
    return app


def test_a_file_shows_what_it_does_and_is_saved_as_a_whole(opened: AppTest, company: Engine) -> None:
    app = take(opened, GOOD)
    assert "2 restock dates in moves.csv" in said(app)
    effect = "1 gets a date after the promise, 1 becomes on time."  # promised for 2026-03-10, comes on 2026-03-24
    assert f"2 order lines of 2 customers are affected: {effect}" in said(app)
    assert ledger(company) == []

    save(app)
    assert ledger(company) == [
        ("PO-1/1", date(2026, 3, 19), "supplier confirmed", "by telephone", "ada", "file"),
        ("PO-1/3", date(2026, 3, 24), "estimate", "", "ada", "file"),
    ]
    assert "Saved 2 changes." in said(app)
    assert "in moves.csv" not in said(app)


def test_with_a_refused_row_nothing_can_be_saved(opened: AppTest, company: Engine) -> None:
    app = take(opened, GOOD + "PO-1,2,2026-03-15,estimate,\n")
    assert "1 row of moves.csv is refused, and nothing is saved as long as any is." in said(app)
    assert app.dataframe[0].value[["row_no", "column", "value"]].values.tolist() == [[4, "restock_date", "2026-03-15"]]
    assert [button.label for button in app.button if button.label.startswith("Save")] == []
    assert ledger(company) == []


def test_a_weekend_is_asked_about_once(opened: AppTest, company: Engine) -> None:
    app = take(opened, HEADER + "PO-1,1,2026-03-21,estimate,\nPO-1,2,2026-03-22,estimate,\n")
    [sure] = app.checkbox
    assert "Saturday, 2026-03-21 and Sunday, 2026-03-22" in sure.label.replace("\\", "")
    assert [button.disabled for button in app.button if button.label.startswith("Save")] == [True]
    sure.check().run()
    save(app)
    assert len(ledger(company)) == 2


def test_a_line_moved_since_the_file_was_taken_is_a_conflict_and_the_new_state_is_offered(
    opened: AppTest, company: Engine
) -> None:
    app = take(opened, GOOD)
    another = Move(SupplyKey(PURCHASE_ORDER, "PO-1", "1"), date(2026, 4, 1), 1, "carrier")
    at = datetime(2026, 3, 16, 9, 30)
    moving.save_changes(company, [another], by="ben", at=at, how=FORM, today=TODAY)
    save(app)
    assert "ben moved PO-1/1 from 2026-03-30 to 2026-04-01" in said(app)
    assert [row[4] for row in ledger(company)] == ["ben"]

    app.button(key="file-take").click().run()
    save(app)
    assert [(row[0], row[4]) for row in ledger(company)] == [("PO-1/1", "ben"), ("PO-1/1", "ada"), ("PO-1/3", "ada")]


def test_dates_that_can_be_read_in_two_ways_are_asked_about(opened: AppTest) -> None:
    app = take(opened, HEADER + "PO-1,1,04/05/2026,estimate,\n")
    assert (
        "restock_date could be day/month or month/day: e.g. '04/05/2026'. Say which at “Dates in this file”."
        in said(app)
    )
    assert "--dates" not in said(app)
    next(each for each in app.selectbox if each.label == "Dates in this file").set_value("dmy").run()
    assert "1 restock date in moves.csv" in said(app)


def test_a_viewer_takes_no_file(company: Engine, open_page: OpenPage, settings: pytest.MonkeyPatch) -> None:
    settings.setenv("BACKORDERS_ROLE", "viewer")
    app = open_page("restock_dates", view="From a file")
    assert "Your role here is viewer" in said(app)
    assert not app.file_uploader
