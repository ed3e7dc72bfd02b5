"""Checks what an operator enters about a segment."""

import re
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from ums.lib.errors import DomainError
from users_app import activity
from users_app.changes import checked_tag, shown
from users_app.models import Segment
from users_app.segments import MAX_TAGS

TAGS = ("tags_any", "tags_all", "tags_none")
TIMES = ("registered_since", "registered_within_days", "seen_within_days", "unseen_for_days")
MESSAGE = ("activity", "msgid")
CONDITIONS = (*TAGS, "channels", *TIMES, *MESSAGE)
RECENT_MESSAGES = "recent-messages"  # the id of the list that a browser offers for the msgid
_SEPARATORS = re.compile(r"[\s,;，；、\u200b\ufeff]+")  # a tag holds none of them


class TagsField(forms.Field):
    """Tags as text, one a line; their names as a list, each once."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})

    def __init__(self, *, limit: int = MAX_TAGS, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.limit = limit

    def prepare_value(self, value: Any) -> str:
        return "\n".join(value) if isinstance(value, list) else value or ""

    def to_python(self, value: Any) -> list[str]:
        return list(dict.fromkeys(filter(None, _SEPARATORS.split(value or ""))))

    def validate(self, value: list[str]) -> None:
        if len(value) > self.limit:
            raise forms.ValidationError(
                _("These are %(count)d tags; at most %(limit)d are allowed."),
                params={"count": len(value), "limit": self.limit},
            )
        problems = []
        for name in value:
            try:
                checked_tag(name)
            except DomainError as exc:
                problems.append(exc.message)
        if problems:
            raise forms.ValidationError(problems)


class SegmentForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A segment with at least one condition, and none that nobody can meet."""

    tags_any = TagsField(
        label=capfirst(gettext_lazy("with any of these tags")),
        help_text=gettext_lazy(
            "One tag a line, or separated by commas. Tags count under any bind_id."
        ),
        required=False,
    )
    tags_all = TagsField(label=capfirst(gettext_lazy("with all of these tags")), required=False)
    tags_none = TagsField(label=capfirst(gettext_lazy("with none of these tags")), required=False)
    msgid = forms.CharField(
        label=gettext_lazy("Message (msgid)"),
        max_length=64,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"list": RECENT_MESSAGES, "autocomplete": "off"}),
    )

    class Meta:
        model = Segment
        fields = ("name", *CONDITIONS)
        help_texts = {
            "registered_since": gettext_lazy("People whose userid was first uploaded then."),
            "seen_within_days": gettext_lazy(
                "Somebody is seen when JPush reports a message as delivered or clicked, or when an"
                " upload brings a new device of theirs."
            ),
            "activity": gettext_lazy(
                "As JPush's receipts have it. “Did not click” counts those to whom the message"
                " was sent."
            ),
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.errors.keys().isdisjoint(CONDITIONS):
            # A number of 0 is a condition that the model refuses in a moment.
            if not any(data.get(name) or data.get(name) == 0 for name in CONDITIONS):
                raise forms.ValidationError(
                    _(
                        "Give at least one condition. A segment without one would be everyone: that"
                        " is a broadcast."
                    )
                )
            self._check_tags(data)
            self._check_times(data)
            self._check_message(data["activity"], data["msgid"])
        return data

    def _check_tags(self, data: dict[str, Any]) -> None:
        unwanted = set(data["tags_none"])
        any_of = data["tags_any"]
        needed = [*data["tags_all"], *(any_of if unwanted.issuperset(any_of) else [])]
        if clash := next((name for name in needed if name in unwanted), ""):
            self.add_error(
                "tags_none",
                _("The tag “%(tag)s” is wanted above, so nobody could be in the segment.")
                % {"tag": shown(clash)},
            )

    def _check_times(self, data: dict[str, Any]) -> None:
        since: date | None = data["registered_since"]
        if since and since > timezone.localdate():
            self.add_error(
                "registered_since",
                _("%(date)s is still to come, so nobody could be in the segment.")
                % {"date": since.isoformat()},
            )
        within, unseen = data["seen_within_days"], data["unseen_for_days"]
        if within and unseen and within <= unseen:
            self.add_error(
                "unseen_for_days",
                _(
                    "Nobody is seen within %(within)d days and not for %(unseen)d: this number must"
                    " be the smaller one."
                )
                % {"within": within, "unseen": unseen},
            )

    def _check_message(self, done: str, msgid: str) -> None:
        if done and not msgid:
            self.add_error("msgid", _("Give the msgid of the message that is meant."))
        elif msgid and not done:
            self.add_error("activity", _("Say what they did with the message, or leave it out."))
        elif msgid:
            try:
                activity.ledger().check_audience(msgid)
            except DomainError as exc:
                self.add_error("msgid", exc.message)
