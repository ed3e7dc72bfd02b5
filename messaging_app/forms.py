"""Checks what an operator enters to compose a message."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging_app import pasted
from messaging_app.audience_form import AudienceForm
from messaging_app.notification import Notification
from messaging_app.sizes import too_large
from ums.lib.errors import DomainError

PLATFORM_NAMES = {"android": "Android", "ios": "iOS", "hmos": "HarmonyOS"}
# protocol/jpush.md 2.6
LIFETIMES = (
    (0, gettext_lazy("Do not keep it: only devices that are online now")),
    (3600, gettext_lazy("1 hour")),
    (86_400, gettext_lazy("1 day")),
    (259_200, gettext_lazy("3 days")),
    (864_000, gettext_lazy("10 days (JPush VIP only)")),
)
ENVIRONMENTS = (
    ("production", gettext_lazy("Production: apps from the App Store and TestFlight")),
    ("development", gettext_lazy("Development: apps installed from Xcode")),
)


class ComposeForm(AudienceForm):
    """A message as an operator writes it; `notification` is what it says."""

    title = forms.CharField(
        label=gettext_lazy("Title"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("Left empty, the phone shows the name of the app."),
    )
    text = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Write what the notification says.")},
    )
    platforms = forms.MultipleChoiceField(
        label=gettext_lazy("Platforms"),
        choices=tuple(PLATFORM_NAMES.items()),
        initial=list(PLATFORM_NAMES),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one platform.")},
    )
    intent = forms.CharField(
        label=gettext_lazy("Open on click"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy(
            "For Android and HarmonyOS. A deep link such as shop://order/1, or"
            " intent:#Intent;…;end (Android), or action.… (HarmonyOS). Left empty, a click opens"
            " the app."
        ),
    )
    extras = forms.CharField(
        label=gettext_lazy("Extras"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"}),
        help_text=gettext_lazy(
            "Handed to the app with the notification: one key=value per line, or a JSON object."
        ),
    )
    hmos_category = forms.CharField(
        label=gettext_lazy("HarmonyOS category"),
        required=False,
        max_length=50,
        help_text=gettext_lazy("Which Huawei has granted to the app, for example MARKETING."),
    )
    time_to_live = forms.TypedChoiceField(
        label=gettext_lazy("Keep for devices that are offline"),
        choices=LIFETIMES,
        initial=86_400,
        coerce=int,
    )
    environment = forms.ChoiceField(
        label=gettext_lazy("APNs environment (iOS)"),
        choices=ENVIRONMENTS,
        initial="production",
        widget=forms.RadioSelect,
    )

    @property
    def notification(self) -> Notification:
        data = self.cleaned_data
        return Notification(
            title=data["title"],
            text=data["text"],
            platforms=tuple(data["platforms"]),
            extras=data["extras"],
            intent=data["intent"],
            hmos_category=data["hmos_category"],
            time_to_live=data["time_to_live"],
            apns_production=data["environment"] == "production",
        )

    def clean_text(self) -> str:
        # A browser writes CR LF.
        return "\n".join(str(self.cleaned_data["text"]).splitlines())

    def clean_extras(self) -> dict[str, Any]:
        try:
            return pasted.extras(self.cleaned_data["extras"])
        except DomainError as exc:
            raise forms.ValidationError(exc.message) from exc

    def clean_intent(self) -> str:
        try:
            return pasted.intent(self.cleaned_data["intent"])
        except DomainError as exc:
            raise forms.ValidationError(exc.message) from exc

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.errors:
            self._check_sizes()
        return data

    def _check_sizes(self) -> None:
        for part in too_large(self.notification.to_push()):
            self.add_error(
                "text",
                _(
                    "For %(platform)s, title, text and extras together take %(size)s bytes; JPush"
                    " takes at most %(limit)s. A Chinese character is three bytes."
                )
                % {
                    "platform": PLATFORM_NAMES[part.platform],
                    "size": f"{part.size:,}",
                    "limit": f"{part.limit:,}",
                },
            )


class ConfirmationForm(forms.Form):
    """What the review page sends along: the one-time key and the number that was read there."""

    submission_key = forms.UUIDField(widget=forms.HiddenInput)
    devices = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
