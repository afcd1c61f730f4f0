"""What an owner, an admin or the operator last set on a key: its member allows it no more.

Nothing noted who set the limits of keys that exist, so these have no bounds until somebody sets one.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_COLUMNS = {
    "bound_scopes": sa.String,
    "bound_expires_at": sa.BigInteger,
    "bound_networks": sa.String,
    "bound_rate_requests": sa.Integer,
    "bound_rate_seconds": sa.Integer,
}


def upgrade() -> None:
    for name, kind in _COLUMNS.items():
        op.add_column("api_key", sa.Column(name, kind(), nullable=True))


def downgrade() -> None:
    for name in reversed(_COLUMNS):
        op.drop_column("api_key", name)
