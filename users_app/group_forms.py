"""Checks what an operator enters about a segment, and which userids go on or off a list."""

import re
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget

from ums.lib.errors import DomainError
from users_app import userid_lines
from users_app.changes import checked_tag, shown
from users_app.files.kinds import MAX_BYTES
from users_app.models import Segment
from users_app.segments import MAX_TAGS
from users_app.userid_lines import UseridLine

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

    class Meta:
        model = Segment
        fields = ("name", "tags_any", "tags_all", "tags_none", "channels")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        names = ("tags_any", "tags_all", "tags_none", "channels")
        if not self.errors and not any(data.get(name) for name in names):
            raise forms.ValidationError(
                _(
                    "Give at least one tag or channel. A segment without a condition would be"
                    " everyone: that is a broadcast."
                )
            )
        unwanted = set(data.get("tags_none", []))
        any_of = data.get("tags_any", [])
        needed = [*data.get("tags_all", []), *(any_of if unwanted.issuperset(any_of) else [])]
        if clash := next((name for name in needed if name in unwanted), ""):
            self.add_error(
                "tags_none",
                _("The tag “%(tag)s” is wanted above, so nobody could be in the segment.")
                % {"tag": shown(clash)},
            )
        return data


class UseridsForm(forms.Form):
    """Userids as pasted text or as a file, to be put on a list or taken off it."""

    text = forms.CharField(
        label=gettext_lazy("Userids"),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        required=False,
    )
    file = forms.FileField(
        label=gettext_lazy("Or a file (.txt, .csv)"),
        widget=forms.FileInput(attrs={"accept": ".txt,.csv"}),
        required=False,
        max_length=255,
        error_messages={"empty": gettext_lazy("The file is empty.")},
    )

    def clean_file(self) -> UploadedFile | None:
        file: UploadedFile | None = self.cleaned_data["file"]
        if file and (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError(
                _("The file has %(size)d MB; at most %(limit)d MB are allowed. Split it."),
                params={"size": -(-(file.size or 0) // 1024**2), "limit": MAX_BYTES // 1024**2},
            )
        return file

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.errors:
            return data
        if data["text"] and data["file"]:
            raise forms.ValidationError(
                _("Paste userids or choose a file, not both: line numbers would be ambiguous.")
            )
        if not data["text"] and not data["file"]:
            raise forms.ValidationError(_("Paste userids or choose a file first."))
        return data

    def lines(self) -> Iterator[UseridLine]:
        """Of a valid form; DomainError while it is read if the file is of another kind."""
        if file := self.cleaned_data["file"]:
            return userid_lines.uploaded(file)
        return userid_lines.pasted(self.cleaned_data["text"])
