"""A separate table for the attempts that limits count, which were rows of one-time secrets before."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        # No attempt is added between the copy and the end.
        op.execute("LOCK TABLE one_time_secret, device_grant IN ACCESS EXCLUSIVE MODE")
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_attempt"),
    )
    # Earlier attempts still count, so that an upgrade gives nobody more attempts.
    op.execute(
        "INSERT INTO sign_in_attempt SELECT id, CASE purpose WHEN 'email_code' THEN 'code'"
        " WHEN 'sign_up_code' THEN 'code' WHEN 'test_token' THEN 'trial_token' ELSE purpose END,"
        " CASE email WHEN '' THEN NULL ELSE email END, client, created_at FROM one_time_secret"
    )
    op.execute("INSERT INTO sign_in_attempt SELECT id, 'device_code', NULL, client, created_at FROM device_grant")
    op.create_index("ix_sign_in_attempt_email_at", "sign_in_attempt", ["email", "at"])
    op.create_index("ix_sign_in_attempt_client_at", "sign_in_attempt", ["client", "at"])
    op.execute("DELETE FROM one_time_secret WHERE purpose IN ('test_token', 'device_guess')")
    op.drop_index("ix_one_time_secret_client_created_at", "one_time_secret")
    op.drop_column("one_time_secret", "client")
    op.drop_index("ix_device_grant_client_created_at", "device_grant")
    op.drop_column("device_grant", "client")
