"""Stores people with the ORM's bulk operations."""

from collections.abc import Sequence

from django.db import transaction

from bench.rivals.user_opt import Person, UserOptRival
from users_app.models import EndUser, Registration


class UserOptBulk(UserOptRival):
    @transaction.atomic
    def store(self, people: Sequence[Person]) -> None:
        EndUser.objects.bulk_create(
            [EndUser(userid=person.userid) for person in people], ignore_conflicts=True
        )
        userids = [person.userid for person in people]
        ids = dict(EndUser.objects.filter(userid__in=userids).values_list("userid", "id"))
        named = {
            (ids[person.userid], channel.id, registration_id)
            for person in people
            for channel, registration_ids in person.devices.items()
            for registration_id in registration_ids
        }
        stored = Registration.objects.filter(
            end_user_id__in=ids.values(),
            channel__in={channel for person in people for channel in person.devices},
        )
        unnamed, invalid = [], []
        for registration in stored:
            key = (registration.end_user_id, registration.channel_id, registration.registration_id)
            if key not in named:
                unnamed.append(registration.id)
            elif registration.invalid_at:
                invalid.append(registration.id)
        Registration.objects.filter(id__in=unnamed).delete()
        Registration.objects.filter(id__in=invalid).update(invalid_at=None, invalid_reason="")
        Registration.objects.bulk_create(
            [
                Registration(
                    end_user_id=end_user, channel_id=channel, registration_id=registration_id
                )
                for end_user, channel, registration_id in named
            ],
            ignore_conflicts=True,
        )
