"""Snapshots: the state of a day, kept whole for some weeks and in totals for ever.

A snapshot keeps what every page is made from, as it was read, and what was shown of each open line, so that a later
version of the program shows that day as it was (docs/decisions/0014-snapshots.md). Days are the company's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine, Row, Select, delete, func, insert, select, update

from dashboard.domain import overview
from dashboard.domain.book import Book
from dashboard.domain.bridge import State, state_of
from dashboard.domain.days import DAY_DTYPE, day_number
from dashboard.domain.errors import NoSnapshotError
from dashboard.domain.exact import MONEY_SCALE, QUANTITY_SCALE, to_money, to_units
from dashboard.domain.ledger import Ledger
from dashboard.domain.order_history import HISTORY_DAYS, OrderHistory
from dashboard.domain.plan import Plan, make_plan
from dashboard.domain.purchasing import Purchasing
from dashboard.domain.rules import WHOLE_WEEKS, Rules
from dashboard.domain.suppliers import DEFAULT_WINDOW_DAYS
from dashboard.domain.version import Version
from data_access.book import book_within
from data_access.columnar import Taker, money, read_frame, read_frame_by, texts, units
from data_access.decisions import decisions_within
from data_access.engine import reading, writing
from data_access.frames import PIECE_ROWS, to_pieces
from data_access.imports.log import row_counts_within, utc
from data_access.ledger import ledger_within
from data_access.order_history import order_history_within
from data_access.pieces import drop_unused, read_columns, read_frames, write_frames
from data_access.problems import Problem, problems_within
from data_access.purchasing import purchasing_within
from data_access.schema import cancelled_in_all, is_open, order_lines, snapshot_frames, snapshot_totals
from data_access.schema import snapshots as kept
from data_access.versions import version_within

_KEY = ["order_id", "line_no"]
_IN_ALL = ["oldest_days", "due_lines", "otif_lines"]
_LEFT_COLUMNS: dict[str, Taker] = {
    **dict.fromkeys(_KEY, texts),
    **dict.fromkeys(["ordered_qty", "shipped_qty", "cancelled_qty", "open_qty"], units),
    "unit_price": money,
}
_MOST_NAMED = 8
_AT_A_TIME = 1_000
"""Orders that one statement asks for."""

_LINES, _LEFT, _SUPPLIES, _SINCE, _ROWS, _PROBLEMS, _DECISIONS = (
    "state.lines",
    "left",
    "book.supplies",
    "history.since",
    "rows",
    "problems",
    "decisions",
)
_KEYS: dict[str, tuple[str, ...]] = {
    "book.lines": ("order_id", "line_no"),
    "book.supplies": ("supply_id", "sku"),
    "book.customers": ("customer_id",),
    "book.suppliers": ("supplier_id",),
    "book.items": ("sku",),
    "book.item_suppliers": ("sku", "supplier_id"),
    "history.lines": ("order_id",),
    "history.shipments": ("shipped_date", "shipped_qty"),
    "history.promise_changes": ("order_id",),
    "history.since": (),
    "purchasing.po_lines": ("po_id",),
    "purchasing.receipts": ("received_date", "received_qty"),
    "purchasing.moves": ("supply_id",),
    "purchasing.suppliers": ("supplier_id",),
    "ledger.moves": ("supply_id",),
    "ledger.due_changes": ("po_id",),
    "state.lines": ("order_id", "line_no"),
    "left": ("order_id",),
    "rows": (),
    "problems": (),
    "decisions": ("decision_id",),
}
"""The frames of a snapshot, and by which columns each is cut (data_access.frames); those of single problems besides."""
_LARGE_ROWS = {"book.lines": 32_768, "state.lines": 32_768}
"""What changes in every piece anyway is cut in larger ones, which are read sooner."""


@dataclass(frozen=True)
class Snapshot:
    """A day that was kept: when, by whom, of which data and by which rules its figures were made.

    mark: tells the data that was kept from that of every other version (Version.whole), whatever was decided since.
    is_whole: whether its frames are still there; else its totals alone are.
    """

    snapshot_id: int
    snapshot_date: date
    taken_by: str
    taken_at: datetime
    data_revision: int
    mark: str
    rules: Rules
    is_whole: bool


@dataclass(frozen=True)
class _Seen:
    """What one transaction saw of the store."""

    version: Version
    book: Book
    history: OrderHistory
    purchasing: Purchasing
    ledger: Ledger
    rows: dict[str, int]
    problems: list[Problem]
    decisions: pd.DataFrame
    left: pd.DataFrame


def take_snapshot(
    engine: Engine, today: date, rules: Rules, *, by: str, at: datetime, whole_weeks: int = WHOLE_WEEKS
) -> Snapshot:
    """Keep the state of the day, and return what is kept of it; a snapshot of the same day is replaced.

    Everything is read in one transaction and written in another, which is short. One that was taken meanwhile, of a
    later state, stays. Snapshots older than whole_weeks keep their totals alone. The data revision stays: nothing that
    a page shows of today has changed.

    at: the instant of the look [UTC]. Raises StoreUnreachableError where the store does not answer; then nothing is
    changed.
    """
    with reading(engine) as connection:
        seen = _read(connection, today, rules)
    plan = make_plan(seen.book, rules.priority_rule)
    frames = {
        name: to_pieces(frame, _KEYS.get(name, ()), _LARGE_ROWS.get(name, PIECE_ROWS))
        for name, frame in _frames(seen, plan).items()
    }
    about = {
        "snapshot_date": today,
        "taken_by": by,
        "taken_at": utc(at),
        "data_revision": seen.version.data_revision,
        "mark": seen.version.whole,
        "rules": rules.to_json(),
        "is_whole": True,
        **_in_all(plan, seen.purchasing),
    }
    with writing(engine) as connection:
        held = _first(connection, select(kept).where(kept.c.snapshot_date == today))
        if held is not None and (held.data_revision, held.taken_at) > (about["data_revision"], about["taken_at"]):
            return held
        snapshot_id = _next_id(connection)
        connection.execute(delete(kept).where(kept.c.snapshot_date == today))
        connection.execute(insert(kept).values(about | {"snapshot_id": snapshot_id}))
        connection.execute(insert(snapshot_totals), _totals(plan, snapshot_id))
        write_frames(connection, snapshot_id, frames)
        _thin_out(connection, today - timedelta(weeks=whole_weeks))
        drop_unused(connection)
    return _snapshot(about | {"snapshot_id": snapshot_id})


def snapshots(engine: Engine) -> list[Snapshot]:
    """Every day that was kept, oldest first."""
    with reading(engine) as connection:
        return [_snapshot(row._mapping) for row in connection.execute(select(kept).order_by(kept.c.snapshot_date))]


def snapshot_of(engine: Engine, day: date) -> Snapshot | None:
    """The snapshot of a day; None where none was taken."""
    with reading(engine) as connection:
        return _first(connection, select(kept).where(kept.c.snapshot_date == day))


def snapshot_before(engine: Engine, day: date, *, at_least_days: int = 1) -> Snapshot | None:
    """The latest whole snapshot at least so many days before a day; None where there is none."""
    with reading(engine) as connection:
        return _before(connection, day - timedelta(days=at_least_days))


def whole_days(engine: Engine) -> list[date]:
    """The days of which more than totals is kept, latest first."""
    with reading(engine) as connection:
        return _whole_days(connection)


def whole_snapshot(engine: Engine, day: str) -> Snapshot:
    """The snapshot of a day that is kept whole. day: as 2026-03-09.

    Raises NoSnapshotError for any other text, which says which days there are.
    """
    with reading(engine) as connection:
        days = _whole_days(connection)
        asked = [each for each in days if each.isoformat() == day]
        found = _first(connection, select(kept).where(kept.c.snapshot_date.in_(asked)))
    if found is None:
        raise NoSnapshotError(f"“{day}” is no day that is kept whole. {_days_in_words(days)}")
    return found


def totals_over_time(engine: Engine) -> pd.DataFrame:
    """The totals of every day that was kept: one row per snapshot and concept of the Overview, oldest first.

    snapshot_date [datetime64]; concept; lines, orders, customers; open_qty, backordered_qty [units]; open_value,
    backordered_value [money]; oldest_days [the highest age of an open line, NaN where none is open]; due_lines,
    otif_lines [of all suppliers over the Suppliers page's usual window: lines of which it can be told whether they were
    on time, and those that were, whole; NaN where there is none].
    """
    total = snapshot_totals.c
    names = ["snapshot_date", *(column.name for column in total if column.name != "snapshot_id"), *_IN_ALL]
    columns = {column.name: column for column in (*total, *kept.c)}
    asked = select(*(columns[name] for name in names)).join_from(kept, snapshot_totals)
    with reading(engine) as connection:
        found = connection.execute(asked).fetchall()
    rows = sorted(found, key=lambda row: (row.snapshot_date, overview.CONCEPTS.index(row.concept)))
    frame = pd.DataFrame(rows, columns=names).astype({"concept": "str", **dict.fromkeys(_IN_ALL, "float64")})
    return frame.assign(
        snapshot_date=np.array(frame["snapshot_date"], dtype=DAY_DTYPE),
        **{name: to_units(frame[name].to_list()) for name in ("open_qty", "backordered_qty")},
        **{name: to_money(frame[name].to_list()) for name in ("open_value", "backordered_value")},
    )


def read_state(engine: Engine, snapshot: Snapshot) -> State:
    """The backlog of a snapshot as it was shown that day. Raises NoSnapshotError where it is not kept whole."""
    frames = _frames_of(engine, snapshot, (_LINES, _SUPPLIES))
    return State(snapshot.snapshot_date, snapshot.data_revision, frames[_LINES], frames[_SUPPLIES])


def left_between(
    engine: Engine, opening: Snapshot, closing: Snapshot | None, gone: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The lines that were open at the opening and are not at the closing (None: now): one row per order line.

    gone: their order_id and line_no, where they are known already; else both sides are read for them.

    order_id, line_no [str]; ordered_qty, shipped_qty, cancelled_qty [with what was closed], open_qty [units, as of the
    snapshot that first missed it, or now]; unit_price [money]. A line that nobody knows any more is left out.

    Raises NoSnapshotError where one of them is not kept whole.
    """
    with reading(engine) as connection:
        if gone is None:
            others = _open_now(connection) if closing is None else _lines_of(connection, closing)
            gone = _missing(_lines_of(connection, opening), others)
        if closing is None:
            return _as_of_now(connection, gone)
        told = [frames[_LEFT] for frames in _each_left(connection, opening, closing)]
        known = pd.concat(told, ignore_index=True).drop_duplicates(_KEY, keep="last") if told else _no_lines()
        known = gone.merge(known, on=_KEY, how="inner")
        return pd.concat([known, _as_of_now(connection, _missing(gone, known))], ignore_index=True)


def read_book_of(engine: Engine, snapshot: Snapshot) -> Book:
    """The book as it was read for a snapshot. Raises NoSnapshotError where it is not kept whole."""
    frames: dict[str, Any] = _family(engine, snapshot, "book")
    return Book(today=snapshot.snapshot_date, data_revision=snapshot.data_revision, **frames)


def read_order_history_of(engine: Engine, snapshot: Snapshot) -> OrderHistory:
    """The order history as it was read for a snapshot. Raises NoSnapshotError where it is not kept whole."""
    frames = _family(engine, snapshot, "history")
    since = frames.pop("since")["since"].iloc[0].date()
    return OrderHistory(today=snapshot.snapshot_date, data_revision=snapshot.data_revision, since=since, **frames)


def read_purchasing_of(engine: Engine, snapshot: Snapshot) -> Purchasing:
    """What was bought as it was read for a snapshot. Raises NoSnapshotError where it is not kept whole."""
    return Purchasing(data_revision=snapshot.data_revision, **_family(engine, snapshot, "purchasing"))


def read_ledger_of(engine: Engine, snapshot: Snapshot) -> Ledger:
    """The ledger as it was read for a snapshot. Raises NoSnapshotError where it is not kept whole."""
    return Ledger(data_revision=snapshot.data_revision, **_family(engine, snapshot, "ledger"))


def read_row_counts_of(engine: Engine, snapshot: Snapshot) -> dict[str, int]:
    """How many rows the store held of each table. Raises NoSnapshotError where it is not kept whole."""
    rows = _frames_of(engine, snapshot, (_ROWS,))[_ROWS]
    return dict(zip(rows["table"], rows["rows"].tolist(), strict=True))


def read_problems_of(engine: Engine, snapshot: Snapshot) -> list[Problem]:
    """The data problems of that day. Raises NoSnapshotError where it is not kept whole."""
    told = _frames_of(engine, snapshot, (_PROBLEMS,))[_PROBLEMS].to_dict("records")
    rows = _frames_of(engine, snapshot, [_rows_of(each["kind"]) for each in told])
    return [
        Problem(
            kind=each["kind"], title=each["title"], why=each["why"], table=each["table"], count=each["count"],
            rows=rows[_rows_of(each["kind"])], affects=tuple(each["affects"]),
        )
        for each in told
    ]  # fmt: skip


def read_decisions_of(engine: Engine, snapshot: Snapshot) -> pd.DataFrame:
    """The decisions as they stood that day. Raises NoSnapshotError where it is not kept whole."""
    return _frames_of(engine, snapshot, (_DECISIONS,))[_DECISIONS]


def _read(connection: Connection, today: date, rules: Rules) -> _Seen:
    book = book_within(connection, today)
    before = _before(connection, today - timedelta(days=1))
    gone = _missing(_lines_of(connection, before), _keys(book.lines)) if before else _no_lines()
    return _Seen(
        version=version_within(connection),
        book=book,
        history=order_history_within(connection, today, today - timedelta(days=HISTORY_DAYS)),
        purchasing=purchasing_within(connection),
        ledger=ledger_within(connection, rules.zone),
        rows=row_counts_within(connection),
        problems=problems_within(connection, today),
        decisions=decisions_within(connection),
        left=_as_of_now(connection, gone),
    )


def _frames(seen: _Seen, plan: Plan) -> dict[str, pd.DataFrame]:
    families = {"book": seen.book, "history": seen.history, "purchasing": seen.purchasing, "ledger": seen.ledger}
    names = [name.split(".") for name in _KEYS if name.split(".")[0] in families and name != _SINCE]
    told = [(each.kind, each.title, each.why, each.table, each.count, list(each.affects)) for each in seen.problems]
    return {
        **{f"{family}.{name}": getattr(families[family], name) for family, name in names},
        **{_rows_of(each.kind): each.rows for each in seen.problems},
        _SINCE: pd.DataFrame({"since": pd.Series([seen.history.since], dtype=DAY_DTYPE)}),
        _LINES: state_of(plan).lines,
        _LEFT: seen.left,
        _DECISIONS: seen.decisions,
        _ROWS: pd.DataFrame({"table": pd.Series(seen.rows, dtype="int64").index, "rows": list(seen.rows.values())}),
        _PROBLEMS: pd.DataFrame(told, columns=["kind", "title", "why", "table", "count", "affects"]),
    }


def _rows_of(kind: str) -> str:
    """The name of the frame that holds a problem's rows."""
    return f"{_PROBLEMS}.{kind}"


def _in_all(plan: Plan, purchasing: Purchasing) -> dict[str, int | None]:
    """What the totals tell besides the concepts; None where there is nothing to tell of."""
    end = day_number(plan.book.today)
    names = ("lines", "unknown", "on_time")
    (sums,) = purchasing.outcomes(plan.book.today).windows([end - DEFAULT_WINDOW_DAYS, end], names)
    due, on_time = int((sums["lines"] - sums["unknown"]).sum()), int(sums["on_time"].sum())
    return {
        "oldest_days": int(plan.backlog["age_days"].max()) if len(plan.backlog) else None,
        "due_lines": due or None,
        "otif_lines": on_time if due else None,
    }


def _totals(plan: Plan, snapshot_id: int) -> list[dict[str, Any]]:
    names = ("concept", "lines", "orders", "customers")
    return [
        {
            "snapshot_id": snapshot_id,
            **{name: row[name] for name in names},
            **{name: round(row[name] * QUANTITY_SCALE) for name in ("open_qty", "backordered_qty")},
            **{name: round(row[name] * MONEY_SCALE) for name in ("open_value", "backordered_value")},
        }
        for row in overview.totals(plan.backlog).to_dict("records")
    ]


def _next_id(connection: Connection) -> int:
    """A number that none has, nor the one that is about to be replaced: what is cached by it is never another one's."""
    return int(connection.execute(select(func.coalesce(func.max(kept.c.snapshot_id), 0))).scalar_one()) + 1


def _thin_out(connection: Connection, before: date) -> None:
    """Leave the snapshots before a day with their totals alone."""
    is_old = kept.c.snapshot_date < before
    old = select(kept.c.snapshot_id).where(is_old)
    connection.execute(delete(snapshot_frames).where(snapshot_frames.c.snapshot_id.in_(old)))
    connection.execute(update(kept).where(is_old).values(is_whole=False))


def _whole_days(connection: Connection) -> list[date]:
    asked = select(kept.c.snapshot_date).where(kept.c.is_whole).order_by(kept.c.snapshot_date.desc())
    return list(connection.execute(asked).scalars())


def _days_in_words(days: list[date]) -> str:
    """Which days there are, the latest ones by name."""
    if not days:
        return "None is kept so far: keep today with python -m dashboard snapshot."
    if len(days) == 1:
        return f"Kept is {days[0]:%Y-%m-%d}. Choose that day."
    named = ", ".join(f"{each:%Y-%m-%d}" for each in days[:_MOST_NAMED])
    more = f" and {len(days) - _MOST_NAMED:,} earlier" if len(days) > _MOST_NAMED else ""
    return f"Kept are {named}{more}. Choose one of them."


def _first(connection: Connection, asked: Select[Any]) -> Snapshot | None:
    row: Row[Any] | None = connection.execute(asked).first()
    return None if row is None else _snapshot(row._mapping)


def _before(connection: Connection, last: date) -> Snapshot | None:
    """The latest whole snapshot up to and on a day."""
    asked = select(kept).where(kept.c.snapshot_date <= last, kept.c.is_whole)
    return _first(connection, asked.order_by(kept.c.snapshot_date.desc()).limit(1))


def _snapshot(row: Mapping[Any, Any]) -> Snapshot:
    names = ("snapshot_id", "snapshot_date", "taken_by", "taken_at", "data_revision", "mark", "is_whole")
    return Snapshot(**{name: row[name] for name in names}, rules=Rules.from_json(row["rules"]))


def _family(engine: Engine, snapshot: Snapshot, family: str) -> dict[str, pd.DataFrame]:
    """The frames of one of the domain's collections, by the names that it has for them."""
    names = [name for name in _KEYS if name.startswith(f"{family}.")]
    return {name.partition(".")[2]: frame for name, frame in _frames_of(engine, snapshot, names).items()}


def _frames_of(engine: Engine, snapshot: Snapshot, names: Iterable[str]) -> dict[str, pd.DataFrame]:
    wanted = list(names)
    with reading(engine) as connection:
        frames = read_frames(connection, snapshot.snapshot_id, wanted)
    if len(frames) < len(wanted):
        raise _not_whole(snapshot)
    return frames


def _not_whole(snapshot: Snapshot) -> NoSnapshotError:
    return NoSnapshotError(
        f"The snapshot of {snapshot.snapshot_date} holds its totals alone, or was taken again meanwhile. "
        "Load the page anew, or choose a later day."
    )


def _lines_of(connection: Connection, snapshot: Snapshot) -> pd.DataFrame:
    """The keys of a snapshot's open lines, as texts."""
    lines = read_columns(connection, snapshot.snapshot_id, _LINES, _KEY)
    if lines is None:
        raise _not_whole(snapshot)
    return _keys(lines)


def _each_left(connection: Connection, opening: Snapshot, closing: Snapshot) -> list[dict[str, pd.DataFrame]]:
    """What had left at each snapshot after the opening up to the closing, oldest first."""
    days = kept.c.snapshot_date
    asked = select(kept.c.snapshot_id).where(
        days > opening.snapshot_date, days <= closing.snapshot_date, kept.c.is_whole
    )
    ids = connection.execute(asked.order_by(days)).scalars().all()
    return [read_frames(connection, snapshot_id, [_LEFT]) for snapshot_id in ids]


def _open_now(connection: Connection) -> pd.DataFrame:
    line = order_lines.c
    asked = select(line.order_id, line.line_no).where(is_open(order_lines))
    return read_frame(connection, asked, {"order_id": texts, "line_no": texts})


def _keys(lines: pd.DataFrame) -> pd.DataFrame:
    return lines[_KEY].astype("str")


def _missing(keys: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """The keys that are not among the others."""
    return keys.merge(others[_KEY], on=_KEY, how="left_anti")


def _as_of_now(connection: Connection, keys: pd.DataFrame) -> pd.DataFrame:
    """The quantities of these order lines as the store holds them; those that it does not hold are left out."""
    line = order_lines.c
    asked = select(
        line.order_id, line.line_no, line.ordered_qty, line.shipped_qty, cancelled_in_all(order_lines), line.open_qty,
        line.unit_price,
    )  # fmt: skip
    # By order alone: for pairs of order and line SQLite reads the whole table each time.
    orders = keys["order_id"].unique().tolist()
    parts = [orders[start : start + _AT_A_TIME] for start in range(0, max(len(orders), 1), _AT_A_TIME)]
    lines = read_frame_by(connection, (asked.where(line.order_id.in_(part)) for part in parts), _LEFT_COLUMNS)
    return lines.merge(keys, on=_KEY, how="inner")


def _no_lines() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="str") for name in _KEY})
