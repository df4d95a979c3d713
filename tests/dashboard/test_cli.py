"""The commands a person types, in this process; those that keep running are in tests/end_to_end."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from dashboard import cli
from probes.rehearsal.mail_catcher import MailCatcher
from tests.places import EXAMPLE

pytestmark = pytest.mark.process  # whole commands, each with its own store


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[MailCatcher]:
    catcher = MailCatcher(tmp_path / "mails")
    catcher.start()
    yield catcher
    catcher.stop()


def config_in(folder: Path, **mail: object) -> str:
    """config.yaml with its store in a folder of the test."""
    yaml = YAML(typ="safe", pure=True)
    data = yaml.load(EXAMPLE.read_text(encoding="utf-8"))
    data["dashboard"]["store"] = str(folder / "store" / "tikawatch.db")
    data["dashboard"]["mail"] |= mail
    path = folder / "config.yaml"
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(data, file)
    return str(path)


def test_an_agent_is_added_listed_and_revoked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = config_in(tmp_path)
    assert cli.main(["agent", "add", "raigad-1", "--config", config]) == 0
    assert len(capsys.readouterr().out.strip()) == 43
    assert cli.main(["agent", "revoke", "raigad-1", "--config", config]) == 0
    assert cli.main(["agent", "list", "--config", config]) == 0
    assert capsys.readouterr().out == "raigad-1  revoked\n"
    assert cli.main(["agent", "revoke", "nobody", "--config", config]) == 1
    assert 'there is no agent "nobody"' in capsys.readouterr().err
    assert cli.main(["agent", "add", "--config", config]) == 2
    assert "name the agent" in capsys.readouterr().err


def test_a_test_mail_goes_through_the_relay(
    tmp_path: Path, catcher: MailCatcher, capsys: pytest.CaptureFixture[str]
) -> None:
    config = config_in(tmp_path, port=catcher.ports.smtp)
    assert cli.main(["mail", "test", "asha@example.org", "--config", config]) == 0
    assert capsys.readouterr().out.startswith("accepted: 250")
    (mail,) = catcher.mails()
    assert (mail.to, mail.subject) == (("asha@example.org",), "Test mail of State Health Control Room, Maharashtra")


def test_a_refused_test_mail_says_so_in_the_relays_words(
    tmp_path: Path, catcher: MailCatcher, capsys: pytest.CaptureFixture[str]
) -> None:
    catcher.reply = lambda _address, stage: "550 5.1.1 No such mailbox" if stage == "RCPT" else None
    assert cli.main(["mail", "test", "x@example.org", "--config", config_in(tmp_path, port=catcher.ports.smtp)]) == 1
    assert capsys.readouterr().out == "refused: 550 5.1.1 No such mailbox\n"


@pytest.mark.parametrize("address", ["a\nb@example.org", "two@example.org,one@example.org", "nobody"])
def test_what_is_no_mail_address_is_refused_before_the_relay_is_asked(
    tmp_path: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["mail", "test", address, "--config", config_in(tmp_path)]) == 1
    assert "is not one mail address" in capsys.readouterr().err


def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert all(name in said for name in ("demo", "run", "probe", "serve", "check-config", "agent", "mail"))


def test_a_missing_config_file_is_said_plainly(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("serve", "probe", "run", "demo"):
        assert cli.main([command, "--config", "nowhere.yaml"]) == 1
        assert (
            capsys.readouterr().err
            == "nowhere.yaml line 1: there is no file nowhere.yaml. Give the path of a config file with --config\n"
        )
