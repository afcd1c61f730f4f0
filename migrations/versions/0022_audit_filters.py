"""Indexes with which the audit log is filtered by who did what."""

from alembic import op

revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_audit_entry_org_id_actor_action_sequence", "audit_entry", ["org_id", "actor", "action", "sequence"]
    )
    op.create_index("ix_audit_entry_org_id_action_sequence", "audit_entry", ["org_id", "action", "sequence"])
