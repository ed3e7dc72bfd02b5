"""Who can be reached, and how (people); the files that bring them (import_job)."""

from users_app.models.import_job import ImportJob, ImportJobQuerySet
from users_app.models.people import (
    ALL,
    Contact,
    EndUser,
    EndUserQuerySet,
    PersonList,
    PersonListEntry,
    Registration,
    Segment,
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
