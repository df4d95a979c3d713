"""A small DHIS2: the tracker's import with its modes and strategies, and reading one tracked entity.

After the tracker chapter of the developer guide. A synchronous import that fails answers 409 with its report;
`error_status` makes it a 200, as proxies and older versions do.
"""

import re
from dataclasses import dataclass
from typing import Any

from ..servers import Call
from .shelf import Answer, Fake, answer, read

UID = re.compile(r"^[A-Za-z][A-Za-z0-9]{10}$")
KNOWN = {
    "orgUnit": {"DiszpKrYNg8", "O6uvpzGd5pu"}, "program": {"IpHINAT79UW"}, "programStage": {"A03MvHHogjR"},
    "trackedEntityType": {"nEenWmSyUEp"}, "attribute": {"w75KJ2mc4zz"}, "dataElement": {"a3kGcGDCuk6"},
}  # fmt: skip
NEEDED = {
    "trackedEntities": ("trackedEntityType", "orgUnit"),
    "enrollments": ("program", "orgUnit", "enrolledAt"),
    "events": ("programStage", "orgUnit", "occurredAt"),
    "attributes": ("attribute", "value"),
    "dataValues": ("dataElement", "value"),
}


@dataclass
class Dhis2(Fake):
    token: str = "d2pat_5xVA12xyUbWNedQxy4ohH77WlxRGVvZZ"
    error_status: int = 409

    def answer(self, call: Call, path: str, query: dict[str, str]) -> Answer:
        if call.headers.get("authorization") != f"ApiToken {self.token}":
            return _web_message(401, "Unauthorized", "The API token is not valid")
        if (call.method, path) == ("POST", "/api/tracker"):
            if call.headers.get("content-type") != "application/json":
                return _web_message(415, "Unsupported Media Type", "Content-Type is not supported")
            return self._import(read(call), query)
        place, _, uid = path.rpartition("/")
        if (call.method, place) == ("GET", "/api/tracker/trackedEntities"):
            found = self.shelf.get(uid)
            if found is None:
                return _web_message(404, "Not Found", f"TrackedEntity with id {uid} could not be found.")
            return answer(200, {"trackedEntity": uid, "attributes": found["attributes"]})
        return _web_message(404, "Not Found", "")

    def _import(self, document: Any, query: dict[str, str]) -> Answer:
        assert query["async"] == "false", "only then the answer is the report"
        entities = document["trackedEntities"]
        if query.get("importStrategy") == "DELETE":
            found = [self.shelf.take(entity["trackedEntity"]) for entity in entities]
            errors = [] if all(found) else [("E1063", "TrackedEntity to delete does not exist")]
            return self._report(errors, deleted=sum(found))
        errors = list(_errors("trackedEntities", entities))
        if not errors and query.get("importMode") == "COMMIT":
            for entity in entities:
                self.shelf.put(entity["trackedEntity"], entity)
        return self.accepted(self._report(errors, created=3))

    def _report(self, errors: list[tuple[str, str]], **stats: int) -> Answer:
        counted = {"created": 0, "updated": 0, "deleted": 0, "ignored": 0, "total": 3, **({} if errors else stats)}
        told = [{"errorCode": code, "message": message} for code, message in errors]
        report = {"status": "ERROR" if errors else "OK", "validationReport": {"errorReports": told}, "stats": counted}
        return answer(self.error_status if errors else 200, report)


def _errors(kind: str, entries: list[Any]) -> list[tuple[str, str]]:
    errors = []
    for entry in entries:
        errors += [("E1121", f"Missing required {key} property") for key in NEEDED[kind] if not entry.get(key)]
        for key, value in entry.items():
            if key in NEEDED:
                errors += _errors(key, value)
            elif key == "trackedEntity" and not UID.match(value):
                errors.append(("E1048", f"Object: `{value}`, uid: `{value}`, has an invalid uid format."))
            elif key in KNOWN and value not in KNOWN[key]:
                errors.append(("E1049", f"Could not find {key}: `{value}`."))
    return errors


def _web_message(status: int, words: str, message: str) -> Answer:
    return answer(status, {"httpStatus": words, "httpStatusCode": status, "status": "ERROR", "message": message})
