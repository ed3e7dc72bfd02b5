"""Registers the app with Django, and its ledger with segments."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from users_app import activity


class MessagesConfig(AppConfig):
    name = "messaging_app"
    verbose_name = _("Messages")

    def ready(self) -> None:
        from messaging_app import segment_ledger  # models can be read from here on only

        activity.register(segment_ledger)
