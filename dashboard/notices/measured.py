"""Finds the numbers in the English evidence of a step, to say them again in the recipient's language. Pure; the words stand in words/.

A pattern follows the texts of dashboard/detection and dashboard/doses. A text that has changed is found no more: the English is then alone.
"""

import re
from collections.abc import Mapping
from typing import Final

# by the key of its words in words/*.yaml, in the order they are said; the names of the groups are filled in there
FACTS: Final = {
    "uploads": re.compile(r"uploads take (?P<span>[\d.]+(?: to [\d.]+)?) s\b"),
    "usual": re.compile(r", usually (?P<usual>[\d.]+) s\b"),
    "times": re.compile(r" take (?:over )?(?P<times>[\d.]+) times what is usual"),
    "last_uploads": re.compile(r"the last (?P<n>\d+) uploads fail"),
    "checks": re.compile(r"(?P<n>\d+) of (?P<of>\d+) checks fail"),
    "share": re.compile(r"(?P<share>\d+(?: to \d+)?%) of (?:its |their |the )?checks\b"),
    "neutral": re.compile(r"the neutral host answers (?P<n>\d+) of (?P<of>\d+)"),
    "neutral_too": re.compile(r"(?P<n>\d+) of (?P<of>\d+) of the neutral host too"),
    "districts_fail": re.compile(r"(?P<n>\d+) of (?P<of>\d+) districts fail"),
    "expected": re.compile(r"(?P<n>\d+) doses in (?P<minutes>\d+) minutes, (?P<expected>\d+) were to be expected"),
    "median": re.compile(r"(?P<n>\d+) of (?P<of>\d+) \(\d+%\) while the median district is at (?P<median>\d+%)"),
    "paper": re.compile(r"(?P<n>[\d,]+) doses on paper"),
    "others_ok": re.compile(r"the (?P<n>\d+) others are ok"),
    "some_ok": re.compile(r"(?P<n>\d+) of (?P<of>\d+) others are ok"),
}


def measured(sentence: str, words: Mapping[str, str]) -> str:
    """What of a step's sentence can be said in other words, by the keys of FACTS; empty: nothing."""
    found = ((key, pattern.search(sentence)) for key, pattern in FACTS.items() if key in words)
    return "; ".join(words[key].format(**_plain(match)) for key, match in found if match)


def _plain(match: re.Match[str]) -> dict[str, str]:
    return {name: text.replace(" to ", "–") for name, text in match.groupdict().items()}
