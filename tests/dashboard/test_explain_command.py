"""`tikawatch explain`, over a stored morning in which Raigad's line is cut."""

import re
from pathlib import Path

import pytest

from dashboard import cli, explain_command
from dashboard.settings import ControlRoomFile
from probes.clock import SetClock
from probes.config_file import ConfigError
from tests.dashboard.replay import a_day, a_store
from tests.dashboard.replay.a_day import Fault
from tests.dashboard.replay.a_store import moment, room
from tests.places import EXAMPLE

CUT = Fault("09:05", "09:20", ("Raigad",), error="timeout", anchors=True)
AT = "2021-01-19T09:09"
CLOCK = SetClock(moment("17:00"))
FIRST = "Raigad at 09:09 on 19 January 2021: own line, 12 of 12 checks fail (no answer in time), and 4 of 4 of the neutral host too."


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> ControlRoomFile:
    """The room of the made-up day, with its store."""
    file = tmp_path_factory.mktemp("explain") / "t.db"
    a_store.stored(file, a_day.samples((CUT,), end="09:10")).dispose()
    return with_store(file)


def with_store(file: Path) -> ControlRoomFile:
    return room().model_copy(update={"dashboard": room().dashboard.model_copy(update={"store": file})})


def tried(settings: ControlRoomFile, text: str, day: str) -> list[str]:
    rules = settings.dashboard.store.with_name("rules.yaml")
    rules.write_text(text, encoding="utf-8")
    return explain_command.try_out(settings, rules, day, lambda _line: None).splitlines()


def test_a_district_is_explained_with_what_holds_and_what_is_missing(settings: ControlRoomFile) -> None:
    said = explain_command.explain(settings, CLOCK, "रायगड", AT)
    first, second, *_ = said.splitlines()
    assert first == FIRST
    assert second == "Here what is usual was learnt from the 3 hours before."
    held = said[said.index("These rules hold:") : said.index("These keep it quiet:")]
    assert [line for line in held.splitlines()[1:] if re.match(r"  \S", line)] == [
        "  Its checks fail",
        "  Own line cut",
    ]
    assert "      wanted: 3 in a row of" in said
    assert "      missing: 7 more failing districts" in said
    assert "(outage.districts)" in said


def test_the_state_is_explained(settings: ControlRoomFile) -> None:
    said = explain_command.explain(settings, CLOCK, "STATE", AT + "+05:30")
    assert said.startswith("Maharashtra at 09:09 on 19 January 2021: no trouble of the whole state.")


def test_the_present_is_explained(settings: ControlRoomFile) -> None:
    said = explain_command.explain(settings, SetClock(moment("09:09:30")), "Raigad", "")
    assert said.startswith("Raigad at 09:09 on 19 January 2021: own line")
    assert "Here what is usual is what the watch has learnt." in said


@pytest.mark.parametrize(
    ("district", "at", "message"),
    [
        ("Raigadd", AT, '"Raigadd" is not a district of Maharashtra. Is Raigad (491) meant? Write that'),
        ("Raigad", "yesterday", '"yesterday" is not a moment. Write for example 2021-01-16T13:20'),
        ("Raigad", "2999-01-01T10:00", "2999-01-01T10:00 is still to come. Leave --at out for now"),
        ("Raigad", "2021-01-16T09:00", "nothing was measured in the 3 hours before 2021-01-16 09:00. Samples are stored of 2021-01-19"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_said(settings: ControlRoomFile, district: str, at: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        explain_command.explain(settings, CLOCK, district, at)


def test_without_a_store_it_says_so_and_makes_none(tmp_path: Path) -> None:
    store = tmp_path / "no.db"
    with pytest.raises(ValueError, match=r"there is no store .*: run tikawatch serve first"):
        explain_command.explain(with_store(store), CLOCK, "Raigad", AT)
    assert not store.exists()
    store.write_text("not a store")
    with pytest.raises(ValueError, match="cannot be read: file is not a database"):
        explain_command.explain(with_store(store), CLOCK, "Raigad", AT)


def test_other_thresholds_are_tried_on_a_day(settings: ControlRoomFile) -> None:
    said = tried(settings, "rules:\n  settle_s: 60\n", a_day.DAY)
    assert said[0].startswith("2021-01-19, 09:00:00 to 09:")
    assert said[1:3] == ["Changed: settle_s 30 -> 60", "  new"]
    assert re.match(r"    now : local, district, 09:0\d:\d\d to open, Raigad$", said[3])
    assert said[-1] == "Told then: 0; told with these thresholds: 1; new: 1, missing: 0"


def test_what_cannot_be_tried_is_said_all_at_once(settings: ControlRoomFile) -> None:
    with pytest.raises(ConfigError) as refused:
        tried(settings, "settle: 60\ntick_s: 0\n", a_day.DAY)
    assert [line.split(":")[0] for line in str(refused.value).splitlines()] == [
        "rules.yaml line 1, settle", "rules.yaml line 2, tick_s",
    ]  # fmt: skip
    with pytest.raises(ValueError, match=r'"" is not a day. Write for example --day 2021-01-16'):
        tried(settings, "tick_s: 15", "")


@pytest.mark.process
def test_the_command_prints_and_its_exit_status_says_how_it_went(
    settings: ControlRoomFile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.yaml"
    text = EXAMPLE.read_text(encoding="utf-8").replace("data/tikawatch.db", str(settings.dashboard.store))
    config.write_text(text, encoding="utf-8")
    (tmp_path / "rules.yaml").write_text("tick_s: 15", encoding="utf-8")
    command = ["explain", "--config", str(config)]
    assert cli.main([*command, "491", "--at", AT]) == 0
    assert capsys.readouterr().out.startswith(FIRST)
    assert cli.main([*command, "--what-if", str(tmp_path / "rules.yaml"), "--day", a_day.DAY]) == 0
    assert "Changed: nothing" in capsys.readouterr().out
    assert cli.main([*command, "mumbai"]) == 1
    wrong = "tikawatch explain: Mumbai (both districts) is not one district. Write the LGD code or the name of a district, or STATE"
    assert capsys.readouterr().err.strip() == wrong
    for arguments in ((), ("Raigad", "--what-if", "rules.yaml")):
        with pytest.raises(SystemExit) as ended:
            cli.main([*command, *arguments])
        assert ended.value.code == 2
