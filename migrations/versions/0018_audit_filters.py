"""Indexes with which the audit log is filtered by who did what, and a table for how far each log was checked."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_audit_entry_org_id_actor_action_sequence", "audit_entry", ["org_id", "actor", "action", "sequence"]
    )
    op.create_index("ix_audit_entry_org_id_action_sequence", "audit_entry", ["org_id", "action", "sequence"])
    op.create_table(
        "audit_check",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("seal", sa.String(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("is_running", sa.Boolean(), nullable=False),
        sa.Column("whole_to", sa.BigInteger(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=True),
        sa.Column("broken_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name="fk_audit_check_org_id_organization"),
        sa.PrimaryKeyConstraint("org_id", name="pk_audit_check"),
    )
