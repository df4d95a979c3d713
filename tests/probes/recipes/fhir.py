"""A small FHIR R4 server that knows Immunization: create, read, delete, conditional delete. After HL7's RESTful API."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from ..servers import Call
from .shelf import Answer, Fake, answer, lacks, read

KIND = "application/fhir+json"
REQUIRED = ("status", "vaccineCode.coding", "patient.reference", "occurrenceDateTime")


@dataclass
class Fhir(Fake):
    token: str = "eyJhbGciOiJub25lIn0.e30."
    patient: str = "Patient/tw-probe"
    gone: set[str] = field(default_factory=set)
    numbers: Any = field(default_factory=lambda: count(1000))

    def answer(self, call: Call, path: str, query: dict[str, str]) -> Answer:
        if call.headers.get("authorization") != f"Bearer {self.token}":
            return _outcome(401, "login", "The token is not valid")
        place, _, last = path.rpartition("/")
        if (call.method, path) == ("POST", "/fhir/Immunization"):
            return self._create(call)
        if (call.method, path) == ("DELETE", "/fhir/Immunization"):
            return self._delete_where(query["identifier"])
        if (call.method, place) == ("GET", "/fhir/Immunization"):
            found = self.shelf.get(last)
            if found is None:
                return _outcome(410 if last in self.gone else 404, "not-found", f"Immunization/{last} is not known")
            return answer(200, found, KIND)
        if (call.method, place) == ("DELETE", "/fhir/Immunization"):
            self._delete(last)
            return answer(204)
        return _outcome(404, "not-found", "Unknown address")

    def _create(self, call: Call) -> Answer:
        if call.headers.get("content-type") != KIND:
            return _outcome(415, "not-supported", "Content-Type must be application/fhir+json")
        resource = read(call)
        if not isinstance(resource, dict) or resource.get("resourceType") != "Immunization":
            return _outcome(400, "structure", "no Immunization")
        missing = lacks(resource, REQUIRED)
        if missing:
            return _outcome(422, "required", f"Immunization.{missing[0]}: minimum required = 1, but only found 0")
        if resource["patient"]["reference"] != self.patient:
            return _outcome(422, "processing", f"Resource {resource['patient']['reference']} not found")
        assert "HTEST" in [tag["code"] for tag in resource["meta"]["tag"]], "only test data may come here"
        number = str(next(self.numbers))
        self.shelf.put(number, {**resource, "id": number})
        place = f"http://{call.headers['host']}/fhir/Immunization/{number}/_history/1"
        return self.accepted(answer(201, None, KIND, Location=place))

    def _delete_where(self, identifier: str) -> Answer:
        system, _, value = identifier.partition("|")
        found = [
            key
            for key, (_, resource) in self.shelf.records.items()
            if {"system": system, "value": value} in resource["identifier"]
        ]
        for key in found:
            self._delete(key)
        return answer(204)

    def _delete(self, number: str) -> None:
        if self.shelf.take(number):
            self.gone.add(number)


def _outcome(status: int, code: str, words: str) -> Answer:
    issue = [{"severity": "error", "code": code, "diagnostics": words}]
    return answer(status, {"resourceType": "OperationOutcome", "issue": issue}, KIND)
