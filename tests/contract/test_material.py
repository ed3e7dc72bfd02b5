"""POST /v1/material (protocol/ums.md 3.6; 12.1, rows 5 and 6)."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from channels_app.models import BusinessLine
from messaging_app.material import MAX_BYTES
from messaging_app.models import Material
from tests.contract.calls import refusal
from tests.messaging_app.calls import get, header_of, post
from tests.messaging_app.forms import ATTACHMENT, CONTENT_TYPE, FILE, URL, Part, body, upload

pytestmark = pytest.mark.usefixtures("folder")


def ttl(value: str | bytes) -> Part:
    return Part("time_to_live", value)


def assert_refused(response: Any, folder: Path, *, words: str, status: int = 400) -> None:
    answer = refusal(response, code=4004, status=status, words=words)
    assert set(answer) == {"code", "message"}  # no url
    assert not Material.objects.exists()
    assert not folder.exists() or not list(folder.iterdir())


def kept(folder: Path) -> bytes:
    """The one file that is there."""
    [path] = folder.iterdir()
    assert folder.parent / Material.objects.get().path == path
    return path.read_bytes()


def hours_kept() -> float:
    return round((Material.objects.get().expires_at - timezone.now()) / timedelta(hours=1), 2)


def test_a_file_is_answered_with_its_url(business_line: BusinessLine, folder: Path) -> None:
    response = upload(business_line, ATTACHMENT, FILE)

    material = Material.objects.get()
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response.json() == {
        "code": 0,
        "message": "success",
        "url": f"https://push.example.com/v1/material/{material.token}",
    }
    assert (material.business_line, material.name) == (business_line, "report.pdf")
    assert kept(folder) == b"%PDF-1.7"


def test_any_client_s_form_is_read(business_line: BusinessLine, folder: Path) -> None:
    file = SimpleUploadedFile("报告.pdf", b"\0\r\n--\r\n" * 50_000)

    response = Client().post(
        URL,
        {"file": file, "time_to_live": "2", "type": "attachment", "more": "x"},
        headers={"Authorization": header_of(business_line)},
    )

    assert (response.status_code, response.json()["code"]) == (200, 0)
    assert kept(folder) == b"\0\r\n--\r\n" * 50_000
    assert Material.objects.get().name == "报告.pdf"
    assert hours_kept() == 2


@pytest.mark.parametrize(
    ("parts", "hours"),
    [
        pytest.param([], 24, id="24 by default"),
        pytest.param([ttl("1")], 1, id="from 1"),
        pytest.param([ttl("24")], 24, id="24"),
        pytest.param([ttl("168")], 168, id="up to 168"),
        pytest.param([ttl("169")], 168, id="169 of the page's own example is cut"),
        pytest.param([ttl("9" * 18)], 168, id="any more is cut"),
        pytest.param([ttl(" 24 ")], 24, id="blanks around it"),
        pytest.param([ttl("0100")], 100, id="zeros in front"),
    ],
)
def test_time_to_live(business_line: BusinessLine, parts: list[Part], hours: int) -> None:
    response = upload(business_line, ATTACHMENT, FILE, *parts)

    assert (response.status_code, hours_kept()) == (200, hours)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("0", id="0"),
        pytest.param("-1", id="negative"),
        pytest.param("", id="empty"),
        pytest.param("x", id="a word"),
        pytest.param("1.5", id="a fraction"),
        pytest.param("1e3", id="an exponent"),
        pytest.param("٣", id="other digits"),
        pytest.param("9" * 5000, id="too long to read"),
        pytest.param("\0", id="NUL"),
    ],
)
def test_a_time_to_live_that_is_refused(
    business_line: BusinessLine, folder: Path, given: str
) -> None:
    response = upload(business_line, ATTACHMENT, FILE, ttl(given))

    assert_refused(response, folder, words="time_to_live is ")


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        pytest.param((FILE,), "“type” is missing", id="type is required"),
        pytest.param((Part("type", "image"), FILE), "is “image”", id="type: attachment only"),
        pytest.param((Part("type", "Attachment"), FILE), "is “Attachment”", id="case counts"),
        pytest.param((Part("type", ""), FILE), "is “”", id="an empty type"),
        pytest.param((Part("type", "\0"), FILE), "is “\\u0000”", id="NUL"),
        pytest.param(
            (Part("type", b"attachment", "t.txt"), FILE), "is “t.txt”", id="type is no file"
        ),
        pytest.param((ATTACHMENT,), "“file” is missing", id="file is required"),
        pytest.param((ATTACHMENT, Part("file", "x")), "“file” is missing", id="file is no text"),
        pytest.param(
            (ATTACHMENT, Part("file", b"x", "")), "“file” is missing", id="a file has a name"
        ),
        pytest.param(
            (ATTACHMENT, Part("files", b"x", "x")), "“file” is missing", id="another name"
        ),
        pytest.param((ATTACHMENT, FILE, FILE), "has 2 files", id="exactly one"),
        pytest.param(
            (ATTACHMENT, FILE, Part("other", b"x", "x")), "has 2 files", id="of whatever name"
        ),
    ],
)
def test_a_form_that_is_refused(
    business_line: BusinessLine, folder: Path, parts: tuple[Part, ...], words: str
) -> None:
    assert_refused(upload(business_line, *parts), folder, words=words)


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
def test_only_a_multipart_form_is_read(
    business_line: BusinessLine, folder: Path, label: str
) -> None:
    response = upload(business_line, ATTACHMENT, FILE, label=label)

    assert_refused(response, folder, words="multipart/form-data")


@pytest.mark.parametrize("content", [b"", b"null", b"--b0und4ry", b"--b0und4ry--", b"\0" * 99])
def test_a_body_without_a_form_is_refused(
    business_line: BusinessLine, folder: Path, content: bytes
) -> None:
    response = post(business_line, URL, content, content_type=CONTENT_TYPE)

    assert_refused(response, folder, words="“type” is missing")


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "as a Go client leaves it"])
@pytest.mark.parametrize(
    ("size", "accepted"),
    [
        pytest.param(0, True, id="an empty file"),
        pytest.param(300_000, True, id="in several pieces"),
        pytest.param(MAX_BYTES, True, id="20 MB"),
        pytest.param(MAX_BYTES + 1, False, id="20 MB and a byte"),
    ],
)
def test_files_up_to_20_mb(
    business_line: BusinessLine, folder: Path, closed: bool, size: int, accepted: bool
) -> None:
    response = upload(business_line, ATTACHMENT, Part("file", b"x" * size, "x"), closed=closed)

    if accepted:
        assert response.json()["code"] == 0
        assert kept(folder) == b"x" * size
    else:
        assert_refused(response, folder, words="20 MB", status=413)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param((ATTACHMENT, FILE), id="file last"),
        pytest.param((FILE, ATTACHMENT), id="type last"),
        pytest.param((ATTACHMENT, FILE, ttl("24")), id="time_to_live last"),
    ],
)
def test_a_form_without_its_closing_boundary_is_read_whole(
    business_line: BusinessLine, folder: Path, parts: tuple[Part, ...]
) -> None:
    response = upload(business_line, *parts, closed=False)

    assert (response.status_code, kept(folder), hours_kept()) == (200, b"%PDF-1.7", 24)
    assert not body(*parts, closed=False).endswith(b"--\r\n")


def test_nothing_can_be_downloaded(business_line: BusinessLine) -> None:
    url = upload(business_line, ATTACHMENT, FILE).json()["url"]

    for path in (url.removeprefix("https://push.example.com"), f"{URL}/x", f"{URL}/"):
        refusal(get(business_line, path), status=404, code=4004)
