"""How long revokes wait at least, beside the counter: processes of the version before use cached records for longer."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("revocation_counter", sa.Column("settle_ms", sa.Integer(), nullable=False, server_default="0"))
    # Where nobody has signed in yet, no process has cached a key.
    bind = op.get_bind()
    if bind.scalar(sa.text("SELECT count(*) FROM organization")):
        bind.execute(
            sa.text(
                "INSERT INTO revocation_counter (id, revision, settle_ms) VALUES (1, 0, 110)"
                " ON CONFLICT (id) DO UPDATE SET settle_ms = 110"
            )
        )
