"""The console's pages for channels, with what the sending engine knows about them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from channels_app.admin import ChannelAdmin
from channels_app.models import Channel
from messaging_app.channel_load import Load, loads

admin.site.unregister(Channel)


@admin.register(Channel)
class LoadedChannelAdmin(ChannelAdmin):
    list_display = (*ChannelAdmin.list_display, "calls_left", "calls_waiting")
    readonly_fields = (*ChannelAdmin.readonly_fields, "calls_left", "calls_waiting")
    fieldsets = (
        *ChannelAdmin.fieldsets[:-1],
        (
            gettext_lazy("Calls to JPush"),
            {"fields": ("calls_per_minute", "calls_left", "calls_waiting")},
        ),
    )

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changes = super().get_changelist_instance(request)
        found = loads(changes.result_list)
        for channel in changes.result_list:
            channel.load = found[channel.pk]
        return changes

    @display(description=gettext_lazy("calls left"))  # type: ignore[untyped-decorator]  # unfold
    def calls_left(self, channel: Channel) -> str | SafeString:
        load = _load(channel)
        if not load.limit:
            return load.left_words
        return format_html(
            '<span class="ums-gauge"><progress class="ums-progress" max="{}" value="{}"'
            ' aria-label="{}"></progress>{}</span>',
            load.limit,
            load.left,
            _("calls left"),
            load.left_words,
        )

    @display(description=gettext_lazy("waiting"))  # type: ignore[untyped-decorator]  # unfold
    def calls_waiting(self, channel: Channel) -> str:
        return _load(channel).waiting_words


def _load(channel: Any) -> Load:
    """The one of the list, else asked for this channel alone."""
    if not hasattr(channel, "load"):
        channel.load = loads([channel])[channel.pk]
    load: Load = channel.load
    return load
