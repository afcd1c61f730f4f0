"""Which expiry a person chose for the key of an agent, and which key that became.

Grants that wait meanwhile have no choice: their keys get what the organization's policy says.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("device_grant", sa.Column("key_days", sa.Integer(), nullable=True))
    op.add_column("device_grant", sa.Column("key_id", sa.String(), nullable=True))
