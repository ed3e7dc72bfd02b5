"""The demo's browser finds what a real one would send."""

import pytest

from ums.local.browser import Page
from ums.local.forms import forms_of

PAGE = """
<form action="/search"><input name="q" value="x"></form>
<form method="post">
  <input type="hidden" name="token" value="t&amp;1">
  <input type="checkbox" name="channel" value="1" checked>
  <input type="checkbox" name="channel" value="2">
  <input type="radio" name="kind" value="a"><input type="radio" name="kind" value="b" checked>
  <select name="ttl"><option value="0">0</option><option value="60" selected>60</option></select>
  <textarea name="text">
first
second &lt;</textarea>
  <input type="file" name="file"><input><button name="step" value="send">Send</button>
</form><input name="outside" value="no">
"""


def test_a_form_holds_what_a_browser_would_send() -> None:
    search, form = forms_of(PAGE)

    assert (search.action, search.fields) == ("/search", {"q": ["x"]})
    assert form.fields == {
        "token": ["t&1"],
        "channel": ["1"],
        "kind": ["b"],
        "ttl": ["60"],
        "text": ["first\nsecond <"],
    }
    assert form.choices == {"channel": ["1", "2"], "kind": ["a", "b"], "file": []}
    assert form.buttons == {"step": "send"}


def test_a_form_is_found_by_any_of_its_fields() -> None:
    page = Page("http://127.0.0.1/", 200, PAGE.encode())

    assert page.form(field="file").buttons == {"step": "send"}
    assert page.form(field="q").action == "/search"
    with pytest.raises(LookupError, match="no form with a field “outside”"):
        page.form(field="outside")
