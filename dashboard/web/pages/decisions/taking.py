"""Takes a decision, or says why not. Page and API come here: everything that was sent is checked again, against the store as it is now."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Engine

from dashboard.decisions.kinds import NAMES, Decision, DecisionKind, Objection
from dashboard.decisions.standing import misfit
from dashboard.queries.decisions import Decided, decided, evidence_now, incident_of
from dashboard.settings import ControlRoomFile
from dashboard.store import decisions
from dashboard.store.decisions import New
from dashboard.web.components.who import MOST_WHO

MOST_WHY = 1000
_FORM = re.compile(r"[\x21-\x7e]{1,40}")


@dataclass(frozen=True)
class Asked:
    """A decision as it was sent, nothing checked. `suggested`: districts that were suggested when the form was opened."""

    what: object
    districts: object
    who: object
    why: object
    incident_id: object = None
    form: object = ""
    suggested: tuple[int, ...] = ()


@dataclass(frozen=True)
class Taken:
    """The stored decision; `again`: it was stored before, from the same form."""

    decision: Decision
    again: bool


@dataclass(frozen=True)
class Confirmed:
    """The decision after an officer's word."""

    decision: Decision


def take(engine: Engine, settings: ControlRoomFile, asked: Asked, now: float) -> Taken | Objection:
    """Store a decision at `now` (seconds since 1970 UTC), in one transaction with its evidence."""
    form = asked.form
    if not isinstance(form, str) or not _FORM.fullmatch(form):
        return Objection(
            "form", "the form has no number of its own", "Send 1 to 40 plain characters, new for each decision"
        )
    now_ms = int(now * 1000)
    with engine.begin() as connection:
        new = _checked(connection, settings, asked, form, now_ms)
        if isinstance(new, Objection):
            return new
        before = decisions.of_form(connection, form)
        if before is None:
            current = decided(connection, settings, now_ms)
            objection = _still_right(settings, asked, new, current)
            if objection is not None:
                return objection
            decisions.append(connection, _with_suggestion(new, current))
        stored = before or decisions.of_form(connection, form)
    assert stored is not None
    if (stored.what, stored.districts) != (new.what, new.districts):
        return Objection(
            "form", f"this form was sent before, as decision {stored.decision_id}", "Open a new form", conflict=True
        )
    return Taken(stored, before is not None)


def confirm(
    engine: Engine, settings: ControlRoomFile, asked: tuple[int, object, object], now: float
) -> Confirmed | Objection:
    """Note that an officer has confirmed a decision: `asked` is its id, the district (LGD code) and the officer's name."""
    decision_id, district, typed = asked
    names = {one.code: one.name for one in settings.districts}
    if isinstance(district, bool) or not isinstance(district, int) or district not in names:
        return Objection("district", f"there is no district {str(district)[:20]}", "Send an LGD code of config.yaml")
    who = _words(typed, "who", "the officer who confirmed", MOST_WHO)
    if isinstance(who, Objection):
        return who
    now_ms = int(now * 1000)
    with engine.begin() as connection:
        found = _numbered(connection, decision_id, now_ms)
        if found is None or district not in found.districts:
            error = f"there is no decision {str(decision_id)[:20]} for {names[district]}"
            return Objection("district", error, "GET /api/v1/decisions lists them", conflict=True)
        decisions.confirm(connection, decision_id, district, who, now_ms)
        found = _numbered(connection, decision_id, now_ms)
    assert found is not None
    word = found.confirmed[district]
    if word.who != who:
        return Objection(
            "district", f"{names[district]} was confirmed before, by {word.who}", "Nothing was changed", conflict=True
        )
    return Confirmed(found)


def _numbered(connection: Connection, decision_id: int, now_ms: int) -> Decision | None:
    return next((one for one in decisions.until(connection, now_ms) if one.decision_id == decision_id), None)


def _checked(
    connection: Connection, settings: ControlRoomFile, asked: Asked, form: str, now_ms: int
) -> New | Objection:
    """What was sent, read field by field; the first mistake is the answer."""
    kinds = [str(kind) for kind in DecisionKind]
    if asked.what not in kinds:
        return Objection("what", "what was decided is missing" if not asked.what else f'there is no decision "{str(asked.what)[:30]}"',
                         f"Choose one of: {', '.join(f'{kind} ({NAMES[kind].lower()})' for kind in DecisionKind)}")  # fmt: skip
    codes = _codes(settings, asked.districts)
    if isinstance(codes, Objection):
        return codes
    who = _words(asked.who, "who", "the name of who decides", MOST_WHO)
    if isinstance(who, Objection):
        return who
    why = _words(asked.why, "why", "the reason", MOST_WHY)
    if isinstance(why, Objection):
        return why
    number = asked.incident_id
    if number is not None and (isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 2**62
                               or incident_of(connection, number) is None):  # fmt: skip
        return Objection(
            "incident_id", f"there is no incident {str(number)[:20]}", "Send the number of an incident, or none"
        )
    evidence = evidence_now(connection, settings, codes, number, now_ms)
    return New(DecisionKind(str(asked.what)), now_ms, who, why, number, codes, form, evidence)


def _codes(settings: ControlRoomFile, sent: object) -> tuple[int, ...] | Objection:
    known = {district.code for district in settings.districts}
    if sent == "STATE":
        return tuple(sorted(known))
    if not isinstance(sent, Sequence) or isinstance(sent, str) or not sent:
        return Objection("districts", "no district is chosen", "Choose the districts it is for, or the whole state")
    wrong = [code for code in sent if isinstance(code, bool) or not isinstance(code, int) or code not in known]
    if wrong:
        return Objection(
            "districts", f"there is no district {str(wrong[0])[:20]}", "Send LGD codes of config.yaml, or STATE"
        )
    return tuple(sorted(set(sent)))


def _words(sent: object, field: str, what: str, most: int) -> str | Objection:
    """A text of one line; Devanagari joiners may be in it, control characters may not."""
    text = " ".join(sent.split()) if isinstance(sent, str) else ""
    if not text:
        return Objection(field, f"{what} is missing", "Write it down: the decision is kept with it")
    if len(text) > most:
        return Objection(field, f"{what} has {len(text)} characters", f"At most {most} are kept")
    if any(unicodedata.category(sign) in ("Cc", "Cs", "Cn") for sign in text):
        return Objection(field, f"{what} has characters that cannot be shown", "Write letters, digits and signs")
    return text


def _still_right(settings: ControlRoomFile, asked: Asked, new: New, current: Decided) -> Objection | None:
    """The world may have moved on since the form was opened: what stands, and what was suggested."""
    names = {district.code: district.name for district in settings.districts}
    objection = misfit(new.what, new.districts, current.standing, names)
    if objection is not None or not asked.suggested:
        return objection
    still = {code for one in current.suggestions if one.what is new.what for code in one.districts}
    gone = [names[code] for code in new.districts if code in asked.suggested and code not in still]
    if not gone:
        return None
    shown = ", ".join(gone[:6]) + (f" and {len(gone) - 6} more" if len(gone) > 6 else "")
    error = f'"{NAMES[new.what]}" is no longer suggested for {shown}: the registry or the figures have changed since the form was opened'
    return Objection(
        "suggestion", error, "Close the form and look again, or take an own decision; nothing was stored", conflict=True
    )


def _with_suggestion(new: New, current: Decided) -> New:
    """The evidence says whether it was suggested at that moment, and why."""
    why = next((one.why for one in current.suggestions if one.what is new.what), None)
    return replace(new, evidence={**new.evidence, "suggestion": why})
