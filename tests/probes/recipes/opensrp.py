"""A small OpenSRP: event/add, event/sync. After EventResource of opensrp/opensrp-server-web.

As there, add answers 201 whatever became of the single events, and an event with a date of voiding counts as deleted.
"""

import base64
import json
from dataclasses import dataclass
from typing import Any

from ..servers import Call
from .shelf import Answer, Fake, answer, read


@dataclass
class OpenSrp(Fake):
    login: str = "probe:s3cret"

    def answer(self, call: Call, path: str, query: dict[str, str]) -> Answer:
        if call.headers.get("authorization") != "Basic " + base64.b64encode(self.login.encode()).decode():
            return answer(401, {"error": "unauthorized"})
        if (call.method, path) == ("POST", "/rest/event/add"):
            return self._add(call)
        if (call.method, path) == ("GET", "/rest/event/sync"):
            return self._sync(query)
        return answer(404)

    def _add(self, call: Call) -> Answer:
        if "application/json" not in call.headers.get("accept", ""):
            return answer(406)
        document = read(call)
        if not isinstance(document, dict):
            return answer(500)
        if "clients" not in document and "events" not in document:
            return answer(400)
        for event in _listed(document.get("events", [])):
            if not all(event.get(key) for key in ("baseEntityId", "eventType", "providerId", "eventDate")):
                continue  # the server logs it, and goes on
            if event.get("dateVoided"):
                self.shelf.take(event["formSubmissionId"])
            else:
                self.shelf.put(event["formSubmissionId"], event)
                if self.silent:
                    return self.accepted(answer(201))
        return answer(201)

    def _sync(self, query: dict[str, str]) -> Answer:
        if not query.keys() & {"providerId", "locationId", "baseEntityId", "team", "teamId"}:
            return answer(400, {"msg": "specify atleast one filter"})
        events = [self.shelf.get(key) for key in self.shelf.records]
        found = [one for one in events if one and one["baseEntityId"] == query.get("baseEntityId", one["baseEntityId"])]
        limit = int(query.get("limit", 25))
        return answer(200, {"events": found[:limit], "clients": [], "no_of_events": len(found[:limit])})


def _listed(value: Any) -> list[dict[str, Any]]:
    """The server takes a list, or a text that holds one."""
    found: list[dict[str, Any]] = json.loads(value) if isinstance(value, str) else value
    return found
