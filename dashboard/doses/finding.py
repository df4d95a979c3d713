"""What is wrong with an input, and where: one sentence for a person. Add no rule here; rules live with their readers."""

from collections.abc import Sequence
from dataclasses import dataclass

SHOWN = 50
_VALUE_CHARACTERS = 60


class Unreadable(ValueError):
    """A value that cannot be read: what is wrong with it, and what to write instead."""

    def __init__(self, wrong: str, cure: str) -> None:
        super().__init__(f"{wrong}. {cure}")
        self.wrong, self.cure = wrong, cure


@dataclass(frozen=True)
class Finding:
    """One mistake. `line` counts from 1 (0: the whole file), `index` is the place in a JSON list (-1: not from JSON)."""

    line: int
    column: str
    wrong: str
    cure: str
    index: int = -1

    def text(self, file: str) -> str:
        """`file line L, column C: what is wrong. What to write`; for JSON `file figures[3].value: …`."""
        return f"{self.place(file)}: {self.wrong}" + (f". {self.cure}" if self.cure else "")

    def place(self, file: str) -> str:
        """Where it is, without what."""
        if self.index >= 0:
            return f"{file} {self.field}"
        place = f"{file} line {self.line}" if self.line else file
        return f"{place}, column {self.column}" if self.column else place

    @property
    def field(self) -> str:
        """The place as a path in a JSON body, `figures[3].value`."""
        if self.index < 0:
            return self.column
        return f"figures[{self.index}]" + (f".{self.column}" if self.column else "")


def quoted(value: object) -> str:
    """A value as it stands in a message: in double quotes, on one line, cut at 60 characters."""
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in str(value)[: _VALUE_CHARACTERS + 1])
    return f'"{shown[:_VALUE_CHARACTERS]}"' + ("…" if len(shown) > _VALUE_CHARACTERS else "")


def told(findings: Sequence[Finding], file: str, what: str = "findings") -> list[str]:
    """The first findings as lines, and how many are not shown."""
    lines = [finding.text(file) for finding in findings[:SHOWN]]
    more = len(findings) - SHOWN
    return lines + ([f"{file}: {more} more {what} are not shown, {len(findings)} in all"] if more > 0 else [])
