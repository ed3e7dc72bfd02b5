"""Checks what an operator enters about templates and sensitive words."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget

from messaging_app import pasted
from messaging_app.models import Template
from messaging_app.template_text import check_braces
from ums.lib.errors import DomainError

MAX_EXTRAS_LENGTH = 4000
MAX_WORDS_AT_ONCE = 10_000
MAX_WORD_LENGTH = 64
T = TypeVar("T")


class LinesField(forms.CharField):
    """Text of several lines, whatever line ends the browser writes."""

    def to_python(self, value: Any) -> str:
        return "\n".join((super().to_python(value) or "").splitlines())


class TemplateForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    text = LinesField(
        label=gettext_lazy("Text"),
        max_length=2000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
        help_text=gettext_lazy(
            "{name} stands for the value of that name in template_para; a name has letters, digits,"
            " _ and Chinese characters. It works in title, text, open on click and the values of"
            " extras. Write {{ and }} for braces that are shown."
        ),
    )
    extras = LinesField(
        label=gettext_lazy("Extras"),
        required=False,
        max_length=MAX_EXTRAS_LENGTH,
        widget=UnfoldAdminTextareaWidget(
            attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"}
        ),
        help_text=gettext_lazy(
            "Handed to the app with the notification: one key=value per line, or a JSON object."
        ),
    )

    class Meta:
        model = Template
        fields = ("name", "general", "enabled", "channels", "title", "text", "intent", "extras")
        error_messages = {
            "channels": {"required": gettext_lazy("Choose at least one channel.")},
        }
        help_texts = {
            "title": gettext_lazy("Left empty, the phone shows the name of the app."),
            "channels": gettext_lazy("The template goes out through these."),
            "intent": gettext_lazy(
                "For Android and HarmonyOS. A deep link such as shop://order/1, or"
                " intent:#Intent;…;end (Android), or action.… (HarmonyOS). Left empty, a click"
                " opens the app."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            self.initial["extras"] = extras_text(self.instance.extras)

    def clean_title(self) -> str:
        title = str(self.cleaned_data["title"])
        _check(title)
        return title

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"])
        _check(text)
        return text

    def clean_intent(self) -> str:
        intent = str(self.cleaned_data["intent"])
        _check(intent)
        # A variable at the beginning brings the scheme along.
        return intent if intent.startswith("{") else _read(pasted.intent, intent)

    def clean_extras(self) -> dict[str, Any]:
        extras = _read(pasted.extras, self.cleaned_data["extras"])
        _check(extras)
        return extras


class WordsForm(forms.Form):
    """Sensitive words, one per line."""

    words = forms.CharField(
        label=gettext_lazy("Words"),
        max_length=MAX_WORDS_AT_ONCE * (MAX_WORD_LENGTH + 2),
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "autocomplete": "off"}),
        help_text=gettext_lazy(
            "One per line, up to 10,000 at once. Upper and lower case, full and half width are the"
            " same; words that are listed already are passed over."
        ),
        error_messages={"required": gettext_lazy("Write at least one word.")},
    )

    def clean_words(self) -> tuple[str, ...]:
        words = pasted.words(self.cleaned_data["words"])
        if not words:
            raise forms.ValidationError(_("Write at least one word."))
        if len(words) > MAX_WORDS_AT_ONCE:
            raise forms.ValidationError(
                _("These are %(number)s words; add at most %(limit)s at once.")
                % {"number": f"{len(words):,}", "limit": f"{MAX_WORDS_AT_ONCE:,}"}
            )
        if too_long := next((word for word in words if len(word) > MAX_WORD_LENGTH), None):
            raise forms.ValidationError(
                _("“%(word)s…” is no word: it has more than %(limit)d characters.")
                % {"word": too_long[:40], "limit": MAX_WORD_LENGTH}
            )
        return words


def extras_text(extras: dict[str, Any]) -> str:
    """What, entered again, gives `extras`: lines of key=value where they can say it, else JSON."""
    lines = "\n".join(f"{key}={value}" for key, value in extras.items())
    try:
        if pasted.extras(lines) == extras:
            return lines
    except DomainError:
        pass  # a key or a value that a line cannot hold
    return json.dumps(extras, ensure_ascii=False, indent=2)


def _check(part: Any) -> None:
    _read(check_braces, part)


def _read(reader: Callable[[Any], T], value: Any) -> T:
    try:
        return reader(value)
    except DomainError as exc:
        raise forms.ValidationError(exc.message) from exc
