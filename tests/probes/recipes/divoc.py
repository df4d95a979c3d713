"""A small DIVOC: Keycloak's token endpoint, certify with its queue, the certificate service, revoking.

After interfaces/vaccination-api.yaml and interfaces/certificate-api.yaml of egovernments/DIVOC.
"""

import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from ..servers import Call
from .shelf import Answer, Fake, answer, lacks, read

ADDRESS = ("address.addressLine1", "address.district", "address.state", "address.pincode")
REQUIRED = (
    "preEnrollmentCode", "enrollmentType", "programId", "vaccinator.name",
    *(f"recipient.{key}" for key in ("name", "gender", "nationality", "identity", "contact", *ADDRESS)),
    *(f"vaccination.{key}" for key in ("name", "manufacturer", "date", "effectiveStart", "effectiveUntil", "dose", "totalDoses")),
    *(f"facility.{key}" for key in ("name", *ADDRESS)),
)  # fmt: skip


@dataclass
class Divoc(Fake):
    client: tuple[str, str] = ("tikawatch", "s3cret & more")
    tokens: set[str] = field(default_factory=set)

    def answer(self, call: Call, path: str, query: dict[str, str]) -> Answer:
        if path == "/keycloak/auth/realms/divoc/protocol/openid-connect/token":
            return self._token(call)
        if call.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return answer(401, {"code": 401, "message": "unauthenticated for invalid credentials"})
        if (call.method, path) == ("POST", "/divoc/api/v1/certify"):
            return self._certify(call)
        place, _, code = path.rpartition("/")
        if (call.method, place) == ("GET", "/certificate/api/certificatePDF"):
            if self.shelf.get(code) is None:
                return answer(404, {"message": "Certificate not found"})
            return answer(200, b"%PDF-1.4\n...", "application/pdf")
        if (call.method, place) == ("DELETE", "/divoc/api/v1/certificates"):
            if query.get("allDoses") != "true":
                return answer(400, {"code": "BAD_REQUEST", "message": "dose or allDoses"})
            return answer(200 if self.shelf.take(code) else 404)
        return answer(404)

    def _token(self, call: Call) -> Answer:
        if call.headers.get("content-type") != "application/x-www-form-urlencoded":
            return answer(415, {"error": "RESTEASY003065"})
        form = {key: values[-1] for key, values in parse_qs(call.body.decode()).items()}
        if form.get("grant_type") != "client_credentials":
            return answer(400, {"error": "unsupported_grant_type"})
        if (form.get("client_id"), form.get("client_secret")) != self.client:
            return answer(401, {"error": "unauthorized_client", "error_description": "Invalid client secret"})
        token = secrets.token_hex(600)
        self.tokens.add(token)
        return answer(200, {"access_token": token, "expires_in": 300, "token_type": "Bearer"})

    def _certify(self, call: Call) -> Answer:
        if call.headers.get("content-type") != "application/json":
            return answer(415, {"code": 415, "message": "unsupported media type"})
        records = read(call)
        if not isinstance(records, list):
            return answer(422, {"code": 602, "message": "body must be of type array"})
        for record in records:
            missing = lacks(record, REQUIRED)
            if missing:
                return answer(400, {"code": "MISSING_FIELDS", "message": f"{missing[0]} is missing"})
        for record in records:
            self.shelf.put(record["preEnrollmentCode"], record)
        return self.accepted(answer(200))  # queued, no more
