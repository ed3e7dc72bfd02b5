"""The public id of a message (protocol/ums.md 3.1)."""

import re

from ums.lib.msgid import new_msgid


def test_a_msgid_has_the_shape_of_the_original() -> None:
    assert re.fullmatch(r"v:1t:\d{10}p:\d{1,9}n:\d{1,9}", new_msgid())


def test_msgids_differ() -> None:
    assert len({new_msgid() for _number in range(1000)}) == 1000
