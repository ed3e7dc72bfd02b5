"""The contestants of import_xlsx and import_check do the same work, or comparing them is vain."""

from pathlib import Path
from typing import Any

import pytest

from bench.figures import BenchError
from bench.import_contest import check, clear
from bench.importing import CHECKS, IMPORTS
from bench.people_file import CHANNELS, people_in, rows_of_people, write_workbook
from channels_app.models import Channel
from tests.bench.tested import TestDatabase
from users_app.models import EndUser, Registration

ROWS = 1000

# Real transactions: SQLite packs no file within one, and PostgreSQL empties no table.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bench") / "people.xlsx"
    write_workbook(path, ROWS)
    return path


@pytest.fixture(autouse=True)
def _channels() -> None:
    for code in CHANNELS:
        Channel.objects.create(code=code, name=code, app_key="a" * 24, master_secret="s" * 24)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """People whose two rows stand in two chunks, and a last chunk that is not full."""
    monkeypatch.setattr("bench.floors.imports.ROWS_PER_CHUNK", {"sqlite": 300, "postgresql": 300})
    monkeypatch.setattr("bench.rivals.openpyxl_bulk.ROWS_PER_BATCH", 300)


def stored() -> list[tuple[Any, ...]]:
    return sorted(
        Registration.objects.values_list(
            *("end_user__userid", "registration_id", "channel__code"),
            *("invalid_at", "invalid_reason"),
        )
    )


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("name", IMPORTS)
def test_all_import_the_same(path: Path, name: str) -> None:
    expected = sorted((*row, None, "") for row in rows_of_people(ROWS))
    database = TestDatabase()

    for _phase in ("new", "repeated"):
        IMPORTS[name](path)

        check(database, name, people=people_in(ROWS), devices=ROWS)
        assert stored() == expected

    clear(database)
    check(database, name, people=0, devices=0)


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("name", CHECKS)
def test_all_see_who_is_new(path: Path, name: str) -> None:
    found = [CHECKS[name](path)]
    IMPORTS["staged_upsert"](path)
    EndUser.objects.get(userid=next(rows_of_people(ROWS))[0]).delete()
    before = stored()
    found.append(CHECKS[name](path))

    assert found == [people_in(ROWS), 1]
    assert stored() == before


def test_people_without_their_devices_are_no_measurement(path: Path) -> None:
    IMPORTS["ours"](path)
    Registration.objects.filter(pk=Registration.objects.latest("pk").pk).delete()

    with pytest.raises(BenchError, match="there are not 800 people with 1000 devices"):
        check(TestDatabase(), "ours", people=people_in(ROWS), devices=ROWS)
