"""The rows of a file that were not applied, as a workbook to mend and upload."""

from collections.abc import Iterator, Mapping
from typing import IO

from django.utils.translation import gettext as _

from users_app import workbooks
from users_app.files.columns import REASON
from users_app.files.sheet import Sheet
from users_app.reading import Reading
from users_app.workbooks import ReturnedRow


def bad_rows_of(reading: Reading) -> IO[bytes]:
    """The caller closes it.

    A person's app_regids in a file replace the earlier ones, so a good row with app_regids comes
    along where another row of the same person is bad: mending only that one would else lose them.
    """
    faulty = {row.userid: row.number for row in reading.each() if row.problems and row.userid}
    sheet = reading.sheet
    return workbooks.returned_rows(
        tuple(sheet.headings[place] for place in _kept_places(sheet)), _returned(reading, faulty)
    )


def _returned(reading: Reading, faulty: Mapping[str, int]) -> Iterator[ReturnedRow]:
    sheet = reading.sheet
    places = _kept_places(sheet)
    for row in reading.each():
        if row.problems:
            reason = " ".join(f"{column}: {text}" for column, text in row.problems.items())
        elif row.userid in faulty and row.names_a_list:
            reason = _(
                "Nothing is wrong here. The row is repeated because row %(number)d names the same"
                " person, and the app_regids of a file replace all earlier ones."
            ) % {"number": faulty[row.userid]}
        else:
            continue
        faults = {sheet.columns[name] for name in row.problems if name in sheet.columns}
        yield ReturnedRow(
            values=tuple(row.values[place] for place in places),
            reason=reason,
            faults=frozenset(n for n, place in enumerate(places) if place in faults),
        )


def _kept_places(sheet: Sheet) -> list[int]:
    """All columns but the reasons of an earlier download."""
    return [n for n in range(len(sheet.headings)) if n != sheet.columns.get(REASON)]
