"""The tables of the store: their grain, keys, checks and indexes. Knows no query.

Quantities are whole thousandths of a unit and money whole ten-thousandths, so that both engines add and compare them
exactly (docs/decisions/0002-exact-numbers.md). Ids are text exactly as in the source system.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    event,
    literal_column,
    text,
)
from sqlalchemy.sql.schema import SchemaItem

SCHEMA_VERSION = 3
"""Which of the steps in data_access/migrations brings a store to these tables."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)


def _quantity(name: str) -> Column[int]:
    """A quantity in whole thousandths of a unit."""
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


def _money(name: str) -> Column[int]:
    """An amount per unit in whole ten-thousandths of the company's currency."""
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


def _changed() -> list[Column[Any]]:
    """The number that every change of the row raises, and who made the last one, when [UTC]; none at first."""
    return [
        Column("version", Integer, nullable=False, server_default=text("1")),
        Column("changed_by", Text, nullable=False, server_default=""),
        Column("changed_at", DateTime),
    ]


def _not_negative(*names: str) -> list[SchemaItem]:
    return [CheckConstraint(f"{name} >= 0", name=f"{name}_not_negative") for name in names]


store = Table(
    "store",
    metadata,
    Column("one", Integer, CheckConstraint("one = 1", name="one_row"), primary_key=True),
    Column("schema_version", Integer, nullable=False),
    Column("store_id", Text, nullable=False),
    Column("data_revision", BigInteger, nullable=False),
    Column("facts_revision", BigInteger, nullable=False, server_default=text("0")),
    comment="One row: the tables' version, this store's mark, the number that every writing transaction raises, and "
    "that number at the last write that the ledgers do not tell whole: an import, not a move, promise or decision.",
)

customers = Table(
    "customers",
    metadata,
    Column("customer_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False, server_default=""),
    Column("tier", Integer, nullable=False, server_default=text("3")),
    Column("is_placeholder", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint("tier >= 1", name="tier_from_1"),
    comment="One row per customer. A placeholder is known only by reference; its own data has not come yet.",
)

suppliers = Table(
    "suppliers",
    metadata,
    Column("supplier_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False, server_default=""),
    Column("is_placeholder", Boolean, nullable=False, server_default=text("false")),
    comment="One row per supplier.",
)

items = Table(
    "items",
    metadata,
    Column("sku", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("category", Text, nullable=False, server_default=""),
    _money("unit_cost"),
    _money("unit_price"),
    Column("is_placeholder", Boolean, nullable=False, server_default=text("false")),
    *_not_negative("unit_cost", "unit_price"),
    comment="One row per SKU.",
)

item_suppliers = Table(
    "item_suppliers",
    metadata,
    Column("sku", Text, ForeignKey("items.sku"), primary_key=True),
    Column("supplier_id", Text, ForeignKey("suppliers.supplier_id"), primary_key=True),
    Column("rank", Integer, nullable=False, server_default=text("1")),
    Column("lead_time_days", Integer),
    _money("unit_cost"),
    _quantity("min_order_qty"),
    CheckConstraint("rank >= 1", name="rank_from_1"),
    *_not_negative("lead_time_days", "unit_cost", "min_order_qty"),
    comment="One row per SKU and supplier. Rank 1 is the usual source.",
)

stock = Table(
    "stock",
    metadata,
    Column("sku", Text, ForeignKey("items.sku"), primary_key=True),
    Column("location_id", Text, primary_key=True),
    _quantity("stock_qty"),
    comment="One row per SKU and location. Below zero is a data problem and counts as zero.",
)

order_lines = Table(
    "order_lines",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("line_no", Text, primary_key=True),
    Column("customer_id", Text, ForeignKey("customers.customer_id"), nullable=False),
    Column("sku", Text, ForeignKey("items.sku"), nullable=False),
    Column("location_id", Text, nullable=False, server_default="MAIN"),
    Column("ordered_date", Date, nullable=False),
    Column("requested_date", Date),
    Column("first_promise_date", Date),
    Column("promise_date", Date),
    _quantity("ordered_qty"),
    _quantity("shipped_qty"),
    _quantity("cancelled_qty"),
    _quantity("closed_qty"),
    Column("open_qty", BigInteger, Computed("ordered_qty - shipped_qty - cancelled_qty - closed_qty", persisted=True)),
    _money("unit_price"),
    Column("priority", Integer),
    *_not_negative("ordered_qty", "shipped_qty", "cancelled_qty", "closed_qty", "unit_price", "priority"),
    comment="One row per order line. Shipped and cancelled above ordered is a data problem, not an error. "
    "Closed are units that a full extract no longer listed.",
)

Index(
    "ix_order_lines_open",
    order_lines.c.sku,
    order_lines.c.location_id,
    order_lines.c.priority,
    order_lines.c.promise_date,
    order_lines.c.ordered_date,
    order_lines.c.order_id,
    order_lines.c.line_no,
    order_lines.c.customer_id,
    order_lines.c.requested_date,
    order_lines.c.first_promise_date,
    order_lines.c.ordered_qty,
    order_lines.c.shipped_qty,
    order_lines.c.cancelled_qty,
    order_lines.c.closed_qty,
    order_lines.c.open_qty,
    order_lines.c.unit_price,
    sqlite_where=text("open_qty > 0"),
    postgresql_where=text("open_qty > 0"),
)
Index(None, order_lines.c.customer_id)

shipments = Table(
    "shipments",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("line_no", Text, primary_key=True),
    Column("shipped_date", Date, primary_key=True),
    _quantity("shipped_qty"),
    comment="One row per order line and day of shipping. Below zero is a customer's return.",
)

po_lines = Table(
    "po_lines",
    metadata,
    Column("po_id", Text, primary_key=True),
    Column("line_no", Text, primary_key=True),
    Column("supplier_id", Text, ForeignKey("suppliers.supplier_id"), nullable=False),
    Column("sku", Text, ForeignKey("items.sku"), nullable=False),
    Column("location_id", Text, nullable=False, server_default="MAIN"),
    Column("ordered_date", Date),
    Column("first_due_date", Date),
    Column("due_date", Date),
    _quantity("ordered_qty"),
    _quantity("received_qty"),
    _quantity("cancelled_qty"),
    _quantity("closed_qty"),
    Column("open_qty", BigInteger, Computed("ordered_qty - received_qty - cancelled_qty - closed_qty", persisted=True)),
    _money("unit_cost"),
    Column("manual_restock_date", Date),
    Column("due_date_when_moved", Date),
    *_changed(),
    *_not_negative("ordered_qty", "received_qty", "cancelled_qty", "closed_qty", "unit_cost"),
    comment="One row per purchase-order line. The restock date is the manual one if set, else the due date. "
    "The due date when moved is the one that stood beside the manual date when it was set.",
)

Index(
    "ix_po_lines_open",
    po_lines.c.sku,
    po_lines.c.location_id,
    po_lines.c.due_date,
    po_lines.c.manual_restock_date,
    po_lines.c.po_id,
    po_lines.c.line_no,
    po_lines.c.supplier_id,
    po_lines.c.ordered_date,
    po_lines.c.first_due_date,
    po_lines.c.open_qty,
    po_lines.c.due_date_when_moved,
    po_lines.c.version,
    sqlite_where=text("open_qty > 0"),
    postgresql_where=text("open_qty > 0"),
)
Index(None, po_lines.c.supplier_id)


receipts = Table(
    "receipts",
    metadata,
    Column("po_id", Text, primary_key=True),
    Column("line_no", Text, primary_key=True),
    Column("received_date", Date, primary_key=True),
    _quantity("received_qty"),
    _quantity("rejected_qty"),
    CheckConstraint("rejected_qty >= 0", name="rejected_qty_not_negative"),
    comment="One row per purchase-order line and day of receipt. Received below zero is a return to the supplier.",
)

planned_restocks = Table(
    "planned_restocks",
    metadata,
    Column("plan_id", Text, primary_key=True),
    Column("sku", Text, ForeignKey("items.sku"), nullable=False),
    Column("location_id", Text, nullable=False, server_default="MAIN"),
    _quantity("planned_qty"),
    Column("restock_date", Date),
    Column("reason", Text, nullable=False, server_default=""),
    *_changed(),
    *_not_negative("planned_qty"),
    comment="One row per restock that a manager expects without a purchase order; none is expected any more where the "
    "planned quantity is 0.",
)

moves = Table(
    "moves",
    metadata,
    Column("move_id", Integer, primary_key=True, autoincrement=True),
    Column("batch_id", Text, nullable=False),
    Column("supply_kind", Text, nullable=False),
    Column("supply_id", Text, nullable=False),
    Column("document_id", Text, nullable=False),
    Column("line_no", Text, nullable=False),
    Column("from_date", Date),
    Column("to_date", Date),
    Column("was_manual", Boolean, nullable=False),
    Column("is_manual", Boolean, nullable=False),
    Column("due_date", Date),
    Column("from_qty", BigInteger),
    Column("to_qty", BigInteger),
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("moved_by", Text, nullable=False),
    Column("moved_at", DateTime, nullable=False),
    Column("how", Text, nullable=False),
    Column("undoes", Integer),
    comment="One row per change of a restock date, only ever added to. Dates are those that were planned with before "
    "and after; manual where a manager's date decided, else the supplier's due date. Quantities are of planned "
    "restocks alone. undoes is the move that was moved back.",
)
Index(None, moves.c.document_id, moves.c.line_no)
Index(None, moves.c.batch_id)

due_changes = Table(
    "due_changes",
    metadata,
    Column("change_id", Integer, primary_key=True, autoincrement=True),
    Column("po_id", Text, nullable=False),
    Column("line_no", Text, nullable=False),
    Column("from_date", Date),
    Column("to_date", Date),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", DateTime, nullable=False),
    Column("how", Text, nullable=False),
    Column("import_id", Integer, ForeignKey("imports.import_id")),
    comment="One row per change of a supplier's due date, only ever added to.",
)
Index(None, due_changes.c.po_id, due_changes.c.line_no)

promise_changes = Table(
    "promise_changes",
    metadata,
    Column("change_id", Integer, primary_key=True, autoincrement=True),
    Column("order_id", Text, nullable=False),
    Column("line_no", Text, nullable=False),
    Column("from_date", Date),
    Column("to_date", Date),
    Column("batch_id", Text, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", DateTime, nullable=False),
    Column("how", Text, nullable=False),
    Column("import_id", Integer, ForeignKey("imports.import_id")),
    comment="One row per change of a promise date, only ever added to. The batch is that of a page; none of an import.",
)
Index(None, promise_changes.c.order_id, promise_changes.c.line_no)

users = Table(
    "users",
    metadata,
    Column("email", Text, primary_key=True),
    Column("role", Text, CheckConstraint("role in ('viewer', 'editor', 'admin')", name="role"), nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", DateTime, nullable=False),
    comment="One row per person who may use the dashboard, by the address that the identity provider vouches for.",
)

role_changes = Table(
    "role_changes",
    metadata,
    Column("change_id", Integer, primary_key=True, autoincrement=True),
    Column("email", Text, nullable=False),
    Column("from_role", Text, nullable=False),
    Column("to_role", Text, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", DateTime, nullable=False),
    comment="One row per role that was given, changed or taken, only ever added to. An empty role is none.",
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("snapshot_id", Integer, primary_key=True, autoincrement=True),
    Column("snapshot_date", Date, nullable=False, unique=True),
    Column("taken_by", Text, nullable=False),
    Column("taken_at", DateTime, nullable=False),
    Column("data_revision", BigInteger, nullable=False),
    Column("mark", Text, nullable=False, server_default=""),
    Column("rules", Text, nullable=False),
    Column("is_whole", Boolean, nullable=False),
    Column("oldest_days", Integer),
    Column("due_lines", Integer),
    Column("otif_lines", Integer),
    comment="One row per day that was kept, the last look at that day. The mark tells the data that was kept from any "
    "other, but for decisions. The rules, as JSON, are the settings that figures were made by. Whole until its frames "
    "are thinned out. The oldest open line's age; purchase-order lines due, and of them on time in full.",
)

snapshot_totals = Table(
    "snapshot_totals",
    metadata,
    Column("snapshot_id", Integer, ForeignKey("snapshots.snapshot_id", ondelete="CASCADE"), primary_key=True),
    Column("concept", Text, primary_key=True),
    Column("lines", Integer, nullable=False),
    Column("orders", Integer, nullable=False),
    Column("customers", Integer, nullable=False),
    _quantity("open_qty"),
    _quantity("backordered_qty"),
    _money("open_value"),
    _money("backordered_value"),
    comment="One row per snapshot and concept of the Overview: kept for ever.",
)

frame_chunks = Table(
    "frame_chunks",
    metadata,
    Column("chunk_hash", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    comment="One row per piece of a snapshot's frames, compressed, under the SHA-256 of its bytes: what is the same in "
    "many snapshots is kept once.",
)

snapshot_frames = Table(
    "snapshot_frames",
    metadata,
    Column("snapshot_id", Integer, ForeignKey("snapshots.snapshot_id", ondelete="CASCADE"), primary_key=True),
    Column("frame", Text, primary_key=True),
    Column("chunk_no", Integer, primary_key=True),
    Column("chunk_hash", Text, ForeignKey("frame_chunks.chunk_hash"), nullable=False),
    comment="One row per piece of each frame of a whole snapshot, in order.",
)
Index(None, snapshot_frames.c.chunk_hash)

reviews = Table(
    "reviews",
    metadata,
    Column("review_id", Integer, primary_key=True, autoincrement=True),
    Column("review_date", Date, nullable=False, unique=True),
    Column("compared_date", Date),
    Column("opened_by", Text, nullable=False),
    Column("opened_at", DateTime, nullable=False),
    Column("closed_by", Text, nullable=False, server_default=""),
    Column("closed_at", DateTime),
    comment="One row per day on which a review was opened; compared with the snapshot of an earlier day where there "
    "is one. Not closed while closed_at is empty.",
)

decisions = Table(
    "decisions",
    metadata,
    Column("decision_id", Integer, primary_key=True, autoincrement=True),
    Column("text", Text, nullable=False),
    Column("owner", Text, nullable=False, server_default=""),
    Column("due_date", Date),
    Column("state", Text, CheckConstraint("state in ('open', 'done', 'dropped')", name="state"), nullable=False),
    Column("expected", Text, nullable=False, server_default=""),
    Column("link_kind", Text, nullable=False, server_default=""),
    Column("link_id", Text, nullable=False, server_default=""),
    Column("link_line_no", Text, nullable=False, server_default=""),
    Column("decided_date", Date, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", DateTime, nullable=False),
    Column("lines_then", Integer),
    Column("late_lines_then", Integer),
    Column("days_late_then", Integer),
    Column("without_date_then", Integer),
    Column("backordered_value_then", BigInteger),
    *_changed(),
    comment="One row per decision: what, who, by when, and what it is linked to (a kind, an id and a line number; none "
    "where it stands alone). The figures are those of what it is linked to on the day it was decided.",
)

decision_changes = Table(
    "decision_changes",
    metadata,
    Column("change_id", Integer, primary_key=True, autoincrement=True),
    Column("decision_id", Integer, ForeignKey("decisions.decision_id"), nullable=False),
    Column("what", Text, nullable=False),
    Column("from_value", Text, nullable=False, server_default=""),
    Column("to_value", Text, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", DateTime, nullable=False),
    comment="One row per decision and column that was set or changed, only ever added to.",
)
Index(None, decision_changes.c.decision_id)

imports = Table(
    "imports",
    metadata,
    Column("import_id", Integer, primary_key=True, autoincrement=True),
    Column("table_name", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("imported_by", Text, nullable=False),
    Column("imported_at", DateTime, nullable=False),
    Column("new_rows", Integer, nullable=False),
    Column("changed_rows", Integer, nullable=False),
    Column("unchanged_rows", Integer, nullable=False),
    Column("closed_rows", Integer, nullable=False),
    Column("refused_rows", Integer, nullable=False),
    comment="One row per file or query taken in, also where it changed nothing or was refused.",
)

import_rejects = Table(
    "import_rejects",
    metadata,
    Column("import_id", Integer, ForeignKey("imports.import_id", ondelete="CASCADE"), primary_key=True),
    Column("reject_no", Integer, primary_key=True),
    Column("row_no", Integer, nullable=False),
    Column("column_name", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("reason", Text, nullable=False),
    comment="One row per refused row of an import and reason; row_no counts the file's own lines or sheet rows.",
)


LEDGERS = (moves, due_changes, promise_changes, decision_changes, role_changes)
"""Histories that nobody may rewrite: rows are added, and a trigger refuses everything else."""

_SAME_KEY = "SELECT 1 FROM %(table)s WHERE {key} = NEW.{key}"
_REFUSAL = "%(table)s is a ledger: its rows are never changed or removed"


def _keep_forever(ledger: Table) -> None:
    """Have each engine itself refuse to change or remove a row, whoever asks and by whatever program."""
    key = ledger.primary_key.columns[0].name
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    triggers = {
        "update": f"BEFORE UPDATE ON %(table)s {refuse}",
        "delete": f"BEFORE DELETE ON %(table)s {refuse}",
        # INSERT OR REPLACE removes the old row without asking the trigger above.
        "replace": f"BEFORE INSERT ON %(table)s WHEN EXISTS ({_SAME_KEY.format(key=key)}) {refuse}",
    }
    for name, trigger in triggers.items():
        _after(ledger, "create", f"CREATE TRIGGER %(table)s_no_{name} {trigger}", "sqlite")
    for statement in (
        f"CREATE FUNCTION %(table)s_kept() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$",
        "CREATE TRIGGER %(table)s_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON %(table)s "
        "FOR EACH STATEMENT EXECUTE FUNCTION %(table)s_kept()",
    ):
        _after(ledger, "create", statement, "postgresql")
    _after(ledger, "drop", "DROP FUNCTION IF EXISTS %(table)s_kept()", "postgresql")


def _after(table: Table, what: str, statement: str, dialect: str) -> None:
    """Have an engine run a statement of its own after the table was made, or dropped."""
    event.listen(table, f"after_{what}", DDL(statement).execute_if(dialect=dialect))  # type: ignore[no-untyped-call]


for _ledger in LEDGERS:
    _keep_forever(_ledger)


def is_open(lines: Table) -> ColumnElement[bool]:
    """Whether an order line or purchase-order line is open.

    With the 0 in the SQL text: a bound parameter would keep the engines from using the partial index.
    """
    return lines.c.open_qty > literal_column("0")


def changed_again(table: Table, by: str, at: datetime) -> dict[str, Any]:
    """What every change of a row sets whose changes are counted; at is an instant in UTC."""
    return {"version": table.c.version + 1, "changed_by": by, "changed_at": at}


def cancelled_in_all(lines: Table) -> ColumnElement[int]:
    """Units that no longer count: cancelled in the source, or closed by a full extract that no longer listed them."""
    return lines.c.cancelled_qty + lines.c.closed_qty
