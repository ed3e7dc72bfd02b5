"""Checks what an operator enters about a channel or a business line."""

from datetime import time
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminPasswordWidget

from channels_app.models import BusinessLine, Channel
from channels_app.services import clean_api_url, clean_app_key
from ums.lib.errors import DomainError


class ChannelForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A channel; its Master Secret is only ever written, and kept where the box is left blank."""

    master_secret = forms.CharField(
        label=gettext_lazy("Master Secret"),
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Stored encrypted; nobody can read it here again."),
    )

    class Meta:
        model = Channel
        help_texts = {
            "code": gettext_lazy(
                "Letters and digits. It stays as it is, because uploads name this channel by it"
                " (bind_id)."
            ),
        }
        # Without master_secret, so that the form never takes the stored one from the row.
        fields = (
            "name",
            "code",
            "enabled",
            "device_policy",
            "cloud",
            "api_url",
            "app_key",
            "send_callback",
            "require_callback_auth",
            "calls_per_minute",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A person who may only look has no fields at all.
        if self.instance.pk is not None and "master_secret" in self.fields:
            secret = self.fields["master_secret"]
            secret.required = False
            secret.widget.attrs["placeholder"] = _("•••• stored; leave blank to keep it")

    def clean_app_key(self) -> str:
        try:
            return clean_app_key(self.cleaned_data["app_key"])
        except DomainError as exc:
            raise forms.ValidationError(exc.message) from exc

    def clean_calls_per_minute(self) -> int:
        calls: int = self.cleaned_data["calls_per_minute"]
        if calls < 1:
            raise forms.ValidationError(_("At least 1 call per minute is needed to send anything."))
        return calls

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        # The public cloud's address is known; a leftover of the private one is dropped.
        data["api_url"] = data.get("api_url", "") if data.get("cloud") == "private" else ""
        if data.get("cloud") == Channel.Cloud.PRIVATE and "api_url" not in self.errors:
            self._clean_api_url(data)
        return data

    def _clean_api_url(self, data: dict[str, Any]) -> None:
        try:
            data["api_url"] = clean_api_url(data["api_url"])
        except DomainError as exc:
            self.add_error("api_url", exc.message)
            return
        if not data["api_url"]:
            self.add_error("api_url", _("A channel of a private cloud needs its request URL."))

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # Django's own hook, unknown to the stubs
        if secret := self.cleaned_data.get("master_secret"):
            self.instance.master_secret = secret
        if self._has_new_credentials:
            self.instance.verified_at = None  # it was about other credentials
            self.instance.paused_at = self.instance.pause_code = None  # this, too
            self.instance.pause_reason = ""

    def changed_columns(self) -> list[str]:
        """What saving the form writes: nothing that somebody else may have written meanwhile."""
        columns = [*self.changed_data, "api_url", "updated_at"]
        if self._has_new_credentials:
            columns += ["verified_at", "paused_at", "pause_code", "pause_reason"]
        return columns

    @property
    def _has_new_credentials(self) -> bool:
        return not {"cloud", "api_url", "app_key", "master_secret"}.isdisjoint(self.changed_data)


class BusinessLineForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A business line; quiet hours have both ends or none."""

    class Meta:
        model = BusinessLine
        help_texts = {
            "quiet_until": gettext_lazy(
                "The first moment that is not quiet. Earlier than the beginning: of the next day."
            ),
        }
        fields = (
            "name",
            "enabled",
            "channels",
            "api_approval",
            "calls_per_minute",
            "broadcasts_per_day",
            "quiet_from",
            "quiet_until",
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        # The page for a new line does not ask for them, and a time that is no time has its error.
        if {"quiet_from", "quiet_until"} <= data.keys():
            self._check_quiet_hours(data["quiet_from"], data["quiet_until"])
        return data

    def _check_quiet_hours(self, begins: time | None, ends: time | None) -> None:
        if (begins is None) != (ends is None):
            self.add_error(
                "quiet_from" if begins is None else "quiet_until",
                _("Quiet hours need both a beginning and an end."),
            )
        elif begins is not None and begins == ends:
            self.add_error(
                "quiet_until",
                _("Quiet hours end at %(time)s, when they begin: enter another time, or neither.")
                % {"time": f"{begins:%H:%M}"},
            )
