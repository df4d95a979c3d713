"""Thresholds of the judgement, section `dashboard.rules`. Every number is one sentence in docs/rules.md; a test compares the two.

A threshold may be added with a default that changes nothing for who does not set it; take none away without a line in CHANGELOG.md.
"""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from probes.sections import Section, refuse

_HOUR = re.compile(r"^([01]\d|2[0-3]):[0-5]\d$")


def _hour(text: str) -> str:
    if not _HOUR.match(text):
        raise refuse(f'"{text[:60]}" is not an hour of the day', 'Write for example "16:15", in quotes')
    return text


def _share(default: float) -> float:
    """A share of a whole: above 0, at most 1."""
    return Field(default=default, gt=0, le=1, examples=[default])


def _seconds(default: float) -> float:
    return Field(default=default, ge=0, le=86_400, examples=[default])


def _window(default: float) -> float:
    return Field(default=default, ge=1, le=7200, examples=[default])


def _times(default: float) -> float:
    """A factor above 1."""
    return Field(default=default, gt=1, le=1000, examples=[default])


def _count(default: int) -> int:
    return Field(default=default, ge=1, le=1000, examples=[default])


class PriorMs(Section):
    """What a check usually takes (ms), before a district has a history of its own."""

    ping: float = Field(default=150, gt=0, le=600_000, examples=[150])
    upload: float = Field(default=1000, gt=0, le=600_000, examples=[1000])


class Outage(Section):
    fail: float = _share(0.70)
    window_s: float = _window(60)
    min_rounds: float = Field(default=3.3, ge=1, le=100, examples=[3.3])
    fail_long: float = _share(0.50)
    window_long_s: float = _window(120)
    districts: float = _share(0.60)
    recover: float = _share(0.10)
    recover_s: float = _seconds(120)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _below(self, "recover", "fail_long", "An outage ends below the share at which it opens: lower recover")
        return self


class Degraded(Section):
    ratio: float = _times(2.3)
    sustain_s: float = _window(180)
    of: float = _share(0.8)
    err: float = _share(0.05)
    err_window_s: float = _window(300)
    err_clip: float = _share(0.30)
    err_persist: float = _share(0.70)
    spread: float = _share(0.40)
    tail_x: float = _times(3.0)
    tail: float = _share(0.10)
    recover_ratio: float = _times(1.5)
    recover_s: float = _seconds(120)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _below(self, "recover_ratio", "ratio", "A slowdown ends below the ratio at which it opens: lower recover_ratio")
        _below(self, "err", "err_clip", "A tick counts up to err_clip, so err must be below it: lower err")
        return self


class Division(Section):
    districts: float = _share(0.70)
    others_ok: float = _share(0.25)
    ratio: float = _times(2.5)
    err: float = _share(0.20)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _below(self, "others_ok", "districts", "A division stands out when the others fail less: lower others_ok")
        return self


class Local(Section):
    fail: float = _share(0.70)
    window_s: float = _window(90)
    rounds: float = Field(default=6, ge=1, le=100, examples=[6])
    fail_long: float = _share(0.50)
    window_long_s: float = _window(180)
    nodata_s: float = _window(120)
    nodata_rounds: float = Field(default=5, ge=1, le=100, examples=[5])
    recover: float = _share(0.20)
    recover_s: float = _seconds(120)
    state_err_max: float = _share(0.15)
    anchors: float = _share(0.80)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _below(self, "recover", "fail_long", "A district recovers below the share at which it opens: lower recover")
        return self


class Slow(Section):
    """A few districts whose uploads are slow, in seconds that people wait."""

    ratio: float = _times(3)
    floor_s: float = Field(default=5, gt=0, le=600, examples=[5])
    limit_s: float = Field(default=15, gt=0, le=600, examples=[15])
    unworkable_s: float = Field(default=60, gt=0, le=3600, examples=[60])
    samples: int = Field(default=3, ge=1, le=10, examples=[3])
    districts: int = _count(3)
    alone_s: float = _seconds(300)
    err: float = _share(0.20)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _below(self, "limit_s", "unworkable_s", "Uploads get slow before they get unworkable: lower limit_s")
        if self.floor_s > self.limit_s:
            raise refuse(
                f"floor_s {self.floor_s:g} is above limit_s {self.limit_s:g}",
                "The floor keeps small rises quiet: set it at or below limit_s",
                ("floor_s",),
            )
        return self


class Monitor(Section):
    silence_s: float = _window(90)
    anchors: float = _share(0.80)
    recover_s: float = _seconds(45)


class Flap(Section):
    reopen_s: float = Field(default=600, ge=0, le=7200, examples=[600])
    relapses: int = _count(2)
    hold_s: float = _seconds(600)


class Doses(Section):
    """When a district's doses stop, while its checks are good."""

    turnout_prior: float = _share(0.60)
    prior_strength: float = Field(default=2.0, gt=0, le=1000, examples=[2.0])
    phi: float = Field(default=3.0, gt=1, le=100, examples=[3.0])
    r_max: float = Field(default=8.0, gt=0, le=1000, examples=[8.0])
    windows_min: tuple[Annotated[int, Field(ge=5, le=480)], ...] = Field(
        default=(45, 60, 90, 120), min_length=1, max_length=8, examples=[[45, 60, 90, 120]]
    )
    flat_min: float = Field(default=30, ge=5, le=480, examples=[30])
    lunch: float = _share(0.40)
    alpha: float = Field(default=0.0005, gt=0, lt=1, examples=[0.0005])
    ratio: float = _share(0.12)
    min_expected: float = Field(default=6, ge=0, le=10_000, examples=[6])
    near_target: float = _share(0.80)
    not_started_min: float = Field(default=105, ge=0, le=1440, examples=[105])
    last_open: Annotated[str, AfterValidator(_hour)] = Field(default="16:15", examples=["16:15"])
    stale_min: float = Field(default=45, ge=1, le=1440, examples=[45])
    tellings: int = Field(default=3, ge=2, le=100, examples=[3])
    after_fault_min: float = Field(default=45, ge=0, le=1440, examples=[45])
    group_window_min: float = Field(default=30, ge=5, le=480, examples=[30])
    group_ratio: float = _share(0.20)
    group_share: float = _share(0.6)
    lag_ratio: float = _share(0.15)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _below(self, "ratio", "group_share", "A stall is less than what a group waits for: lower ratio")
        return self


class Backlog(Section):
    """When a paper backlog that does not drain is told."""

    doses: int = Field(default=10, ge=1, le=100_000_000, examples=[10])
    recent_days: int = Field(default=3, ge=1, le=60, examples=[3])


class Recovery(Section):
    """When an incident whose checks are good again is done with."""

    quiet_min: float = Field(default=30, ge=0, le=1440, examples=[30])


class Decisions(Section):
    """When a decision is suggested to the control room."""

    unworkable_min: float = Field(default=20, ge=1, le=240, examples=[20])
    districts: float = _share(0.33)
    works_min: float = Field(default=30, ge=1, le=240, examples=[30])


class Slo(Section):
    """The share of good checks of a session day, and how fast what may be bad is spent. Shown; it pages nobody."""

    target: float = Field(default=0.99, gt=0, lt=1, examples=[0.99])
    ping_s: float = Field(default=1, gt=0, le=600, examples=[1])
    upload_s: float = Field(default=3, gt=0, le=600, examples=[3])
    fast: float = _times(14.4)
    slow: float = _times(6)
    min_checks: int = _count(10)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _below(self, "slow", "fast", "The long windows look for a slower burn: lower slow")
        return self


class Rules(Section):
    """Thresholds of the judgement; every number is a plain sentence (docs/rules.md)."""

    tick_s: float = Field(default=15, ge=1, le=300, examples=[15])
    prior_ms: PriorMs = Field(default_factory=PriorMs, examples=[{"ping": 150, "upload": 1000}])
    warmup_samples: int = Field(default=12, ge=1, le=12, examples=[12])
    cold_slow_factor: float = _times(6)
    baseline_tau_s: float = Field(default=3600, ge=60, le=604_800, examples=[3600])
    freeze_ratio: float = _times(1.7)
    settle_s: float = Field(default=30, ge=0, le=600, examples=[30])
    outage: Outage = Field(default_factory=Outage, examples=[{"fail": 0.7}])
    degraded: Degraded = Field(default_factory=Degraded, examples=[{"ratio": 2.3}])
    division: Division = Field(default_factory=Division, examples=[{"districts": 0.7}])
    local: Local = Field(default_factory=Local, examples=[{"fail": 0.7}])
    slow: Slow = Field(default_factory=Slow, examples=[{"limit_s": 15}])
    monitor: Monitor = Field(default_factory=Monitor, examples=[{"silence_s": 90}])
    flap: Flap = Field(default_factory=Flap, examples=[{"reopen_s": 600}])
    doses: Doses = Field(default_factory=Doses, examples=[{"phi": 3.0}])
    backlog: Backlog = Field(default_factory=Backlog, examples=[{"doses": 10}])
    recovery: Recovery = Field(default_factory=Recovery, examples=[{"quiet_min": 30}])
    decisions: Decisions = Field(default_factory=Decisions, examples=[{"unworkable_min": 20}])
    slo: Slo = Field(default_factory=Slo, examples=[{"target": 0.99}])

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.freeze_ratio >= self.degraded.ratio:
            raise refuse(
                f"freeze_ratio {self.freeze_ratio:g} is not below degraded.ratio {self.degraded.ratio:g}",
                "A baseline must stop following before a slowdown opens: lower freeze_ratio",
                ("freeze_ratio",),
            )
        return self


def _below(section: Section, lower: str, upper: str, cure: str) -> None:
    low, high = getattr(section, lower), getattr(section, upper)
    if low >= high:
        raise refuse(f"{lower} {low:g} is not below {upper} {high:g}", cure, (lower,))
