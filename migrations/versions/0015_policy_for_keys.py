"""What an organization allows its keys: how long they live, and which scopes each role gives."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organization", sa.Column("key_policy", sa.String(), nullable=True))
