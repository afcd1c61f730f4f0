"""Sums of usage by key for a week and a month, by which the usage page ranks keys. Housekeeping fills the table."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "usage_key_sum",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("of_week", sa.BigInteger(), nullable=False),
        sa.Column("of_month", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "key_id", name="pk_usage_key_sum"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("usage_key_sum")
