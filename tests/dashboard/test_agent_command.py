"""`tikawatch agent`: tokens bound to districts by code or name, kept when renewed, and shown."""

from pathlib import Path

import pytest

from dashboard import agent_command
from dashboard.settings import ControlRoomFile
from probes.config_file import Document, validate
from probes.settings import AgentFile
from tests.builders import example_settings
from tests.places import at
from tests.stores import fresh_store

NOW = at("12:00")


@pytest.fixture
def settings(tmp_path: Path) -> ControlRoomFile:
    made = example_settings(store=tmp_path / "tikawatch.db")
    fresh_store(made.dashboard.store).dispose()
    return made


def test_a_token_is_bound_by_code_or_name_and_freed_by_all(settings: ControlRoomFile) -> None:
    first = agent_command.add(settings, "konkan", "491, Thane", NOW)
    agent_command.add(settings, "everywhere", None, NOW)
    assert agent_command.listed(settings) == ["everywhere", "konkan  only 491 Raigad, 497 Thane"]
    assert agent_command.add(settings, "konkan", None, NOW) != first
    agent_command.revoke(settings, "konkan", NOW)
    assert agent_command.listed(settings)[1] == "konkan  revoked  only 491 Raigad, 497 Thane"
    agent_command.add(settings, "konkan", "all", NOW)
    assert agent_command.listed(settings)[1] == "konkan"


@pytest.mark.parametrize(
    ("districts", "said"),
    [
        ("491,Thanne", '"Thanne" is not a district of Maharashtra. Is Thane (497) meant? Write that'),
        ("9", '"9" is not an LGD code of Maharashtra. Write the LGD code of the district\'s entry in config.yaml, or its name'),
        ("491,", "the district is missing. Write its LGD code or name, or STATE for the state"),
        ("STATE", "--districts: Maharashtra is not one district. Write LGD codes or names, for example 491,492"),
        ("mumbai", "--districts: Mumbai (both districts) is not one district. Write LGD codes or names, for example 491,492"),
    ],
)  # fmt: skip
def test_what_is_no_district_is_refused_and_nobody_is_let_in(
    settings: ControlRoomFile, districts: str, said: str
) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        agent_command.add(settings, "konkan", districts, NOW)
    assert str(caught.value) == said
    assert agent_command.listed(settings) == []


@pytest.mark.parametrize("name", ["a b", "", "Raigad", "raigad/1", "-1", "r" * 64])
def test_a_name_that_config_yaml_would_refuse_is_refused_in_its_words(settings: ControlRoomFile, name: str) -> None:
    document = Document("c", {"probes": {"agent": name}}, {}, ())
    of_config = next(f for f in validate(document, AgentFile)[1] if f.where == "probes.agent")
    with pytest.raises(ValueError, match="has not the wanted form") as caught:
        agent_command.add(settings, name, None, NOW)
    assert str(caught.value) == f"agent: {of_config.wrong}. {of_config.cure}"
    assert agent_command.listed(settings) == []


def test_who_is_not_there_cannot_be_shut_out(settings: ControlRoomFile) -> None:
    with pytest.raises(ValueError, match='there is no agent "nobody"; see: tikawatch agent list'):
        agent_command.revoke(settings, "nobody", NOW)
