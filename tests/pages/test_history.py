"""The history of moves, by the front door. The company is worked out in tests/pages/companies.py.

Ada moved the pump's line once and, with the hose's, a second time; PO-9/1, which came on 2026-02-20, was moved to that
day, and PO-9/2, which came on the same day, to 2026-03-20 as a guess.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pandas as pd
import pytest
from sqlalchemy import Engine, insert, select
from streamlit.testing.v1 import AppTest

from dashboard.domain.book import PURCHASE_ORDER
from dashboard.domain.restocks import FORM, TABLE, UNDO, Change, Move, NewRestock, SupplyKey
from data_access import moving, schema
from data_access.book import read_book
from data_access.engine import raise_revision, reading, writing
from tests.conftest import TODAY
from tests.pages.companies import write_small_company

OpenPage = Callable[..., AppTest]
FIRST, SECOND = datetime(2026, 3, 2, 9, 30), datetime(2026, 3, 3, 14, 0)
COLUMNS = ["supply_id", "from_date", "to_date", "person", "move_why", "note", "move_how", "back_mark"]


def key(po_id: str, line_no: str) -> SupplyKey:
    return SupplyKey(PURCHASE_ORDER, po_id, line_no)


@pytest.fixture
def moved(store: Engine, settings: pytest.MonkeyPatch) -> Engine:
    """The company above."""
    settings.setattr("getpass.getuser", lambda: "ada")
    write_small_company(store)
    line = {"po_id": "PO-9", "supplier_id": "S-1", "sku": "CLAMP", "ordered_qty": 5_000, "received_qty": 5_000}
    dates = {"first_due_date": date(2026, 2, 2), "due_date": date(2026, 2, 2)}
    came = {"po_id": "PO-9", "received_date": date(2026, 2, 20), "received_qty": 5_000}
    past = {
        "supply_kind": PURCHASE_ORDER, "document_id": "PO-9", "from_date": date(2026, 2, 2), "was_manual": False,
        "is_manual": True, "due_date": date(2026, 2, 2), "note": "", "moved_by": "ben", "how": FORM,
        "moved_at": datetime(2026, 2, 2, 8, 0),
    }  # fmt: skip
    with writing(store) as connection:
        connection.execute(insert(schema.po_lines), [line | dates | {"line_no": number} for number in ("1", "2")])
        connection.execute(insert(schema.receipts), [came | {"line_no": number} for number in ("1", "2")])
        guesses = (("1", date(2026, 2, 20), "customs"), ("2", date(2026, 3, 20), "estimate"))
        connection.execute(
            insert(schema.moves),
            [
                past | {"batch_id": f"b{n}", "line_no": n, "supply_id": f"PO-9/{n}", "to_date": to, "reason": why}
                for n, to, why in guesses
            ],
        )
        raise_revision(connection)
    save(store, FIRST, FORM, Move(key("PO-1", "1"), date(2026, 4, 3), 1, "customs", "papers"))
    both = [Move(key("PO-1", n), date(2026, 4, 10), v, "supplier late") for n, v in (("1", 2), ("2", 1))]
    save(store, SECOND, TABLE, *both)
    return store


def save(store: Engine, at: datetime, how: str, *moves: Change) -> None:
    moving.save_changes(store, moves, by="ada", at=at, how=how, today=TODAY)


def said(app: AppTest) -> str:
    parts = [*app.title, *app.subheader, *app.markdown, *app.caption, *app.warning, *app.info]
    return "\n".join(part.value for part in parts).replace("\\", "")


def listed(app: AppTest) -> list[str]:
    return app.dataframe[0].value["supply_id"].tolist()


def test_without_a_move_the_page_says_where_they_are_made(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    app = open_page("history")

    assert not app.exception
    assert app.title[0].value == "No restock date was moved yet\\."
    assert "page Restock dates" in app.info[0].value


def test_the_page_opens_with_how_much_was_moved_and_how_good_our_dates_were(moved: Engine, open_page: OpenPage) -> None:
    app = open_page("history")

    assert not app.exception
    # PO-9/2 came 28 days before the guess; of the four lines of ours, two have not come.
    assert app.title[0].value.replace("\\", "") == (
        "3 moves in 2 batches in the last 30 days by 1 person; 50 % of our own dates proved right, n 2."
    )


def test_all_moves_are_there_latest_first(moved: Engine, open_page: OpenPage) -> None:
    table = open_page("history").dataframe[0].value

    assert table[COLUMNS].astype(str).values.tolist() == [
        ["PO-1/2", "2026-03-18", "2026-04-10", "ada", "supplier late", "", "table", ""],
        ["PO-1/1", "2026-04-03", "2026-04-10", "ada", "supplier late", "", "table", ""],
        ["PO-1/1", "2026-03-30", "2026-04-03", "ada", "customs", "papers", "form", ""],
        ["PO-9/2", "2026-02-02", "2026-03-20", "ben", "estimate", "", "form", ""],
        ["PO-9/1", "2026-02-02", "2026-02-20", "ben", "customs", "", "form", ""],
    ]
    assert table["days_moved"].tolist() == [23, 7, 4, 46, 18]
    assert table["moved_at"].iloc[0] == pd.Timestamp(SECOND)
    assert table["batch_told"].tolist() == ["2 of 2", "1 of 2", "", "", ""]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"on_po": "PO-9"}, ["PO-9/2", "PO-9/1"]),
        ({"by_person": "ben", "for_reason": "customs"}, ["PO-9/1"]),
        ({"of_sku": ["PUMP", "HOSE"]}, ["PO-1/2", "PO-1/1", "PO-1/1"]),
        ({"from_supplier": "Northgate Castings (S-1)", "since": "30 days"}, ["PO-1/2", "PO-1/1", "PO-1/1"]),
    ],
)
def test_the_address_narrows_the_moves(
    moved: Engine, open_page: OpenPage, asked: dict[str, str], expected: list[str]
) -> None:
    assert listed(open_page("history", **asked)) == expected


def test_where_nothing_fits_the_filters_can_be_cleared(moved: Engine, open_page: OpenPage) -> None:
    app = open_page("history", by_person="nobody")
    assert "No move fits these filters" in app.info[0].value

    [clear] = [button for button in app.button if button.label == "Clear filters"]
    clear.click()
    assert len(listed(app.run())) == 5


def test_a_chosen_move_shows_its_lines_own_story(moved: Engine, open_page: OpenPage) -> None:
    app = open_page("history", move="1")

    assert "The story of PO-9/1: Clamp (CLAMP)" in said(app)
    assert "Our date 2026-02-20 proved right: the goods were whole on 2026-02-20." in said(app)
    story = app.dataframe[1].value
    assert story[["at_told", "event", "came_told", "person", "move_why"]].fillna("").values.tolist() == [
        ["", "ordered", "", "", ""],
        ["2026-02-02 08:00", "moved", "", "ben", "customs"],
        ["2026-02-20", "received", "5", "", ""],
    ]


def test_a_planned_restock_tells_its_units(moved: Engine, open_page: OpenPage) -> None:
    planned = NewRestock("PLAN-3", "CLAMP", "MAIN", 3.5, date(2026, 3, 20), "estimate")
    fewer = Move(planned.key, date(2026, 3, 20), 1, "correction", to_qty=2)
    save(moved, SECOND, FORM, planned)
    save(moved, SECOND, FORM, fewer)
    app = open_page("history", move="7")

    assert app.dataframe[0].value["expected_told"].tolist() == ["3.5 to 2", "0 to 3.5", "", "", "", "", ""]
    assert app.dataframe[1].value["expected_told"].tolist() == ["0 to 3.5", "3.5 to 2"]


def test_our_dates_are_judged_by_person_and_by_reason(moved: Engine, open_page: OpenPage) -> None:
    people, reasons = (table.value for table in open_page("history").dataframe[1:3])

    told = ["right_interval", "too_early", "too_late", "days_off_told", "not_yet"]
    people["days_off_told"] = people["days_off_told"].str.lstrip()
    assert people[["person", *told]].values.tolist() == [
        ["ben", "9 to 91 %, n 2", 0, 1, "-14", 0],
        ["ada", "no data", 0, 0, "no data", 2],
    ]
    assert reasons["move_why"].tolist() == ["customs", "estimate", "supplier late"]


def test_a_whole_batch_is_moved_back_after_its_effect_was_seen(moved: Engine, open_page: OpenPage) -> None:
    app = open_page("history", move="5")
    app.button(key="undo-batch").click()
    app.run()
    assert not app.exception
    app.button(key="history-undo-save").click()
    app.run()

    assert not app.exception
    supplies = read_book(moved, TODAY).supplies.set_index("supply_id")["restock_date"]
    assert supplies[["PO-1/1", "PO-1/2"]].tolist() == [pd.Timestamp("2026-04-03"), pd.Timestamp("2026-03-18")]
    table = app.dataframe[0].value
    assert table[["supply_id", "move_how", "back_mark"]].head(4).values.tolist() == [
        ["PO-1/2", "undo", ""], ["PO-1/1", "undo", ""], ["PO-1/2", "table", "moved back"],
        ["PO-1/1", "table", "moved back"],
    ]  # fmt: skip
    assert "This move was moved back." in said(app)
    assert "cannot be moved back" not in said(app)


@pytest.mark.parametrize("begun", ["undo-one", "undo-batch"])
def test_what_began_a_way_back_stays_and_cannot_be_pressed_again_until_it_is_let_be(
    moved: Engine, open_page: OpenPage, begun: str
) -> None:
    """So that no other button comes under a double click, and its second half begins nothing else."""

    def buttons(app: AppTest) -> dict[str, bool]:
        return {str(each.key): not each.disabled for each in app.button if str(each.key).startswith("undo-")}

    app = open_page("history", move="5")
    assert buttons(app) == {"undo-one": True, "undo-batch": True}
    app = app.button(key=begun).click().run()
    assert buttons(app) == {"undo-one": False, "undo-batch": False, "undo-cancel": True}
    app = app.button(key="undo-cancel").click().run()
    assert buttons(app) == {"undo-one": True, "undo-batch": True}


def test_of_a_batch_only_the_rest_is_offered_to_be_moved_back(moved: Engine, open_page: OpenPage) -> None:
    planned = [NewRestock(f"PLAN-{n}", "CLAMP", "MAIN", 1, date(2026, 3, 20), "estimate") for n in (1, 2, 3)]
    save(moved, SECOND, FORM, *planned)
    [back] = moving.way_back(moved, moved_batch(moved, 6), [6])
    save(moved, SECOND, UNDO, back)
    app = open_page("history", move="7")

    assert app.button(key="undo-batch").label == "Move the rest of its batch back (2 lines)"
    app.button(key="undo-batch").click()
    app.run()
    app.button(key="history-undo-save").click()
    app.run()
    assert not app.exception
    assert not read_book(moved, TODAY).supplies["supply_id"].str.startswith("PLAN").any()


def moved_batch(store: Engine, move_id: int) -> str:
    with reading(store) as connection:
        return connection.execute(select(schema.moves.c.batch_id).where(schema.moves.c.move_id == move_id)).scalar_one()


def test_a_move_on_which_a_later_one_stands_is_not_moved_back(moved: Engine, open_page: OpenPage) -> None:
    app = open_page("history", move="3")
    app.button(key="undo-one").click()
    app.run()

    assert "PO-1/1 cannot be moved back: ada moved it to 2026-04-10" in said(app)
    assert "history-undo-save" not in [button.key for button in app.button]


def test_a_viewer_may_look_but_not_move_back(moved: Engine, open_page: OpenPage, settings: pytest.MonkeyPatch) -> None:
    settings.setenv("BACKORDERS_ROLE", "viewer")
    app = open_page("history", move="5")

    assert "The story of PO-1/2" in said(app)
    assert not [button for button in app.button if (button.key or "").startswith("undo")]
