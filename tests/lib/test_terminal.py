"""The line that shows somebody at a terminal how far something is."""

import os
from io import StringIO

import pytest

from ums.lib.terminal import ProgressLine


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_line_is_written_over_the_one_before() -> None:
    line = ProgressLine(terminal := Terminal())
    line.clear()
    assert line.due()

    line.show("reading")
    assert not line.due()
    line.show("applying", 0.5)
    line.clear()

    bar = "[############------------]  50%"
    assert terminal.getvalue() == f"\r\x1b[Kreading\r\x1b[K{bar} applying\r\x1b[K"


def test_a_line_never_wraps_though_chinese_takes_two_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((8, 24)))
    line = ProgressLine(terminal := Terminal())

    line.show("a正在读取文件")

    assert terminal.getvalue() == "\r\x1b[Ka正在读"


def test_a_pipe_gets_nothing() -> None:
    line = ProgressLine(pipe := StringIO())

    line.show("reading")
    line.clear()

    assert (pipe.getvalue(), line.due()) == ("", False)
