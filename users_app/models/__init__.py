"""Who can be reached, and how (people), in which groups; the files that bring them (import_job)."""

from users_app.models.groups import PersonList, PersonListEntry, Segment
from users_app.models.import_job import ImportJob, ImportJobQuerySet
from users_app.models.people import (
    ALL,
    Contact,
    EndUser,
    EndUserQuerySet,
    Registration,
    Tag,
)

__all__ = [
    "ALL",
    "Contact",
    "EndUser",
    "EndUserQuerySet",
    "ImportJob",
    "ImportJobQuerySet",
    "PersonList",
    "PersonListEntry",
    "Registration",
    "Segment",
    "Tag",
]
