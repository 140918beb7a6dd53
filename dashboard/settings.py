"""What the surroundings decide: where the store is, which day it is, by which rules.

Every setting is an environment variable BACKORDERS_<NAME>, or <name> in backorders.toml; the variable wins. They
are read when called. All of them are in the README.
"""

from __future__ import annotations

import functools
import os
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dashboard.domain.allocation import DEFAULT_RULE, check_rule
from dashboard.domain.customers import DEFAULT_WEIGHTS, most_points
from dashboard.domain.errors import SettingsError
from dashboard.domain.restocks import DEFAULT_REASONS, OWN_REASONS, WEEKEND, Calendar
from dashboard.domain.rules import WHOLE_WEEKS, Rules
from data_access.reading.dates import FIRST_YEAR, LAST_YEAR
from data_access.users import ROLES

PROJECT_ROOT = Path(__file__).resolve().parent.parent
PREFIX = "BACKORDERS_"
NAMES = (
    "database_url",
    "today",
    "time_zone",
    "priority_rule",
    "age_buckets",
    "company",
    "currency",
    "risk_weights",
    "week_start",
    "weekend",
    "holidays",
    "move_reasons",
    "role",
    "secrets_file",
    "email_is_verified",
    "look_every",
    "log",
    "slow_ms",
    "metrics",
    "snapshot_weeks",
)
WEEK_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOST_DAYS = 36_500
DEFAULT_AGE_BUCKETS = (3, 7, 14, 21, 30, 45)
LONGEST_LOOK = 30
MOST_WEEKS = 520
YES_AND_NO = {"yes": True, "true": True, "no": False, "false": False}


def database_url() -> str:
    """The store's address: a SQLAlchemy URL. Default: a SQLite file in the project's folder data/."""
    return _value("database_url") or f"sqlite:///{PROJECT_ROOT / 'data' / 'backorders.db'}"


def today() -> date:
    """The day that the figures are made for. Default: the present day in the company's time zone."""
    given = _value("today")
    if not given:
        return datetime.now(time_zone()).date()
    advice = f"Write a day from {FIRST_YEAR} to {LAST_YEAR} as 2026-03-16, or leave it out for the present day."
    try:
        day = date.fromisoformat(given)
    except ValueError as error:
        raise _unusable("today", given, advice) from error
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise _unusable("today", given, advice)
    return day


def time_zone() -> ZoneInfo:
    """The company's time zone. Default: UTC."""
    given = _value("time_zone") or "UTC"
    try:
        return ZoneInfo(given)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise _unusable("time_zone", given, "Write a name such as Europe/Berlin or America/Chicago.") from error


def priority_rule() -> tuple[str, ...]:
    """By what order lines stand in the queue for supply, first key first. Default: the domain's DEFAULT_RULE."""
    given = _value("priority_rule")
    if not given:
        return DEFAULT_RULE
    rule = tuple(key.strip() for key in given.split(",") if key.strip())
    try:
        check_rule(rule)
    except SettingsError as error:
        raise _unusable("priority_rule", given, str(error)) from error
    return rule


def age_buckets() -> tuple[int, ...]:
    """The last day of each age bucket but the open one [days]. Default: 3, 7, 14, 21, 30, 45."""
    given = _value("age_buckets")
    if not given:
        return DEFAULT_AGE_BUCKETS
    advice = "Write rising whole numbers of days, such as 3, 7, 14, 21, 30, 45."
    try:
        ends = tuple(int(end) for end in given.split(","))
    except ValueError as error:
        raise _unusable("age_buckets", given, advice) from error
    if ends[0] < 0 or ends[-1] > MOST_DAYS or any(later <= earlier for earlier, later in pairwise(ends)):
        raise _unusable("age_buckets", given, advice)
    return ends


def risk_weights() -> dict[str, float]:
    """What each piece of evidence weighs in a customer's risk score. Default: the domain's DEFAULT_WEIGHTS."""
    given = _value("risk_weights")
    weights = dict(DEFAULT_WEIGHTS)
    try:
        for part in filter(None, (part.strip() for part in given.split(","))):
            name, _, weight = part.partition("=")
            weights |= {name.strip(): float(weight)}
        most_points(weights)
    except ValueError as error:
        raise _unusable("risk_weights", given, "Write names and numbers, such as late=25, tier=10.") from error
    except SettingsError as error:
        raise _unusable("risk_weights", given, str(error)) from error
    return weights


def company() -> str:
    """The company's name, shown above the menu and in files. Default: none."""
    return _value("company")


def currency() -> str:
    """The company's one currency as it is written behind amounts. Default: EUR."""
    return _value("currency") or "EUR"


def week_start() -> int:
    """The first day of the week, Monday being 0. Default: Monday."""
    given = (_value("week_start") or "monday").lower()
    if given not in WEEK_DAYS:
        raise _unusable("week_start", given, f"Write one of {', '.join(WEEK_DAYS)}.")
    return WEEK_DAYS.index(given)


def calendar() -> Calendar:
    """The days on which nothing comes in. Default: Saturdays and Sundays, and no holidays."""
    weekend = _value("weekend").lower() or ",".join(WEEKEND)
    names = [name.strip() for name in weekend.split(",") if name.strip() not in ("", "none")]
    if any(name not in WEEK_DAYS for name in names) or len(set(names)) == len(WEEK_DAYS):
        raise _unusable("weekend", weekend, f"Write some of {', '.join(WEEK_DAYS)}, or none.")
    given = _value("holidays")
    try:
        holidays = frozenset(date.fromisoformat(part.strip()) for part in given.split(",") if part.strip())
    except ValueError as error:
        raise _unusable("holidays", given, "Write days such as 2026-12-25, 2026-12-26.") from error
    return Calendar(frozenset(WEEK_DAYS.index(name) for name in names), holidays)


def move_reasons() -> tuple[str, ...]:
    """Why a manager may move a restock date. Default: the domain's DEFAULT_REASONS."""
    reasons = tuple(dict.fromkeys(part.strip() for part in _value("move_reasons").split(",") if part.strip()))
    own = sorted(set(reasons) & set(OWN_REASONS))
    if own:
        raise _unusable("move_reasons", ", ".join(own), "The program gives this reason itself. Leave it out.")
    return reasons or DEFAULT_REASONS


def role() -> str:
    """What the local user may do: viewer, editor or admin. Default: admin, on one's own machine."""
    given = (_value("role") or "admin").lower()
    if given not in ROLES:
        raise _unusable("role", given, f"Write one of {', '.join(ROLES)}.")
    return given


def secrets_file() -> Path | None:
    """The file with the sign-in. Default: .streamlit/secrets.toml in the present folder, else in the project's."""
    given = _value("secrets_file")
    usual = (folder / ".streamlit" / "secrets.toml" for folder in (Path.cwd(), PROJECT_ROOT))
    try:
        found = next((path for path in ([Path(given)] if given else usual) if path.is_file()), None)
    except OSError as error:
        raise _unusable("secrets_file", given, f"{error.filename} cannot be reached ({error.strerror}).") from error
    if given and not found:
        raise _unusable("secrets_file", given, "There is no such file. Name the one that holds the sign-in.")
    return found


def email_is_verified() -> bool:
    """Whether an address counts as vouched for where the sign-in does not say whether it is. Default: no."""
    given = (_value("email_is_verified") or "no").lower()
    if given not in YES_AND_NO:
        raise _unusable("email_is_verified", given, "Write yes or no.")
    return YES_AND_NO[given]


def look_every() -> int:
    """How often an open browser looks whether the data changed [seconds]. Default: 15."""
    given = _value("look_every") or "15"
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= LONGEST_LOOK):
        raise _unusable("look_every", given, f"Write whole seconds from 1 to {LONGEST_LOOK}.")
    return int(given)


def log() -> str:
    """How the log is written: text, warnings and errors alone, or json, one line per event. Default: text."""
    return _one_of("log", ("text", "json"))


def slow_ms() -> int:
    """From how long on a page counts as slow, and the log says what took the time [ms]. Default: 1000."""
    given = _value("slow_ms") or "1000"
    if not (given.isascii() and given.isdigit()):
        raise _unusable("slow_ms", given, "Write whole milliseconds, such as 1000.")
    return int(given)


def metrics() -> str:
    """Who may read /metrics: this machine, or everywhere. Default: this machine."""
    return _one_of("metrics", ("local", "everywhere"))


def snapshot_weeks() -> int:
    """For how many weeks a snapshot is kept whole; its totals are kept for ever [weeks]. Default: 26."""
    given = _value("snapshot_weeks") or str(WHOLE_WEEKS)
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= MOST_WEEKS):
        raise _unusable("snapshot_weeks", given, f"Write whole weeks from 1 to {MOST_WEEKS}.")
    return int(given)


def rules() -> Rules:
    """All that decides figures besides the data, as a snapshot keeps it."""
    free = calendar()
    return Rules(
        priority_rule=priority_rule(),
        age_buckets=age_buckets(),
        risk_weights=risk_weights(),
        time_zone=time_zone().key,
        weekend=tuple(sorted(free.weekend)),
        holidays=tuple(sorted(free.holidays)),
    )


def check_all() -> None:
    """Read every setting once. Raises SettingsError for the first that cannot be used."""
    for read in (
        database_url,
        today,
        time_zone,
        priority_rule,
        age_buckets,
        risk_weights,
        company,
        currency,
        week_start,
        calendar,
        move_reasons,
        role,
        secrets_file,
        email_is_verified,
        look_every,
        log,
        slow_ms,
        metrics,
        snapshot_weeks,
    ):
        read()


def _one_of(name: str, allowed: tuple[str, ...]) -> str:
    """A setting that is one of these words, the first of them where nothing is set."""
    given = (_value(name) or allowed[0]).lower()
    if given not in allowed:
        raise _unusable(name, given, f"Write one of {', '.join(allowed)}.")
    return given


def _value(name: str) -> str:
    given = os.environ.get(PREFIX + name.upper())
    return (_from_file().get(name, "") if given is None else given).strip()


def _from_file() -> Mapping[str, str]:
    """The settings of backorders.toml in the present folder, else in the project's; lists become comma-separated."""
    path = next((folder / "backorders.toml" for folder in (Path.cwd(), PROJECT_ROOT) if _is_there(folder)), None)
    if path is None:
        return {}
    try:
        state = path.stat()
    except OSError:  # taken away since
        return {}
    return _read(path, state.st_mtime_ns, state.st_size)


@functools.lru_cache(maxsize=1)
def _read(path: Path, changed: int, size: int) -> Mapping[str, str]:  # noqa: ARG001 - a file that was changed is read anew
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path.name} cannot be read: {error}. Mend the file, or take it away.") from error
    unknown = sorted(set(table) - set(NAMES))
    if unknown:
        raise SettingsError(
            f"{path.name} holds {', '.join(unknown)}, which is no setting. The settings are {', '.join(NAMES)}."
        )
    return MappingProxyType({name: _as_text(value) for name, value in table.items()})


def _is_there(folder: Path) -> bool:
    return (folder / "backorders.toml").is_file()


def _as_text(value: object) -> str:
    if isinstance(value, dict):
        return ",".join(f"{name}={part}" for name, part in value.items())
    return ",".join(str(part) for part in value) if isinstance(value, list) else str(value)


def _unusable(name: str, given: str, advice: str) -> SettingsError:
    return SettingsError(f"The setting {PREFIX}{name.upper()} ({name} in backorders.toml) is {given!r}. {advice}")
