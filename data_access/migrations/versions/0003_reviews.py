"""Snapshots, reviews, decisions, changes of roles; what tells moves and promises from all other changes of the data."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

LEDGERS, KEY = ("decision_changes", "role_changes"), "change_id"


def upgrade() -> None:
    """Nothing was kept of the days before, so that the first snapshot begins the history, and the next role its own."""
    op.add_column("store", sa.Column("facts_revision", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.execute("UPDATE store SET facts_revision = data_revision")
    _make_snapshots()
    _make_reviews()
    _make_role_changes()
    for ledger in LEDGERS:
        _keep_forever(ledger)


def _make_snapshots() -> None:
    op.create_table(
        "snapshots",
        sa.Column("snapshot_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("snapshot_date", sa.Date(), nullable=False),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(), nullable=False),
        sa.Column("data_revision", sa.BigInteger(), nullable=False),
        sa.Column("mark", sa.Text(), server_default="", nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("oldest_days", sa.Integer(), nullable=True),
        sa.Column("due_lines", sa.Integer(), nullable=True),
        sa.Column("otif_lines", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("snapshot_id", name=op.f("pk_snapshots")),
        sa.UniqueConstraint("snapshot_date", name=op.f("uq_snapshots_snapshot_date")),
    )
    op.create_table(
        "snapshot_totals",
        sa.Column("snapshot_id", sa.Integer(), nullable=False),
        sa.Column("concept", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("customers", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False)
            for name in ("open_qty", "backordered_qty", "open_value", "backordered_value")
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_id"],
            ["snapshots.snapshot_id"],
            name=op.f("fk_snapshot_totals_snapshot_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("snapshot_id", "concept", name=op.f("pk_snapshot_totals")),
    )
    op.create_table(
        "frame_chunks",
        sa.Column("chunk_hash", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("chunk_hash", name=op.f("pk_frame_chunks")),
    )
    op.create_table(
        "snapshot_frames",
        sa.Column("snapshot_id", sa.Integer(), nullable=False),
        sa.Column("frame", sa.Text(), nullable=False),
        sa.Column("chunk_no", sa.Integer(), nullable=False),
        sa.Column("chunk_hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["snapshot_id"],
            ["snapshots.snapshot_id"],
            name=op.f("fk_snapshot_frames_snapshot_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["chunk_hash"], ["frame_chunks.chunk_hash"], name=op.f("fk_snapshot_frames_chunk_hash")
        ),
        sa.PrimaryKeyConstraint("snapshot_id", "frame", "chunk_no", name=op.f("pk_snapshot_frames")),
    )
    op.create_index(op.f("ix_snapshot_frames_chunk_hash"), "snapshot_frames", ["chunk_hash"], unique=False)


def _make_reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("review_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("review_date", sa.Date(), nullable=False),
        sa.Column("compared_date", sa.Date(), nullable=True),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("closed_by", sa.Text(), server_default="", nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("review_id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("review_date", name=op.f("uq_reviews_review_date")),
    )
    op.create_table(
        "decisions",
        sa.Column("decision_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("expected", sa.Text(), server_default="", nullable=False),
        sa.Column("link_kind", sa.Text(), server_default="", nullable=False),
        sa.Column("link_id", sa.Text(), server_default="", nullable=False),
        sa.Column("link_line_no", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_date", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=False),
        sa.Column("lines_then", sa.Integer(), nullable=True),
        sa.Column("late_lines_then", sa.Integer(), nullable=True),
        sa.Column("days_late_then", sa.Integer(), nullable=True),
        sa.Column("without_date_then", sa.Integer(), nullable=True),
        sa.Column("backordered_value_then", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("changed_by", sa.Text(), server_default="", nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("state in ('open', 'done', 'dropped')", name=op.f("ck_decisions_state")),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_decisions")),
    )
    op.create_table(
        "decision_changes",
        sa.Column(KEY, sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("from_value", sa.Text(), server_default="", nullable=False),
        sa.Column("to_value", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decisions.decision_id"], name=op.f("fk_decision_changes_decision_id")
        ),
        sa.PrimaryKeyConstraint(KEY, name=op.f("pk_decision_changes")),
    )
    op.create_index(op.f("ix_decision_changes_decision_id"), "decision_changes", ["decision_id"], unique=False)


def _make_role_changes() -> None:
    op.create_table(
        "role_changes",
        sa.Column(KEY, sa.Integer(), autoincrement=True, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("email", "from_role", "to_role", "changed_by")),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint(KEY, name=op.f("pk_role_changes")),
    )


def _keep_forever(ledger: str) -> None:
    """Have the engine refuse to change or remove a row of the ledger."""
    refusal = f"{ledger} is a ledger: its rows are never changed or removed"
    if op.get_bind().dialect.name == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
        same = f"SELECT 1 FROM {ledger} WHERE {KEY} = NEW.{KEY}"  # noqa: S608 - names of this file alone
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
