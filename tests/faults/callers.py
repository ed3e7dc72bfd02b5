"""Callers of the send API who repeat each call until it is answered, as a careful client does."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import requests

from tests.faults.systems import MESSAGE, System, userid

PATIENCE_SECONDS = 120.0
PREFIX = "caller-"  # of the people that they send to
PEOPLE_OF_A_CALLER = 1000
RETRY_SECONDS = 0.1


@dataclass(slots=True)
class Callers:
    """Several at once, each of whom sends one message after the other, each to another person."""

    system: System
    pause: float
    answers: dict[str, set[str]] = field(default_factory=dict)
    """Idempotency-Key -> every msgid that it was answered with."""
    repeated: int = 0
    """Calls that had to be made again, since no answer came."""
    failures: list[str] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def work(self, caller: int) -> None:
        with requests.Session() as session:
            session.trust_env = False  # no proxy on the way to ourselves
            session.auth = self.system.line
            for number in range(PEOPLE_OF_A_CALLER):
                if self._stopping.wait(self.pause):
                    return
                self._send(session, caller * PEOPLE_OF_A_CALLER + number)

    def stop(self) -> None:
        """Each ends with the answer to its last message."""
        self._stopping.set()

    def _send(self, session: requests.Session, person: int) -> None:
        key = f"key-{person}"
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            msgid = self._call(session, key, person)
            if msgid:
                # A careless one asks once more.
                again = self._call(session, key, person) if person % 10 == 0 else ""
                with self._lock:
                    self.answers[key] = {msgid, again} - {""}
                return
            with self._lock:
                self.repeated += 1
            time.sleep(RETRY_SECONDS)
        self.failures.append(f"{key} was never accepted")

    def _call(self, session: requests.Session, key: str, person: int) -> str:
        """The msgid; empty where there was no answer, or none that says anything."""
        try:
            answer = session.post(
                f"{self.system.web}/v1/sent",
                json={"aud_userid": [userid(person, prefix=PREFIX)], **MESSAGE},
                headers={"Idempotency-Key": key},
                timeout=30,
            )
        except requests.RequestException:
            return ""
        if answer.status_code == 200:
            return str(answer.json()["msgid"])
        if answer.status_code < 500:
            self.failures.append(f"{key}: {answer.status_code} {answer.text[:200]}")
        return ""


@contextmanager
def calling(system: System, *, callers: int, pause: float) -> Iterator[Callers]:
    """They are at work within the block, and have all their answers after it."""
    system.add_people(callers * PEOPLE_OF_A_CALLER, prefix=PREFIX)
    together = Callers(system, pause)
    threads = [
        threading.Thread(target=together.work, args=(caller,), name=f"caller-{caller}")
        for caller in range(callers)
    ]
    for thread in threads:
        thread.start()
    try:
        yield together
    finally:
        together.stop()
        for thread in threads:
            thread.join()
