"""The order of mails, links and codes before notices, and which mails people do not want.

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
    op.create_table(
        "switched_off_mail",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_switched_off_mail_person_id_person"),
        sa.PrimaryKeyConstraint("person_id", "kind", name="pk_switched_off_mail"),
    )
