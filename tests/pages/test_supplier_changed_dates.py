"""Lines whose supplier changed its date after a manager had set another: kept or taken, singly and for all.

Ada planned PO-1/1 (PUMP, due 2026-03-30) for 2026-03-19 and PO-1/2 (HOSE, due 2026-03-18) for 2026-03-20; then the
supplier said 2026-04-10 and 2026-03-25. SO-1/2 and SO-2/1 wait for them, both promised for 2026-03-20.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from dashboard import answer_views, saving
from dashboard.domain.book import PURCHASE_ORDER
from dashboard.domain.restocks import FORM, Move, SupplyKey
from data_access import moving, schema
from data_access.engine import reading
from data_access.reading import ReadOptions
from tests.conftest import TODAY
from tests.pages.companies import write_small_company

OpenPage = Callable[..., AppTest]
AT = datetime(2026, 3, 16, 9, 30)
PUMP, HOSE = "PO-1/1", "PO-1/2"
OURS = {PUMP: date(2026, 3, 19), HOSE: date(2026, 3, 20)}
FILE = b"""\
po_id,line_no,supplier_id,sku,ordered_qty,due_date
PO-1,1,S-1,PUMP,50,2026-04-10
PO-1,2,S-1,HOSE,50,2026-03-25
PO-1,3,S-1,FILTER,50,
"""
KEPT, TAKEN = "our date kept", "supplier's date taken"


@pytest.fixture
def company(store: Engine, settings: pytest.MonkeyPatch) -> Engine:
    settings.setattr("getpass.getuser", lambda: "ada")
    write_small_company(store)
    keys = [(SupplyKey(PURCHASE_ORDER, *line.split("/")), day) for line, day in OURS.items()]
    save(store, "ada", *(Move(key, day, 1, "supplier confirmed") for key, day in keys))
    saving.import_upload("po_lines", FILE, "po_lines.csv", ReadOptions(), dry_run=False, partial=False, complete=False)
    return store


@pytest.fixture
def opened(company: Engine, open_page: OpenPage) -> AppTest:
    return open_page("restock_dates", view=answer_views.VIEW)


def save(store: Engine, by: str, *moves: Move) -> None:
    moving.save_changes(store, moves, by=by, at=AT, how=FORM, today=TODAY)


def manual_dates(store: Engine) -> list[date | None]:
    lines = schema.po_lines.c
    with reading(store) as connection:
        return list(connection.execute(select(lines.manual_restock_date).order_by(lines.line_no)).scalars())


def answers(store: Engine) -> list[tuple[object, ...]]:
    """What the ledger holds beyond the first two moves."""
    moves = schema.moves.c
    columns = (moves.supply_id, moves.from_date, moves.to_date, moves.due_date, moves.reason, moves.moved_by)
    with reading(store) as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(moves.move_id))][2:]


def said(app: AppTest) -> str:
    parts = [*app.title, *app.markdown, *app.caption, *app.warning, *app.info, *app.success]
    return "\n".join(part.value for part in parts).replace("\\", "").replace("**", "")


def answer(app: AppTest, answered: str) -> AppTest:
    next(group for group in app.button_group if answered in group.options).set_value(answered)
    return app.run()


def choose(app: AppTest, *lines: str) -> AppTest:
    return app.multiselect(key="answers-by-hand").set_value(list(lines)).run()


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label.startswith(label)).click()
    app.run()
    assert not app.exception
    return app


def test_it_lists_both_dates_of_the_supplier_and_ours_most_money_first(opened: AppTest) -> None:
    assert "2 lines with a date of ours have a new due date of the supplier since; 110 EUR wait for them." in said(
        opened
    )
    table = opened.dataframe[0].value
    days = ["due_date_when_moved", "new_due_date", "our_date"]
    assert table["supply_id"].tolist() == [PUMP, HOSE]
    assert table[days].map(lambda day: day.date()).values.tolist() == [
        [date(2026, 3, 30), date(2026, 4, 10), OURS[PUMP]],
        [date(2026, 3, 18), date(2026, 3, 25), OURS[HOSE]],
    ]


def test_ours_is_kept_for_one_line_and_the_other_still_asks(opened: AppTest, company: Engine) -> None:
    app = answer(choose(opened, PUMP), answer_views.KEEP)
    assert "No order is affected." in said(app)
    press(app, "Save 1 change")

    assert manual_dates(company) == [OURS[PUMP], OURS[HOSE], None]
    assert answers(company) == [(PUMP, OURS[PUMP], OURS[PUMP], date(2026, 4, 10), KEPT, "ada")]
    assert app.dataframe[0].value["supply_id"].tolist() == [HOSE]


def test_the_suppliers_date_is_taken_for_all_lines_at_once_with_what_it_does(opened: AppTest, company: Engine) -> None:
    app = answer(press(opened, "Choose all"), answer_views.TAKE)
    assert "2 order lines of 2 customers are affected: 2 become late." in said(app)
    press(app, "Save 2 changes")

    assert manual_dates(company) == [None, None, None]
    assert answers(company) == [
        (PUMP, OURS[PUMP], date(2026, 4, 10), date(2026, 4, 10), TAKEN, "ada"),
        (HOSE, OURS[HOSE], date(2026, 3, 25), date(2026, 3, 25), TAKEN, "ada"),
    ]
    assert "No supplier has changed the date of a line after you had set your own." in said(app)


def test_a_date_of_ours_that_is_over_cannot_be_kept(
    company: Engine, open_page: OpenPage, settings: pytest.MonkeyPatch
) -> None:
    settings.setenv("BACKORDERS_TODAY", "2026-03-20")
    app = answer(press(open_page("restock_dates", view=answer_views.VIEW), "Choose all"), answer_views.KEEP)
    assert "Our date is already over for 1 line, such as PO-1/1: it cannot be kept." in said(app)
    press(app, "Save 1 change")
    assert [row[0] for row in answers(company)] == [HOSE]


def test_an_answer_to_a_line_that_another_moved_meanwhile_is_refused(opened: AppTest, company: Engine) -> None:
    app = answer(choose(opened, PUMP), answer_views.TAKE)
    save(company, "ben", Move(SupplyKey(PURCHASE_ORDER, "PO-1", "1"), date(2026, 4, 1), 3, "carrier"))
    press(app, "Save 1 change")

    assert manual_dates(company)[0] == date(2026, 4, 1)
    assert "ben moved PO-1/1 from 2026-03-19 to 2026-04-01" in said(app)


def test_a_viewer_sees_the_lines_and_no_form(
    company: Engine, open_page: OpenPage, settings: pytest.MonkeyPatch
) -> None:
    settings.setenv("BACKORDERS_ROLE", "viewer")
    app = open_page("restock_dates", view=answer_views.VIEW)
    assert len(app.dataframe[0].value) == 2
    assert [*app.multiselect, *app.text_input] == []


def test_an_import_of_purchase_orders_tells_how_many_lines_ask_for_an_answer(
    company: Engine, open_page: OpenPage
) -> None:
    app = open_page("data")
    app.selectbox(key="table").set_value("po_lines").run()
    later = FILE.replace(b"2026-04-10", b"2026-04-11")
    app.file_uploader[0].set_value(("po_lines.csv", later, "text/csv"))
    app.run()
    press(app, "Import 1 row")
    assert "2 lines have a new due date of the supplier beside a date of ours, which stays." in said(app)
