"""POST /v1/material: what is refused, and that it leaves nothing (protocol/ums.md 3.6)."""

from pathlib import Path
from typing import Any

import pytest

from channels_app.models import AccessKey, BusinessLine
from messaging_app.material import MAX_BYTES
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


def assert_refused(response: Any, words: str, folder: Path, *, status: int = 400) -> None:
    assert (response.status_code, response.json()["code"]) == (status, 4004)
    assert words in response.json()["message"]
    assert not Material.objects.exists()
    assert not folder.exists() or not list(folder.iterdir())


@pytest.mark.parametrize("given", ["0", "-1", "", "x", "1.5", "1e3", "٣", "9" * 5000, "\0"])
def test_a_time_that_is_no_number_of_hours_is_refused(
    business_line: BusinessLine, folder: Path, given: str
) -> None:
    response = upload(business_line, ATTACHMENT, FILE, Part("time_to_live", given))

    assert_refused(response, "time_to_live is ", folder)


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
    ("parts", "words"),
    [
        ((FILE,), "“type” is missing"),
        ((Part("type", "image"), FILE), "is “image”"),
        ((Part("type", "Attachment"), FILE), "is “Attachment”"),
        ((Part("type", b"attachment", "type.txt"), FILE), "is “type.txt”"),
        ((Part("type", "\0"), FILE), "is “\\u0000”"),
        ((ATTACHMENT,), "“file” is missing"),
        ((ATTACHMENT, Part("file", "text only")), "“file” is missing"),
        ((ATTACHMENT, Part("file", b"x", "")), "“file” is missing"),
        ((ATTACHMENT, Part("files", b"x", "x")), "“file” is missing"),
        ((ATTACHMENT, FILE, FILE), "has 2 files"),
        ((ATTACHMENT, FILE, Part("other", b"x", "x")), "has 2 files"),
        ((ATTACHMENT, *[FILE] * 101), "multipart/form-data"),
        ((ATTACHMENT, *[ATTACHMENT] * 1100, FILE), "multipart/form-data"),
        ((ATTACHMENT, FILE, Part("x", b"x" * 9_000_000)), "multipart/form-data"),
    ],
)
def test_a_wrong_form_is_refused(
    business_line: BusinessLine, folder: Path, parts: tuple[Part, ...], words: str
) -> None:
    assert_refused(upload(business_line, *parts), words, folder)


@pytest.mark.parametrize(
    "label",
    [
        "application/json",
        "",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=é",
        "application/x-www-form-urlencoded",
    ],
)
def test_another_kind_of_body_is_refused(
    business_line: BusinessLine, folder: Path, label: str
) -> None:
    response = upload(business_line, ATTACHMENT, FILE, label=label)

    assert_refused(response, "multipart/form-data", folder)


@pytest.mark.parametrize("content", [b"", b"null", b"--b0und4ry", b"--b0und4ry--", b"\0" * 99])
def test_a_body_without_a_form_is_refused(
    business_line: BusinessLine, folder: Path, content: bytes
) -> None:
    response = post(business_line, URL, content, content_type=CONTENT_TYPE)

    assert_refused(response, "“type” is missing", folder)


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


@pytest.mark.parametrize("closed", [True, False])
def test_a_larger_file_is_refused_with_the_limit(
    business_line: BusinessLine, folder: Path, closed: bool
) -> None:
    large = Part("file", b"x" * (MAX_BYTES + 1), "x")

    response = upload(business_line, ATTACHMENT, large, closed=closed)

    assert_refused(response, "20 MB", folder, status=413)


def test_an_access_key_uploads_nothing(access_key: AccessKey, folder: Path) -> None:
    response = upload(access_key, ATTACHMENT, FILE)

    assert (response.status_code, response.json()["code"]) == (403, 4005)
    assert not folder.exists()
