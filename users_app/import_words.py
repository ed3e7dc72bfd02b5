"""What the console says of an import: its state, what it would do, what it did."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from users_app.changes import Mode
from users_app.files.columns import USERID
from users_app.import_standing import Standing, of_people, standing
from users_app.models import ImportJob

Words = str | Promise
State = ImportJob.State

COLUMNS_SHOWN = 5  # of the bad rows
TONES = {
    State.UPLOADED: "wait",
    State.CHECKED: "wait",
    State.CONFIRMED: "wait",
    State.APPLIED: "good",
    State.CANCELLED: "bad",
    State.REFUSED: "bad",
}
MODE_MEANINGS: dict[str, Words] = {
    Mode.SET: gettext_lazy(
        "The app_regids that the file names for a person and a channel replace all earlier ones of"
        " that person in that channel, a phone or another address replaces the earlier one, and"
        " tags are added."
    ),
    Mode.ADD: gettext_lazy(
        "Devices and tags are added to those that the person has, and none is removed; a phone or"
        " another single address replaces the earlier one."
    ),
    Mode.DELETE: gettext_lazy(
        "Exactly the devices, tags and addresses that the file names are removed; people and"
        " everything else stay, and nobody is created."
    ),
}


@dataclass(frozen=True, slots=True)
class Row:
    """An import in a list."""

    job: ImportJob
    tone: str
    standing: Standing | None
    ending: str

    @property
    def bad(self) -> str:
        return f"{self.job.bad:,}"

    @property
    def figures(self) -> tuple[str, ...]:
        job = self.job
        new = "–" if job.mode == Mode.DELETE else f"{job.new:,}"
        return (f"{job.rows:,}", f"{job.people:,}", new, f"{job.changed:,}", self.bad)


def row(job: ImportJob) -> Row:
    return Row(job, TONES[State(job.state)], standing(job), ending(job))


def rows(jobs: Iterable[ImportJob]) -> list[Row]:
    return [row(job) for job in jobs]


def ending(job: ImportJob) -> str:
    """What is to be said of an import that came to an early end."""
    sentences = []
    if job.state == State.REFUSED:
        sentences.append(job.problem)
    if job.state in (State.CANCELLED, State.REFUSED) and job.applied_people:
        done = of_people(job.applied_people, job.people)
        sentences.append(
            _("It ended after %(done)s; what had been applied by then stays.") % {"done": done}
        )
    elif job.state == State.CANCELLED:
        sentences.append(_("Nothing has been changed."))
    return " ".join(sentences)


def result(job: ImportJob) -> str:
    if job.mode == Mode.DELETE:
        return _("What the good rows name has been removed.")
    return _("The good rows are stored.")


def work_to_do(job: ImportJob) -> bool:
    """Whether confirming it would change anything that is worth the click."""
    return bool(job.changed if job.mode == Mode.DELETE else job.rows - job.bad)


def nothing_to_do(job: ImportJob) -> str:
    if job.rows > job.bad:
        return _("Nobody has anything of what the good rows name, so there is nothing to remove.")
    return _("There is no good row in the file, so there is nothing to apply.")


def confirm_label(job: ImportJob) -> str:
    if job.mode == Mode.DELETE:
        return ngettext(
            "Remove from %(count)s person", "Remove from %(count)s people", job.changed
        ) % {"count": f"{job.changed:,}"}
    good, people = job.rows - job.bad, f"{job.people:,}"
    of_them = ngettext("%(count)s person", "%(count)s people", job.people) % {"count": people}
    return ngettext(
        "Apply %(count)s row of %(people)s", "Apply %(count)s rows of %(people)s", good
    ) % {"count": f"{good:,}", "people": of_them}


def cancel_meaning(job: ImportJob) -> str:
    if job.state == State.CONFIRMED:
        return _(
            "Cancelling stops it within seconds and deletes the file. The people who have been"
            " applied by then stay so: nothing is undone."
        )
    return _("Cancelling deletes the file. Nothing has been changed yet.")


def figures(job: ImportJob) -> list[tuple[str, str, str]]:
    """Label, meaning and number of each."""
    deletes = job.mode == Mode.DELETE
    found = [
        (_("Rows"), _("Rows below the header that are not blank"), job.rows),
        (_("People"), _("Different userids in the good rows"), job.people),
        (_("Unknown"), _("People who are not stored; nobody is created"), job.new)
        if deletes
        else (_("New"), _("People who were not stored before"), job.new),
        (
            _("Changed"),
            _("Known people who lose a device, a tag or an address")
            if deletes
            else _("Known people who gain or lose a device, a tag or an address"),
            job.changed,
        ),
        (
            _("Unchanged"),
            _("Known people who have nothing of what the file names")
            if deletes
            else _("Known people of whom everything is stored already"),
            job.unchanged,
        ),
        (
            _("Devices moved"),
            _("Devices taken from a former owner, in channels where only the newest person has it"),
            job.moved,
        ),
        (
            _("Repeated"),
            _("Devices that the file names again for the same person and channel"),
            job.report.get("repeated", 0),
        ),
        (_("Bad rows"), _("Rows that are not applied, with the reason below"), job.bad),
    ]
    return [(label, meaning, f"{number:,}") for label, meaning, number in found]


def bad_rows(job: ImportJob) -> dict[str, object]:
    """The first ones. In a wide table a reason would stand far from the row's number."""
    names = [column["name"] for column in job.report.get("columns", ())]
    found: list[dict[str, Any]] = job.report.get("first_bad", [])
    places = [
        place
        for place, name in enumerate(names)
        if len(names) <= COLUMNS_SHOWN
        or name == USERID
        or any(row["cells"][place]["reason"] for row in found)
    ]
    return {
        "columns": [names[place] for place in places],
        "columns_left_out": len(places) < len(names),
        "bad_rows": [
            {"number": row["number"], "cells": [row["cells"][place] for place in places]}
            for row in found
        ],
    }
