"""Are the words in braces known where they stand? May be changed: what is said of those that are not."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import AfterValidator

from probes.sections import Host, refuse
from probes.templates import Tree, words

DISTRICT: Final = frozenset({"district"})  # all that a check of one question knows


@dataclass(frozen=True)
class Place:
    """A template of a check, the way to it in the check's section, and the words that are known there; none: nothing is filled in."""

    template: Tree
    at: tuple[str | int, ...]
    known: frozenset[str]


def look_through(places: Iterable[Place]) -> None:
    """Refuse the first word that has no value where it stands.

    Raises:
        PydanticCustomError: in words for the user.
    """
    for place in places:
        for word in words(place.template):
            if word not in place.known:
                raise refuse(f'"{{{word}}}" has no value here', _cure(word, place), place.at)


def _of_a_district(host: str) -> str:
    look_through([Place(host, (), DISTRICT)])
    return host


AskedHost = Annotated[Host, AfterValidator(_of_a_district)]


def _cure(word: str, place: Place) -> str:
    how, _, name = word.partition(":")
    last = place.at[-1] if place.at else ""
    if not place.known:
        return "Nothing is filled in here" + ("; only upload and message checks take secrets" if name else "")
    if name and last in ("url", "in_doubt_url"):
        return "Addresses are shown on pages and in logs: send the secret in headers or in the body"
    if name and how in ("secret", "basic") and last in ("headers", "body") and place.at[0] != "clean_up":
        return f"Add secrets: {{{name}: /etc/tikawatch/{name}}}"
    near = difflib.get_close_matches(word, place.known, n=1)
    return (
        f"Did you mean {{{near[0]}}}?"
        if near
        else f"Known here: {', '.join(f'{{{one}}}' for one in sorted(place.known))}"
    )
