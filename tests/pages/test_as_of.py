"""A page as of a day shows that day again, exactly, whatever a year of work and other settings did since; read-only."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import streamlit as st
from sqlalchemy import Engine, update
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from dashboard import as_of, exports, saving
from dashboard import settings as real_settings
from dashboard.__main__ import export
from dashboard.domain.decided import Draft, Link
from dashboard.domain.errors import NotAllowedError
from dashboard.domain.rules import Rules
from data_access import schema
from data_access.changes import Version, current_version
from data_access.decisions import add_decision, decisions
from data_access.engine import open_store, raise_revision, writing
from data_access.reviews import close_review, open_review
from data_access.snapshots import snapshot_of, take_snapshot
from tests import postgres
from tests.conftest import TODAY
from tests.front_door import ROOT, enter
from tests.pages import years
from tests.pages.companies import write_small_company

PATIENCE_SECONDS = 60
BEFORE = TODAY - timedelta(days=7)
PAGES: dict[str, tuple[str, dict[str, str]]] = {
    "overview": ("overview", {}),
    "aging": ("aging", {}),
    "open backorders": ("open_backorders", {}),
    "customers": ("customers", {}),
    "one customer": ("customers", {"customer": "C-1"}),
    "suppliers": ("suppliers", {}),
    "one supplier": ("suppliers", {"supplier": "S-1"}),
    "restock dates": ("restock_dates", {}),
    "planned restocks": ("restock_dates", {"view": "Planned restocks"}),
    "supplier changed its date": ("restock_dates", {"view": "Supplier changed its date"}),
    "promises": ("promises", {}),
    "history": ("history", {}),
    "data problems": ("data", {"show": "Data problems"}),
    **{f"review, point {point}": ("review", {"point": str(point)}) for point in range(1, 7)},
}
FRAME = {"as-of-banner", "report"}
"""What is of the day of looking: the banner, and the report that is made beside the server."""
RULES = {
    "BACKORDERS_PRIORITY_RULE": "tier,ordered_date",
    "BACKORDERS_AGE_BUCKETS": "1,2,90",
    "BACKORDERS_RISK_WEIGHTS": "late=1,tier=60",
    "BACKORDERS_TIME_ZONE": "Pacific/Auckland",
    "BACKORDERS_WEEKEND": "sunday",
}
"""What the settings say a year later."""


@dataclass
class Year:
    """A store that was kept on TODAY, what was exported and seen then, and the day a year later."""

    url: str
    engine: Engine
    last_day: date = TODAY
    exported: dict[tuple[str, str], bytes] = field(default_factory=dict)
    seen: dict[str, list[object]] = field(default_factory=dict)
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def year(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    if request.param == "sqlite":
        yield a_year(f"sqlite:///{tmp_path_factory.mktemp('as-of') / 'store.db'}")
    else:
        with postgres.database(request.getfixturevalue("postgres_server")) as url:
            yield a_year(url)


def a_year(url: str) -> Year:
    """Kept, exported and seen by a viewer on TODAY; then a year goes by."""
    found = Year(url, open_store(url))
    years.write_company(found.engine, BEFORE)
    keep(found.engine, BEFORE)
    years.manage(found.engine, TODAY)
    with pytest.MonkeyPatch.context() as patch:
        at_work(patch, url, TODAY, role="viewer")
        keep(found.engine, TODAY)
        for name in exports.EXPORTS:
            for kind in ("csv", "json"):
                found.exported[name, kind] = exports.make(
                    name, kind, found.engine, TODAY, real_settings.priority_rule()
                )
        for name in PAGES:
            found.seen[name], found.files[name] = look(patch, name)
    found.last_day = years.a_year_passes(found.engine, TODAY)
    return found


def keep(engine: Engine, day: date) -> None:
    rules = Rules(
        real_settings.priority_rule(), real_settings.age_buckets(), real_settings.risk_weights(), "UTC", (5, 6), ()
    )
    take_snapshot(engine, day, rules, by="ada", at=datetime(day.year, day.month, day.day, 12, tzinfo=UTC))


def at_work(patch: pytest.MonkeyPatch, url: str, day: date, *, role: str = "admin") -> None:
    patch.setenv("BACKORDERS_DATABASE_URL", url)
    patch.setenv("BACKORDERS_TODAY", day.isoformat())
    patch.setenv("BACKORDERS_ROLE", role)
    st.cache_resource.clear()


@pytest.fixture
def later(year: Year, monkeypatch: pytest.MonkeyPatch) -> Year:
    """A year later, an admin is at work, by other rules."""
    at_work(monkeypatch, year.url, year.last_day)
    for name, value in RULES.items():
        monkeypatch.setenv(name, value)
    return year


def entered(page: str, **query: str) -> AppTest:
    return enter(page, PATIENCE_SECONDS, dict(query))


def look(patch: pytest.MonkeyPatch, name: str, **query: str) -> tuple[list[object], dict[str, bytes]]:
    """What a page shows from its headline on, and the CSV files that it offers, by name."""
    offered: dict[str, Callable[[], bytes]] = {}
    page, asked = PAGES[name]
    with patch.context() as inner:
        inner.setattr(st, "download_button", lambda *_, data, file_name, **__: offered.update({file_name: data}))
        app = entered(page, **asked, **query)
    assert not app.exception, app.exception
    files = {file_name: made() for file_name, made in offered.items() if file_name.endswith(".csv")}
    told = list(shown(app.main))
    titles = [place for place, (kind, _) in enumerate(told) if kind == "title"]
    assert titles, told[:5]
    return told[titles[0] :], files


def shown(block: Block) -> Iterator[tuple[str, object]]:
    """Each element, in reading order, as its kind and what it says: text, or the whole of what a browser gets."""
    for child in block.children.values():
        if isinstance(child, Block):
            if not any(part in str(getattr(child.proto, "id", "")) for part in FRAME):
                yield from shown(child)
        elif child.type in ("arrow_data_frame", "dataframe"):
            yield "table", child.value.to_csv()
        elif hasattr(child, "value") and isinstance(child.value, str):
            yield child.type, child.value
        else:
            yield child.type, child.proto.SerializeToString(deterministic=True)


@pytest.mark.parametrize("kind", ["csv", "json"])
@pytest.mark.parametrize("name", exports.EXPORTS)
def test_the_export_of_a_kept_day_is_the_one_that_was_taken_then(name: str, kind: str, later: Year) -> None:
    made = exports.make_as_of(name, kind, later.engine, TODAY.isoformat())
    assert made == later.exported[name, kind]
    assert exports.make(name, kind, later.engine, later.last_day, real_settings.priority_rule()) != made


def test_the_command_line_exports_it_too(later: Year, tmp_path: Path) -> None:
    path = tmp_path / "backlog.csv"
    export("backlog", output=path, as_of=TODAY.isoformat())
    assert path.read_bytes() == later.exported["backlog", "csv"]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_as_of_a_day_shows_what_it_showed_then(name: str, later: Year, monkeypatch: pytest.MonkeyPatch) -> None:
    told, files = look(monkeypatch, name, as_of=TODAY.isoformat())
    assert told == later.seen[name]
    assert files == later.files[name]
    assert all(f"-{TODAY}." in file_name for file_name in files)


@pytest.fixture
def kept(store: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The small company, kept a week ago, and a decision that is due."""
    monkeypatch.setattr("getpass.getuser", lambda: "ada")
    write_small_company(store)
    draft = Draft("Call Northgate", "bo", TODAY, "", Link())
    add_decision(store, draft, None, by="ada", at=datetime(2026, 3, 2, tzinfo=UTC), today=date(2026, 3, 2))
    keep(store, BEFORE)
    return store


def said(app: AppTest) -> str:
    spoken = [*app.title, *app.markdown, *app.warning, *app.info, *app.caption]
    return "\n".join(element.value for element in spoken).replace("\\", "")


def state_of_the_store(engine: Engine) -> tuple[Version, str]:
    return current_version(engine), decisions(engine).to_csv()


MARK = "**As of 2026-03-09, Monday.**"


def test_the_day_goes_along_from_page_to_page_and_stands_in_each_address(kept: Engine) -> None:
    app = entered("overview", as_of="2026-03-09")
    for path in sorted((ROOT / "pages").glob("*.py")):
        app.switch_page(str(path))
        app.query_params.clear()
        app.run()
        assert not app.exception
        assert app.query_params["as_of"] == "2026-03-09"
        assert MARK in said(app), path.name


def test_the_day_is_chosen_above_the_page_and_left_by_one_click(kept: Engine) -> None:
    app = entered("aging")
    assert MARK not in said(app)
    app.selectbox(key="as-of-chosen").set_value("2026-03-09").run()
    assert MARK in said(app)
    assert app.query_params["as_of"] == "2026-03-09"
    app.button(key="back-to-today").click().run()
    assert MARK not in said(app)
    assert "as_of" not in app.query_params
    app.switch_page(str(ROOT / "pages" / "overview.py")).run()
    assert MARK not in said(app)
    assert "as_of" not in app.query_params


@pytest.mark.parametrize("day", ["2026-03-10", "2026-03-16", "20260309", "yesterday", "<b>"])
def test_a_day_that_is_not_kept_says_which_days_there_are(day: str, kept: Engine) -> None:
    app = entered("overview", as_of=day)
    assert not app.exception
    assert f"“{day}” is no day that is kept whole. Kept is 2026-03-09. Choose that day." in said(app)
    assert not app.title
    app.button(key="back-to-today").click().run()
    assert app.title


def test_a_day_of_which_only_totals_are_left_is_none_that_can_be_looked_at(kept: Engine) -> None:
    keep(kept, TODAY)
    with writing(kept) as connection:
        connection.execute(
            update(schema.snapshots).where(schema.snapshots.c.snapshot_date == BEFORE).values(is_whole=False)
        )
    app = entered("overview", as_of="2026-03-09")
    assert "Kept is 2026-03-16. Choose that day." in said(app)
    assert app.selectbox(key="as-of-chosen").options == ["2026-03-16"]


def test_where_no_day_is_kept_the_choice_says_how_to_keep_one(store: Engine) -> None:
    assert "No day is kept yet." in said(entered("overview"))
    assert "None is kept so far" in said(entered("overview", as_of="2026-03-09"))


def test_nothing_is_offered_that_would_change_something(kept: Engine) -> None:
    changing = {"Decide", "Done", "Drop", "Change", "Undo", "Open the review", "Close the review", "Choose all"}
    for name, (page, query) in PAGES.items():
        app = entered(page, **query, as_of="2026-03-09")
        labels = [button.label for button in app.button]
        assert [len(app.get("file_uploader")), len(app.date_input)] == [0, 0], name
        assert not [label for label in labels if label in changing or label.startswith("Save")], name


def test_every_write_is_refused_whoever_asks_for_it(kept: Engine) -> None:
    before = state_of_the_store(kept)
    writes = [
        function
        for name, function in inspect.getmembers(saving, inspect.isfunction)
        if function.__module__ == saving.__name__ and not name.startswith("_")
    ]
    assert saving.save_changes in writes
    with as_of.looking_at(snapshot_of(kept, BEFORE)):
        for write in writes:
            required = [each for each in inspect.signature(write).parameters.values() if each.default is each.empty]
            named = {each.name: None for each in required}
            with pytest.raises(NotAllowedError, match="the figures of 2026-03-09, which cannot be changed"):
                write(**named)
    assert state_of_the_store(kept) == before


def test_a_click_that_was_on_its_way_when_the_day_was_chosen_changes_nothing(kept: Engine) -> None:
    before = state_of_the_store(kept)
    app = entered("review", point="4")
    [done] = [button for button in app.button if button.label == "Done"]
    app.query_params["as_of"] = "2026-03-09"
    done.click()
    app.run()
    assert MARK in said(app)

    app = entered("restock_dates")
    app.multiselect(key="restocks-by-hand").set_value(["PO-1/1 · PUMP"]).run()
    app.date_input(key="move-date-0").set_value(date(2026, 3, 19))
    app.selectbox(key="move-reason-0").set_value("supplier late").run()
    app.query_params["as_of"] = "2026-03-09"
    app.button(key="move-save").click()
    app.run()
    assert MARK in said(app)
    assert state_of_the_store(kept) == before


def test_what_was_saved_last_is_not_told_of_an_earlier_day(kept: Engine) -> None:
    app = entered("restock_dates")
    app.multiselect(key="restocks-by-hand").set_value(["PO-1/1 · PUMP"]).run()
    app.date_input(key="move-date-0").set_value(date(2026, 3, 19))
    app.selectbox(key="move-reason-0").set_value("supplier late").run()
    app.button(key="move-save").click().run()
    assert "Saved 1 change" in said(app)
    app.selectbox(key="as-of-chosen").set_value("2026-03-09").run()
    assert "Saved 1 change" not in said(app)


def test_what_only_today_has_says_so(kept: Engine) -> None:
    for view in ("Import a file", "Past imports"):
        assert "Imports are not kept by day: go back to today to see them." in said(
            entered("data", show=view, as_of="2026-03-09")
        )
    app = entered("users", as_of="2026-03-09")
    assert "Users are not kept by day: go back to today to see them." in said(app)
    assert [title.value for title in app.title] == ["Users are those of today\\."]


def test_a_review_is_told_as_far_as_it_had_come_when_the_day_was_kept(kept: Engine) -> None:
    usual, other, at = date(2026, 3, 2), date(2026, 2, 23), datetime(2026, 3, 9, tzinfo=UTC)
    for day in (other, usual):
        keep(kept, day)

    def shown() -> tuple[str, bool]:
        app = entered("review", as_of="2026-03-09")
        opened = [each.value for each in app.caption if "opened by" in each.value]
        return "".join(opened), app.selectbox(key="review-from").value == other.isoformat()

    assert shown() == ("", False)
    opened = open_review(kept, BEFORE, other, by="eve", at=at.replace(hour=13))
    assert shown() == ("", False)
    told = update(schema.reviews).where(schema.reviews.c.review_id == opened.review_id)
    with writing(kept) as connection:
        connection.execute(told.values(opened_at=datetime(2026, 3, 9, 11)))
    close_review(kept, opened.review_id, by="eve", at=at.replace(hour=13))
    assert shown() == ("Review of today opened by eve", True)
    with writing(kept) as connection:
        connection.execute(told.values(closed_at=datetime(2026, 3, 9, 11, 30)))
    assert shown() == ("Review of today opened by eve, closed by eve", True)


def test_a_day_that_was_taken_again_shows_what_was_taken_last(kept: Engine) -> None:
    first = entered("overview", as_of="2026-03-09").title[0].value
    with writing(kept) as connection:
        connection.execute(update(schema.order_lines).values(shipped_qty=schema.order_lines.c.ordered_qty))
        raise_revision(connection)
    assert entered("overview", as_of="2026-03-09").title[0].value == first
    keep(kept, BEFORE)
    assert entered("overview", as_of="2026-03-09").title[0].value == "No order line is open\\."
