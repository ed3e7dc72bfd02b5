"""Counting what is said twice."""

from users_app.repeats import Repeats


def test_each_thing_beyond_the_first_time_counts() -> None:
    repeats = Repeats()
    for number in [*range(1000), *range(900), 5, 5]:
        repeats.note(("u", 1, f"r{number}"))

    assert repeats.count() == 902
    assert Repeats().count() == 0
