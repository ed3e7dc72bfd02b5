"""Finds the forms of an HTML page with the values that a browser would send."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass(slots=True)
class Form:
    """Where it goes, and every field's values as the page came."""

    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    buttons: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)


def forms_of(html: str) -> list[Form]:
    reader = _Reader()
    reader.feed(html)
    return reader.forms


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._text_field = ""
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(action=values.get("action", ""))
            self.forms.append(self._open)
        elif self._open is not None:
            self._field(self._open, tag, values)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "textarea":
            self._text_field = ""

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._text_field:
            texts = self._open.fields[self._text_field]
            # A browser drops the line break that follows the tag.
            texts[-1] += data if texts[-1] else data.removeprefix("\n")

    def _field(self, form: Form, tag: str, values: dict[str, str]) -> None:
        name, value = values.get("name", ""), values.get("value", "")
        if tag == "select":
            self._select = name
        elif tag == "option" and "selected" in values:
            form.fields[self._select] = [value]
        elif not name:
            return
        elif tag == "textarea":
            self._text_field = name
            form.fields.setdefault(name, []).append("")
        elif tag == "button" or (tag == "input" and values.get("type") == "submit"):
            form.buttons[name] = value
        elif tag == "input" and values.get("type") in {"checkbox", "radio"}:
            form.choices.setdefault(name, []).append(value)
            if "checked" in values:
                form.fields.setdefault(name, []).append(value)
        elif tag == "input" and values.get("type") == "file":
            form.choices.setdefault(name, [])
        elif tag == "input":
            form.fields.setdefault(name, []).append(value)
