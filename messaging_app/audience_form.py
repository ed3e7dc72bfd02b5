"""Checks through which channels and to whom an operator wants to send."""

from typing import Any

from django import forms
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_app.models import Channel
from messaging_app import pasted
from messaging_app.audience import MAX_TAGS, MAX_USERID_LENGTH, Audience
from ums.lib.errors import DomainError
from users_app import segment_words, segments
from users_app.models import Segment

MAX_PASTED_USERIDS = 100_000
MAX_TAG_LENGTH = 40
MAX_LABEL_LENGTH = 120
USERIDS, TAGS, SEGMENT, EVERYONE = "userids", "tags", "segment", "everyone"
AUDIENCES = (
    (USERIDS, gettext_lazy("People named by userid")),
    (TAGS, gettext_lazy("People with a tag")),
    (SEGMENT, gettext_lazy("People of a segment")),
    (EVERYONE, gettext_lazy("Everyone")),
)


class SegmentField(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic in the stubs only
    """Segments by name, with their conditions."""

    def label_from_instance(self, segment: Segment) -> str:
        words = "; ".join(segment_words.conditions(segment))
        return Truncator(f"{segment.name} – {words}").chars(MAX_LABEL_LENGTH)


class AudienceForm(forms.Form):
    """Channels and people as an operator names them; `audience` is what is meant."""

    channels = forms.ModelMultipleChoiceField(
        Channel.objects.none(),
        label=gettext_lazy("Channels"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one channel.")},
    )
    audience_kind = forms.ChoiceField(
        label=gettext_lazy("Audience"),
        choices=AUDIENCES,
        initial=USERIDS,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose who gets the message.")},
    )
    userids = forms.CharField(
        label=gettext_lazy("userids"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
        help_text=gettext_lazy(
            "One per line, or separated by commas, semicolons or blanks; up to 100,000. Each person"
            " counts once."
        ),
    )
    tags = forms.CharField(
        label=gettext_lazy("Tags"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"}),
        help_text=gettext_lazy(
            "One per line, or separated by commas; up to 20. A person with any of them is reached."
        ),
    )
    segment = SegmentField(
        Segment.objects.none(),
        label=gettext_lazy("Segment"),
        required=False,
        empty_label=gettext_lazy("Choose a segment"),
        help_text=gettext_lazy(
            "Everyone who fulfils its conditions when the message is accepted. The page “Segments”"
            " is where segments are made."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Nothing here needs the stored secret, so it is not even read.
        enabled = Channel.objects.enabled().defer("master_secret")
        channels = self.fields["channels"]
        assert isinstance(channels, forms.ModelMultipleChoiceField)  # noqa: S101  # declared above
        channels.queryset = enabled
        segment = self.fields["segment"]
        assert isinstance(segment, SegmentField)  # noqa: S101  # declared above
        segment.queryset = Segment.objects.with_channels()
        self.enabled_channels = list(enabled[:2])
        if len(self.enabled_channels) == 1:
            channels.initial = [self.enabled_channels[0].pk]

    @property
    def audience(self) -> Audience:
        data = self.cleaned_data
        kind = data["audience_kind"]
        return Audience(
            everyone=kind == EVERYONE,
            userids=data["userids"] if kind == USERIDS else (),
            tags=data["tags"] if kind == TAGS else (),
            segments=(data["segment"].pk,) if kind == SEGMENT else (),
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        data["userids"] = pasted.userids(data.get("userids", ""))
        data["tags"] = pasted.tags(data.get("tags", ""))
        if data.get("audience_kind") == USERIDS:
            self._check_userids(data["userids"])
        if data.get("audience_kind") == TAGS:
            self._check_tags(data["tags"])
        if data.get("audience_kind") == SEGMENT and "segment" not in self.errors:
            self._check_segment(data["segment"])
        return data

    def _check_userids(self, userids: tuple[str, ...]) -> None:
        too_long = next((u for u in userids if len(u) > MAX_USERID_LENGTH), None)
        if not userids:
            self.add_error("userids", _("Paste at least one userid."))
        elif len(userids) > MAX_PASTED_USERIDS:
            self.add_error(
                "userids",
                _("These are %(number)s userids; at most %(limit)s fit into one message.")
                % {"number": f"{len(userids):,}", "limit": f"{MAX_PASTED_USERIDS:,}"},
            )
        elif too_long:
            self.add_error(
                "userids",
                _("“%(value)s” is not a userid: it must have 1 to %(limit)d characters.")
                % {"value": too_long[:80], "limit": MAX_USERID_LENGTH},
            )

    def _check_tags(self, tags: tuple[str, ...]) -> None:
        too_long = next((tag for tag in tags if len(tag) > MAX_TAG_LENGTH), None)
        if not tags:
            self.add_error("tags", _("Write at least one tag."))
        elif len(tags) > MAX_TAGS:
            self.add_error(
                "tags",
                _("These are %(number)d tags; at most %(limit)d fit into one message.")
                % {"number": len(tags), "limit": MAX_TAGS},
            )
        elif too_long:
            self.add_error(
                "tags",
                _("“%(value)s” is not a tag: it must have 1 to %(limit)d characters.")
                % {"value": too_long[:80], "limit": MAX_TAG_LENGTH},
            )

    def _check_segment(self, segment: Segment | None) -> None:
        if segment is None:
            self.add_error("segment", _("Choose the segment that gets the message."))
            return
        try:
            segments.people_query(segment)
        except DomainError as exc:
            self.add_error("segment", exc.message)
