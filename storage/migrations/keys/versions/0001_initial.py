"""The first schema of the keys database.

Revision ID: keys_0001
Revises: none
"""

import sqlalchemy as sa
from alembic import op

revision = "keys_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "incarnation_key",
        sa.Column("incarnation", sa.LargeBinary(length=16), nullable=False),
        sa.Column("dek_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("kcv", sa.LargeBinary(length=8), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(state = 'active') = (wrapped IS NOT NULL)", name="wrapped_while_active"),
        sa.PrimaryKeyConstraint("incarnation", name=op.f("pk_incarnation_key")),
    )
    op.create_table(
        "long_lived_key",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", "version", name=op.f("pk_long_lived_key")),
    )
