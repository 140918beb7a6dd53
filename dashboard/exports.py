"""Every table that a page shows, by name: what the pages offer for download and the command line exports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine

from dashboard import settings
from dashboard.domain.aging import age_table
from dashboard.domain.customers import customer_risk
from dashboard.domain.decided import with_now
from dashboard.domain.errors import SettingsError
from dashboard.domain.ledger import Ledger
from dashboard.domain.order_history import HISTORY_DAYS, OrderHistory
from dashboard.domain.plan import Plan, make_plan
from dashboard.domain.purchasing import Purchasing
from dashboard.domain.supplier_lines import open_po_lines, resting_on, supplier_lines, with_resting
from dashboard.domain.supplier_sources import known_sources
from dashboard.domain.suppliers import supplier_statistics
from dashboard.files import to_bytes
from data_access.book import read_book
from data_access.decisions import decisions as read_decisions
from data_access.ledger import read_ledger
from data_access.order_history import read_order_history
from data_access.problems import Problem, data_problems
from data_access.purchasing import read_purchasing
from data_access.records import MOVES, RECORDS
from data_access.snapshots import (
    Snapshot,
    read_book_of,
    read_decisions_of,
    read_ledger_of,
    read_order_history_of,
    read_problems_of,
    read_purchasing_of,
    whole_snapshot,
)
from data_access.templates import template_csv
from data_access.users import read_role_changes

TEMPLATES = "templates"
BACKLOG_COLUMNS = [
    "order_id",
    "line_no",
    "customer_id",
    "sku",
    "location_id",
    "ordered_date",
    "promise_date",
    "open_qty",
    "ready_qty",
    "inbound_qty",
    "uncovered_qty",
    "expected_date",
    "days_late",
    "state",
    "age_days",
    "backordered_value",
]
ALLOCATION_COLUMNS = ["order_id", "line_no", "supply_kind", "supply_id", "available_date", "allocated_qty"]
ORDER_COLUMNS = [
    "order_id",
    "customer_id",
    "lines",
    "open_qty",
    "backordered_qty",
    "backordered_value",
    "complete_date",
]


CUSTOMER_COLUMNS = [
    "customer_id",
    "score",
    "value_open",
    "value_at_risk",
    "lines_open",
    "lines_late",
    "lines_undated",
    "lines_uncovered",
    "reasons",
]
SUPPLIER_COLUMNS = [
    "supplier_id",
    "lines_due",
    "on_time_rate",
    "in_full_rate",
    "otif_rate",
    "otif_low",
    "otif_high",
    "median_days_late",
    "p80_days_late",
    "lead_time_days",
    "reject_rate",
    "lines_open",
    "lines_overdue",
    "backordered_value_waiting",
]
MOVE_COLUMNS = [
    "move_id",
    "batch_id",
    "supply_id",
    "from_date",
    "to_date",
    "reason",
    "note",
    "moved_by",
    "moved_at",
    "how",
]
DECISION_COLUMNS = [
    "decision_id",
    "state",
    "text",
    "owner",
    "due_date",
    "expected",
    "link_kind",
    "link_id",
    "link_line_no",
    "decided_date",
    "decided_by",
    "decided_at",
    "lines_then",
    "lines_now",
    "late_lines_then",
    "late_lines_now",
    "without_date_then",
    "without_date_now",
    "days_late_then",
    "days_late_now",
    "backordered_value_then",
    "backordered_value_now",
    "times_carried",
    "changed_by",
    "changed_at",
    "note",
]


@dataclass(frozen=True)
class Source:
    """What an export is made from: the store, and the day and rule that figures are made by.

    kept: the kept day that it is of, whose data and rules these are; None for the store at its present revision.
    """

    engine: Engine
    today: date
    rule: Sequence[str]
    kept: Snapshot | None = None

    def plan(self) -> Plan:
        """The plan of that day."""
        book = read_book(self.engine, self.today) if self.kept is None else read_book_of(self.engine, self.kept)
        return make_plan(book, self.rule)

    def history(self) -> OrderHistory:
        """The order history up to that day."""
        if self.kept is not None:
            return read_order_history_of(self.engine, self.kept)
        return read_order_history(self.engine, self.today, self.today - timedelta(days=HISTORY_DAYS))

    def purchasing(self) -> Purchasing:
        """What was bought up to that day."""
        return read_purchasing(self.engine) if self.kept is None else read_purchasing_of(self.engine, self.kept)

    def ledger(self) -> Ledger:
        """The moves up to that day."""
        return read_ledger(self.engine) if self.kept is None else read_ledger_of(self.engine, self.kept)

    def problems(self) -> list[Problem]:
        """The data problems of that day."""
        return data_problems(self.engine, self.today) if self.kept is None else read_problems_of(self.engine, self.kept)

    def decisions(self) -> pd.DataFrame:
        """The decisions as they stood on that day."""
        return read_decisions(self.engine) if self.kept is None else read_decisions_of(self.engine, self.kept)

    def role_changes(self) -> pd.DataFrame:
        """Every role that was given, changed or taken up to that day."""
        return read_role_changes(self.engine, self.kept.taken_at if self.kept else None)

    def age_buckets(self) -> tuple[int, ...]:
        """The age buckets of that day."""
        return settings.age_buckets() if self.kept is None else self.kept.rules.age_buckets

    def risk_weights(self) -> Mapping[str, float]:
        """The weights of that day."""
        return settings.risk_weights() if self.kept is None else self.kept.rules.risk_weights


def customers(source: Source) -> pd.DataFrame:
    """The customers at risk, whom to call first first."""
    return customer_risk(source.plan().backlog, source.history(), source.today, source.risk_weights())


def as_rows(found: Iterable[Problem]) -> pd.DataFrame:
    """One row per row of data that makes figures doubtful (the first 1,000 of each problem)."""
    frames = [each.rows.assign(problem=each.title, table=each.table) for each in found]
    if not frames:
        return pd.DataFrame({"problem": pd.Series(dtype="str"), "table": pd.Series(dtype="str")})
    everything = pd.concat(frames, ignore_index=True)
    return everything[["problem", "table", *everything.columns.difference(["problem", "table"], sort=False)]]


def suppliers(source: Source) -> pd.DataFrame:
    """How far each supplier can be relied on and what rests on it: one row per supplier, the most reliable first."""
    purchasing, plan = source.purchasing(), source.plan()
    resting = resting_on(open_po_lines(plan), known_sources(plan.book, purchasing))
    return with_resting(supplier_statistics(purchasing, source.today), resting)[SUPPLIER_COLUMNS]


def decisions_of(decisions: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """These decisions with how it stood then and stands now with what they are about: one row per decision."""
    whole = {name: "Int64" for name in DECISION_COLUMNS if name.endswith(("_then", "_now")) and "value" not in name}
    return with_now(decisions, plan)[DECISION_COLUMNS].astype(whole)


def _by_id(table: pd.DataFrame) -> pd.DataFrame:
    """The rows by order and line, so that a file is the same whichever engine the store is in."""
    ids = [name for name in ("order_id", "line_no") if name in table.columns]
    return table.sort_values(ids, key=lambda column: column.astype("str"), kind="stable", ignore_index=True)


EXPORTS: dict[str, Callable[[Source], pd.DataFrame]] = {
    "backlog": lambda source: _by_id(source.plan().backlog[BACKLOG_COLUMNS]),
    "allocations": lambda source: _by_id(source.plan().allocations[ALLOCATION_COLUMNS]),
    "orders": lambda source: _by_id(source.plan().orders[ORDER_COLUMNS]),
    "aging": lambda source: age_table(source.plan().backlog, source.age_buckets()),
    "customers": lambda source: customers(source)[CUSTOMER_COLUMNS],
    "suppliers": suppliers,
    "supplier-lines": lambda source: supplier_lines(source.purchasing(), source.today),
    "moves": lambda source: source.ledger().moves[MOVE_COLUMNS],
    "decisions": lambda source: decisions_of(source.decisions(), source.plan()),
    "problems": lambda source: as_rows(source.problems()),
    "role-changes": lambda source: source.role_changes(),
}


def make(name: str, file_format: str, engine: Engine, today: date, rule: Sequence[str]) -> bytes:
    """The named table as a file. Raises SettingsError for a name that is none."""
    return _made(name, file_format, Source(engine, today, rule))


def make_as_of(name: str, file_format: str, engine: Engine, day: str) -> bytes:
    """The named table as it was on a kept day, such as 2026-03-09. Raises SettingsError, NoSnapshotError."""
    kept = whole_snapshot(engine, day)
    return _made(name, file_format, Source(engine, kept.snapshot_date, kept.rules.priority_rule, kept))


def _made(name: str, file_format: str, source: Source) -> bytes:
    if name not in EXPORTS:
        raise SettingsError(f"There is no export {name!r}. There are: {', '.join((*EXPORTS, TEMPLATES))}.")
    return to_bytes(EXPORTS[name](source), file_format, sheet=name)


def write_templates(folder: Path) -> list[Path]:
    """Write an empty CSV with one example row for each table, and for moves. Raises SettingsError where it cannot."""
    records = {**RECORDS, MOVES.table: MOVES}
    paths = [folder / f"{name}.csv" for name in records]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in paths:
            path.write_text(template_csv(records[path.stem]), encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{folder} cannot be written ({error.strerror}). Name another folder.") from error
    return paths
