"""The report as the review page offers it: made beside the server, read by nobody else, gone when it was taken in."""

from __future__ import annotations

import stat
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from dashboard import jobs, loading, people, report_views
from dashboard.domain.decided import Draft
from dashboard.domain.errors import BackordersError, NotAllowedError, StoreUnreachableError
from dashboard.messages import STORE_AWAY, plain
from dashboard.report_views import Asked, Made
from data_access.decisions import add_decision
from data_access.users import remove_user, set_user
from tests.conftest import TODAY
from tests.pages.reviewed import KEPT_DAY, a_week_passes, keep, write_kept_company

OpenPage = Callable[..., AppTest]
FILE = ("pdf", "review.pdf", "application/pdf", b"%PDF")
LONGEST = 90
"""Seconds that a report may take on a machine that is at work with other tests."""


@pytest.fixture
def company(store: Engine) -> Engine:
    write_kept_company(store)
    a_week_passes(store)
    return store


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where reports lie while they are made: a folder of this test, empty again at its end."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    yield folder
    jobs.of("")  # what was left is taken away by who next asks
    assert list(folder.glob("report-*")) == []


def until_it_is_over(app: AppTest) -> AppTest:
    end = time.monotonic() + LONGEST
    while "report-asked" in app.session_state and time.monotonic() < end:
        time.sleep(0.2)
        app.run()
    assert not app.exception
    return app


def test_a_viewer_gets_the_report_of_the_two_days_that_are_compared(
    company: Engine, open_page: OpenPage, settings: pytest.MonkeyPatch, folders: Path
) -> None:
    settings.setenv("BACKORDERS_ROLE", "viewer")
    app = open_page("review")
    app.button(key="report-html").click().run()
    [folder] = folders.glob("report-*")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    made: Made = until_it_is_over(app).session_state["report-made"]
    assert (made.days, made.file_name, made.mime) == ((KEPT_DAY, None), "review-2026-03-16.html", "text/html")
    assert "report-anew" not in [button.key for button in app.button]
    page = made.content.decode()
    assert "2026-03-09 to 2026-03-16" in page
    assert "Harbour Supply" in page
    assert list(folders.glob("report-*")) == []
    [offered] = [each for each in app.get("download_button") if each.proto.label.startswith("Download")]
    assert offered.proto.label == "Download review-2026-03-16.html"


def test_a_report_that_cannot_be_made_says_why(company: Engine, open_page: OpenPage) -> None:
    app = open_page("review")
    app.session_state["report-asked"] = Asked(date(2026, 3, 2), None, "html")
    app.run()
    until_it_is_over(app)
    assert "2026\\-03\\-02 was not kept\\. Kept whole is 2026\\-03\\-09" in app.warning[0].value
    assert "report-made" not in app.session_state


def test_what_is_made_of_other_days_is_not_offered(company: Engine, open_page: OpenPage) -> None:
    app = open_page("review")
    app.session_state["report-made"] = Made((date(2026, 3, 2), None), (), "10:02", *FILE)
    app.run()
    assert not [each for each in app.get("download_button") if each.proto.label.startswith("Download")]


@pytest.mark.parametrize("closing", [None, TODAY])
def test_a_report_of_data_that_changed_since_says_so_and_is_made_anew_on_a_click(
    company: Engine, open_page: OpenPage, closing: date | None
) -> None:
    keep(company, TODAY)
    app = open_page("review", **({"to": closing.isoformat()} if closing else {}))
    app.button(key="report-pdf").click()  # what its click hands on is what the report is made of
    app.run()
    asked: Asked = app.session_state["report-asked"]
    assert (asked.opening_day, asked.closing_day) == (KEPT_DAY, closing)
    del app.session_state["report-asked"]
    app.session_state["report-made"] = Made((KEPT_DAY, closing), asked.of, "10:02", *FILE)
    jobs.end(asked.name)
    assert "the data changed since" not in told(app.run())
    add_decision(company, Draft("Call", "bo"), None, by="ada", at=datetime(2026, 3, 16, 10, tzinfo=UTC), today=TODAY)
    loading.wrote()
    is_stale = closing is None  # a kept day stays as it was
    assert ("Made at 10:02; the data changed since." in told(app.run())) is is_stale
    assert [each.proto.label for each in app.get("download_button")][:1] == ["Download review.pdf"]
    assert ("report-anew" in [button.key for button in app.button]) is is_stale
    if is_stale:
        app.button(key="report-anew").click().run()
        again: Asked = app.session_state["report-asked"]
        assert (again.file_format, again.of != asked.of) == ("pdf", True)
        assert "report-made" not in app.session_state
        jobs.end(again.name)


def told(app: AppTest) -> str:
    assert not app.exception
    return "\n".join(element.value for element in [*app.caption, *app.warning])


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NotAllowedError("You have no role here."), "You have no role here."),
        (StoreUnreachableError("The store at db.internal does not answer."), STORE_AWAY),
    ],
)
def test_what_goes_wrong_while_it_is_asked_for_or_made_is_said_and_no_address_where_people_sign_in(
    error: BackordersError, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(_: str) -> people.Person:
        raise error

    shown: list[str] = []
    monkeypatch.setattr(people, "has_sign_in", lambda: True)
    monkeypatch.setattr(people, "require", nobody)
    monkeypatch.setattr(report_views.st, "warning", shown.append)
    monkeypatch.setattr(report_views, "say_after_rerun", shown.append)
    report_views._watch()
    report_views._ask(KEPT_DAY, None, "pdf", ())
    assert shown == [plain(words)] * 2


def test_whoever_lost_the_role_gets_nothing_although_it_is_made(
    company: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "has_sign_in", lambda: True)
    set_user(company, "eve@example.com", "viewer", by="ops", at=datetime(2026, 3, 16, tzinfo=UTC))
    person = people.Person("eve@example.com", "viewer")
    made = Made((KEPT_DAY, None), (), "10:02", *FILE)
    assert report_views._taken(person, made) == b"%PDF"
    remove_user(company, "eve@example.com", by="ops", at=datetime(2026, 3, 16, tzinfo=UTC))
    with pytest.raises(NotAllowedError, match="has no role here"):
        report_views._taken(person, made)


def test_what_a_session_leaves_behind_is_ended_and_taken_away(company: Engine, folders: Path) -> None:
    asked = Asked(KEPT_DAY, None, "pdf")
    job = report_views._start(asked)
    assert job is not None
    assert asked.folder.is_dir()
    name, folder = asked.name, asked.folder
    del asked
    assert jobs.of(name) is None
    assert job.process.poll() is not None
    assert not folder.exists()


def test_a_third_report_waits_for_its_turn(company: Engine) -> None:
    asked = [Asked(KEPT_DAY, None, "pdf") for _ in range(3)]
    started = [report_views._start(each) for each in asked]
    assert [job is not None for job in started] == [True, True, False]
    started[0].process.kill()
    started[0].process.wait()
    assert report_views._start(asked[2]) is not None
