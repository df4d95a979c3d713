"""Log-ins that are kept for a while."""

from probes.checks import Target
from probes.checks.tokens import Tokens
from probes.kinds import check_of

PING = check_of({"name": "ping", "kind": "http", "url": "http://127.0.0.1:1/"})


def test_what_is_kept_is_found_until_its_time_ends() -> None:
    tokens, target = Tokens(), Target(490, PING)
    assert tokens.find(target, 0.0) == {}
    tokens.keep(target, {"token": "a"}, 100.0)
    assert tokens.find(target, 99.9) == {"token": "a"}
    assert tokens.find(target, 100.0) == {}


def test_each_target_has_its_own() -> None:
    tokens, here, there = Tokens(), Target(490, PING), Target(491, PING)
    tokens.keep(here, {"token": "a"}, 100.0)
    assert tokens.find(there, 0.0) == {}
    tokens.drop(here)
    tokens.drop(there)
    assert tokens.find(here, 0.0) == {}


def test_what_comes_out_can_be_changed_without_changing_what_is_kept() -> None:
    tokens, target = Tokens(), Target(490, PING)
    tokens.keep(target, {"token": "a"}, 100.0)
    tokens.find(target, 0.0)["token"] = "b"
    assert tokens.find(target, 0.0) == {"token": "a"}
