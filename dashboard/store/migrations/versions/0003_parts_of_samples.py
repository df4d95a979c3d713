"""Where a sample failed and what it was made of; what an agent says of its own load"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("boot", sa.Column("load", sa.Text(), nullable=True))
    op.add_column("sample", sa.Column("stage", sa.String(length=32), nullable=False, server_default=""))
    op.add_column("sample", sa.Column("parts", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("sample", "parts")
    op.drop_column("sample", "stage")
    op.drop_column("boot", "load")
