"""From which addresses each key was used, by day, and until when each process has written what it counted. What was
used before is not known."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "key_address",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("let_through", sa.Boolean(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("first_hour", sa.BigInteger(), nullable=False),
        sa.Column("last_hour", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "day", "key_id", "let_through", "address", name="pk_key_address"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "usage_process",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("written_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_usage_process"),
    )
