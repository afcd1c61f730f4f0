"""Renames tables, columns and indexes to the names that the code uses."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        # All at once, in the order in which servers lock them, so that nothing can deadlock.
        op.execute("LOCK TABLE person, organization, api_key, rights_revision, agent_session IN ACCESS EXCLUSIVE MODE")
    _rename_column("api_key", "door", "origin", index=["origin", "created_by"], old_index="ix_api_key_door_created_by")
    _rename_column(
        "organization",
        "rights_revision",
        "revocation_revision",
        index=["revocation_revision"],
        old_index="ix_organization_rights_revision",
    )
    op.create_table(
        "revocation_counter",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_revocation_counter"),
    )
    op.execute("INSERT INTO revocation_counter SELECT id, revision FROM rights_revision")
    op.drop_table("rights_revision")
    op.create_table(
        "agent_session_token",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_agent_session_token_person_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_agent_session_token"),
        sa.UniqueConstraint("digest", name="uq_agent_session_token_digest"),
    )
    op.execute(
        "INSERT INTO agent_session_token SELECT id, person_id, digest, created_at, expires_at FROM agent_session"
    )
    op.drop_table("agent_session")


def _rename_column(table: str, old: str, new: str, *, index: list[str], old_index: str) -> None:
    op.drop_index(old_index, table)
    op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    op.create_index(f"ix_{table}_{'_'.join(index)}", table, index)
