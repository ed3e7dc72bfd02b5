"""POST /v1/material: bodies that no honest client sends; the others are in tests/contract."""

from pathlib import Path
from typing import Any

import pytest

from channels_app.models import BusinessLine
from messaging_app.material_api import MaterialView
from messaging_app.models import Material
from tests.messaging_app.calls import post
from tests.messaging_app.forms import (
    ATTACHMENT,
    CONTENT_TYPE,
    FILE,
    URL,
    Part,
    as_request,
    body,
    upload,
)

pytestmark = pytest.mark.usefixtures("folder")


def assert_refused(response: Any, words: str, folder: Path) -> None:
    assert (response.status_code, response.json()["code"]) == (400, 4004)
    assert words in response.json()["message"]
    assert not Material.objects.exists()
    assert not folder.exists() or not list(folder.iterdir())


@pytest.mark.parametrize("cut", range(1, 150, 7))
def test_a_form_that_breaks_off_anywhere_is_no_fault_of_ours(
    business_line: BusinessLine, cut: int
) -> None:
    whole = body(FILE, ATTACHMENT)

    response = post(business_line, URL, whole[:-cut], content_type=CONTENT_TYPE)

    assert (response.status_code, response.json()["code"]) in [(200, 0), (400, 4004)]


def test_less_than_was_announced_is_refused(business_line: BusinessLine, folder: Path) -> None:
    request = as_request(business_line, body(ATTACHMENT, FILE, closed=False))
    request.META["CONTENT_LENGTH"] = str(int(request.META["CONTENT_LENGTH"]) + 3)

    response = MaterialView.as_view()(request)

    assert (response.status_code, response.data["code"]) == (400, 4004)
    assert "before its Content-Length" in response.data["message"]
    assert not folder.exists()


@pytest.mark.parametrize(
    "parts",
    [
        (ATTACHMENT, *[FILE] * 101),
        (ATTACHMENT, *[ATTACHMENT] * 1100, FILE),
        (ATTACHMENT, FILE, Part("x", b"x" * 9_000_000)),
    ],
    ids=["files", "fields", "a field"],
)
def test_a_form_that_holds_too_much_is_refused(
    business_line: BusinessLine, folder: Path, parts: tuple[Part, ...]
) -> None:
    assert_refused(upload(business_line, *parts), "multipart/form-data", folder)


def test_no_body_of_any_kind_is_refused(business_line: BusinessLine, folder: Path) -> None:
    assert_refused(post(business_line, URL, b""), "“type” is missing", folder)


def test_a_file_that_claims_to_be_base64_and_is_not_is_refused(
    business_line: BusinessLine, folder: Path
) -> None:
    content = body(ATTACHMENT, FILE).replace(
        b"Content-Type: application/octet-stream",
        b"Content-Transfer-Encoding: base64",
    )

    response = post(business_line, URL, content, content_type=CONTENT_TYPE)

    assert_refused(response, "multipart/form-data", folder)
