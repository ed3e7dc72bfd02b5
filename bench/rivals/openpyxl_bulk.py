"""The import that a Django project writes first: openpyxl, and the ORM's bulk_create."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from django.db import transaction
from openpyxl import load_workbook

from channels_app.models import Channel
from users_app.models import EndUser, Registration

ROWS_PER_BATCH = 5_000


@transaction.atomic
def openpyxl_bulk(path: Path) -> None:
    """All rows, or none; nothing is validated, and nobody's devices are replaced."""
    channels = dict(Channel.objects.values_list("code", "id"))
    rows = _rows(path)
    while batch := list(islice(rows, ROWS_PER_BATCH)):
        people = {userid: EndUser(userid=userid) for userid, _device, _code in batch}
        EndUser.objects.bulk_create(
            people.values(),
            update_conflicts=True,
            unique_fields=["userid"],
            update_fields=["userid"],
        )
        Registration.objects.bulk_create(
            [
                Registration(
                    end_user_id=people[userid].pk, channel_id=channels[code], registration_id=device
                )
                for userid, device, code in batch
            ],
            update_conflicts=True,
            unique_fields=["end_user", "channel", "registration_id"],
            update_fields=["invalid_at", "invalid_reason"],
        )


def _rows(path: Path) -> Iterator[tuple[str, str, str]]:
    workbook = load_workbook(path, read_only=True)
    try:
        rows = workbook.worksheets[0].iter_rows(values_only=True)
        next(rows)  # the headings
        for row in rows:
            userid, device, code = map(str, row)
            yield userid, device, code
    finally:
        workbook.close()
