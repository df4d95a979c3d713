"""Incidents taken in hand: phases, owners, evidence, maintenance; tokens of districts"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("agent", sa.Column("districts", sa.Text(), nullable=True))
    op.add_column("incident", sa.Column("closed_ms", sa.BigInteger(), nullable=True))
    op.add_column("incident", sa.Column("closed_by", sa.String(length=120), nullable=True))
    op.add_column("incident", sa.Column("owner", sa.String(length=120), nullable=False, server_default=""))
    op.add_column("incident", sa.Column("severity", sa.String(length=12), nullable=False, server_default="major"))
    op.add_column("incident", sa.Column("made_by", sa.String(length=120), nullable=False, server_default="rule"))
    op.add_column("incident", sa.Column("merged_into", _ID, nullable=True))
    op.add_column("incident", sa.Column("snoozed_until_ms", sa.BigInteger(), nullable=True))
    op.execute("UPDATE incident SET closed_ms = resolved_ms, closed_by = 'rule' WHERE status = 'resolved'")
    op.execute("UPDATE incident SET owner = acknowledged_by WHERE acknowledged_by IS NOT NULL")
    op.create_table(
        "evidence",
        sa.Column("incident_id", _ID, nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("taken_ms", sa.BigInteger(), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.incident_id"], name=op.f("fk_evidence_incident_id")),
        sa.PrimaryKeyConstraint("incident_id", "step", name=op.f("pk_evidence")),
    )
    op.create_table(
        "maintenance",
        sa.Column("maintenance_id", _ID, nullable=False),
        sa.Column("begins_ms", sa.BigInteger(), nullable=False),
        sa.Column("ends_ms", sa.BigInteger(), nullable=False),
        sa.Column("districts", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=120), nullable=True),
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("maintenance_id", name=op.f("pk_maintenance")),
        sa.UniqueConstraint("form", name=op.f("uq_maintenance_form")),
    )
    op.create_index("ix_maintenance_ends_ms", "maintenance", ["ends_ms"])


def downgrade() -> None:
    op.drop_index("ix_maintenance_ends_ms", table_name="maintenance")
    op.drop_table("maintenance")
    op.drop_table("evidence")
    for name in ("snoozed_until_ms", "merged_into", "made_by", "severity", "owner", "closed_by", "closed_ms"):
        op.drop_column("incident", name)
    op.drop_column("agent", "districts")
