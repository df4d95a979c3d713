"""Secrets out of files."""

import os
from pathlib import Path

import pytest

from probes.secrets import Hidden, HiddenBytes, SecretError, read_all


def test_a_secret_is_the_line_in_its_file(tmp_path: Path) -> None:
    (tmp_path / "login").write_text("probe:s3cret é\n", encoding="utf-8")
    values = read_all({"login": tmp_path / "login"})
    assert values == {"secret:login": "probe:s3cret é", "basic:login": "cHJvYmU6czNjcmV0IMOp"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file or directory"),
        (b"", "must hold one line of text"),
        (b" \n", "must hold one line of text"),
        (b"one-s3cret\ntwo-s3cret\n", "must hold one line of text"),
        (b"s3cret\x00", "must hold one line of text"),
        (b"s3cret\xff", "is not UTF-8"),
        (b"s3cret" * 20_000, "must hold one line of text"),
    ],
)
def test_an_unfit_file_is_said_without_what_is_in_it(tmp_path: Path, content: bytes | None, words: str) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SecretError) as told:
        read_all({"token": file})
    assert words in str(told.value)
    assert '"token"' in str(told.value)
    assert "s3cret" not in str(told.value)


def test_a_pipe_does_not_hold_up_the_agent(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SecretError, match="is not a file"):
        read_all({"token": tmp_path / "pipe"})


def test_what_may_hold_a_secret_does_not_show_itself() -> None:
    assert "s3cret" not in repr((Hidden("Authorization: Bearer s3cret"), HiddenBytes(b"s3cret")))
    assert Hidden("s3cret").encode() == b"s3cret"
