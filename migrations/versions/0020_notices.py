"""The order of mails: links and codes before notices.

Mails that wait meanwhile keep the order that they had.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox_mail", sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
    waiting = sa.text("due_at IS NOT NULL")
    op.create_index(
        "ix_outbox_mail_priority_due_at",
        "outbox_mail",
        ["priority", "due_at"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.drop_index("ix_outbox_mail_due_at", "outbox_mail")
