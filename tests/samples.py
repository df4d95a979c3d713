"""Samples for tests, as an agent would send them or as the judgement sees them."""

from collections.abc import Iterable, Iterator

from dashboard.detection.seen import Seen
from probes.sample import Batch, CheckKind, Outcome, Phases, Reason, Sample

BOOT = "b" * 32


def a_sample(seq: int, district: int, started: float, total: float = 1.0, **fields: object) -> Sample:
    """A good upload that took `total` seconds, unless told otherwise."""
    kind = CheckKind(str(fields.pop("kind", "upload")))
    values = {
        "seq": seq, "district": district, "check": str(kind), "kind": kind, "vantage": "control room", "started": started,
        "outcome": Outcome.OK, "phases": Phases(total=total, first_byte=total / 2), "status": 200,
    }  # fmt: skip
    return Sample.model_validate(values | fields)


def a_batch(
    samples: Iterable[Sample], agent: str = "control-room", boot: str = BOOT, sent: float | None = None
) -> Batch:
    taken = tuple(samples)
    newest = max((item.started + item.phases.total for item in taken), default=0.0)
    return Batch(agent=agent, boot=boot, sent=newest if sent is None else sent, samples=taken)


class Stream:
    """A district's rounds: ping, upload and anchor each `every` seconds, good and quick until told otherwise."""

    def __init__(self, district: int, every: float = 15.0, usual: float = 2.0) -> None:
        self.district, self.every, self.usual = district, every, usual

    def rounds(
        self,
        start: float,
        end: float,
        upload: float | None = None,
        registry: Reason = Reason.NONE,
        line: Reason = Reason.NONE,
    ) -> Iterator[Seen]:
        """Seen samples between two moments; `registry` fails ping and upload, `line` fails the anchor."""
        now = start
        while now < end:
            yield self._seen(now, CheckKind.HTTP, 0.2, registry)
            yield self._seen(now, CheckKind.ANCHOR, 0.05, line)
            yield self._seen(now, CheckKind.UPLOAD, self.usual if upload is None else upload, registry)
            now += self.every

    def _seen(self, started: float, kind: CheckKind, total: float, reason: Reason) -> Seen:
        outcome = Outcome.OK if reason is Reason.NONE else Outcome.FAILED
        at = started + total
        return Seen(0, self.district, kind, "control room", int(started * 1000), at, total, outcome, reason)
