"""A figure told again with another value is a further version; deliveries of figures are remembered by their key"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEY = ["place", "day", "kind", "as_of_ms", "source"]
_OLD, _NEW = "uq_figure_place_day_kind_as_of_ms_source_value", "uq_figure_place_day_kind_as_of_ms_source_version"


def upgrade() -> None:
    with op.batch_alter_table("figure") as batch:
        batch.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch.drop_constraint(op.f(_OLD), type_="unique")
        batch.create_unique_constraint(op.f(_NEW), [*_KEY, "version"])
        batch.create_index("ix_figure_day_kind", ["day", "kind"])
    op.create_table(
        "dose_delivery",
        sa.Column("sender", sa.String(length=64), nullable=False),
        sa.Column("delivery_key", sa.String(length=200), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sender", "delivery_key", name=op.f("pk_dose_delivery")),
    )


def downgrade() -> None:
    op.drop_table("dose_delivery")
    op.execute("DELETE FROM figure WHERE version > 1")
    with op.batch_alter_table("figure") as batch:
        batch.drop_index("ix_figure_day_kind")
        batch.drop_constraint(op.f(_NEW), type_="unique")
        batch.drop_column("version")
        batch.create_unique_constraint(op.f(_OLD), [*_KEY, "value"])
