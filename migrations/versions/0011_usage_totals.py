"""Sums of usage by key and day, and by organization and hour: pages read a few rows instead of thousands of hours."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_HOUR, _DAY = 3_600_000_000, 86_400_000_000


def upgrade() -> None:
    op.create_table(
        "usage_key_day",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "day", "key_id", "outcome", name="pk_usage_key_day"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "usage_org_hour",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "hour", "outcome", name="pk_usage_org_hour"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "usage_fold",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("folded_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_usage_fold"),
    )
    if op.get_bind().dialect.name == "postgresql":
        # A server that flushes meanwhile would add to an hour that is being summed.
        op.execute("LOCK TABLE usage_hour IN EXCLUSIVE MODE")
    now = time.time_ns() // 1000
    until = {"until": now - now % _HOUR, "day": _DAY}
    connection = op.get_bind()
    connection.execute(sa.text("INSERT INTO usage_fold (id, folded_until) VALUES (1, :until)"), until)
    connection.execute(
        sa.text(
            "INSERT INTO usage_key_day (org_id, day, key_id, outcome, requests)"
            " SELECT org_id, hour - hour % :day AS day, key_id, outcome, sum(requests) FROM usage_hour"
            " WHERE hour < :until GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
        ),
        until,
    )
    connection.execute(
        sa.text(
            "INSERT INTO usage_org_hour (org_id, hour, outcome, requests)"
            " SELECT org_id, hour, outcome, sum(requests) FROM usage_hour"
            " WHERE hour < :until GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        ),
        {"until": until["until"]},
    )


def downgrade() -> None:
    for table in ("usage_fold", "usage_org_hour", "usage_key_day"):
        op.drop_table(table)
