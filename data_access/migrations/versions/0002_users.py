"""A table of users with their roles, for stores that a team uses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Nobody has a role at first: the first admin is named on the command line."""
    op.create_table(
        "users",
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("role in ('viewer', 'editor', 'admin')", name=op.f("ck_users_role")),
        sa.PrimaryKeyConstraint("email", name=op.f("pk_users")),
        comment="One row per person who may use the dashboard, by the address that the identity provider vouches for.",
    )
