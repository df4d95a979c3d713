"""What is said at the agent's start of secrets that cannot be read."""

from pathlib import Path

from probes.kinds import check_of
from probes.secret_files import unreadable

URL = "http://127.0.0.1:1/records"


def test_each_check_that_lacks_a_secret_is_named_with_its_file_and_a_cure(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("s3cret")
    fields = {"kind": "upload", "url": URL, "read_back": {"url": URL}}
    checks = [
        check_of({"name": "ping", "kind": "http", "url": URL}),
        check_of({**fields, "name": "good", "secrets": {"token": str(tmp_path / "there")}}),
        check_of({**fields, "name": "bad", "secrets": {"token": str(tmp_path / "absent")}}),
    ]
    assert unreadable(checks) == [
        f'check bad: the secret "token" cannot be read: {tmp_path}/absent: No such file or directory; '
        "write it there as one line that this agent may read; until then its samples are unknown"
    ]
