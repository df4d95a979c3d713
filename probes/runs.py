"""One check under way, and the sample it becomes. May be changed: what is noted of a run, and a sample's fields."""

from dataclasses import dataclass
from typing import Final

from probes.checks import Measurement, Steps, Target
from probes.exchange import Request, Wish
from probes.sample import Sample
from probes.schedule import Schedule

LONGEST_S: Final = 86_400.0  # a Sample holds no longer duration


@dataclass(eq=False, slots=True)
class Run:
    """`started` is the wall clock's, `began` the monotonic one's, `lateness` in seconds.

    `prepaid`: how many more requests of `host` its start has taken out of the budget.
    """

    schedule: Schedule
    target: Target
    steps: Steps
    started: float
    began: float
    lateness: float
    host: str
    prepaid: int
    asked: Wish | None = None  # the latest thing it asked for
    leaves: bool = False  # it may leave a record behind: the clean-ups have been told so
    waited_s: float = 0.0  # for our own budget, with what it measures

    @property
    def undo(self) -> Request | None:
        """What takes away again what it may have left by now."""
        if isinstance(self.asked, Request) and self.asked.undoes:
            return self.asked
        return self.asked.undo if self.asked else None

    def pays(self, wish: Wish) -> bool:
        """Whether the start has paid for this wish; if so, once."""
        if not (self.prepaid and wish.loads and wish.asks.lower() == self.host):
            return False
        self.prepaid -= 1
        return True

    def held_up(self, wish: Wish, seconds: float) -> None:
        """The budget made this wish wait; what only tidies up is in no time that is told."""
        if not (isinstance(wish, Request) and wish.undoes):
            self.waited_s += seconds

    def sample(self, number: int, vantage: str, found: Measurement) -> Sample:
        return Sample(
            seq=number,
            district=self.target.district,
            check=self.target.check.name,
            kind=self.target.check.kind,
            vantage=vantage,
            started=self.started,
            outcome=found.outcome,
            reason=found.reason,
            phases=found.phases,
            status=found.status,
            bytes_up=found.bytes_up,
            bytes_down=found.bytes_down,
            lateness=min(self.lateness, LONGEST_S),
            detail=found.detail,
            stage=found.stage,
            steps=found.steps,
            up_bytes_per_s=found.up_bytes_per_s,
            bundle=found.bundle,
        )
