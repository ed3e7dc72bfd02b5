"""Checks which userids an operator wants on a list, or off it."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from users_app import userid_lines
from users_app.files.kinds import MAX_BYTES
from users_app.userid_lines import UseridLine


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
