"""The bounds of the stand-in's memory."""

from probes.rehearsal.records import Records


def test_over_the_number_the_oldest_goes() -> None:
    records = Records(max_records=2)
    for name in ("a", "b", "c"):
        records.put(491, name, b"x", 0)
    assert len(records) == 2
    assert records.seen(491, "a", 1) is None
    assert records.seen(491, "c", 1) == b"x"


def test_over_the_bytes_the_oldest_go() -> None:
    records = Records(max_bytes=100)
    for name in ("a", "b", "c"):
        records.put(491, name, b"x" * 50, 0)
    assert len(records) == 2
    records.put(491, "big", b"x" * 101, 0)
    assert len(records) == 0


def test_the_same_id_again_replaces_the_record() -> None:
    records = Records(max_bytes=100)
    for _ in range(5):
        records.put(491, "a", b"x" * 60, 0)
    assert len(records) == 1


def test_a_record_is_seen_from_its_moment_on() -> None:
    records = Records()
    records.put(491, "a", b"x", 10.0)
    assert records.seen(491, "a", 9.9) is None
    assert records.seen(491, "a", 10.0) == b"x"
