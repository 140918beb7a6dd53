"""Each setting, from the environment or from backorders.toml, and what is said of one that cannot be used."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from dashboard import settings
from dashboard.domain.allocation import DEFAULT_RULE
from dashboard.domain.errors import SettingsError

DEFAULTS: dict[str, Any] = {
    "database_url": f"sqlite:///{settings.PROJECT_ROOT / 'data' / 'backorders.db'}",
    "priority_rule": DEFAULT_RULE,
    "age_buckets": (3, 7, 14, 21, 30, 45),
    "company": "",
    "currency": "EUR",
    "week_start": 0,
    "role": "admin",
    "email_is_verified": False,
    "look_every": 15,
    "log": "text",
    "slow_ms": 1000,
    "metrics": "local",
}
GIVEN: dict[str, tuple[str, str, Any]] = {
    "database_url": ("sqlite:////tmp/other.db", "'sqlite:////tmp/other.db'", "sqlite:////tmp/other.db"),
    "today": ("1998-05-06", "1998-05-06", date(1998, 5, 6)),
    "priority_rule": ("promise_date, tier", "['promise_date', 'tier']", ("promise_date", "tier")),
    "age_buckets": ("7, 30", "[7, 30]", (7, 30)),
    "company": (" Harbour Supply ", "'Harbour Supply'", "Harbour Supply"),
    "currency": ("USD", "'USD'", "USD"),
    "week_start": ("Sunday", "'sunday'", 6),
    "role": ("Viewer", "'viewer'", "viewer"),
    "secrets_file": (__file__, repr(__file__), Path(__file__)),
    "email_is_verified": ("Yes", "true", True),
    "look_every": ("30", "30", 30),
    "log": ("JSON", "'json'", "json"),
    "slow_ms": ("250", "250", 250),
    "metrics": ("everywhere", "'everywhere'", "everywhere"),
}


def read(name: str) -> Any:
    reader: Callable[[], Any] = getattr(settings, name)
    return reader()


@pytest.fixture(autouse=True)
def nothing_set(settings: pytest.MonkeyPatch) -> None:
    """Only the defaults, whatever the folder of the project holds."""
    settings.delenv("BACKORDERS_DATABASE_URL")
    settings.delenv("BACKORDERS_TODAY")
    settings.setattr("dashboard.settings._is_there", lambda folder: folder == Path.cwd() and in_folder().is_file())


def in_folder() -> Path:
    return Path.cwd() / "backorders.toml"


@pytest.mark.parametrize("name", DEFAULTS)
def test_without_settings_the_defaults_hold(name: str) -> None:
    assert read(name) == DEFAULTS[name]


def test_without_a_setting_today_is_the_present_day_of_the_company(monkeypatch: pytest.MonkeyPatch) -> None:
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        monkeypatch.setenv("BACKORDERS_TIME_ZONE", zone)
        before = datetime.now(UTC).astimezone(settings.time_zone()).date()
        assert before <= settings.today() <= datetime.now(UTC).astimezone(settings.time_zone()).date()
        assert str(settings.time_zone()) == zone


@pytest.mark.parametrize("name", GIVEN)
def test_a_setting_comes_from_the_environment(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text, _, meant = GIVEN[name]
    monkeypatch.setenv(f"BACKORDERS_{name.upper()}", text)
    assert read(name) == meant


@pytest.mark.parametrize("name", GIVEN)
def test_a_setting_comes_from_the_file_in_the_present_folder(name: str) -> None:
    _, toml, meant = GIVEN[name]
    in_folder().write_text(f"# ours\n{name} = {toml}\n", encoding="utf-8")
    assert read(name) == meant


def test_a_file_saved_with_a_byte_order_mark_is_read_like_any_other() -> None:
    in_folder().write_text("company = 'Žižkov'\n", encoding="utf-8-sig")
    assert settings.company() == "Žižkov"


def test_the_environment_wins_over_the_file_also_where_it_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    in_folder().write_text("company = 'File'\ncurrency = 'CHF'\n", encoding="utf-8")
    monkeypatch.setenv("BACKORDERS_COMPANY", "Environment")
    monkeypatch.setenv("BACKORDERS_CURRENCY", "")
    assert (settings.company(), settings.currency()) == ("Environment", "EUR")


def test_a_setting_is_read_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    for day in ("2026-03-16", "2026-03-17"):
        monkeypatch.setenv("BACKORDERS_TODAY", day)
        seen.append(settings.today().isoformat())
    assert seen == ["2026-03-16", "2026-03-17"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("today", "16.03.2026"),
        ("today", "2026-02-30"),
        ("today", "0001-01-01"),
        ("today", "9999-12-31"),
        ("today", "tomorrow"),
        ("time_zone", "Middle/Earth"),
        ("time_zone", "../../etc/passwd"),
        ("priority_rule", "promise_date, colour"),
        ("priority_rule", "promise_date, promise_date"),
        ("age_buckets", "7, 3"),
        ("age_buckets", "3, 3"),
        ("age_buckets", "-1, 3"),
        ("age_buckets", "3,, 7"),
        ("age_buckets", "three"),
        ("age_buckets", "1.5"),
        ("age_buckets", "99999999999999999999"),
        ("week_start", "someday"),
        ("role", "root"),
        ("secrets_file", "/nowhere/secrets.toml"),
        ("email_is_verified", "perhaps"),
        ("look_every", "0"),
        ("look_every", "31"),
        ("look_every", "1.5"),
        ("log", "xml"),
        ("slow_ms", "-1"),
        ("slow_ms", "1 s"),
        ("metrics", "nobody"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_with_what_to_write(
    name: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"BACKORDERS_{name.upper()}", text)
    told = f"The setting BACKORDERS_{name.upper()} ({name} in backorders.toml) is {text!r}. "
    with pytest.raises(SettingsError, match="^" + re.escape(told) + r"\w.*\.$"):
        read(name)
    with pytest.raises(SettingsError, match=re.escape(told)):
        settings.check_all()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"today = \n", r"backorders\.toml cannot be read: .*line 1.*\. Mend the file, or take it away\."),
        (b"company = '\xff'\n", r"backorders\.toml cannot be read: .*Mend the file"),
        (b"colour = 'red'\n", r"holds colour, which is no setting\. The settings are database_url, today,"),
        (b"[server]\nport = 1\n", "holds server, which is no setting"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_what_is_wrong(content: bytes, told: str) -> None:
    in_folder().write_bytes(content)
    with pytest.raises(SettingsError, match=told):
        settings.company()


def test_every_setting_is_in_the_readme() -> None:
    readme = (settings.PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in settings.NAMES if f"BACKORDERS_{name.upper()}" not in readme] == []
