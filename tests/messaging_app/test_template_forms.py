"""What a form of a template shows can be entered again."""

from typing import Any

import pytest

from messaging_app import pasted
from messaging_app.template_forms import extras_text


@pytest.mark.parametrize(
    ("extras", "text"),
    [
        ({}, ""),
        ({"a": "1", "b": "{x}=y"}, "a=1\nb={x}=y"),
        ({"a": 1}, '{\n  "a": 1\n}'),
        ({"a": "x\ny"}, '{\n  "a": "x\\ny"\n}'),
        ({"a": " x"}, '{\n  "a": " x"\n}'),
        ({"a=b": "x"}, '{\n  "a=b": "x"\n}'),
        ({"{a": "x"}, '{\n  "{a": "x"\n}'),
        ({"用": {"深": None}}, '{\n  "用": {\n    "深": null\n  }\n}'),
    ],
)
def test_extras_are_shown_as_they_can_be_entered_again(extras: dict[str, Any], text: str) -> None:
    assert extras_text(extras) == text
    assert pasted.extras(text) == extras
