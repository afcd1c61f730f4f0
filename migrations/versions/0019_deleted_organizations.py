"""Organizations that were deleted, and when all that belonged to them was erased."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organization", sa.Column("deleted_at", sa.BigInteger(), nullable=True))
    op.add_column("organization", sa.Column("erased_at", sa.BigInteger(), nullable=True))
    deleted = sa.text("deleted_at IS NOT NULL AND erased_at IS NULL")
    op.create_index(
        "ix_organization_deleted_at",
        "organization",
        ["deleted_at"],
        sqlite_where=deleted,
        postgresql_where=deleted,
    )
