"""The console's menu: pages by task, each shown to those who may use it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from messaging_app.approval import waiting


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of the menu, in the form that the shell expects."""
    return [
        {
            "items": [
                _item(_("Dashboard"), "dashboard", "admin:index"),
            ],
        },
        {
            "title": _("Messages"),
            "separator": True,
            "items": [
                _item(_("Compose"), "edit_square", "messages:compose", "messaging_app.add_message"),
                _item(_("Messages"), "send", "messages:list", "messaging_app.view_message"),
                _item(
                    _("Approvals"),
                    "fact_check",
                    "messages:approval_list",
                    "messaging_app.approve_message",
                    **_waiting(request),
                ),
                _item(
                    _("Templates"),
                    "description",
                    "admin:messaging_app_template_changelist",
                    "messaging_app.view_template",
                ),
            ],
        },
        {
            "title": _("Users"),
            "separator": True,
            "items": [
                _item(
                    _("Users"),
                    "group",
                    "admin:users_app_enduser_changelist",
                    "users_app.view_enduser",
                ),
                _item(
                    _("Device conflicts"),
                    "phonelink_erase",
                    "users:conflicts",
                    "users_app.view_registration",
                ),
                _item(_("Import"), "upload_file", "users:import_list", "users_app.view_importjob"),
                _item(
                    _("Segments"),
                    "filter_alt",
                    "admin:users_app_segment_changelist",
                    "users_app.view_segment",
                ),
                _item(
                    _("Block and allow lists"),
                    "playlist_remove",
                    "admin:users_app_personlist_changelist",
                    "users_app.view_personlist",
                ),
            ],
        },
        {
            "title": _("Settings"),
            "separator": True,
            "items": [
                _item(
                    _("Channels"),
                    "cell_tower",
                    "admin:channels_app_channel_changelist",
                    "channels_app.view_channel",
                ),
                _item(
                    _("Business lines"),
                    "key",
                    "admin:channels_app_businessline_changelist",
                    "channels_app.view_businessline",
                ),
                _item(
                    _("Access keys"),
                    "vpn_key",
                    "admin:channels_app_accesskey_changelist",
                    "channels_app.view_accesskey",
                ),
                _item(
                    _("Sensitive words"),
                    "block",
                    "admin:messaging_app_sensitiveword_changelist",
                    "messaging_app.view_sensitiveword",
                ),
                _item(_("Operators"), "badge", "admin:auth_user_changelist", "auth.view_user"),
                _item(_("Groups"), "groups", "admin:auth_group_changelist", "auth.view_group"),
                _item(_("API documentation"), "api", "api_docs"),
            ],
        },
    ]


def _waiting(request: HttpRequest) -> dict[str, Any]:
    """The badge with the number of messages to decide on, if there are any."""
    if not request.user.has_perm("messaging_app.approve_message"):
        return {}
    number = waiting().count()
    return {"badge": f"{number:,}", "badge_variant": "warning"} if number else {}


def _item(title: Any, icon: str, url: str, permission: str = "", **badge: Any) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(url),
        "permission": _may(permission),
        **badge,
    }


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: not permission or request.user.has_perm(permission)
