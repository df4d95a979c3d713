"""What is written can be read back, whatever the labels; and a page packed in pieces is the text it was made of."""

import gzip
import zlib
from bisect import bisect_left
from random import Random

import pytest
from prometheus_client.parser import text_string_to_metric_families

from probes.metrics.exposition import HistogramText, Packer, PageMaker, crc_of_both, gauge, heading, labelled
from probes.metrics.names import Row

HISTOGRAM = Row("a_seconds", "histogram", ("place", "of"), "How long", (0.1, 1.0, 30.0))
GAUGE = Row("b_ratio", "gauge", ("place",), 'Says "much" of\na back\\slash')
ODD = '"\\\n%{},= \té\u0905\U0001f489x'


def values(text: str) -> dict[tuple[str, ...], float]:
    """By name and label values; buckets by their bound as well."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    read = {(sample.name, *sample.labels.values()): sample.value for sample in samples}
    assert len(read) == len(samples)
    return read


def test_a_histogram_is_read_back_as_it_was_observed_whatever_its_labels() -> None:
    chance = Random(20210116)
    text = heading(HISTOGRAM)
    expected: dict[tuple[str, ...], float] = {}
    for number in range(150):
        place = str(number) + "".join(chance.choices(ODD, k=chance.randrange(9)))
        of = "".join(chance.choices(ODD, k=chance.randrange(9)))
        counts, total = [0, 0, 0, 0], 0.0
        for seconds in (
            chance.choice([0.1, 1.0, 30.0, 0.0, chance.expovariate(0.3)]) for _ in range(chance.randrange(1, 9))
        ):
            counts[bisect_left(HISTOGRAM.buckets, seconds)] += 1
            total += seconds
            for bound in ("0.1", "1.0", "30.0", "+Inf"):
                key = ("a_seconds_bucket", place, of, bound)
                expected[key] = expected.get(key, 0) + (seconds <= float(bound))
        expected |= {("a_seconds_sum", place, of): total, ("a_seconds_count", place, of): sum(counts)}
        text += HistogramText(HISTOGRAM).text(labelled(HISTOGRAM.labels, (place, of)), counts, total)
    assert values(text) == expected


def test_the_heading_says_type_and_help_on_one_line_each() -> None:
    [family] = text_string_to_metric_families(heading(GAUGE) + gauge(GAUGE, labelled(("place",), (ODD,)), 0.1 + 0.2))
    assert (family.type, family.documentation) == ("gauge", GAUGE.says)
    assert [(sample.labels, sample.value) for sample in family.samples] == [({"place": ODD}, 0.1 + 0.2)]


@pytest.mark.parametrize("value", [0, 1, 0.0, 1e-7, 5e-324, 1e22, 86_400.0, float("inf")])
def test_a_gauge_loses_nothing_of_its_value(value: float) -> None:
    assert values(gauge(GAUGE, "", value)) == {("b_ratio",): value}


def test_a_page_is_its_pieces_one_after_the_other() -> None:
    chance, packer = Random(1), Packer()
    texts = ["".join(chance.choices(ODD, k=chance.choice([0, 1, 7, 300, 20_000]))) for _ in range(40)]
    pieces = [packer.pack(text) for text in texts]
    for _ in range(3):  # a piece may stand anywhere, in any number of pages
        order = chance.sample(range(40), k=40)
        maker = PageMaker()
        for one in order:
            maker.add(pieces[one])
        page, expected = maker.page(), "".join(texts[one] for one in order).encode()
        assert (gzip.decompress(page.packed), b"".join(page.unpacked()), page.size) == (
            expected,
            expected,
            len(expected),
        )


def test_an_empty_page_is_a_gzip_file_too() -> None:
    page = PageMaker().page()
    assert (gzip.decompress(page.packed), b"".join(page.unpacked()), page.size) == (b"", b"", 0)


def test_the_crc_of_two_texts_comes_from_that_of_each() -> None:
    chance = Random(2)
    for _ in range(100):
        first, second = (chance.randbytes(chance.randrange(5000)) for _ in range(2))
        assert crc_of_both(zlib.crc32(first), zlib.crc32(second), len(second)) == zlib.crc32(first + second)
