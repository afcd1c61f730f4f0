"""Whom a key belongs to: a person, or nobody, which means the organization.

Until now a key belonged to the person who created it, and every other key to the organization.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_LIST = ("org_id", "created_at", "id", "revoked_at", "expires_at", "suspended_at", "created_by")


def upgrade() -> None:
    # Written out: Alembic adds no column with a foreign key on SQLite, which can.
    op.execute(
        "ALTER TABLE api_key ADD COLUMN owner_id VARCHAR CONSTRAINT fk_api_key_owner_id_person REFERENCES person (id)"
    )
    op.execute(sa.text("UPDATE api_key SET owner_id = created_by WHERE created_by IS NOT NULL"))
    op.drop_index("ix_api_key_list", "api_key")
    op.create_index("ix_api_key_list", "api_key", [*_LIST, "owner_id", "name_folded", "start", "scopes"])
    op.create_index("ix_api_key_org_id_owner_id", "api_key", ["org_id", "owner_id", "revoked_at", "expires_at"])
