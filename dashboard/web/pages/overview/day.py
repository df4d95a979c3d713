"""From a reading to the frames of the day's figure: which districts have a row, what each ten minutes were."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

import pandas as pd

from dashboard.decisions.kinds import DecisionKind
from dashboard.decisions.standing import spans
from dashboard.detection.states import DistrictState
from dashboard.incidents.incident import IncidentKind, Scope
from dashboard.settings import STATE_PLACE, Calendar, ControlRoomFile
from dashboard.web import wording
from dashboard.web.figures import decided, heat, lanes, pace
from dashboard.web.figures.day import DayFrames
from dashboard.web.figures.theme import step_of
from dashboard.web.figures.view import MINUTE_MS, View, view_named
from dashboard.web.pages.overview import incident_rows, planned, tiles
from dashboard.web.pages.overview.doses_now import usual_day
from dashboard.web.pages.overview.reading import Day, Reading
from dashboard.web.pages.overview.snapshot import version_of
from dashboard.web.pages.overview.told_figures import newest_published, state_value, told_from

ROWS = 12  # with fewer districts deviating now, those that deviated earlier today fill up, then the slowest
NO_DOSES = "no doses reported yet: curves begin with the first figure"
NO_SESSION = "no session today: no doses are expected"
STEP_MS = heat.STEP_MS
Flips = dict[int, tuple[list[int], list[str]]]


def view_of(day: Day, theme: str, size: str) -> View:
    """The figure's view of this day for a viewer's theme and size."""
    found_theme, scale = view_named(theme, size)
    return View(found_theme, scale, day.zone, day.minute_ms, day.start_ms, day.end_ms, day.session)


def day_frames(reading: Reading, settings: ControlRoomFile, short: bool = False) -> DayFrames:
    """The frames of the figure; `short` takes the districts' short names (phone)."""
    nows = tiles.districts_now(reading, settings)
    shown, others = _rows(nows, reading)
    flips, calendar = _flips(reading), planned.of_the_window(settings.calendar, reading.day)
    names = [now.district.short if short else tiles.tile_name(now.district.name) for now in shown]
    rows = [(n, name, str(now.state)) for n, (name, now) in enumerate(zip(names, shown, strict=True))]
    cells: list[tuple[Any, ...]] = []
    runs: list[tuple[Any, ...]] = []
    for number, now in enumerate(shown):
        steps = list(_steps(now, reading, flips, calendar))
        cells += [(number, at, step, mark, p95) for at, step, mark, p95 in steps if step >= 0]
        runs += _joined(
            number,
            [(at, mark) for at, step, mark, _ in steps if step < 0 and mark],
            reading.day,
            flips.get(now.district.code),
        )
    if others and len(reading.uploads):
        label = f"+{len(others)}" if short else f"{len(others)} others"
        rows.append((len(shown), label, str(tiles.worst_first(others)[0].state)))
        folded, folded_runs = _folded(len(shown), others, reading, calendar)
        cells, runs = cells + folded, runs + folded_runs
    return DayFrames(
        incidents=_incidents(reading, settings, short),
        pace=_pace(reading),
        target=_target(reading, settings) if reading.day.service_day == reading.day.today else None,
        rows=pd.DataFrame(rows, columns=list(heat.ROWS)).astype(heat.ROWS),
        cells=pd.DataFrame(cells, columns=list(heat.CELLS)).astype(heat.CELLS),
        runs=pd.DataFrame(runs, columns=list(heat.RUNS)).astype(heat.RUNS),
        bands=_bands(reading),
        no_doses=NO_DOSES if reading.day.session else NO_SESSION,
        decided=_decided(reading, settings, short),
        usual=usual_day(reading.doses.paces, reading.day.session),
    )  # fmt: skip


def chart_version(frames: DayFrames, view: View) -> str:
    """Changes when the picture would: a p95 that stays in its step of the scale is no new picture."""
    tables = (
        frames.incidents,
        frames.pace,
        frames.rows,
        frames.cells.drop(columns="p95_s"),
        frames.runs,
        frames.decided,
    )
    return version_of([view.theme.name, view.scale.size, view.now_ms, view.start_ms, view.end_ms, frames.target, frames.bands, frames.usual,
                       *(table.to_numpy().tolist() for table in tables)])  # fmt: skip


def _rows(nows: list[tiles.Now], reading: Reading) -> tuple[list[tiles.Now], list[tiles.Now]]:
    """Districts with a row of their own, worst first, and those folded into one."""
    if reading.uploads.empty:
        return [], nows
    ordered = tiles.worst_first(nows)
    shown = [now for now in ordered if now.state not in tiles.QUIET][:ROWS]
    shown += _earlier(ordered, shown, reading)[: ROWS - len(shown)]
    kept = {now.district.code for now in shown}
    return shown, [now for now in nows if now.district.code not in kept]


def _earlier(ordered: list[tiles.Now], shown: list[tiles.Now], reading: Reading) -> list[tiles.Now]:
    uploads = reading.uploads
    bad = uploads[(uploads["failed"] > 0) | (uploads["p95_s"] >= 15)].groupby("district").size()
    slowest = uploads.groupby("district")["p95_s"].max()
    kept = {now.district.code for now in shown}
    found = [now for now in ordered if now.district.code in slowest.index and now.district.code not in kept]
    return sorted(found, key=lambda now: (-int(bad.get(now.district.code, 0)), -float(slowest[now.district.code])))


def _flips(reading: Reading) -> Flips:
    found: Flips = {}
    for row in reading.flips.itertuples(index=False):
        times, states = found.setdefault(int(row.district), ([], []))
        times.append(int(row.at_ms))
        states.append(str(row.state))
    return found


def _state_at(flips: tuple[list[int], list[str]] | None, at_ms: int) -> str:
    if flips is None:
        return ""
    position = bisect_right(flips[0], at_ms)
    return flips[1][position - 1] if position else ""


def _steps(now: tiles.Now, reading: Reading, flips: Flips, calendar: Calendar) -> Iterator[tuple[int, int, str, float]]:
    """(start, latency step or -1, mark, p95): the mark is SOME_FAILED, or the state that stands for a step without a time."""
    day = reading.day
    mine = reading.uploads[reading.uploads["district"] == now.district.code]
    known = {int(row.start_ms): row for row in mine.itertuples(index=False)}
    first = min(known, default=day.now_ms)
    for start in range(day.start_ms, day.now_ms, STEP_MS):
        row = known.get(start)
        state = _state_at(flips.get(now.district.code), min(start + STEP_MS // 2, day.now_ms))
        if planned.is_planned(calendar, now.district.code, start + STEP_MS // 2):
            yield start, -1, DistrictState.NO_SESSION, float("nan")
        elif state == DistrictState.OWN_LINE:
            yield start, -1, DistrictState.OWN_LINE, float("nan")
        elif row is None or row.ok + row.failed == 0:
            yield start, -1, DistrictState.NO_DATA if start >= first else "", float("nan")
        elif row.ok == 0:
            yield start, -1, DistrictState.DOWN, float("nan")
        else:
            yield start, step_of(row.p95_s), heat.SOME_FAILED if row.failed else "", row.p95_s


def _joined(
    number: int, marks: list[tuple[int, str]], day: Day, flips: tuple[list[int], list[str]] | None
) -> list[tuple[Any, ...]]:
    """Neighbouring steps of one mark become one run, with words for the long ones."""
    runs: list[list[Any]] = []
    for start, mark in marks:
        if runs and runs[-1][1] == mark and runs[-1][3] == start:
            runs[-1][3] = start + STEP_MS
        else:
            runs.append([number, mark, start, start + STEP_MS, ""])
    for run in runs:
        run[3] = min(run[3], max(day.minute_ms, run[2] + MINUTE_MS))
        run[4] = _run_words(run[1], wording.clock(_begun(run, flips), day.zone, day.today))
    return [tuple(run) for run in runs]


def _begun(run: list[Any], flips: tuple[list[int], list[str]] | None) -> int:
    """When the state of a run was judged to begin: the flip nearest before its end, or its first step."""
    if flips is None:
        return int(run[2])
    matching = [at for at, state in zip(*flips, strict=True) if state == run[1] and run[2] - STEP_MS <= at <= run[3]]
    return matching[0] if matching else int(run[2])


def _run_words(mark: str, since: str) -> str:
    words: dict[str, str] = {
        DistrictState.DOWN: "every upload fails",
        DistrictState.OWN_LINE: "own line lost",
        DistrictState.NO_DATA: "silent",
    }
    if mark == DistrictState.NO_SESSION:
        return "planned downtime"
    return f"{words[mark]} since {since}"


def _folded(
    number: int, others: list[tiles.Now], reading: Reading, calendar: Calendar
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """One row for many districts: of each ten minutes the worst of them; where no upload of any worked, a run of down.

    Those in planned downtime do not count; where all of them are, a run says so.
    """
    codes = [now.district.code for now in others]
    mine = reading.uploads[reading.uploads["district"].isin(codes)]
    counts = [
        not planned.is_planned(calendar, row.district, row.start_ms + STEP_MS // 2)
        for row in mine.itertuples(index=False)
    ]
    mine = mine[pd.Series(counts, index=mine.index, dtype=bool)]
    silent = [
        (at, str(DistrictState.NO_SESSION))
        for at in range(reading.day.start_ms, reading.day.now_ms, STEP_MS)
        if all(planned.is_planned(calendar, code, at + STEP_MS // 2) for code in codes)
    ]
    grouped = mine.groupby("start_ms").agg(worst=("p95_s", "max"), failed=("failed", "sum"))
    timed = grouped[grouped["worst"].notna()]
    cells = [
        (number, int(row.Index), step_of(row.worst), heat.SOME_FAILED if row.failed else "", float(row.worst))
        for row in timed.itertuples()
    ]
    none_ok = [
        (int(at), str(DistrictState.DOWN)) for at in grouped.index[grouped["worst"].isna() & (grouped["failed"] > 0)]
    ]
    return cells, _joined(number, sorted([*none_ok, *silent]), reading.day, None)


def _target(reading: Reading, settings: ControlRoomFile) -> int | None:
    return state_value(newest_published(reading.figures, settings.dashboard.doses.prefer), "target")


def _incidents(reading: Reading, settings: ControlRoomFile, short: bool) -> pd.DataFrame:
    rows = []
    for item in reading.incidents.itertuples(index=False):
        codes = incident_rows.districts_of(reading, item.incident_id)
        ends = reading.day.minute_ms if item.status == "open" else int(item.resolved_ms)
        if ends <= reading.day.start_ms:
            continue
        rows.append(
            (
                incident_rows.state_of(item.kind, item.sentence),
                _words(item, codes, settings, short),
                int(item.since_ms),
                ends,
                item.status == "open",
            )
        )
    return pd.DataFrame(rows, columns=list(lanes.LANES)).astype(lanes.LANES)


def _words(item: Any, codes: list[int], settings: ControlRoomFile, short: bool) -> str:
    mine = [district for district in settings.districts if district.code in codes]
    kind = incident_rows.kind_words(item.kind, item.sentence)
    if len(mine) > 2 or not mine:
        number = f"{len(mine) or len(settings.districts)} districts"
        return number if short else f"{kind} · {number}"
    said = {
        IncidentKind.OUTAGE: "down", IncidentKind.LOCAL: "own line" if short else "own line lost",
        IncidentKind.AGENT_SILENT: "silent", IncidentKind.SLOWDOWN: "slow",
        IncidentKind.DOSE_STALL: "no doses", IncidentKind.BACKLOG_STALLED: "paper not entered",
    }  # fmt: skip
    word = "failing in part" if kind == incident_rows.FAILING_WORDS else said.get(item.kind, kind.lower())
    return f"{wording.listed([d.short if short else d.name for d in mine])}: {word}"


def _pace(reading: Reading) -> pd.DataFrame:
    """Figures of the whole state; a curve is drawn of what has an hour, made-up points only where nothing is published."""
    if reading.day.service_day != reading.day.today:
        return pd.DataFrame(columns=list(pace.PACE)).astype(pace.PACE)
    mine = reading.figures[
        (reading.figures["place"] == STATE_PLACE) & reading.figures["kind"].isin(["reported", "recorded"])
    ]
    rows = [
        (row.kind, row.as_of_ms, row.value, row.hour_known, row.rehearsed, told_from(row).hour(reading.day))
        for row in mine.itertuples(index=False)
    ]
    return pd.DataFrame(rows, columns=list(pace.PACE)).astype(pace.PACE)


def _bands(reading: Reading) -> tuple[tuple[int, int], ...]:
    """Spans of slowdowns and outages of more than one district, within the window; overlapping ones joined."""
    day, spans = reading.day, []
    for item in reading.incidents.itertuples(index=False):
        wide = item.scope != Scope.DISTRICT or len(incident_rows.districts_of(reading, item.incident_id)) > 1
        if item.kind in (IncidentKind.SLOWDOWN, IncidentKind.OUTAGE) and wide:
            ends = day.minute_ms if item.status == "open" else int(item.resolved_ms)
            spans.append((max(int(item.since_ms), day.start_ms), ends))
    joined: list[tuple[int, int]] = []
    for begins, ends in sorted(span for span in spans if span[1] - span[0] > MINUTE_MS):
        if joined and begins <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(ends, joined[-1][1]))
        else:
            joined.append((begins, ends))
    return tuple(joined)


def _decided(reading: Reading, settings: ControlRoomFile, short: bool) -> pd.DataFrame:
    """When districts were on paper or suspended, with the words of the strip: at most so many at once."""
    day = reading.day
    words = {DecisionKind.PAPER: "paper", DecisionKind.SUSPEND: "suspended"}
    rows = []
    for span in spans(reading.decided.decisions, day.start_ms, max(day.minute_ms, day.start_ms + MINUTE_MS)):
        mine = [district for district in settings.districts if district.code in span.districts]
        names = [district.short if short else district.name for district in mine]
        whole = len(mine) == len(settings.districts)
        where = "all districts" if whole else wording.listed(names, most=2)
        rows.append((str(span.what), f"{words[span.what]}: {where}", span.start_ms, span.end_ms))
    return pd.DataFrame(rows, columns=list(decided.DECIDED)).astype(decided.DECIDED)
