"""A registry as the recipe `generic` has it. `refuses` makes it say no in the body of a 200."""

from dataclasses import dataclass

from ..servers import Call
from .shelf import Answer, Fake, answer, lacks, read


@dataclass
class Plain(Fake):
    refuses: bool = False

    def answer(self, call: Call, path: str, query: dict[str, str]) -> Answer:
        place, _, last = path.rpartition("/")
        if (call.method, path) == ("POST", "/records"):
            record = read(call)
            if lacks(record, ("id", "synthetic", "marker")):
                return answer(400, {"message": "id, synthetic and marker are required"})
            if self.refuses:
                return answer(200, {"status": "rejected", "message": "no session is open"})
            self.shelf.put(record["id"], record)
            return self.accepted(answer(202, {"status": "queued"}))
        if place != "/records":
            return answer(404)
        if call.method == "DELETE":
            return answer(204 if self.shelf.take(last) else 404)
        found = self.shelf.get(last)
        return answer(404) if found is None else answer(200, found)
