"""Which check is meant by TARGET: one of the config's by its name, or one made of an address.

May be changed: forms of an address. Whatever is not on this machine needs the consent of the config, as in an agent.
"""

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from pydantic import ValidationError

from probes import config_file
from probes.checks import Target
from probes.kinds import check_of
from probes.kinds.check import Check
from probes.sample import MAX_DISTRICT, CheckKind
from probes.sections import is_loopback, without_user
from probes.settings import SECTIONS_OF_OTHERS, AgentFile, Consent, Probes, Rehearsal

USUAL_CONFIG: Final = Path("config.yaml")
NAMELESS: Final = "once"  # the check made of an address
NOWHERE: Final = 1  # the district of an address without a config: a sample must name one
FORMS: Final = "http://host/path, https://host/path, tls://host, tcp://host:port, dns://resolver/name or icmp://host"
_KINDS: Final = {"http": "http", "https": "http", "tcp": "tcp", "tls": "tls", "dns": "dns", "icmp": "icmp"}


class Unclear(Exception):
    """TARGET cannot be measured; `str()` of it says why and what to do."""


@dataclass(frozen=True)
class Chosen:
    """What to measure. `probes` holds that one check only. `consent`: whose leave this is by; None: needs none."""

    target: Target
    probes: Probes
    consent: Consent | None = None
    clock_ahead_s: float = 0.0


def choose(text: str, config: Path | None, district: int | None) -> Chosen:
    """`config` None: the usual file, if there is one.

    Raises:
        Unclear: the target, the district, or the consent.
        ConfigError: the config cannot be used.
    """
    file = config if config is not None else USUAL_CONFIG
    known = config_file.load(file, AgentFile, SECTIONS_OF_OTHERS) if config is not None or file.is_file() else None
    named = next((check for check in known.probes.checks if check.name == text), None) if known else None
    check = named or _of_address(text, known.probes if known else None)
    code = _district(district, known.probes if known else None)
    consent = _consent(check, code, known.probes.consent if known else None, file)
    probes = _alone(check, code, known.probes if known else None, consent)
    return Chosen(Target(code, check), probes, consent, _ahead_s(known.rehearsal if known else None))


def _of_address(text: str, probes: Probes | None) -> Check:
    try:
        parts = urlsplit(text if "://" in text else f"tcp://{text}")
        bare = "://" not in text and parts.port is None
        if bare or parts.scheme not in _KINDS:
            raise Unclear(_neither(text, [check.name for check in probes.checks] if probes else []))
        fields = _fields(parts)
    except ValueError as problem:
        raise Unclear(f'"{without_user(text)}" is not an address ({problem}). Write one of {FORMS}') from None
    try:
        return check_of({"name": NAMELESS, **fields})
    except ValidationError as problem:
        first = problem.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:])
        said = first.get("ctx", {}).get("cure") or f"Write one of {FORMS}"
        raise Unclear(f'"{without_user(text)}" cannot be measured: {place or "it"}: {first["msg"]}. {said}') from None


def _fields(parts: SplitResult) -> dict[str, object]:
    """The check's settings.

    Raises:
        ValueError: with what is missing.
    """
    kind = _KINDS[parts.scheme]
    if not parts.hostname:
        raise ValueError("it names no host")
    if kind == "http":
        return {"kind": kind, "url": parts.geturl()}
    if parts.username or parts.password:
        raise ValueError("it holds a user name")
    port = {"port": parts.port} if parts.port is not None else {}
    if kind == "dns":
        if not parts.path.strip("/"):
            raise ValueError("it names nothing to ask for")
        return {"kind": kind, "resolver": parts.hostname, "question": parts.path.strip("/"), **port}
    if kind == "tcp" and not port:
        raise ValueError("it names no port")
    return {"kind": kind, "host": parts.hostname, **({} if kind == "icmp" else port)}


def _neither(text: str, names: list[str]) -> str:
    near = difflib.get_close_matches(text, names, n=1)
    if near:
        return f'there is no check "{without_user(text)}". Did you mean {near[0]}?'
    checks = f"the name of a check ({', '.join(names)}) or " if names else ""
    return f'"{without_user(text)}" is neither a check nor an address. Write {checks}an address: {FORMS}'


def _district(wanted: int | None, probes: Probes | None) -> int:
    if wanted is None:
        return probes.districts[0] if probes else NOWHERE
    if not 1 <= wanted <= MAX_DISTRICT:
        raise Unclear(f"--district {wanted} is not an LGD code. Write for example --district 490")
    if probes and wanted not in probes.districts:
        some = ", ".join(str(code) for code in probes.districts[:6]) + (" …" if len(probes.districts) > 6 else "")
        raise Unclear(f"--district {wanted} is not in probes.districts of the config. Write one of {some}")
    return wanted


def _consent(check: Check, district: int, given: Consent | None, file: Path) -> Consent | None:
    away = [url.replace("{district}", str(district)) for url in check.addresses if not is_loopback(url)]
    if not away or check.kind is CheckKind.ANCHOR:
        return None
    if given is None:
        raise Unclear(
            f'"{away[0]}" is not on this machine and there is no consent. Ask its operator, then add '
            "consent: {who: …, when: 2021-01-10, reference: …} to probes in "
            f"{file.name} and name the file with --config"
        )
    return given


def _alone(check: Check, district: int, probes: Probes | None, consent: Consent | None) -> Probes:
    """The agent that measures this check and nothing else: no port is taken for checks that are not asked for."""
    if probes is None:
        return Probes(agent="once", vantage="this machine", districts=(district,), checks=(check,), consent=consent)
    return probes.model_copy(update={"checks": (check,), "districts": (district,)})


def _ahead_s(rehearsal: Rehearsal | None) -> float:
    return rehearsal.clock_ahead_s if rehearsal else 0.0
