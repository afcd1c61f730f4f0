"""An organization's credit entries are found by their time, to fold the old ones into one."""

from alembic import op

revision = "0013"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_credit_entry_org_id_at", "credit_entry", ["org_id", "at"])
    op.drop_index("ix_credit_entry_org_id", "credit_entry")
