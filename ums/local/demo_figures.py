"""What the demo demands of its figures, and how it waits for them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from messaging_app.ledger import BOXES
from ums.local.browser import call_api

WAIT_SECONDS = 45.0


class DemoError(Exception):
    """A figure or an answer is not what it must be; the message says which."""


@dataclass(frozen=True, slots=True)
class System:
    """What the demo knows about the running processes: addresses and keys."""

    url: str
    sandbox: str
    line: tuple[str, str]
    access: tuple[str, str]


def settled(system: System, read: Callable[[], dict[str, int]], *, targets: int) -> dict[str, int]:
    """The ledger once every batch is pushed and every receipt of the sandbox is applied."""
    deadline = time.monotonic() + WAIT_SECONDS
    ledger: dict[str, int] = {}
    while time.monotonic() < deadline:
        callbacks = _stats(system)["callbacks"]
        before, ledger = ledger, read()
        done = ledger["targets"] == targets and not ledger["queued"] and not callbacks["pending"]
        if done and before == ledger and callbacks["posted"]:
            return ledger
        time.sleep(0.5)
    raise DemoError(f"After {WAIT_SECONDS:.0f} s the ledger is still {ledger}.")


def compare(system: System, by_rest: dict[str, int], by_console: dict[str, int]) -> None:
    stats: dict[str, Any] = _stats(system)
    accepted, ledgers = stats["accepted"], (by_rest, by_console)
    targets = by_rest["targets"] + by_console["targets"]
    pushes = stats["messages"].values()
    for name, theirs, ours in (
        ("devices accepted by the sandbox", accepted["registration_ids"], targets),
        ("sum of all boxes", targets, sum(ledger[box] for ledger in ledgers for box in BOXES)),
        (
            "deliveries",
            sum(push["delivered"] for push in pushes),
            sum(ledger["delivered"] + ledger["clicked"] for ledger in ledgers),
        ),
        (
            "clicks",
            sum(push["clicked"] for push in pushes),
            sum(ledger["clicked"] for ledger in ledgers),
        ),
        ("receipts lost", stats["callbacks"]["lost"], 0),
        ("calls refused for their rate", stats["rate_limited"], 0),
        ("errors", sum(stats["errors"].values()), 0),
    ):
        require(theirs == ours, f"{name}: the sandbox has {theirs}, we have {ours}.")
    for ledger in ledgers:
        accounted = ledger["sent"] + ledger["delivered"] + ledger["clicked"]
        require(accounted == ledger["targets"], f"Not every target was pushed: {ledger}.")


def _stats(system: System) -> dict[str, Any]:
    _status, stats = call_api(f"{system.sandbox}/sandbox/stats")
    found: dict[str, Any] = stats
    return found


def show(say: Callable[[str], None], name: str, ledger: dict[str, int]) -> None:
    boxes = "  ".join(f"{box} {ledger[box]:,}" for box in BOXES if ledger[box])
    say(f"{name}: targets {ledger['targets']:,} = {boxes}")


def require(condition: bool, complaint: str) -> None:  # noqa: FBT001  # reads as a sentence
    if not condition:
        raise DemoError(complaint)
