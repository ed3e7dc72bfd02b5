"""`kill -9` of whoever works on an import, again and again: each row is applied, and none twice."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from tests.faults.databases import Sqlite
from tests.faults.engines import Servers, distributed, embedded
from tests.faults.kills import Victim
from tests.faults.patience import until
from tests.faults.systems import System

ROWS = 200_000
PEOPLE = 125_000
EARLIER = 50_000  # people who are stored already, each with another device and a tag
LONGEST_SECONDS = 0.8  # a fast machine checks the file in little more
PATIENCE_SECONDS = 300.0

logger = logging.getLogger(__name__)

EARLIER_IMPORT = """
from pathlib import Path
from users_app import imports
from users_app.changes import Mode
imports.run(path=Path({path!r}), mode=Mode.SET, apply=True)
"""
SUBMIT = """
from pathlib import Path
from django.core.files.uploadedfile import SimpleUploadedFile
from users_app import imports
from users_app.changes import Mode
file = SimpleUploadedFile("people.csv", Path({path!r}).read_bytes())
imports.submit(file=file, mode=Mode.SET, operator=None)
"""
CONFIRM = """
from users_app import imports
from users_app.models import ImportJob
imports.confirm(job=ImportJob.objects.get())
"""
DEVICES = """
SELECT userid, registration_id FROM users_app_registration AS r
JOIN users_app_enduser AS u ON u.id = r.end_user_id
"""
TAGS = """
SELECT userid, name FROM users_app_tag AS t
JOIN users_app_enduser AS u ON u.id = t.end_user_id
"""
FIGURES = "SELECT rows, people, applied_people, new FROM users_app_importjob"


@dataclass(frozen=True, slots=True)
class Job:
    state: str
    lease: str
    applied_people: int


def job(system: System) -> Job:
    [row] = system.database.rows("SELECT state, lease, applied_people FROM users_app_importjob")
    return Job(*row)


def write(path: Path, rows: Sequence[tuple[str, str, str]]) -> str:
    lines = ["userid,bind_id,app_regid,tag", *(f"{u},faults,{d},{t}" for u, d, t in rows)]
    path.write_text("\n".join(lines))
    return str(path)


def people(random: Random) -> list[tuple[str, str, str]]:
    """Each has a device or more, in no order; every third row names a tag."""
    owners = [*range(PEOPLE), *(random.randrange(PEOPLE) for _row in range(ROWS - PEOPLE))]
    random.shuffle(owners)
    return [(f"p{n}", f"d{row}", "" if row % 3 else "new") for row, n in enumerate(owners)]


def begun(before: Job, now: Job) -> bool:
    return now.lease != before.lease


def got_further(before: Job, now: Job) -> bool:
    return now.applied_people > before.applied_people or now.state != before.state


MOMENTS = {"uploaded": (begun,) * 4, "confirmed": (begun, got_further, begun, got_further)}


def kill_while(state: str, system: System, victims: list[Victim], random: Random) -> int:
    """Kill all workers at random moments after each of MOMENTS, and start them again; how often.

    It ends where the import leaves `state` first.
    """
    before = Job(state, lease="", applied_people=0)
    for kills, moment in enumerate(MOMENTS[state]):
        until(partial(_has_come, system, before, moment), what=moment.__name__, pause=0.02)
        time.sleep(random.uniform(0, LONGEST_SECONDS))
        if job(system).state != state:
            return kills
        for victim in victims:
            system.processes.kill(victim.name)
        # Nobody waits for it to run out.
        system.database.rows("UPDATE users_app_importjob SET lease_until = created_at")
        before = job(system)
        for victim in victims:
            victim.start()
    return len(MOMENTS[state])


def _has_come(system: System, before: Job, moment: Callable[[Job, Job], bool]) -> bool:
    return moment(before, job(system))


def check_kills(
    system: System, victims: list[Victim], random: Random, folder: Path, begin: Callable[[], object]
) -> None:
    shell = partial(system.processes.manage, "shell", "-v", "0", "-c")
    earlier = [(f"p{n}", f"e{n}", "old") for n in range(0, EARLIER * 4, 4)]
    shell(EARLIER_IMPORT.format(path=write(folder / "earlier.csv", earlier)))
    rows = people(random)
    shell(SUBMIT.format(path=write(folder / "people.csv", rows)))
    begin()
    checking = kill_while("uploaded", system, victims, random)
    wait_for("checked", system)
    shell(CONFIRM)
    applying = kill_while("confirmed", system, victims, random)
    wait_for("applied", system)

    assert checking
    assert applying
    logger.warning("Killed %d times while checking, %d while applying.", checking, applying)
    named = {userid for userid, _device, _tag in rows}
    devices = [(u, d) for u, d, _t in rows] + [(u, d) for u, d, _t in earlier if u not in named]
    tags = {(u, t) for u, _d, t in [*rows, *earlier] if t}
    assert sorted(system.database.rows(DEVICES)) == sorted(devices)
    assert sorted(system.database.rows(TAGS)) == sorted(tags)
    [figures] = system.database.rows(FIGURES)
    assert figures == (ROWS, PEOPLE, PEOPLE, PEOPLE - len(named & {u for u, _d, _t in earlier}))


def wait_for(state: str, system: System) -> None:
    until(lambda: job(system).state == state, what=state, seconds=PATIENCE_SECONDS)


def test_an_import_whose_embedded_worker_is_killed_ends_with_exactly_the_rows_of_its_file(
    tmp_path: Path, sqlite: Sqlite, random: Random
) -> None:
    with embedded(tmp_path, sqlite) as engine:
        worker = engine.worker("worker")

        check_kills(engine.system, [worker], random, tmp_path, worker.start)


def test_an_import_whose_celery_workers_are_killed_ends_with_exactly_the_rows_of_its_file(
    tmp_path: Path, servers: Servers, random: Random
) -> None:
    with distributed(tmp_path, servers) as engine:
        workers = [engine.worker("first"), engine.worker("second")]

        check_kills(engine.system, workers, random, tmp_path, engine.start)


def test_a_celery_worker_that_is_stopped_gives_its_import_back_to_the_next(
    tmp_path: Path, servers: Servers, random: Random
) -> None:
    with distributed(tmp_path, servers) as engine:
        system = engine.system
        submit = SUBMIT.format(path=write(tmp_path / "people.csv", people(random)))
        system.processes.manage("shell", "-v", "0", "-c", submit)
        engine.beat().start()
        engine.worker("first").start()
        until(lambda: job(system).lease != "", what="it begins", pause=0.02)

        system.processes.end("first")

        assert job(system) == Job("uploaded", lease="", applied_people=0)
        engine.worker("second").start()
        wait_for("checked", system)
