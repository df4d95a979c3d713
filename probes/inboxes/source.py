"""What the two ways of hearing of a message have in common. May be changed: with both ways."""

from collections.abc import Callable
from typing import Protocol

Ready = Callable[[str], None]
Received = Callable[[float, str], None]  # the monotonic moment in seconds, and the text


class Source(Protocol):
    """One inbox. All of it is called in the loop's thread, and what it is handed is called there too, never from within."""

    @property
    def problem(self) -> str:
        """Why the inbox cannot be read at present; empty when it can."""

    def wake(self, ready: Ready) -> None:
        """Somebody waits from now on; `ready` is told the problem, or an empty text."""

    def rest(self) -> None:
        """Nobody waits any more."""

    def close(self) -> None:
        """End its thread, within a second."""


def why(problem: Exception) -> str:
    """In a few words, without anything a server said: that may hold a message."""
    if isinstance(problem, TimeoutError):
        return "no answer in time"
    if isinstance(problem, OSError):
        return problem.strerror or "the connection broke off"
    return "it broke off, or what it says cannot be understood"
