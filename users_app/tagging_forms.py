"""Checks which tags an operator wants to give to many people, or to take from them."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_app.models import BusinessLine
from users_app.changes import ALL, shown
from users_app.segment_forms import TagsField
from users_app.tagging import TagChange

MAX_TAGS = 10  # of each kind: while a million people get one, others wait for seconds


class TagChangeForm(forms.Form):
    """Has only the fields that the operator may use."""

    add = TagsField(
        label=gettext_lazy("Tags to add"),
        help_text=gettext_lazy("One tag a line, or separated by commas; up to 10."),
        limit=MAX_TAGS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )
    remove = TagsField(
        label=gettext_lazy("Tags to remove"),
        help_text=gettext_lazy(
            "Under this bind_id only. Whoever does not have them is left alone."
        ),
        limit=MAX_TAGS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )
    bind_id = forms.ChoiceField(
        label=gettext_lazy("bind_id"),
        help_text=gettext_lazy("Who sees the tags: all business lines, or one."),
    )

    def __init__(self, *args: Any, may_add: bool, may_remove: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lines = BusinessLine.objects.values_list("channel_key", "name")
        self.fields["bind_id"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (ALL, _("all: every business line")),
            *((key, f"{name} ({key})") for key, name in lines),
        ]
        for name, may in (("add", may_add), ("remove", may_remove)):
            if not may:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        added, removed = data.get("add", []), data.get("remove", [])
        if not self.errors and not added and not removed:
            raise forms.ValidationError(_("Give at least one tag."))
        if clash := next((tag for tag in removed if tag in added), ""):
            self.add_error(
                "remove", _("The tag “%(tag)s” is to be added as well.") % {"tag": shown(clash)}
            )
        return data

    @property
    def change(self) -> TagChange:
        """Of a valid form."""
        data = self.cleaned_data
        return TagChange(data["bind_id"], tuple(data.get("add", ())), tuple(data.get("remove", ())))


class ConfirmationForm(forms.Form):
    """What the review page sends along: the one-time key and the number that was read there."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    people = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
