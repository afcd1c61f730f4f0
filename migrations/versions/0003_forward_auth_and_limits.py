"""The revocation counter; rate limits and networks of keys; where a key was last used."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rights_revision",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rights_revision"),
    )
    op.add_column("organization", sa.Column("rights_revision", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("ix_organization_rights_revision", "organization", ["rights_revision"])
    op.add_column("api_key", sa.Column("networks", sa.String(), nullable=False, server_default=""))
    op.add_column("api_key", sa.Column("rate_requests", sa.Integer(), nullable=True))
    op.add_column("api_key", sa.Column("rate_seconds", sa.Integer(), nullable=True))
    op.add_column("api_key", sa.Column("last_used_address", sa.String(), nullable=True))
    op.add_column("api_key", sa.Column("last_used_agent", sa.String(), nullable=True))
