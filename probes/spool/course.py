"""How old samples are, by their own stamps and yet deaf to a clock that was set.

May be changed: what counts as a jump. Only sums of small steps are believed: a clock that was set forward by ten years, or an
agent whose machine was off for a month, must not make its whole spool look old. When in doubt, samples are kept.
"""

from typing import Final, NamedTuple

JUMP_S: Final = (
    7200.0  # no check has an interval of more than an hour, so while one measures no step is as long as this
)


class Course(NamedTuple):
    """How many seconds of measuring lie before a sample; `newest` is the latest stamp so far, seconds since 1970 UTC.

    The age of a sample is how far the course went on after it. A jump, forward or back, adds nothing: neither does a sample
    that ended late and so comes after younger ones.
    """

    seconds: float = 0.0
    newest: float = 0.0

    def after(self, started: float) -> "Course":
        """The course after one more sample."""
        step = started - self.newest
        if abs(step) > JUMP_S:
            return Course(self.seconds, started)
        return Course(self.seconds + step, started) if step > 0 else self
