"""The command that keeps a day for the weekly review."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from dashboard import settings as read_settings
from data_access.snapshots import Snapshot, snapshots
from tests.conftest import TODAY
from tests.dashboard.conftest import Say


def kept(engine: Engine) -> list[Snapshot]:
    return snapshots(engine)


def test_a_day_is_kept_and_a_sentence_says_what(say: Say, company: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ops")
    assert say("snapshot") == (
        0, "Kept 2026-03-16: 3 open lines, 3 of them backordered. 1 of 1 day is kept whole.\n", ""
    )  # fmt: skip
    (found,) = kept(company)
    assert (found.snapshot_date, found.taken_by, found.rules) == (TODAY, "ops", read_settings.rules())


def test_who_keeps_it_may_be_named(say: Say, company: Engine) -> None:
    assert say("snapshot", "--by", " schedule ")[0] == 0
    assert [found.taken_by for found in kept(company)] == ["schedule"]


@pytest.mark.parametrize("by", ["ops\nor not", "o\x1bps", "x" * 201])
def test_nobody_keeps_it_whose_name_cannot_be_kept(say: Say, company: Engine, by: str) -> None:
    status, _, complaint = say("snapshot", "--by", by)
    assert (status, "write a name, in one line" in complaint) == (2, True)
    assert kept(company) == []


def test_the_settings_decide_by_which_rules_and_for_how_many_weeks(
    say: Say, company: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKORDERS_PRIORITY_RULE", "tier, promise_date")
    monkeypatch.setenv("BACKORDERS_WEEKEND", "friday")
    monkeypatch.setenv("BACKORDERS_HOLIDAYS", "2026-12-26, 2026-12-25")
    monkeypatch.setenv("BACKORDERS_TIME_ZONE", "Europe/Berlin")
    monkeypatch.setenv("BACKORDERS_SNAPSHOT_WEEKS", "1")
    assert say("snapshot")[0] == 0
    rules = kept(company)[0].rules
    assert (rules.priority_rule, rules.weekend, rules.time_zone) == (("tier", "promise_date"), (4,), "Europe/Berlin")
    assert rules.holidays == (date(2026, 12, 25), date(2026, 12, 26))
    monkeypatch.setenv("BACKORDERS_TODAY", (TODAY + timedelta(days=8)).isoformat())
    assert say("snapshot")[1].endswith("1 of 2 days is kept whole, the others in totals.\n")
    assert [found.is_whole for found in kept(company)] == [False, True]


def test_a_viewer_keeps_nothing(say: Say, company: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKORDERS_ROLE", "viewer")
    status, _, complaint = say("snapshot")
    assert (status, "this needs the role editor" in complaint) == (1, True)
    assert kept(company) == []


@pytest.mark.parametrize("weeks", ["0", "521", "-1", "2.5", "many"])
def test_weeks_that_are_none_are_refused(
    say: Say, company: Engine, monkeypatch: pytest.MonkeyPatch, weeks: str
) -> None:
    monkeypatch.setenv("BACKORDERS_SNAPSHOT_WEEKS", weeks)
    status, _, complaint = say("snapshot")
    assert (status, "Write whole weeks from 1 to 520." in complaint) == (2, True)
    assert kept(company) == []
