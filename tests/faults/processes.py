"""Processes of one system that can be killed, without a chance to tidy up, and started again."""

import os
import signal
from contextlib import suppress
from typing import Self

from ums.local.stack import Stack

KEPT_LOG = 4000


class Processes(Stack):
    """Each in a session of its own, so that a kill takes the children of a process as well."""

    def __enter__(self) -> Self:
        return self

    def kill(self, name: str) -> None:
        """SIGKILL to the process and to every process that it has started."""
        child = self._children.pop(name)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def freeze(self, name: str) -> None:
        """As a machine that is paused: its connections stay open, and nothing happens."""
        os.killpg(self._children[name].pid, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        os.killpg(self._children[name].pid, signal.SIGCONT)

    def end(self, name: str) -> None:
        """SIGTERM, and wait until it has ended of itself."""
        child = self._children.pop(name)
        child.terminate()
        try:
            child.wait(timeout=60)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()

    def said(self, words: str) -> int:
        """How often the processes together have said `words` in their log."""
        return self._text().count(words)

    def last_words(self) -> str:
        return self._text()[-KEPT_LOG:]

    def _text(self) -> str:
        return self._log.read_text(errors="replace") if self._log and self._log.exists() else ""
