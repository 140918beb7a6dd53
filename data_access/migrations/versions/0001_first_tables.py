"""The tables of the first version.

A step is never changed once it is released: stores that took it as it was are out there.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

LEDGERS = {"moves": "move_id", "due_changes": "change_id", "promise_changes": "change_id"}


def upgrade() -> None:
    """Make the tables in an empty database."""
    op.create_table(
        "customers",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("tier", sa.Integer(), server_default=sa.text("3"), nullable=False),
        sa.Column("is_placeholder", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("tier >= 1", name=op.f("ck_customers_tier_from_1")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customers")),
    )
    op.create_table(
        "imports",
        sa.Column("import_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(), nullable=False),
        sa.Column("new_rows", sa.Integer(), nullable=False),
        sa.Column("changed_rows", sa.Integer(), nullable=False),
        sa.Column("unchanged_rows", sa.Integer(), nullable=False),
        sa.Column("closed_rows", sa.Integer(), nullable=False),
        sa.Column("refused_rows", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_imports")),
    )
    op.create_table(
        "items",
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), server_default="", nullable=False),
        sa.Column("unit_cost", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_placeholder", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("unit_cost >= 0", name=op.f("ck_items_unit_cost_not_negative")),
        sa.CheckConstraint("unit_price >= 0", name=op.f("ck_items_unit_price_not_negative")),
        sa.PrimaryKeyConstraint("sku", name=op.f("pk_items")),
    )
    op.create_table(
        "moves",
        sa.Column("move_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("supply_kind", sa.Text(), nullable=False),
        sa.Column("supply_id", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("line_no", sa.Text(), nullable=False),
        sa.Column("from_date", sa.Date(), nullable=True),
        sa.Column("to_date", sa.Date(), nullable=True),
        sa.Column("was_manual", sa.Boolean(), nullable=False),
        sa.Column("is_manual", sa.Boolean(), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("from_qty", sa.BigInteger(), nullable=True),
        sa.Column("to_qty", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("moved_by", sa.Text(), nullable=False),
        sa.Column("moved_at", sa.DateTime(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("move_id", name=op.f("pk_moves")),
    )
    op.create_index(op.f("ix_moves_batch_id"), "moves", ["batch_id"], unique=False)
    op.create_index(op.f("ix_moves_document_id_line_no"), "moves", ["document_id", "line_no"], unique=False)
    op.create_table(
        "receipts",
        sa.Column("po_id", sa.Text(), nullable=False),
        sa.Column("line_no", sa.Text(), nullable=False),
        sa.Column("received_date", sa.Date(), nullable=False),
        sa.Column("received_qty", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("rejected_qty", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("rejected_qty >= 0", name=op.f("ck_receipts_rejected_qty_not_negative")),
        sa.PrimaryKeyConstraint("po_id", "line_no", "received_date", name=op.f("pk_receipts")),
    )
    op.create_table(
        "shipments",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("line_no", sa.Text(), nullable=False),
        sa.Column("shipped_date", sa.Date(), nullable=False),
        sa.Column("shipped_qty", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "line_no", "shipped_date", name=op.f("pk_shipments")),
    )
    op.create_table(
        "store",
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("data_revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_store")),
    )
    op.create_table(
        "suppliers",
        sa.Column("supplier_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("is_placeholder", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("supplier_id", name=op.f("pk_suppliers")),
    )
    op.create_table(
        "due_changes",
        sa.Column("change_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("po_id", sa.Text(), nullable=False),
        sa.Column("line_no", sa.Text(), nullable=False),
        sa.Column("from_date", sa.Date(), nullable=True),
        sa.Column("to_date", sa.Date(), nullable=True),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["imports.import_id"], name=op.f("fk_due_changes_import_id")),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_due_changes")),
    )
    op.create_index(op.f("ix_due_changes_po_id_line_no"), "due_changes", ["po_id", "line_no"], unique=False)
    op.create_table(
        "import_rejects",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("reject_no", sa.Integer(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.import_id"], name=op.f("fk_import_rejects_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "reject_no", name=op.f("pk_import_rejects")),
    )
    op.create_table(
        "item_suppliers",
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("supplier_id", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("lead_time_days", sa.Integer(), nullable=True),
        sa.Column("unit_cost", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("min_order_qty", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("lead_time_days >= 0", name=op.f("ck_item_suppliers_lead_time_days_not_negative")),
        sa.CheckConstraint("min_order_qty >= 0", name=op.f("ck_item_suppliers_min_order_qty_not_negative")),
        sa.CheckConstraint("rank >= 1", name=op.f("ck_item_suppliers_rank_from_1")),
        sa.CheckConstraint("unit_cost >= 0", name=op.f("ck_item_suppliers_unit_cost_not_negative")),
        sa.ForeignKeyConstraint(["sku"], ["items.sku"], name=op.f("fk_item_suppliers_sku")),
        sa.ForeignKeyConstraint(["supplier_id"], ["suppliers.supplier_id"], name=op.f("fk_item_suppliers_supplier_id")),
        sa.PrimaryKeyConstraint("sku", "supplier_id", name=op.f("pk_item_suppliers")),
    )
    op.create_table(
        "order_lines",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("line_no", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Text(), server_default="MAIN", nullable=False),
        sa.Column("ordered_date", sa.Date(), nullable=False),
        sa.Column("requested_date", sa.Date(), nullable=True),
        sa.Column("first_promise_date", sa.Date(), nullable=True),
        sa.Column("promise_date", sa.Date(), nullable=True),
        sa.Column("ordered_qty", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("shipped_qty", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("cancelled_qty", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("closed_qty", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "open_qty",
            sa.BigInteger(),
            sa.Computed("ordered_qty - shipped_qty - cancelled_qty - closed_qty", persisted=True),
            nullable=True,
        ),
        sa.Column("unit_price", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=True),
        sa.CheckConstraint("cancelled_qty >= 0", name=op.f("ck_order_lines_cancelled_qty_not_negative")),
        sa.CheckConstraint("closed_qty >= 0", name=op.f("ck_order_lines_closed_qty_not_negative")),
        sa.CheckConstraint("ordered_qty >= 0", name=op.f("ck_order_lines_ordered_qty_not_negative")),
        sa.CheckConstraint("priority >= 0", name=op.f("ck_order_lines_priority_not_negative")),
        sa.CheckConstraint("shipped_qty >= 0", name=op.f("ck_order_lines_shipped_qty_not_negative")),
        sa.CheckConstraint("unit_price >= 0", name=op.f("ck_order_lines_unit_price_not_negative")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.customer_id"], name=op.f("fk_order_lines_customer_id")),
        sa.ForeignKeyConstraint(["sku"], ["items.sku"], name=op.f("fk_order_lines_sku")),
        sa.PrimaryKeyConstraint("order_id", "line_no", name=op.f("pk_order_lines")),
    )
    op.create_index(op.f("ix_order_lines_customer_id"), "order_lines", ["customer_id"], unique=False)
    op.create_index(
        "ix_order_lines_open",
        "order_lines",
        [
            "sku",
            "location_id",
            "priority",
            "promise_date",
            "ordered_date",
            "order_id",
            "line_no",
            "customer_id",
            "requested_date",
            "first_promise_date",
            "ordered_qty",
            "shipped_qty",
            "cancelled_qty",
            "closed_qty",
            "open_qty",
            "unit_price",
        ],
        unique=False,
        sqlite_where=sa.text("open_qty > 0"),
        postgresql_where=sa.text("open_qty > 0"),
    )
    op.create_table(
        "planned_restocks",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Text(), server_default="MAIN", nullable=False),
        sa.Column("planned_qty", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("restock_date", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("changed_by", sa.Text(), server_default="", nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("planned_qty >= 0", name=op.f("ck_planned_restocks_planned_qty_not_negative")),
        sa.ForeignKeyConstraint(["sku"], ["items.sku"], name=op.f("fk_planned_restocks_sku")),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_planned_restocks")),
    )
    op.create_table(
        "po_lines",
        sa.Column("po_id", sa.Text(), nullable=False),
        sa.Column("line_no", sa.Text(), nullable=False),
        sa.Column("supplier_id", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Text(), server_default="MAIN", nullable=False),
        sa.Column("ordered_date", sa.Date(), nullable=True),
        sa.Column("first_due_date", sa.Date(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("ordered_qty", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("received_qty", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("cancelled_qty", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("closed_qty", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "open_qty",
            sa.BigInteger(),
            sa.Computed("ordered_qty - received_qty - cancelled_qty - closed_qty", persisted=True),
            nullable=True,
        ),
        sa.Column("unit_cost", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("manual_restock_date", sa.Date(), nullable=True),
        sa.Column("due_date_when_moved", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("changed_by", sa.Text(), server_default="", nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("cancelled_qty >= 0", name=op.f("ck_po_lines_cancelled_qty_not_negative")),
        sa.CheckConstraint("closed_qty >= 0", name=op.f("ck_po_lines_closed_qty_not_negative")),
        sa.CheckConstraint("ordered_qty >= 0", name=op.f("ck_po_lines_ordered_qty_not_negative")),
        sa.CheckConstraint("received_qty >= 0", name=op.f("ck_po_lines_received_qty_not_negative")),
        sa.CheckConstraint("unit_cost >= 0", name=op.f("ck_po_lines_unit_cost_not_negative")),
        sa.ForeignKeyConstraint(["sku"], ["items.sku"], name=op.f("fk_po_lines_sku")),
        sa.ForeignKeyConstraint(["supplier_id"], ["suppliers.supplier_id"], name=op.f("fk_po_lines_supplier_id")),
        sa.PrimaryKeyConstraint("po_id", "line_no", name=op.f("pk_po_lines")),
    )
    op.create_index(
        "ix_po_lines_open",
        "po_lines",
        [
            "sku",
            "location_id",
            "due_date",
            "manual_restock_date",
            "po_id",
            "line_no",
            "supplier_id",
            "ordered_date",
            "first_due_date",
            "open_qty",
            "due_date_when_moved",
            "version",
        ],
        unique=False,
        sqlite_where=sa.text("open_qty > 0"),
        postgresql_where=sa.text("open_qty > 0"),
    )
    op.create_index(op.f("ix_po_lines_supplier_id"), "po_lines", ["supplier_id"], unique=False)
    op.create_table(
        "promise_changes",
        sa.Column("change_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("line_no", sa.Text(), nullable=False),
        sa.Column("from_date", sa.Date(), nullable=True),
        sa.Column("to_date", sa.Date(), nullable=True),
        sa.Column("batch_id", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["imports.import_id"], name=op.f("fk_promise_changes_import_id")),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_promise_changes")),
    )
    op.create_index(
        op.f("ix_promise_changes_order_id_line_no"), "promise_changes", ["order_id", "line_no"], unique=False
    )
    op.create_table(
        "stock",
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Text(), nullable=False),
        sa.Column("stock_qty", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["sku"], ["items.sku"], name=op.f("fk_stock_sku")),
        sa.PrimaryKeyConstraint("sku", "location_id", name=op.f("pk_stock")),
    )
    for ledger, key in LEDGERS.items():
        _keep_forever(ledger, key)


def _keep_forever(ledger: str, key: str) -> None:
    """Have the engine refuse to change or remove a row of a ledger."""
    refusal = f"{ledger} is a ledger: its rows are never changed or removed"
    if op.get_bind().dialect.name == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
        same = f"SELECT 1 FROM {ledger} WHERE {key} = NEW.{key}"  # noqa: S608 - names of this file alone
        op.execute(f"CREATE TRIGGER {ledger}_no_update BEFORE UPDATE ON {ledger} {refuse}")
        op.execute(f"CREATE TRIGGER {ledger}_no_delete BEFORE DELETE ON {ledger} {refuse}")
        op.execute(f"CREATE TRIGGER {ledger}_no_replace BEFORE INSERT ON {ledger} WHEN EXISTS ({same}) {refuse}")
        return
    op.execute(
        f"CREATE FUNCTION {ledger}_kept() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{refusal}'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {ledger}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {ledger} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {ledger}_kept()"
    )
