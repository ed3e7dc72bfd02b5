"""Registers the app with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UmsConfig(AppConfig):
    name = "ums"
    verbose_name = _("UMS")
