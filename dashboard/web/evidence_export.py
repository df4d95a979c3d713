"""The evidence of an incident as a zip. A GET that changes nothing."""

from flask import Blueprint, Response
from sqlalchemy import Engine

from dashboard.evidence.bundle import bundle
from dashboard.queries.frame import reading
from dashboard.store import evidence


def create_evidence_export(engine: Engine) -> Blueprint:
    """The blueprint of the export."""
    blueprint = Blueprint("evidence", __name__)

    @blueprint.get("/incidents/evidence/<int(max=9223372036854775807):incident_id>.zip")
    def zipped(incident_id: int) -> Response:
        with reading(engine) as connection:
            rows = evidence.of_incident(connection, incident_id)
        if not rows:
            words = f"There is no evidence of incident {incident_id}. It is taken two minutes after each step.\n"
            return Response(words, 404, content_type="text/plain; charset=utf-8")
        headers = {"Content-Disposition": f'attachment; filename="evidence-{incident_id}.zip"'}
        return Response(bundle(incident_id, rows), headers=headers, content_type="application/zip")

    return blueprint
