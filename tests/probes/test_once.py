"""`probe --once`: what it shows, what it understands, and real runs of the command against the stand-in."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from probes.config_file import ConfigError
from probes.once.breakdown import lines
from probes.once.command import refuse_echo
from probes.once.leading import Exchange, Told
from probes.once.sentences import outcome, span
from probes.once.targets import Unclear, choose
from probes.rehearsal.faults import Fault, FaultKind
from probes.rehearsal.registry import StandIn
from probes.sample import CheckKind, Outcome, Phases, Reason, Sample, Step

from .agents import Place, anchor, get, local, stand_in, until, upload
from .servers import HttpServer, free_port, raw_server

WHERE = "127.0.0.1:8601"


def sample(**more: Any) -> Sample:
    fields: dict[str, Any] = {
        "seq": 1, "district": 490, "check": "ping", "kind": CheckKind.HTTP, "vantage": "here", "started": 1.0,
        "outcome": Outcome.OK, "status": 200, "bytes_up": 107, "bytes_down": 141,
        "phases": Phases(dns=0.0001, connect=0.02, first_byte=0.18, transfer=0.01, total=0.2101),
    }  # fmt: skip
    return Sample.model_validate({**fields, **more})


def shown(told: Told, fine: bool = True) -> str:
    return "\n".join(lines(told, WHERE, fine)) + "\n"


# -- what it shows ------------------------------------------------------------------------------------------------------


def test_a_good_answer_is_shown_phase_by_phase() -> None:
    assert (
        shown(Told(sample(), (Exchange("GET /ping", 0.0, 0.21, "200"),)))
        == """\
phase              start        took
dns              0.00 ms     0.10 ms  ▏
connect          0.10 ms    20.00 ms  ███
first byte      20.10 ms   180.00 ms     ███████████████████████████▍
transfer       200.10 ms    10.00 ms                                █▌
total                      210.10 ms

status 200, 107 bytes up, 141 bytes down

The registry answered in 0.21 s.
"""
    )


def test_without_utf8_the_bars_are_plain() -> None:
    text = shown(Told(sample(), ()), fine=False)
    assert text.isascii()
    assert "first byte      20.10 ms   180.00 ms     ###########################\n" in text


def test_a_refused_connection_says_what_to_do() -> None:
    refused = sample(
        kind=CheckKind.TCP, outcome=Outcome.FAILED, reason=Reason.REFUSED, stage="connect", status=None, bytes_up=0,
        bytes_down=0, detail="nobody listens on that port (Connection refused)", phases=Phases(dns=0.0001, total=0.0004),
    )  # fmt: skip
    assert shown(Told(refused, ())) == (
        "phase              start        took\n"
        "dns              0.00 ms     0.10 ms  ████████\n"
        "total                        0.40 ms\n"
        "\n"
        "0 bytes up, 0 bytes down\n"
        "\n"
        "Nobody listens on that port: 127.0.0.1:8601 refused the connection after 0.4 ms. What to do: Check the port; "
        "if it is right, the service behind it is not running: call the operator.\n"
        "reason refused, stage connect: nobody listens on that port (Connection refused)\n"
    )


def test_an_upload_shows_its_steps_its_looks_and_its_clean_up() -> None:
    steps = [Step(name=name, seconds=s) for name, s in (("authorise", 0.1), ("submit", 0.2), ("read_back", 0.7))]
    good = sample(
        kind=CheckKind.UPLOAD, status=202, bytes_up=4641, up_bytes_per_s=22_800.0, steps=tuple(steps),
        phases=Phases(dns=0.0, connect=0.05, first_byte=0.1, transfer=0.05, visible=0.7, total=1.0),
    )  # fmt: skip
    asked = (
        Exchange("POST /authorize", 0.0, 0.1, "200"), Exchange("POST /records", 0.1, 0.2, "202"),
        Exchange("GET /records/tw-probe-1", 0.3, 0.1, "404"), Exchange("GET /records/tw-probe-1", 0.8, 0.2, "200"),
        Exchange("DELETE /records/tw-probe-1", 1.0, 0.3, "204"),
    )  # fmt: skip
    assert (
        shown(Told(good, asked, cleaned=True))
        == """\
phase              start        took
dns            100.00 ms     0.00 ms     ▏
connect        100.00 ms    50.00 ms     █▋
first byte     150.00 ms   100.00 ms      ███▎
transfer       250.00 ms    50.00 ms          █▋
visible        300.00 ms   700.00 ms           ██████████████████████▍
total                     1000.00 ms

step                            took
authorise                  100.00 ms
submit                     200.00 ms
read back                  700.00 ms

asked                              start        took  answer
POST /authorize                  0.00 ms   100.00 ms  200
POST /records                  100.00 ms   200.00 ms  202
GET /records/tw-probe-1        300.00 ms   100.00 ms  404
GET /records/tw-probe-1        800.00 ms   200.00 ms  200
DELETE /records/tw-probe-1    1000.00 ms   300.00 ms  204

status 202, 4641 bytes up, 141 bytes down, 22.8 kB/s up

The record was accepted and seen again 0.70 s later; 1.00 s in all.
The synthetic record has been taken away again.
"""
    )


def test_a_bundle_shows_each_try_its_loss_and_its_jitter() -> None:
    text = shown(Told(sample(bundle=(0.010, None, 0.014, 0.012)), ()))
    assert (
        """
try 1                       10.00 ms
try 2                           lost
try 3                       14.00 ms
try 4                       12.00 ms
1 of 4 lost, jitter 3 ms
"""
        in text
    )


def test_a_record_that_is_left_is_named() -> None:
    told = Told(None, (), left="DELETE http://127.0.0.1:8601/records/tw-probe-1")
    assert shown(told) == (
        "Broken off before the check had come to its end.\n"
        "The synthetic record could not be taken away. Ask the operator to do it: "
        "DELETE http://127.0.0.1:8601/records/tw-probe-1\n"
    )


@pytest.mark.parametrize("kind", CheckKind)
def test_every_kind_has_its_good_sentence(kind: CheckKind) -> None:
    said = outcome(sample(kind=kind, phases=Phases(visible=0.5, total=1.0)), WHERE)
    assert "1.00 s" in said
    assert said.endswith(".")
    assert "What to do" not in said


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.NONE])
def test_every_reason_has_its_sentence_and_a_cure(reason: Reason) -> None:
    said = outcome(sample(reason=reason), WHERE)
    assert ". What to do: " in said
    assert said.endswith(".")
    assert "{" not in said


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.0, "0 ms"), (0.00043, "0.43 ms"), (0.0851, "85 ms"), (0.214, "0.21 s"), (12.34, "12.3 s")]
)
def test_times_are_said_as_a_person_says_them(seconds: float, words: str) -> None:
    assert span(seconds) == words


# -- what it understands ------------------------------------------------------------------------------------------------


@pytest.fixture
def config(tmp_path: Path) -> Path:
    checks = [get("https://registry.example.org"), {"name": "db", "kind": "tcp", "host": "127.0.0.1", "port": 9}]
    probes = {
        "agent": "a", "vantage": "a desk", "districts": [490, 491], "checks": checks,
        "consent": {"who": "The operator", "when": "2021-01-10", "reference": "letter 17"},
    }  # fmt: skip
    file = tmp_path / "config.yaml"
    file.write_text(json.dumps({"probes": probes, "districts": "not ours"}))
    return file


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A folder without a config."""
    before, folder = Path.cwd(), tmp_path / "elsewhere"
    folder.mkdir()
    os.chdir(folder)
    yield folder
    os.chdir(before)


@pytest.mark.parametrize(
    ("text", "kind", "addresses"),
    [
        ("http://127.0.0.1:8601/a?b=1", CheckKind.HTTP, ("http://127.0.0.1:8601/a?b=1",)),
        ("https://localhost/", CheckKind.HTTP, ("https://localhost/",)),
        ("tcp://127.0.0.1:25", CheckKind.TCP, ("tcp://127.0.0.1:25",)),
        ("localhost:25", CheckKind.TCP, ("tcp://localhost:25",)),
        ("dns://127.0.0.1/registry.example.org", CheckKind.DNS, ("dns://127.0.0.1:53",)),
        ("dns://127.0.0.1:5353/registry.example.org", CheckKind.DNS, ("dns://127.0.0.1:5353",)),
        ("tls://localhost", CheckKind.TLS, ("https://localhost:443/",)),
        ("tls://127.0.0.1:8443", CheckKind.TLS, ("https://127.0.0.1:8443/",)),
        ("icmp://127.0.0.1", CheckKind.ICMP, ("icmp://127.0.0.1",)),
    ],
)
def test_an_address_of_this_machine_needs_no_config(
    elsewhere: Path, text: str, kind: CheckKind, addresses: tuple[str, ...]
) -> None:
    chosen = choose(text, None, None)
    assert (chosen.target.check.kind, chosen.target.check.addresses) == (kind, addresses)
    assert chosen.consent is None


ONE_OF = (
    "Write one of http://host/path, https://host/path, tls://host, tcp://host:port, dns://resolver/name or icmp://host"
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tcp://127.0.0.1", f'"tcp://127.0.0.1" is not an address (it names no port). {ONE_OF}'),
        ("dns://127.0.0.1", f'"dns://127.0.0.1" is not an address (it names nothing to ask for). {ONE_OF}'),
        ("http://", f'"http://" is not an address (it names no host). {ONE_OF}'),
        ("tcp://127.0.0.1:99999", f'"tcp://127.0.0.1:99999" is not an address (Port out of range 0-65535). {ONE_OF}'),
        ("tcp://me:you@127.0.0.1:1", f'"tcp://(hidden)@127.0.0.1:1" is not an address (it holds a user name). {ONE_OF}'),
        (
            "http://me:you@127.0.0.1/",
            '"http://(hidden)@127.0.0.1/" cannot be measured: url: the address holds a user name or password. '
            "Addresses are shown on pages and in logs: send the secret in headers instead",
        ),
        (
            "ftp://me:you@127.0.0.1/",
            f'"ftp://(hidden)@127.0.0.1/" is neither a check nor an address. {ONE_OF.replace("one of", "an address:")}',
        ),
        ("ping", f'"ping" is neither a check nor an address. {ONE_OF.replace("one of", "an address:")}'),
        ("ftp://127.0.0.1/", f'"ftp://127.0.0.1/" is neither a check nor an address. {ONE_OF.replace("one of", "an address:")}'),
        (
            "https://registry.example.org/ping",
            '"https://registry.example.org/ping" is not on this machine and there is no consent. Ask its operator, then add '
            "consent: {who: …, when: 2021-01-10, reference: …} to probes in config.yaml and name the file with --config",
        ),
    ],
)  # fmt: skip
def test_a_target_that_cannot_be_measured_says_why(elsewhere: Path, text: str, said: str) -> None:
    with pytest.raises(Unclear) as refused:
        choose(text, None, None)
    assert str(refused.value) == said


def test_an_echo_is_refused_where_the_system_allows_none(elsewhere: Path) -> None:
    chosen = choose("icmp://127.0.0.1", None, None)
    refuse_echo(chosen, "")
    refuse_echo(choose("http://127.0.0.1/", None, None), "set net.ipv4.ping_group_range")
    with pytest.raises(Unclear, match="kind icmp cannot be measured here: set net"):
        refuse_echo(chosen, "set net.ipv4.ping_group_range")


def test_a_check_of_the_config_is_meant_by_its_name(config: Path) -> None:
    chosen = choose("ping", config, 491)
    assert (chosen.target.district, chosen.target.check.name) == (491, "ping")
    assert [check.name for check in chosen.probes.checks] == ["ping"]
    assert chosen.probes.districts == (491,)
    assert chosen.consent is not None
    assert choose("db", config, None).consent is None


def test_an_address_away_is_measured_by_the_consent_of_the_config(config: Path) -> None:
    chosen = choose("https://registry.example.org/other", config, None)
    assert chosen.consent is not None
    assert (chosen.target.district, chosen.probes.vantage) == (490, "a desk")


@pytest.mark.parametrize(
    ("text", "district", "said"),
    [
        ("pign", None, 'there is no check "pign". Did you mean ping?'),
        ("ping", 7, "--district 7 is not in probes.districts of the config. Write one of 490, 491"),
        ("ping", 0, "--district 0 is not an LGD code. Write for example --district 490"),
    ],
)
def test_a_name_or_a_district_nobody_knows_is_said(config: Path, text: str, district: int | None, said: str) -> None:
    with pytest.raises(Unclear) as refused:
        choose(text, config, district)
    assert str(refused.value) == said


def test_a_config_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no file"):
        choose("http://127.0.0.1/", tmp_path / "nowhere.yaml", None)


# -- the command --------------------------------------------------------------------------------------------------------


def once(*arguments: str, folder: Path, encoding: str = "utf-8", module: str = "probes") -> tuple[int, str, str]:
    command = [sys.executable, "-m", module, *(["probe"] if module == "dashboard.cli" else []), "--once", *arguments]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    ended = subprocess.run(command, capture_output=True, cwd=folder, env=environment, timeout=120, check=False)
    return ended.returncode, ended.stdout.decode(), ended.stderr.decode()


def write(folder: Path, *checks: dict[str, Any]) -> None:
    fields = [{"interval_s": 30, "deadline_s": 10, **check} for check in checks]
    probes = {"agent": "a", "vantage": "a desk", "districts": [490, 491], "checks": fields}
    (folder / "config.yaml").write_text(json.dumps({"probes": probes}))


@pytest.mark.process
@pytest.mark.parametrize("module", ["probes", "dashboard.cli"])
def test_a_good_registry_ends_with_status_0(good: StandIn, tmp_path: Path, module: str) -> None:
    status, out, err = once(f"{local(good.ports.registry)}/api/490/ping", folder=tmp_path, module=module)
    assert (status, err) == (0, "")
    assert out.startswith(f"http {local(good.ports.registry)}/api/490/ping, district 1\n\nphase  ")
    assert "status 200" in out
    assert "\nThe registry answered in " in out
    assert "█" in out


@pytest.mark.process
def test_a_terminal_without_utf8_gets_ascii(good: StandIn, tmp_path: Path) -> None:
    status, out, _ = once(f"{local(good.ports.registry)}/api/490/ping", folder=tmp_path, encoding="ascii")
    assert (status, out.isascii()) == (0, True)


@pytest.mark.process
def test_bad_answers_end_with_status_1_and_say_so(good: StandIn, tmp_path: Path) -> None:
    nobody = free_port()
    for target, said in [
        (f"{local(good.ports.registry)}/nothing", "with status 404, which is not a good one"),
        (
            f"http://127.0.0.1:{nobody}/",
            f"Nobody listens on that port: 127.0.0.1:{nobody} refused the connection after ",
        ),
        ("http://no-such-name.invalid/", "is not on this machine and there is no consent"),
    ]:
        status, out, err = once(target, folder=tmp_path)
        assert status == (2 if err else 1)
        assert said in out + err


@pytest.mark.process
def test_a_name_that_is_not_there_is_a_fault_of_dns(tmp_path: Path) -> None:
    write(tmp_path, {"name": "neutral", "kind": "anchor", "url": "http://no-such-name.invalid/", "deadline_s": 5})
    status, out, _ = once("neutral", folder=tmp_path)
    assert status == 1
    assert "no-such-name.invalid" in out
    assert "\nreason dns, " in out or "the agent itself is cut off" in out  # a machine may have no resolver at all


@pytest.mark.process
def test_a_bundle_is_taken_as_often_as_it_says(good: StandIn, tmp_path: Path) -> None:
    write(tmp_path, {**get(local(good.ports.registry)), "bundle": {"count": 3, "gap_s": 0.01, "most_lost": 1}})
    status, out, _ = once("ping", folder=tmp_path)
    assert status == 0, out
    assert "\ntry 3 " in out
    assert "\n0 of 3 lost, jitter " in out


@pytest.mark.process
def test_a_hand_shake_is_called_one(tmp_path: Path) -> None:
    with raw_server(lambda connection: connection.sendall(b"SSH-2.0-x\r\n")) as port:
        status, out, _ = once(f"tls://127.0.0.1:{port}", folder=tmp_path)
    assert status == 1
    assert "\nhand-shake " in out
    assert "GET /" not in out
    assert ": the port does not speak TLS (" in out


@pytest.mark.process
def test_a_reader_that_has_read_enough_is_no_error(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "probes", "--once", f"http://127.0.0.1:{free_port()}/"]
    with os.fdopen(writer, "wb") as nobody_reads:
        ended = subprocess.run(
            command, stdout=nobody_reads, stderr=subprocess.PIPE, cwd=tmp_path, timeout=120, check=False
        )
    assert (ended.returncode, ended.stderr) == (1, b"")


@pytest.mark.process
def test_a_registry_that_hangs_ends_at_the_deadline(tmp_path: Path) -> None:
    with stand_in(Fault(kind=FaultKind.HANG)) as registry:
        write(tmp_path, {**get(local(registry.ports.registry)), "deadline_s": 0.5})
        status, out, _ = once("ping", "--district", "491", folder=tmp_path)
    assert status == 1
    assert f"127.0.0.1:{registry.ports.registry} did not come to an end within 0.5" in out
    assert "reason timeout, stage first_byte: no end after 0.5 s, waiting for the answer to begin" in out


@pytest.mark.process
def test_the_sample_itself_as_json(good: StandIn, tmp_path: Path) -> None:
    write(tmp_path, anchor(good))
    status, out, _ = once("neutral", "--json", folder=tmp_path)
    found = Sample.model_validate_json(out)
    assert (status, found.check, found.district, found.vantage, found.outcome) == (0, "neutral", 490, "a desk", "ok")


@pytest.mark.process
@pytest.mark.parametrize("arguments", [["pign"], ["tcp://x"], ["ping", "--district", "x"], []])
def test_wrong_arguments_end_with_status_2(tmp_path: Path, arguments: list[str]) -> None:
    write(tmp_path, get("http://127.0.0.1:1"))
    status, out, err = once(*arguments, folder=tmp_path)
    assert (status, out) == (2, "")
    assert "Traceback" not in err


@pytest.mark.process
def test_an_upload_is_measured_and_taken_away(good: StandIn, tmp_path: Path) -> None:
    write(tmp_path, upload(local(good.ports.registry)))
    status, out, _ = once("upload", folder=tmp_path)
    assert status == 0, out
    assert "\nPOST /api/490/records " in out
    assert "\nDELETE /api/490/records/tw-probe-" in out
    assert out.endswith("The synthetic record has been taken away again.\n")
    assert good.load()["records_left"] == 0


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.timed
def test_a_check_that_is_broken_off_still_takes_its_record_away(tmp_path: Path, number: signal.Signals) -> None:
    with stand_in() as registry:
        slow = upload(local(registry.ports.registry))
        slow["read_back"] = {**slow["read_back"], "expect_text": "never there"}  # type: ignore[dict-item]
        write(tmp_path, slow)
        command = [sys.executable, "-m", "probes", "--once", "upload"]
        with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
            until(lambda: registry.load()["read"] > 0)
            began = time.monotonic()
            process.send_signal(number)
            out, _ = process.communicate(timeout=60)
        assert time.monotonic() - began < 1.5
        assert registry.load()["records_left"] == 0
    assert process.returncode == 1
    assert "Broken off before the check had come to its end.\nThe synthetic record has been taken away again.\n" in out


@pytest.mark.process
def test_it_runs_beside_an_agent(place: Place, room: HttpServer, good: StandIn) -> None:
    agent = place.start(place.config(room.url, [get(local(good.ports.registry))]))
    until(lambda: room.calls != [])
    status, out, err = once("ping", folder=place.folder)
    assert (status, err) == (0, "")
    assert "The registry answered in" in out
    assert agent.poll() is None
    agent.send_signal(signal.SIGTERM)
    assert agent.wait(60) == 0
