"""The order of mails, links and codes before notices; which mails people do not want; what they were told about
keys that expire; what they are to be told that others did to keys; and
who gets the seals of which audit log.

Mails that wait meanwhile keep the order that they had.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
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
    expiring = sa.text("revoked_at IS NULL AND expires_at IS NOT NULL")
    op.create_index(
        "ix_api_key_expires_at_org_id_owner_id",
        "api_key",
        ["expires_at", "org_id", "owner_id"],
        sqlite_where=expiring,
        postgresql_where=expiring,
    )
    op.create_index("ix_outbox_mail_recipient_mail_created_at", "outbox_mail", ["recipient", "mail", "created_at"])
    op.create_table(
        "change_notice",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "org_id", "sequence", name="pk_change_notice"),
    )
    op.create_index("ix_change_notice_at", "change_notice", ["at"])
    op.create_table(
        "expiry_notice",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_expiry_notice_person_id_person"),
        sa.PrimaryKeyConstraint("person_id", "key_id", name="pk_expiry_notice"),
    )
    op.create_index("ix_expiry_notice_expires_at", "expiry_notice", ["expires_at"])
    op.create_table(
        "expiry_notice_run",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_expiry_notice_run"),
    )
    op.create_table(
        "seal_subscription",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_seal_subscription_person_id_person"),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name="fk_seal_subscription_org_id_organization"),
        sa.PrimaryKeyConstraint("person_id", "org_id", name="pk_seal_subscription"),
    )
    op.create_index("ix_seal_subscription_next_at", "seal_subscription", ["next_at"])
    op.create_table(
        "switched_off_mail",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_switched_off_mail_person_id_person"),
        sa.PrimaryKeyConstraint("person_id", "kind", name="pk_switched_off_mail"),
    )
