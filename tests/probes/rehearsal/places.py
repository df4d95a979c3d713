"""Codes and a clock for the tests of this folder."""

DISTRICTS = (*range(466, 501), 665)


class HandClock:
    """A clock that is moved by hand."""

    def __init__(self, now: float = 1_610_775_000.0) -> None:
        self.at = now
        self.ticks = 1000.0

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.ticks

    def move(self, seconds: float) -> None:
        self.at += seconds
        self.ticks += seconds
