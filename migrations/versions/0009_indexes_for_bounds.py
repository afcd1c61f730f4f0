"""Indexes for what is bounded: an organization's credit entries by their time, to fold the old ones into one; its keys
that are not revoked, and a person's keys by their creation, to count them; and a person's keys of one origin in the
same order, so that these are still found by theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_credit_entry_org_id_at", "credit_entry", ["org_id", "at"])
    op.create_index("ix_api_key_created_by_created_at", "api_key", ["created_by", "created_at"])
    op.create_index("ix_api_key_origin_created_by_created_at", "api_key", ["origin", "created_by", "created_at"])
    not_revoked = sa.text("revoked_at IS NULL")
    op.create_index(
        "ix_api_key_org_id_expires_at_revoked_at",
        "api_key",
        ["org_id", "expires_at", "revoked_at"],
        sqlite_where=not_revoked,
        postgresql_where=not_revoked,
    )
    # Last: nobody can read the tables from here to the end.
    op.drop_index("ix_credit_entry_org_id", "credit_entry")
    op.drop_index("ix_api_key_origin_created_by", "api_key")
