"""Moving restock dates, by the front door. The company is worked out in tests/pages/companies.py."""

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
