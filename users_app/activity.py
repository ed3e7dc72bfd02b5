"""What segments ask about messages: the app that sends them answers, once it is registered."""

from datetime import datetime
from typing import Protocol

from ums.lib.sql import Query


class Ledger(Protocol):
    """Who got which message. A Query gives userids, some of them perhaps more than once.

    Where a msgid is asked for that no message has: DomainError.
    """

    def accepted(self, msgid: str, /) -> Query:
        """People to a device of whom JPush has accepted the message."""

    def received(self, msgid: str, /) -> Query:
        """People on a device of whom it was shown; a click implies that."""

    def clicked(self, msgid: str, /) -> Query:
        """People who clicked it on a device."""

    def seen_since(self, moment: datetime, /) -> Query:
        """People on a device of whom any message was shown or clicked since then."""

    def check_audience(self, msgid: str, /) -> None:
        """DomainError if the message has reached nobody whom UMS could name, and never will."""


_ledgers: list[Ledger] = []


def register(ledger: Ledger) -> None:
    """Called once, by the AppConfig of the app that keeps the ledger."""
    _ledgers[:] = [ledger]


def ledger() -> Ledger:
    return _ledgers[0]
