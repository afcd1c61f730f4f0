"""Cheaper usage counts: `usage_hour` has no other order than that of its primary key, last uses have a table of their
own, and neither has foreign keys."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        # All at once, in the usual order: if they were locked one by one, running servers could deadlock with this.
        op.execute("LOCK TABLE organization, api_key, usage_hour IN ACCESS EXCLUSIVE MODE")
        op.drop_index("ix_usage_hour_hour", "usage_hour")
        op.drop_constraint("fk_usage_hour_key_id_api_key", "usage_hour", type_="foreignkey")
        op.drop_constraint("fk_usage_hour_org_id_organization", "usage_hour", type_="foreignkey")
    else:
        _make_usage_hour_again()
    op.create_table(
        "last_use",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("agent", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("org_id", "key_id", name="pk_last_use"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO last_use SELECT org_id, id, last_used_at, last_used_address, last_used_agent FROM api_key "
        "WHERE last_used_at IS NOT NULL ORDER BY org_id, id"
    )
    for column in ("last_used_at", "last_used_address", "last_used_agent"):
        op.drop_column("api_key", column)


def _make_usage_hour_again() -> None:
    """Because SQLite cannot change the constraints of a table."""
    op.drop_index("ix_usage_hour_hour", "usage_hour")
    op.rename_table("usage_hour", "old_usage_hour")
    op.create_table(
        "usage_hour",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "hour", "key_id", "outcome", name="pk_usage_hour"),
        sqlite_with_rowid=False,
    )
    # In the order of the new table, so that it is written sequentially.
    op.execute(
        "INSERT INTO usage_hour SELECT org_id, hour, key_id, outcome, requests FROM old_usage_hour "
        "ORDER BY org_id, hour, key_id, outcome"
    )
    op.drop_table("old_usage_hour")
