"""Two pieces of work at the same moment, on two connections: the second waits for the first."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from tests.messaging_app.running import PATIENCE_SECONDS, until

ANY_NUMBER = 1000


def waiting() -> int:
    """Connections that wait for a lock that another one holds."""
    if connection.vendor != "postgresql":
        return ANY_NUMBER  # its one writer keeps all others out, and does not tell
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return int(cursor.fetchone()[0])


@contextmanager
def held_open(work: Callable[[], object]) -> Iterator[None]:
    """`work` is done by another connection, which commits at the end of the block."""
    done, commit = threading.Event(), threading.Event()

    def run() -> None:
        try:
            with transaction.atomic():
                work()
                done.set()
                assert commit.wait(PATIENCE_SECONDS)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert done.wait(PATIENCE_SECONDS)
    try:
        yield
    finally:
        commit.set()
        thread.join()


def in_thread(work: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    return threading.Thread(target=run)


def race(first: Callable[[], object], second: Callable[[], object]) -> None:
    """`second` begins before `first` has committed, waits for it, and ends after it."""

    thread = in_thread(second)
    with held_open(first):
        thread.start()
        time.sleep(0.1)
        until(lambda: waiting() > 0, what="the second one waits for the first")
    thread.join()


def in_turn(one: Callable[[], object], other: Callable[[], object], *, first: bool) -> None:
    """Both orders: `first` says whether `one` begins."""
    if first:
        race(one, other)
    else:
        race(other, one)
