"""Names that must not be looked up for a while."""

from probes.carriers.look_ups import MAY_HANG, RESOLVER_S, LookUps

NAME = "registry.example.org"


def test_a_few_that_hang_stop_nothing_and_eight_do() -> None:
    look_ups = LookUps()
    for number in range(MAY_HANG):
        assert not look_ups.hang(NAME, float(number))
        look_ups.gave_up(NAME, float(number))
    assert look_ups.hang(NAME, 8.0)
    assert not look_ups.hang("neutral.example.org", 8.0)


def test_the_resolver_lets_go_of_one_after_the_other() -> None:
    look_ups = LookUps()
    for number in range(MAY_HANG):
        look_ups.gave_up(NAME, float(number))
    assert look_ups.hang(NAME, RESOLVER_S - 0.1)
    assert not look_ups.hang(NAME, RESOLVER_S)
    look_ups.gave_up(NAME, RESOLVER_S)
    assert look_ups.hang(NAME, RESOLVER_S)


def test_an_answer_of_the_resolver_is_the_end_of_it() -> None:
    look_ups = LookUps()
    for _ in range(MAY_HANG):
        look_ups.gave_up(NAME, 0.0)
    look_ups.ended(NAME)
    assert not look_ups.hang(NAME, 0.0)
