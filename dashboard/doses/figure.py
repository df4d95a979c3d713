"""One number as it was told, and what a reading of a file gives. Plain data; no rule lives here."""

from dataclasses import dataclass, field

from dashboard.doses.finding import Finding

KINDS = ("target", "reported", "recorded", "paper")
# vaccine at a place, in doses since the drive began; apart from KINDS: no number of the day, no sum and no metric holds them
STOCK_KINDS = ("stock_in", "stock_used", "stock_wasted", "stock_left")
TOLD_KINDS = KINDS + STOCK_KINDS  # what a file, a form or a sender may tell
# the public files count from the first day of the drive on; kept apart, as a day's count is only a difference of two of them
SINCE_START = {"recorded": "recorded_cum", "reported": "reported_cum"}
STATUSES = ("provisional", "final")


@dataclass(frozen=True, slots=True)
class Figure:
    """A count of doses of one place, service day and kind. Times are milliseconds since 1970 UTC."""

    place: str
    day: str
    kind: str
    value: int
    as_of_ms: int
    hour_known: bool
    source: str
    status: str = "provisional"
    note: str = ""
    who: str = ""
    said: str = ""
    line: int = 0
    index: int = -1

    @property
    def where(self) -> str:
        """Where it stood in the file or list it came from."""
        return f"figures[{self.index}]" if self.index >= 0 else f"line {self.line}"

    def remark(self, wrong: str, cure: str = "") -> Finding:
        """A finding about this figure's value."""
        return Finding(self.line, "value", wrong, cure, self.index)

    @property
    def key(self) -> tuple[str, str, str, int, str]:
        """What two tellings of one figure share."""
        return self.place, self.day, self.kind, self.as_of_ms, self.source


@dataclass(frozen=True)
class SumCheck:
    """A row of the file that is the sum of others, beside their sum. Both are shown; nothing is corrected."""

    day: str
    kind: str
    total: int
    added: int
    rows: int

    @property
    def difference(self) -> int:
        """The rows' sum minus the total row."""
        return self.added - self.total

    @property
    def sentence(self) -> str:
        """The check in words."""
        if not self.rows:
            return f"the total row of {self.day}, {self.kind}, has no rows to be checked against"
        rows = "the 1 row" if self.rows == 1 else f"the {self.rows} rows"
        sums = f"{rows} of {self.day}, {self.kind}, sum to {self.added:,}"
        if self.difference == 0:
            return f"{sums}, as the total row says"
        more = "more" if self.difference > 0 else "less"
        return f"{sums}; the total row says {self.total:,}: {abs(self.difference):,} {more}. Nothing was changed"


@dataclass
class Reading:
    """What a file holds: good figures, mistakes, and what a person should know about the good ones."""

    figures: list[Figure] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    notices: list[Finding] = field(default_factory=list)
    sums: list[SumCheck] = field(default_factory=list)
    rows: int = 0
    blanks: int = 0
    public: bool = False
    unconfirmed: int = 0  # findings that go away when a person confirms them

    def notice(self, line: int, column: str, text: str, index: int = -1) -> None:
        """Note something that was accepted but should be seen."""
        self.notices.append(Finding(line, column, text, "", index))
