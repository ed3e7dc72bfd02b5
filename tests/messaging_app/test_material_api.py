"""POST /v1/material: memory, labels and file names; the protocol is in tests/contract."""

import tracemalloc
from pathlib import Path

import pytest

from channels_app.models import BusinessLine
from messaging_app.material import MAX_BYTES
from messaging_app.material_api import MaterialView
from messaging_app.models import Material
from tests.messaging_app.forms import (
    ATTACHMENT,
    CONTENT_TYPE,
    FILE,
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


@pytest.mark.parametrize("charset", ["utf-16", "base64", "nonsense"])
def test_values_are_utf_8_whatever_the_label_says(
    business_line: BusinessLine, charset: str
) -> None:
    response = upload(business_line, ATTACHMENT, FILE, label=f"{CONTENT_TYPE}; charset={charset}")

    assert response.status_code == 200


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
