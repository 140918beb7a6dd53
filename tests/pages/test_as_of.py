"""A page as of a day shows that day again, exactly, whatever a year of work and other settings did since; read-only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import streamlit as st
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from dashboard import exports
from dashboard import settings as real_settings
from dashboard.__main__ import export
from dashboard.domain.rules import Rules
from data_access.engine import open_store
from data_access.snapshots import take_snapshot
from tests import postgres
from tests.conftest import TODAY
from tests.pages import years
from tests.pages.conftest import ROOT

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
    "data problems": ("data", {"view": "Data problems"}),
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
    app = AppTest.from_file(str(ROOT / "dashboard" / "streamlit_app.py"), default_timeout=60)
    app.switch_page(str(ROOT / "pages" / f"{page}.py"))
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


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
