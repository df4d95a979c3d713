"""Decisions taken by people: paper, suspend, resume, back-entry done"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "decision",
        sa.Column("decision_id", _ID, nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("taken_ms", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("incident_id", _ID, nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.incident_id"], name=op.f("fk_decision_incident_id")),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_decision")),
        sa.UniqueConstraint("form", name=op.f("uq_decision_form")),
    )
    op.create_index("ix_decision_taken_ms", "decision", ["taken_ms"])
    op.create_table(
        "decision_district",
        sa.Column("decision_id", _ID, nullable=False),
        sa.Column("district", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("confirmed_ms", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_by", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.decision_id"], name=op.f("fk_decision_district_decision_id")
        ),
        sa.PrimaryKeyConstraint("decision_id", "district", name=op.f("pk_decision_district")),
    )


def downgrade() -> None:
    op.drop_table("decision_district")
    op.drop_index("ix_decision_taken_ms", table_name="decision")
    op.drop_table("decision")
