"""What the server refuses before an app sees it, such as a body far too long: as JSON, like every other refusal.

May be changed: the hints.
"""

import json
from typing import Any, Final

from waitress.channel import HTTPChannel
from waitress.task import ErrorTask

_HINTS: Final = {
    413: "Send less at once",
    431: "Send fewer and shorter headers",
    500: "Try again later",
    501: "Send the body as it is, or in chunks",
}
_ANY_OTHER: Final = "Send a request as RFC 9112 has it"


class _JsonErrorTask(ErrorTask):  # type: ignore[misc]  # waitress has no types
    """Answers a request that could not be read."""

    def execute(self) -> None:
        problem: Any = self.request.error
        told = {
            "error": f"{problem.reason.lower()}: {problem.body}",
            "field": "",
            "hint": _HINTS.get(problem.code, _ANY_OTHER),
        }
        body = json.dumps(told).encode()
        self.status = f"{problem.code} {problem.reason}"
        self.response_headers.append(("Content-Type", "application/json"))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class JsonRefusals(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    """A connection whose errors are JSON."""

    error_task_class = _JsonErrorTask
