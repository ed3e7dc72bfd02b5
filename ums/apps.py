"""Registers the app with Django."""

from importlib import import_module

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class UmsConfig(AppConfig):
    name = "ums"
    verbose_name = _("UMS")

    def ready(self) -> None:
        # Whoever accepts something sends hints (`messaging_app.hints`) through this app.
        if settings.CELERY_BROKER_URL:
            import_module("ums.celery")
