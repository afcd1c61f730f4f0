"""Mails say who asked for them: the address and the program of the request."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox_mail", sa.Column("asked_from", sa.String(), nullable=True))
    op.add_column("outbox_mail", sa.Column("asked_with", sa.String(), nullable=True))
