"""The control room's Prometheus metrics, counted from the store at each scrape. The names stand in TABLE and docs/metrics.md."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Engine, func, select

from dashboard import doses_pull
from dashboard.decisions.kinds import DecisionKind
from dashboard.decisions.standing import in_force, standing
from dashboard.detection.states import DistrictState
from dashboard.doses.figure import KINDS
from dashboard.doses.versions import chosen_of
from dashboard.incidents.incident import IncidentKind
from dashboard.incidents.ledger import OPEN
from dashboard.notices.counts import counts, oldest_owed_s
from dashboard.queries import slo
from dashboard.settings import STATE_PLACE, ControlRoomFile
from dashboard.slo import WHOLE_STATE
from dashboard.store import decisions, figures, flips, jobs
from dashboard.store.engine import reading
from dashboard.store.schema import boot, figure, incident, sample
from probes.clock import Clock


class Metric(NamedTuple):
    name: str
    help: str
    labels: tuple[str, ...] = ()


TABLE = {
    "state": Metric(
        "tikawatch_district_state", "1 for the state a district is in, 0 for the others.", ("district", "state")
    ),
    "incidents": Metric("tikawatch_incidents_open", "Open incidents.", ("kind",)),
    "decisions": Metric("tikawatch_decisions_standing", "Districts in which a decision stands.", ("what",)),
    "doses": Metric("tikawatch_doses", "The state's newest figure of the newest service day.", ("kind",)),
    "notices": Metric("tikawatch_outbox_notices", "Mails by what became of them.", ("state",)),
    "oldest": Metric(
        "tikawatch_outbox_oldest_due_seconds", "Age of the oldest mail that is still owed; 0 when none is."
    ),
    "lag": Metric("tikawatch_ingest_lag_seconds", "Between the end of the newest sample and its arrival."),
    "age": Metric(
        "tikawatch_newest_sample_age_seconds", "Since the newest sample arrived; absent before the first one."
    ),
    "watch": Metric("tikawatch_watch_age_seconds", "Since the watch last judged; absent before its first step."),
    "slo_left": Metric(
        "tikawatch_slo_budget_left_ratio", "Share of the session day's budget of bad checks that is left.", ("scope",)
    ),
    "slo_burn": Metric("tikawatch_slo_burn_rate", "How many times faster than allowed checks are bad.", ("window",)),
    "pulls": Metric(
        "tikawatch_pull_age_seconds",
        "Since the figures of a scheduled pull last came in well; absent before.",
        ("pull",),
    ),
    "skew": Metric("tikawatch_agent_clock_skew_seconds", "Largest clock skew of an agent, at its last batch."),
    "dropped": Metric("tikawatch_agent_dropped_samples", "Samples that agents had to throw away, as they reported."),
}


class StoreCollector(Collector):
    """Asks the store when Prometheus asks us: the truth of the store, whichever process wrote it; budgets of at most 30 s ago."""

    def __init__(self, engine: Engine, settings: ControlRoomFile, clock: Clock) -> None:
        self._engine, self._settings, self._clock = engine, settings, clock
        self._budgets = slo.Lately(engine, settings, clock)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        now_ms = int(self._clock.now() * 1000)
        yield from _slo(self._budgets.known())
        with reading(self._engine) as connection:
            yield self._states(connection)
            yield _family("incidents", _incidents(connection))
            yield _family("decisions", _standing(connection, now_ms))
            yield _family("doses", _doses(connection, self._tomorrow_ms(now_ms), self._settings.dashboard.doses.prefer))
            yield _family("notices", _by_label(counts(connection).items()))
            yield _family("oldest", {(): oldest_owed_s(connection, now_ms / 1000) or 0})
            yield from self._ages(connection, now_ms)
            yield _family("pulls", _pulls(connection, self._settings, now_ms))
            yield _family(
                "skew", {(): abs(connection.execute(select(func.max(func.abs(boot.c.skew_ms)))).scalar() or 0) / 1000}
            )
            yield _family("dropped", {(): connection.execute(select(func.sum(boot.c.dropped))).scalar() or 0})

    def _tomorrow_ms(self, now_ms: int) -> int:
        today = datetime.fromtimestamp(now_ms / 1000, self._settings.zone).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        return int((today + timedelta(days=1)).timestamp() * 1000)

    def _states(self, connection: Connection) -> GaugeMetricFamily:
        now = flips.newest(connection)
        values: dict[tuple[str, ...], float] = {}
        for district in self._settings.districts:
            state = now[district.code].new if district.code in now else DistrictState.NO_DATA
            values |= {(str(district.code), str(each)): float(each is state) for each in DistrictState}
        return _family("state", values)

    def _ages(self, connection: Connection, now_ms: int) -> Iterator[GaugeMetricFamily]:
        newest = connection.execute(
            select(sample.c.received_ms, sample.c.started_ms, sample.c.total_us)
            .order_by(sample.c.sample_id.desc())
            .limit(1)
        ).one_or_none()
        if newest is not None:
            ended_ms = newest.started_ms + newest.total_us / 1000
            yield _family("lag", {(): max(0.0, (newest.received_ms - ended_ms) / 1000)})
            yield _family("age", {(): _age(newest.received_ms, now_ms) or 0})
        ran = _age(jobs.ran_at(connection, jobs.WATCH), now_ms)
        if ran is not None:
            yield _family("watch", {(): ran})


def _incidents(connection: Connection) -> dict[tuple[str, ...], float]:
    query = select(incident.c.kind, func.count()).where(incident.c.status == OPEN).group_by(incident.c.kind)
    counted = _by_label(connection.execute(query))
    return {(str(kind),): counted.get((str(kind),), 0) for kind in IncidentKind}


def _standing(connection: Connection, now_ms: int) -> dict[tuple[str, ...], float]:
    stands = standing(decisions.until(connection, now_ms), now_ms)
    labels = {"paper": DecisionKind.PAPER, "suspend": DecisionKind.SUSPEND, "back_entry": DecisionKind.BACK_ENTRY_DONE}
    return {(label,): len(in_force(stands, what)) for label, what in labels.items()}


def _doses(connection: Connection, by_ms: int, prefer: tuple[str, ...]) -> dict[tuple[str, ...], float]:
    # a target is planned ahead, and counts since the start of the drive are no doses of a day
    told = (figure.c.place == STATE_PLACE, figure.c.rehearsed == 0, figure.c.kind.in_(KINDS), figure.c.as_of_ms < by_ms)
    day = connection.execute(select(func.max(figure.c.day)).where(*told, figure.c.kind != "target")).scalar_one()
    if day is None:
        return {}
    versions = figures.as_known(connection, by_ms - 1, first_day=day, last_day=day)
    own = (one for one in versions if one.place == STATE_PLACE and one.kind in KINDS and not one.rehearsed)
    return {(kind,): chosen.value for (_, _, kind), chosen in chosen_of(own, prefer).items()}


def _slo(known: slo.Known | None) -> Iterator[GaugeMetricFamily]:
    budgets = known.budgets if known is not None else {}
    left = {("state" if code == WHOLE_STATE else str(code),): budget.left for code, budget in budgets.items()}
    burn = {(window,): rate for window, rate in budgets[WHOLE_STATE].burn.items()} if budgets else {}
    yield _family("slo_left", {labels: share for labels, share in left.items() if share is not None})
    yield _family("slo_burn", {labels: rate for labels, rate in burn.items() if rate is not None})


def _pulls(connection: Connection, settings: ControlRoomFile, now_ms: int) -> dict[tuple[str, ...], float]:
    ages = {
        pull.name: _age(doses_pull.standing(connection, pull).ok_ms or None, now_ms)
        for pull in settings.dashboard.doses.pulls
    }
    return {(name,): age for name, age in ages.items() if age is not None}


def _by_label(rows: Iterable[Any]) -> dict[tuple[str, ...], float]:
    return {(label,): value for label, value in rows}


def _age(then_ms: int | None, now_ms: int) -> float | None:
    return None if then_ms is None else max(0.0, (now_ms - then_ms) / 1000)


def _family(key: str, values: dict[tuple[str, ...], float]) -> GaugeMetricFamily:
    metric = TABLE[key]
    family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family
