"""Between two days the review tells what was known on the second; what does not change a figure makes none anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, insert, update
from streamlit.testing.v1 import AppTest

from dashboard import reviewing
from dashboard.bridge_views import NO_ID
from dashboard.domain.decided import Draft
from data_access import schema
from data_access.decisions import add_decision
from data_access.engine import raise_revision, writing
from tests.conftest import TODAY
from tests.pages.companies import write_small_company
from tests.pages.reviewed import KEPT_DAY, a_week_passes, keep

OpenPage = Callable[..., AppTest]


@pytest.fixture
def company(store: Engine) -> Engine:
    """The small company, not kept yet."""
    write_small_company(store)
    return store


def move(engine: Engine, to_day: date, by: str, on: date) -> None:
    """The pumps of PO-1/1 are planned with another day."""
    of_line = schema.po_lines.c.line_no == "1"
    told = {
        "batch_id": by, "supply_kind": "purchase order", "supply_id": "PO-1/1", "document_id": "PO-1", "line_no": "1",
        "from_date": date(2026, 3, 30), "to_date": to_day, "was_manual": False, "is_manual": True,
        "reason": "estimate", "moved_by": by, "moved_at": datetime(on.year, on.month, on.day, 9), "how": "form",
    }  # fmt: skip
    with writing(engine) as connection:
        connection.execute(update(schema.po_lines).where(of_line).values(manual_restock_date=to_day))
        connection.execute(insert(schema.moves).values(told))
        raise_revision(connection, is_told=True)


def test_between_two_kept_days_who_moved_a_date_is_who_had_when_the_second_was_kept(
    company: Engine, open_page: OpenPage
) -> None:
    keep(company, KEPT_DAY)
    move(company, date(2026, 4, 3), "ada", date(2026, 3, 12))
    keep(company, date(2026, 3, 13))
    move(company, date(2026, 4, 10), "bob", date(2026, 3, 13))  # an hour after
    for days, who in (({"to": "2026-03-13"}, "ada"), ({}, "bob")):
        app = open_page("review", point="2", step="slipped", **{"from": "2026-03-09"}, **days)
        assert not app.exception
        shown = app.dataframe[-1].value[["order_id", "line_no", "cause", "person"]].values.tolist()
        assert shown == [["SO-1", "2", "our move", who]]


MAKERS = ("state_of", "left_between", "redated_lines", "week_sentence", "read_state", "read_purchasing_of",
          "supplier_statistics")  # fmt: skip


def test_a_decision_makes_nothing_of_the_review_anew_but_the_trend(
    company: Engine, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(company, KEPT_DAY)
    a_week_passes(company)
    made: list[str] = []

    def counted(owner: Any, name: str) -> None:
        make = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda *given: (made.append(name), make(*given))[1])

    for name in MAKERS:
        counted(reviewing, name)
    for name in ("trend", "worse_suppliers"):
        counted(reviewing.trends, name)

    def walked() -> list[str]:
        made.clear()
        for point in "123456":
            assert not open_page("review", point=point).exception
        return sorted(made)

    assert set(walked()) == {*MAKERS, "trend", "worse_suppliers"}
    draft = Draft("Call Northgate", "bo", TODAY)
    add_decision(company, draft, None, by="ada", at=datetime(2026, 3, 16, 9, tzinfo=UTC), today=TODAY)
    assert walked() == ["trend"]


def test_a_category_may_be_called_as_the_choice_of_all_or_of_none_is(company: Engine, open_page: OpenPage) -> None:
    item = schema.items
    with writing(company) as connection:
        for sku, category in (("PUMP", "all"), ("HOSE", "no id"), ("CLAMP", ""), ("FILTER", "opening")):
            connection.execute(update(item).where(item.c.sku == sku).values(category=category))
        raise_revision(connection)
    keep(company, KEPT_DAY)
    a_week_passes(company)
    app = open_page("review", point="2", part="open", by="category")
    for chosen, group, now in (("all", "all", 2), ("no id", "no id", 1), ("none", NO_ID, 1), ("opening", "opening", 1)):
        app.selectbox(key="review-group").select(chosen).run()
        assert app.query_params["group"] == group
        by_address = open_page("review", point="2", part="open", by="category", group=group)
        for page in (app, by_address):
            told = f"The open backlog of {chosen}: 1 line on 2026-03-09, {now} now"
            assert page.title[0].value.replace("\\", "").startswith(told)
    app.selectbox(key="review-group").select("every category").run()
    assert "group" not in app.query_params
