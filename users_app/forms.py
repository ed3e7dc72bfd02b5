"""The upload form."""

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from users_app.changes import Mode
from users_app.files.kinds import MAX_BYTES
from users_app.models import ImportJob


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Excel workbook (.xlsx) or CSV file"),
        max_length=255,
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xlsm,.xls,.csv,.tsv,.txt"}),
        error_messages={
            "required": gettext_lazy("Choose a file first."),
            "empty": gettext_lazy(
                "The file is empty. Upload an Excel workbook (.xlsx) or a CSV file."
            ),
        },
    )

    mode = forms.ChoiceField(
        label=gettext_lazy("What it does"),
        choices=ImportJob.MODES,
        initial=Mode.SET.value,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what the file shall do.")},
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError(
                _("The file has %(size)d MB; at most %(limit)d MB are allowed. Split it."),
                params={"size": -(-(file.size or 0) // 1024**2), "limit": MAX_BYTES // 1024**2},
            )
        return file
