"""The console's pages for channels, business lines and access keys."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Field, Prefetch
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.formats import date_format
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from channels_app.button_admin import STATE_COLOURS, ButtonAdmin
from channels_app.callbacks import callback_url
from channels_app.forms import BusinessLineForm, ChannelForm
from channels_app.models import AccessKey, BusinessLine, Channel
from channels_app.pausing import resume_channel
from channels_app.services import KeyHolder, rotate_secret
from channels_app.verification import verify_channel
from ums.lib.console import render_page

VERIFIED_COLOURS = {"yes": "success", "no": "warning"}
LIMITS = _("Limits of the API")


def _on_the_clock() -> str:
    return gettext("Days and quiet hours are those of the server's time zone, %(zone)s.") % {
        "zone": settings.TIME_ZONE
    }


@admin.register(Channel)
class ChannelAdmin(ButtonAdmin):
    form = ChannelForm
    buttons = ("verify", "resume")
    change_form_outer_before_template = "channels/channel_buttons.html"
    exclude = ("master_secret",)  # the form's own field stands in its place
    list_display: tuple[str, ...] = (
        "name",
        "code",
        "cloud",
        "state",
        "credentials_verified",
        "last_callback_at",
    )
    list_filter = ("enabled", "cloud")
    search_fields = ("name", "code", "app_key")
    export_fields = (
        *("name", "code", "cloud", "api_url", "app_key", "enabled", "device_policy"),
        *("calls_per_minute", "verified_at", "last_callback_at", "paused_at", "pause_reason"),
        "created_at",
    )
    readonly_fields: tuple[str, ...] = ("callback_address", "verified_at", "last_callback_at")
    # Not for people who may only look.
    private_fields = ("master_secret", "callback_address")
    fieldsets: tuple[Any, ...] = (
        (_("Channel"), {"fields": ("name", "code", "enabled", "device_policy")}),
        (
            _("Credentials"),
            {"fields": ("cloud", "api_url", "app_key", "master_secret", "verified_at")},
        ),
        (
            _("Receipts"),
            {
                "fields": (
                    "callback_address",
                    "send_callback",
                    "require_callback_auth",
                    "last_callback_at",
                ),
                "description": _(
                    "Enter the callback address at Jiguang, so that it tells what was delivered"
                    " and clicked: Message Push, Push Settings, Receipt Settings"
                    " (消息推送 → 推送设置 → 回执设置). For a private cloud it belongs in the"
                    " configuration of its server; Jiguang's support for your private cloud helps."
                ),
            },
        ),
        (_("Limits"), {"fields": ("calls_per_minute",)}),
    )

    def verify(self, request: HttpRequest, obj: Channel) -> HttpResponse:
        verification = verify_channel(obj)
        level = messages.SUCCESS if verification.ok else messages.ERROR
        messages.add_message(request, level, verification.message)
        return self.to_change_page(obj)

    def resume(self, request: HttpRequest, obj: Channel) -> HttpResponse:
        if resume_channel(channel_id=obj.pk):
            self.log_change(request, obj, gettext("Resumed the channel."))
            messages.success(request, gettext("The channel is resumed: its messages go on."))
        else:
            messages.info(request, gettext("The channel was not paused any more."))
        return self.to_change_page(obj)

    def save_model(self, request: HttpRequest, obj: Channel, form: Any, change: bool) -> None:  # noqa: FBT001  # Django's hook
        # What the form has not changed may have changed meanwhile: the engine pauses channels.
        obj.save(update_fields=form.changed_columns() if change else None)

    def get_readonly_fields(self, request: HttpRequest, obj: Channel | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if obj is None else (*fields, "code")

    def get_fieldsets(self, request: HttpRequest, obj: Channel | None = None) -> Any:
        hidden: tuple[str, ...] = ()
        if obj is None:
            hidden = self.readonly_fields
        elif not self.has_change_permission(request, obj):
            hidden = self.private_fields
        return [
            (title, {**options, "fields": [f for f in options["fields"] if f not in hidden]})
            for title, options in super().get_fieldsets(request, obj)
        ]

    @display(description=_("state"), ordering="enabled", label=STATE_COLOURS)  # type: ignore[untyped-decorator]  # unfold
    def state(self, obj: Channel) -> tuple[str, str]:
        if obj.enabled and obj.paused_at is not None:
            return "paused", gettext("paused")
        return super().state(obj)  # type: ignore[no-any-return]  # unfold

    @display(  # type: ignore[untyped-decorator]  # unfold
        description=_("credentials verified"), ordering="verified_at", label=VERIFIED_COLOURS
    )
    def credentials_verified(self, channel: Channel) -> tuple[str, str]:
        if channel.verified_at is None:
            return "no", gettext("not yet")
        return "yes", _local(channel.verified_at)

    @display(description=_("callback address"))  # type: ignore[untyped-decorator]  # unfold
    def callback_address(self, channel: Channel) -> SafeString:
        return format_html(
            '<input class="ums-input ums-code" readonly aria-label="{}" value="{}">',
            gettext("callback address"),
            callback_url(channel),
        )


class KeyHolderAdmin(ButtonAdmin):
    """The secret stands in the answer to the request that made it, and nowhere else."""

    key_field: str
    buttons = ("rotate",)
    change_form_outer_after_template = "channels/rotate_button.html"
    list_filter = ("enabled",)
    empty_value_display = _("not set")

    def rotate(self, request: HttpRequest, obj: KeyHolder) -> HttpResponse:
        secret = rotate_secret(obj)
        self.log_change(request, obj, gettext("Rotated the Master Secret."))
        return self._show_once(request, obj, secret)

    def response_add(
        self, request: HttpRequest, obj: KeyHolder, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._show_once(request, obj, obj.master_secret)

    def _show_once(self, request: HttpRequest, obj: KeyHolder, secret: str) -> HttpResponse:
        context = {
            "opts": self.opts,
            "key_label": self.opts.get_field(self.key_field).verbose_name,
            "key": getattr(obj, self.key_field),
            "secret": secret,
            "change_url": reverse(f"admin:{self._url_name('change')}", args=(obj.pk,)),
        }
        response = render_page(request, "channels/secret_once.html", context, title=obj.name)
        add_never_cache_headers(response)
        return response


@admin.register(BusinessLine)
class BusinessLineAdmin(KeyHolderAdmin):
    form = BusinessLineForm
    key_field = "channel_key"
    list_display = ("name", "channel_key", "state", "channel_names", "created_at")
    search_fields = ("name", "channel_key")
    export_fields = (
        *("name", "channel_key", "enabled", "channel_names", "api_approval", "calls_per_minute"),
        *("broadcasts_per_day", "quiet_from", "quiet_until", "created_at"),
    )
    readonly_fields = ("channel_key", "created_at")
    add_fieldsets = ((None, {"fields": ("name", "channels")}),)
    fieldsets = (
        (None, {"fields": ("name", "channel_key", "enabled", "channels", "created_at")}),
        (
            LIMITS,
            {
                "fields": (
                    "api_approval",
                    "calls_per_minute",
                    "broadcasts_per_day",
                    "quiet_from",
                    "quiet_until",
                ),
                "description": lazy(_on_the_clock, str)(),
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        channels = Prefetch("channels", Channel.objects.only("name"))
        return super().get_queryset(request).prefetch_related(channels)

    def formfield_for_manytomany(
        self,
        db_field: Field,  # type: ignore[type-arg]  # generic in the stubs only
        request: HttpRequest,
        **kwargs: Any,
    ) -> Any:
        widget = UnfoldAdminCheckboxSelectMultipleWidget()
        return super().formfield_for_manytomany(db_field, request, **kwargs, widget=widget)

    @display(description=_("channels"))  # type: ignore[untyped-decorator]  # unfold
    def channel_names(self, line: BusinessLine) -> str:
        return ", ".join(channel.name for channel in line.channels.all())


@admin.register(AccessKey)
class AccessKeyAdmin(KeyHolderAdmin):
    key_field = "access_key"
    list_display = ("name", "access_key", "state", "created_at")
    search_fields = ("name", "access_key")
    export_fields = ("name", "access_key", "enabled", "calls_per_minute", "created_at")
    readonly_fields = ("access_key", "created_at")
    add_fieldsets = ((None, {"fields": ("name",)}),)
    fieldsets = (
        (None, {"fields": ("name", "access_key", "enabled", "created_at")}),
        (LIMITS, {"fields": ("calls_per_minute",)}),
    )


def _local(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")
