"""Checks what an operator enters to approve or refuse a message."""

from django import forms
from django.utils.translation import gettext_lazy

from messaging_app.approval import MAX_REASON_LENGTH


class ApprovalForm(forms.Form):
    """The number of devices that was read above the button."""

    devices = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class RefusalForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=MAX_REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Shown on the message's report, to its submitter too."),
        error_messages={
            "required": gettext_lazy(
                "Write why the message is refused: its submitter reads the reason."
            )
        },
    )
