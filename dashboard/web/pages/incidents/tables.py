"""What stands on the incidents page: what was read in, components out. Pure."""

from collections.abc import Sequence
from typing import Any, Final

from dash import html

from dashboard.incidents.incident import RULE, Severity, StepKind
from dashboard.incidents.recovering import waits_for
from dashboard.store.maintenance import Window
from dashboard.web import wording
from dashboard.web.components.table import Column, table
from dashboard.web.pages.incidents import ids, words
from dashboard.web.pages.incidents.telling import Listed, Row, Told
from dashboard.web.pages.incidents.words import NOTHING, Naming

_LIST: Final = (
    Column("Number", True), Column("What"), Column("Phase"), Column("Where"), Column("Severity"), Column("Since", True),
    Column("Lasted", True, "until the technical end"), Column("Owner"), Column("Mails", True, "taken by the mail server, of those owed"),
    Column("The newest word"),
)  # fmt: skip
_LIST_NAME: Final = "Incidents, open ones first"
_MAILS: Final = (
    Column("Step", True),
    Column("To"),
    Column("Mail"),
    Column("Since", True),
    Column("The server's words"),
)
_BY_RULE: Final = "the rules"


# -- the list ----------------------------------------------------------------------------------------------------------


def headline(naming: Naming, listed: Sequence[Listed], windows: Sequence[Window]) -> list[Any]:
    """How many are open and how many recover, and who waits."""
    opened = [one.row for one in listed if one.row["phase"] == "open"]
    recovering = sum(one.row["phase"] == "recovering" for one in listed)
    first = f"{wording.counted(len(opened), 'incident is', 'incidents are')} open" if opened else "No incident is open"
    recovers = wording.counted(recovering, "recovers", "recover") if recovering else "none recovers"
    waiting = sum(not row["owner"] for row in opened)
    owners = f"{wording.counted(waiting, 'open incident has', 'open incidents have')} no owner." if waiting else ""
    quiet = sorted({code for one in windows if one.begins_ms <= naming.now_ms for code in one.districts})
    held = f" In maintenance now: {naming.where(quiet)}." if quiet else ""
    return [html.H1(f"{first}, {recovers}."), html.P(owners + held, className="second") if owners + held else None]


def listing(naming: Naming, listed: Sequence[Listed]) -> Any:
    """All of them, open ones first."""
    rows = [_line(naming, one) for one in listed]
    inner = table(_LIST, rows, "None is known.", _LIST_NAME)
    return html.Section([html.H2(_LIST_NAME), inner], className="card incident-list")


def _line(naming: Naming, one: Listed) -> list[Any]:
    row, number = one.row, int(one.row["incident_id"])
    until = naming.now_ms if row["phase"] == "open" else int(row["resolved_ms"])
    mails = f"{one.told[0]} of {one.told[1]}" if one.told[1] else NOTHING
    link = html.A(words.kind_of(row), href=f"?id={number}", className="to-one")
    return [
        str(number), link, phase(row), naming.where(one.districts), severity(row), naming.clock(row["since_ms"]),
        wording.lasting((until - row["since_ms"]) / 1000), row["owner"] or NOTHING, mails, row["sentence"],
    ]  # fmt: skip


def phase(row: Row) -> html.Span:
    """The phase as a mark; a merged one says where it went."""
    merged = f"Merged into {int(row['merged_into'])}" if row["merged_into"] else words.PHASE[row["phase"]]
    return html.Span(merged, className=f"phase of-{row['phase']}")


def severity(row: Row) -> html.Span:
    """The severity as a mark."""
    return html.Span(words.SEVERITY[Severity(row["severity"])], className=f"severity of-{row['severity']}")


# -- maintenance -------------------------------------------------------------------------------------------------------


def window_list(naming: Naming, windows: Sequence[Window]) -> Any:
    """Windows in force or to come, each with its end button."""
    if not windows:
        return html.P("None is set: every district is told of as usual.", className="calm")
    return html.Ul([_window(naming, one) for one in windows], className="officers")


def _window(naming: Naming, one: Window) -> html.Li:
    now = one.begins_ms <= naming.now_ms
    span = f"{'since' if now else 'from'} {naming.clock(one.begins_ms)} until {naming.clock(one.ends_ms)}"
    button = html.Button(
        "End now" if now else "Call off", id={"type": ids.END_WINDOW, "window": one.maintenance_id}, type="button", className="quiet",
        **{"aria-label": f"{'End' if now else 'Call off'} the window of {naming.where(one.districts)}"},  # type: ignore[arg-type]
    )  # fmt: skip
    return html.Li([html.Strong(naming.where(one.districts)), f" {span} · {one.who} · {one.why} ", button])


# -- one ---------------------------------------------------------------------------------------------------------------


def head(naming: Naming, told: Told) -> list[Any]:
    """The headline, the marks, and the facts."""
    row = told.row
    marks = [phase(row), severity(row), html.Span(f"Owner: {row['owner'] or 'nobody yet'}")]
    return [
        html.P(html.A("‹ All incidents", href="?", className="to-all")),
        html.H1(str(row["sentence"])),
        html.P(marks, className="marks"),
        html.Dl([item for name, fact in _facts(naming, told) for item in (html.Dt(name), html.Dd(fact))], className="facts"),
    ]  # fmt: skip


def _facts(naming: Naming, told: Told) -> list[tuple[str, Any]]:
    row, names = told.row, naming.names(told.districts)
    districts = (
        f"{len(names)} of {len(naming.settings.districts)}: {', '.join(names)}" if len(names) > 1 else ", ".join(names)
    )
    facts: list[tuple[str, Any]] = [
        ("What", f"{words.kind_of(row)}, number {row['incident_id']}"),
        ("Since", naming.clock(row["since_ms"])),
        ("Opened", f"{naming.clock(row['opened_ms'])} by {_by(row['made_by'])}"),
        *_ends(naming, row), ("Districts", districts), *_joined(told),
    ]  # fmt: skip
    if row["snoozed_until_ms"]:
        facts.append(("Snoozed", f"no mails until {naming.clock(row['snoozed_until_ms'])}, but that of its end"))
    if told.recovery is not None:
        facts.append(("Recovery", f"{told.recovery.sentence}. {waits_for(naming.settings, told.recovery)}."))
    if told.doses is not None:
        facts.append(("Doses", f"{told.doses.sentence}."))
    return [*facts, ("Mails", words.told(told.mails)), ("Evidence", _evidence(told))]


def _evidence(told: Told) -> Any:
    if not told.sealed:
        return "none yet: it is taken two minutes after a step of a rule"
    of_steps = f"Samples and figures of {wording.counted(told.sealed, 'step')}, sealed (ZIP)"
    return html.A(of_steps, href=f"/incidents/evidence/{told.row['incident_id']}.zip")


def _ends(naming: Naming, row: Row) -> list[tuple[str, str]]:
    """The technical end, and the end of the recovery; a person's word is no technical end."""
    if row["phase"] == "open":
        return [("Lasts", wording.lasting((naming.now_ms - row["since_ms"]) / 1000))]
    over = f"{naming.clock(row['resolved_ms'])}, after {wording.lasting((row['resolved_ms'] - row['since_ms']) / 1000)}"
    if row["closed_ms"] == row["resolved_ms"] and row["closed_by"] != RULE:
        return [("Closed", f"{over}, by {row['closed_by']}; not by measurements")]
    closed = [("Closed", f"{naming.clock(row['closed_ms'])} by {_by(row['closed_by'])}")] if row["closed_ms"] else []
    return [("Technical end", over), *closed]


def _joined(told: Told) -> list[tuple[str, Any]]:
    into = told.row["merged_into"]
    taken: list[Any] = []
    for number in told.taken_in:
        taken += [", " if taken else "", html.A(str(number), href=f"?id={number}")]
    return [
        *([("Merged into", html.A(str(int(into)), href=f"?id={int(into)}"))] if into else []),
        *([("Taken in", taken)] if taken else []),
    ]


def _by(who: object) -> str:
    return _BY_RULE if who in (None, RULE) else str(who)


def course(naming: Naming, told: Told) -> Any:
    """The timeline beside the mails."""
    steps = html.Ol([_step(naming, step) for step in reversed(told.steps)], className="timeline")
    mails = [
        [
            str(mail["step"]), mail["recipient"], words.MAIL.get(mail["state"], mail["state"]),
            naming.clock(mail["accepted_ms"] or mail["created_ms"]), mail["last_reply"] or NOTHING,
        ]
        for mail in told.mails
    ]  # fmt: skip
    sent = table(_MAILS, mails, "Nobody was mailed.", "Mails of this incident")
    return html.Div(className="two", children=[
        html.Section([html.H2("Timeline, newest first"), steps], className="card"),
        html.Section([html.H2("Who was told"), sent], className="card"),
    ])  # fmt: skip


def _step(naming: Naming, step: Row) -> html.Li:
    what = StepKind(step["what"])
    person = step["who"] != RULE
    when: list[Any] = [
        html.Strong(naming.clock(step["at_ms"])),
        f" {words.STEP[what]}",
        f" · {step['who']}" if person else "",
    ]
    said = html.P(str(step["sentence"]), className="said")
    return html.Li([html.P(when, className="when-what"), said], className="by-hand" if person else "by-rule")
