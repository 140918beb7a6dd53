"""The tables of the store: their grain, keys, checks and indexes. Knows no query.

Quantities are whole thousandths of a unit and money whole ten-thousandths, so that both engines add and compare them
exactly (docs/decisions/0002-exact-numbers.md). Ids are text exactly as in the source system.
"""

from __future__ import annotations

from sqlalchemy import (
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
    MetaData,
    Table,
    Text,
    literal_column,
    text,
)
from sqlalchemy.sql.schema import SchemaItem

SCHEMA_VERSION = 1

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _quantity(name: str) -> Column[int]:
    """A quantity in whole thousandths of a unit."""
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


def _money(name: str) -> Column[int]:
    """An amount per unit in whole ten-thousandths of the company's currency."""
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


def _not_negative(*names: str) -> list[SchemaItem]:
    return [CheckConstraint(f"{name} >= 0", name=f"{name}_not_negative") for name in names]


store = Table(
    "store",
    metadata,
    Column("one", Integer, CheckConstraint("one = 1", name="one_row"), primary_key=True),
    Column("schema_version", Integer, nullable=False),
    Column("store_id", Text, nullable=False),
    Column("data_revision", BigInteger, nullable=False),
    comment="One row: the tables' version, this store's mark, the number that every writing transaction raises.",
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
    Column("version", Integer, nullable=False, server_default=text("1")),
    *_not_negative("ordered_qty", "received_qty", "cancelled_qty", "closed_qty", "unit_cost"),
    comment="One row per purchase-order line. The restock date is the manual one if set, else the due date.",
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
    Column("version", Integer, nullable=False, server_default=text("1")),
    *_not_negative("planned_qty"),
    comment="One row per restock that a manager expects without a purchase order.",
)

moves = Table(
    "moves",
    metadata,
    Column("move_id", Integer, primary_key=True, autoincrement=True),
    Column("batch_id", Text, nullable=False),
    Column("supply_id", Text, nullable=False),
    Column("from_date", Date),
    Column("to_date", Date),
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("moved_by", Text, nullable=False),
    Column("moved_at", DateTime, nullable=False),
    Column("how", Text, nullable=False),
    comment="One row per change of a restock date, only ever added to.",
)

promise_changes = Table(
    "promise_changes",
    metadata,
    Column("change_id", Integer, primary_key=True, autoincrement=True),
    Column("order_id", Text, nullable=False),
    Column("line_no", Text, nullable=False),
    Column("from_date", Date),
    Column("to_date", Date),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", DateTime, nullable=False),
    Column("how", Text, nullable=False),
    Column("import_id", Integer, ForeignKey("imports.import_id")),
    comment="One row per change of a promise date, only ever added to.",
)
Index(None, promise_changes.c.order_id, promise_changes.c.line_no)

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


def is_open(lines: Table) -> ColumnElement[bool]:
    """Whether an order line or purchase-order line is open.

    With the 0 in the SQL text: a bound parameter would keep the engines from using the partial index.
    """
    return lines.c.open_qty > literal_column("0")


def cancelled_in_all(lines: Table) -> ColumnElement[int]:
    """Units that no longer count: cancelled in the source, or closed by a full extract that no longer listed them."""
    return lines.c.cancelled_qty + lines.c.closed_qty
