"""Codes, session tokens, sign-up keys, credits, install IDs and device grants."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Columns are added with defaults, never in batch mode: dropping and recreating a table deletes the rows that refer
    # to it.
    op.add_column("one_time_secret", sa.Column("digest", sa.String(), nullable=True))
    op.add_column("one_time_secret", sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("one_time_secret", sa.Column("deliverable", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("api_key", sa.Column("door", sa.String(), nullable=False, server_default="dashboard"))
    op.add_column("api_key", sa.Column("hash_kind", sa.String(), nullable=False, server_default="sha256"))
    op.create_index("ix_api_key_door_created_by", "api_key", ["door", "created_by"])
    op.create_index("ix_api_key_start", "api_key", ["start"])
    op.add_column("organization", sa.Column("credits_granted", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("organization", sa.Column("credits_used", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_table(
        "credit_entry",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name="fk_credit_entry_org_id_organization"),
        sa.PrimaryKeyConstraint("id", name="pk_credit_entry"),
    )
    op.create_index("ix_credit_entry_org_id", "credit_entry", ["org_id"])
    op.create_table(
        "code_failures",
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("email", name="pk_code_failures"),
    )
    op.create_table(
        "agent_session",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_agent_session_person_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_agent_session"),
        sa.UniqueConstraint("digest", name="uq_agent_session_digest"),
    )
    op.create_table(
        "install",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name="fk_install_org_id_organization"),
        sa.PrimaryKeyConstraint("id", name="pk_install"),
    )
    op.create_table(
        "device_grant",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("device_digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_digest", sa.LargeBinary(), nullable=False),
        sa.Column("client_name", sa.String(), nullable=False),
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("polled_at", sa.BigInteger(), nullable=True),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("org_id", sa.String(), nullable=True),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name="fk_device_grant_decided_by_person"),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name="fk_device_grant_org_id_organization"),
        sa.PrimaryKeyConstraint("id", name="pk_device_grant"),
        sa.UniqueConstraint("device_digest", name="uq_device_grant_device_digest"),
        sa.UniqueConstraint("user_digest", name="uq_device_grant_user_digest"),
    )
    op.create_index("ix_device_grant_client_created_at", "device_grant", ["client", "created_at"])
