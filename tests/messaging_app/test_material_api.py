"""POST /v1/material: what is accepted (protocol/ums.md 3.6)."""

import tracemalloc
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from channels_app.models import BusinessLine
from messaging_app.material import MAX_BYTES
from messaging_app.material_api import MaterialView
from messaging_app.models import Material
from tests.messaging_app.calls import get, header_of
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


def stored_bytes(folder: Path) -> bytes:
    """Of the only material, which has the only file."""
    material = Material.objects.get()
    assert [f"material/{path.name}" for path in folder.iterdir()] == [material.path]
    content = (folder.parent / material.path).read_bytes()
    assert len(content) == material.size
    return content


def hours_kept() -> float:
    return round((Material.objects.get().expires_at - timezone.now()) / timedelta(hours=1), 2)


def test_a_file_is_kept_and_answered_with_its_address(
    business_line: BusinessLine, folder: Path
) -> None:
    response = upload(business_line, ATTACHMENT, FILE)

    material = Material.objects.get()
    assert response.status_code == 200
    assert response.json() == {
        "code": 0,
        "message": "success",
        "url": f"https://push.example.com/v1/material/{material.token}",
    }
    assert len(material.token) >= 43  # 256 bits
    assert (material.business_line, material.name) == (business_line, "report.pdf")
    assert "report" not in material.path
    assert stored_bytes(folder) == b"%PDF-1.7"
    assert hours_kept() == 24


def test_any_client_s_form_is_read(business_line: BusinessLine, folder: Path) -> None:
    file = SimpleUploadedFile("报告.pdf", b"\0\r\n--\r\n" * 50_000)

    response = Client().post(
        URL,
        {"file": file, "time_to_live": "2", "type": "attachment", "more": "x"},
        headers={"Authorization": header_of(business_line)},
    )

    assert response.status_code == 200
    assert stored_bytes(folder) == b"\0\r\n--\r\n" * 50_000
    assert Material.objects.get().name == "报告.pdf"
    assert hours_kept() == 2


@pytest.mark.parametrize(
    ("given", "kept"),
    [("1", 1), ("168", 168), ("169", 168), (" 24 ", 24), ("0100", 100), ("9" * 18, 168)],
)
def test_more_than_a_week_is_cut_to_a_week(
    business_line: BusinessLine, given: str, kept: int
) -> None:
    response = upload(business_line, ATTACHMENT, FILE, Part("time_to_live", given))

    assert response.status_code == 200
    assert hours_kept() == kept


@pytest.mark.parametrize(
    "parts",
    [
        (ATTACHMENT, FILE),
        (FILE, ATTACHMENT),
        (ATTACHMENT, FILE, Part("time_to_live", "24")),
        (ATTACHMENT, Part("file", b"x" * 300_000, "x")),
        (ATTACHMENT, Part("file", b"", "x")),
    ],
)
@pytest.mark.parametrize("closed", [True, False])
def test_a_body_without_its_closing_boundary_is_read_whole(
    business_line: BusinessLine, folder: Path, parts: tuple[Part, ...], closed: bool
) -> None:
    response = upload(business_line, *parts, closed=closed)

    assert response.status_code == 200, response.content
    assert stored_bytes(folder) == next(p.content for p in parts if p.name == "file")
    assert hours_kept() == 24


@pytest.mark.parametrize("charset", ["utf-16", "base64", "nonsense"])
def test_values_are_utf_8_whatever_the_label_says(
    business_line: BusinessLine, charset: str
) -> None:
    response = upload(business_line, ATTACHMENT, FILE, label=f"{CONTENT_TYPE}; charset={charset}")

    assert response.status_code == 200


def test_a_file_of_exactly_the_limit_is_kept(business_line: BusinessLine, folder: Path) -> None:
    assert upload(business_line, ATTACHMENT, Part("file", b"x" * MAX_BYTES, "x")).status_code == 200
    assert len(stored_bytes(folder)) == MAX_BYTES


def test_a_large_file_takes_no_more_memory_than_a_small_one(business_line: BusinessLine) -> None:
    request = as_request(business_line, body(ATTACHMENT, Part("file", b"x" * MAX_BYTES, "x")))
    tracemalloc.start()
    try:
        response = MaterialView.as_view()(request)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        request.close()

    assert response.status_code == 200
    assert peak < MAX_BYTES / 4


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\x\\passwd", "/etc/passwd"])
def test_a_path_in_a_file_name_leads_nowhere(
    business_line: BusinessLine, folder: Path, name: str
) -> None:
    assert upload(business_line, ATTACHMENT, Part("file", b"x", name)).status_code == 200

    assert stored_bytes(folder) == b"x"
    assert Material.objects.get().name == "passwd"


@pytest.mark.parametrize("name", ["n" * 300 + ".pdf", "a%00b.pdf", "a\0b.pdf", "%s%n.pdf"])
def test_odd_file_names_are_kept_as_far_as_they_can_be(
    business_line: BusinessLine, name: str
) -> None:
    assert upload(business_line, ATTACHMENT, Part("file", b"x", name)).status_code == 200

    stored = Material.objects.get().name
    assert stored.endswith(".pdf")
    assert len(stored) <= 255


def test_nothing_can_be_downloaded(business_line: BusinessLine) -> None:
    url = upload(business_line, ATTACHMENT, FILE).json()["url"]

    for path in (url.removeprefix("https://push.example.com"), f"{URL}/x", f"{URL}/"):
        response = get(business_line, path)
        assert (response.status_code, response.json()["code"]) == (404, 4004)


def test_looking_at_the_call_itself_is_405(business_line: BusinessLine) -> None:
    response = get(business_line, URL)

    assert (response.status_code, response.json()["code"]) == (405, 4004)
    assert "POST" in response["Allow"]
