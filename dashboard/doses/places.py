"""Which place a name means: LGD codes, names in several scripts, names with dates. A near miss is suggested, never taken.

The tables are config.yaml (the state's districts) and names.yaml beside this file (other names, other states).
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date as Date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from dashboard.doses.finding import Unreadable, quoted
from dashboard.settings import STATE_PLACE, ControlRoomFile
from probes import config_file

NAMES_FILE = Path(__file__).with_name("names.yaml")
_CURE = "Write its LGD code, or its name as in config.yaml"
_CODE_DIGITS = str.maketrans("०१२३४५६७८९০১২৩৪৫৬৭৮৯", "01234567890123456789")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_GAPS = re.compile(r"[\s_]+")
_LAST_WORD = re.compile(r" (district|dist\.?|जिल्हा|जिला|জেলা)$")


@dataclass(frozen=True)
class Found:
    """A place of the figures (LGD code as text, key of a joint area, or STATE); `notice` says what was read into the name."""

    place: str
    notice: str = ""


@dataclass(frozen=True)
class _Alias:
    place: str
    since: Date | None


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """A name as it is compared: one Unicode form, lower case, single spaces, without marks nobody sees."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", name))
    return _LAST_WORD.sub("", _GAPS.sub(" ", text).strip().casefold())


@cache
def _tables() -> dict[str, Any]:
    return config_file.read(NAMES_FILE).data


def district_of(place: str) -> str:
    """The district of a session site `491/alibag`; any other place is its own."""
    return place.partition("/")[0]


class Places:
    """The places of one control room. `sites` holds the session sites of each district, `prefer` the sources it prefers."""

    def __init__(self, settings: ControlRoomFile) -> None:
        self.names: dict[str, str] = {str(d.code): d.name for d in settings.districts}
        self.names |= {area.key: area.name for area in settings.joint_areas} | {STATE_PLACE: settings.state.name}
        self.districts = frozenset(str(d.code) for d in settings.districts)
        self.joint = {area.key: tuple(str(code) for code in area.districts) for area in settings.joint_areas}
        self.sites = {str(d.code): tuple(f"{d.code}/{s.key}" for s in d.sites) for d in settings.districts if d.sites}
        self.names |= {f"{d.code}/{s.key}": f"{s.name} ({d.name})" for d in settings.districts for s in d.sites}
        self.prefer = settings.dashboard.doses.prefer
        self.state_code, self.state_name = settings.state.code, settings.state.name
        self._known: dict[str, _Alias] = {}
        self._renamed: dict[str, tuple[Date, str]] = {}
        self._own(settings)
        self._aliases()
        self._totals = frozenset(plain(text) for text in _tables()["totals"])
        self._neighbours = self._of_other_states()
        self._cached = lru_cache(maxsize=8192)(self._find)

    def _own(self, settings: ControlRoomFile) -> None:
        for district in settings.districts:
            for name in (district.name, district.mr, district.hi):
                self._add(name, str(district.code), None)
            for site in district.sites:
                self._add(f"{district.code}/{site.key}", f"{district.code}/{site.key}", None)
        for area in settings.joint_areas:
            self._add(area.key, area.key, None)
            self._add(area.name, area.key, None)
        self._add(STATE_PLACE, STATE_PLACE, None)

    def _aliases(self) -> None:
        for row in _tables()["aliases"]:
            place = str(row["place"])
            if place not in self.names:
                continue
            since = Date.fromisoformat(row["since"]) if "since" in row else None
            for language in ("name", "mr", "hi", "bn"):
                self._add(row.get(language, ""), place, since)
            if since:
                self._renamed.setdefault(place, (since, row["name"]))

    def _add(self, name: str, place: str, since: Date | None) -> None:
        if name:
            self._known.setdefault(plain(name), _Alias(place, since))

    def _of_other_states(self) -> dict[tuple[str, str], str]:
        found = {}
        for row in _tables()["neighbours"]:
            for language in ("name", "hi", "bn"):
                if row.get(language) and str(row["code"]) not in self.names:
                    found[row["state"], plain(row[language])] = str(row["code"])
        return found

    def is_total(self, name: str) -> bool:
        """True for the name of a row that is the sum of the others: Total, एकूण."""
        return plain(name) in self._totals

    def find(self, name: str, day: Date, suggest: bool = True) -> Found:
        """The place a name means on a service day. `suggest` False leaves out the search for names like it, which takes a while.

        Raises:
            Unreadable: no place, a place of another state, or only a name like one of ours (which is then suggested).
        """
        return self._cached(name, day, suggest)

    def _find(self, name: str, day: Date, suggest: bool) -> Found:
        text = plain(name)
        if not text:
            raise Unreadable("the district is missing", "Write its LGD code or name, or STATE for the state")
        if text.translate(_CODE_DIGITS).isdecimal():
            return self._by_code(name, text.translate(_CODE_DIGITS), suggest)
        alias = self._known.get(text) or (self._known.get(text.translate(_CODE_DIGITS)) if "/" in text else None)
        if alias is None:
            raise self._no_site(name, text) or self._unknown(name, text, suggest)
        return Found(alias.place, self._of_another_day(name, alias, day))

    def _by_code(self, name: str, digits: str, suggest: bool) -> Found:
        code = digits.lstrip("0")
        if code in self.districts:
            return Found(code)
        other = next((n for n in _tables()["neighbours"] if str(n["code"]) == code), None)
        if other:
            wrong = f"{code} is {other['name']} in {_tables()['states'][other['state']]}, not in {self.state_name}"
            raise Unreadable(wrong, f"Write a district of {self.state_name}")
        raise Unreadable(
            f"{quoted(name)} is not an LGD code of {self.state_name}", self._codes_cure(code) if suggest else _CURE
        )

    def _codes_cure(self, code: str) -> str:
        near = difflib.get_close_matches(code, sorted(self.districts), n=2, cutoff=0.66)
        shown = " or ".join(f"{c} ({self.names[c]})" for c in near)
        return (
            f"Is {shown} meant?" if shown else "Write the LGD code of the district's entry in config.yaml, or its name"
        )

    def _of_another_day(self, name: str, alias: _Alias, day: Date) -> str:
        if alias.since and day < alias.since:
            return (
                f"{quoted(name.strip())} is the name since {alias.since} of {self.names[alias.place]} ({alias.place})"
            )
        renamed = self._renamed.get(alias.place)
        if renamed and not alias.since and day >= renamed[0]:
            return f"{quoted(name.strip())} ({alias.place}) has been named {renamed[1]} since {renamed[0]}"
        return ""

    def _no_site(self, name: str, text: str) -> Unreadable | None:
        """What is wrong with `491/alibagh`; None when it does not begin with a district of ours."""
        before, _, site = text.partition("/")
        code = before.translate(_CODE_DIGITS)
        district = code if code in self.districts else self._known[before].place if before in self._known else ""
        if not site or district not in self.districts:
            return None
        wrong = f"{quoted(name)} is not a session site of {self.names[district]}"
        sites = self.sites.get(district)
        return Unreadable(
            wrong, f"Its sites are {', '.join(sites)}" if sites else "It has none in config.yaml: add it there"
        )

    def _sites_named(self, text: str) -> list[str]:
        sites = [site for sites in self.sites.values() for site in sites]
        return [site for site in sites if text in (site.partition("/")[2], plain(self.names[site].rpartition(" (")[0]))]

    def _unknown(self, name: str, text: str, suggest: bool) -> Unreadable:
        elsewhere = next((row for row in _tables()["elsewhere"] if plain(row["name"]) == text), None)
        if elsewhere:
            near = str(elsewhere["near"])
            cure = f"If {self.names[near]} is meant, write {near}" if near in self.names else "Write its LGD code"
            return Unreadable(f"{quoted(name)} is a district of {elsewhere['state']}", cure)
        for (state, known), code in self._neighbours.items():
            if known == text:
                wrong = (
                    f"{quoted(name)} is a district of {_tables()['states'][state]} ({code}), not of {self.state_name}"
                )
                return Unreadable(wrong, f"Write a district of {self.state_name}")
        if sites := self._sites_named(text):
            return Unreadable(f"{quoted(name)} is a session site, not a district", f"Write {' or '.join(sites)}")
        if text in (plain(self.state_name), plain(self.state_code)):
            return Unreadable(
                f"{quoted(name)} is the state, not a district", "Write STATE for a figure of the whole state"
            )
        if self.is_total(name):
            return Unreadable(f"{quoted(name)} is a sum, not a place", "Write STATE for a figure of the whole state")
        return Unreadable(
            f"{quoted(name)} is not a district of {self.state_name}", self._suggest(text) if suggest else _CURE
        )

    def _suggest(self, text: str) -> str:
        near = difflib.get_close_matches(text, self._known, n=3, cutoff=0.72)
        places = list(dict.fromkeys(self._known[name].place for name in near))
        if not places:
            return _CURE
        return f"Is {' or '.join(f'{self.names[p]} ({p})' for p in places)} meant? Write that"

    def of_public_file(self, district: str, state_code: str) -> str | None:
        """The place of a district of the public files, own or of another state we know; None for any other."""
        if state_code != self.state_code:
            return self._neighbours.get((state_code, plain(district)))
        alias = self._known.get(plain(district))
        return alias.place if alias and alias.place != STATE_PLACE else None

    def state_of_public_file(self, name: str) -> str | None:
        """The place under which a state's own figures are kept: STATE for ours, a two-letter code for another."""
        states: dict[str, str] = _tables()["states"]
        code = next((c for c, full in states.items() if name.strip() in (c, full)), None)
        return STATE_PLACE if code == self.state_code else code

    def named(self, place: str) -> str:
        """A place's name as config.yaml has it; of another state and its districts that in names.yaml; else the place itself."""
        if place in self.names:
            return self.names[place]
        states: dict[str, str] = _tables()["states"]
        other = next((str(row["name"]) for row in _tables()["neighbours"] if str(row["code"]) == place), place)
        return states.get(place, other)

    def state_of(self, place: str) -> str:
        """The letters of the other state that a district of names.yaml lies in; empty for any other place."""
        return next((str(row["state"]) for row in _tables()["neighbours"] if str(row["code"]) == place), "")

    def without_doubles(self, places: Iterable[str]) -> tuple[set[str], set[str]]:
        """Places that may be summed, and those left out because a joint area among them, or their district, covers them already."""
        given = set(places)
        sites = {place for place in given if district_of(place) != place}
        covered = {code for key, codes in self.joint.items() if key in given for code in codes}
        return given - covered - sites, (given & covered) | sites
