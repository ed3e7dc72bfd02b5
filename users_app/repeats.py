"""Counts what a long stream says more than once."""

from array import array
from collections.abc import Hashable

_BUCKETS = 64


class Repeats:
    """Eight bytes for each thing said, where a set would take a hundred.

    Two things with the same hash count as one: among a million that happens once in ten million
    files.
    """

    def __init__(self) -> None:
        self._buckets = [array("q") for _number in range(_BUCKETS)]

    def note(self, thing: Hashable) -> None:
        number = hash(thing)
        self._buckets[number % _BUCKETS].append(number)

    def count(self) -> int:
        """How many were noted beyond the first time."""
        return sum(len(bucket) - len(set(bucket)) for bucket in self._buckets)
