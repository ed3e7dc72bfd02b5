"""Stores people one by one through the ORM."""

from collections.abc import Sequence

from django.db import transaction

from bench.rivals.user_opt import Person, UserOptRival
from users_app.models import EndUser, Registration


class UserOptPerRow(UserOptRival):
    @transaction.atomic
    def store(self, people: Sequence[Person]) -> None:
        for person in people:
            end_user, _created = EndUser.objects.get_or_create(userid=person.userid)
            for channel, registration_ids in person.devices.items():
                end_user.registrations.filter(channel=channel).exclude(
                    registration_id__in=registration_ids
                ).delete()
                for registration_id in registration_ids:
                    registration, _created = Registration.objects.get_or_create(
                        end_user=end_user, channel=channel, registration_id=registration_id
                    )
                    if registration.invalid_at:
                        registration.invalid_at = None
                        registration.invalid_reason = ""
                        registration.save(update_fields=["invalid_at", "invalid_reason"])
