"""What the list of keys searches and sorts by, the history and the last refused use of each key, and what undoing a
revoke needs.

Nothing noted who revoked the keys that are revoked already, and why, so these cannot be undone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_NAME_LENGTH = 100
_KEY_COLUMNS = {
    "suspended_at": sa.BigInteger,
    "suspended_by": sa.String,
    "revoked_by": sa.String,
    "revoked_reason": sa.String,
    "first_revoked_at": sa.BigInteger,
    "expires_unrotated": sa.BigInteger,
    "ends_idle_seconds": sa.Integer,
    "end_mailed_at": sa.BigInteger,
}
_REFUSED_COLUMNS = {
    "refused_at": sa.BigInteger,
    "refused_address": sa.String,
    "refused_agent": sa.String,
    "refused_outcome": sa.String,
    "refused_needs": sa.String,
}


def upgrade() -> None:
    op.add_column("api_key", sa.Column("name_folded", sa.String(), nullable=False, server_default=""))
    for name, kind in _KEY_COLUMNS.items():
        op.add_column("api_key", sa.Column(name, kind(), nullable=True))
    _fold_names()
    op.create_index(
        "ix_api_key_list",
        "api_key",
        [
            *("org_id", "created_at", "id"),
            *("revoked_at", "expires_at", "suspended_at", "created_by", "name_folded", "start", "scopes"),
        ],
    )
    op.create_index("ix_api_key_org_id_name_folded_id", "api_key", ["org_id", "name_folded", "id"])
    op.create_index("ix_api_key_org_id_expires_at_id", "api_key", ["org_id", "expires_at", "id"])
    op.create_index("ix_api_key_org_id_id", "api_key", ["org_id", "id", "revoked_at", "expires_at", "suspended_at"])
    op.create_index("ix_api_key_org_id_created_by", "api_key", ["org_id", "created_by", "revoked_at", "expires_at"])
    rotated = sa.text("rotated_from IS NOT NULL")
    op.create_index(
        "ix_api_key_org_id_rotated_from",
        "api_key",
        ["org_id", "rotated_from"],
        sqlite_where=rotated,
        postgresql_where=rotated,
    )
    idle = sa.text("ends_idle_seconds IS NOT NULL")
    op.create_index(
        "ix_api_key_ends_idle_seconds", "api_key", ["ends_idle_seconds"], sqlite_where=idle, postgresql_where=idle
    )
    op.add_column("outbox_mail", sa.Column("about", sa.String(), nullable=True))
    op.create_index("ix_audit_entry_org_id_target_sequence", "audit_entry", ["org_id", "target", "sequence"])
    _add_last_refused()
    refused = sa.text("refused_at IS NOT NULL")
    op.create_index(
        "ix_last_use_org_id_refused_at",
        "last_use",
        ["org_id", "refused_at"],
        sqlite_where=refused,
        postgresql_where=refused,
    )
    # Their columns are in others.
    op.drop_index("ix_api_key_rotated_from", "api_key")
    op.drop_index("ix_api_key_org_id_created_at_id", "api_key")


def _fold_names() -> None:
    """Databases fold ASCII; what else there is, Python folds as the application does."""
    connection = op.get_bind()
    connection.execute(sa.text("UPDATE api_key SET name_folded = lower(name)"))
    unusual = "name GLOB '*[^ -~]*'" if connection.dialect.name == "sqlite" else "name ~ '[^ -~]'"
    rows = connection.execute(sa.text(f"SELECT id, name FROM api_key WHERE {unusual}")).all()  # noqa: S608 -- ours
    for id_, name in rows:
        connection.execute(
            sa.text("UPDATE api_key SET name_folded = :folded WHERE id = :id"),
            {"folded": name.casefold()[:_NAME_LENGTH], "id": id_},
        )


def _add_last_refused() -> None:
    """A key that was never let through has a row, too, so `at` can be NULL."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("last_use", "at", nullable=True)
        for name, kind in _REFUSED_COLUMNS.items():
            op.add_column("last_use", sa.Column(name, kind(), nullable=True))
        return
    op.rename_table("last_use", "last_use_before")
    op.create_table(
        "last_use",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("agent", sa.String(), nullable=True),
        *(sa.Column(name, kind(), nullable=True) for name, kind in _REFUSED_COLUMNS.items()),
        sa.PrimaryKeyConstraint("org_id", "key_id", name="pk_last_use"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO last_use (org_id, key_id, at, address, agent)"
        " SELECT org_id, key_id, at, address, agent FROM last_use_before ORDER BY org_id, key_id"
    )
    op.drop_table("last_use_before")
